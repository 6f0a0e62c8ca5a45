package bgp

import (
	"encoding/binary"
	"net/netip"

	"example.com/rotonda/routecore/inet"
)

// typedField names a field of a typed NLRI.
type typedField uint8

const (
	fieldRD typedField = iota
	fieldESI
	fieldEthernetTag
	fieldMAC
	fieldIP
	fieldLabel
	fieldLabels
	fieldOriginator
	fieldLastOriginator
	fieldWidePrefix
	fieldGateway
	fieldSource
	fieldGroup
	fieldFlags
	fieldLateFlags
	fieldLeaveNumber
	fieldMaxResponse
	fieldRegionID
	fieldRouteKey
	fieldSourceAS
	fieldPrefix
	fieldLastAddress
	fieldTEID
	fieldQFI
	fieldEndpoint
	fieldTunnelSource
	fieldEndpointTEID
)

// typedFields gives each field its layout and its name in JSON and text.
var typedFields = [...]struct {
	kind typedKind
	name string
}{
	fieldRD:             {wireRD, "rd"},
	fieldESI:            {wireESI, "esi"},
	fieldEthernetTag:    {wireU32, "ethernetTag"},
	fieldMAC:            {wireMAC, "mac"},
	fieldIP:             {wireAddrOrNone, "ip"},
	fieldLabel:          {wireLabel, "labels"},
	fieldLabels:         {wireLabels, "labels"},
	fieldOriginator:     {wireAddr, "originator"},
	fieldLastOriginator: {wireLastAddr, "originator"},
	fieldWidePrefix:     {wireWidePrefix, "prefix"},
	fieldGateway:        {wireGateway, "gateway"},
	fieldSource:         {wireAddrOrAny, "source"},
	fieldGroup:          {wireAddrOrAny, "group"},
	fieldFlags:          {wireU8, "flags"},
	fieldLateFlags:      {wireU8OrEnd, "flags"},
	fieldLeaveNumber:    {wireHidden32, ""},
	fieldMaxResponse:    {wireU8, "maxResponseTime"},
	fieldRegionID:       {wireOctets8, "regionId"},
	fieldRouteKey:       {wireRouteKey, "routeKey"},
	fieldSourceAS:       {wireU32, "sourceAsn"},
	fieldPrefix:         {wirePrefix, "prefix"},
	fieldLastAddress:    {wireLastAddr, "address"},
	fieldTEID:           {wireU32, "teid"},
	fieldQFI:            {wireU8, "qfi"},
	fieldEndpoint:       {wireAddr, "endpoint"},
	fieldTunnelSource:   {wireAddrOrEnd, "source"},
	fieldEndpointTEID:   {wireEndpointTEID, "endpoint"},
}

// typedKind is a layout of a field.
type typedKind uint8

const (
	wireRD           typedKind = iota
	wireESI                    // ten octets
	wireU8                     //
	wireU8OrEnd                // may be missing at the end
	wireU32                    //
	wireHidden32               // not printed
	wireOctets8                //
	wireMAC                    // length in bits, always 48, then the address
	wireAddr                   // length in bits, 32 or 128, then the address
	wireAddrOrNone             // likewise, or length 0
	wireAddrOrAny              // likewise, length 0 is the wildcard
	wireAddrOrEnd              // likewise, or nothing at all at the end
	wireLastAddr               // an address that fills the rest
	wirePrefix                 // length in bits and as many octets as that takes
	wireWidePrefix             // length in bits and a whole address; a gateway as wide and a label follow
	wireGateway                // an address before a label
	wireLabel                  // three octets
	wireLabels                 // one or two labels to the end
	wireRouteKey               // another NLRI of the family, before an address
	wireEndpointTEID           // length in bits of an address and the upper bits of a TEID, then these
)

// fixedSizes are the octets of those kinds that always have as many.
var fixedSizes = [...]uint8{wireRD: 8, wireESI: 10, wireU8: 1, wireU32: 4, wireHidden32: 4, wireOctets8: 8, wireLabel: 3, wireEndpointTEID: 0}

// size returns how many octets of b, the rest of the NLRI, the field takes, or -1
// where it does not fit.
func (k typedKind) size(f inet.Family, b []byte) int {
	n := -1
	switch k {
	case wireMAC:
		if len(b) > 0 && b[0] == 48 {
			n = 7
		}
	case wireAddr, wireAddrOrNone, wireAddrOrAny:
		n = addrSize(b, k != wireAddr)
	case wireAddrOrEnd:
		if n = 0; len(b) > 0 {
			n = addrSize(b, true)
		}
	case wireU8OrEnd:
		n = min(len(b), 1)
	case wireLastAddr:
		if len(b) == 4 || len(b) == 16 {
			n = len(b)
		}
	case wirePrefix:
		if len(b) > 0 && int(b[0]) <= f.MaxBits() {
			n = 1 + (int(b[0])+7)/8
		}
	case wireWidePrefix: // 1+4+4+3 or 1+16+16+3
		if len(b) == 12 && b[0] <= 32 || len(b) == 36 && b[0] <= 128 {
			n = 1 + (len(b)-4)/2
		}
	case wireGateway:
		if len(b) == 7 || len(b) == 19 {
			n = len(b) - 3
		}
	case wireLabels:
		if len(b) == 3 || len(b) == 6 {
			n = len(b)
		}
	case wireRouteKey:
		n = routeKeySize(f, b)
	case wireEndpointTEID:
		if len(b) > 0 && (b[0] >= 32 && b[0] <= 64 || b[0] >= 128 && b[0] <= 160) {
			n = 1 + (int(b[0])+7)/8
		}
	default:
		n = int(fixedSizes[k])
	}
	if n > len(b) {
		return -1
	}
	return n
}

// addrSize is for an address after its length in bits.
func addrSize(b []byte, none bool) int {
	switch {
	case len(b) == 0:
	case b[0] == 32 || b[0] == 128 || b[0] == 0 && none:
		return 1 + int(b[0]/8)
	}
	return -1
}

// routeKeySize is for the route key of a leaf: what is left before the address of
// its originator. The key is a whole NLRI, whose own length tells; keys of other
// forms (RFC 7524 §6.2.2) leave an address of the family's width, which in EVPN
// has its length before it.
func routeKeySize(f inet.Family, b []byte) int {
	rest := 0
	if f.SAFI() == inet.SAFIEVPN {
		rest = 1
	}
	if n := lengthSize(b, 1, 1); n > 0 && (len(b)-n == 4+rest || len(b)-n == 16+rest) {
		return n
	}
	width := 4
	if f.AFI() == inet.AFIIPv6 || rest == 1 && len(b) > 17 && b[len(b)-17] == 128 {
		width = 16
	}
	return len(b) - rest - width
}

// key appends the field as it takes part in the identity.
func (k typedKind) key(dst []byte, f inet.Family, v []byte) []byte {
	switch k {
	case wirePrefix:
		return inet.AppendPrefix(dst, inet.PrefixFromWire(f, v[0], v[1:]))
	case wireWidePrefix:
		p := netip.PrefixFrom(inet.AddrFromWire(v[1:]), int(v[0]))
		return inet.AppendAddr(append(dst, v[0]), p.Masked().Addr())
	case wireEndpointTEID:
		a, teid, bits := endpointTEID(v)
		return appendEndpointTEID(dst, a, teid, bits)
	}
	return append(dst, v...)
}

// set stores a field that was cut by its kind.
func (n *TypedNLRI) set(f inet.Family, field typedField, v []byte) {
	switch field {
	case fieldRD:
		n.RD = inet.RD(v)
	case fieldESI:
		n.ESI = ESI(v)
	case fieldEthernetTag:
		n.EthernetTag = binary.BigEndian.Uint32(v)
	case fieldMAC:
		n.MAC = MAC(v[1:])
	case fieldIP:
		n.IP = inet.AddrFromWire(v[1:])
	case fieldLabel, fieldLabels:
		for ; len(v) >= 3; v = v[3:] {
			n.Labels.push(labelAt(v))
		}
	case fieldOriginator:
		n.Originator = inet.AddrFromWire(v[1:])
	case fieldLastOriginator:
		n.Originator = inet.AddrFromWire(v)
	case fieldWidePrefix:
		n.Prefix = netip.PrefixFrom(inet.AddrFromWire(v[1:]), int(v[0])).Masked()
	case fieldGateway:
		n.Gateway = inet.AddrFromWire(v)
	case fieldSource:
		n.Source = inet.AddrFromWire(v[1:])
	case fieldGroup:
		n.Group = inet.AddrFromWire(v[1:])
	case fieldFlags:
		n.Flags = v[0]
	case fieldLateFlags:
		if n.Older = len(v) == 0; !n.Older {
			n.Flags = v[0]
		}
	case fieldLeaveNumber:
		n.LeaveNumber = binary.BigEndian.Uint32(v)
	case fieldMaxResponse:
		n.MaxResponse = v[0]
	case fieldRegionID:
		n.RegionID = [8]byte(v)
	case fieldRouteKey:
		n.RouteKey = string(v)
	case fieldSourceAS:
		n.SourceAS = inet.ASN(binary.BigEndian.Uint32(v))
	case fieldPrefix:
		n.Prefix = inet.PrefixFromWire(f, v[0], v[1:])
	case fieldLastAddress:
		n.IP = inet.AddrFromWire(v)
	case fieldTEID:
		n.TEID, n.TEIDBits = binary.BigEndian.Uint32(v), 32
	case fieldQFI:
		n.QFI = v[0]
	case fieldEndpoint:
		n.Endpoint = inet.AddrFromWire(v[1:])
	case fieldTunnelSource:
		if n.Older = len(v) == 0; !n.Older {
			n.TunnelSource = inet.AddrFromWire(v[1:])
		}
	case fieldEndpointTEID:
		n.Endpoint, n.TEID, n.TEIDBits = endpointTEID(v)
	}
}

// endpointTEID divides the field of a type 2 session. Bits of the TEID behind the
// length are masked.
func endpointTEID(v []byte) (a netip.Addr, teid uint32, bits uint8) {
	width := 4
	if v[0] >= 128 {
		width = 16
	}
	bits = v[0] - uint8(8*width)
	var b [4]byte
	copy(b[:], v[1+width:])
	return inet.AddrFromWire(v[1 : 1+width]), binary.BigEndian.Uint32(b[:]) &^ uint32(uint64(0xffffffff)>>bits), bits
}

// appendEndpointTEID builds that field.
func appendEndpointTEID(dst []byte, a netip.Addr, teid uint32, bits uint8) []byte {
	bits = min(bits, 32)
	dst = inet.AppendAddr(append(dst, uint8(a.BitLen())+bits), a)
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], teid&^uint32(uint64(0xffffffff)>>bits))
	return append(dst, b[:(bits+7)/8]...)
}

// append builds a field.
func (n *TypedNLRI) append(dst []byte, field typedField) []byte {
	switch field {
	case fieldRD:
		return append(dst, n.RD[:]...)
	case fieldESI:
		return append(dst, n.ESI[:]...)
	case fieldEthernetTag:
		return binary.BigEndian.AppendUint32(dst, n.EthernetTag)
	case fieldMAC:
		return append(append(dst, 48), n.MAC[:]...)
	case fieldIP:
		return appendAddrBits(dst, n.IP)
	case fieldLabel, fieldLabels:
		s := n.Labels
		s.n = max(1, min(s.n, 2))
		if field == fieldLabel {
			s.n = 1
		}
		return s.AppendWire(dst)
	case fieldOriginator:
		return appendAddrBits(dst, n.Originator)
	case fieldLastOriginator:
		return inet.AppendAddr(dst, n.Originator)
	case fieldWidePrefix:
		return inet.AppendAddr(append(dst, uint8(max(n.Prefix.Bits(), 0))), n.Prefix.Masked().Addr())
	case fieldGateway:
		if n.Gateway.BitLen() == n.Prefix.Addr().BitLen() {
			return inet.AppendAddr(dst, n.Gateway)
		}
		return append(dst, make([]byte, n.Prefix.Addr().BitLen()/8)...)
	case fieldSource:
		return appendAddrBits(dst, n.Source)
	case fieldGroup:
		return appendAddrBits(dst, n.Group)
	case fieldFlags:
		return append(dst, n.Flags)
	case fieldLateFlags:
		if n.Older {
			return dst
		}
		return append(dst, n.Flags)
	case fieldLeaveNumber:
		return binary.BigEndian.AppendUint32(dst, n.LeaveNumber)
	case fieldMaxResponse:
		return append(dst, n.MaxResponse)
	case fieldRegionID:
		return append(dst, n.RegionID[:]...)
	case fieldRouteKey:
		return append(dst, n.RouteKey...)
	case fieldSourceAS:
		return binary.BigEndian.AppendUint32(dst, uint32(n.SourceAS))
	case fieldPrefix:
		return inet.AppendPrefix(dst, n.Prefix)
	case fieldLastAddress:
		return inet.AppendAddr(dst, n.IP)
	case fieldTEID:
		return binary.BigEndian.AppendUint32(dst, n.TEID)
	case fieldQFI:
		return append(dst, n.QFI)
	case fieldEndpoint:
		return appendAddrBits(dst, n.Endpoint)
	case fieldTunnelSource:
		if n.Older {
			return dst
		}
		return appendAddrBits(dst, n.TunnelSource)
	case fieldEndpointTEID:
		return appendEndpointTEID(dst, n.Endpoint, n.TEID, n.TEIDBits)
	}
	return dst
}

// appendAddrBits appends the length in bits, 0 for the zero Addr, and the address.
func appendAddrBits(dst []byte, a netip.Addr) []byte {
	return inet.AppendAddr(append(dst, uint8(a.BitLen())), a)
}
