package bgpsec

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// example is RFC 8608 appendix A.
type example struct {
	keys    KeyTable
	signers map[inet.ASN]Signer
	updates map[string][]byte
}

func readExample(t testing.TB) example {
	b, err := os.ReadFile("testdata/rfc8608.tsv")
	if err != nil {
		t.Fatal(err)
	}
	e := example{signers: map[inet.ASN]Signer{}, updates: map[string][]byte{}}
	for line := range strings.Lines(string(b)) {
		c := strings.Split(strings.TrimSpace(line), "\t")
		switch c[0] {
		case "key":
			n, _ := strconv.Atoi(c[1])
			asn := inet.ASN(n)
			point := append([]byte{4}, unhex(t, c[3])...)
			key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
			if err != nil {
				t.Fatal(err)
			}
			spki, err := x509.MarshalPKIXPublicKey(key)
			if err != nil {
				t.Fatal(err)
			}
			ski, err := KeyID(key)
			if err != nil || ski.String() != c[4] {
				t.Errorf("%v: SKI %v, want %s (%v)", asn, ski, c[4], err)
			}
			if err := e.keys.Add(ski, asn, spki); err != nil {
				t.Fatal(err)
			}
			if c[2] != "-" {
				private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), unhex(t, c[2]))
				if err != nil || !private.PublicKey.Equal(key) {
					t.Fatalf("%v: the private key is not that of the public one: %v", asn, err)
				}
				if e.signers[asn], err = NewSigner(asn, private); err != nil {
					t.Fatal(err)
				}
			}
		case "update":
			e.updates[c[1]] = unhex(t, c[2])
		}
	}
	if e.keys.Len() != 2 || len(e.updates) != 2 || len(e.signers) != 1 {
		t.Fatalf("%d keys, %d signers, %d updates", e.keys.Len(), len(e.signers), len(e.updates))
	}
	return e
}

func unhex(t testing.TB, s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// attr finds the attribute in an UPDATE.
func attr(t testing.TB, msg []byte) []byte {
	m, _, err := bgp.ReadMessage(msg, bgp.MaxMessage)
	if err != nil {
		t.Fatal(err)
	}
	var u bgp.Update
	bgp.ParseUpdate(&u, m.Body(), bgp.Ctx{ASN4: true})
	if v := u.Verdict; v.Action != bgp.Accept {
		t.Fatalf("%v: %s", v.Action, v.Text())
	}
	if v, ok := u.Get(bgp.AttrBGPsecPath); ok {
		return v
	}
	t.Fatal("no BGPsec_Path")
	return nil
}

func routeOf(prefix string) Route {
	p := netip.MustParsePrefix(prefix)
	f := inet.IPv4Unicast
	if p.Addr().Is6() {
		f = inet.IPv6Unicast
	}
	return Route{f, p}
}

func TestTheExampleOfTheRFCVerifies(t *testing.T) {
	e := readExample(t)
	digests := map[string][]string{ // lengths and beginnings of the hashes, the signer nearest to us first
		"192.0.2.0/24":  {"118 014f24da", "18 2133e5ca"},
		"2001:db8::/32": {"119 4449ec70", "19 8a0cd3e9"},
	}
	for prefix, update := range e.updates {
		v := attr(t, update)
		p, err := ParsePath(v)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]Hop{{1, 0, 65536}, {1, 0, 64496}}, p.Hops); d != "" {
			t.Error(d)
		}
		if back, err := p.Append(nil); err != nil || !bytes.Equal(back, v) || len(v) != 205 {
			t.Errorf("built\n%x, %v, was\n%x", back, err, v)
		}
		route := routeOf(prefix)
		for i := range p.Hops {
			in := AppendDigestInput(nil, p.target(i, 65537), p.Hops[i:], p.Blocks[0].Signatures[i+1:], SuiteECDSAP256, route)
			hash := sha256.Sum256(in)
			if got := strconv.Itoa(len(in)) + " " + hex.EncodeToString(hash[:4]); got != digests[prefix][i] {
				t.Errorf("%s hop %d: %s, want %s", prefix, i, got, digests[prefix][i])
			}
		}
		if r := Verify(p, 65537, route, &e.keys); r != (Result{State: Valid, Suite: SuiteECDSAP256, Hop: -1}) {
			t.Errorf("%s: %+v", prefix, r)
		}
		if err := p.Check(Peer{ASN: 65536}); err != nil {
			t.Error(err)
		}
		if got := p.ASPath(nil).String(); got != "65536 64496" {
			t.Errorf("AS_PATH %s", got)
		}
	}
}

func TestWhatMakesAPathNotValid(t *testing.T) {
	e := readExample(t)
	route := routeOf("192.0.2.0/24")
	fresh := func() Path {
		p, err := ParsePath(slices.Clone(attr(t, e.updates["192.0.2.0/24"])))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	tests := []struct {
		name   string
		change func(p *Path, target *inet.ASN, r *Route)
		want   Result
	}{
		{"sent to another AS", func(_ *Path, target *inet.ASN, _ *Route) { *target = 65538 }, Result{Suite: 1, Hop: 0, ASN: 65536, Text: badSignature}},
		{"another prefix", func(_ *Path, _ *inet.ASN, r *Route) { r.Prefix = netip.MustParsePrefix("192.0.3.0/24") }, Result{Suite: 1, Hop: 0, ASN: 65536, Text: badSignature}},
		{"a longer prefix", func(_ *Path, _ *inet.ASN, r *Route) { r.Prefix = netip.MustParsePrefix("192.0.2.0/25") }, Result{Suite: 1, Hop: 0, ASN: 65536, Text: badSignature}},
		{"another family", func(_ *Path, _ *inet.ASN, r *Route) { r.Family = inet.IPv4Multicast }, Result{Suite: 1, Hop: 0, ASN: 65536, Text: badSignature}},
		{"a pCount", func(p *Path, _ *inet.ASN, _ *Route) { p.Hops[1].PCount = 2 }, Result{Suite: 1, Hop: 0, ASN: 65536, Text: badSignature}},
		{"a flag", func(p *Path, _ *inet.ASN, _ *Route) { p.Hops[1].Flags = 1 }, Result{Suite: 1, Hop: 0, ASN: 65536, Text: badSignature}},
		{"an AS", func(p *Path, _ *inet.ASN, _ *Route) { p.Hops[1].ASN = 64497 }, Result{Suite: 1, Hop: 0, ASN: 65536, Text: badSignature}},
		{"an unknown AS", func(p *Path, _ *inet.ASN, _ *Route) { p.Hops[0].ASN = 65535 }, Result{Suite: 1, Hop: 0, ASN: 65535, Text: noKey}},
		{"an unknown SKI", func(p *Path, _ *inet.ASN, _ *Route) { p.Blocks[0].Signatures[1].SKI[3] ^= 1 }, Result{Suite: 1, Hop: 0, ASN: 65536, Text: badSignature}},
		// rtrlib's wrong signature: the last octet of the origin's.
		{"a signature", func(p *Path, _ *inet.ASN, _ *Route) { p.Blocks[0].Signatures[1].Value[71] = 0xcb }, Result{Suite: 1, Hop: 0, ASN: 65536, Text: badSignature}},
		{"the first signature", func(p *Path, _ *inet.ASN, _ *Route) { p.Blocks[0].Signatures[0].Value[71] ^= 1 }, Result{Suite: 1, Hop: 0, ASN: 65536, Text: badSignature}},
		{"an empty signature", func(p *Path, _ *inet.ASN, _ *Route) { p.Blocks[0].Signatures[0].Value = nil }, Result{Suite: 1, Hop: 0, ASN: 65536, Text: badSignature}},
		{"hops the other way round", func(p *Path, _ *inet.ASN, _ *Route) { slices.Reverse(p.Hops) }, Result{Suite: 1, Hop: 0, ASN: 64496, Text: noKey}},
		{"a missing signature", func(p *Path, _ *inet.ASN, _ *Route) { p.Blocks[0].Signatures = p.Blocks[0].Signatures[:1] }, Result{Suite: 1, Hop: -1, Text: badPath}},
		{"an unknown suite", func(p *Path, _ *inet.ASN, _ *Route) { p.Blocks[0].Suite = 2 }, Result{State: Unsigned, Hop: -1, Text: noBlock}},
		{"no hops", func(p *Path, _ *inet.ASN, _ *Route) { p.Hops = nil }, Result{Suite: 1, Hop: -1, Text: badPath}},
	}
	for _, tt := range tests {
		p, target, r := fresh(), inet.ASN(65537), route
		tt.change(&p, &target, &r)
		if got := Verify(p, target, r, &e.keys); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
	// The origin's signature alone is wrong when it was made for somebody else.
	p := fresh()
	p.Hops, p.Blocks[0].Signatures = p.Hops[1:], p.Blocks[0].Signatures[1:]
	if r := Verify(p, 65536, route, &e.keys); r.State != Valid {
		t.Errorf("the path as AS 65536 saw it: %+v", r)
	}
	if r := Verify(p, 65537, route, &e.keys); r.State != NotValid || r.Hop != 0 || r.ASN != 64496 {
		t.Errorf("stolen by another AS: %+v", r)
	}
	// A second block of an unknown suite, before or behind, does no harm.
	p = fresh()
	p.Blocks = []Block{{Suite: 0xfa, Signatures: p.Blocks[0].Signatures}, p.Blocks[0]}
	if r := Verify(p, 65537, route, &e.keys); r.State != Valid {
		t.Errorf("%+v", r)
	}
}

// rtrlib's case of one SKI with two keys, and RFC 8635's two keys of one AS.
func TestAllKeysOfAnSKIAreTried(t *testing.T) {
	e := readExample(t)
	p, err := ParsePath(attr(t, e.updates["192.0.2.0/24"]))
	if err != nil {
		t.Fatal(err)
	}
	ski1, ski2 := p.Blocks[0].Signatures[0].SKI, p.Blocks[0].Signatures[1].SKI
	spki := func(ski SKI, asn inet.ASN) []byte {
		for k := range e.keys.Key(ski, asn) {
			b, err := x509.MarshalPKIXPublicKey(k)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		t.Fatal("no key")
		return nil
	}
	right, wrong := spki(ski1, 65536), spki(ski2, 64496)
	var keys KeyTable
	for _, add := range []struct {
		ski  SKI
		asn  inet.ASN
		spki []byte
		len  int
	}{{ski1, 65536, wrong, 1}, {ski1, 65536, right, 2}, {ski1, 65536, right, 2}, {ski2, 64496, wrong, 3}} {
		if err := keys.Add(add.ski, add.asn, add.spki); err != nil || keys.Len() != add.len {
			t.Fatalf("%d keys, %v", keys.Len(), err)
		}
	}
	if r := Verify(p, 65537, routeOf("192.0.2.0/24"), &keys); r.State != Valid {
		t.Errorf("%+v", r)
	}
	p384, _ := ecdsa.ParseUncompressedPublicKey(elliptic.P384(), unhex(t, "04aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab73617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f"))
	big, err := x509.MarshalPKIXPublicKey(p384)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"nothing": nil, "cut": right[:50], "P-384": big} {
		if err := keys.Add(ski1, 1, b); err == nil {
			t.Errorf("%s is a key", name)
		}
	}
	if _, err := KeyID(p384); err == nil {
		t.Error("P-384 has an SKI")
	}
	if _, err := KeyID(nil); err == nil {
		t.Error("nil has an SKI")
	}
}

func genPath(t *rapid.T) Path {
	p := Path{}
	for range rapid.IntRange(1, 5).Draw(t, "hops") {
		p.Hops = append(p.Hops, Hop{rapid.Byte().Draw(t, "pCount"), rapid.SampledFrom([]uint8{0, 0x80, 1}).Draw(t, "flags"), inet.ASN(rapid.Uint32().Draw(t, "asn"))})
	}
	suite := Suite(rapid.Byte().Draw(t, "suite"))
	for range rapid.IntRange(1, 2).Draw(t, "blocks") {
		b := Block{Suite: suite}
		for range p.Hops {
			s := Signature{Value: rapid.SliceOfN(rapid.Byte(), 0, 80).Draw(t, "signature")}
			copy(s.SKI[:], rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, "ski"))
			b.Signatures = append(b.Signatures, s)
		}
		p.Blocks = append(p.Blocks, b)
		suite++
	}
	return p
}

func TestPathsRoundTripAndEveryTruncationFails(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := genPath(t)
		wire, err := p.Append([]byte{9})
		if err != nil || wire[0] != 9 {
			t.Fatal(err)
		}
		wire = wire[1:]
		got, err := ParsePath(wire)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(p, got); d != "" {
			t.Fatal(d)
		}
		blockEnd := 2 + 6*len(p.Hops) + p.Blocks[0].size()
		for n := range wire {
			_, err := ParsePath(wire[:n:n])
			if whole := n == blockEnd && len(p.Blocks) == 2; (err == nil) != whole {
				t.Fatalf("%d of %d octets: %v", n, len(wire), err)
			}
			var e *Error
			if err != nil && (!errors.As(err, &e) || e.Action() != bgp.TreatAsWithdraw || e.Offset < 0 || e.Offset > n || e.RFC == "") {
				t.Fatalf("%d octets: %#v", n, err)
			}
		}
	})
}

func TestSyntaxErrorsNameThePlace(t *testing.T) {
	const ski = "ab4d910f55cae71a215ef3cafe3acc45b5eec154"
	const hops = "0008" + "010000000001"
	for in, want := range map[string]string{
		"":                             "bgpsec: offset 0: length of the Secure_Path (RFC 8205 §3.1)",
		"0002" + "0003" + "01":         "bgpsec: offset 0: length of the Secure_Path (RFC 8205 §3.1)",
		"0009" + "01000000000100":      "bgpsec: offset 0: length of the Secure_Path (RFC 8205 §3.1)",
		hops:                           "bgpsec: offset 8: no Signature_Block (RFC 8205 §3)",
		hops + "0002":                  "bgpsec: offset 8: length of a Signature_Block (RFC 8205 §3.2)",
		hops + "000301":                "bgpsec: offset 8: a Signature_Block has not one signature for each hop (RFC 8205 §5.2)",
		hops + "001901" + ski + "0001": "bgpsec: offset 11: a Signature Segment runs past the end of its block (RFC 8205 §3.2)",
		hops + "001a01" + ski + "0001": "bgpsec: offset 8: length of a Signature_Block (RFC 8205 §3.2)",
		hops + "001901" + ski + "0000" + "001901" + ski + "0000":                           "bgpsec: offset 8: two Signature_Blocks of one suite (RFC 8205 §3.2)",
		hops + "001901" + ski + "0000" + "001902" + ski + "0000" + "001903" + ski + "0000": "bgpsec: offset 58: more than two Signature_Blocks (RFC 8205 §3)",
		hops + "002f01" + ski + "0000" + ski + "0000":                                      "bgpsec: offset 8: a Signature_Block has not one signature for each hop (RFC 8205 §5.2)",
	} {
		if p, err := ParsePath(unhex(t, in)); err == nil || err.Error() != want {
			t.Errorf("%s: %+v\n got %v\nwant %s", in, p, err, want)
		}
	}
	sig := Signature{Value: []byte{1}}
	long := Path{Hops: make([]Hop, 2), Blocks: []Block{{1, []Signature{{Value: make([]byte, 40000)}, {Value: make([]byte, 40000)}}}}}
	for name, p := range map[string]Path{
		"empty": {}, "no block": {Hops: make([]Hop, 1)}, "no hops": {Blocks: []Block{{}}}, "too long": long,
		"signatures missing": {Hops: make([]Hop, 2), Blocks: []Block{{1, []Signature{sig}}}},
		"one suite twice":    {Hops: make([]Hop, 1), Blocks: []Block{{1, []Signature{sig}}, {1, []Signature{sig}}}},
		"three blocks":       {Hops: make([]Hop, 1), Blocks: []Block{{1, []Signature{sig}}, {2, []Signature{sig}}, {3, []Signature{sig}}}},
	} {
		if b, err := p.Append([]byte{7}); err == nil || !bytes.Equal(b, []byte{7}) {
			t.Errorf("%s: %x, %v", name, b, err)
		}
	}
}

func TestSuites(t *testing.T) {
	for s, want := range map[Suite]string{0: "reserved", 1: "SHA-256 with ECDSA P-256", 2: "suite 2", 0xf6: "suite 246", 0xf7: "experimental",
		0xf9: "experimental", 0xfa: "documentation", 0xfe: "documentation", 0xff: "reserved"} {
		if s.String() != want || s.Supported() != (s == 1) {
			t.Errorf("%d: %s", s, s)
		}
	}
}

func TestReconstructedASPaths(t *testing.T) {
	long := Path{Hops: []Hop{{255, 0, 1}, {2, 0, 2}}}
	want := binary.BigEndian.AppendUint32(nil, 1)
	wire := append(append([]byte{2, 255}, bytes.Repeat(want, 255)...), 2, 2, 0, 0, 0, 2, 0, 0, 0, 2)
	if got := long.ASPath(nil); !bytes.Equal(got, wire) {
		t.Errorf("%x", []byte(got))
	}
	tests := []struct {
		hops []Hop
		want string
		len  int
	}{
		{[]Hop{{1, 0, 3}, {3, 0, 2}, {1, 0, 1}}, "3 2 2 2 1", 5},
		{[]Hop{{1, 0, 3}, {0, 0, 2}, {1, 0, 1}}, "3 1", 2}, // a transparent route server
		{[]Hop{ConfedHop(65001, 1), ConfedHop(65002, 2), {1, 0, 2}, {1, 0, 1}}, "(65001 65002 65002) 2 1", 2},
		{[]Hop{ConfedHop(65001, 1), ConfedHop(64500, 0), {1, 0, 1}}, "(65001) 1", 1}, // the confederation's own number, signed but not counted
		{[]Hop{ConfedHop(64500, 0)}, "", 0},
	}
	for _, tt := range tests {
		p := Path{Hops: tt.hops}
		if got := p.ASPath(nil); got.String() != tt.want || p.Len() != tt.len {
			t.Errorf("%+v: %s, length %d", tt.hops, got, p.Len())
		}
	}
}

func TestWhatAPeerMaySend(t *testing.T) {
	tests := []struct {
		name string
		hops []Hop
		peer Peer
		want string
	}{
		{"external", []Hop{{1, 0, 2}, {1, 0, 1}}, Peer{ASN: 2}, ""},
		{"another AS", []Hop{{1, 0, 2}}, Peer{ASN: 3}, "bgpsec: offset 2: the first hop is AS2, the peer is AS3 (RFC 8205 §5.2)"},
		{"pCount 0", []Hop{{0, 0, 2}, {1, 0, 1}}, Peer{ASN: 2}, "bgpsec: offset 2: pCount 0 from a peer that is no route server (RFC 8205 §5.2)"},
		{"pCount 0 from a route server", []Hop{{0, 0, 2}, {1, 0, 1}}, Peer{ASN: 2, Transparent: true}, ""},
		{"pCount 0 further on", []Hop{{1, 0, 3}, {0, 0, 2}, {1, 0, 1}}, Peer{ASN: 3}, ""},
		{"confederation from outside", []Hop{{1, 0, 2}, ConfedHop(1, 1)}, Peer{ASN: 2}, "bgpsec: offset 8: a hop of a confederation from outside it (RFC 8205 §5.2)"},
		{"confederation", []Hop{ConfedHop(65001, 1), {1, 0, 1}}, Peer{ASN: 65001, Confed: true}, ""},
		{"confederation without the flag", []Hop{{1, 0, 65001}}, Peer{ASN: 65001, Confed: true}, "bgpsec: offset 2: a hop of our confederation without the flag Confed_Segment (RFC 8205 §5.2)"},
		{"internal", []Hop{{1, 0, 2}}, Peer{ASN: 64500, Internal: true}, ""},
		{"nothing", nil, Peer{ASN: 2}, "bgpsec: no hops (RFC 8205 §5.2)"},
	}
	for _, tt := range tests {
		text := ""
		if err := (Path{Hops: tt.hops}).Check(tt.peer); err != nil {
			text = err.Error()
		}
		if text != tt.want {
			t.Errorf("%s: %s", tt.name, text)
		}
	}
}

func FuzzParsePath(f *testing.F) {
	e := readExample(f)
	for _, update := range e.updates {
		f.Add(attr(f, update))
	}
	f.Add(unhex(f, "0008010000000001"+"001901"+"ab4d910f55cae71a215ef3cafe3acc45b5eec154"+"0000"))
	f.Fuzz(func(t *testing.T, v []byte) {
		p, err := ParsePath(v)
		if err != nil {
			return
		}
		wire, err := p.Append(nil)
		if err != nil && len(v) <= maxAttr {
			t.Fatal(err)
		}
		if err == nil && !bytes.Equal(wire, v) {
			t.Fatalf("%x becomes %x", v, wire)
		}
		p.ASPath(nil)
		_ = p.Check(Peer{ASN: 1})
		p.LeaveConfed()
		if r := Verify(p, 65537, routeOf("192.0.2.0/24"), &e.keys); r.State == Valid && !bytes.Equal(v, attr(t, e.updates["192.0.2.0/24"])) {
			t.Fatalf("a forged path is valid: %x", v)
		}
	})
}
