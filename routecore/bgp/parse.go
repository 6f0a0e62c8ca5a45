package bgp

import (
	"encoding/binary"

	"example.com/rotonda/routecore/inet"
)

// ParseUpdate reads the body of an UPDATE into u: one pass over the attributes
// with every check of syntax that RFC 7606 asks for, and one over the NLRI. It
// never fails; what is wrong stands in u.Verdict. u keeps body.
func ParseUpdate(u *Update, body []byte, ctx Ctx) {
	u.reset(body, ctx)
	if len(body) < 4 || len(body) > 65535 {
		u.fault(Reset, FaultTotalLength, 0, 0)
		return
	}
	wd := int(binary.BigEndian.Uint16(body))
	if 4+wd > len(body) {
		u.fault(Reset, FaultTotalLength, 0, 0)
		return
	}
	at := 4 + wd
	end := at + int(binary.BigEndian.Uint16(body[at-2:]))
	if end > len(body) {
		u.fault(Reset, FaultTotalLength, 0, at-2)
		return
	}
	u.withdrawn = span{2, uint16(wd)}
	u.attrs = span{uint16(at), uint16(end - at)}
	u.announced = span{uint16(end), uint16(len(body) - end)}

	u.parseAttrs(at, end)
	u.checkClassic()
	u.checkMissing()
	// An error that withdraws routes needs to know them all: without NLRI nobody
	// can tell what was lost (RFC 7606 §5.2).
	if u.Verdict.Action == TreatAsWithdraw && u.announced.len == 0 && u.reach.nlri.len == 0 {
		u.Verdict.Action = Reset
	}
}

// ParseAttributes reads a block of attributes that stands alone, such as that of
// an MRT RIB entry, for routes of family f. [Update.AppendAttrs] then gives the
// canonical form. It is an error of nobody that attributes are missing there.
func ParseAttributes(u *Update, attrs []byte, ctx Ctx, f inet.Family, form AttrForm) {
	if form == FormTableDumpV2 {
		ctx.ASN4 = true
	}
	u.reset(attrs, ctx)
	u.form, u.family = form, f
	if len(attrs) > 65535 {
		u.fault(Reset, FaultTotalLength, 0, 0)
		return
	}
	u.attrs = span{0, uint16(len(attrs))}
	u.parseAttrs(0, len(attrs))
}

func (u *Update) reset(body []byte, ctx Ctx) {
	u.Verdict = Verdict{}
	u.body, u.ctx, u.family = body, ctx, 0
	u.withdrawn, u.attrs, u.announced = span{}, span{}, span{}
	u.reach, u.unreach = mpSection{}, mpSection{}
	u.guessed, u.addPath, u.unsorted, u.form = 0, false, false, FormUpdate
	u.pathWidth, u.n = 2, 0
	if ctx.ASN4 {
		u.pathWidth = 4
	}
	u.seen, u.discarded = codeSet{}, codeSet{}
}

// fault keeps the verdict if it is graver than the one before.
func (u *Update) fault(a Action, f Fault, code AttrCode, offset int) {
	u.faultIn(0, a, f, code, offset)
}

// faultIn is fault for what is wrong in the routes of one family alone. Two resets
// leave a family to disable only if it is the same.
func (u *Update) faultIn(family inet.Family, a Action, f Fault, code AttrCode, offset int) {
	before := &u.Verdict
	if a > before.Action {
		beside := before.Action
		u.Verdict = Verdict{Action: a, Code: CodeUpdate, Subcode: faults[f].subcode,
			Attr: uint8(code), Fault: f, Offset: uint16(offset)}
		if a == Reset {
			u.Verdict.Beside, u.Verdict.DisableFamily = beside, family
		}
		return
	}
	switch {
	case before.Action != Reset:
	case a != Reset:
		before.Beside = max(before.Beside, a)
	case before.DisableFamily != family:
		before.DisableFamily = 0
	}
}

// cutAttr cuts off the first attribute of a wire block; size 0 means that it is
// not whole.
func cutAttr(b []byte) (flags AttrFlags, code AttrCode, value []byte, size int) {
	if len(b) < 3 {
		return 0, 0, nil, 0
	}
	flags, code = AttrFlags(b[0]), AttrCode(b[1])
	from, n := 3, int(b[2])
	if flags&FlagExtended != 0 {
		if len(b) < 4 {
			return flags, code, nil, 0
		}
		from, n = 4, n<<8|int(b[3])
	}
	if from+n > len(b) {
		return flags, code, nil, 0
	}
	return flags, code, b[from : from+n], from + n
}

// parseAttrs fills the index from the octets of the attribute section.
func (u *Update) parseAttrs(at, end int) {
	body := u.body
	last := AttrCode(0)
	for at < end {
		if end-at < 3 {
			u.fault(TreatAsWithdraw, FaultAttrHeader, 0, at)
			return
		}
		flags, code := AttrFlags(body[at]), AttrCode(body[at+1])
		from, n := at+3, int(body[at+2])
		if flags&FlagExtended != 0 {
			if end-at < 4 {
				u.fault(TreatAsWithdraw, FaultAttrHeader, code, at)
				return
			}
			from, n = at+4, n<<8|int(body[at+3])
		}
		if from+n > end {
			action := TreatAsWithdraw
			if code == AttrMPReach || code == AttrMPUnreach {
				action = Reset // its routes cannot be told (RFC 7606 §3(j))
			}
			u.fault(action, FaultAttrOverrun, code, at)
			return
		}
		start := at
		at = from + n
		if u.seen.has(code) {
			if code == AttrMPReach || code == AttrMPUnreach {
				u.fault(Reset, FaultDuplicate, code, start)
			}
			continue
		}
		if u.n == uint8(len(u.attr)) {
			continue
		}
		u.seen.add(code)
		u.unsorted = u.unsorted || code < last
		last = code
		u.attr[u.n] = attrRef{uint16(from), uint16(n), flags & (FlagOptional | FlagTransitive | FlagPartial), code}
		u.n++
		u.checkAttr(code, flags, body[from:at:at], start, from)
	}
	if u.seen.has(AttrBGPsecPath) && u.seen.has(AttrASPath) && u.form == FormUpdate {
		u.fault(TreatAsWithdraw, FaultBothPaths, AttrBGPsecPath, int(u.attrs.off))
	}
}

// checkAttr judges one attribute that begins at start and whose value, v, begins
// at from.
func (u *Update) checkAttr(code AttrCode, flags AttrFlags, v []byte, start, from int) {
	info := &attrTable[code]
	if !info.known() {
		switch {
		case flags&FlagOptional != 0:
		case info.Name == "":
			u.fault(Reset, FaultUnknownWellKnown, code, start)
		default: // all that are known by name alone are optional
			u.fault(TreatAsWithdraw, FaultFlags, code, start)
		}
		return
	}
	if info.flagsFault(flags) {
		u.fault(TreatAsWithdraw, FaultFlags, code, start)
	}
	var fault Fault
	var off int
	switch code {
	case AttrASPath:
		fault, off = u.checkPath(v)
	case AttrMPReach:
		fault, off = u.parseReach(v, from)
	case AttrMPUnreach:
		fault, off = u.parseUnreach(v, from)
	case AttrAS4Path, AttrAS4Aggregator:
		if u.pathWidth == 4 && u.ctx.ASN4 {
			fault = FaultOldASN
			break
		}
		fault, off = info.checkValue(v, u.ctx)
	case AttrNextHop:
		fault, off = u.checkNextHop(v)
	default:
		fault, off = info.checkValue(v, u.ctx)
	}
	if len(v) == 0 && fault == FaultNone && !mayBeEmpty(code) {
		fault = FaultEmpty
	}
	if info.internal && !u.ctx.inside(code) {
		fault, off = FaultExternal, 0
	}
	if fault == FaultNone {
		return
	}
	action := info.Policy.action(u.ctx, code)
	switch fault {
	case FaultService:
		if !u.ctx.Monitor { // the router that is watched has accepted the route
			action = TreatAsWithdraw
		}
	case FaultInside:
		if action = TreatAsWithdraw; code == AttrMPUnreach { // it names no route, and does no harm
			action = DiscardAttribute
		}
	case FaultLinkState:
		action = DiscardAttribute
	}
	if action == DiscardAttribute && fault != FaultLinkState && fault != FaultInside {
		u.discarded.add(code)
	}
	u.faultIn(u.scope(code, v), action, fault, code, from+off)
}

// mayBeEmpty tells the attributes for which no octets are no fault (RFC 7606 §4).
func mayBeEmpty(code AttrCode) bool { return code == AttrASPath || code == AttrAtomicAggregate }

// scope is the family that a fault in an attribute with routes is confined to, 0
// for other attributes and where it cannot be told.
func (u *Update) scope(code AttrCode, v []byte) inet.Family {
	if code != AttrMPReach && code != AttrMPUnreach || len(v) < 3 || u.form != FormUpdate {
		return 0
	}
	return wireFamily(v)
}

// checkPath is checkASPath and remembers the width that was found.
func (u *Update) checkPath(v []byte) (Fault, int) {
	fault, at := u.checkPathWidth(v, u.pathWidth)
	if fault != FaultSegment && fault != FaultLength || !u.ctx.Monitor {
		return fault, at
	}
	if other, _ := u.checkPathWidth(v, 6-u.pathWidth); other != FaultNone {
		return fault, at
	}
	u.pathWidth = 6 - u.pathWidth
	u.guessed |= GuessASNWidth
	return FaultNone, 0
}

// checkPathWidth counts a 2-octet path as malformed whose 4-octet form would be too
// long.
func (u *Update) checkPathWidth(v []byte, width uint8) (Fault, int) {
	if width == 2 && len(v) > maxPath/2 {
		return FaultLength, 0
	}
	return checkSegments(v, int(width), u.ctx.IBGP || u.ctx.Monitor || u.ctx.Confed)
}

// checkNextHop wants four octets; RIB entries of MRT may have the next hop of
// another family here.
func (u *Update) checkNextHop(v []byte) (Fault, int) {
	if len(v) == 4 || u.form == FormTableDumpV2 && (len(v) == 16 || len(v) == 32) {
		return FaultNone, 0
	}
	return FaultLength, 0
}

// parseReach reads MP_REACH_NLRI, whose value begins at from.
func (u *Update) parseReach(v []byte, from int) (Fault, int) {
	if u.form == FormTableDumpV2 && (len(v) == 0 || v[0] != 0) {
		return u.parseShortReach(v, from)
	}
	if len(v) < 5 {
		return FaultLength, 0
	}
	f, n := wireFamily(v), int(v[3])
	if 5+n > len(v) {
		return FaultNextHop, 3
	}
	// Routers report what they originate themselves in their Loc-RIB without a
	// next hop, or with a distinguisher that has no address behind it (RFC 9069): a
	// monitor keeps such routes.
	hop := n
	if !nextHopFits(f, n) {
		if !u.ctx.Monitor || n != 0 && (n != 8 || !isVPN(f)) {
			return FaultNextHop, 3
		}
		hop = 0
	}
	at := skipSNPA(v, 4+n)
	if at < 0 {
		return FaultLength, 4 + n
	}
	m := mpSection{family: f, hop: span{uint16(from + 4), uint16(hop)}, nlri: span{uint16(from + at), uint16(len(v) - at)}, present: true}
	bad := u.checkSection(&m, v[at:])
	u.reach = m
	if bad >= 0 {
		return FaultMPNLRI, at + bad
	}
	return u.checkInside(m, v, at)
}

// parseShortReach reads the next hop alone (RFC 6396 §4.3.4).
func (u *Update) parseShortReach(v []byte, from int) (Fault, int) {
	if len(v) == 0 || len(v) < 1+int(v[0]) {
		return FaultLength, 0
	}
	u.reach = mpSection{family: u.family, hop: span{uint16(from + 1), uint16(v[0])}, present: true}
	return FaultNone, 0
}

// skipSNPA passes over the octet behind the next hop, which is reserved now and
// once counted subnetwork points of attachment, each with a length in half
// octets (RFC 2858 §2). It returns -1 where they do not fit.
func skipSNPA(v []byte, at int) int {
	count := int(v[at])
	at++
	for range count {
		if at >= len(v) {
			return -1
		}
		at += 1 + (int(v[at])+1)/2
	}
	if at > len(v) {
		return -1
	}
	return at
}

func (u *Update) parseUnreach(v []byte, from int) (Fault, int) {
	if len(v) < 3 {
		return FaultLength, 0
	}
	m := mpSection{family: wireFamily(v), nlri: span{uint16(from + 3), uint16(len(v) - 3)}, present: true}
	bad := u.checkSection(&m, v[3:])
	u.unreach = m
	if bad >= 0 {
		return FaultMPNLRI, 3 + bad
	}
	return u.checkInside(m, v, 3)
}

// checkSection settles whether path identifiers are there and checks the NLRI.
func (u *Update) checkSection(m *mpSection, nlri []byte) int {
	m.addPath, m.oneLabel = u.isAddPath(m.family, nlri), u.ctx.oneLabel(m.family)
	return checkNLRI(m.family, m.addPath, nlri)
}

func (u *Update) isAddPath(f inet.Family, nlri []byte) bool {
	if u.ctx.addPath(f) {
		return true
	}
	if !u.ctx.AddPathUnknown || !guessAddPath(f, nlri) {
		return false
	}
	u.guessed |= GuessAddPath
	return true
}

// checkClassic checks the NLRI fields outside of attributes.
func (u *Update) checkClassic() {
	wd, nl := u.bytes(u.withdrawn), u.bytes(u.announced)
	if len(wd)|len(nl) == 0 {
		return
	}
	u.addPath = u.isAddPath(inet.IPv4Unicast, nl) || len(nl) == 0 && u.isAddPath(inet.IPv4Unicast, wd)
	if bad := checkPrefixes(32, u.addPath, wd); bad >= 0 {
		u.faultIn(inet.IPv4Unicast, Reset, FaultNLRI, 0, int(u.withdrawn.off)+bad)
	}
	if bad := checkPrefixes(32, u.addPath, nl); bad >= 0 {
		u.faultIn(inet.IPv4Unicast, Reset, FaultNLRI, 0, int(u.announced.off)+bad)
	}
}

// checkMissing wants the mandatory attributes where routes are announced.
// NEXT_HOP is one of them only for the classic field (RFC 7606 §3(d), RFC 4760 §3).
func (u *Update) checkMissing() {
	if u.announced.len == 0 && u.reach.nlri.len == 0 {
		return
	}
	at := int(u.attrs.off)
	const path = 1<<AttrOrigin | 1<<AttrASPath
	low := u.seen[0]
	if low&path == path && (u.announced.len == 0 || low&(1<<AttrNextHop) != 0) {
		return
	}
	switch {
	case low&(1<<AttrOrigin) == 0:
		u.fault(TreatAsWithdraw, FaultMissingOrigin, AttrOrigin, at)
	case low&(1<<AttrASPath) == 0 && !u.seen.has(AttrBGPsecPath):
		u.fault(TreatAsWithdraw, FaultMissingASPath, AttrASPath, at)
	case u.announced.len != 0 && low&(1<<AttrNextHop) == 0:
		u.fault(TreatAsWithdraw, FaultMissingNextHop, AttrNextHop, at)
	}
}
