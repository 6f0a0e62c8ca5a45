package rtr

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/inet"
)

func genVRP(t *rapid.T, v6 bool) VRP {
	most := 32
	addr := netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "v4")))
	if v6 {
		most, addr = 128, netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "v6")))
	}
	bits := rapid.IntRange(0, most).Draw(t, "bits")
	return VRP{netip.PrefixFrom(addr, bits).Masked(), uint8(rapid.IntRange(bits, most).Draw(t, "max")), genASN(t), rapid.Bool().Draw(t, "announce")}
}

func genASN(t *rapid.T) inet.ASN { return inet.ASN(rapid.Uint32().Draw(t, "asn")) }

func genKey(t *rapid.T) Key {
	return Key{SKI: [20]byte(rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, "ski")), ASN: genASN(t),
		SPKI: string(rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "spki")), Announce: rapid.Bool().Draw(t, "announce")}
}

func genVAP(t *rapid.T) VAP {
	v := VAP{Customer: genASN(t), AFI: uint8(rapid.IntRange(0, 2).Draw(t, "afi")), Announce: rapid.Bool().Draw(t, "announce")}
	if !v.Announce {
		return v
	}
	for _, p := range rapid.SliceOfNDistinct(rapid.Uint32Min(1), 1, 20, rapid.ID[uint32]).Draw(t, "providers") {
		v.Providers = append(v.Providers, inet.ASN(p))
	}
	slices.Sort(v.Providers)
	return v
}

// gen draws any PDU that its version has.
func gen(t *rapid.T) Message {
	types := []Type{SerialNotify, SerialQuery, ResetQuery, CacheResponse, IPv4Prefix, IPv6Prefix, EndOfData, CacheReset, RouterKey, ErrorReport, ASPA}
	m := Message{Type: rapid.SampledFrom(types).Draw(t, "type")}
	m.Version = uint8(rapid.IntRange(int(m.Type.info().since), MaxVersion).Draw(t, "version"))
	seconds := func(what string) time.Duration {
		return time.Duration(rapid.Uint32().Draw(t, what)) * time.Second
	}
	switch m.Type {
	case SerialNotify, SerialQuery, CacheResponse, EndOfData:
		m.Session = rapid.Uint16().Draw(t, "session")
		if m.Type != CacheResponse {
			m.Serial = rapid.Uint32().Draw(t, "serial")
		}
		if m.Type == EndOfData && m.Version > 0 {
			m.Intervals = Intervals{seconds("refresh"), seconds("retry"), seconds("expire")}
		}
	case IPv4Prefix, IPv6Prefix:
		m.VRP = genVRP(t, m.Type == IPv6Prefix)
	case RouterKey:
		m.Key = genKey(t)
	case ASPA:
		m.VAP = genVAP(t)
	case ErrorReport:
		m.Code = ErrorCode(rapid.Uint16().Draw(t, "code"))
		m.About = rapid.SliceOfN(rapid.Byte(), 1, 50).Draw(t, "about")
		m.Text = rapid.StringN(0, 20, 60).Draw(t, "text")
	}
	return m
}

func TestMessagesSurviveTheWire(t *testing.T) {
	seen := map[Type]int{}
	rapid.Check(t, func(t *rapid.T) {
		want := gen(t)
		seen[want.Type]++
		b := want.Append(nil)
		p, n, err := ReadPDU(append(b, 9, 9))
		if err != nil || n != len(b) {
			t.Fatalf("%d of %d octets, %v", n, len(b), err)
		}
		got, err := p.Parse()
		if err != nil {
			t.Fatalf("%v in % x", err, b)
		}
		if d := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Prefix{})); d != "" {
			t.Fatal(d)
		}
		for cut := range b {
			if _, n, err := ReadPDU(b[:cut:cut]); n != 0 || err != nil {
				t.Fatalf("%d octets of %d give %d, %v", cut, len(b), n, err)
			}
		}
	})
	if len(seen) != 11 {
		t.Errorf("only %d types were drawn", len(seen))
	}
}

// TestEveryLengthOfEveryType cuts and stretches PDUs with their length field: no
// panic, and a wrong length is found.
func TestEveryLengthOfEveryType(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := gen(t).Append(nil)
		for n := headerLen; n <= len(b)+9; n++ {
			c := append(slices.Clone(b), make([]byte, 9)...)[:n:n]
			binary.BigEndian.PutUint32(c[4:], uint32(n))
			p, _, err := ReadPDU(c)
			if info := PDU(c).Type().info(); err == nil && info.exact && n != len(b) {
				t.Fatalf("%s of %d octets was read", PDU(c).Type(), n)
			}
			if err == nil {
				_, _ = p.Parse()
			}
		}
	})
}

func TestASPAInBothEncodings(t *testing.T) {
	for name, c := range map[string]struct {
		hex  []byte
		want VAP
		code ErrorCode // of the error; want counts where it is 0 and text is ""
		bad  bool
	}{
		"announced":             {hex: []byte{2, 11, 1, 0, 0, 0, 0, 20, 0, 0, 0, 10, 0, 0, 0, 1, 0, 0, 0, 2}, want: VAP{10, []inet.ASN{1, 2}, 0, true}},
		"withdrawn":             {hex: []byte{2, 11, 0, 0, 0, 0, 0, 12, 0, 0, 0, 10}, want: VAP{10, nil, 0, false}},
		"revision 10, IPv4":     {hex: []byte{2, 11, 0, 0, 0, 0, 0, 24, 1, 0, 0, 2, 0, 0, 0, 10, 0, 0, 0, 1, 0, 0, 0, 2}, want: VAP{10, []inet.ASN{1, 2}, 1, true}},
		"revision 10, IPv6":     {hex: []byte{2, 11, 0, 0, 0, 0, 0, 20, 1, 1, 0, 1, 0, 0, 0, 10, 0, 0, 0, 1}, want: VAP{10, []inet.ASN{1}, 2, true}},
		"revision 10 withdrawn": {hex: []byte{2, 11, 0, 0, 0, 0, 0, 16, 0, 1, 0, 0, 0, 0, 0, 10}, want: VAP{10, nil, 2, false}},
		"no provider at all":    {hex: []byte{2, 11, 1, 0, 0, 0, 0, 16, 0, 0, 0, 10, 0, 0, 0, 0}, want: VAP{10, []inet.ASN{0}, 0, true}},
		"an empty list":         {hex: []byte{2, 11, 1, 0, 0, 0, 0, 12, 0, 0, 0, 10}, bad: true, code: ProviderList},
		"AS 0 among others":     {hex: []byte{2, 11, 1, 0, 0, 0, 0, 20, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 2}, bad: true, code: ProviderList},
		"not in order":          {hex: []byte{2, 11, 1, 0, 0, 0, 0, 20, 0, 0, 0, 10, 0, 0, 0, 2, 0, 0, 0, 1}, bad: true, code: ProviderList},
		"one twice":             {hex: []byte{2, 11, 1, 0, 0, 0, 0, 20, 0, 0, 0, 10, 0, 0, 0, 2, 0, 0, 0, 2}, bad: true, code: ProviderList},
		"withdrawn with some":   {hex: []byte{2, 11, 0, 0, 0, 0, 0, 20, 0, 0, 0, 10, 0, 0, 0, 1, 0, 0, 0, 2}, bad: true, code: ProviderList},
		"an odd length":         {hex: []byte{2, 11, 1, 0, 0, 0, 0, 18, 0, 0, 0, 10, 0, 0, 0, 1, 0, 0}, bad: true, code: CorruptData},
		"a wrong count":         {hex: []byte{2, 11, 0, 0, 0, 0, 0, 20, 1, 0, 0, 2, 0, 0, 0, 10, 0, 0, 0, 1}, bad: true, code: CorruptData},
		"version 1":             {hex: []byte{1, 11, 1, 0, 0, 0, 0, 16, 0, 0, 0, 10, 0, 0, 0, 1}, bad: true, code: UnsupportedPDU},
	} {
		p, n, err := ReadPDU(c.hex)
		if err != nil || n != len(c.hex) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		m, err := p.Parse()
		var e *Error
		switch {
		case c.bad && (!errors.As(err, &e) || e.Code != c.code):
			t.Errorf("%s: %v, want %v", name, err, c.code)
		case !c.bad && err != nil:
			t.Errorf("%s: %v", name, err)
		case !c.bad && (!cmp.Equal(m.VAP, c.want) || !bytes.Equal(m.Append(nil), c.hex)):
			t.Errorf("%s: %+v, again % x", name, m.VAP, m.Append(nil))
		}
	}
}

// TestBitsBehindAPrefix: version 2 wants them to be zero, earlier ones did not say
// (8210bis §5.9).
func TestBitsBehindAPrefix(t *testing.T) {
	for _, c := range []struct {
		prefix string
		bit    int // that is set
		bad    bool
	}{
		{"10.0.0.0/8", 8, true}, {"10.0.0.0/8", 31, true}, {"10.1.2.3/32", 31, false}, {"10.1.0.0/15", 15, true},
		{"0.0.0.0/0", 0, true}, {"0.0.0.0/0", 31, true}, {"10.1.0.0/16", 15, false},
		{"2001:db8::/32", 32, true}, {"2001:db8::/32", 127, true}, {"2001:db8::1/128", 127, false}, {"2001:db8::/33", 32, false},
	} {
		prefix := netip.MustParsePrefix(c.prefix)
		m := Message{Type: IPv4Prefix, VRP: VRP{Prefix: prefix, MaxLen: uint8(prefix.Bits()), Announce: true}}
		if !prefix.Addr().Is4() {
			m.Type = IPv6Prefix
		}
		for version := range uint8(3) {
			m.Version = version
			b := m.Append(nil)
			b[12+c.bit/8] |= 0x80 >> (c.bit % 8)
			got, err := PDU(b).Parse()
			_, same := PDU(b).VRP()
			var e *Error
			if bad := c.bad && version == 2; bad != errors.As(err, &e) || bad && e.Code != CorruptData || (same == nil) != (err == nil) {
				t.Errorf("%s with bit %d in version %d: %v, %v", c.prefix, c.bit, version, err, same)
			} else if got.VRP.Prefix != got.VRP.Prefix.Masked() {
				t.Errorf("%s keeps host bits", got.VRP.Prefix)
			}
		}
	}
}

func TestSerialArithmetic(t *testing.T) {
	for _, c := range []struct {
		a, b uint32
		want bool
	}{
		{1, 2, true}, {2, 1, false}, {1, 1, false}, {0xffffffff, 0, true}, {0, 0xffffffff, false},
		{0xfffffff0, 5, true}, {0, 1<<31 - 1, true}, {0, 1 << 31, false}, {1 << 31, 0, false}, {0, 1<<31 + 1, false},
	} {
		if got := SerialLess(c.a, c.b); got != c.want {
			t.Errorf("%#x before %#x is %v", c.a, c.b, got)
		}
	}
}

// TestRealPDUsAreBuiltAsTheyCame reads every PDU of the captures and writes it
// again.
func TestRealPDUsAreBuiltAsTheyCame(t *testing.T) {
	for file, want := range map[string]int{"v0-reset-full.rtr.gz": 580366 + 143155 + 2, "v1-reset-full.rtr.gz": 580366 + 143155 + 4, "v1-serial-delta.rtr": 517} {
		stream := capture(t, file)
		count := 0
		var again []byte
		for len(stream) > 0 {
			p, n, err := ReadPDU(stream)
			if err != nil || n == 0 {
				t.Fatalf("%s: PDU %d: %v", file, count, err)
			}
			m, err := p.Parse()
			if err != nil {
				t.Fatalf("%s: PDU %d: %v", file, count, err)
			}
			if again = m.Append(again[:0]); !bytes.Equal(again, p) {
				t.Fatalf("%s: PDU %d: % x became % x", file, count, p, again)
			}
			stream = stream[n:]
			count++
		}
		if count != want {
			t.Errorf("%s has %d PDUs, want %d", file, count, want)
		}
	}
}

// TestACutPDUOfTcpdump reads the payload of tcpdump's sample of a PDU that is
// longer than its packet.
func TestACutPDUOfTcpdump(t *testing.T) {
	b, err := os.ReadFile(testkit.Data(t, "rtr", "tcpdump", "rpki-rtr-oobr.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	payload := b[24+16+14+20+20:]
	for i := range payload {
		p, n, err := ReadPDU(payload[i:])
		if err == nil && n > 0 {
			_, _ = p.Parse()
		}
	}
	if _, n, err := ReadPDU(payload); n != 0 || err != nil {
		t.Logf("first PDU: %d octets, %v", n, err)
	}
}

func FuzzPDU(f *testing.F) {
	f.Add([]byte{2, 11, 1, 0, 0, 0, 0, 16, 0, 0, 0, 10, 0, 0, 0, 1})
	f.Add([]byte{2, 11, 0, 0, 0, 0, 0, 20, 1, 1, 0, 1, 0, 0, 0, 10, 0, 0, 0, 1})
	f.Add(appendVRP4(nil, 1, true, [4]byte{192, 0, 2, 0}, 24, 24, 1))
	f.Add(AppendError(nil, 1, CorruptData, PDU{1, 2, 3}, "x"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, n, err := ReadPDU(b)
		if err != nil || n == 0 {
			return
		}
		m, err := p.Parse()
		if err != nil {
			return
		}
		again := PDU(m.Append(nil))
		got, err := again.Parse()
		if err != nil {
			t.Fatalf("% x became % x: %v", p, again, err)
		}
		if d := cmp.Diff(m, got, cmpopts.EquateComparable(netip.Prefix{})); d != "" {
			t.Fatal(d)
		}
	})
}
