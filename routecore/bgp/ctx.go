package bgp

import (
	"example.com/rotonda/routecore/inet"
)

// Ctx is what a direction of a session settled and an UPDATE does not say about
// itself. It is a comparable value of 32 octets, passed by value. The zero value
// is an external session with 2-octet AS numbers and nothing negotiated.
type Ctx struct {
	Families FamilySet // negotiated for routes (RFC 4760); informative, the parser reads every family
	AddPath  FamilySet // path identifiers stand before the NLRI (RFC 7911)
	ExtNH    FamilySet // IPv6 next hops may go with IPv4 NLRI (RFC 8950); for building

	// MaxLen is the longest message in octets, 4096 or 65535; 0 means 4096.
	MaxLen uint16

	// Labels are the families in which more than one label may stand before a
	// prefix (RFC 8277 §2.1); in the others the first is the only one (§2.2), which
	// [NLRI.OneLabel] says. With Monitor it does not count.
	Labels LabelSet

	ASN4   bool // AS numbers have 4 octets (RFC 6793)
	IBGP   bool // both ends are in one AS
	Confed bool // the peer is in our confederation (RFC 5065)

	// Monitor says that we are not an end of the session (BMP, MRT): attributes that
	// are meant for internal sessions stay, and an AS_PATH that only makes sense
	// with the other width of AS numbers is read so.
	Monitor bool
	// AddPathUnknown asks for a guess whether path identifiers are there, in every
	// family outside AddPath. The guess is reported by [Update.Guessed].
	AddPathUnknown bool
}

// MonitorCtx is the context for UPDATEs of which nothing is known but the width
// of AS numbers.
func MonitorCtx(asn4 bool) Ctx {
	return Ctx{ASN4: asn4, Monitor: true, MaxLen: MaxExtMessage, Labels: ^LabelSet(0)}
}

// max returns MaxLen with its default.
func (c Ctx) max() int {
	if c.MaxLen == 0 {
		return MaxMessage
	}
	return int(c.MaxLen)
}

// Negotiate derives the contexts of a session from the OPENs of both ends: recv
// for what remote sends to local, send for what local sends to remote.
//
// ADD-PATH counts where the sender said send and the receiver said receive (RFC
// 7911 §4). An IPv6 next hop for IPv4 routes may be sent to whoever announced
// that it can take it (RFC 8950 §4). Extended messages want both (RFC 8654 §4), and
// so do several labels (RFC 8277 §2.1).
func Negotiate(local, remote Open) (recv, send Ctx) {
	both := Ctx{
		ASN4:     local.Has(CapASN4) && remote.Has(CapASN4),
		IBGP:     local.ASN() == remote.ASN(),
		Families: local.Families() & remote.Families(),
		MaxLen:   MaxMessage,
		Labels:   local.labelSet() & remote.labelSet(),
	}
	if local.Has(CapExtendedMessage) && remote.Has(CapExtendedMessage) {
		both.MaxLen = MaxExtMessage
	}
	recv, send = both, both
	l, r := local.AddPath(), remote.AddPath()
	recv.AddPath = l.Receive & r.Send
	send.AddPath = l.Send & r.Receive
	recv.ExtNH = local.ExtendedNextHop()
	send.ExtNH = remote.ExtendedNextHop()
	return recv, send
}

// AddPathSets are the families of an ADD-PATH capability by direction, from the
// view of the speaker that announced it.
type AddPathSets struct{ Receive, Send FamilySet }

// oneLabel tells whether NLRI of f have exactly one label.
func (c Ctx) oneLabel(f inet.Family) bool {
	return !c.Monitor && labelBit(f)&^c.Labels != 0
}

// addPath tells how the NLRI of f are read where no guess is needed.
func (c Ctx) addPath(f inet.Family) bool { return c.AddPath.Has(f) }
