package bgpsec

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"fmt"
	"slices"

	"example.com/rotonda/routecore/inet"
)

// Signer signs for one AS with one key of [SuiteECDSAP256]. It is immutable, and
// for concurrent use.
type Signer struct {
	asn inet.ASN
	ski SKI
	key *ecdsa.PrivateKey
}

// NewSigner fails where the key is not on P-256.
func NewSigner(asn inet.ASN, key *ecdsa.PrivateKey) (Signer, error) {
	if key == nil {
		return Signer{}, errCurve
	}
	ski, err := KeyID(&key.PublicKey)
	return Signer{asn, ski, key}, err
}

// SKI returns the identifier of the signer's key.
func (s Signer) SKI() SKI { return s.ski }

// Hop returns the hop that the signer adds: 1 + prepends times its AS.
func (s Signer) Hop(prepends uint8) Hop {
	if prepends == 255 {
		prepends = 254
	}
	return Hop{PCount: 1 + prepends, ASN: s.asn}
}

// Originate makes the path of a route that begins here and goes to target.
func (s Signer) Originate(hop Hop, target inet.ASN, route Route) (Path, error) {
	return s.Extend(Path{Blocks: []Block{{Suite: SuiteECDSAP256}}}, hop, target, route)
}

// Extend adds a hop, which must be of the signer's AS, to a path that was received,
// and signs it for target. The block of another suite is dropped, for nobody here
// can sign in it; without a block that is left the path cannot go on, and the route
// has to be sent with an AS_PATH instead (RFC 8205 §4.2). The signatures are
// deterministic (RFC 6979). p is not modified.
func (s Signer) Extend(p Path, hop Hop, target inet.ASN, route Route) (Path, error) {
	if hop.ASN != s.asn {
		return Path{}, &Error{-1, "RFC 8205 §4.2", "a hop of " + hop.ASN.String() + " cannot be signed by " + s.asn.String()}
	}
	if !route.Prefix.IsValid() {
		return Path{}, &Error{-1, "RFC 8205 §4.1", "no prefix"}
	}
	i := slices.IndexFunc(p.Blocks, func(b Block) bool { return b.Suite == SuiteECDSAP256 })
	if i < 0 {
		return Path{}, &Error{-1, "RFC 8205 §4.2", noBlock}
	}
	old := p.Blocks[i].Signatures
	if len(old) != len(p.Hops) {
		return Path{}, &Error{-1, "RFC 8205 §3.2", badPath}
	}
	out := Path{Hops: append([]Hop{hop}, p.Hops...)}
	hash := sha256.Sum256(AppendDigestInput(nil, target, out.Hops, old, SuiteECDSAP256, route))
	value, err := s.key.Sign(nil, hash[:], crypto.SHA256)
	if err != nil {
		return Path{}, fmt.Errorf("bgpsec: sign: %w", err)
	}
	out.Blocks = []Block{{SuiteECDSAP256, append([]Signature{{s.ski, value}}, old...)}}
	return out, nil
}
