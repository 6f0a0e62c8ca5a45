package bgp

import (
	"bytes"
	"encoding/binary"

	"example.com/rotonda/routecore/inet"
)

// AppendUpdates appends as many whole UPDATE messages as it takes to announce n
// with attributes a, or to withdraw n where a is nil. Every message is filled as
// far as ctx.MaxLen allows and none is longer. IPv4 unicast with an IPv4 next hop
// goes into the classic fields, everything else into MP_REACH_NLRI and
// MP_UNREACH_NLRI.
//
// Path identifiers follow the session: those in n are dropped where ctx has no
// ADD-PATH for the family, and 0 is put where n has none. The last label gets the
// bottom-of-stack bit where it lacks it (RFC 8277 §2.2), and withdrawals of labelled
// routes carry the value for no label (§2.4). An empty n gives nothing. A route that cannot be told on this session is withdrawn instead, so
// that the peer does not keep an old one: its attributes leave no room for it
// (RFC 8654 §5), it has no next hop that its family could have, it is an IPv4 route
// with an IPv6 next hop that the peer does not take (RFC 8950 §4), or it has several
// labels and the peer reads one (RFC 8277 §2.1); ctx.Monitor lifts all but the first.
// NLRI that are broken inside, which monitors meet, are left out unless ctx.Monitor is
// set; those that cannot be cut end the run.
//
// It groups nothing: n is what shares a; [Packer] does. It does not allocate where dst
// has the room, withdrawals of labelled routes apart.
func AppendUpdates(dst []byte, ctx Ctx, a Attrs, n NLRI) []byte {
	addPath := ctx.addPath(n.Family)
	n.Bytes = ctx.sound(n)
	hop, _ := a.Get(AttrNextHop)
	if a == nil || !ctx.takes(n.Family, hop) {
		return appendWithdrawals(dst, ctx, n, addPath)
	}
	if plain, stacked := ctx.splitStacks(n); len(stacked) > 0 {
		dst = appendWithdrawals(dst, ctx, n.with(stacked), addPath)
		n.Bytes = plain
	}
	n.Bytes = ctx.withBottom(n)
	old := classic(n.Family, hop)
	// The attributes are written once behind dst, copied into each message, and
	// taken out at the end.
	from := len(dst)
	dst = a.appendWire(dst, ctx, old)
	size := len(dst) - from
	room := ctx.max() - HeaderLen - 4 - size
	if !old {
		room = valueRoom(room) - 5 - wireNextHopLen(n.Family, hop)
	}
	for b := n.Bytes; len(b) > 0; {
		octets, wire := fill(n, addPath, b, room)
		if octets == 0 {
			if one := nlriSize(n.Family, n.AddPath, b); one > 0 {
				dst = appendWithdrawals(dst, ctx, n.with(b[:one]), addPath)
				b = b[one:]
				continue
			}
			break
		}
		chunk := n.with(b[:octets])
		at := len(dst)
		dst = append(beginMessage(dst, MsgUpdate), 0, 0, 0, 0)
		if old {
			dst = append(dst, dst[from:from+size]...)
			binary.BigEndian.PutUint16(dst[at+HeaderLen+2:], uint16(size))
			dst = appendRun(dst, chunk, addPath)
		} else {
			dst = appendMPReach(dst, n.Family, hop, wire)
			dst = appendRun(dst, chunk, addPath)
			dst = append(dst, dst[from:from+size]...)
			binary.BigEndian.PutUint16(dst[at+HeaderLen+2:], uint16(len(dst)-at-HeaderLen-4))
		}
		dst = endMessage(dst, at)
		b = b[octets:]
	}
	return append(dst[:from], dst[from+size:]...)
}

// valueRoom is how long the value of an attribute may be that has so many octets for
// all of it: up to 255 the header has three, and then four.
func valueRoom(room int) int {
	if room <= 3+255 {
		return room - 3
	}
	return max(255, room-4)
}

// takes tells whether the session allows the next hop with routes of the family. One
// that is missing or of a length that the family does not have would end the session
// (RFC 7606 §7.11).
func (c Ctx) takes(f inet.Family, hop []byte) bool {
	if c.Monitor || flow(f) {
		return true
	}
	if !nextHopFits(f, wireNextHopLen(f, hop)) {
		return false
	}
	return f.AFI() != inet.AFIIPv4 || len(hop) != 16 && len(hop) != 32 || c.ExtNH.Has(f)
}

func appendWithdrawals(dst []byte, ctx Ctx, n NLRI, addPath bool) []byte {
	if labelBit(n.Family) != 0 {
		n.Bytes, n.OneLabel = withoutLabels(n), true
	}
	old := n.Family == inet.IPv4Unicast
	room := ctx.max() - HeaderLen - 4
	if !old {
		room = valueRoom(room) - 3
	}
	for b := n.Bytes; len(b) > 0; {
		octets, wire := fill(n, addPath, b, room)
		if octets == 0 {
			break
		}
		chunk := n.with(b[:octets])
		at := len(dst)
		dst = beginMessage(dst, MsgUpdate)
		if old {
			dst = append(dst, byte(wire>>8), byte(wire))
			dst = append(appendRun(dst, chunk, addPath), 0, 0)
		} else {
			dst = append(dst, 0, 0, 0, 0)
			dst = appendFamily(appendWireHeader(dst, AttrMPUnreach, optNonTransitive, 3+wire), n.Family)
			dst = appendRun(dst, chunk, addPath)
			binary.BigEndian.PutUint16(dst[at+HeaderLen+2:], uint16(len(dst)-at-HeaderLen-4))
		}
		dst = endMessage(dst, at)
		b = b[octets:]
	}
	return dst
}

// sound returns the run without NLRI that are broken inside: the peer would withdraw
// or even reset for them (RFC 7606 §5.3).
func (c Ctx) sound(n NLRI) []byte {
	check, skip := n.row().check, 0
	if c.Monitor || n.Family.IsPrefix() || check == nil || !decodes(n.Family) {
		return n.Bytes
	}
	if n.AddPath {
		skip = 4
	}
	broken := false
	for raw := range n.All() {
		broken = broken || check(n.Family, raw[skip:]) >= 0
	}
	if !broken {
		return n.Bytes
	}
	var out []byte
	for raw := range n.All() {
		if check(n.Family, raw[skip:]) < 0 {
			out = append(out, raw...)
		}
	}
	return out
}

// splitStacks takes the routes with several labels out of a run where the session
// has no place for them. Without any it returns nothing.
func (c Ctx) splitStacks(n NLRI) (plain, stacked []byte) {
	if n.OneLabel || !c.oneLabel(n.Family) {
		return nil, nil
	}
	several := false
	for raw := range n.All() {
		several = several || labelCount(n, raw) > 1
	}
	if !several {
		return nil, nil
	}
	for raw := range n.All() {
		if labelCount(n, raw) > 1 {
			stacked = append(stacked, raw...)
		} else {
			plain = append(plain, raw...)
		}
	}
	return plain, stacked
}

// labelCount is how many labels an NLRI of a run has, 0 where it cannot be read.
func labelCount(n NLRI, raw []byte) int {
	if n.AddPath {
		raw = raw[4:]
	}
	if n.Family.SAFI() == inet.SAFILabelled {
		p, _ := n.LabelledPrefix(raw)
		return p.Labels.Len()
	}
	p, _ := n.VPNPrefix(raw)
	return p.Labels.Len()
}

// withBottom returns the run with the bottom-of-stack bit in the last label of each
// NLRI. A receiver that was promised one label does not need it; one that follows
// the bits does. What a monitored router sent without saying how many there are stays.
func (c Ctx) withBottom(n NLRI) []byte {
	if labelBit(n.Family) == 0 || c.Monitor && !n.OneLabel {
		return n.Bytes
	}
	skip := 1 // the length
	if n.AddPath {
		skip += 4
	}
	out, at := n.Bytes, 0
	for raw := range n.All() {
		if labels := labelCount(n, raw); labels > 0 {
			if i := skip + 3*labels - 1; raw[i]&1 == 0 {
				if &out[0] == &n.Bytes[0] {
					out = bytes.Clone(out)
				}
				out[at+i] |= 1
			}
		}
		at += len(raw)
	}
	return out
}

// withoutLabels returns the run with the value that stands for no label in place of
// each stack of labels (RFC 8277 §2.4). What cannot be read, and routes of SAFI 129
// without labels, stay as they are.
func withoutLabels(n NLRI) []byte {
	out := make([]byte, 0, len(n.Bytes))
	for raw := range n.All() {
		if n.AddPath {
			out, raw = append(out, raw[:4]...), raw[4:]
		}
		from := len(out)
		if n.Family.SAFI() == inet.SAFILabelled {
			if p, err := n.LabelledPrefix(raw); err == nil {
				out = AppendLabelledPrefix(out, WithdrawLabelled(p.Prefix))
			}
		} else if p, err := n.VPNPrefix(raw); err == nil && p.Labels.Len() > 0 {
			p.Labels = StackOf(LabelWithdrawn)
			out = AppendVPNPrefix(out, p)
		}
		if len(out) == from {
			out = append(out, raw...)
		}
	}
	return out
}

// fill returns how many octets of the run b fit into room, and how many they
// are on the wire.
func fill(n NLRI, addPath bool, b []byte, room int) (octets, wire int) {
	extra := 0
	if addPath != n.AddPath {
		extra = 4
		if n.AddPath {
			extra = -4
		}
	}
	for octets < len(b) {
		size := nlriSize(n.Family, n.AddPath, b[octets:])
		if size <= 0 || wire+size+extra > room {
			break
		}
		octets += size
		wire += size + extra
	}
	return octets, wire
}

// appendRun appends a run with or without path identifiers.
func appendRun(dst []byte, n NLRI, addPath bool) []byte {
	if addPath == n.AddPath {
		return append(dst, n.Bytes...)
	}
	for b := n.Bytes; len(b) > 0; {
		size := nlriSize(n.Family, n.AddPath, b)
		if size <= 0 {
			break
		}
		if addPath {
			dst = append(append(dst, 0, 0, 0, 0), b[:size]...)
		} else {
			dst = append(dst, b[4:size]...)
		}
		b = b[size:]
	}
	return dst
}

// AppendEndOfRIB appends the UPDATE that says that all routes of a family have
// been sent (RFC 4724 §2).
func AppendEndOfRIB(dst []byte, f inet.Family) []byte {
	from := len(dst)
	dst = append(beginMessage(dst, MsgUpdate), 0, 0, 0, 0)
	if f != inet.IPv4Unicast {
		dst[len(dst)-1] = 6
		dst = appendFamily(appendWireHeader(dst, AttrMPUnreach, optNonTransitive, 3), f)
	}
	return endMessage(dst, from)
}
