package flowspec

import (
	"net/netip"
	"testing"

	"example.com/rotonda/routecore/inet"
	"pgregory.net/rapid"
)

var families = []inet.Family{inet.IPv4FlowSpec, inet.IPv6FlowSpec, inet.IPv4FlowSpecVPN, inet.IPv6FlowSpecVPN}

// genRule draws a rule as Parse would return it.
func genRule(t *rapid.T) Rule {
	r := Rule{Family: rapid.SampledFrom(families).Draw(t, "family")}
	if vpn(r.Family) {
		copy(r.RD[:], rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "rd"))
		r.RD[0] = 0
		r.RD[1] %= 4
	}
	for ty := Destination; int(ty) < len(table); ty++ {
		row := info(r.Family, ty)
		if row.kind == unknown || !rapid.Bool().Draw(t, "has") {
			continue
		}
		c := Component{Type: ty}
		if row.kind == prefix {
			c.Prefix = genPrefix(t, r.Family)
		} else {
			c.Terms = genTerms(t, row)
		}
		r.Components = append(r.Components, c)
	}
	if len(r.Components) == 0 || rapid.IntRange(0, 5).Draw(t, "raw") == 0 {
		first := rapid.ByteRange(14, 255).Draw(t, "first")
		r.Raw = append([]byte{first}, rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t, "rest")...)
	}
	return r
}

func genPrefix(t *rapid.T, f inet.Family) Prefix {
	var a [16]byte
	copy(a[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "address"))
	bits := rapid.IntRange(0, f.MaxBits()).Draw(t, "bits")
	if !ipv6(f) {
		return Prefix{Prefix: netip.PrefixFrom(netip.AddrFrom4([4]byte(a[:4])), bits).Masked()}
	}
	offset := 0
	if bits > 0 {
		offset = rapid.IntRange(0, bits-1).Draw(t, "offset")
	}
	return Prefix{netip.PrefixFrom(clearBits(netip.AddrFrom16(a), offset, bits), bits), uint8(offset)}
}

func genTerms(t *rapid.T, r *row) []Term {
	var terms []Term
	for i := range rapid.IntRange(1, 5).Draw(t, "terms") {
		w := 1 << rapid.IntRange(0, 3).Draw(t, "width")
		w = min(w, r.maxWidth())
		term := Term{Op(rapid.Byte().Draw(t, "op")) & r.kind.ops(), uint8(w), rapid.Uint64().Draw(t, "value") >> (64 - 8*w) & r.valueMask()}
		if i == 0 {
			term.Op &^= And
		}
		terms = append(terms, term)
	}
	return terms
}

func mustAppend(t interface{ Fatal(...any) }, r Rule) []byte {
	b, err := r.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustText(t *testing.T, f inet.Family, s string) Rule {
	t.Helper()
	r, err := ParseText(f, s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
