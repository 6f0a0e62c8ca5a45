package rpki_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/rpki"
)

// attested makes a snapshot out of lines such as "1: 2 3".
func attested(lines ...string) *rpki.Snapshot {
	var d rpki.Data
	for _, line := range lines {
		customer, list, _ := strings.Cut(line, ":")
		a := rpki.ASPA{Customer: path(customer)[0], Providers: path(list)}
		d.ASPAs = append(d.ASPAs, a)
	}
	var t rpki.Table
	t.ReplaceAll("x", d)
	return t.Snapshot()
}

// path reads letters A to Z as AS 1 to 26, and numbers.
func path(text string) (out []inet.ASN) {
	for _, f := range strings.Fields(text) {
		if len(f) == 1 && f[0] >= 'A' && f[0] <= 'Z' {
			out = append(out, inet.ASN(f[0]-'A'+1))
			continue
		}
		asn, err := inet.ParseASN(f)
		if err != nil {
			panic(err)
		}
		out = append(out, asn)
	}
	return out
}

// TestVerifyPath has the examples of NIST's BRIO for the draft: A and B are
// customers, F and G at the top; E and F attest nothing, G that it has no
// provider.
func TestVerifyPath(t *testing.T) {
	s := attested("A: C D", "B: E", "C: F", "D: F G", "G: 0")
	for _, c := range []struct {
		path string
		d    rpki.Direction
		want rpki.PathStatus
	}{
		{"F C A", rpki.Upstream, rpki.PathValid},
		{"D C A", rpki.Upstream, rpki.PathInvalid},
		{"D F C A", rpki.Upstream, rpki.PathUnknown},
		{"D E B", rpki.Upstream, rpki.PathUnknown},
		{"A D E B", rpki.Upstream, rpki.PathInvalid},
		{"A D G E B", rpki.Upstream, rpki.PathInvalid},
		{"A C F", rpki.Upstream, rpki.PathInvalid},
		{"A C F G", rpki.Upstream, rpki.PathInvalid},
		{"E B", rpki.Upstream, rpki.PathValid},
		{"A", rpki.Upstream, rpki.PathValid},
		{"F F F C A A", rpki.Upstream, rpki.PathValid},
		{"G A", rpki.Upstream, rpki.PathInvalid},
		{"A G", rpki.Upstream, rpki.PathInvalid},
		{"A E", rpki.Upstream, rpki.PathUnknown},

		{"E G F C A", rpki.Downstream, rpki.PathUnknown},
		{"E G D A", rpki.Downstream, rpki.PathValid},
		{"E D C A", rpki.Downstream, rpki.PathUnknown},
		{"E G D C A", rpki.Downstream, rpki.PathInvalid},
		{"C F D G", rpki.Downstream, rpki.PathUnknown},
		{"D G E B", rpki.Downstream, rpki.PathValid},
		{"C D G E B", rpki.Downstream, rpki.PathInvalid},
		{"F C A", rpki.Downstream, rpki.PathValid},
		{"E A", rpki.Downstream, rpki.PathValid},
		{"E C A", rpki.Downstream, rpki.PathValid}, // a forged segment, which cannot be seen
		{"E A C", rpki.Downstream, rpki.PathUnknown},
		{"E", rpki.Downstream, rpki.PathValid},
		{"E E G G G D D A", rpki.Downstream, rpki.PathValid},
		// Two peers at the top, and nothing known at all.
		{"C F G D A", rpki.Downstream, rpki.PathValid},
		{"X Y Z", rpki.Downstream, rpki.PathUnknown},
		{"X Y", rpki.Downstream, rpki.PathValid},
	} {
		if got := s.VerifyPath(rpki.Path{ASes: path(c.path)}, c.d); got != c.want {
			t.Errorf("%q in direction %d is %v, want %v", c.path, c.d, got, c.want)
		}
	}
	good := path("F C A")
	for name, c := range map[string]struct {
		p    rpki.Path
		want rpki.PathStatus
	}{
		"an empty path":             {rpki.Path{}, rpki.PathInvalid},
		"an AS_SET":                 {rpki.Path{ASes: good, Set: true}, rpki.PathInvalid},
		"the neighbour is first":    {rpki.Path{ASes: good, Neighbour: good[0]}, rpki.PathValid},
		"another AS is first":       {rpki.Path{ASes: good, Neighbour: 99}, rpki.PathInvalid},
		"behind a route server":     {rpki.Path{ASes: good}, rpki.PathValid},
		"AS 0 is nobody's provider": {rpki.Path{ASes: append([]inet.ASN{0}, path("G")...)}, rpki.PathInvalid},
	} {
		if got := s.VerifyPath(c.p, rpki.Upstream); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if got := (*rpki.Snapshot)(nil).VerifyPath(rpki.Path{ASes: good}, rpki.Upstream); got != rpki.PathUnknown {
		t.Errorf("without a snapshot: %v", got)
	}
}

// byTheLetter is the procedure in the words of earlier revisions of the draft, which
// say the same, with the indices of their formulas.
func byTheLetter(has map[inet.ASN][]inet.ASN, p []inet.ASN, d rpki.Direction) rpki.PathStatus {
	var as []inet.ASN // as[1] is the origin
	as = append(as, 0)
	for i := len(p) - 1; i >= 0; i-- {
		if as[len(as)-1] != p[i] || len(as) == 1 {
			as = append(as, p[i])
		}
	}
	n := len(as) - 1
	hop := func(c, v int) string {
		list, ok := has[as[c]]
		if !ok {
			return "none"
		}
		for _, x := range list {
			if x == as[v] && x != 0 {
				return "provider"
			}
		}
		return "not"
	}
	if d == rpki.Upstream {
		status := rpki.PathValid
		for i := 2; i <= n; i++ {
			switch hop(i-1, i) {
			case "not":
				return rpki.PathInvalid
			case "none":
				status = rpki.PathUnknown
			}
		}
		return status
	}
	if n <= 2 {
		return rpki.PathValid
	}
	for u := 2; u <= n; u++ {
		for v := 1; v <= n-1; v++ {
			if u <= v && hop(u-1, u) == "not" && hop(v+1, v) == "not" {
				return rpki.PathInvalid
			}
		}
	}
	k := 1
	for k < n && hop(k, k+1) == "provider" {
		k++
	}
	l := n
	for l > 1 && hop(l, l-1) == "provider" {
		l--
	}
	if l-k <= 1 {
		return rpki.PathValid
	}
	return rpki.PathUnknown
}

func TestVerifyPathAgainstTheDraftsWords(t *testing.T) {
	seen := map[rpki.PathStatus]int{}
	rapid.Check(t, func(t *rapid.T) {
		has := map[inet.ASN][]inet.ASN{}
		var d rpki.Data
		for i := inet.ASN(1); i <= 6; i++ {
			if rapid.Bool().Draw(t, "attests") {
				for _, p := range rapid.SliceOfNDistinct(rapid.IntRange(0, 6), 1, 4, rapid.ID[int]).Draw(t, "providers") {
					has[i] = append(has[i], inet.ASN(p))
				}
				d.ASPAs = append(d.ASPAs, rpki.ASPA{Customer: i, Providers: has[i]})
			}
		}
		var p []inet.ASN
		for _, x := range rapid.SliceOfN(rapid.IntRange(1, 6), 1, 7).Draw(t, "path") {
			p = append(p, inet.ASN(x))
		}
		var table rpki.Table
		table.ReplaceAll("x", d)
		for _, dir := range []rpki.Direction{rpki.Upstream, rpki.Downstream} {
			got, want := table.Snapshot().VerifyPath(rpki.Path{ASes: p}, dir), byTheLetter(has, p, dir)
			if got != want {
				t.Fatalf("%v in direction %d with %v: %v, want %v", p, dir, has, got, want)
			}
			seen[got]++
		}
	})
	if seen[rpki.PathValid] == 0 || seen[rpki.PathInvalid] == 0 || seen[rpki.PathUnknown] == 0 {
		t.Errorf("outcomes %v", seen)
	}
}

func TestASPAsOfSeveralSources(t *testing.T) {
	var table rpki.Table
	table.ReplaceAll("a", rpki.Data{ASPAs: []rpki.ASPA{{Customer: 1, Providers: []inet.ASN{5, 2, 2}}, {Customer: 9, Providers: []inet.ASN{0, 3}}}})
	before := table.Snapshot()
	if c := table.ReplaceAll("b", rpki.Data{ASPAs: []rpki.ASPA{{Customer: 1, Providers: []inet.ASN{3}, AFI: 1}, {Customer: 1, Providers: []inet.ASN{4}, AFI: 2}, {Customer: 7}}}); c.Added != 2 || c.Refused != 1 {
		t.Errorf("%+v", c)
	}
	want := func(s *rpki.Snapshot, customer inet.ASN, list ...inet.ASN) {
		t.Helper()
		got, ok := s.Providers(customer)
		if ok != (len(list) > 0) || len(got) != len(list) {
			t.Fatalf("providers of %v: %v, want %v", customer, got, list)
		}
		for i := range got {
			if got[i] != list[i] {
				t.Fatalf("providers of %v: %v, want %v", customer, got, list)
			}
		}
	}
	want(before, 1, 2, 5)
	want(before, 9, 3)
	want(table.Snapshot(), 1, 2, 3, 4, 5)
	want(table.Snapshot(), 7)
	c := table.ApplyAll("b", rpki.Data{ASPAs: []rpki.ASPA{{Customer: 1, Providers: []inet.ASN{6}, AFI: 2}}}, rpki.Data{ASPAs: []rpki.ASPA{{Customer: 1, AFI: 1}, {Customer: 8}}})
	if c.Added != 1 || c.Removed != 1 || c.Unknown != 1 {
		t.Errorf("%+v", c)
	}
	want(table.Snapshot(), 1, 2, 5, 6)
	want(before, 1, 2, 5)
	if c := table.Replace("b", nil); c.Removed != 0 {
		t.Errorf("replacing the VRPs took other things away: %+v", c)
	}
	if c := table.Remove("b"); c.Removed != 1 || table.Snapshot().Customers() != 2 {
		t.Errorf("%+v, %d customers", c, table.Snapshot().Customers())
	}
}

func TestRouterKeysAreFoundBySKIAndAS(t *testing.T) {
	var table rpki.Table
	ski := func(b byte) (s [20]byte) { s[0] = b; return s }
	table.ReplaceAll("a", rpki.Data{Keys: []rpki.RouterKey{{ski(1), 10, "x"}, {ski(1), 10, "y"}, {ski(1), 11, "z"}, {ski(2), 10, "x"}, {ski(2), 10, "x"}}})
	table.ReplaceAll("b", rpki.Data{Keys: []rpki.RouterKey{{ski(1), 10, "x"}, {ski(3), 10, "w"}}})
	s := table.Snapshot()
	if got := s.Keys(ski(1), 10); len(got) != 2 || got[0].SPKI != "x" || got[1].SPKI != "y" {
		t.Errorf("%v", got)
	}
	if len(s.RouterKeys()) != 5 || len(s.Keys(ski(3), 10)) != 1 || len(s.Keys(ski(3), 11)) != 0 || len(s.Keys(ski(9), 10)) != 0 {
		t.Errorf("%v", s.RouterKeys())
	}
	if c := table.ApplyAll("a", rpki.Data{}, rpki.Data{Keys: []rpki.RouterKey{{ski(1), 10, "y"}, {ski(1), 10, "no"}}}); c.Removed != 1 || c.Unknown != 1 {
		t.Errorf("%+v", c)
	}
	if got := table.Snapshot().Keys(ski(1), 10); len(got) != 1 {
		t.Errorf("%v", got)
	}
}

func TestVerifyPathAllocatesNothing(t *testing.T) {
	s := attested("A: C D", "C: F")
	p := rpki.Path{ASes: path("F F C A")}
	if n := testing.AllocsPerRun(100, func() { s.VerifyPath(p, rpki.Downstream) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkVerifyPath(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	var d rpki.Data
	for i := range 20000 {
		d.ASPAs = append(d.ASPAs, rpki.ASPA{Customer: inet.ASN(i), Providers: []inet.ASN{inet.ASN(rng.IntN(20000)), inet.ASN(rng.IntN(20000))}})
	}
	var table rpki.Table
	table.ReplaceAll("x", d)
	s := table.Snapshot()
	p := rpki.Path{ASes: []inet.ASN{17, 3333, 1200, 15000, 9}}
	b.ReportAllocs()
	for b.Loop() {
		s.VerifyPath(p, rpki.Downstream)
	}
}
