// Package lsp is a language server for Roto: it tells an editor what is wrong with
// a script, what its names stand for, and how to change it. It speaks the Language
// Server Protocol 3.17 over any pair of streams and knows nothing of processes,
// of the command line, or of the daemon: the caller brings the [roto.Runtime] whose
// types scripts see. All knowledge of the language is in package roto.
//
// Start reading at [Server.Run]; methods are listed in methods. script.go finds
// which files make a script, publish.go sends what is wrong with it. JSON-RPC 2.0
// is in message.go, its framing in frame.go.
package lsp

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"example.com/rotonda/roto"
)

// Delay is how long an editor has to be quiet before mistakes are sent.
const Delay = 200 * time.Millisecond

// maxText bounds one document; a larger one is not looked at.
const maxText = 8 << 20

// Server is one session with an editor. It answers one request at a time, in
// order, and is not for concurrent use.
type Server struct {
	rt        *roto.Runtime
	hooks     []Hook
	out       io.Writer
	state     state
	units     encoding
	markdown  bool // in hovers
	tree      bool // of document symbols
	docs      map[string]*document
	scripts   map[string]*script // by folder or file; those of open documents
	turn      int                // counts changes of documents; what was analyzed at another turn is old
	published map[string]string  // by URI, as sent
	lines     *text              // of the file last converted
	quiet     *time.Timer        // runs while mistakes are due
	writeErr  error
}

type state uint8

const (
	created state = iota
	running
	shut
)

// New returns a server for scripts of a runtime; hooks are what the host calls of
// them.
func New(rt *roto.Runtime, hooks ...Hook) *Server {
	s := &Server{rt: rt, hooks: hooks, units: utf16Units, docs: map[string]*document{}, scripts: map[string]*script{}, published: map[string]string{}}
	s.quiet = time.NewTimer(time.Hour)
	s.quiet.Stop()
	return s
}

// frame is what the reading goroutine found.
type frame struct {
	body []byte
	err  error
}

// Run serves until the client says exit, or the input ends. It returns nil where the
// client asked for shutdown before it left, as the protocol wants (exit code 0).
func (s *Server) Run(in io.Reader, out io.Writer) error {
	s.out = out
	defer s.quiet.Stop()
	// The reader reads only when asked, so that it is not left behind in a read
	// after the last message.
	more, frames := make(chan struct{}, 1), make(chan frame, 1)
	defer close(more)
	go func() {
		defer close(frames)
		r := bufio.NewReader(in)
		for range more {
			body, err := readFrame(r)
			frames <- frame{body, err}
		}
	}()
	more <- struct{}{}
	for {
		select {
		case <-s.quiet.C:
			s.guard(s.publish)
		case f := <-frames:
			exit, err := s.receive(f)
			if exit || err != nil || s.writeErr != nil {
				return cmp.Or(err, s.writeErr)
			}
			more <- struct{}{}
		}
		if s.writeErr != nil {
			return s.writeErr
		}
	}
}

// receive handles one message, or what came instead of one.
func (s *Server) receive(f frame) (exit bool, err error) {
	var bad errFrame
	switch {
	case errors.As(f.err, &bad):
		s.fail(nil, failf(codeParse, "%v", bad))
		return false, nil
	case f.err == io.EOF: // as it is: a wrapped one is a cut message
		if s.state == shut {
			return true, nil
		}
		return true, errors.New("lsp: the client went away without shutdown")
	case f.err != nil:
		return true, f.err
	}
	m, err := parseMessage(f.body)
	if err != nil {
		s.fail(nil, err)
		return false, nil
	}
	if m.Method == "exit" {
		if s.state != shut {
			return true, errors.New("lsp: exit without shutdown")
		}
		return true, nil
	}
	s.dispatch(m)
	return false, nil
}

// dispatch calls the handler of a message and sends its answer.
func (s *Server) dispatch(m message) {
	if m.Method == "" {
		return // an answer: we ask nothing
	}
	h, known := methods()[m.Method]
	var result any
	var err error
	switch {
	case s.state == created && m.Method != "initialize":
		err = failf(codeNotInitialized, "the first request is initialize")
	case s.state == shut:
		err = failf(codeInvalidRequest, "after shutdown there is only exit")
	case !known:
		err = failf(codeNoMethod, "no method %q", m.Method)
	default:
		s.guard(func() {
			result, err = nil, failf(codeInternal, "%s: an internal mistake", m.Method)
			result, err = h(s, m.Params)
		})
	}
	switch {
	case !m.request(): // a notification: nobody waits for an answer
	case err != nil:
		s.fail(m.ID, err)
	default:
		s.send(answer{"2.0", m.ID, result})
	}
}

// guard keeps a mistake of ours from ending the session of an editor.
func (s *Server) guard(f func()) {
	defer func() {
		if r := recover(); r != nil {
			s.notify("window/logMessage", showMessageParams{1, fmt.Sprintf("roto lsp: internal mistake: %v", r)})
		}
	}()
	f()
}

func (s *Server) fail(id json.RawMessage, err error) {
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{codeRequestFailed, err.Error()}
	}
	if id == nil {
		id = json.RawMessage("null")
	}
	s.send(failedAnswer{"2.0", id, f})
}

func (s *Server) notify(method string, params any) { s.send(notification{"2.0", method, params}) }

func (s *Server) send(v any) {
	body, err := json.Marshal(v)
	if err == nil {
		err = writeFrame(s.out, body)
	}
	if err != nil && s.writeErr == nil {
		s.writeErr = err
	}
}

// methods lists what we answer.
func methods() map[string]handler {
	return map[string]handler{
		"initialize":                       handle((*Server).initialize),
		"initialized":                      note(func(*Server, struct{}) {}),
		"shutdown":                         handle((*Server).shutdown),
		"$/cancelRequest":                  note(func(*Server, json.RawMessage) {}), // what it names is answered already
		"$/setTrace":                       note(func(*Server, json.RawMessage) {}),
		"workspace/didChangeConfiguration": note(func(*Server, json.RawMessage) {}),
		"workspace/didChangeWatchedFiles":  note(func(s *Server, _ json.RawMessage) { s.saved() }),
		"textDocument/didOpen":             note((*Server).didOpen),
		"textDocument/didChange":           note((*Server).didChange),
		"textDocument/didSave":             note(func(s *Server, _ documentParams) { s.saved() }),
		"textDocument/didClose":            note((*Server).didClose),
		"textDocument/hover":               handle((*Server).hover),
		"textDocument/completion":          handle((*Server).completion),
		"textDocument/signatureHelp":       handle((*Server).signatureHelp),
		"textDocument/definition":          handle((*Server).definition),
		"textDocument/references":          handle((*Server).references),
		"textDocument/documentHighlight":   handle((*Server).documentHighlight),
		"textDocument/prepareRename":       handle((*Server).prepareRename),
		"textDocument/rename":              handle((*Server).rename),
		"textDocument/documentSymbol":      handle((*Server).documentSymbol),
		"textDocument/formatting":          handle((*Server).formatting),
		"textDocument/semanticTokens/full": handle((*Server).semanticTokens),
		"textDocument/codeAction":          handle((*Server).codeAction),
	}
}
