package dissect

import (
	"errors"
	"strconv"
	"strings"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/routecore/rtr"
)

const rtrHeader = 8

// RTR explains a PDU of the RPKI to Router protocol, versions 0 to 2. PDUs that
// follow are explained too, each as a field of its own.
func RTR(msg []byte) Result {
	w := newWalk(msg, bgp.Ctx{})
	p := w.all()
	typ := p.pdu()
	for p.left() >= rtrHeader {
		_, n, err := rtr.ReadPDU(p.rest())
		if err != nil || n == 0 {
			break
		}
		p.group(n, "following", "RFC 8210 §5", func(q *part) string { return "RTR " + q.pdu() })
	}
	if p.left() > 0 {
		w.note(strconv.Itoa(p.left()) + " octets follow the PDU")
		p.raw("behind the PDU", "RFC 8210 §5")
	}
	return w.finish("RTR", typ)
}

func rtrTypeName(b []byte) string { return rtr.Type(b[0]).String() + " (" + decimal(b) + ")" }

// pdu reads one PDU from the front of p and returns its type.
func (p *part) pdu() string {
	w, start, b := p.w, p.at, p.rest()
	pdu, size, err := rtr.ReadPDU(b)
	if len(b) < 2 {
		p.leaf(1, "version", "RFC 8210 §5.1", decimal)
		w.cut(start+len(b), "RFC 8210 §5.1", "an RTR header has 8 octets, only "+strconv.Itoa(len(b))+" are here")
		return "unknown"
	}
	typ := rtr.Type(b[1])
	rfc := pduRFC(b[0], typ)
	p.leaf(1, "version", "RFC 8210 §5.1", named("RFC 6810", "RFC 8210", "draft-ietf-sidrops-8210bis"))
	p.leaf(1, "PDU type", rfc, rtrTypeName)
	switch typ {
	case rtr.SerialNotify, rtr.SerialQuery, rtr.CacheResponse, rtr.EndOfData:
		p.leaf(2, "session ID", rfc, decimal)
	case rtr.ErrorReport:
		p.leaf(2, "error code", "RFC 8210 §12", func(b []byte) string { return rtr.ErrorCode(uintOf(b)).String() + " (" + decimal(b) + ")" })
	case rtr.RouterKey, rtr.ASPA:
		if typ == rtr.ASPA && oldASPA(b) {
			p.leaf(2, "zero", rfc, zero)
			break
		}
		p.leaf(1, "flags", rfc, announceFlag)
		p.leaf(1, "zero", rfc, zero)
	default:
		p.leaf(2, "zero", rfc, zero)
	}
	said := int(uintOf(p.leaf(4, "length", rfc, octets)))
	if len(b) < rtrHeader {
		w.cut(start+len(b), rfc, "an RTR header has 8 octets, only "+strconv.Itoa(len(b))+" are here")
		return typ.String()
	}
	switch {
	case b[0] > rtr.MaxVersion:
		w.worse(Verdict{Action: bgp.Reset, Code: int(rtr.UnsupportedVersion), Offset: start, RFC: "RFC 8210 §7",
			Text: "version " + strconv.Itoa(int(b[0])) + ", at most " + strconv.Itoa(rtr.MaxVersion) + " is spoken"})
	case err != nil:
		w.worse(fromRTR(err, start+4, rfc))
	case size == 0:
		w.cut(start+4, rfc, "PDU length "+strconv.Itoa(said)+", but only "+strconv.Itoa(len(b))+" octets are here")
	default:
		if _, err := pdu.Parse(); err != nil {
			at, rule := faultAt(pdu, rfc)
			w.worse(fromRTR(err, start+at, rule))
		}
	}
	body := part{w, p.at, p.end, p.depth}
	if said >= rtrHeader && start+said < p.end {
		body.end = start + said
	}
	p.at = body.end
	body.pduBody(b[0], typ, rfc)
	if body.left() > 0 {
		body.raw("further octets", rfc)
	}
	return typ.String()
}

// faultAt is where a PDU of the right length can be wrong, and the rule that it
// breaks: the parser names the field, not its offset. Prefixes whose lengths are
// fine have bits behind them, which only version 2 forbids.
func faultAt(p rtr.PDU, rfc string) (at int, rule string) {
	most := byte(32)
	switch p.Type() {
	case rtr.IPv6Prefix:
		most = 128
		fallthrough
	case rtr.IPv4Prefix:
		if p[9] <= p[10] && p[10] <= most {
			return 12, "draft-ietf-sidrops-8210bis §5.9"
		}
		return 9, rfc
	case rtr.ErrorReport, rtr.ASPA:
		return rtrHeader, rfc
	}
	return 1, rfc
}

// pduRFC is where a PDU is defined: the sections of RFC 6810 and RFC 8210 agree
// but for what each version added.
func pduRFC(version byte, t rtr.Type) string {
	sections := map[rtr.Type]string{rtr.SerialNotify: "5.2", rtr.SerialQuery: "5.3", rtr.ResetQuery: "5.4", rtr.CacheResponse: "5.5", rtr.IPv4Prefix: "5.6",
		rtr.IPv6Prefix: "5.7", rtr.EndOfData: "5.8", rtr.CacheReset: "5.9", rtr.RouterKey: "5.10", rtr.ErrorReport: "5.11"}
	section, ok := sections[t]
	switch {
	case t == rtr.ASPA:
		return "draft-ietf-sidrops-8210bis §5.12"
	case !ok:
		return "RFC 8210 §5"
	case version == 0 && t == rtr.ErrorReport:
		return "RFC 6810 §5.10"
	case version == 0 && t != rtr.RouterKey:
		return "RFC 6810 §" + section
	}
	return "RFC 8210 §" + section
}

func announceFlag(b []byte) string {
	word := "withdraw"
	if b[0]&1 != 0 {
		word = "announce"
	}
	if b[0]&^1 != 0 {
		word += ", undefined bits set"
	}
	return hexText(b) + " (" + word + ")"
}

func fromRTR(err error, at int, rfc string) Verdict {
	v := Verdict{Action: bgp.Reset, Offset: at, RFC: rfc, Text: err.Error()}
	var e *rtr.Error
	if errors.As(err, &e) {
		v.Code, v.Text = int(e.Code), e.PDU.String()+": "+e.Text
	}
	return v
}

// pduBody reads what follows the header of eight octets.
func (p *part) pduBody(version byte, typ rtr.Type, rfc string) {
	switch typ {
	case rtr.SerialNotify, rtr.SerialQuery:
		p.leaf(4, "serial number", rfc, decimal)
	case rtr.IPv4Prefix:
		p.roa(4, rfc)
	case rtr.IPv6Prefix:
		p.roa(16, rfc)
	case rtr.EndOfData:
		p.leaf(4, "serial number", rfc, decimal)
		if version > 0 {
			p.leaf(4, "refresh interval", "RFC 8210 §6", seconds)
			p.leaf(4, "retry interval", "RFC 8210 §6", seconds)
			p.leaf(4, "expire interval", "RFC 8210 §6", seconds)
		}
	case rtr.RouterKey:
		p.leaf(20, "subject key identifier", rfc, hexText)
		p.leaf(4, "AS number", rfc, asn)
		p.leaf(p.left(), "subject public key info", rfc, hexText)
	case rtr.ASPA:
		if oldASPA(p.w.msg[p.at-rtrHeader : p.end]) {
			p.leaf(1, "flags", rfc, announceFlag)
			p.leaf(1, "AFI flags", rfc, named("IPv4", "IPv6"))
			p.leaf(2, "provider count", rfc, decimal)
		}
		p.leaf(4, "customer AS", rfc, asn)
		var providers []string
		for p.left() >= 4 {
			providers = append(providers, decimal(p.leaf(4, "provider AS", rfc, asn)))
		}
		if len(providers) > 0 {
			p.w.note("providers: " + strings.Join(providers, " "))
		}
	case rtr.ErrorReport:
		n := p.number(4, "length of encapsulated PDU", rfc)
		p.group(n, "encapsulated PDU", rfc, func(q *part) string {
			if q.left() < rtrHeader {
				return hexText(q.rest())
			}
			// What is wrong with it is what the report says; it is not judged again.
			verdict, err := q.w.verdict, q.w.err
			name := q.pdu()
			q.w.verdict, q.w.err = verdict, err
			return name
		})
		n = p.number(4, "length of text", rfc)
		p.leaf(n, "error text", rfc, printable)
	}
}

// oldASPA tells the layout of revision 10 of the draft, as the parser does: flags
// and count stand before the customer, and zeros in the header.
func oldASPA(pdu []byte) bool { return len(pdu) >= 16 && pdu[2] == 0 && pdu[3] == 0 }

// roa reads an IPv4 or IPv6 prefix PDU (RFC 8210 §5.6, §5.7).
func (p *part) roa(size int, rfc string) {
	p.leaf(1, "flags", rfc, announceFlag)
	length := p.leaf(1, "prefix length", rfc, bits)
	p.leaf(1, "max length", rfc, bits)
	p.leaf(1, "zero", rfc, zero)
	p.leaf(size, "prefix", rfc, func(b []byte) string {
		f := inet.IPv4Unicast
		if size == 16 {
			f = inet.IPv6Unicast
		}
		if pfx := inet.PrefixFromWire(f, length[0], b); pfx.IsValid() {
			return pfx.String()
		}
		return addr(b)
	})
	p.leaf(4, "AS number", rfc, asn)
}
