package bgpsec

import (
	"crypto/ecdsa"

	"example.com/rotonda/routecore/inet"
)

// State is the outcome of verification.
type State uint8

// The states (RFC 8205 §5.1). Unsigned is for paths of which no block has a suite
// that is supported here: the route counts as if it had come without signatures.
const (
	NotValid State = iota
	Valid
	Unsigned
)

// String returns "not valid", "valid" or "unsigned".
func (s State) String() string {
	switch s {
	case Valid:
		return "valid"
	case Unsigned:
		return "unsigned"
	}
	return "not valid"
}

// Result is the outcome of [Verify]. It is comparable.
type Result struct {
	State State
	Suite Suite    // of the block that decided
	Hop   int      // which hop's signature failed, 0 for the one added last; -1 where none did
	ASN   inet.ASN // of that hop
	Text  string   // what is wrong
}

const (
	noKey        = "no router key of the AS has this SKI"
	badSignature = "no key of the AS verifies the signature"
	badPath      = "a block has not one signature for each hop"
	noBlock      = "no block has a suite that is supported"
)

// Verify verifies every signature of a path that came to the AS target (RFC 8205
// §5.2). Inside a confederation target is the member AS, or the confederation's
// identifier for what came from outside. One valid block makes the path valid; of
// several that are not, the result tells about the first. [Path.Check] has to come
// before.
func Verify(p Path, target inet.ASN, route Route, keys Keys) Result {
	return verify(p, target, route, keys, nil)
}

// Verify is the function Verify with a memory.
func (c *Cache) Verify(p Path, target inet.ASN, route Route, keys Keys) Result {
	return verify(p, target, route, keys, c)
}

func verify(p Path, target inet.ASN, route Route, keys Keys, c *Cache) Result {
	out := Result{State: Unsigned, Hop: -1, Text: noBlock}
	for _, b := range p.Blocks {
		if !b.Suite.Supported() {
			continue
		}
		r := p.verify(b, target, route, keys, c)
		if r.State == Valid {
			return r
		}
		if out.State == Unsigned {
			out = r
		}
	}
	return out
}

func (p Path) verify(b Block, target inet.ASN, route Route, keys Keys, c *Cache) Result {
	if len(p.Hops) == 0 || len(b.Signatures) != len(p.Hops) {
		return Result{State: NotValid, Suite: b.Suite, Hop: -1, Text: badPath}
	}
	var buffer [1024]byte
	scratch := buffer[:0]
	for i, s := range b.Signatures {
		var hash [32]byte
		hash, scratch = p.digest(scratch, b, i, p.target(i, target), route)
		if text := verifyOne(hash[:], s, p.Hops[i].ASN, keys, c); text != "" {
			return Result{State: NotValid, Suite: b.Suite, Hop: i, ASN: p.Hops[i].ASN, Text: text}
		}
	}
	return Result{State: Valid, Suite: b.Suite, Hop: -1}
}

func verifyOne(hash []byte, s Signature, asn inet.ASN, keys Keys, c *Cache) string {
	var id [32]byte
	if c != nil {
		if id = c.id(hash, s, uint32(asn)); c.has(id) {
			return ""
		}
	}
	text := noKey
	for key := range keys.Key(s.SKI, asn) {
		if ecdsa.VerifyASN1(key, hash, s.Value) {
			if c != nil {
				c.add(id)
			}
			return ""
		}
		text = badSignature
	}
	return text
}
