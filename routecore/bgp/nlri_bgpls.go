package bgp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// LSType is the type of a BGP-LS NLRI (IANA "BGP-LS NLRI-Types").
type LSType uint16

// The types with a layout known here.
const (
	LSNode    LSType = 1 // RFC 9552 §5.2
	LSLink    LSType = 2
	LSPrefix4 LSType = 3
	LSPrefix6 LSType = 4
	LSPolicy  LSType = 5 // SR Policy candidate path, RFC 9857 §4
	LSSRv6SID LSType = 6 // RFC 9514 §6
)

// lsHeader is the length of protocol and identifier.
const lsHeader = 9

// Descriptors that are more than values.
const (
	typeLocal    uint16 = 256
	typeRemote   uint16 = 257
	typeLinkIDs  uint16 = 258
	typeTopology uint16 = 263
	typeReach    uint16 = 265
	typeLSID     uint16 = 513
	typeRouterID uint16 = 515
)

// lsTypeInfo is a row of the table of BGP-LS NLRI types.
type lsTypeInfo struct {
	name   string // in JSON
	letter byte   // in text
	sign   byte   // in text, of the descriptors after those of nodes
	rest   string // their JSON key
	remote bool   // describes two nodes
}

var lsTypes = [...]lsTypeInfo{
	LSNode:    {"node", 'V', 'N', "descriptors", false},
	LSLink:    {"link", 'E', 'L', "linkDescriptors", true},
	LSPrefix4: {"ipv4Prefix", 'T', 'P', "prefixDescriptors", false},
	LSPrefix6: {"ipv6Prefix", 'T', 'P', "prefixDescriptors", false},
	LSPolicy:  {"srPolicy", 'P', 'C', "policyDescriptors", false},
	LSSRv6SID: {"srv6Sid", 'S', 'S', "sidDescriptors", false},
}

func (t LSType) info() *lsTypeInfo {
	if t == 0 || int(t) >= len(lsTypes) {
		return nil
	}
	return &lsTypes[t]
}

// LSProtocol is where link-state information came from (IANA "BGP-LS Protocol-IDs").
type LSProtocol uint8

// lsProtocols has name and sign in text of each protocol.
var lsProtocols = [...]struct{ name, sign string }{
	1: {"IS-IS Level 1", "L1"},
	2: {"IS-IS Level 2", "L2"},
	3: {"OSPFv2", "O"},
	4: {"Direct", "D"},
	5: {"Static configuration", "S"},
	6: {"OSPFv3", "O3"},
	7: {"BGP", "B"},
	8: {"RSVP-TE", "R"},
	9: {"Segment Routing", "SR"},
}

// String returns the name, or "protocol N".
func (p LSProtocol) String() string {
	if p > 0 && int(p) < len(lsProtocols) {
		return lsProtocols[p].name
	}
	return "protocol " + strconv.Itoa(int(p))
}

// LSNLRI is one NLRI of BGP-LS (RFC 9552 §5.2). Octets alias what was parsed.
type LSNLRI struct {
	Type       LSType
	RD         inet.RD // SAFI 72 only
	Protocol   LSProtocol
	Identifier uint64 // tells instances of an IGP apart, 0 for the only one
	Local      []TLV  // descriptors of the node, or of the link's near end
	Remote     []TLV  // descriptors of the link's far end; links only
	Rest       []TLV  // descriptors of the link, prefix, policy or SID itself
	Raw        []byte // all behind the route distinguisher where Type is unknown
}

// ParseLSNLRI reads one whole NLRI without path identifier. Of types that have no
// layout here it keeps the octets. It is an error where lengths do not add up, a
// node descriptor is missing, or TLVs are not in ascending order (RFC 9552 §5.1).
func ParseLSNLRI(f inet.Family, b []byte) (LSNLRI, error) {
	if at := checkBGPLSNLRI(f, b); at >= 0 {
		return LSNLRI{}, fmt.Errorf("BGP-LS NLRI: offset %d: malformed (RFC 9552 §8.2.2)", at)
	}
	n := LSNLRI{Type: LSType(binary.BigEndian.Uint16(b))}
	b = b[4:]
	if f.SAFI() == inet.SAFIBGPLSVPN {
		n.RD = inet.RD(b)
		b = b[8:]
	}
	if n.Type.info() == nil {
		n.Raw = b
		return n, nil
	}
	n.Protocol, n.Identifier = LSProtocol(b[0]), binary.BigEndian.Uint64(b[1:])
	for b = b[lsHeader:]; len(b) > 0; {
		t, size := frame22.cut(b)
		b = b[size:]
		switch list, _ := frame22.parse(t.Value, ""); {
		case t.Type == typeLocal:
			n.Local = list
		case t.Type == typeRemote && n.Type.info().remote:
			n.Remote = list
		default:
			n.Rest = append(n.Rest, t)
		}
	}
	return n, nil
}

// AppendLSNLRI appends n in wire form, without path identifier. Descriptors have
// to be in ascending order of types already; those that are not, or do not fit,
// are an error.
func AppendLSNLRI(dst []byte, f inet.Family, n LSNLRI) ([]byte, error) {
	from := len(dst)
	dst = binary.BigEndian.AppendUint16(dst, uint16(n.Type))
	dst = append(dst, 0, 0)
	if f.SAFI() == inet.SAFIBGPLSVPN {
		dst = append(dst, n.RD[:]...)
	}
	if info := n.Type.info(); info == nil {
		dst = append(dst, n.Raw...)
	} else {
		dst = binary.BigEndian.AppendUint64(append(dst, byte(n.Protocol)), n.Identifier)
		dst = frame22.append(dst, TLV{typeLocal, frame22.appendAll(nil, n.Local)})
		if info.remote {
			dst = frame22.append(dst, TLV{typeRemote, frame22.appendAll(nil, n.Remote)})
		}
		dst = frame22.appendAll(dst, n.Rest)
	}
	size := len(dst) - from - 4
	if size > 65535 {
		return nil, fmt.Errorf("BGP-LS NLRI: %d octets do not fit", size)
	}
	binary.BigEndian.PutUint16(dst[from+2:], uint16(size))
	if at := checkBGPLSNLRI(f, dst[from:]); at >= 0 {
		return nil, fmt.Errorf("BGP-LS NLRI: descriptor at offset %d is out of place (RFC 9552 §5.1)", at)
	}
	return dst, nil
}

// linkState tells whether the NLRI of a SAFI are those of BGP-LS.
func linkState(s inet.SAFI) bool {
	return s == inet.SAFIBGPLS || s == inet.SAFIBGPLSVPN || s == inet.SAFIBGPLSSPF
}

// sizeBGPLSNLRI is the length of the first NLRI in b.
func sizeBGPLSNLRI(_ inet.Family, b []byte) int { return lengthSize(b, 2, 2) }

// checkBGPLSNLRI returns the offset of the first fault, or -1. RFC 9552 §8.2.2
// asks for syntax only: lengths that add up, and TLVs that ascend (§5.1). Values
// are not judged, nor are types that are not known.
func checkBGPLSNLRI(f inet.Family, b []byte) int {
	if sizeBGPLSNLRI(f, b) != len(b) || len(b) < 4 {
		return 0
	}
	at := 4
	if f.SAFI() == inet.SAFIBGPLSVPN {
		if at += 8; at > len(b) {
			return 4
		}
	}
	info := LSType(binary.BigEndian.Uint16(b)).info()
	if info == nil {
		return -1
	}
	if at += lsHeader; at > len(b) {
		return at - lsHeader
	}
	if bad := ascending(b[at:]); bad >= 0 {
		return at + bad
	}
	for want := typeLocal; ; want++ {
		t, size := frame22.cut(b[at:])
		if size == 0 || t.Type != want {
			return at
		}
		if bad := ascending(t.Value); bad >= 0 {
			return at + 4 + bad
		}
		if twice, n := frame22.cut(b[at+size:]); n > 0 && twice.Type == want {
			return at + size // a node has one set of descriptors
		}
		if !info.remote || want == typeRemote {
			return -1
		}
		at += size
	}
}

// checkLinkState finds BGP-LS NLRI that can be cut but are broken inside, in the
// value v of an MP attribute from offset at on. Such an NLRI is discarded and the
// others of the UPDATE stand (RFC 9552 §8.2.2).
func checkLinkState(m mpSection, v []byte, at int) (Fault, int) {
	if !decodes(m.family) {
		return FaultNone, 0
	}
	skip := 0
	if m.addPath {
		skip = 4
	}
	for at < len(v) {
		size := nlriSize(m.family, m.addPath, v[at:])
		if size <= skip {
			break
		}
		if bad := CheckNLRI(m.family, v[at+skip:at+size]); bad >= 0 {
			return FaultLinkState, at + skip + bad
		}
		at += size
	}
	return FaultNone, 0
}

// ascending returns the offset of the first TLV that is cut short or belongs
// before the one before it, or -1. TLVs of one type ascend by length, then by value
// (RFC 9552 §5.1); as type and length come first, that is the order of the octets.
func ascending(b []byte) int {
	last := b[:0]
	for at := 0; at < len(b); {
		_, size := frame22.cut(b[at:])
		if size == 0 || bytes.Compare(b[at:at+size], last) < 0 {
			return at
		}
		last = b[at : at+size]
		at += size
	}
	return -1
}

// keyBGPLSNLRI is the whole NLRI: every descriptor is part of what it names
// (RFC 9552 §5.2).
func keyBGPLSNLRI(dst []byte, _ inet.Family, b []byte) []byte { return append(dst, b...) }
