package mrt

import (
	"example.com/rotonda/routecore/bgp"
)

// Sessions follows a message log, so that each UPDATE is read with what its
// speakers agreed on. It knows the subtype of the record and, where the log has
// them, the OPENs of both ends: some writers put path identifiers into messages
// whose subtype has none. The zero value is ready. It is not for concurrent use.
type Sessions struct {
	// Guess asks for path identifiers that nobody announced also where the NLRI read
	// well without, but as they hardly ever are: see [Doubtful]. Otherwise records
	// are taken at their word unless their NLRI cannot be read at all.
	Guess bool

	known map[Session]*session
	last  *session
}

type session struct {
	key          Session
	peer, local  bgp.Open
	hasPeer      bool
	hasLocal     bool
	toUs, fromUs bgp.Ctx
	settled      bool
	sentOpen     []byte // bodies, for whoever wants to show them
	receivedOpen []byte
}

// allFamilies has every bit that a family could have.
const allFamilies = ^bgp.FamilySet(0)

// Learn looks at a message that is no UPDATE: an OPEN tells how UPDATEs are read.
func (s *Sessions) Learn(m *Message) {
	if m.Kind == kindOpen {
		s.learn(m)
	}
}

// ParseUpdate reads the UPDATE in m into u. Where nobody said whether path
// identifiers are there, they are looked for only if the NLRI make no sense without;
// [bgp.Update.Guessed] then says so.
func (s *Sessions) ParseUpdate(u *bgp.Update, m *Message) {
	ctx := bgp.MonitorCtx(m.AS4)
	ctx.IBGP = m.PeerAS == m.LocalAS
	known := s.find(m.Session)
	unsettled := false
	switch {
	case m.AddPath:
		ctx.AddPath = allFamilies
	case known == nil || !known.settled:
		unsettled = true
	case m.Sent:
		ctx.AddPath = known.fromUs.AddPath
	default:
		ctx.AddPath = known.toUs.AddPath
	}
	bgp.ParseUpdate(u, m.Body, ctx)
	if !unsettled || !nlriFault(u) && !(s.Guess && Doubtful(u)) {
		return
	}
	ctx.AddPathUnknown = true
	if bgp.ParseUpdate(u, m.Body, ctx); nlriFault(u) {
		ctx.AddPathUnknown = false
		bgp.ParseUpdate(u, m.Body, ctx)
	}
}

func nlriFault(u *bgp.Update) bool {
	return u.Verdict.Fault == bgp.FaultNLRI || u.Verdict.Fault == bgp.FaultMPNLRI
}

// Doubtful reports whether NLRI of u, which read well without path identifiers,
// start with the default route and have more behind it: most such runs are path
// identifiers below 2^24.
func Doubtful(u *bgp.Update) bool {
	if startsWithDefault(u.Announced()) || startsWithDefault(u.Withdrawn()) {
		return true
	}
	if n, ok := u.MPReach(); ok && startsWithDefault(n) {
		return true
	}
	n, ok := u.MPUnreach()
	return ok && startsWithDefault(n)
}

func startsWithDefault(n bgp.NLRI) bool {
	return !n.AddPath && n.Family.IsPrefix() && len(n.Bytes) > 4 && n.Bytes[0] == 0
}

// Opens returns the bodies of the last OPENs that the collector sent and
// received in a session, nil where the log has none.
func (s *Sessions) Opens(key Session) (sent, received []byte) {
	if known := s.find(key); known != nil {
		return known.sentOpen, known.receivedOpen
	}
	return nil, nil
}

func (s *Sessions) find(key Session) *session {
	if s.last != nil && s.last.key == key {
		return s.last
	}
	known := s.known[key]
	if known != nil {
		s.last = known
	}
	return known
}

// learn keeps an OPEN. Writers without the _LOCAL subtypes log both directions
// alike, so that the AS number, and in one AS the order, has to tell whose it is.
func (s *Sessions) learn(m *Message) {
	body := append([]byte(nil), m.Body...)
	open, err := bgp.ParseOpen(body)
	if err != nil && len(open.Caps) == 0 {
		return
	}
	known := s.find(m.Session)
	if known == nil {
		known = &session{key: m.Session}
		if s.known == nil {
			s.known = make(map[Session]*session)
		}
		s.known[m.Session] = known
	}
	ours := m.Sent
	if !ours {
		asn := open.ASN()
		if m.PeerAS == m.LocalAS {
			ours = known.hasPeer && !known.hasLocal && known.peer.ID != open.ID
		} else {
			ours = asn == m.LocalAS
		}
	}
	if ours {
		known.local, known.hasLocal, known.sentOpen = open, true, body
	} else {
		known.peer, known.hasPeer, known.receivedOpen = open, true, body
	}
	known.settled = known.hasLocal && known.hasPeer
	if known.settled {
		known.toUs, known.fromUs = bgp.Negotiate(known.local, known.peer)
	}
}
