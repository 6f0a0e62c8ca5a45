package bgp

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// docTables are the tables that docs/formats/attributes.md lists, under their headings.
var docTables = []struct {
	heading string
	table   *tlvTable
}{
	{"BGP-LS TLVs", &lsTable},
	{"Sub-TLVs of tunnels", &tunnelSubTable},
	{"Encapsulations by tunnel type", &encapsulationTable},
	{"Segments", &segmentTable},
	{"Prefix-SID TLVs", &prefixSIDTable},
	{"Sub-TLVs of SRv6 services", &serviceTable},
	{"Data of SRv6 SIDs", &serviceSubTable},
}

// TestTLVsAreDocumented wants each row of each table in the documents, as it is.
// Where it fails, what it prints belongs there.
func TestTLVsAreDocumented(t *testing.T) {
	b, err := os.ReadFile("../../docs/formats/attributes.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range docTables {
		var want strings.Builder
		want.WriteString("### " + d.heading + "\n\n| type | key | value | RFC |\n|---|---|---|---|\n")
		for _, row := range d.table.rows {
			want.WriteString("| " + strconv.Itoa(int(row.Type)) + " | `" + row.JSON + "` | " + valueDoc(row) + " | " + strings.TrimPrefix(row.RFC, "RFC ") + " |\n")
		}
		if !strings.Contains(string(b), want.String()) {
			t.Errorf("docs/formats/attributes.md lacks\n%s", want.String())
		}
	}
}

// valueDoc describes the JSON value of a row.
func valueDoc(row TLVInfo) string {
	s := layoutDoc(row.fields)
	if row.many {
		return "list of " + s
	}
	return s
}

func layoutDoc(layout []field) string {
	var members []string
	bare := ""
	for i := range layout {
		f := &layout[i]
		switch {
		case f.kind == kindSkip:
		case f.kind == kindTLVs:
			members = append(members, "TLVs")
		case f.ownKeys():
			members = append(members, ownKeysDoc(f.kind))
		case f.kind == kindMasks:
			members = append(members, "standardApplications, userApplications")
		case f.kind == kindPrefix:
			members = append(members, "length, "+f.key)
		case f.key == "":
			bare = fieldDoc(f)
		case f.kind == kindList:
			members = append(members, f.key+": "+fieldDoc(f))
		default:
			members = append(members, f.key)
		}
	}
	switch {
	case bare != "":
		return bare
	case len(members) == 0:
		return "null"
	}
	return "{" + strings.Join(members, ", ") + "}"
}

func ownKeysDoc(k fieldKind) string {
	switch k {
	case kindBindingSID:
		return "label or sid"
	case kindStackEntry:
		return "label, trafficClass, bottom, ttl"
	}
	return "label or index"
}

func fieldDoc(f *field) string {
	switch f.kind {
	case kindUint, kindFloat, kindPolicySID:
		return "number"
	case kindFlags:
		if f.names != "" {
			return "list of flags"
		}
		return "number"
	case kindAddr, kindAFAddr, kindWideAddr:
		return "address"
	case kindText:
		return "text"
	case kindList:
		return "list of " + layoutDoc(f.group)
	case kindBytes:
		return "hexadecimal"
	}
	return "identifier"
}
