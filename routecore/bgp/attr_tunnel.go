package bgp

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// Tunnel is one tunnel of the Tunnel Encapsulation attribute with its sub-TLVs,
// in the order received. Values alias what was parsed.
type Tunnel struct {
	Type TunnelType
	Sub  []TLV
}

// ParseTunnels reads the value of a Tunnel Encapsulation attribute (RFC 9012 §2).
func ParseTunnels(b []byte) ([]Tunnel, error) {
	var out []Tunnel
	for at := 0; at < len(b); {
		t, size := frame22.cut(b[at:])
		if size == 0 {
			return nil, fmt.Errorf("tunnel encapsulation: offset %d: TLV runs past the end (RFC 9012 §13)", at)
		}
		sub, err := frameTunnel.parse(t.Value, "RFC 9012 §13")
		if err != nil {
			return nil, fmt.Errorf("tunnel encapsulation: tunnel at %d: %w", at, err)
		}
		out = append(out, Tunnel{TunnelType(t.Type), sub})
		at += size
	}
	return out, nil
}

// AppendTunnels appends the value of a Tunnel Encapsulation attribute. A sub-TLV
// of a type below 128 has at most 255 octets.
func AppendTunnels(dst []byte, tunnels []Tunnel) ([]byte, error) {
	for _, t := range tunnels {
		dst = binary.BigEndian.AppendUint16(dst, uint16(t.Type))
		at := len(dst)
		dst = append(dst, 0, 0)
		var err error
		if dst, err = encodeInner(dst, frameTunnel, t.Sub); err != nil {
			return nil, fmt.Errorf("%v: %w", t.Type, err)
		}
		n := len(dst) - at - 2
		if n > 65535 {
			return nil, fmt.Errorf("%v: %d octets do not fit", t.Type, n)
		}
		binary.BigEndian.PutUint16(dst[at:], uint16(n))
	}
	return dst, nil
}

// DecodeTunnelSub reads the value of one sub-TLV by the one table of them.
func DecodeTunnelSub(t TLV) ([]Field, error) { return tunnelSubTable.decode(t) }

// EncodeTunnelSub makes a sub-TLV of values, the reverse of [DecodeTunnelSub].
func EncodeTunnelSub(typ uint16, values ...Field) (TLV, error) {
	return tunnelSubTable.encode(typ, values)
}

// typeEncapsulation is the sub-TLV whose layout the tunnel type gives.
const typeEncapsulation = 1

// Encapsulation reads the first encapsulation sub-TLV, which at is the index of in
// t.Sub. at is -1 where there is none that the tunnel's type gives a layout for
// (RFC 9012 §3.2).
func (t Tunnel) Encapsulation() (values []Field, at int) {
	for i, sub := range t.Sub {
		if sub.Type != typeEncapsulation {
			continue
		}
		values, err := encapsulationTable.decode(TLV{uint16(t.Type), sub.Value})
		if err != nil {
			break
		}
		return values, i
	}
	return nil, -1
}

// EncodeEncapsulation makes the encapsulation sub-TLV of a tunnel type, the reverse
// of [Tunnel.Encapsulation].
func EncodeEncapsulation(typ TunnelType, values ...Field) (TLV, error) {
	t, err := encapsulationTable.encode(uint16(typ), values)
	t.Type = typeEncapsulation
	if err == nil && !frameTunnel.fits(t) {
		return TLV{}, fmt.Errorf("%v: %d octets are too many", typ, len(t.Value))
	}
	return t, err
}

// DecodeSegment reads a segment or a weight inside a segment list (RFC 9830 §2.4.4).
func DecodeSegment(t TLV) ([]Field, error) { return segmentTable.decode(t) }

// EncodeSegment makes a segment or a weight of values, the reverse of [DecodeSegment].
func EncodeSegment(typ uint16, values ...Field) (TLV, error) { return segmentTable.encode(typ, values) }

// AppendTunnelsText appends the value of a Tunnel Encapsulation attribute as one
// line of text.
func AppendTunnelsText(dst, v []byte) []byte {
	tunnels, err := ParseTunnels(v)
	if err != nil {
		return appendHexText(dst, v)
	}
	for i, t := range tunnels {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = append(append(append(dst, '['), t.Type.String()...), ' ')
		dst = append(tunnelSubTable.appendText(dst, t.Sub), ']')
	}
	return dst
}

// checkTunnelEncap checks the framing of tunnels and of the sub-TLVs in them, which
// decides over the routes. A sub-TLV whose value makes no sense counts as unknown
// and is no fault of the attribute (RFC 9012 §13).
func checkTunnelEncap(v []byte, _ Ctx) (Fault, int) {
	for at := 0; at < len(v); {
		t, size := frame22.cut(v[at:])
		if size == 0 {
			return FaultTLV, at
		}
		if in := frameTunnel.check(t.Value); in >= 0 {
			return FaultTLV, at + 4 + in
		}
		at += size
	}
	return FaultNone, 0
}

func jsonTunnels(dst, v []byte, _ inet.Family) []byte {
	tunnels, err := ParseTunnels(v)
	if err != nil {
		return nil
	}
	dst = append(dst, '[')
	for i, t := range tunnels {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '{')
		from := len(dst)
		dst = strconv.AppendUint(append(dst, `"type":`...), uint64(t.Type), 10)
		dst = append(append(append(dst, `,"name":"`...), t.Type.String()...), '"')
		sub, taken := t.Sub, []uint16(nil)
		if values, at := t.Encapsulation(); at >= 0 {
			row := encapsulationTable.row(uint16(t.Type))
			dst = appendValuesJSON(appendKey(dst, from, row.JSON), row.fields, values)
			sub, taken = slices.Delete(slices.Clone(sub), at, at+1), []uint16{typeEncapsulation}
		}
		dst = append(tunnelSubTable.appendMembers(dst, from, sub, taken...), '}')
	}
	return append(dst, ']')
}
