package dissect

import (
	"strconv"

	"example.com/rotonda/routecore/inet"
)

var flowComponents = []string{"", "destination prefix", "source prefix", "IP protocol", "port", "destination port", "source port",
	"ICMP type", "ICMP code", "TCP flags", "packet length", "DSCP", "fragment", "flow label"}

// flowComponents6 are those that IPv6 defines for itself.
var flowComponents6 = map[byte][2]string{
	1: {"destination prefix", "RFC 8956 §3.1"}, 2: {"source prefix", "RFC 8956 §3.2"}, 3: {"upper-layer protocol", "RFC 8956 §3.3"},
	7: {"ICMPv6 type", "RFC 8956 §3.4"}, 8: {"ICMPv6 code", "RFC 8956 §3.5"}, 12: {"fragment", "RFC 8956 §3.6"}, 13: {"flow label", "RFC 8956 §3.7"},
}

// flowNLRI reads the length, for VPN families a route distinguisher, and the
// components (RFC 8955 §4, RFC 8956 §3).
func flowNLRI(p *part, f inet.Family) {
	const rfc = "RFC 8955 §4.1"
	if b := p.rest(); len(b) > 0 && b[0] >= 0xf0 {
		p.leaf(2, "length", rfc, func(b []byte) string { return strconv.Itoa(int(uintOf(b)&0xfff)) + " octets" })
	} else {
		p.leaf(1, "length", rfc, octets)
	}
	if f.SAFI() == inet.SAFIFlowSpecVPN && p.left() >= 8 {
		p.leaf(8, "route distinguisher", "RFC 8955 §8", rd)
	}
	for p.left() > 0 {
		b := p.rest()
		name, rfc := flowName(f, b[0])
		if name == "" { // its length is as unknown as what follows
			p.raw("unknown component "+strconv.Itoa(int(b[0])), rfc)
			return
		}
		n := flowSize(f, b)
		if n == 0 {
			p.raw("malformed "+name, rfc+", RFC 8955 §10")
			return
		}
		p.group(n, name, rfc, func(q *part) string { return q.component(f, rfc) })
	}
}

// flowName returns the name of a component and where it is defined; the name is
// empty where the family has no such component.
func flowName(f inet.Family, typ byte) (name, rfc string) {
	v6 := f.AFI() == inet.AFIIPv6
	if !v6 && (f.AFI() != inet.AFIIPv4 || typ == 13) || int(typ) >= len(flowComponents) {
		return "", "RFC 8955 §4.2"
	}
	if typ == 0 {
		return "component 0", "RFC 8955 §4.2"
	}
	if row, ok := flowComponents6[typ]; ok && v6 {
		return row[0], row[1]
	}
	return flowComponents[typ], "RFC 8955 §4.2.2." + strconv.Itoa(int(typ))
}

// flowSize returns the octets of the first component, or 0 where it is broken.
func flowSize(f inet.Family, b []byte) int {
	v6 := f.AFI() == inet.AFIIPv6
	n := 0
	switch {
	case b[0] == 1 || b[0] == 2:
		switch {
		case v6 && len(b) >= 3 && b[1] <= 128 && (b[2] < b[1] || b[1]|b[2] == 0):
			n = 3 + (int(b[1])-int(b[2])+7)/8
		case !v6 && len(b) >= 2 && b[1] <= 32:
			n = 2 + (int(b[1])+7)/8
		}
	case b[0] >= 3 && b[0] <= 13:
		for n = 1; n < len(b); {
			op := b[n]
			n += 1 + 1<<(op>>4&3)
			if op&0x80 != 0 {
				break
			}
			if n >= len(b) {
				return 0
			}
		}
	}
	if n > len(b) || n == 1 {
		return 0
	}
	return n
}

// component reads one whole component; prefixRFC is where a prefix is defined.
func (p *part) component(f inet.Family, prefixRFC string) string {
	typ := p.rest()[0]
	p.leaf(1, "component type", "RFC 8955 §4.2.2", decimal)
	if typ <= 2 {
		n := p.number1("prefix length", prefixRFC)
		if f.AFI() != inet.AFIIPv6 {
			b := p.rest()
			p.address(f, n, prefixRFC)
			return inet.PrefixFromWire(f, uint8(n), b).String()
		}
		from := p.number1("offset", prefixRFC)
		b := p.rest()
		p.leaf(len(b), "pattern", prefixRFC, hexText)
		if from == 0 {
			return inet.PrefixFromWire(f, uint8(n), b).String()
		}
		return "bits " + strconv.Itoa(from) + " to " + strconv.Itoa(n) + ": " + hexText(b)
	}
	bitmask := typ == 9 || typ == 12
	text, rfc := "", "RFC 8955 §4.2.1.1"
	if bitmask {
		rfc = "RFC 8955 §4.2.1.2"
	}
	for p.left() >= 2 {
		op := p.rest()[0]
		word := operator(op, bitmask)
		p.leaf(1, "operator", rfc, func(b []byte) string { return hexText(b) + " (" + word + endOfList(op) + ")" })
		value := p.leaf(min(1<<(op>>4&3), p.left()), "value", rfc, decimal)
		switch {
		case text == "":
		case op&0x40 != 0:
			text += " and "
		default:
			text += " or "
		}
		if bitmask {
			text += word + " " + hexText(value)
		} else {
			text += word + decimal(value)
		}
	}
	return text
}

func endOfList(op byte) string {
	text := ", " + octets([]byte{1 << (op >> 4 & 3)})
	if op&0x40 != 0 {
		text += ", and"
	}
	if op&0x80 != 0 {
		text += ", last"
	}
	return text
}

// operator names the low bits of an operator (RFC 8955 §4.2.1).
func operator(op byte, bitmask bool) string {
	if bitmask {
		return [...]string{"any of", "all of", "none of", "not all of"}[op&3]
	}
	return [...]string{"never ", "=", ">", ">=", "<", "<=", "!=", "always "}[op&7]
}
