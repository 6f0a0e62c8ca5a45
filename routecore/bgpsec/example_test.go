package bgpsec_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"fmt"
	"net/netip"

	"example.com/rotonda/routecore/bgpsec"
	"example.com/rotonda/routecore/inet"
)

// A router of AS 64496 originates a route, and its neighbour in AS 64497 verifies
// what it receives.
func Example() {
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), []byte("thirty-two octets as private key"))
	if err != nil {
		fmt.Println(err)
		return
	}
	signer, err := bgpsec.NewSigner(64496, key)
	if err != nil {
		fmt.Println(err)
		return
	}
	route := bgpsec.Route{Family: inet.IPv4Unicast, Prefix: netip.MustParsePrefix("192.0.2.0/24")}
	path, err := signer.Originate(signer.Hop(1), 64497, route)
	if err != nil {
		fmt.Println(err)
		return
	}
	value, _ := path.Append(nil) // the attribute's value

	var keys bgpsec.KeyTable // filled from RTR
	spki, _ := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err := keys.Add(signer.SKI(), 64496, spki); err != nil {
		fmt.Println(err)
		return
	}
	got, err := bgpsec.ParsePath(value)
	if err == nil {
		err = got.Check(bgpsec.Peer{ASN: 64496})
	}
	fmt.Println(got.ASPath(nil), err)
	fmt.Println(bgpsec.Verify(got, 64497, route, &keys).State)
	r := bgpsec.Verify(got, 64498, route, &keys)
	fmt.Printf("%v: hop %d, %v: %s\n", r.State, r.Hop, r.ASN, r.Text)
	// Output:
	// 64496 64496 <nil>
	// valid
	// not valid: hop 0, AS64496: no key of the AS verifies the signature
}
