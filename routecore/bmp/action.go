package bmp

import (
	"example.com/rotonda/routecore/bgp"
)

// ActionKind says what the owner of a [Station] has to do.
type ActionKind uint8

// The kinds of actions.
const (
	// ActRouter: the names of the router are known or changed ([Station].Name, Descr).
	ActRouter ActionKind = iota
	// ActPeerUp: View is up. Its peer has both OPENs, or is marked incomplete. It comes
	// again when an incomplete peer becomes complete.
	ActPeerUp
	// ActRoutes: Update, parsed in the context of View, came at Time. It may be an
	// End-of-RIB, and its verdict may be bad.
	ActRoutes
	// ActPeerDown: View is gone with all its routes; Text says why.
	ActPeerDown
	// ActTermination: the router ends the session; Text says why. All views went before.
	ActTermination
	// ActNotice: Text is worth a line in the log, once. Peer may be nil.
	ActNotice
	// ActInvalid: Err says what is wrong with the message. The stream goes on.
	ActInvalid
	// ActStats: the router reports Stats about Peer and View, which are nil where
	// they are not up.
	ActStats
	// ActMirror: the router shows messages as it received them, in TLVs, or says that
	// it lost some. They may be malformed and are no source of routes (RFC 7854 §6). Raw is
	// the first message, Text the information codes. Peer and View may be nil.
	ActMirror
	// ActSnapshot: a copy of the router's state begins or ends; Raw is what names it
	// (draft-lucente-grow-bmp-offline).
	ActSnapshot
)

var actionNames = [...]string{"router", "peer up", "routes", "peer down", "termination", "notice", "invalid", "stats", "mirror", "snapshot"}

// String returns the name in lower case: "peer up".
func (k ActionKind) String() string {
	if int(k) < len(actionNames) {
		return actionNames[k]
	}
	return "unknown action"
}

// Action is one thing to do. What it points to is valid until the next Step;
// Peer and View live as long as they are up.
type Action struct {
	Kind   ActionKind
	Peer   *Peer
	View   *PeerView
	Update *bgp.Update
	Extras *Extras // of ActRoutes in version 4; its methods work on nil
	Raw    []byte  // the whole BGP message of ActRoutes
	Stats  []Stat
	TLVs   TLVs
	Time   int64 // of the per-peer header, Unix microseconds; 0 is unknown
	Text   string
	Err    error
}

// Peer is one monitored session, or the Loc-RIB of one instance.
type Peer struct {
	Header     PeerHeader // as first seen; flags and time mean nothing here
	Up         PeerUpMessage
	Table      string // VRF or table name (RFC 9069 §4.3)
	AdminLabel string
	// Incomplete says that routes came without a Peer Up: the stream was joined late.
	Incomplete bool
	EoRCapable bool // the monitored peer announced graceful restart

	key       PeerKey
	at        int // in the order of the station
	views     [viewCount]*PeerView
	recv      bgp.Ctx
	send      bgp.Ctx
	widthSaid bool
}

// PeerView is one RIB of a peer.
type PeerView struct {
	Peer *Peer
	View View
	Ctx  bgp.Ctx
	// Owner is for whoever owns the station: a lease, a counter. The station
	// never looks at it.
	Owner any

	// Guessed says that path identifiers are guessed, because the OPENs do not tell
	// the truth about them.
	Guessed bool
	// Filtered says that a Loc-RIB is shown in part: the F flag of the latest message.
	Filtered bool

	pending bgp.FamilySet // announced, End-of-RIB not seen
	ended   bgp.FamilySet
}

// out reports whether the view is of what the router sends.
func (v *PeerView) out() bool { return v.View == OutPre || v.View == OutPost }

// Ended returns the families whose End-of-RIB came.
func (v *PeerView) Ended() bgp.FamilySet { return v.ended }

// Pending returns the families that have routes and no End-of-RIB yet.
func (v *PeerView) Pending() bgp.FamilySet { return v.pending }

// Views yields nothing but the views that are up, in the order of [View].
func (p *Peer) Views() []*PeerView {
	var out []*PeerView
	for _, v := range p.views {
		if v != nil {
			out = append(out, v)
		}
	}
	return out
}

// Opens returns the OPENs of the session, read as far as they can be: the one
// that the router sent, and the one it received.
func (p *Peer) Opens() (sent, received bgp.Open) {
	if len(p.Up.Sent) < bgpHeaderLen || len(p.Up.Received) < bgpHeaderLen {
		return bgp.Open{}, bgp.Open{}
	}
	// Capabilities that cannot be read are no reason to lose a peer: what came
	// before them counts.
	sent, _ = bgp.ParseOpen(p.Up.Sent[bgpHeaderLen:])
	received, _ = bgp.ParseOpen(p.Up.Received[bgpHeaderLen:])
	return sent, received
}

// ViewOf returns the view that a message is about, nil where it is not up or the
// message has no peer, or s is nil.
func (s *Station) ViewOf(m Message) *PeerView {
	body := m.Body()
	if s == nil || !m.Type.HasPeer() || len(body) < PeerHeaderLen {
		return nil
	}
	p := s.find(body)
	if p == nil {
		return nil
	}
	return p.views[viewOf(PeerType(body[0]), body[1])]
}

// Update returns the whole BGP message inside a Route Monitoring message of either
// version and the context to read it in: that of the view where Station knows it, else
// one that guesses. ok is false for other messages and those that hold none.
func (m Message) Update() (raw []byte, ctx bgp.Ctx, ok bool) {
	body := m.Body()
	if m.Type != RouteMonitoring || len(body) < PeerHeaderLen {
		return nil, ctx, false
	}
	typ, flags := PeerType(body[0]), body[1]
	ctx = bgp.MonitorCtx(true)
	ctx.AddPathUnknown = true
	var extras *Extras
	raw = body[PeerHeaderLen:]
	if m.Version == Version4 {
		extras = &Extras{tlvs: raw}
		if m.Station != nil {
			extras.Revision = max(m.Station.CodePoints, m.Station.found)
		}
		if extras.Revision == RevisionAuto {
			extras.Revision, _ = DetectRevision(extras.tlvs)
		}
		v, _ := extras.Find(FieldMessage)
		raw = v.Value
	}
	if v := m.Station.ViewOf(m); v != nil {
		ctx = v.Ctx
	}
	ctx.ASN4 = typ == LocRIBPeer || flags&FlagAS2 == 0
	extras.apply(&ctx, viewOf(typ, flags))
	_, whole := bgpLength(raw)
	return raw, ctx, whole
}
