package fsm

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"example.com/rotonda/routecore/bgp"
)

// world is two BGP speakers and the connections between them, under a clock
// and a schedule that the test controls.
type world struct {
	t     *testing.T
	rng   *rand.Rand
	now   time.Time
	ends  [2]*end
	lossy bool
	trace []string
	ups   int
	seen  map[string]int // what happened, so that the test notices when something does not
}

// end is one speaker: a session that dials, unless it is passive, and one for
// each connection that the other end dialled.
type end struct {
	index   int
	cfg     Config
	dialler *channel
	all     []*channel
}

// channel is a session with its connection and what was seen of it.
type channel struct {
	*Session
	end     *end
	dialled bool
	in      [][]byte // whole messages that arrived and were not read yet
	peer    *channel // other end of the connection; nil if there is none
	eof     bool     // the other end closed; seen once in is empty
	dialing bool
	up      bool
	stalled bool     // what it sends does not get out
	out     [][]byte // and waits here
}

func (w *world) logf(format string, args ...any) {
	w.trace = append(w.trace, w.now.Format("15:04:05 ")+fmt.Sprintf(format, args...))
}

func (w *world) failf(format string, args ...any) {
	w.t.Helper()
	for _, line := range w.trace[max(0, len(w.trace)-60):] {
		w.t.Log(line)
	}
	w.t.Fatalf(format, args...)
}

// step feeds an event to a channel and does what the session says.
func (w *world) step(c *channel, ev Event) {
	w.t.Helper()
	before := c.State()
	actions := c.Step(nil, w.now, ev)
	w.logf("end %d dialled=%v %v: %v -> %v %s", c.end.index, c.dialled, ev.Kind, before, c.State(), render(actions))
	if d := c.Deadline(); c.State() == Idle && !c.due[hold].IsZero() || !d.IsZero() && d.Before(w.now) && ev.Kind == Tick {
		w.failf("timer due at %v after a tick in %v", d, c.State())
	}
	noted := false
	for _, a := range actions {
		if noted && a.Kind != Down && a.Kind != Close {
			w.failf("%v after the NOTIFICATION", a.Kind)
		}
		switch a.Kind {
		case Dial:
			c.dialing = true
		case Send:
			noted = noted || bgp.MsgType(a.Bytes[18]) == bgp.MsgNotification
			w.send(c, a.Bytes)
		case Up:
			if c.up {
				w.failf("Up twice without Down")
			}
			c.up = true
			w.ups++
		case Down:
			if !c.up {
				w.failf("Down without Up")
			}
			c.up = false
		case Close:
			if a.Why.Sent != nil != noted {
				w.failf("Close says that %v was sent, but sent: %v", a.Why.Sent, noted)
			}
			if before >= OpenSent && faults[a.Why.Event] && !noted {
				w.failf("%v in %v ends without a NOTIFICATION", a.Why.Event, before)
			}
			w.disconnect(c)
		}
	}
	if c.State() == Idle {
		for i, at := range c.due {
			if timer(i) != idleHold && !at.IsZero() {
				w.failf("timer of %v runs in Idle", timerEvents[i])
			}
		}
	}
	if c.up != (c.State() == Established) {
		w.failf("up is %v in %v", c.up, c.State())
	}
	if before < OpenConfirm && c.State() == OpenConfirm {
		w.collide(c)
	}
	up := 0
	for _, o := range c.end.all {
		if o.up {
			up++
		}
	}
	if up > 1 {
		w.failf("end %d has %d sessions Established", c.end.index, up)
	}
}

// faults are the events after which the peer must learn what was wrong.
var faults = map[Kind]bool{
	HoldTimerExpires: true, HeaderErr: true, OpenMsgErr: true, UpdateMsgErr: true, CollisionDump: true, ManualStop: true,
	OpenMsg: true, UpdateMsg: true, RouteRefreshMsg: true, KeepaliveMsg: true,
}

// send puts a message on the connection, unless it gets lost; it may also
// arrive twice, or wait.
func (w *world) send(c *channel, b []byte) {
	copies := 1
	if w.lossy {
		switch w.rng.IntN(80) {
		case 0, 1:
			copies = 0
			w.seen["loss"]++
		case 2:
			copies = 2
			w.seen["double"]++
		}
	}
	for range copies {
		b := append([]byte(nil), b...)
		switch {
		case c.stalled:
			c.out = append(c.out, b)
		case c.peer != nil:
			c.peer.in = append(c.peer.in, b)
		}
	}
}

// stall stops what a channel sends, or lets it go on.
func (w *world) stall(c *channel) {
	c.stalled = !c.stalled
	if c.stalled {
		w.seen["stall"]++
		w.step(c, Event{Kind: WriteStalled})
		return
	}
	if c.peer != nil {
		c.peer.in = append(c.peer.in, c.out...)
	}
	c.out = nil
	w.step(c, Event{Kind: WriteResumed})
}

func (w *world) disconnect(c *channel) {
	c.dialing = false
	c.stalled, c.out = false, nil
	if c.peer != nil {
		c.peer.eof = true
		c.peer.peer = nil
		c.peer = nil
	}
	c.in, c.eof = nil, false
}

// collide does for an end what a driver does when an OPEN arrived.
func (w *world) collide(fresh *channel) {
	for _, old := range fresh.end.all {
		if old == fresh || fresh.State() != OpenConfirm {
			continue
		}
		switch Collide(old.Contender(old.dialled), fresh.Contender(fresh.dialled)) {
		case CloseOld:
			w.step(old, Event{Kind: CollisionDump})
		case CloseFresh:
			w.step(fresh, Event{Kind: CollisionDump})
		case ReplaceOld:
			w.step(old, Event{Kind: TCPFails})
		}
	}
}

// connect lets a dial succeed: the other end gets a session for it.
func (w *world) connect(c *channel) {
	c.dialing = false
	other := w.ends[1-c.end.index]
	cfg := other.cfg
	cfg.Passive, cfg.IdleHold = true, 0
	if w.rng.IntN(2) == 0 {
		cfg.DelayOpen = 5 * time.Second
	}
	p := &channel{Session: New(cfg), end: other, peer: c}
	other.all = append(other.all, p)
	c.peer = p
	w.step(p, Event{Kind: AutomaticStartPassive})
	w.step(p, Event{Kind: TCPConfirmed})
	if c.dialled && c.peer == p {
		w.step(c, Event{Kind: TCPAcked})
	}
}

// read takes the next message, or the end of the connection, off a channel.
func (w *world) read(c *channel) {
	if len(c.in) == 0 {
		c.eof = false
		w.step(c, Event{Kind: TCPFails})
		return
	}
	raw := c.in[0]
	c.in = c.in[1:]
	w.step(c, received(raw))
}

// move does one thing of the many that could happen now.
func (w *world) move() {
	var all []*channel
	for _, e := range w.ends {
		live := e.all[:0]
		for _, c := range e.all {
			if c.State() != Idle || c.dialled {
				live = append(live, c)
			}
		}
		e.all = live
		all = append(all, live...)
	}
	var reads []*channel
	for _, c := range all {
		if len(c.in) > 0 || c.eof {
			reads = append(reads, c)
		}
	}
	c := all[w.rng.IntN(len(all))]
	switch n := w.rng.IntN(20); {
	case c.dialing && n < 12:
		if w.lossy && n < 3 {
			c.dialing = false
			w.step(c, Event{Kind: TCPFails})
			return
		}
		w.connect(c)
	case len(reads) > 0 && n < 17:
		w.read(reads[w.rng.IntN(len(reads))])
	case w.lossy && n == 17 && c.peer != nil: // the connection breaks
		p := c.peer
		w.disconnect(c)
		p.in = nil
		c.eof = true
	case w.lossy && n == 18 && w.rng.IntN(10) == 0 && c.dialled:
		w.step(c, Event{Kind: ManualStop})
		w.step(c, Event{Kind: ManualStart})
	case w.lossy && n == 18 && w.rng.IntN(3) == 0 && c.peer != nil: // it says that it sends no more, and still listens
		w.seen["half-close"]++
		c.peer.eof = true
	case w.lossy && n == 19 && c.peer != nil, !w.lossy && c.stalled:
		w.stall(c)
	case !w.lossy && len(reads) > 0:
		// Without this a reader may be away for longer than the hold time, and
		// here it is the reader that sends KEEPALIVEs.
		w.read(reads[w.rng.IntN(len(reads))])
	default:
		w.pass(all)
	}
}

// pass moves the clock to the next timer and ticks those who have read all.
func (w *world) pass(all []*channel) {
	var next time.Time
	for _, c := range all {
		if d := c.Deadline(); !d.IsZero() && (next.IsZero() || d.Before(next)) && len(c.in) == 0 {
			next = d
		}
	}
	if next.IsZero() {
		return
	}
	if next.After(w.now) {
		w.now = next
	}
	for _, c := range all {
		if len(c.in) == 0 {
			w.step(c, Event{Kind: Tick})
		}
	}
}

func (w *world) established() bool {
	for _, e := range w.ends {
		up := false
		for _, c := range e.all {
			up = up || c.up && c.peer != nil && c.peer.up && !c.eof && !c.peer.eof
		}
		if !up {
			return false
		}
	}
	return true
}

func TestTwoSpeakersUnderRandomSchedulesAndLoss(t *testing.T) {
	seeds, ups := 300, 0
	seen := map[string]int{}
	if testing.Short() {
		seeds = 50
	}
	for seed := range uint64(seeds) {
		w := &world{t: t, rng: rand.New(rand.NewPCG(seed, 1)), now: time.Unix(1_700_000_000, 0).UTC(), lossy: true, seen: seen}
		for i := range 2 {
			cfg := config([]uint32{64500, 64501}[i], []string{"192.0.2.1", "192.0.2.2"}[(uint64(i)+seed)%2])
			cfg.IdleHold = time.Second
			cfg.Seed = seed*2 + uint64(i) + 1
			e := &end{index: i, cfg: cfg}
			w.ends[i] = e
			if i == 0 || seed%3 != 0 { // every third pair has a passive end
				e.dialler = &channel{Session: New(cfg), end: e, dialled: true}
				e.all = append(e.all, e.dialler)
			}
		}
		for _, e := range w.ends {
			if e.dialler != nil {
				w.step(e.dialler, Event{Kind: ManualStart})
			}
		}
		for range 400 {
			w.move()
		}
		w.lossy = false
		w.logf("no more loss")
		for _, e := range w.ends {
			for _, c := range slices.Clone(e.all) {
				if c.stalled {
					w.stall(c)
				}
			}
		}
		for n := 0; !w.established(); n++ {
			if n > 20000 {
				w.failf("seed %d: not established after the loss ended", seed)
			}
			w.move()
		}
		// What is up stays up.
		was := w.ups
		for range 200 {
			w.move()
		}
		if !w.established() || w.ups != was {
			w.failf("seed %d: flaps without loss", seed)
		}
		ups += w.ups
	}
	t.Logf("%d seeds, %d times Established", seeds, ups)
	for _, what := range []string{"loss", "double", "stall", "half-close"} {
		if seen[what] < seeds/2 {
			t.Errorf("%s happened only %d times in %d runs", what, seen[what], seeds)
		}
	}
	if ups < 2*seeds {
		t.Errorf("only %d times Established in %d runs", ups, seeds)
	}
}
