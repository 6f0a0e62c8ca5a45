package daemon

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// usage runs a command line and returns the exit code and what went to standard error.
func usage(t *testing.T, args ...string) (int, string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	old := os.Stderr
	os.Stderr = w
	root := Command(nil)
	root.SetArgs(args)
	code := Execute(root)
	os.Stderr = old
	_ = w.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return code, string(text)
}

func TestWrongUsageNamesTheNearestWord(t *testing.T) {
	for _, test := range []struct {
		line, want string
	}{
		{"schema --jsn", "rotonda: unknown flag: --jsn; did you mean --json?\nSee 'rotonda schema --help'.\n"},
		{"run --confg x", "rotonda: unknown flag: --confg; did you mean --config?\nSee 'rotonda run --help'.\n"},
		{"schema --frobnicate", "rotonda: unknown flag: --frobnicate\nSee 'rotonda schema --help'.\n"},
		{"schma", "rotonda: unknown command \"schma\" for \"rotonda\"\n\nDid you mean this?\n\tschema\n\nSee 'rotonda --help'.\n"},
		{"help schma", "rotonda: unknown command \"schma\" for \"rotonda\"\n\nDid you mean this?\n\tschema\n\nSee 'rotonda help --help'.\n"},
	} {
		if code, text := usage(t, strings.Fields(test.line)...); code != exitUsage || text != test.want {
			t.Errorf("%s: exit code %d, %q, want %q", test.line, code, text, test.want)
		}
	}
}

func TestEveryCommandHasAnExample(t *testing.T) {
	root := Command(nil)
	amendDefaults(root)
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Example == "" || c.Short == "" {
			t.Errorf("%s has no example or no description", c.CommandPath())
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
}
