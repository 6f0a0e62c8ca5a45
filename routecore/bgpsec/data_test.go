//lint:file-ignore SA1019 finding a key from a signature is arithmetic of points, which nothing else offers

package bgpsec

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"os"
	"strings"
	"testing"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/bgp"
)

// recoverKeys returns the public keys that verify a signature of a hash (SEC 1
// §4.1.6), of which there are two.
func recoverKeys(t *testing.T, hash, signature []byte) (out []*ecdsa.PublicKey) {
	var rs struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(signature, &rs); err != nil {
		t.Fatal(err)
	}
	curve := elliptic.P256()
	params := curve.Params()
	y2 := new(big.Int).Exp(rs.R, big.NewInt(3), params.P)
	y2.Sub(y2, new(big.Int).Mul(big.NewInt(3), rs.R)).Add(y2, params.B).Mod(y2, params.P)
	y := new(big.Int).ModSqrt(y2, params.P)
	if y == nil {
		t.Fatal("no such point")
	}
	inverse := new(big.Int).ModInverse(rs.R, params.N)
	u1 := new(big.Int).Mul(new(big.Int).SetBytes(hash), inverse)
	u1.Neg(u1).Mod(u1, params.N)
	u2 := new(big.Int).Mul(rs.S, inverse)
	u2.Mod(u2, params.N)
	gx, gy := curve.ScalarBaseMult(u1.Bytes())
	for _, y := range []*big.Int{y, new(big.Int).Sub(params.P, y)} {
		x, y := curve.ScalarMult(rs.R, y, u2.Bytes())
		x, y = curve.Add(x, y, gx, gy)
		out = append(out, &ecdsa.PublicKey{Curve: curve, X: x, Y: y})
	}
	return out
}

// TestARealSessionVerifies reads tcpdump's capture of three routers that speak BGPsec
// (AS 2 to AS 3 to AS 4). Their keys are not there, but a signature gives its key away,
// and the SKI beside it says whether that is the right one: it is only if the octets
// that were signed are those that we hash.
func TestARealSessionVerifies(t *testing.T) {
	b, err := os.ReadFile(testkit.Data(t, "pcap", "tcpdump", "bgp-bgpsec.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	marker := bytes.Repeat([]byte{0xff}, 16)
	var keys KeyTable
	hops := map[int]int{}
	for at := bytes.Index(b, marker); at >= 0 && at < len(b); {
		m, n, err := bgp.ReadMessage(b[at:], bgp.MaxMessage)
		if err != nil || n == 0 {
			t.Fatal(err)
		}
		if m.Type == bgp.MsgUpdate {
			var u bgp.Update
			bgp.ParseUpdate(&u, m.Body(), bgp.Ctx{ASN4: true})
			if u.Verdict.Action != bgp.Accept {
				t.Errorf("offset %d: %s", at, u.Verdict.Text())
			}
			p, route, ok, err := FromUpdate(&u)
			if err != nil {
				t.Fatal(err)
			}
			if ok {
				checkByRecovery(t, p, route, &keys)
				hops[len(p.Hops)]++
			}
		}
		next := bytes.Index(b[at+n:], marker)
		if next < 0 {
			break
		}
		at += n + next
	}
	if hops[1] < 5 || hops[2] < 5 || keys.Len() != 2 {
		t.Errorf("routes by hops: %v, %d keys", hops, keys.Len())
	}
}

func checkByRecovery(t *testing.T, p Path, route Route, keys *KeyTable) {
	t.Helper()
	ours := p.Hops[0].ASN + 1 // AS 2 sends to AS 3, and that to AS 4
	for i, s := range p.Blocks[0].Signatures {
		hash, _ := p.digest(nil, p.Blocks[0], i, p.target(i, ours), route)
		for _, key := range recoverKeys(t, hash[:], s.Value) {
			if ski, err := KeyID(key); err != nil || ski != s.SKI {
				continue
			}
			spki, err := x509.MarshalPKIXPublicKey(key)
			if err != nil {
				t.Fatal(err)
			}
			if err := keys.Add(s.SKI, p.Hops[i].ASN, spki); err != nil {
				t.Fatal(err)
			}
		}
	}
	if r := Verify(p, ours, route, keys); r.State != Valid {
		t.Errorf("%v %+v: %+v", route.Prefix, p.Hops, r)
	}
}

func TestFromUpdate(t *testing.T) {
	e := readExample(t)
	for prefix, update := range e.updates {
		var u bgp.Update
		m, _, err := bgp.ReadMessage(update, bgp.MaxMessage)
		if err != nil {
			t.Fatal(err)
		}
		bgp.ParseUpdate(&u, m.Body(), bgp.Ctx{ASN4: true})
		p, route, ok, err := FromUpdate(&u)
		if err != nil || !ok || route != routeOf(prefix) || Verify(p, 65537, route, &e.keys).State != Valid {
			t.Errorf("%s: %+v %+v %t %v", prefix, p, route, ok, err)
		}
	}
	const origin, sig = "40010100", "902100210008010000000001" + "001901" + "ab4d910f55cae71a215ef3cafe3acc45b5eec154" + "0000"
	tests := []struct{ name, attrs, nlri, want string }{
		{"not signed", origin + "4002060201" + "0000fbf4" + "400304c6336401", "18c63364", "unsigned"},
		{"two routes", origin + "800e11" + "000101" + "04c6336401" + "00" + "18c00002" + "18c00003" + sig, "", "bgpsec: want one unicast route, in MP_REACH_NLRI (RFC 8205 §4.1)"},
		{"one route", origin + "800e0d" + "000101" + "04c6336401" + "00" + "18c00002" + sig, "", ""},
		{"multicast", origin + "800e0d" + "000102" + "04c6336401" + "00" + "18c00002" + sig, "", "bgpsec: want one unicast route, in MP_REACH_NLRI (RFC 8205 §4.1)"},
		{"the classic field", origin + "400304c6336401" + sig, "18c63364", "bgpsec: want one unicast route, in MP_REACH_NLRI (RFC 8205 §4.1)"},
		{"AS_PATH too", origin + "4002060201" + "0000fbf4" + "800e0d" + "000101" + "04c6336401" + "00" + "18c00002" + sig, "", "bgpsec: AS_PATH beside BGPsec_Path (RFC 8205 §3)"},
	}
	for _, tt := range tests {
		attrs := unhex(t, tt.attrs)
		body := append([]byte{0, 0, byte(len(attrs) >> 8), byte(len(attrs))}, attrs...)
		body = append(body, unhex(t, tt.nlri)...)
		var u bgp.Update
		bgp.ParseUpdate(&u, body, bgp.Ctx{ASN4: true})
		_, _, ok, err := FromUpdate(&u)
		got := ""
		switch {
		case err != nil:
			got = err.Error()
		case !ok:
			got = "unsigned"
		}
		if got != tt.want {
			t.Errorf("%s: %s (%s)", tt.name, got, strings.TrimSpace(u.Verdict.Text()))
		}
	}
}
