package lsp

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/rotonda/internal/filter"
	"example.com/rotonda/roto"
)

var update = flag.Bool("update", false, "rewrite the transcripts in testdata")

// TestSessions plays each transcript of testdata as a client over pipes. Files of
// the script come first, as `-- NAME --` and their text; then `-- session --` and
// what the client does, each followed by all that the server sent:
//
//	open FILE                      didOpen with what is on disk
//	text FILE TEXT                 didOpen or didChange with a text, \n for line ends
//	edit FILE LINE:COL-LINE:COL TEXT  an incremental didChange
//	save FILE | close FILE | write FILE TEXT (on disk only) | wait (the editor is quiet)
//	METHOD FILE BEFORE^AFTER {…}   a request at the first place that reads BEFOREAFTER
//	send {…}                       a message as it stands
//	raw "…"                        bytes as they stand
//
// Places and ranges are shortened: 3:4-3:8 are lines and columns from 0.
func TestSessions(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 8 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			var got string
			synctest.Test(t, func(t *testing.T) { got = play(t, dir, string(want)) })
			if *update {
				if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(want), got); diff != "" && !*update {
				t.Error(diff)
			}
		})
	}
}

// client is the editor's side of a session.
type client struct {
	t       *testing.T
	dir     string
	to      io.WriteCloser
	mu      sync.Mutex
	got     []string // what the server sent since last taken
	done    chan error
	texts   map[string]string // of open files
	version int
	id      int
	asked   string // the file last asked about
}

func connect(t *testing.T, dir string, rt *roto.Runtime, hooks ...Hook) *client {
	toServer, fromClient := io.Pipe()
	toClient, fromServer := io.Pipe()
	c := &client{t: t, dir: dir, to: fromClient, done: make(chan error, 1), texts: map[string]string{}}
	go func() {
		c.done <- New(rt, hooks...).Run(toServer, fromServer)
		fromServer.Close()
		toServer.Close()
	}()
	go func() {
		r := bufio.NewReader(toClient)
		for {
			body, err := readFrame(r)
			if err != nil {
				return
			}
			c.mu.Lock()
			c.got = append(c.got, string(body))
			c.mu.Unlock()
		}
	}()
	return c
}

// take returns what came until the server has nothing more to say for now.
func (c *client) take() []string {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	got := c.got
	c.got = nil
	return got
}

func (c *client) raw(s string) { io.WriteString(c.to, s) }

func (c *client) send(v any) {
	body, err := json.Marshal(v)
	if err != nil {
		c.t.Fatal(err)
	}
	c.raw(fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body))
}

func (c *client) note(method string, params any) {
	c.send(object{"jsonrpc": "2.0", "method": method, "params": params})
}

func (c *client) uri(file string) string { return "file://" + filepath.Join(c.dir, file) }

func play(t *testing.T, dir, transcript string) string {
	var out strings.Builder
	var c *client
	section, texts := "", map[string]string{}
	for line := range strings.Lines(transcript) {
		if name, ok := strings.CutPrefix(strings.TrimSuffix(line, " --\n"), "-- "); ok {
			section = name
			out.WriteString(line)
			if section == "session" {
				for name, text := range texts {
					write(t, dir, name, text)
				}
				rt, err := filter.Runtime()
				if err != nil {
					t.Fatal(err)
				}
				c = connect(t, dir, rt, Hook{"rib_in_pre", "filter rib_in_pre(msg: Route)", "Judges each route."})
				defer c.to.Close()
			}
			continue
		}
		switch {
		case section == "":
			out.WriteString(line)
		case section != "session":
			texts[section] += line
			out.WriteString(line)
		case strings.HasPrefix(line, "< "):
		default:
			out.WriteString(line)
			if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
				continue
			}
			c.step(line)
			for _, m := range c.take() {
				out.WriteString("< " + c.show(m) + "\n")
			}
		}
	}
	c.to.Close()
	select {
	case err := <-c.done:
		fmt.Fprintf(&out, "< ended: %v\n", err)
	case <-time.After(time.Second):
		t.Fatal("the server runs on")
	}
	return out.String()
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (c *client) step(line string) {
	verb, rest, _ := strings.Cut(line, " ")
	file, rest2, _ := strings.Cut(rest, " ")
	if strings.HasPrefix(rest, "{") {
		file, rest2 = "", rest
	}
	unescaped := strings.ReplaceAll(rest2, `\n`, "\n")
	c.version++
	id := object{"uri": c.uri(file), "version": c.version}
	switch verb {
	case "open":
		text, err := os.ReadFile(filepath.Join(c.dir, file))
		if err != nil {
			c.t.Fatal(err)
		}
		c.open(file, string(text))
	case "text":
		if _, open := c.texts[file]; !open {
			c.open(file, unescaped)
			return
		}
		c.texts[file] = unescaped
		c.note("textDocument/didChange", object{"textDocument": id, "contentChanges": []object{{"text": unescaped}}})
	case "edit":
		at, text, _ := strings.Cut(unescaped, " ")
		var r textRange
		if _, err := fmt.Sscanf(at, "%d:%d-%d:%d", &r.Start.Line, &r.Start.Character, &r.End.Line, &r.End.Character); err != nil {
			c.t.Fatal(line, err)
		}
		c.texts[file] = newText(c.texts[file]).edit(contentChange{&r, text}, utf16Units).s
		c.note("textDocument/didChange", object{"textDocument": id, "contentChanges": []object{{"range": r, "text": text}}})
	case "save":
		c.note("textDocument/didSave", object{"textDocument": id})
	case "close":
		delete(c.texts, file)
		c.note("textDocument/didClose", object{"textDocument": id})
	case "write":
		write(c.t, c.dir, file, unescaped)
	case "wait":
		time.Sleep(Delay)
	case "send":
		c.raw(fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(rest), rest))
	case "raw":
		var s string
		if err := json.Unmarshal([]byte(rest), &s); err != nil {
			c.t.Fatal(line, err)
		}
		c.raw(s)
	default:
		c.request(verb, file, rest2)
	}
}

func (c *client) open(file, text string) {
	c.texts[file] = text
	c.note("textDocument/didOpen", object{"textDocument": object{"uri": c.uri(file), "languageId": "roto", "version": c.version, "text": text}})
}

var extra = regexp.MustCompile(`^(.*?)\s*(\{".*\})?$`)

// request asks at the place that a piece of text with a ^ tells.
func (c *client) request(verb, file, rest string) {
	params := object{}
	m := extra.FindStringSubmatch(rest)
	if m[2] != "" {
		if err := json.Unmarshal([]byte(m[2]), &params); err != nil {
			c.t.Fatal(rest, err)
		}
	}
	if file != "" {
		params["textDocument"] = object{"uri": c.uri(file)}
	}
	if m[1] != "" {
		before, after, _ := strings.Cut(m[1], "^")
		off := strings.Index(c.texts[file], before+after)
		if off < 0 {
			c.t.Fatalf("%s: no %q in %s", verb, before+after, file)
		}
		t := newText(c.texts[file])
		params["position"] = t.position(off+len(before), utf16Units)
		if verb == "codeAction" {
			params["range"] = t.span(off+len(before), off+len(before), utf16Units)
		}
	}
	c.id++
	c.asked = file
	method := "textDocument/" + verb
	if verb == "initialize" || verb == "shutdown" || strings.HasPrefix(verb, "textDocument/") {
		method = verb
	}
	c.send(object{"jsonrpc": "2.0", "id": c.id, "method": method, "params": params})
}

var (
	ranges = regexp.MustCompile(`\{"start":\{"line":(\d+),"character":(\d+)\},"end":\{"line":(\d+),"character":(\d+)\}\}`)
	frames = regexp.MustCompile(`(?s)^\{"jsonrpc":"2.0",(.*)\}$`)
)

// names writes semantic tokens out: each name, what it is, and its modifiers.
func (c *client) names(data string) string {
	var n []int
	if err := json.Unmarshal([]byte(data), &n); err != nil || len(n)%5 != 0 {
		c.t.Fatal(data, err)
	}
	var b strings.Builder
	t, at := newText(c.texts[c.asked]), position{}
	for i := 0; i < len(n); i += 5 {
		if n[i] > 0 {
			at = position{Line: at.Line + n[i]}
			b.WriteString("\n< ")
		}
		at.Character += n[i+1]
		from := t.offset(at, utf16Units)
		to := t.offset(position{at.Line, at.Character + n[i+2]}, utf16Units)
		fmt.Fprintf(&b, "  %s %s", t.s[from:to], tokenTypes()[n[i+3]])
		for bit, name := range tokenModifiers() {
			if n[i+4]&(1<<bit) != 0 {
				b.WriteString("+" + name)
			}
		}
	}
	return b.String()
}

var tokens = regexp.MustCompile(`\{"data":(\[[0-9,]*\])\}`)

// show shortens a message for the eye.
func (c *client) show(m string) string {
	if data := tokens.FindStringSubmatch(m); data != nil {
		m = strings.Replace(m, data[0], c.names(data[1]), 1)
	}
	m = strings.ReplaceAll(m, "file://"+c.dir+"/", "")
	m = strings.ReplaceAll(m, c.dir+"/", "")
	m = strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(m)
	return frames.ReplaceAllString(ranges.ReplaceAllString(m, "$1:$2-$3:$4"), "$1")
}
