package bgp

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/inet"
)

// TestEveryRuleHasATest looks up what testdata/rules.tsv names: each rule is tested by
// a probe or by tests that exist.
func TestEveryRuleHasATest(t *testing.T) {
	probes := map[string]bool{}
	for _, p := range readProbes(t) {
		probes[p.rule] = true
	}
	var source []byte
	for _, dir := range []string{".", "fsm", "../flowspec"} {
		files, _ := filepath.Glob(filepath.Join(dir, "*_test.go"))
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			source = append(source, b...)
		}
	}
	rules := 0
	for _, c := range testkit.Table(t, "testdata/rules.tsv", 3) {
		rules++
		if c[0] != strconv.Itoa(rules) {
			t.Fatalf("%q: want rule %d", c, rules)
		}
		for _, name := range strings.Fields(c[2]) {
			if name == "probe" && !probes[c[0]] || name != "probe" && !bytes.Contains(source, []byte("\nfunc "+name+"(")) {
				t.Errorf("rule %s (%s): %s does not exist", c[0], c[1], name)
			}
		}
	}
	if rules != 79 {
		t.Errorf("%d rules", rules)
	}
}

// TestRepeatedLargeCommunities: repetitions go, the order stays (RFC 8092 §3).
func TestRepeatedLargeCommunities(t *testing.T) {
	const a, b = "000000010000000200000003", "000000010000000200000004"
	block := appendWireAttr(nil, Attr{AttrLargeCommunities, optTransitive, unhex(t, b+a+b+a+a)})
	var u Update
	ParseAttributes(&u, block, Ctx{ASN4: true}, inet.IPv4Unicast, FormUpdate)
	if got := Attrs(u.AppendAttrs(nil, inet.IPv4Unicast)); !bytes.Equal(got, set(t, AttrLargeCommunities, b+a)) {
		t.Errorf("%x", []byte(got))
	}
}

// TestEveryTruncationOfOtherMessages cuts OPENs, NOTIFICATIONs and ROUTE-REFRESHs at
// every octet: nothing is read past the end, and a cut OPEN is never taken for a whole
// one.
// TestManyLargeCommunities: many are told apart as few are.
func TestManyLargeCommunities(t *testing.T) {
	var v, want []byte
	for i := range uint32(2 * manyLarge) {
		l := LargeCommunity{1, i % manyLarge, 2}.Append(nil)
		v = append(v, l...)
		if i < manyLarge {
			want = append(want, l...)
		}
	}
	if got := appendLarge([]byte("x"), v); string(got) != "x"+string(want) {
		t.Errorf("%d octets, want %d", len(got)-1, len(want))
	}
}

func TestEveryTruncationOfOtherMessages(t *testing.T) {
	long := fullOpen()
	for range 3 {
		long.Caps = append(long.Caps, Capability{240, make([]byte, 100)})
	}
	for _, o := range []Open{fullOpen(), long} {
		body := o.Append(nil)[HeaderLen:]
		for i := range body {
			cut, err := ParseOpen(body[:i:i])
			_ = cut.Validate()
			Negotiate(cut, o)
			for _, c := range cut.Caps {
				c.AppendJSON(nil)
			}
			if err == nil {
				t.Errorf("an OPEN cut at %d of %d parses", i, len(body))
			}
		}
	}
	for _, n := range []Notification{NewHardReset(NewShutdown(CeaseShutdown, "bye")), NewMaxPrefix(inet.IPv4Unicast, 9), NewUnsupported(fullOpen().Caps...)} {
		body := n.Append(nil)[HeaderLen:]
		for i := range body {
			cut, err := ParseNotification(body[:i:i])
			if (err != nil) != (i < 2) {
				t.Errorf("a NOTIFICATION cut at %d: %v", i, err)
			}
			cut.Shutdown()
			cut.Inner()
			cut.MaxPrefix()
			cut.AppendJSON(nil)
		}
	}
	for _, c := range fullOpen().Caps {
		for i := range c.Value {
			o := Open{Caps: []Capability{{c.Code, c.Value[:i:i]}}}
			o.AddPath()
			o.LLGR()
			o.GracefulRestart()
			o.ExtendedNextHop()
			o.Caps[0].AppendJSON(nil)
		}
	}
}
