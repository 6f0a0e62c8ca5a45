package bmp

import (
	"encoding/binary"
	"iter"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// Extras is what a Route Monitoring message of version 4 says beside its UPDATE. It
// is a view of the message, valid until the next Step of its station. Its methods work
// on nil, which says nothing.
type Extras struct {
	Revision Revision // by which the TLVs are numbered

	tlvs   IndexedTLVs
	broken bool // the NLRI could not be read: indexes mean nothing
	marks  *markings
}

// All yields the TLVs with what they mean, the BGP message among them.
func (e *Extras) All() iter.Seq2[Field, IndexedTLV] {
	return func(yield func(Field, IndexedTLV) bool) {
		if e == nil {
			return
		}
		for v := range e.tlvs.All() {
			if !yield(e.Revision.Field(v), v) {
				return
			}
		}
	}
}

// Find returns the first TLV of a field.
func (e *Extras) Find(f Field) (IndexedTLV, bool) {
	for g, v := range e.All() {
		if f == g {
			return v, true
		}
	}
	return IndexedTLV{}, false
}

// Table returns the name of the VRF or table, empty where there is none.
func (e *Extras) Table() string {
	v, _ := e.Find(FieldTable)
	return string(v.Value)
}

// Sequence returns the sequence number, which counts messages and never wraps.
func (e *Extras) Sequence() (uint64, bool) {
	v, _ := e.Find(FieldSequence)
	if len(v.Value) != 8 {
		return 0, false
	}
	return binary.BigEndian.Uint64(v.Value), true
}

// Timestamp returns the time in the Timestamp TLV.
func (e *Extras) Timestamp() (Timestamp, bool) {
	v, ok := e.Find(FieldTimestamp)
	if !ok {
		return Timestamp{}, false
	}
	t, err := ParseTimestamp(v.Value)
	return t, err == nil
}

// Snapshot returns what names the snapshot that the message is part of, nil if
// it is of none.
func (e *Extras) Snapshot() []byte {
	v, _ := e.Find(FieldSnapshot)
	return v.Value
}

// Marking returns what the router made of the NLRI with an index, which counts from 1
// in the order of the message, see [Numbered]. A marking of the NLRI itself goes before
// one of a group, and that before one for all. Nothing is matched where the NLRI could
// not be read, since the count is not to be trusted then.
func (e *Extras) Marking(index int) (PathMarking, bool) {
	if e == nil || e.broken || index <= 0 || index >= int(GroupBit) {
		return PathMarking{}, false
	}
	if e.marks == nil {
		e.marks = e.markings()
	}
	return e.marks.of(uint16(index))
}

// Numbered yields the runs of NLRI of an UPDATE in the order of the message, each with
// the index of its first: withdrawn routes, MP_REACH_NLRI and MP_UNREACH_NLRI as they come
// among the attributes, announced routes. Indexes count through.
func Numbered(u *bgp.Update) iter.Seq2[int, bgp.NLRI] {
	return func(yield func(int, bgp.NLRI) bool) {
		index := 1
		more := func(n bgp.NLRI) bool {
			if len(n.Bytes) == 0 {
				return true
			}
			at := index
			index += n.Len()
			return yield(at, n)
		}
		if !more(u.Withdrawn()) {
			return
		}
		for a := range u.RawAttrs() {
			var n bgp.NLRI
			switch a.Code {
			case bgp.AttrMPReach:
				n, _ = u.MPReach()
			case bgp.AttrMPUnreach:
				n, _ = u.MPUnreach()
			}
			if !more(n) {
				return
			}
		}
		more(u.Announced())
	}
}

// markings are the Path Marking TLVs of a message, sorted out once: looking through
// all TLVs for each NLRI would take the square of the message's length.
type markings struct {
	one    map[uint16]PathMarking // of the NLRI themselves
	member map[uint16]place       // of NLRI that groups list
	all    place                  // of every NLRI
}

// place is a marking and where it stands among the TLVs: of two the first counts.
type place struct {
	marking PathMarking
	at      int // from 1; 0 is none
}

func (p place) or(q place) place {
	if p.at == 0 || q.at != 0 && q.at < p.at {
		return q
	}
	return p
}

func (e *Extras) markings() *markings {
	m := &markings{one: map[uint16]PathMarking{}, member: map[uint16]place{}}
	groups := map[uint16]place{}
	at := 0
	for f, v := range e.All() {
		at++
		if f != FieldMarking {
			continue
		}
		marking, err := ParsePathMarking(v.Value)
		if err != nil {
			continue
		}
		switch _, known := m.one[v.Index]; {
		case v.Index == 0:
			m.all = m.all.or(place{marking, at})
		case v.Index&GroupBit != 0:
			groups[v.Index] = groups[v.Index].or(place{marking, at})
		case !known:
			m.one[v.Index] = marking
		}
	}
	if len(groups) == 0 {
		return m
	}
	// A group need not stand before the TLVs that use it.
	for f, v := range e.All() {
		if g := groups[v.Index]; f == FieldGroup && g.at != 0 {
			for b := v.Value; len(b) >= 2; b = b[2:] {
				index := binary.BigEndian.Uint16(b)
				m.member[index] = m.member[index].or(g)
			}
		}
	}
	return m
}

func (m *markings) of(index uint16) (PathMarking, bool) {
	if own, ok := m.one[index]; ok {
		return own, true
	}
	if g := m.member[index]; g.at != 0 {
		return g.marking, true
	}
	return m.all.marking, m.all.at != 0
}

// The bits of an ADD-PATH capability (RFC 7911 §4).
const (
	addPathReceive = 1
	addPathSend    = 2
)

// apply puts the Stateless Parsing TLVs over the context of the session: a
// message that says where path identifiers are needs no Peer Up. The capability is the
// router's, so that what it receives has them by one bit, what it sends by the other,
// and a Loc-RIB by either. said reports whether the message says anything about them.
func (e *Extras) apply(ctx *bgp.Ctx, view View) (said bool) {
	mode := byte(addPathReceive)
	switch view {
	case OutPre, OutPost:
		mode = addPathSend
	case Loc:
		mode = addPathReceive | addPathSend
	}
	for f, v := range e.All() {
		if f != FieldStateless || !isCapability(v.Value) || bgp.CapCode(v.Value[0]) != bgp.CapAddPath {
			continue
		}
		if !said {
			said, ctx.AddPath, ctx.AddPathUnknown = true, 0, false
		}
		for b := v.Value[2:]; len(b) >= 4; b = b[4:] {
			if b[3]&mode != 0 {
				ctx.AddPath = ctx.AddPath.With(inet.NewFamily(inet.AFI(binary.BigEndian.Uint16(b)), inet.SAFI(b[2])))
			}
		}
	}
	return said
}

// judge notes whether the indexes can be matched.
func (e *Extras) judge(u *bgp.Update) {
	if e == nil {
		return
	}
	f := u.Verdict.Fault
	e.broken = f == bgp.FaultNLRI || f == bgp.FaultMPNLRI || u.Verdict.Action == bgp.Reset
}
