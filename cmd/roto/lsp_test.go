package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// editor speaks to a language server that is a process.
type editor struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// startEditor builds the command and starts it as editors do.
func startEditor(t *testing.T, args ...string) *editor {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "roto")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command(bin, append([]string{"lsp"}, args...)...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	t.Cleanup(func() { late.Stop(); cmd.Process.Kill() })
	return &editor{t, cmd, in, bufio.NewReader(out)}
}

func (e *editor) send(id int, method, params string) {
	body := fmt.Sprintf(`{"jsonrpc":"2.0","method":%q,"params":%s}`, method, params)
	if id > 0 {
		body = fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":%s}`, id, method, params)
	}
	if _, err := fmt.Fprintf(e.in, "Content-Length: %d\r\n\r\n%s", len(body), body); err != nil {
		e.t.Fatal(err)
	}
}

// next returns the next message as it stands.
func (e *editor) next() string {
	e.t.Helper()
	head, err := textproto.NewReader(e.out).ReadMIMEHeader()
	if err != nil {
		e.t.Fatal(err)
	}
	n, err := strconv.Atoi(head.Get("Content-Length"))
	if err != nil {
		e.t.Fatal(err)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(e.out, body); err != nil || !json.Valid(body) {
		e.t.Fatalf("%s: %v", body, err)
	}
	return string(body)
}

func (e *editor) want(parts ...string) {
	e.t.Helper()
	got := e.next()
	for _, p := range parts {
		if !strings.Contains(got, p) {
			e.t.Errorf("%s\nhas no %s", got, p)
		}
	}
}

// TestLanguageServer is a session with the built command; all that the server can
// do is tried in internal/lsp.
func TestLanguageServer(t *testing.T) {
	e := startEditor(t, "--runtime", "rotonda", "--stdio")
	e.send(1, "initialize", `{"processId":null,"rootUri":null,"capabilities":{"general":{"positionEncodings":["utf-8"]}}}`)
	e.want(`"id":1`, `"positionEncoding":"utf-8"`)
	e.send(0, "initialized", `{}`)
	const doc = `"textDocument":{"uri":"untitled:Größe"`
	e.send(0, "textDocument/didOpen", `{`+doc+`,"languageId":"roto","version":1,"text":"filter rib_in_pre(r: Route) {\n    let ä = r.prefix(); accept\n}\n"}}`)
	e.want(`"textDocument/publishDiagnostics"`, `"uri":"untitled:Größe"`, `"diagnostics":[`)
	e.send(2, "textDocument/hover", `{`+doc+`},"position":{"line":1,"character":17}}`)
	e.send(4, "textDocument/hover", `{`+doc+`},"position":{"line":0,"character":9}}`)
	e.want(`"id":2`, `fn Route.prefix(self: Route) -\u003e Prefix`, `"character":15`)
	e.want(`"id":4`, `A hook. Judges each route`)
	e.send(0, "textDocument/didChange", `{`+doc+`,"version":2},"contentChanges":[{"range":{"start":{"line":1,"character":17},"end":{"line":1,"character":21}},"text":"fi"}]}`)
	e.want(`"textDocument/publishDiagnostics"`, `"version":2`, "no method `prfi`")
	e.send(3, "shutdown", `null`)
	e.want(`"id":3,"result":null`)
	e.send(0, "exit", `null`)
	if err := e.cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// TestLanguageServerLeftAlone ends with 1 when nobody asked for shutdown.
func TestLanguageServerLeftAlone(t *testing.T) {
	for _, leave := range []func(e *editor){
		func(e *editor) { e.send(0, "exit", `null`) },
		func(e *editor) { e.in.Close() },
	} {
		e := startEditor(t)
		leave(e)
		var exit *exec.ExitError
		if err := e.cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
			t.Error(err)
		}
	}
}
