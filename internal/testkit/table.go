package testkit

import (
	"os"
	"strings"
	"testing"
)

// Table returns the rows of a file of cells with tabs between them, as test data
// often are. Lines that begin with "#" are left out. Each row must have that many
// columns, 0 for any number.
func Table(tb testing.TB, file string, columns int) [][]string {
	tb.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	var rows [][]string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "\t")
		if columns != 0 && len(cells) != columns {
			tb.Fatalf("%s: %d columns in %q", file, len(cells), line)
		}
		rows = append(rows, cells)
	}
	return rows
}
