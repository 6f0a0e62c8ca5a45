package bgp

import (
	"encoding/binary"
	"net/netip"

	"example.com/rotonda/routecore/inet"
)

// Export is how stored attributes are told to one peer: who we are, who the peer
// is, and the few choices that RFCs leave open. It is a plain value; all it does is
// pure. The width of AS numbers is not its business: [AppendUpdates] adds AS4_PATH
// and AS4_AGGREGATOR for a peer with two octets.
type Export struct {
	Local  inet.ASN // our AS number on this session; a confederation's outside of it
	IBGP   bool     // the peer is in our AS
	Confed bool     // the peer is in another member AS of our confederation

	// Member is our member AS number within a confederation, for Confed.
	Member inet.ASN

	// NextHop is our address on this session. It is put in for external peers, and
	// for internal ones with Self; where it is not valid, or with KeepNextHop, the
	// next hop stays.
	NextHop     netip.Addr
	Self        bool
	KeepNextHop bool

	Transparent bool   // a route server: no AS number in front, next hop and MED stay (RFC 7947 §2.2)
	KeepMED     bool   // MULTI_EXIT_DISC goes to external peers too
	KeepAIGP    bool   // AIGP is enabled on this external session (RFC 7311 §3.3)
	Preference  uint32 // LOCAL_PREF for internal peers where the route has none

	// Reflect passes routes from internal peers on to internal peers, with
	// ORIGINATOR_ID and Cluster in front of CLUSTER_LIST (RFC 4456 §8).
	Reflect bool
	Cluster uint32

	Role    Role // our role on the session (RFC 9234)
	HasRole bool
}

// Source is where the route came from.
type Source struct {
	IBGP  bool     // from inside the AS
	Local bool     // made here: it has no peer
	ID    uint32   // BGP identifier of the peer, for ORIGINATOR_ID
	Peer  inet.ASN // AS number of the peer
	AIGP  bool     // AIGP is enabled on the external session it came from (RFC 7311 §3.3)
}

// passesAIGP tells whether an AIGP goes further at all.
func (s Source) passesAIGP() bool { return s.IBGP || s.Local || s.AIGP }

// Withhold is why a route is not told to a peer.
type Withhold uint8

// The reasons; WithholdNone sends the route.
const (
	WithholdNone      Withhold = iota
	WithholdCommunity          // NO_ADVERTISE, NO_EXPORT or NO_EXPORT_SUBCONFED
	WithholdInternal           // from an internal peer, to an internal peer, and we reflect nothing
	WithholdLeak               // Only to Customer
	WithholdPath               // there is no AS_PATH to put our number in
)

var withholds = [...]struct{ text, rfc string }{
	WithholdNone:      {"", ""},
	WithholdCommunity: {"a well-known community keeps the route here", "RFC 1997"},
	WithholdInternal:  {"from an internal peer to an internal peer", "RFC 4271 §9.2"},
	WithholdLeak:      {"Only to Customer", "RFC 9234 §5"},
	WithholdPath:      {"no AS_PATH", "RFC 4271 §5.1.2"},
}

// String says why, "" for WithholdNone.
func (w Withhold) String() string {
	if int(w) >= len(withholds) {
		return "unknown"
	}
	return withholds[w].text
}

// RFC names the section with the rule, "" for WithholdNone.
func (w Withhold) RFC() string {
	if int(w) >= len(withholds) {
		return ""
	}
	return withholds[w].rfc
}

// Check tells whether a route of family f may be told to the peer at all.
func (e Export) Check(a Attrs, f inet.Family, from Source) Withhold {
	_, path := a.Get(AttrASPath)
	switch {
	case !path && !from.Local:
		return WithholdPath
	case a.HasCommunity(NoAdvertise),
		!e.IBGP && !e.Confed && a.HasCommunity(NoExport),
		!e.IBGP && a.HasCommunity(NoExportSubconfed):
		return WithholdCommunity
	case e.IBGP && from.IBGP && !from.Local && !e.Reflect:
		return WithholdInternal
	case e.HasRole && e.Role.OTCEgress(f, a) == OTCLeak:
		return WithholdLeak
	}
	return WithholdNone
}

// exportOwn are the attributes that an export may add, ascending.
var exportOwn = [...]AttrCode{AttrASPath, AttrNextHop, AttrLocalPref, AttrOriginatorID, AttrClusterList, AttrOTC}

// AppendAttrs appends the attributes as the peer is to get them, in canonical form,
// for a route that [Export.Check] lets out:
//
//   - of attributes that are not understood here, transitive ones go on with the
//     Partial bit and the others stay behind (RFC 4271 §5);
//   - to external peers our AS number comes in front and confederation segments go
//     (RFC 4271 §5.1.2, RFC 5065 §4.1), and LOCAL_PREF, MULTI_EXIT_DISC, AIGP and
//     non-transitive extended communities stay behind;
//   - AIGP goes no further from an external session on which it is not enabled;
//   - ORIGINATOR_ID and CLUSTER_LIST never leave the AS, nor the member AS of a
//     confederation;
//   - internal peers get a LOCAL_PREF, and reflected routes their history;
//   - the next hop is ours where the choices in e say so;
//   - Only to Customer is added where our role wants it.
func (e Export) AppendAttrs(dst []byte, a Attrs, f inet.Family, from Source) []byte {
	start := len(dst)
	dst = beginAttrs(dst)
	own := exportOwn[:]
	b := a.entries()
	for t, rest, ok := nextEntry(b); ok; t, rest, ok = nextEntry(rest) {
		for len(own) > 0 && own[0] < t.Code {
			dst = e.appendOwn(dst, Attr{Code: own[0]}, false, a, f, from)
			own = own[1:]
		}
		if len(own) > 0 && own[0] == t.Code {
			dst = e.appendOwn(dst, t, true, a, f, from)
			own = own[1:]
			continue
		}
		dst = e.appendOther(dst, t, from)
	}
	for _, code := range own {
		dst = e.appendOwn(dst, Attr{Code: code}, false, a, f, from)
	}
	return endAttrs(dst, start)
}

// outside tells that the peer is neither in our AS nor in our confederation.
func (e Export) outside() bool { return !e.IBGP && !e.Confed }

// appendOther appends an attribute that an export never adds. Whoever makes a route
// does not mark its attributes as partial.
func (e Export) appendOther(dst []byte, t Attr, from Source) []byte {
	info := &attrTable[t.Code]
	switch {
	case !info.known():
		if t.Flags&FlagTransitive == 0 {
			return dst
		}
		if !from.Local {
			t.Flags |= FlagPartial
		}
	case t.Code == AttrMED && e.outside() && !e.KeepMED && !e.Transparent,
		t.Code == AttrAIGP && (e.outside() && !e.KeepAIGP || !from.passesAIGP()),
		t.Code == AttrBGPsecPath:
		return dst
	case t.Code == AttrExtCommunities && e.outside():
		return appendTransitive(dst, t, 8)
	case t.Code == AttrIPv6ExtComm && e.outside():
		return appendTransitive(dst, t, 20)
	}
	return appendEntry(dst, t.Code, t.Flags, t.Value)
}

// appendTransitive appends the communities that may cross the border of an AS, and
// nothing where there are none (RFC 4360 §6).
func appendTransitive(dst []byte, t Attr, size int) []byte {
	from := len(dst)
	dst = beginEntry(dst, t.Code, t.Flags)
	for v := t.Value; len(v) >= size; v = v[size:] {
		if v[0]&0x40 == 0 {
			dst = append(dst, v[:size]...)
		}
	}
	if len(dst) == from+entryHeader {
		return dst[:from]
	}
	return endEntry(dst, from)
}

// appendOwn appends an attribute of exportOwn; has tells whether the route has it.
func (e Export) appendOwn(dst []byte, t Attr, has bool, a Attrs, f inet.Family, from Source) []byte {
	at := len(dst)
	switch t.Code {
	case AttrASPath:
		dst = beginEntry(dst, AttrASPath, wellKnown)
		return endEntry(e.appendPath(dst, ASPath(t.Value)), at)
	case AttrNextHop:
		return e.appendNextHop(dst, t, has, f, from)
	case AttrLocalPref:
		if !e.outside() && !has {
			dst = beginEntry(dst, AttrLocalPref, wellKnown)
			return endEntry(binary.BigEndian.AppendUint32(dst, e.Preference), at)
		}
	case AttrOriginatorID:
		if e.reflects(from) && !has {
			dst = beginEntry(dst, AttrOriginatorID, optNonTransitive)
			return endEntry(binary.BigEndian.AppendUint32(dst, from.ID), at)
		}
	case AttrClusterList:
		if e.reflects(from) {
			dst = beginEntry(dst, AttrClusterList, optNonTransitive)
			dst = binary.BigEndian.AppendUint32(dst, e.Cluster)
			return endEntry(append(dst, t.Value...), at)
		}
	case AttrOTC:
		if e.HasRole && e.Role.OTCEgress(f, a) == OTCAdd {
			dst = beginEntry(dst, AttrOTC, optTransitive)
			return endEntry(binary.BigEndian.AppendUint32(dst, uint32(e.Local)), at)
		}
	}
	if !has || attrTable[t.Code].internal && !(Ctx{IBGP: e.IBGP, Confed: e.Confed}).inside(t.Code) {
		return dst
	}
	return appendEntry(dst, t.Code, t.Flags, t.Value)
}

func (e Export) reflects(from Source) bool { return e.IBGP && e.Reflect && from.IBGP && !from.Local }

// appendPath appends the path for the peer.
func (e Export) appendPath(dst []byte, p ASPath) []byte {
	switch {
	case e.IBGP || e.Confed && e.Transparent:
		return append(dst, p...)
	case e.Confed:
		return appendConfed(dst, p, e.Member)
	}
	from := len(dst)
	for s, rest, ok := p.next(); ok; s, rest, ok = rest.next() {
		if s.Type != ASConfedSequence && s.Type != ASConfedSet {
			dst = append(append(dst, byte(s.Type), byte(s.ASNs.Len())), s.ASNs...)
		}
	}
	if e.Transparent {
		return dst
	}
	return prependInPlace(dst, from, ASSequence, e.Local)
}

func appendConfed(dst []byte, p ASPath, member inet.ASN) []byte {
	from := len(dst)
	return prependInPlace(append(dst, p...), from, ASConfedSequence, member)
}

// prependInPlace puts asn in front of the path that stands in dst from there: into
// its first segment where that is of the type and has room, else into a new one. A
// path that is too long for that stays: it fits into no message either.
func prependInPlace(dst []byte, from int, typ SegmentType, asn inet.ASN) []byte {
	if len(dst)-from > maxPath-6 {
		return dst
	}
	if len(dst) > from+1 && SegmentType(dst[from]) == typ && dst[from+1] < 255 {
		dst = append(dst, 0, 0, 0, 0)
		copy(dst[from+6:], dst[from+2:])
		dst[from+1]++
	} else {
		dst = append(dst, 0, 0, 0, 0, 0, 0)
		copy(dst[from+6:], dst[from:])
		dst[from], dst[from+1] = byte(typ), 1
	}
	binary.BigEndian.PutUint32(dst[from+2:], uint32(asn))
	return dst
}

// appendNextHop appends our address or what the route has. FlowSpec has none.
func (e Export) appendNextHop(dst []byte, t Attr, has bool, f inet.Family, from Source) []byte {
	self := e.Self || from.Local && !has || !e.IBGP && !e.Confed
	if !self || e.KeepNextHop || e.Transparent || !e.NextHop.IsValid() || flow(f) {
		if !has {
			return dst
		}
		return appendEntry(dst, t.Code, t.Flags, t.Value)
	}
	at := len(dst)
	dst = beginEntry(dst, AttrNextHop, wellKnown)
	return endEntry(inet.AppendAddr(dst, e.NextHop), at)
}
