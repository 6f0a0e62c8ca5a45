package api

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// Problem is an error for a client (RFC 9457). It is an error value.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	// Parameter is the one that was wrong, Right what would be right.
	Parameter string `json:"parameter,omitempty"`
	Right     string `json:"right,omitempty"`
}

// Error returns PARAMETER: detail; what would be right.
func (p *Problem) Error() string {
	s := p.Detail
	if p.Parameter != "" {
		s = p.Parameter + ": " + s
	}
	if p.Right != "" {
		s += "; " + p.Right
	}
	return s
}

func problem(status int, format string, args ...any) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: fmt.Sprintf(format, args...)}
}

// wrong is the problem of a parameter.
func wrong(parameter, right, format string, args ...any) *Problem {
	p := problem(http.StatusBadRequest, format, args...)
	p.Parameter, p.Right = parameter, right
	return p
}

// upstreamError is what clients of upstream look for, beside the members of
// RFC 9457.
type upstreamError struct {
	*Problem
	Data  *struct{} `json:"data"`
	Error string    `json:"error"`
}

func (p *Problem) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	if p.Status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "1")
	}
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(upstreamError{Problem: p, Error: p.Error()}) // the client may be gone
}
