package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/rotonda/internal/simulate"
)

// TestGuideRuns: the commands of the guide print what it shows. A script of the
// page whose first line is the comment NAME.roto is the file NAME.roto from there on; … in
// what is shown stands for anything, alone on a line for any lines.
func TestGuideRuns(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "roto", "fifteen-minutes.md"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	commands := 0
	for _, fence := range regexp.MustCompile("(?ms)^```(\\w+)[^\\n]*\\n(.*?)^```$").FindAllStringSubmatch(string(page), -1) {
		info, text := fence[1], fence[2]
		switch info {
		case "roto":
			first, _, _ := strings.Cut(text, "\n")
			if name := strings.TrimLeft(first, "#/ "); strings.HasSuffix(name, ".roto") {
				writeFile(t, name, text)
			}
		case "console":
			for _, part := range strings.Split("\n"+text, "\n$ ")[1:] {
				commands++
				line, want, _ := strings.Cut(part, "\n")
				if got := runLine(t, line); !shows(want, got) {
					t.Errorf("$ %s\ngot\n%s\nthe page shows\n%s", line, got, want)
				}
			}
		}
	}
	if commands < 8 {
		t.Errorf("only %d commands", commands)
	}
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// runLine runs a command line of the page and returns what it prints, errors last.
func runLine(t *testing.T, line string) string {
	t.Helper()
	args := strings.Fields(line)
	for i, a := range args {
		args[i] = strings.Trim(a, "'\"")
	}
	switch args[0] {
	case "roto":
		var stdout, stderr bytes.Buffer
		run(args[1:], &stdout, &stderr)
		return stdout.String() + stderr.String()
	case "cat":
		text, err := os.ReadFile(args[1])
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	case "rotonda":
		if line != "rotonda simulate --prefixes 2000 --mrt table.mrt" {
			break
		}
		var table bytes.Buffer
		if err := simulate.WriteMRT(&table, simulate.New(1, 2000), 2); err != nil {
			t.Fatal(err)
		}
		writeFile(t, "table.mrt", table.String())
		return ""
	}
	t.Fatalf("the test does not know the command %q", line)
	return ""
}

// shows reports whether a page shows what was printed.
func shows(page, got string) bool {
	pattern := regexp.QuoteMeta(strings.TrimSpace(page))
	pattern = regexp.MustCompile(`(?m)^…$`).ReplaceAllString(pattern, `(?s:.*)`)
	pattern = strings.ReplaceAll(pattern, "…", ".*")
	return regexp.MustCompile("^" + pattern + "$").MatchString(strings.TrimSpace(got))
}
