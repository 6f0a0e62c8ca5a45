package bgp

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"example.com/rotonda/routecore/inet"
)

// typedRows is the table of route types as docs/formats/nlri.md has it.
func typedRows() []string {
	var rows []string
	for _, f := range []inet.Family{inet.L2VPNEVPN, ipv4MCASTVPN, ipv4MUP} {
		family := f.String()[strings.IndexByte(f.String(), ' ')+1:]
		for _, l := range typedFamilyOf(f).types {
			row := fmt.Sprintf("| %s %d | `%s` |", family, l.code, l.name)
			for _, p := range l.fields {
				name := typedFields[p.field].name
				switch {
				case name == "":
				case p.key:
					row += " **" + name + "**"
				default:
					row += " " + name
				}
			}
			rows = append(rows, row+" | "+l.rfc+" |")
		}
	}
	return rows
}

// TestRouteTypesAreDocumented holds the documentation against the tables of layouts.
func TestRouteTypesAreDocumented(t *testing.T) {
	b, err := os.ReadFile("../../docs/formats/nlri.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := typedRows()
	for _, row := range rows {
		if !strings.Contains(string(b), row+"\n") {
			t.Errorf("nlri.md lacks\n%s", row)
		}
	}
	if got := strings.Count(string(b), "\n| evpn ") + strings.Count(string(b), "\n| mcast-vpn ") + strings.Count(string(b), "\n| mup "); got != len(rows) {
		t.Errorf("nlri.md has %d rows, the tables have %d", got, len(rows))
	}
	for _, family := range inet.Families {
		if decodes(family.Family) && nlriTable[family.Family.SAFI()].json != nil && !strings.Contains(string(b), family.Name) {
			t.Errorf("nlri.md lacks %q", family.Name)
		}
	}
}
