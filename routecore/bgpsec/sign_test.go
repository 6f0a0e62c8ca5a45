package bgpsec

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"net/netip"
	"testing"

	"example.com/rotonda/routecore/inet"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// signer makes a key out of the AS number, the same every time.
func signer(t interface{ Fatal(...any) }, asn inet.ASN, keys *KeyTable) Signer {
	seed := sha256.Sum256([]byte(asn.String()))
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:])
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSigner(asn, key)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.Add(s.SKI(), asn, spki); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWhatIsSignedVerifies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var keys KeyTable
		route := routeOf(rapid.SampledFrom([]string{"192.0.2.0/24", "0.0.0.0/0", "2001:db8::/33", "2001:db8::1/128"}).Draw(t, "prefix"))
		path := Path{Blocks: []Block{{Suite: SuiteECDSAP256}}}
		hops := rapid.IntRange(1, 4).Draw(t, "hops")
		for i := range hops {
			s := signer(t, inet.ASN(64500+i), &keys)
			hop := s.Hop(rapid.Byte().Draw(t, "prepends"))
			before := cmp.Diff(path, path)
			next, err := s.Extend(path, hop, inet.ASN(64500+i+1), route)
			if err != nil || before != "" {
				t.Fatal(err)
			}
			path = next
		}
		target := inet.ASN(64500 + hops)
		wire, err := path.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParsePath(wire)
		if err != nil {
			t.Fatal(err)
		}
		if r := Verify(got, target, route, &keys); r.State != Valid {
			t.Fatalf("%+v", r)
		}
		if r := Verify(got, target+1, route, &keys); r.State != NotValid || r.Hop != 0 {
			t.Fatalf("for another AS: %+v", r)
		}
		wire[rapid.IntRange(2, len(wire)-1).Draw(t, "octet")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if broken, err := ParsePath(wire); err == nil {
			if r := Verify(broken, target, route, &keys); r.State == Valid {
				t.Fatal("a changed bit goes unnoticed")
			}
		}
	})
}

func TestSignaturesAreDeterministic(t *testing.T) {
	e := readExample(t)
	s := e.signers[64496]
	route := routeOf("192.0.2.0/24")
	one, err := s.Originate(s.Hop(0), 65536, route)
	if err != nil {
		t.Fatal(err)
	}
	two, err := s.Originate(s.Hop(0), 65536, route)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(one, two); d != "" {
		t.Error(d)
	}
	// The example in the RFC uses one nonce for all, which gives the key away.
	other, err := s.Originate(s.Hop(0), 65536, routeOf("198.51.100.0/24"))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := one.Blocks[0].Signatures[0].Value, other.Blocks[0].Signatures[0].Value; bytes.Equal(a[:36], b[:36]) {
		t.Error("two signatures share their nonce")
	}
	if r := Verify(one, 65536, route, &e.keys); r.State != Valid {
		t.Errorf("%+v", r)
	}
	if s.Hop(254).PCount != 255 || s.Hop(255).PCount != 255 || s.Hop(0) != (Hop{1, 0, 64496}) {
		t.Error("pCount")
	}
}

// TestExtendingTheExample signs on from where RFC 8608's example ends.
func TestExtendingTheExample(t *testing.T) {
	e := readExample(t)
	p, err := ParsePath(attr(t, e.updates["2001:db8::/32"]))
	if err != nil {
		t.Fatal(err)
	}
	p.Blocks = []Block{{Suite: 0xfa, Signatures: p.Blocks[0].Signatures}, p.Blocks[0]}
	s := signer(t, 65537, &e.keys)
	next, err := s.Extend(p, s.Hop(2), 65538, routeOf("2001:db8::/32"))
	if err != nil {
		t.Fatal(err)
	}
	if r := Verify(next, 65538, routeOf("2001:db8::/32"), &e.keys); r.State != Valid {
		t.Errorf("%+v", r)
	}
	if got := next.ASPath(nil).String(); got != "65537 65537 65537 65536 64496" || len(next.Blocks) != 1 || len(p.Hops) != 2 {
		t.Errorf("%s, %d blocks", got, len(next.Blocks))
	}
}

// TestConfederations sends a route through a confederation (64500, with members
// 65001 and 65002) and out of it again: RFC 8205 §4.3.
func TestConfederations(t *testing.T) {
	var keys KeyTable
	route := routeOf("192.0.2.0/24")
	origin, border, inside, whole := signer(t, 64496, &keys), signer(t, 65001, &keys), signer(t, 65002, &keys), signer(t, 64500, &keys)
	step := func(s Signer, p Path, hop Hop, target inet.ASN) Path {
		t.Helper()
		next, err := s.Extend(p, hop, target, route)
		if err != nil {
			t.Fatal(err)
		}
		if r := Verify(next, target, route, &keys); r.State != Valid {
			t.Fatalf("to %v: %+v", target, r)
		}
		return next
	}
	start := Path{Blocks: []Block{{Suite: SuiteECDSAP256}}}
	p := step(origin, start, origin.Hop(0), 64500)  // an outsider knows the confederation's number only
	p = step(whole, p, ConfedHop(64500, 0), 65001)  // which hands over to the member AS
	p = step(border, p, ConfedHop(65001, 1), 65002) //
	if err := p.Check(Peer{ASN: 65001, Confed: true}); err != nil {
		t.Error(err)
	}
	p = step(inside, p, ConfedHop(65002, 1), 65003)
	if got := p.ASPath(nil).String(); got != "(65002 65001) 64496" {
		t.Errorf("inside: %s", got)
	}
	p = step(whole, p.LeaveConfed(), whole.Hop(0), 64510)
	if got := p.ASPath(nil).String(); got != "64500 64496" {
		t.Errorf("outside: %s", got)
	}
	if err := p.Check(Peer{ASN: 64500}); err != nil {
		t.Error(err)
	}
}

func TestWhatCannotBeSigned(t *testing.T) {
	var keys KeyTable
	s := signer(t, 64500, &keys)
	route := routeOf("192.0.2.0/24")
	ok := Path{Blocks: []Block{{Suite: SuiteECDSAP256}}}
	tests := []struct {
		name  string
		p     Path
		hop   Hop
		route Route
	}{
		{"another AS", ok, Hop{1, 0, 64501}, route},
		{"no prefix", ok, s.Hop(0), Route{inet.IPv4Unicast, netip.Prefix{}}},
		{"no block that is supported", Path{Blocks: []Block{{Suite: 0xfa}}}, s.Hop(0), route},
		{"signatures missing", Path{Hops: []Hop{{1, 0, 1}}, Blocks: ok.Blocks}, s.Hop(0), route},
	}
	for _, tt := range tests {
		if p, err := s.Extend(tt.p, tt.hop, 1, tt.route); err == nil {
			t.Errorf("%s: %+v", tt.name, p)
		}
	}
	if _, err := NewSigner(1, nil); err == nil {
		t.Error("a signer without key")
	}
	k384, err := ecdsa.ParseRawPrivateKey(elliptic.P384(), bytes.Repeat([]byte{1}, 48))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewSigner(1, k384); err == nil {
		t.Error("a signer with a key on P-384")
	}
}

func BenchmarkVerify(b *testing.B) {
	e := readExample(b)
	p, err := ParsePath(attr(b, e.updates["192.0.2.0/24"]))
	if err != nil {
		b.Fatal(err)
	}
	route := routeOf("192.0.2.0/24")
	for b.Loop() {
		if Verify(p, 65537, route, &e.keys).State != Valid {
			b.Fatal("not valid")
		}
	}
}
