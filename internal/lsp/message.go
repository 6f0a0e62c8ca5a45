package lsp

import (
	"encoding/json"
	"fmt"
)

// The error codes of JSON-RPC 2.0 and of the protocol that we answer with.
const (
	codeParse          = -32700
	codeInvalidRequest = -32600
	codeNoMethod       = -32601
	codeInvalidParams  = -32602
	codeInternal       = -32603
	codeNotInitialized = -32002
	codeRequestFailed  = -32803
)

// message is what a client sends: a request, with an id, a notification, without
// one, or an answer, without a method.
type message struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

// request reports whether an answer is due.
func (m message) request() bool { return len(m.ID) > 0 && string(m.ID) != "null" }

// failure is an answer that is an error.
type failure struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (f *failure) Error() string { return f.Message }

func failf(code int, format string, args ...any) *failure {
	return &failure{code, fmt.Sprintf(format, args...)}
}

type answer struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  any             `json:"result"`
}

type failedAnswer struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Error   *failure        `json:"error"`
}

type notification struct {
	Version string `json:"jsonrpc"`
	Method  string `json:"method"`
	Params  any    `json:"params"`
}

// parseMessage reads one message; what is wrong with it is a [*failure].
func parseMessage(body []byte) (message, error) {
	var m message
	if !json.Valid(body) {
		return m, failf(codeParse, "this is no JSON")
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return m, failf(codeInvalidRequest, "this is no message: %v", err)
	}
	if m.Method == "" && len(m.ID) == 0 {
		return m, failf(codeInvalidRequest, "a message has a method or an id")
	}
	if len(m.ID) > 0 && m.ID[0] != '"' && m.ID[0] != '-' && m.ID[0] != 'n' && (m.ID[0] < '0' || m.ID[0] > '9') {
		return message{}, failf(codeInvalidRequest, "an id is a number or a text")
	}
	return m, nil
}

// handler answers one method.
type handler func(s *Server, params json.RawMessage) (any, error)

// handle makes a handler of a method with typed parameters.
func handle[P any](f func(*Server, P) (any, error)) handler {
	return func(s *Server, raw json.RawMessage) (any, error) {
		var p P
		if len(raw) > 0 {
			if err := json.Unmarshal(raw, &p); err != nil {
				return nil, failf(codeInvalidParams, "%v", err)
			}
		}
		return f(s, p)
	}
}

// note makes a handler of a notification, which has no answer.
func note[P any](f func(*Server, P)) handler {
	return handle(func(s *Server, p P) (any, error) {
		f(s, p)
		return nil, nil
	})
}
