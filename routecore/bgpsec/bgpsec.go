// Package bgpsec signs and verifies the path of a BGP route: the BGPsec_Path
// attribute, in which every AS signs what it received and to whom it sends it.
//
// It parses and builds the attribute, makes the octets that are signed, signs
// with ECDSA on P-256, verifies a whole path against router keys that the caller
// supplies, checks what a peer may send, and turns the path into an AS_PATH.
//
// It is not a key store (that is rpki, fed by RTR), not certificate handling, and
// it knows no sessions: the capability is in routecore/bgp, and so is the attribute's
// syntax check in an UPDATE. It reads no random numbers: signatures are
// deterministic (RFC 6979).
//
// Start reading at [Path], then [Verify] and [Signer].
//
// Sources: RFC 8205 (protocol), RFC 8608 (algorithms; RFC 8208 before it), RFC 8635
// (several keys of one router during a change of keys).
package bgpsec

import (
	"encoding/hex"
	"net/netip"
	"strconv"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// Suite is an algorithm suite (IANA "BGPsec Algorithm Suite").
type Suite uint8

// The suites of RFC 8608 §2.
const (
	SuiteSpecialLow    Suite = 0x00 // reserved
	SuiteECDSAP256     Suite = 0x01 // SHA-256 and ECDSA on P-256, the only one in use
	SuiteDocumentation Suite = 0xfa // to 0xfe, with experiments from 0xf7
	SuiteSpecialHigh   Suite = 0xff // reserved
	experimentsFrom          = 0xf7
	documentationFrom        = 0xfa
	hopSize                  = 6
	signatureHead            = 22 // SKI and length
	blockHead                = 3  // length and suite
	maxAttr                  = 65535
	confedSegment      uint8 = 0x80
)

// Supported reports whether signatures of the suite can be verified here.
func (s Suite) Supported() bool { return s == SuiteECDSAP256 }

// String returns a name for each range of the registry.
func (s Suite) String() string {
	switch {
	case s == SuiteECDSAP256:
		return "SHA-256 with ECDSA P-256"
	case s == SuiteSpecialLow || s == SuiteSpecialHigh:
		return "reserved"
	case s >= documentationFrom:
		return "documentation"
	case s >= experimentsFrom:
		return "experimental"
	}
	return "suite " + strconv.Itoa(int(s))
}

// SKI is a subject key identifier: the SHA-1 of a router's public key. It is
// comparable.
type SKI [20]byte

// String prints forty hexadecimal digits.
func (s SKI) String() string { return hex.EncodeToString(s[:]) }

// Hop is a Secure_Path Segment (RFC 8205 §3.1): what one AS adds. It is comparable.
type Hop struct {
	PCount uint8 // how often the AS counts in the path; 0 at transparent route servers and in confederations
	Flags  uint8 // all bits are signed; [Hop.Confed] is the only one defined
	ASN    inet.ASN
}

// Confed reports the flag Confed_Segment: the AS is a member of a confederation.
func (h Hop) Confed() bool { return h.Flags&confedSegment != 0 }

// ConfedHop returns the hop of a member AS of a confederation (RFC 8205 §4.3).
func ConfedHop(asn inet.ASN, pCount uint8) Hop { return Hop{pCount, confedSegment, asn} }

// Signature is a Signature Segment (RFC 8205 §3.2).
type Signature struct {
	SKI   SKI
	Value []byte // in DER for [SuiteECDSAP256]
}

// Block is a Signature_Block: one signature for each hop, in the same order.
type Block struct {
	Suite      Suite
	Signatures []Signature
}

// Path is the value of a BGPsec_Path attribute. The hop that was added last comes
// first. There are one or two blocks, of different suites. Copies share what is
// in the slices; nothing in this package modifies it.
type Path struct {
	Hops   []Hop
	Blocks []Block
}

// Route is what the signatures are about.
type Route struct {
	Family inet.Family
	Prefix netip.Prefix
}

// Error says what is wrong with a path. A path that is wrong withdraws its route
// (RFC 8205 §5.2, RFC 7606 §2).
type Error struct {
	Offset int    // octets from the start of the attribute's value; -1 where it is not about octets
	RFC    string // the rule, such as "RFC 8205 §5.2"
	Text   string
}

// Error names the place, the fault and the rule.
func (e *Error) Error() string {
	at := ""
	if e.Offset >= 0 {
		at = "offset " + strconv.Itoa(e.Offset) + ": "
	}
	return "bgpsec: " + at + e.Text + " (" + e.RFC + ")"
}

// Action is what RFC 7606 wants done about the UPDATE.
func (e *Error) Action() bgp.Action { return bgp.TreatAsWithdraw }
