package dissect

import (
	"encoding/binary"
	"strconv"
	"strings"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

const rfcOpen = "RFC 4271 §4.2, RFC 4271 §6.2"

// open reads the body of an OPEN (RFC 4271 §4.2, RFC 9072).
func (p *part) open(judge bool) {
	base := p.at
	o, err := bgp.ParseOpen(p.rest())
	if err == nil {
		err = o.Validate()
	}
	if err != nil && judge {
		p.w.worse(fromError(err, base))
	}
	p.leaf(1, "version", rfcOpen, decimal)
	p.leaf(2, "my AS", rfcOpen, func(b []byte) string {
		if inet.ASN(uintOf(b)) == inet.ASTrans {
			return "23456 (AS_TRANS; the number is in a capability)"
		}
		return decimal(b)
	})
	p.leaf(2, "hold time", rfcOpen, seconds)
	p.leaf(4, "BGP identifier", "RFC 6286 §2.1, RFC 6286 §2.2", addr)
	rest := p.rest()
	long := len(rest) >= 4 && rest[1] == 255
	if !long {
		n := p.number(1, "optional parameters length", "RFC 4271 §4.2")
		p.group(min(n, p.left()), "optional parameters", "RFC 4271 §4.2", func(q *part) string { q.params(1); return "" })
		return
	}
	p.leaf(1, "non-extended length", "RFC 9072 §2", decimal)
	p.leaf(1, "non-extended type", "RFC 9072 §2", decimal)
	n := p.number(2, "extended length", "RFC 9072 §2")
	p.group(min(n, p.left()), "optional parameters", "RFC 9072 §2", func(q *part) string { q.params(2); return "" })
}

// params reads optional parameters whose length has width octets.
func (p *part) params(width int) {
	for p.left() > 0 {
		b := p.rest()
		if len(b) < 1+width {
			p.raw("cut parameter", "RFC 4271 §4.2")
			return
		}
		n := int(uintOf(b[1 : 1+width]))
		name := "parameter " + strconv.Itoa(int(b[0]))
		if b[0] == 2 {
			name = "capabilities"
		}
		p.group(1+width+n, name, "RFC 5492 §4, RFC 4271 §6.2", func(q *part) string {
			q.leaf(1, "parameter type", "RFC 4271 §4.2", func(b []byte) string {
				if b[0] == 2 {
					return "capabilities (2)"
				}
				return decimal(b)
			})
			q.leaf(width, "parameter length", "RFC 4271 §4.2", decimal)
			if b[0] != 2 {
				q.raw("parameter value", "RFC 4271 §4.2")
				return ""
			}
			for q.left() > 0 {
				q.capability()
			}
			return ""
		})
	}
}

// capability reads one capability (RFC 5492 §4).
func (p *part) capability() {
	b := p.rest()
	if len(b) < 2 {
		p.raw("cut capability", "RFC 5492 §4")
		return
	}
	code := bgp.CapCode(b[0])
	info := code.Info()
	rfc := info.RFC
	if rfc == "" {
		rfc = "RFC 5492 §4"
	}
	p.group(2+int(b[1]), code.String(), rfc, func(q *part) string {
		q.leaf(1, "capability code", "RFC 5492 §4", decimal)
		q.leaf(1, "capability length", "RFC 5492 §4", decimal)
		if read := q.w.caps[code]; read != nil && q.left() > 0 {
			return read(q)
		}
		value := hexText(q.rest())
		q.raw("capability value", rfc)
		return value
	})
}

// capLayouts reads the values of capabilities; those without a row stay raw.
var capLayouts = [256]layout{
	bgp.CapMultiprotocol: func(p *part) string { return p.family(1, 1, "RFC 4760 §8").String() },
	bgp.CapExtendedNextHop: tuples(6, "RFC 8950 §4", func(q *part) string {
		f := q.family(0, 2, "RFC 8950 §4")
		hop := q.leaf(2, "next hop AFI", "RFC 8950 §4", afi)
		return f.String() + " with next hop " + afi(hop)
	}),
	bgp.CapASN4: func(p *part) string { return decimal(p.leaf(4, "AS number", "RFC 6793 §3", asn)) },
	bgp.CapRole: func(p *part) string {
		role := p.leaf(1, "role", "RFC 9234 §4.1, RFC 9234 §4.2", func(b []byte) string { return bgp.Role(b[0]).String() + " (" + decimal(b) + ")" })
		return bgp.Role(role[0]).String()
	},
	bgp.CapBGPsec: func(p *part) string {
		p.leaf(1, "version and direction", "RFC 8205 §2.1", func(b []byte) string {
			direction := "receive"
			if b[0]&8 != 0 {
				direction = "send"
			}
			return "version " + strconv.Itoa(int(b[0]>>4)) + ", " + direction
		})
		p.leaf(2, "AFI", "RFC 8205 §2.1", afi)
		return ""
	},
	bgp.CapMultipleLabels: tuples(4, "RFC 8277 §2.1", func(q *part) string {
		f := q.family(0, 1, "RFC 8277 §2.1")
		return f.String() + ": " + strconv.Itoa(q.number(1, "label count", "RFC 8277 §2.1"))
	}),
	bgp.CapGracefulRestart: func(p *part) string {
		p.leaf(2, "flags and restart time", "RFC 4724 §3, RFC 8538 §2", restartWord)
		return tuples(4, "RFC 4724 §3", func(q *part) string {
			f := q.family(0, 1, "RFC 4724 §3")
			q.leaf(1, "flags", "RFC 4724 §3", flags(bit{0x80, "forwarding state kept"}))
			return f.String()
		})(p)
	},
	bgp.CapAddPath: tuples(4, "RFC 7911 §4", func(q *part) string {
		f := q.family(0, 1, "RFC 7911 §4")
		direction := q.leaf(1, "send/receive", "RFC 7911 §4", addPathDirection)
		return f.String() + " " + addPathDirection(direction)
	}),
	bgp.CapLLGR: tuples(7, "RFC 9494 §3.1", func(q *part) string {
		f := q.family(0, 1, "RFC 9494 §3.1")
		q.leaf(1, "flags", "RFC 9494 §3.1", flags(bit{0x80, "forwarding state kept"}))
		return f.String() + " " + seconds(q.leaf(3, "stale time", "RFC 9494 §3.1", seconds))
	}),
	bgp.CapFQDN: func(p *part) string {
		const rfc = "draft-walton-bgp-hostname-capability"
		host := p.leaf(p.number(1, "hostname length", rfc), "hostname", rfc, printable)
		if p.left() == 0 {
			return printable(host)
		}
		domain := p.leaf(p.number(1, "domain name length", rfc), "domain name", rfc, printable)
		return joined(printable(host), printable(domain))
	},
	bgp.CapSoftwareVersion: func(p *part) string {
		const rfc = "draft-abraitis-bgp-version-capability"
		return printable(p.leaf(p.number(1, "version length", rfc), "version", rfc, printable))
	},
	bgp.CapPathsLimit: tuples(5, "draft-abraitis-idr-addpath-paths-limit", func(q *part) string {
		const rfc = "draft-abraitis-idr-addpath-paths-limit"
		f := q.family(0, 1, rfc)
		return f.String() + " at most " + strconv.Itoa(q.number(2, "paths limit", rfc))
	}),
	bgp.CapORF: func(p *part) string {
		const rfc = "RFC 5291 §5"
		for p.left() > 0 {
			p.family(1, 1, rfc)
			for range p.number(1, "number of ORFs", rfc) {
				p.leaf(1, "ORF type", rfc, orfType)
				if p.leaf(1, "send/receive", rfc, named("", "receive", "send", "both")) == nil {
					break
				}
			}
		}
		return ""
	},
}

func restartWord(b []byte) string {
	word := binary.BigEndian.Uint16(b)
	text := strconv.Itoa(int(word&0xfff)) + " s"
	if word&0x8000 != 0 {
		text = joined(text, "restarted")
	}
	if word&0x4000 != 0 {
		text = joined(text, "survives NOTIFICATIONs")
	}
	if word&0x3000 != 0 {
		text = joined(text, "reserved bits set")
	}
	return text
}

var addPathDirection = named("", "receive", "send", "both")

// tuples reads entries of size octets, each as a field of its own.
func tuples(size int, rfc string, f layout) layout {
	return func(p *part) string {
		var list []string
		for p.left() >= size {
			i := len(p.w.fields)
			p.group(size, "entry", rfc, f)
			list = append(list, p.w.fields[i].Value)
		}
		if p.left() > 0 {
			p.raw("incomplete entry", rfc)
		}
		return strings.Join(list, ", ")
	}
}
