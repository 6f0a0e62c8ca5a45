package bmp

import (
	"bytes"
	"strings"

	"example.com/rotonda/routecore/bgp"
)

// Phase is how far a router's session has come.
type Phase uint8

// The phases.
const (
	Initiating Phase = iota // nothing came, or no Initiation yet
	Dumping                 // tables are being sent
	Updating                // every End-of-RIB that was to be expected came
	Terminated              // a Termination came
)

// String returns the name in lower case.
func (p Phase) String() string {
	return [...]string{"initiating", "dumping", "updating", "terminated"}[p]
}

// Station is what a monitoring station knows about one connection of one
// router. Make it with [NewStation]; it is not for concurrent use and starts nothing.
//
//	               Initiation
//	Initiating ───────────────▶ Dumping ──all End-of-RIBs──▶ Updating
//	     │  any other message      ▲            new peer        │
//	     └─────────(noted)─────────┴────────────────────────────┘
//	                     Termination from anywhere ─▶ Terminated
type Station struct {
	Name  string   // sysName; several are joined with "|"
	Descr string   // sysDescr
	Info  []string // free text from the router
	Phase Phase

	// CodePoints is how TLVs of version 4 are numbered; by default it is found out. Set
	// it before the first Step.
	CodePoints Revision

	// MaxPeers bounds the peers that are up at once; 0 means [DefaultMaxPeers]. Messages
	// about further ones are invalid.
	MaxPeers int

	// Counters since the start.
	Messages  [typeCount]uint64
	Snapshots uint64 // Snapshot messages
	Unknown   uint64 // messages of types without a name
	Invalid   uint64
	Soft      uint64 // updates that were read only after their context was corrected
	StatCount uint64 // single statistics
	Mirrored  uint64 // BGP messages in Route Mirroring

	peers  map[PeerKey]*Peer
	order  []*Peer // nil where one went down
	last   *Peer   // the one that the previous message was about
	update bgp.Update
	extras Extras
	stats  []Stat
	found  Revision // of the code points, RevisionAuto while it does not matter

	saidLate bool

	// Views that wait for an End-of-RIB, and that had one. They are counted so that no
	// message costs a look at all peers.
	pending, ended int
}

// DefaultMaxPeers is how many peers of one router are followed at once.
const DefaultMaxPeers = 1 << 16

// NewStation returns the state of a connection just made.
func NewStation() *Station { return &Station{peers: make(map[PeerKey]*Peer)} }

// Peers returns the peers that are up, in the order in which they came.
func (s *Station) Peers() []*Peer {
	out := make([]*Peer, 0, len(s.peers))
	for _, p := range s.order {
		if p != nil {
			out = append(out, p)
		}
	}
	return out
}

// Step takes one message and appends what it asks for to dst. It never fails:
// what cannot be understood becomes an [ActInvalid], and the stream goes on.
func (s *Station) Step(dst []Action, m Message) []Action {
	if m.Type == Snapshot && m.Version == Version4 {
		return s.stepSnapshot(dst, m)
	}
	if m.Type >= typeCount {
		s.Unknown++
		return dst
	}
	s.Messages[m.Type]++
	if s.Phase == Terminated {
		return s.invalid(dst, fault(5, "%s after the Termination", m.Type))
	}
	if m.Type == Initiation {
		return s.stepInitiation(dst, m)
	}
	if m.Type == Termination {
		return s.stepTermination(dst, m)
	}
	if s.Phase == Initiating {
		s.Phase = Dumping
		dst = append(dst, Action{Kind: ActNotice, Text: "the stream starts without an Initiation message; going on without the router's name"})
	}
	body := m.Body()
	if len(body) < PeerHeaderLen {
		return s.invalid(dst, fault(HeaderLen, "peer header: short by %d octets", PeerHeaderLen-len(body)))
	}
	switch m.Type {
	case RouteMonitoring:
		return s.stepRoutes(dst, m.Version, body)
	case PeerUp:
		return s.stepPeerUp(dst, body)
	case PeerDown:
		return s.stepPeerDown(dst, m.Version, body)
	case StatsReport:
		return s.stepStats(dst, m.Version, body)
	}
	return s.stepMirror(dst, body)
}

func (s *Station) invalid(dst []Action, err error) []Action {
	s.Invalid++
	return append(dst, Action{Kind: ActInvalid, Err: err})
}

func (s *Station) stepInitiation(dst []Action, m Message) []Action {
	if s.Phase == Initiating {
		s.Phase = Dumping
	}
	tlvs := TLVs(m.Body())
	if err := tlvs.errAt(HeaderLen); err != nil {
		dst = s.invalid(dst, err)
	}
	var names []string
	for v := range tlvs.All() {
		switch v.Type {
		case InitSysName:
			names = append(names, string(v.Value))
		case InitSysDescr:
			s.Descr = string(v.Value)
		case InitString:
			s.Info = append(s.Info[:min(len(s.Info), 15)], string(v.Value))
		}
	}
	if len(names) > 0 {
		s.Name = strings.Join(names, "|")
	}
	return append(dst, Action{Kind: ActRouter})
}

func (s *Station) stepTermination(dst []Action, m Message) []Action {
	tlvs := TLVs(m.Body())
	if err := tlvs.errAt(HeaderLen); err != nil {
		dst = s.invalid(dst, err)
	}
	var parts []string
	for v := range tlvs.All() {
		switch {
		case v.Type == TermReason && len(v.Value) == 2:
			parts = append(parts, TerminationText(uint16(v.Value[0])<<8|uint16(v.Value[1])))
		case v.Type == TermString:
			parts = append(parts, string(v.Value))
		}
	}
	dst = s.Close(dst, "the router ended the session")
	s.Phase = Terminated
	return append(dst, Action{Kind: ActTermination, Text: strings.Join(parts, "; ")})
}

// Close takes all views down, for a connection that ended: reason becomes the
// text of each [ActPeerDown].
func (s *Station) Close(dst []Action, reason string) []Action {
	for _, p := range s.order {
		if p != nil {
			dst = s.down(dst, p, reason, 0)
		}
	}
	clear(s.peers)
	s.order, s.last = nil, nil
	return dst
}

func (s *Station) down(dst []Action, p *Peer, reason string, time int64) []Action {
	for i, v := range p.views {
		if v != nil {
			s.count(v, -1)
			dst = append(dst, Action{Kind: ActPeerDown, Peer: p, View: v, Text: reason, Time: time})
			p.views[i] = nil
		}
	}
	return dst
}

// find returns the peer of the header at the start of body, or nil. Messages of
// one peer come in runs, so that the look-up is rare.
func (s *Station) find(body []byte) *Peer {
	if p := s.last; p != nil && p.key[0] == body[0] && bytes.Equal(p.key[1:], body[2:34]) {
		return p
	}
	p := s.peers[keyOf(body)]
	if p != nil {
		s.last = p
	}
	return p
}

// count adds a view to what is counted of them, or takes it out before a change.
func (s *Station) count(v *PeerView, by int) {
	if v.pending != 0 {
		s.pending += by
	}
	if v.ended != 0 {
		s.ended += by
	}
}

// full reports whether there is room for no more peers.
func (s *Station) full() bool {
	limit := s.MaxPeers
	if limit == 0 {
		limit = DefaultMaxPeers
	}
	return len(s.peers) >= limit
}

func (s *Station) add(h PeerHeader) *Peer {
	p := &Peer{Header: h, key: h.Key(), at: len(s.order)}
	s.peers[p.key] = p
	s.order = append(s.order, p)
	s.last = p
	return p
}

// remove forgets a peer. Its place in the order is closed when half of them are empty.
func (s *Station) remove(p *Peer) {
	delete(s.peers, p.key)
	s.order[p.at], s.last = nil, nil
	if len(s.order) < 2*len(s.peers)+16 {
		return
	}
	s.order = s.Peers()
	for i, q := range s.order {
		q.at = i
	}
}

func (s *Station) stepPeerUp(dst []Action, body []byte) []Action {
	h, rest, _ := ParsePeerHeader(body)
	up, err := ParsePeerUp(h, rest)
	if err != nil {
		return s.invalid(dst, err)
	}
	if err := up.Info.errAt(HeaderLen + len(body) - len(up.Info)); err != nil {
		dst = s.invalid(dst, err)
	}
	p := s.find(body)
	completed := p != nil && p.Incomplete
	switch {
	case p == nil && s.full():
		return s.invalid(dst, fault(HeaderLen, "peer up for %s: %d peers are up, which is the limit", h.Addr, len(s.peers)))
	case p == nil:
		p = s.add(h)
	case completed:
		p.Incomplete = false
	case p.anew(h.View(), up):
		// A session that went down unseen. Routers also repeat the message as it
		// was, once for each view.
		dst = s.down(dst, p, "the session was set up anew", h.Time)
	default:
		p.name(up)
		return s.openView(dst, p, h)
	}
	p.learn(h, up)
	if s.Phase == Updating {
		s.Phase = Dumping
	}
	for _, v := range p.Views() {
		p.context(v)
		if completed {
			dst = append(dst, Action{Kind: ActPeerUp, Peer: p, View: v, Time: h.Time})
		}
	}
	return s.openView(dst, p, h)
}

// openView puts the view of a Peer Up up unless it is.
func (s *Station) openView(dst []Action, p *Peer, h PeerHeader) []Action {
	view := h.View()
	if p.views[view] == nil {
		dst = append(dst, Action{Kind: ActPeerUp, Peer: p, View: p.open(view), Time: h.Time})
	}
	p.views[view].Filtered = h.Filtered()
	return dst
}

// anew reports whether a Peer Up is of another session than the one that is up:
// it has other OPENs, or comes again for a view from another port.
func (p *Peer) anew(view View, up PeerUpMessage) bool {
	if !bytes.Equal(p.Up.Sent, up.Sent) || !bytes.Equal(p.Up.Received, up.Received) {
		return true
	}
	moved := p.Up.LocalPort != up.LocalPort || p.Up.RemotePort != up.RemotePort
	return moved && p.views[view] != nil && p.Up.RemotePort != 0 && up.RemotePort != 0
}

// learn keeps what a Peer Up says about the session.
func (p *Peer) learn(h PeerHeader, up PeerUpMessage) {
	p.Up = up
	p.Up.Sent, p.Up.Received = bytes.Clone(up.Sent), bytes.Clone(up.Received)
	p.Up.Info = bytes.Clone(up.Info)
	p.name(up)
	p.widthSaid = false
	sent, received := p.Opens()
	p.EoRCapable = received.Has(bgp.CapGracefulRestart)
	p.recv, p.send = bgp.Negotiate(sent, received)
	if h.Type == LocRIBPeer {
		// Both OPENs are made up (RFC 9069 §5.2): what either of them offers is meant.
		a, b := sent.AddPath(), received.AddPath()
		p.recv.AddPath = a.Send | a.Receive | b.Send | b.Receive
	}
}

// name keeps what the TLVs of a Peer Up say.
func (p *Peer) name(up PeerUpMessage) {
	if v, ok := up.Info.Find(PeerTableName); ok {
		p.Table = string(v)
	}
	if v, ok := up.Info.Find(PeerAdminLabel); ok {
		p.AdminLabel = string(v)
	}
}

func (p *Peer) open(view View) *PeerView {
	v := &PeerView{Peer: p, View: view}
	p.views[view] = v
	p.context(v)
	return v
}

// context sets how updates of the view are read: as the router received them,
// or as it sent them (RFC 7854 §5, RFC 8671 §5).
func (p *Peer) context(v *PeerView) {
	switch {
	case p.Incomplete:
		v.Ctx = bgp.MonitorCtx(true)
		v.Ctx.AddPathUnknown = true
		return
	case v.out():
		v.Ctx = p.send
	default:
		v.Ctx = p.recv
	}
	v.Ctx.Monitor = true
	v.Guessed = v.Ctx.AddPathUnknown
}

// guess gives up what the OPENs say about path identifiers in the direction of v.
func (p *Peer) guess(v *PeerView) {
	ctx := &p.recv
	if v.out() {
		ctx = &p.send
	}
	ctx.AddPath, ctx.AddPathUnknown = 0, true
	for _, w := range p.views {
		if w != nil && w.out() == v.out() {
			p.context(w)
		}
	}
}

func (s *Station) stepPeerDown(dst []Action, version uint8, body []byte) []Action {
	h, rest, _ := ParsePeerHeader(body)
	down, err := parsePeerDown(version, rest)
	if err != nil {
		// That the peer is gone is clear all the same.
		dst = s.invalid(dst, err)
	} else if err := down.Info.errAt(HeaderLen + len(body) - len(down.Info)); err != nil {
		dst = s.invalid(dst, err)
	}
	p := s.find(body)
	if p == nil {
		if err != nil {
			return dst
		}
		return s.invalid(dst, odd(HeaderLen, "peer down for %s, which was not up", h.Addr))
	}
	dst = s.down(dst, p, down.String(), h.Time)
	s.remove(p)
	s.settle()
	return dst
}

// settle goes to Updating when no End-of-RIB is awaited any more.
func (s *Station) settle() {
	if s.Phase == Dumping && s.pending == 0 && s.ended > 0 {
		s.Phase = Updating
	}
}
