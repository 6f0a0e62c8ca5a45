package bgp

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/inet"
)

// ianaRow is a line of testdata/iana.tsv.
type ianaRow struct{ name, flags, leftOut string }

// readIANA returns the rows by registry and value.
func readIANA(t *testing.T) map[string]map[string]ianaRow {
	t.Helper()
	out := map[string]map[string]ianaRow{}
	for _, c := range testkit.Table(t, "testdata/iana.tsv", 5) {
		if out[c[0]] == nil {
			out[c[0]] = map[string]ianaRow{}
		}
		if _, twice := out[c[0]][c[1]]; twice {
			t.Fatalf("%s %s twice", c[0], c[1])
		}
		out[c[0]][c[1]] = ianaRow{c[2], c[3], c[4]}
	}
	return out
}

// ourCodePoints are the values of our tables and their names, "" where our table has
// none of its own.
func ourCodePoints() map[string]map[string]string {
	out := map[string]map[string]string{}
	add := func(registry string, value any, name string) {
		if out[registry] == nil {
			out[registry] = map[string]string{}
		}
		out[registry][fmt.Sprint(value)] = name
	}
	for i := range attrTable {
		if attrTable[i].Name != "" {
			add("attribute", i, attrTable[i].Name)
		}
	}
	for _, c := range Capabilities {
		add("capability", int(c.Code), c.Name)
	}
	for i, name := range msgNames[1:] {
		add("message", i+1, name)
	}
	for _, c := range Codes {
		add("error", c.Code, c.Name)
		for _, s := range c.Subs {
			add("suberror", fmt.Sprintf("%d/%d", c.Code, s.Subcode), s.Name)
		}
	}
	for _, w := range WellKnown {
		add("community", fmt.Sprintf("%08x", uint32(w.Community)), w.Name)
	}
	for _, f := range inet.Families {
		add("afi", f.Family.AFI(), "")
		add("safi", f.Family.SAFI(), "")
	}
	for i, name := range segmentNames[1:] {
		add("segment", i+1, name)
	}
	for i, name := range roleNames {
		add("role", i, name)
	}
	for i, name := range refreshNames {
		add("refresh", i, name)
	}
	for _, typ := range []uint8{ORFPrefix, ORFCP, ORFCiscoPrefix} {
		add("orf", typ, "")
	}
	return out
}

// TestCodePointsAgainstIANA holds our tables and the registries against each other:
// all ours are there under the same name, and all there are ours or left out for a
// reason.
func TestCodePointsAgainstIANA(t *testing.T) {
	registries, ours := readIANA(t), ourCodePoints()
	if len(registries) != len(ours) {
		t.Errorf("%d registries, %d tables", len(registries), len(ours))
	}
	rows := 0
	for registry, table := range ours {
		for value, name := range table {
			row, ok := registries[registry][value]
			switch {
			case !ok:
				t.Errorf("%s %s (%s) is in no registry", registry, value, name)
			case row.leftOut != "-":
				t.Errorf("%s %s is ours, but said to be left out: %s", registry, value, row.leftOut)
			case name != "" && name != row.name:
				t.Errorf("%s %s is %q, want %q", registry, value, name, row.name)
			}
		}
		for value, row := range registries[registry] {
			rows++
			if _, ok := table[value]; !ok && row.leftOut == "-" {
				t.Errorf("%s %s (%s) is not ours, without a reason", registry, value, row.name)
			}
		}
	}
	if rows < 150 {
		t.Errorf("only %d rows", rows)
	}
}

// TestAttributeRows checks that the rows are whole and have the flags that their RFCs
// say.
func TestAttributeRows(t *testing.T) {
	registry := readIANA(t)["attribute"]
	json := map[string]AttrCode{}
	for i := range attrTable {
		code, row := AttrCode(i), attrTable[i]
		flags := registry[strconv.Itoa(i)].flags
		if code.Known() != (flags != "" && flags != "-") || code.Known() && fmt.Sprintf("%02x", uint8(row.Flags)) != flags {
			t.Errorf("%v: known %t with flags %#x, want %s", code, code.Known(), row.Flags, flags)
		}
		if row.Name != "" && row.RFC == "" || (row.JSON == "") != (row.json == nil) && code != AttrMPReach {
			t.Errorf("%v: the row is not whole", code)
		}
		if code.Known() && !(strings.HasPrefix(row.Policy.RFC, "RFC ") && row.Policy.External >= DiscardAttribute && row.Policy.Internal >= DiscardAttribute) {
			t.Errorf("%v: policy %+v", code, row.Policy)
		}
		if other, taken := json[row.JSON]; taken && row.JSON != "" {
			t.Errorf("%v and %v share the JSON name %s", code, other, row.JSON)
		}
		json[row.JSON] = code
	}
}

// TestNamesOfTheUnnamed: what has no row prints as its number.
func TestNamesOfTheUnnamed(t *testing.T) {
	for got, want := range map[string]string{
		AttrCode(99).String(): "attribute 99", CapCode(239).String(): "capability 239", CodeName(99): "code 99",
		SubcodeName(6, 99): "subcode 99", SubcodeName(4, 0): "", MsgType(6).String(): "unknown", MsgType(0).String(): "unknown",
		SegmentType(9).String(): "segment 9", Role(9).String(): "role 9", Community(0xffff1234).String(): "0xFFFF1234",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if row := CapCode(1).Info(); row.Name != "multiprotocol" || row.RFC == "" {
		t.Errorf("%+v", row)
	}
	for _, row := range inet.Families {
		if row.Prefix != row.Family.IsPrefix() {
			t.Errorf("%s: the row and IsPrefix differ", row.Name)
		}
	}
}
