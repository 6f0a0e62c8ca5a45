package main

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// manualTables returns the words of the first column of each table of a page.
func manualTables(t *testing.T, page string) (tables [][]string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	inside := false
	for line := range strings.Lines(string(text)) {
		cells := strings.SplitN(line, "|", 3)
		switch {
		case len(cells) < 3 || cells[0] != "":
			inside = false
		case !inside:
			inside, tables = true, append(tables, nil)
		default:
			for _, m := range codeWord.FindAllStringSubmatch(cells[1], -1) {
				tables[len(tables)-1] = append(tables[len(tables)-1], m[1])
			}
		}
	}
	return tables
}

func TestDecodeJSONHasTheMembersOfTheManual(t *testing.T) {
	tables := manualTables(t, "../../docs/formats/decode.md")
	if len(tables) != 3 {
		t.Fatalf("%d tables", len(tables))
	}
	marker := strings.Repeat("ff", 16)
	optional := map[string]bool{"notes": false, "error": false} // and whether a message had it
	for _, message := range []string{
		marker + "001304",           // well
		marker + "001304" + "00",    // with a note
		marker + "0013",             // cut
		marker + "0017020000000400", // a bad UPDATE
		"0300000006" + "04",         // BMP
		"0202000000000008",          // RTR
		"00",                        // nothing
	} {
		out, _ := runDecode(t, "", "--json", message)
		var top map[string]json.RawMessage
		var fields []map[string]json.RawMessage
		var verdict map[string]json.RawMessage
		for _, err := range []error{json.Unmarshal([]byte(out), &top), json.Unmarshal(top["fields"], &fields), json.Unmarshal(top["verdict"], &verdict)} {
			if err != nil {
				t.Fatalf("%s: %v in %s", message, err, out)
			}
		}
		check := func(table int, object map[string]json.RawMessage) {
			want := slices.Sorted(slices.Values(tables[table]))
			if table == 0 {
				want = slices.DeleteFunc(want, func(key string) bool { return key == "notes" || key == "error" })
			}
			if got := slices.Sorted(maps.Keys(object)); !slices.Equal(got, want) {
				t.Errorf("%s: members %v, documented %v", message, got, want)
			}
		}
		for key := range optional {
			optional[key] = optional[key] || top[key] != nil
			delete(top, key)
		}
		check(0, top)
		for _, field := range fields {
			check(1, field)
		}
		check(2, verdict)
	}
	if !optional["notes"] || !optional["error"] {
		t.Errorf("among the messages are %v", optional)
	}
}
