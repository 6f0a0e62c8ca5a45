package bgpsec

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha1"
	"crypto/x509"
	"errors"
	"fmt"
	"iter"
	"slices"

	"example.com/rotonda/routecore/inet"
)

// Keys finds router keys.
type Keys interface {
	// Key yields the keys of an AS that have an SKI. There can be several: an SKI is
	// a mere SHA-1, and an AS changes keys by having two for a while (RFC 8635).
	Key(ski SKI, asn inet.ASN) iter.Seq[*ecdsa.PublicKey]
}

// KeyTable is a set of router keys. The zero value is empty and ready for Add. It
// may be read by many goroutines as long as none adds.
type KeyTable struct {
	keys map[keyID][]*ecdsa.PublicKey
}

type keyID struct {
	ski SKI
	asn inet.ASN
}

// Add puts in a key as RTR and rpki deliver it: the subjectPublicKeyInfo in DER
// (RFC 8608 §3). It fails where that is no point on P-256. Adding a key twice
// changes nothing.
func (t *KeyTable) Add(ski SKI, asn inet.ASN, spki []byte) error {
	key, err := ParseKey(spki)
	if err != nil {
		return err
	}
	if t.keys == nil {
		t.keys = map[keyID][]*ecdsa.PublicKey{}
	}
	id := keyID{ski, asn}
	if !slices.ContainsFunc(t.keys[id], func(k *ecdsa.PublicKey) bool { return k.Equal(key) }) {
		t.keys[id] = append(t.keys[id], key)
	}
	return nil
}

// Key yields the keys of an AS that have an SKI.
func (t *KeyTable) Key(ski SKI, asn inet.ASN) iter.Seq[*ecdsa.PublicKey] {
	return slices.Values(t.keys[keyID{ski, asn}])
}

// Len returns the number of keys.
func (t *KeyTable) Len() int {
	n := 0
	for _, k := range t.keys {
		n += len(k)
	}
	return n
}

var errCurve = errors.New("bgpsec: key: not ECDSA on P-256 (RFC 8608 §3)")

// ParseKey reads a subjectPublicKeyInfo in DER.
func ParseKey(spki []byte) (*ecdsa.PublicKey, error) {
	parsed, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		return nil, fmt.Errorf("bgpsec: key: %w", err)
	}
	key, ok := parsed.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errCurve
	}
	return key, nil
}

// KeyID returns the SKI of a key: the SHA-1 of the uncompressed point, 65 octets
// (RFC 8608 §3, RFC 6487 §4.8.2).
func KeyID(key *ecdsa.PublicKey) (SKI, error) {
	if key == nil || key.Curve != elliptic.P256() {
		return SKI{}, errCurve
	}
	point, err := key.Bytes()
	if err != nil {
		return SKI{}, fmt.Errorf("bgpsec: key: %w", err)
	}
	return sha1.Sum(point), nil
}
