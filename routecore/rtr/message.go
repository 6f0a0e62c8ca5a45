package rtr

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"example.com/rotonda/routecore/inet"
)

// Message is a decoded PDU. Which fields count depends on the type; the others
// are zero.
type Message struct {
	Version uint8
	Type    Type
	Session uint16 // Serial Notify and Query, Cache Response, End of Data
	Serial  uint32 // Serial Notify and Query, End of Data
	// Intervals of End of Data from version 1 on, whole seconds.
	Intervals Intervals
	VRP       VRP // IPv4 and IPv6 Prefix
	Key       Key // Router Key
	VAP       VAP // ASPA
	Code      ErrorCode
	About     []byte // of an Error Report: the PDU that it is about, or its beginning; aliases the input
	Text      string // of an Error Report
}

// VRP is a validated ROA payload (RFC 8210 §5.6 and §5.7).
type VRP struct {
	Prefix   netip.Prefix
	MaxLen   uint8
	ASN      inet.ASN
	Announce bool // false: withdrawn
}

// Key is a router key for BGPsec (RFC 8210 §5.10). The octets of SPKI are a DER
// SubjectPublicKeyInfo; all three fields together identify a key.
type Key struct {
	SKI      [20]byte
	ASN      inet.ASN
	SPKI     string
	Announce bool
}

// VAP is a validated ASPA payload (8210bis §5.12): the providers that a customer
// AS has, sorted, which replace those that were announced before. AS 0 alone
// says that it has none.
type VAP struct {
	Customer  inet.ASN
	Providers []inet.ASN
	// AFI is set in the encoding of revision 10, which has one PDU for each
	// family: 1 IPv4, 2 IPv6. 0 is for both.
	AFI      uint8
	Announce bool
}

// String returns what a log says: "announce 192.0.2.0/24-24 from AS64496".
func (v VRP) String() string {
	return fmt.Sprintf("%s %s-%d from %s", verb(v.Announce), v.Prefix, v.MaxLen, v.ASN)
}

// String returns what a log says, with the key identifier in hexadecimal.
func (k Key) String() string {
	return fmt.Sprintf("%s router key %x of %s", verb(k.Announce), k.SKI, k.ASN)
}

// String returns what a log says: "announce providers of AS64496: AS64500 AS64501".
func (v VAP) String() string {
	text := fmt.Sprintf("%s providers of %s", verb(v.Announce), v.Customer)
	for i, asn := range v.Providers {
		if i == 0 {
			text += ":"
		}
		text += " " + asn.String()
	}
	return text
}

func verb(announce bool) string {
	if announce {
		return "announce"
	}
	return "withdraw"
}

// Parse decodes a PDU. The error is an [*Error].
func (p PDU) Parse() (Message, error) {
	m := Message{Version: p.Version(), Type: p.Type()}
	info := m.Type.info()
	if info == nil || m.Version > MaxVersion || m.Version < info.since {
		return m, &Error{UnsupportedPDU, m.Type, fmt.Sprintf("there is no such PDU in version %d", m.Version)}
	}
	switch m.Type {
	case SerialNotify, SerialQuery, CacheResponse, EndOfData:
		m.Session = p.Session()
	}
	if info.parse == nil {
		return m, nil
	}
	info.parse(&m, p)
	return m, m.check(p)
}

// Append appends the PDU. Session, VRP and so on must be what the type wants:
// it checks nothing.
func (m Message) Append(dst []byte) []byte {
	info := m.Type.info()
	if info == nil {
		return dst
	}
	return info.build(dst, &m)
}

// check finds what a PDU of the right length can still have wrong.
func (m *Message) check(p PDU) error {
	switch m.Type {
	case IPv4Prefix, IPv6Prefix:
		return checkPrefix(p)
	case ErrorReport:
		if _, _, ok := p.report(); !ok {
			return &Error{CorruptData, m.Type, "the lengths inside do not fit"}
		}
	case ASPA:
		return m.checkVAP(p)
	}
	return nil
}

func checkPrefix(p PDU) error {
	most := 32
	if p.Type() == IPv6Prefix {
		most = 128
	}
	bits, maxLen := int(p[9]), int(p[10])
	if bits > maxLen || maxLen > most {
		return &Error{CorruptData, p.Type(), fmt.Sprintf("prefix length %d, max length %d of %d", bits, maxLen, most)}
	}
	if p.Version() < 2 {
		return nil // RFC 8210 says nothing of the bits behind the prefix
	}
	for i, b := range p[12 : 12+most/8] {
		if b<<min(max(bits-8*i, 0), 8) != 0 {
			return &Error{CorruptData, p.Type(), fmt.Sprintf("bits are set behind the %d of the prefix", bits)}
		}
	}
	return nil
}

func (m *Message) checkVAP(p PDU) error {
	v := &m.VAP
	if revision10(p) && len(p) != 16+4*(int(p[10])<<8|int(p[11])) || !revision10(p) && len(p)%4 != 0 {
		if revision10(p) && !v.Announce { // more likely one of the current draft, which has none
			return &Error{ProviderList, ASPA, "a withdrawal with providers"}
		}
		return &Error{CorruptData, ASPA, fmt.Sprintf("length %d does not fit a list of providers", len(p))}
	}
	wrong := func(text string) error {
		return &Error{ProviderList, ASPA, fmt.Sprintf("customer %s: %s", v.Customer, text)}
	}
	switch {
	case !v.Announce && len(v.Providers) > 0 && v.AFI == 0:
		return wrong("a withdrawal with providers")
	case v.Announce && len(v.Providers) == 0:
		return wrong("no providers")
	case len(v.Providers) > 1 && v.Providers[0] == 0:
		return wrong("AS 0 among others")
	}
	for i := 1; i < len(v.Providers); i++ {
		if v.Providers[i] <= v.Providers[i-1] {
			return wrong("the providers are not in increasing order")
		}
	}
	return nil
}

// VRP reads an IPv4 Prefix or IPv6 Prefix PDU.
func (p PDU) VRP() (VRP, error) {
	if p.Type() != IPv4Prefix && p.Type() != IPv6Prefix {
		return VRP{}, &Error{InvalidRequest, p.Type(), "not a prefix"}
	}
	if err := checkPrefix(p); err != nil {
		return VRP{}, err
	}
	m := Message{Type: p.Type()}
	parseVRP(&m, p)
	return m.VRP, nil
}

// ErrorText returns the text of an Error Report, and false where the lengths
// inside it do not fit.
func (p PDU) ErrorText() (string, bool) {
	_, text, ok := p.report()
	return string(text), ok
}

// report returns the two parts of an Error Report.
func (p PDU) report() (about, text []byte, ok bool) {
	inner := binary.BigEndian.Uint32(p[8:])
	if uint64(inner)+16 > uint64(len(p)) {
		return nil, nil, false
	}
	rest := p[12+inner:]
	if uint64(binary.BigEndian.Uint32(rest))+4 != uint64(len(rest)) {
		return nil, nil, false
	}
	return p[12 : 12+inner : 12+inner], rest[4:], true
}

func parseSerial(m *Message, p PDU) { m.Serial = binary.BigEndian.Uint32(p[8:]) }

func parseVRP(m *Message, p PDU) {
	bits, rest := int(p[9]), p[12:]
	var addr netip.Addr
	if m.Type == IPv6Prefix {
		addr, rest = netip.AddrFrom16([16]byte(rest[:16])), rest[16:]
	} else {
		addr, rest = netip.AddrFrom4([4]byte(rest[:4])), rest[4:]
	}
	m.VRP = VRP{netip.PrefixFrom(addr, bits).Masked(), p[10], inet.ASN(binary.BigEndian.Uint32(rest)), p[8]&1 == 1}
}

func parseEnd(m *Message, p PDU) {
	m.Serial = binary.BigEndian.Uint32(p[8:])
	if m.Version > 0 {
		second := func(b []byte) time.Duration { return time.Duration(binary.BigEndian.Uint32(b)) * time.Second }
		m.Intervals = Intervals{second(p[12:]), second(p[16:]), second(p[20:])}
	}
}

func parseKey(m *Message, p PDU) {
	m.Key = Key{SKI: [20]byte(p[8:28]), ASN: inet.ASN(binary.BigEndian.Uint32(p[28:])), SPKI: string(p[32:]), Announce: p[2]&1 == 1}
}

func parseReport(m *Message, p PDU) {
	m.Code = ErrorCode(p.Session())
	about, text, _ := p.report()
	m.Text = string(text)
	if len(about) > 0 {
		m.About = about
	}
}

// revision10 tells the encoding of draft revision 10: it has its flags behind
// the header, where the current one has them in it; without flags, a withdrawal,
// the current one is never longer than 12 octets.
func revision10(p PDU) bool { return p[2] == 0 && p[3] == 0 && len(p) >= 16 }

func parseVAP(m *Message, p PDU) {
	v, at := &m.VAP, 8
	v.Announce = p[2]&1 == 1
	if revision10(p) {
		v.Announce, v.AFI, at = p[8]&1 == 1, p[9]&1+1, 12
	}
	v.Customer = inet.ASN(binary.BigEndian.Uint32(p[at:]))
	for rest := p[at+4:]; len(rest) >= 4; rest = rest[4:] {
		v.Providers = append(v.Providers, inet.ASN(binary.BigEndian.Uint32(rest)))
	}
}

func flag(announce bool) byte {
	if announce {
		return 1
	}
	return 0
}

func appendPlain(dst []byte, m *Message) []byte {
	return appendHeader(dst, m.Version, m.Type, m.Session, 8)
}

func appendSerial(dst []byte, m *Message) []byte {
	return appendU32(appendHeader(dst, m.Version, m.Type, m.Session, 12), m.Serial)
}

func appendVRP(dst []byte, m *Message) []byte {
	v := &m.VRP
	size := uint32(20)
	if m.Type == IPv6Prefix {
		size = 32
	}
	dst = appendHeader(dst, m.Version, m.Type, 0, size)
	dst = append(dst, flag(v.Announce), byte(v.Prefix.Bits()), v.MaxLen, 0)
	if m.Type == IPv6Prefix {
		a := v.Prefix.Addr().As16()
		dst = append(dst, a[:]...)
	} else {
		a := v.Prefix.Addr().Unmap().As4()
		dst = append(dst, a[:]...)
	}
	return appendU32(dst, uint32(v.ASN))
}

func appendEndOfData(dst []byte, m *Message) []byte {
	if m.Version == 0 {
		return appendSerial(dst, m)
	}
	dst = appendU32(appendHeader(dst, m.Version, m.Type, m.Session, 24), m.Serial)
	for _, d := range []time.Duration{m.Intervals.Refresh, m.Intervals.Retry, m.Intervals.Expire} {
		dst = appendU32(dst, uint32(d/time.Second))
	}
	return dst
}

func appendKey(dst []byte, m *Message) []byte {
	k := &m.Key
	dst = appendHeader(dst, m.Version, RouterKey, uint16(flag(k.Announce))<<8, uint32(32+len(k.SPKI)))
	return append(appendU32(append(dst, k.SKI[:]...), uint32(k.ASN)), k.SPKI...)
}

func appendReport(dst []byte, m *Message) []byte {
	dst = appendHeader(dst, m.Version, ErrorReport, uint16(m.Code), uint32(16+len(m.About)+len(m.Text)))
	dst = append(appendU32(dst, uint32(len(m.About))), m.About...)
	return append(appendU32(dst, uint32(len(m.Text))), m.Text...)
}

func appendVAP(dst []byte, m *Message) []byte {
	v := &m.VAP
	n := len(v.Providers)
	if v.AFI != 0 {
		dst = appendHeader(dst, m.Version, ASPA, 0, uint32(16+4*n))
		dst = append(dst, flag(v.Announce), v.AFI-1, byte(n>>8), byte(n))
	} else {
		dst = appendHeader(dst, m.Version, ASPA, uint16(flag(v.Announce))<<8, uint32(12+4*n))
	}
	dst = appendU32(dst, uint32(v.Customer))
	for _, p := range v.Providers {
		dst = appendU32(dst, uint32(p))
	}
	return dst
}
