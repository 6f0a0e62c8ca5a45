package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/rotonda/internal/testkit"
)

var codeWord = regexp.MustCompile("`([a-zA-Z]+)`")

// documentedRows reads the two tables of docs/formats/dump.md: what every row may have,
// and what those of a type have besides.
func documentedRows(t *testing.T) (every map[string]bool, rows map[string]map[string]bool) {
	t.Helper()
	text, err := os.ReadFile("../../docs/formats/dump.md")
	if err != nil {
		t.Fatal(err)
	}
	every, rows = map[string]bool{}, map[string]map[string]bool{}
	byType := false
	for line := range strings.Lines(string(text)) {
		cells := strings.SplitN(line, "|", 3)
		if len(cells) < 3 || cells[0] != "" {
			continue
		}
		switch first := codeWord.FindAllStringSubmatch(cells[1], -1); {
		case strings.TrimSpace(cells[1]) == "type":
			byType = true
		case len(first) == 0:
		case !byType:
			for _, m := range first {
				every[m[1]] = true
			}
		default:
			row := map[string]bool{}
			for _, m := range codeWord.FindAllStringSubmatch(cells[2], -1) {
				row[m[1]] = true
			}
			rows[first[0][1]] = row
		}
	}
	return every, rows
}

// notInData are documented members that no file of the data set has; they stand in
// the tests of made-up messages, or need what only broken files have.
var notInData = map[string]string{
	"rib": "nlri", "withdraw": "attributes guessed", "geoCollector": "collector view latitude longitude", "geoPeer": "id latitude longitude",
	"snapshot": "view file id raw", "mirroring": "messages information tlvs", "initiation": "text tlvs", "termination": "tlvs",
	"peerUp": "adminLabel text tlvs", "peerDown": "adminLabel text tlvs", "stats": "others tlvs",
}

func TestDumpJSONRowsAreThoseOfTheManual(t *testing.T) {
	dir := testkit.Data(t)
	every, rows := documentedRows(t)
	seen := map[string]map[string]bool{}
	for _, pattern := range []string{"mrt/*/*", "bmp_raw/*", "pcap/*/*"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, file := range files {
			if info, err := os.Stat(file); err != nil || info.IsDir() || info.Size() > 100_000 {
				continue
			}
			out, _, _ := runDump(t, nil, "--json", file) // damage is another test's
			for line := range strings.Lines(out) {
				var row map[string]json.RawMessage
				if err := json.Unmarshal([]byte(line), &row); err != nil {
					t.Fatalf("%s: %v in %s", file, err, line)
				}
				typ := strings.Trim(string(row["type"]), `"`)
				if rows[typ] == nil {
					t.Fatalf("%s: type %q is not documented", file, typ)
				}
				if seen[typ] == nil {
					seen[typ] = map[string]bool{}
				}
				for key := range row {
					if !every[key] && !rows[typ][key] {
						t.Fatalf("%s: %q of %q is not documented", file, key, typ)
					}
					seen[typ][key] = true
				}
			}
		}
	}
	for _, typ := range slices.Sorted(maps.Keys(rows)) {
		rare := strings.Fields(notInData[typ])
		for _, key := range slices.Sorted(maps.Keys(rows[typ])) {
			if known := slices.Contains(rare, key); known == seen[typ][key] {
				t.Errorf("%q of %q: in the data %v, listed as missing there %v", key, typ, seen[typ][key], known)
			}
		}
	}
}
