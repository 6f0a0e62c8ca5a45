package lsp

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// grammar is a TextMate grammar: rules that match within a line, and rules with a
// begin and an end that may be lines apart.
type grammar struct {
	rule
	ScopeName  string           `json:"scopeName"`
	Repository map[string]*rule `json:"repository"`
}

type rule struct {
	Name          string             `json:"name"`
	Include       string             `json:"include"`
	Match         string             `json:"match"`
	Begin         string             `json:"begin"`
	End           string             `json:"end"`
	Captures      map[string]capture `json:"captures"`
	BeginCaptures map[string]capture `json:"beginCaptures"`
	EndCaptures   map[string]capture `json:"endCaptures"`
	Patterns      []*rule            `json:"patterns"`

	match, end *regexp.Regexp
}

type capture struct {
	Name string `json:"name"`
}

// loadGrammar reads the grammar and compiles its expressions, which keep to what
// both RE2 and Oniguruma read.
func loadGrammar(t *testing.T) *grammar {
	t.Helper()
	text, err := os.ReadFile("../../editors/roto.tmLanguage.json")
	if err != nil {
		t.Fatal(err)
	}
	var g grammar
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	g.compile(t, &g.rule)
	for _, r := range g.Repository {
		g.compile(t, r)
	}
	return &g
}

func (g *grammar) compile(t *testing.T, r *rule) {
	t.Helper()
	expression := func(s string, captures ...map[string]capture) *regexp.Regexp {
		re, err := regexp.Compile(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range captures {
			for key, capture := range c {
				if n, err := strconv.Atoi(key); err != nil || n > re.NumSubexp() || !strings.HasSuffix(capture.Name, ".roto") {
					t.Errorf("%s: no capture %s, or no scope %q", s, key, capture.Name)
				}
			}
		}
		return re
	}
	switch {
	case r.Match != "":
		r.match = expression(r.Match, r.Captures)
	case r.Begin != "":
		r.match, r.end = expression(r.Begin, r.BeginCaptures), expression(r.End, r.EndCaptures)
	case r.Include != "" && r.Include != "$self" && g.Repository[strings.TrimPrefix(r.Include, "#")] == nil:
		t.Errorf("no rule %s", r.Include)
	}
	if r != &g.rule && r.Name != "" && !strings.HasSuffix(r.Name, ".roto") {
		t.Errorf("scope %q", r.Name)
	}
	for _, p := range r.Patterns {
		g.compile(t, p)
	}
}

// piece is a text with the innermost scope it has, "" for that of the file.
type piece struct {
	text, scope string
	start       int
}

// flat lists the rules that a list of patterns means, includes resolved.
func (g *grammar) flat(patterns []*rule, depth int) (out []*rule) {
	for _, p := range patterns {
		switch {
		case depth > 9:
		case p.Include == "$self":
			out = append(out, g.flat(g.Patterns, depth+1)...)
		case p.Include != "":
			out = append(out, g.flat([]*rule{g.Repository[p.Include[1:]]}, depth+1)...)
		case p.match != nil:
			out = append(out, p)
		default:
			out = append(out, g.flat(p.Patterns, depth+1)...)
		}
	}
	return out
}

// tokenise cuts a text as an editor does: line by line, the earliest match wins,
// of those at one place the first listed.
func (g *grammar) tokenise(text string) (out []piece) {
	stack := []*rule{&g.rule}
	start := 0
	for line := range strings.Lines(text) {
		body := strings.TrimRight(line, "\r\n")
		for at := 0; at <= len(body); {
			top := stack[len(stack)-1]
			var found *rule
			var where []int
			try := func(r *rule, re *regexp.Regexp) {
				if m := matchFrom(re, body, at); m != nil && (where == nil || m[0] < where[0]) {
					found, where = r, m
				}
			}
			if top.end != nil {
				try(nil, top.end)
			}
			for _, r := range g.flat(top.Patterns, 0) {
				try(r, r.match)
			}
			if where == nil {
				out = add(out, body[at:], top.scope(g), start+at)
				break
			}
			out = add(out, body[at:where[0]], top.scope(g), start+at)
			scope, captures := top.scope(g), top.EndCaptures
			switch {
			case found == nil:
				stack = stack[:len(stack)-1]
			case found.end != nil:
				stack = append(stack, found)
				scope, captures = found.scope(g), found.BeginCaptures
			default:
				scope, captures = found.scope(g), found.Captures
			}
			out = captured(out, body, where, scope, captures, start)
			if where[1] == at && where[1] == where[0] { // an empty match: do not stay
				if at < len(body) {
					out = add(out, body[at:at+1], scope, start+at)
				}
				at++
				continue
			}
			at = where[1]
		}
		start += len(line)
	}
	return out
}

// matchFrom finds a match at or after a byte, with what is before it in view: \b
// needs it.
func matchFrom(re *regexp.Regexp, s string, at int) []int {
	for _, m := range re.FindAllStringSubmatchIndex(s, -1) {
		if m[0] >= at {
			return m
		}
	}
	// What overlaps something before it is found in the rest alone, with one
	// character of context for \b.
	for from := at; from <= len(s); from++ {
		context := max(from-1, 0)
		m := re.FindStringSubmatchIndex(s[context:])
		if m == nil {
			return nil
		}
		if m[0]+context >= at {
			for i := range m {
				if m[i] >= 0 {
					m[i] += context
				}
			}
			return m
		}
	}
	return nil
}

func (r *rule) scope(g *grammar) string {
	if r == &g.rule {
		return ""
	}
	return strings.TrimSuffix(r.Name, ".roto")
}

func add(out []piece, text, scope string, start int) []piece {
	if text == "" {
		return out
	}
	return append(out, piece{text, scope, start})
}

// captured adds a match, cut where captures are.
func captured(out []piece, body string, where []int, scope string, captures map[string]capture, start int) []piece {
	at := where[0]
	for n := 0; 2*n < len(where); n++ {
		c, ok := captures[strconv.Itoa(n)]
		from, to := where[2*n], where[2*n+1]
		if !ok || from < at || from < 0 {
			continue
		}
		out = add(out, body[at:from], scope, start+at)
		out = add(out, body[from:to], strings.TrimSuffix(c.Name, ".roto"), start+from)
		at = to
	}
	return add(out, body[at:where[1]], scope, start+at)
}

// shown lists the pieces that are more than white space.
func shown(pieces []piece) string {
	var b strings.Builder
	for _, p := range pieces {
		if text := strings.TrimSpace(p.text); text != "" {
			fmt.Fprintf(&b, "%s=%s ", text, p.scope)
		}
	}
	return strings.TrimSpace(b.String())
}

// scopes lists every scope that a grammar gives.
func (g *grammar) scopes() []string {
	var out []string
	var walk func(r *rule)
	walk = func(r *rule) {
		out = append(out, r.Name)
		for _, m := range []map[string]capture{r.Captures, r.BeginCaptures, r.EndCaptures} {
			for _, c := range m {
				out = append(out, c.Name)
			}
		}
		for _, p := range r.Patterns {
			walk(p)
		}
	}
	for _, r := range g.Repository {
		walk(r)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
