package unit

import (
	"time"

	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/rpki"
)

// Peer names the session that an event belongs to: who, and which life of it.
// Events of an older session than the one a receiver knows are ignored and
// counted, so that a late PeerDown cannot end its successor. The zero value is
// nobody.
type Peer struct {
	Ingress ingress.ID
	Session ingress.Session
}

// Event is one thing that happened: *Routes, *PeerUp, *PeerDown, *EndOfRIB,
// *Stale, *VRPs, *Output or *Message. The set is closed.
type Event interface{ event() }

// Routes is a run of NLRI of one session, one family and one attribute set,
// announced or withdrawn together. An UPDATE gives one to four of them.
type Routes struct {
	Peer    Peer
	Family  inet.Family
	AddPath bool // each NLRI is preceded by a path identifier (RFC 7911)
	// OneLabel says that labels are one for each route (RFC 8277 §2.2), as in bgp.NLRI.
	OneLabel bool
	// Hidden marks a withdrawal that a filter rejected: state follows it,
	// outputs do not see it.
	Hidden bool
	NLRI   []byte    // in wire form; host bits may be set, readers mask them
	Attrs  bgp.Attrs // nil: withdrawn
	Time   int64     // when it was received or recorded, Unix microseconds
	// Marks says what each NLRI did to the table, in order; nil before a RIB
	// judged it. A receiver behind a RIB skips what is not a change.
	Marks []bgp.Change
	// Seq is the sequence number of the change in its lane (ingress, family);
	// 0 before a RIB stored it.
	Seq uint64
	// Raw is the message the routes came in, set only where Env.Raw says so.
	Raw []byte
}

// Withdrawn reports whether the routes are withdrawn rather than announced.
func (r *Routes) Withdrawn() bool { return r.Attrs == nil }

// Run returns the NLRI with their family.
func (r *Routes) Run() bgp.NLRI {
	return bgp.NLRI{Family: r.Family, AddPath: r.AddPath, OneLabel: r.OneLabel, Bytes: r.NLRI}
}

// PeerUp says that a session was established. Sent and Received are the bodies
// of the OPEN messages where they are known, else nil.
type PeerUp struct {
	Peer     Peer
	Time     int64
	Sent     []byte
	Received []byte
	// Incomplete marks a peer that was inferred from its routes, because the
	// stream holds no start of it.
	Incomplete bool
}

// PeerDown says that a session ended: all its routes are gone, in every
// family, unless Keep.
type PeerDown struct {
	Peer   Peer
	Time   int64
	Reason string
	// Keep holds the routes as stale (graceful restart) instead.
	Keep bool
	// Limit is how long Keep lasts at most where the peer does not come back; 0
	// leaves it to the receiver. A source that knows better ends it with Stale.
	Limit time.Duration
}

// StaleOp says what becomes of routes that their peer does not vouch for.
type StaleOp uint8

// The operations, on the routes of one family.
const (
	// StaleMark makes all routes stale: the peer is about to send all that it has
	// again (RFC 7313 §4). One that comes again is not stale any more.
	StaleMark StaleOp = iota
	// StaleSweep withdraws those that are stale.
	StaleSweep
	// StaleLongLived is for a peer that is down: stale routes with NO_LLGR are
	// withdrawn, the others get LLGR_STALE and stay stale (RFC 9494 §4.2).
	StaleLongLived
)

// Stale says what becomes of stale routes. It may be about a session that has
// ended, as long as no other of its peer has begun. A RIB acts on it, tells
// those behind it what was withdrawn or replaced, and passes it to other RIBs.
type Stale struct {
	Peer   Peer
	Family inet.Family
	Op     StaleOp
	Time   int64
}

// EndOfRIB says that the initial exchange of a family is complete (RFC 4724
// §2): what the session has not refreshed by now is gone.
type EndOfRIB struct {
	Peer   Peer
	Family inet.Family
	Time   int64
	Seq    uint64 // as in Routes
}

// VRPs says that the validated ROA payloads of a source changed, so that
// origin validation has to be looked at again.
type VRPs struct {
	Source string
	Time   int64
	// Changes are the VRPs of the source that came and went; none when it had
	// been empty, as at the first synchronisation, or was given up. Nobody
	// changes them after the event was sent.
	Changes []rpki.VRPUpdate
	// Before and After are all VRPs in use, before and after the change.
	Before, After *rpki.Snapshot
}

// Output is what a script emitted for the world outside.
type Output struct {
	Peer  Peer
	Time  int64
	Topic string // prefix, asn, origin, community, peerdown, custom, log_entry
	Match string // the value that matched, as text; empty where there is none
	// Route is the route under judgement, in rib_in_pre; else nil.
	Route *Routes
	// ID and Value are those of topic custom.
	ID, Value uint32
	// Entry is that of topic log_entry; else nil.
	Entry *LogEntry
}

// LogEntry is a record that a script filled field by field. Names and order
// are upstream's. A nil pointer was not set.
type LogEntry struct {
	Timestamp           int64   `json:"timestamp"` // Unix microseconds
	OriginAS            *uint32 `json:"origin_as"`
	PeerAS              *uint32 `json:"peer_as"`
	ASPathHops          *uint64 `json:"as_path_hops"`
	ConventionalReach   *uint64 `json:"conventional_reach"`
	ConventionalUnreach *uint64 `json:"conventional_unreach"`
	MPReach             *uint64 `json:"mp_reach"`
	MPReachAFISAFI      *string `json:"mp_reach_afisafi"`
	MPUnreach           *uint64 `json:"mp_unreach"`
	MPUnreachAFISAFI    *string `json:"mp_unreach_afisafi"`
	Custom              *string `json:"custom"`
	CustomIsTimestamped bool    `json:"-"`
}

// MessageKind tells what a Message holds.
type MessageKind uint8

// The kinds of raw messages.
const (
	RawBGP MessageKind = iota
	RawBMP
)

// Message is a whole message on its way through, for receivers that keep or
// pass on the original bytes.
type Message struct {
	Peer Peer
	Kind MessageKind
	Raw  []byte
	Time int64
}

func (*Routes) event()   {}
func (*PeerUp) event()   {}
func (*PeerDown) event() {}
func (*EndOfRIB) event() {}
func (*Stale) event()    {}
func (*VRPs) event()     {}
func (*Output) event()   {}
func (*Message) event()  {}
