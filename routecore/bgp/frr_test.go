package bgp

import (
	"bytes"
	"fmt"
	"testing"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/inet"
)

// frrCase is a line of testdata/frr.tsv.
type frrCase struct{ kind, name, a, b, want, why string }

func frrCases(t *testing.T) []frrCase {
	t.Helper()
	var out []frrCase
	for _, c := range testkit.Table(t, "testdata/frr.tsv", 7) {
		if (c[5] == "-") != (c[6] == "-") {
			t.Fatalf("%q", c)
		}
		for i := range c {
			if c[i] == "-" && i < 4 {
				c[i] = ""
			}
		}
		f := frrCase{c[0], c[1], c[2], c[3], c[4], c[6]}
		if c[5] != "-" {
			f.want = c[5]
		}
		out = append(out, f)
	}
	return out
}

// TestFRR plays the inputs of FRR's unit tests, with its reaction or ours where the
// file says why we differ.
func TestFRR(t *testing.T) {
	kinds := map[string]func(*testing.T, frrCase) string{
		"reach": func(t *testing.T, c frrCase) string {
			return frrUpdate(t, 4, "40020602010000fbf4"+frrAttr("800e", c.a), "")
		},
		"unreach": func(t *testing.T, c frrCase) string { return frrUpdate(t, 4, frrAttr("800f", c.a), "") },
		"attr":    func(t *testing.T, c frrCase) string { return frrUpdate(t, int(c.a[0]-'0'), c.b, "18c63364") },
		"path":    frrPath, "merge": frrMerge, "capability": frrCapability,
	}
	seen := map[string]int{}
	for _, c := range frrCases(t) {
		t.Run(c.kind+" "+c.name, func(t *testing.T) {
			seen[c.kind]++
			if got := kinds[c.kind](t, c); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	for kind := range kinds {
		if seen[kind] < 5 {
			t.Errorf("%d cases of %s", seen[kind], kind)
		}
	}
}

func frrAttr(head, value string) string {
	return fmt.Sprintf("%s%02x%s", head, len(value)/2, value)
}

// frrUpdate puts attributes behind ORIGIN, and NEXT_HOP where there are classic routes.
func frrUpdate(t *testing.T, width int, attrs, nlri string) string {
	t.Helper()
	attrs = "40010100" + attrs
	if nlri != "" {
		attrs += "400304c0000201"
	}
	var u Update
	ParseUpdate(&u, unhex(t, fmt.Sprintf("0000%04x%s%s", len(attrs)/2, attrs, nlri)), Ctx{ASN4: width == 4})
	return u.Verdict.Action.String()
}

func frrPath(t *testing.T, c frrCase) string {
	t.Helper()
	block := appendWireAttr(nil, Attr{AttrASPath, wellKnown, unhex(t, c.a)})
	var u Update
	ParseAttributes(&u, block, Ctx{Confed: true}, inet.IPv4Unicast, FormUpdate)
	if u.Verdict.Action != Accept {
		return u.Verdict.Action.String()
	}
	a := Attrs(u.AppendAttrs(nil, inet.IPv4Unicast))
	return fmt.Sprintf("%s|%d", a.ASPath(), a.Hops())
}

func frrMerge(t *testing.T, c frrCase) string {
	t.Helper()
	block := appendWireAttr(nil, Attr{AttrASPath, wellKnown, unhex(t, c.a)})
	block = appendWireAttr(block, Attr{AttrAS4Path, optTransitive, appendWide(nil, unhex(t, c.b), -1)})
	var u Update
	ParseAttributes(&u, block, Ctx{Confed: true}, inet.IPv4Unicast, FormUpdate)
	return Attrs(u.AppendAttrs(nil, inet.IPv4Unicast)).ASPath().String()
}

// frrCapability reads a list of capabilities inside an OPEN: error ends the session,
// odd is kept and shown as not valid.
func frrCapability(t *testing.T, c frrCase) string {
	t.Helper()
	list := unhex(t, c.a)
	body := append(unhex(t, "04fbf4005ac0000201"), byte(2+len(list)), 2, byte(len(list)))
	o, err := ParseOpen(append(body, list...))
	if err == nil {
		err = o.Validate()
	}
	if err != nil {
		return "error"
	}
	for _, c := range o.Caps {
		if !c.Valid() {
			return "odd"
		}
	}
	if !bytes.Equal(AppendCapabilities(nil, o.Caps), list) {
		return "lost"
	}
	return "good"
}
