package lsp

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Bounds on what a client may send; a script is far smaller.
const (
	maxFrame  = 64 << 20 // bytes of one message
	maxHeader = 4 << 10  // bytes of one header line
)

// errFrame is a message that could not be read; the next one can be.
type errFrame string

func (e errFrame) Error() string { return string(e) }

// readFrame reads one message: header lines, an empty line, and as many bytes as
// Content-Length says. An [errFrame] leaves the reader at the next header;
// io.EOF is the end between two messages.
func readFrame(r *bufio.Reader) ([]byte, error) {
	length, seen := -1, false
	for {
		line, err := headerLine(r)
		switch {
		case errors.Is(err, io.EOF) && line == "" && !seen:
			return nil, io.EOF
		case err != nil:
			return nil, err
		}
		if line == "" {
			if !seen {
				continue // an empty line before the headers harms nobody
			}
			break
		}
		seen = true
		name, value, _ := strings.Cut(line, ":")
		if strings.EqualFold(strings.TrimSpace(name), "Content-Length") {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil || length < 0 {
				length = -1
			}
		}
	}
	switch {
	case length < 0:
		return nil, errFrame("a message without a valid Content-Length")
	case length > maxFrame:
		if _, err := io.CopyN(io.Discard, r, int64(length)); err != nil {
			return nil, short(err)
		}
		return nil, errFrame(fmt.Sprintf("a message of %d bytes; at most %d are read", length, maxFrame))
	}
	var body strings.Builder // grows with what arrives, not with what was promised
	if _, err := io.CopyN(&body, r, int64(length)); err != nil {
		return nil, short(err)
	}
	return []byte(body.String()), nil
}

// headerLine reads one line without its end.
func headerLine(r *bufio.Reader) (string, error) {
	var b strings.Builder
	for {
		c, err := r.ReadByte()
		if err != nil {
			return b.String(), short(err)
		}
		if c == '\n' {
			return strings.TrimSuffix(b.String(), "\r"), nil
		}
		if b.Len() < maxHeader {
			b.WriteByte(c)
		}
	}
}

// short tells a cut message from other trouble.
func short(err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("lsp: the input ends inside a message: %w", err)
	}
	return fmt.Errorf("lsp: read: %w", err)
}

// writeFrame writes one message with its header.
func writeFrame(w io.Writer, body []byte) error {
	frame := append(fmt.Appendf(nil, "Content-Length: %d\r\n\r\n", len(body)), body...)
	if _, err := w.Write(frame); err != nil {
		return fmt.Errorf("lsp: write: %w", err)
	}
	return nil
}
