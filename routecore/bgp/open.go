package bgp

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"example.com/rotonda/routecore/inet"
)

// Version is the only protocol version there is.
const Version = 4

// Open is an OPEN message (RFC 4271 §4.2).
type Open struct {
	Version  uint8
	AS       uint16     // AS_TRANS where the number needs four octets; see ASN
	HoldTime uint16     // seconds; 0 switches the timers off
	ID       netip.Addr // BGP identifier, always an IPv4 address (RFC 6286)
	Caps     []Capability
	// Params holds optional parameters other than capabilities, as they came: type,
	// length, value. No such parameter is in use today.
	Params []byte
}

const paramCapability, paramExtended = 2, 255

// ParseOpen reads the body of an OPEN. It checks the framing of parameters and
// capabilities and leaves values to [Open.Validate], so that whoever only
// watches sees odd OPENs too. On an error the Open holds what came before. Of
// another version, whose layout nobody knows, the version is the error.
// Capability values alias body.
func ParseOpen(body []byte) (Open, error) {
	o, err := parseOpen(body)
	if err != nil && len(body) >= 10 && o.Version != Version {
		err = versionError()
	}
	return o, err
}

func versionError() *Error {
	return &Error{Code: CodeOpen, Subcode: OpenVersion, Data: []byte{0, Version}, RFC: "RFC 4271 §6.2", Text: "unsupported version"}
}

func parseOpen(body []byte) (Open, error) {
	if len(body) < 10 {
		return Open{}, &Error{Code: CodeHeader, Subcode: 2, Offset: len(body), RFC: "RFC 4271 §4.2", Text: "OPEN shorter than its fixed fields"}
	}
	o := Open{
		Version:  body[0],
		AS:       binary.BigEndian.Uint16(body[1:]),
		HoldTime: binary.BigEndian.Uint16(body[3:]),
		ID:       netip.AddrFrom4([4]byte(body[5:9])),
	}
	r := inet.NewReader(body[9:], 9)
	size, extended := int(r.U8()), false
	if r.Len() >= 3 && body[10] == paramExtended {
		r.Skip(1)
		size, extended = int(r.U16()), true
	}
	if size != r.Len() {
		return o, openError(9, "RFC 4271 §4.2", "optional parameters do not fill the message")
	}
	for r.Len() > 0 {
		at := r.Offset()
		typ, n := r.U8(), 0
		if extended {
			n = int(r.U16())
		} else {
			n = int(r.U8())
		}
		value := r.Bytes(n)
		if !r.OK() {
			return o, openError(at, "RFC 4271 §4.2", "optional parameter runs past the end of the message")
		}
		if typ != paramCapability {
			if n > 255 {
				return o, &Error{Code: CodeOpen, Subcode: OpenParameter, Offset: at, RFC: "RFC 4271 §6.2", Text: "unsupported optional parameter"}
			}
			o.Params = append(append(o.Params, typ, byte(n)), value...)
			continue
		}
		caps, err := appendCapabilities(o.Caps, value, r.Offset()-n)
		o.Caps = caps
		if err != nil {
			return o, err
		}
	}
	return o, nil
}

func openError(at int, rfc, text string) *Error {
	return &Error{Code: CodeOpen, Offset: at, RFC: rfc, Text: text}
}

// Validate checks the values of an OPEN that a peer sent us: version, AS number,
// hold time, identifier, unknown parameters and the length of capabilities that
// decide how messages are read. The error is an [*Error] with code 2.
func (o Open) Validate() error {
	switch {
	case o.Version != Version:
		return versionError()
	case o.ASN() == 0:
		return &Error{Code: CodeOpen, Subcode: OpenPeerAS, Offset: 1, RFC: "RFC 7607 §2", Text: "AS number 0"}
	case o.HoldTime == 1 || o.HoldTime == 2:
		return &Error{Code: CodeOpen, Subcode: OpenHoldTime, Offset: 3, RFC: "RFC 4271 §6.2", Text: "hold time of one or two seconds"}
	case !o.ID.Is4() || o.ID.IsUnspecified():
		return &Error{Code: CodeOpen, Subcode: OpenIdentifier, Offset: 5, RFC: "RFC 6286 §2.2", Text: "BGP identifier 0"}
	case len(o.Params) > 0:
		return &Error{Code: CodeOpen, Subcode: OpenParameter, Offset: 10, RFC: "RFC 4271 §6.2", Text: "unsupported optional parameter"}
	}
	for _, c := range o.Caps {
		if info := c.Code.info(); info.strict && !info.size.fits(len(c.Value)) {
			return &Error{Code: CodeOpen, Offset: 10, Data: c.append(nil), RFC: info.RFC, Text: "capability " + info.Name + " of a wrong length"}
		}
	}
	return o.roles()
}

// roles finds two Role capabilities that differ (RFC 9234 §4.2).
func (o Open) roles() error {
	first := -1
	for _, c := range o.Caps {
		if c.Code != CapRole || len(c.Value) != 1 {
			continue
		}
		if first >= 0 && first != int(c.Value[0]) {
			return &Error{Code: CodeOpen, Subcode: OpenRoleMismatch, Offset: 10, RFC: "RFC 9234 §4.2", Text: "two roles that differ"}
		}
		first = int(c.Value[0])
	}
	return nil
}

// Append appends the whole message: all capabilities in one parameter, in the
// extended form of RFC 9072 where they need more than 255 octets. Capabilities
// over 255 octets, and those that would take the message past 4096, are left out.
func (o Open) Append(dst []byte) []byte {
	from := len(dst)
	id := [4]byte{}
	if o.ID.Is4() {
		id = o.ID.As4()
	}
	dst = append(beginMessage(dst, MsgOpen), o.Version, byte(o.AS>>8), byte(o.AS), byte(o.HoldTime>>8), byte(o.HoldTime))
	dst = append(dst, id[:]...)
	fits := func(caps int, c Capability) bool {
		return len(c.Value) <= 255 && HeaderLen+10+6+len(o.Params)*2+caps+2+len(c.Value) <= MaxMessage
	}
	caps := 0
	for _, c := range o.Caps {
		if fits(caps, c) {
			caps += 2 + len(c.Value)
		}
	}
	params := len(o.Params)
	if caps > 0 {
		params += 2 + caps
	}
	// A first parameter of type 255 would be taken for the mark of the long form.
	if params <= 255 && (len(o.Params) == 0 || o.Params[0] != paramExtended) {
		dst = append(append(dst, byte(params)), o.Params...)
		if caps > 0 {
			dst = append(dst, paramCapability, byte(caps))
		}
	} else {
		dst = append(dst, 255, paramExtended, 0, 0)
		at := len(dst)
		for p := o.Params; len(p) >= 2 && len(p) >= 2+int(p[1]); p = p[2+int(p[1]):] {
			dst = append(append(dst, p[0], 0, p[1]), p[2:2+int(p[1])]...)
		}
		if caps > 0 {
			dst = append(dst, paramCapability, byte(caps>>8), byte(caps))
		}
		binary.BigEndian.PutUint16(dst[at-2:], uint16(len(dst)-at+caps))
	}
	caps = 0
	for _, c := range o.Caps {
		if fits(caps, c) {
			dst = c.append(dst)
			caps += 2 + len(c.Value)
		}
	}
	return endMessage(dst, from)
}

// ASN is the speaker's AS number: that of the 4-octet capability where it was
// announced, else the field (RFC 6793 §9).
func (o Open) ASN() inet.ASN {
	if v, ok := o.Capability(CapASN4); ok && len(v) == 4 {
		return inet.ASN(binary.BigEndian.Uint32(v))
	}
	return inet.ASN(o.AS)
}

// NewOpen is the OPEN of a speaker. It sets the AS field to AS_TRANS where asn
// needs four octets and puts the 4-octet capability in front of caps, unless it is
// one of them.
func NewOpen(asn inet.ASN, hold uint16, id netip.Addr, caps ...Capability) Open {
	o := Open{Version: Version, AS: uint16(asn), HoldTime: hold, ID: id}
	if asn > 65535 {
		o.AS = uint16(inet.ASTrans)
	}
	if slices.ContainsFunc(caps, func(c Capability) bool { return c.Code == CapASN4 }) {
		o.Caps = slices.Clone(caps)
	} else {
		o.Caps = append([]Capability{NewASN4(asn)}, caps...)
	}
	return o
}
