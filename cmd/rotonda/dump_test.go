package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/rotonda/routecore/inet"
)

// dataDir returns ../shared/data beside the module. Without it the test skips,
// or fails where ROTONDA_DATA=required.
func dataDir(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	path := filepath.Join(dir, "..", "shared", "data")
	if _, err := os.Stat(filepath.Join(path, "TRUTH.tsv")); err != nil {
		if os.Getenv("ROTONDA_DATA") == "required" {
			t.Fatalf("test data is required: %v", err)
		}
		t.Skipf("no test data: %v", err)
	}
	return path
}

// truth is what TRUTH.tsv says about one file: counts of plain prefixes (that
// is what the tools there count), messages, and states.
type truth struct {
	RIB, Announced, Withdrawn, Unique, States uint64
	Messages                                  map[string]uint64
}

// readTruth returns the right row for each file: the last one that mrtstat.py or
// truth.py wrote, because bgpdump ignores messages that hold no routes, and where
// the notes say that bgpdump is right, its row.
func readTruth(t testing.TB, dir string) map[string]truth {
	f, err := os.Open(filepath.Join(dir, "TRUTH.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows := map[string]truth{}
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		c := strings.Split(in.Text(), "\t")
		name, tool := c[0], c[3]
		wanted := strings.HasPrefix(name, "mrt/") || strings.HasPrefix(name, "lab-frr/") || strings.HasPrefix(name, "bmp_raw/")
		// bgpdump reads the prefix before the broken rest, mrtstat.py none of it.
		only := strings.HasSuffix(name, "nlri_mask_trailing_bits.gz")
		if !wanted || strings.HasPrefix(tool, "bgpdump") != only {
			continue
		}
		number := func(i int) uint64 {
			n, err := strconv.ParseUint(c[i], 10, 64)
			if err != nil && c[i] != "" {
				t.Fatalf("%s: column %d is %q", name, i, c[i])
			}
			return n
		}
		row := truth{RIB: number(4), Announced: number(5), Withdrawn: number(6), Unique: number(7), States: number(9)}
		messages := c[10]
		if strings.Contains(name, "bmp") {
			messages = c[11]
		}
		if messages != "" {
			row.Messages = map[string]uint64{}
			for _, pair := range strings.Fields(messages) {
				key, value, _ := strings.Cut(pair, "=")
				n, err := strconv.ParseUint(value, 10, 64)
				if err != nil {
					t.Fatalf("%s: %q", name, pair)
				}
				row.Messages[key] = n
			}
		}
		if old, again := rows[name]; again && row.Messages == nil {
			row.Messages = old.Messages
		}
		rows[name] = row
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

// errata are figures of TRUTH.tsv that are not those of the file: its tool says
// "nlri_bad" where path identifiers stand before the prefixes.
var errata = map[string]func(*truth){
	"bmp_raw/bmp-reach-addpath.s0.203.0.113.0_59324.bmp": func(t *truth) { t.Announced, t.Unique = 1, 1 },
	"bmp_raw/bmp-unreach.s0.203.0.113.0_59324.bmp":       func(t *truth) { t.Withdrawn, t.Unique = 11, 9 },
}

func TestDumpCountsWhatTheTruthSays(t *testing.T) {
	dir := dataDir(t)
	rows := readTruth(t, dir)
	if len(rows) < 40 {
		t.Fatalf("only %d files in TRUTH.tsv", len(rows))
	}
	for name, want := range rows {
		t.Run(name, func(t *testing.T) {
			var d dump
			s := d.count(filepath.Join(dir, name), nil)
			if fix := errata[name]; fix != nil {
				fix(&want)
			}
			got := truth{RIB: s.RIBEntries, Unique: s.UniquePrefixes, States: s.StateChanges, Messages: s.Messages}
			for family, c := range s.ByFamily {
				if f, ok := inet.FamilyByName(family); ok && f.IsPrefix() {
					got.Announced += c.Announced
					got.Withdrawn += c.Withdrawn
				}
			}
			if want.Messages == nil {
				got.Messages = nil
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-truth +ours:\n%s\nerrors: %v", diff, s.Errors)
			}
		})
	}
}

var _ = fmt.Sprint
var _ = bytes.NewReader
var _ io.Reader
var _ = json.Marshal
var _ = gzip.NewReader
