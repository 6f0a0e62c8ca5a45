package fsm

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// quic is two peers and the streams between them, in memory. Each stream has its
// own queue, as QUIC's flow control has it.
type quic struct {
	t     *testing.T
	now   time.Time
	ends  [2]*boqEnd
	stuck map[uint64]bool // streams on which nothing gets through
	next  uint64
	trace []string
}

type boqEnd struct {
	*Peer
	index     int
	in        map[uint64][]byte // octets that arrived, by stream
	fin       map[uint64]bool   // the other end ended the stream
	ours      map[uint64]bool
	up        map[string]int // by channel and family
	downs     []string
	kept      []string // those of downs whose routes may be kept
	delivered map[inet.Family]int
	closed    bool
	notes     []bgp.Notification // of sent NOTIFICATIONs
}

func boqConfig(i int, families ...inet.Family) PeerConfig {
	cfg := PeerConfig{Control: config([]uint32{64500, 64501}[i], []string{"192.0.2.1", "192.0.2.2"}[i])}
	cfg.Control.Passive = i == 1
	cfg.Control.Side = []Side{Client, Server}[i]
	for _, f := range families {
		cfg.Send = append(cfg.Send, Offer{Family: f, Caps: []bgp.Capability{bgp.NewFlag(bgp.CapRouteRefresh), bgp.NewFlag(bgp.CapExtendedMessage)}})
	}
	cfg.Answer = []bgp.Capability{bgp.NewFlag(bgp.CapRouteRefresh), bgp.NewFlag(bgp.CapExtendedMessage)}
	return cfg
}

func newQUIC(t *testing.T, a, b PeerConfig) *quic {
	q := &quic{t: t, now: time.Unix(1000, 0), stuck: map[uint64]bool{}, next: 2}
	for i, cfg := range []PeerConfig{a, b} {
		q.ends[i] = &boqEnd{Peer: NewPeer(cfg), index: i, in: map[uint64][]byte{}, fin: map[uint64]bool{}, ours: map[uint64]bool{},
			up: map[string]int{}, delivered: map[inet.Family]int{}}
	}
	return q
}

// connect brings the QUIC connection up.
func (q *quic) connect() {
	q.do(q.ends[0], PeerEvent{Event: Event{Kind: ManualStart}})
	q.do(q.ends[1], PeerEvent{Event: Event{Kind: ManualStartPassive}})
	q.do(q.ends[1], PeerEvent{Event: Event{Kind: TCPConfirmed}})
	q.do(q.ends[0], PeerEvent{Event: Event{Kind: TCPAcked}})
}

func (q *quic) do(e *boqEnd, ev PeerEvent) {
	q.t.Helper()
	other := q.ends[1-e.index]
	for _, a := range e.Step(nil, q.now, ev) {
		name := a.Channel.String() + " " + a.Family.String()
		q.trace = append(q.trace, fmt.Sprintf("%v end %d %s stream %d: %v", q.now.Sub(time.Unix(1000, 0)), e.index, name, a.Stream, a.Kind))
		switch a.Kind {
		case Dial:
			if a.Channel != Sender {
				continue
			}
			q.next += 4
			id := q.next + uint64(e.index)
			e.ours[id] = true
			defer func() { q.do(e, PeerEvent{Event: Event{Kind: StreamOpened}, Stream: id, Family: a.Family}) }()
			defer func() { q.do(other, PeerEvent{Event: Event{Kind: StreamOpened}, Stream: id}) }()
		case Send:
			other.in[a.Stream] = append(other.in[a.Stream], a.Bytes...)
			if f, n, err := ReadFrame(a.Bytes); err == nil && n == len(a.Bytes) && bgp.MsgType(f.Payload[18]) == bgp.MsgNotification {
				note, _ := bgp.ParseNotification(f.Payload[bgp.HeaderLen:])
				e.notes = append(e.notes, note)
			}
		case Up:
			e.up[name]++
			if e.up[name] != 1 {
				q.t.Fatalf("end %d: %s is up %d times", e.index, name, e.up[name])
			}
		case Down:
			e.up[name]--
			e.downs = append(e.downs, name)
			if a.Why.Keep {
				e.kept = append(e.kept, name)
			}
			if e.up[name] != 0 {
				q.t.Fatalf("end %d: %s went down without being up", e.index, name)
			}
		case Deliver:
			e.delivered[a.Family]++
		case Close:
			if a.Channel == Control {
				e.closed = true
				other.fin[ControlStream] = true
			} else if e.ours[a.Stream] {
				other.fin[a.Stream] = true
			} else { // the receiver does not want the rest
				other.fin[a.Stream] = true
				delete(e.in, a.Stream)
			}
		}
	}
}

// settle delivers all that can be delivered.
func (q *quic) settle() {
	q.t.Helper()
	for range 1000 {
		moved := false
		for _, e := range q.ends {
			for _, id := range slices.Sorted(keysOf(e.in, e.fin)) {
				if q.stuck[id] {
					continue
				}
				b := e.in[id]
				f, n, err := ReadFrame(b)
				switch {
				case err != nil:
					q.t.Fatal(err)
				case n > 0:
					e.in[id] = b[n:]
					q.do(e, PeerEvent{Event: Event{Kind: Received}, Stream: id, Frame: f})
				case e.fin[id]:
					delete(e.fin, id)
					delete(e.in, id)
					kind := StreamClosed
					if id == ControlStream {
						kind = TCPFails
					}
					q.do(e, PeerEvent{Event: Event{Kind: kind}, Stream: id})
					if o := q.ends[1-e.index]; o.ours[id] && id != ControlStream {
						q.do(o, PeerEvent{Event: Event{Kind: StreamClosed}, Stream: id})
					}
				default:
					continue
				}
				moved = true
			}
		}
		if !moved {
			return
		}
	}
	q.t.Fatal("the peers never come to rest")
}

func keysOf(in map[uint64][]byte, fin map[uint64]bool) func(func(uint64) bool) {
	return func(yield func(uint64) bool) {
		seen := map[uint64]bool{}
		for id := range in {
			seen[id] = true
		}
		for id := range fin {
			seen[id] = true
		}
		for id := range seen {
			if !yield(id) {
				return
			}
		}
	}
}

// pass lets time go by, with all timers on the way.
func (q *quic) pass(d time.Duration) {
	q.t.Helper()
	end := q.now.Add(d)
	for range 100000 {
		next := end
		for _, e := range q.ends {
			if at := e.Deadline(); !at.IsZero() && at.Before(next) {
				next = at
			}
		}
		q.now = next
		for _, e := range q.ends {
			q.do(e, PeerEvent{Event: Event{Kind: Tick}})
		}
		q.settle()
		if !next.Before(end) {
			return
		}
	}
	q.t.Fatal("time does not pass")
}

// stream returns the stream of the channel on which end i sends a family.
func (q *quic) stream(i int, f inet.Family) uint64 {
	for _, l := range q.ends[i].lanes {
		if l.channel == Sender && l.family == f {
			return l.stream
		}
	}
	q.t.Fatalf("end %d has no channel for %v", i, f)
	return 0
}

func (q *quic) update(i int, f inet.Family) {
	id := q.stream(i, f)
	q.ends[1-i].in[id] = Frame{Payload: emptyUpdate()}.Append(q.ends[1-i].in[id])
}

func (q *quic) want(i int, up ...string) {
	q.t.Helper()
	got := []string{}
	for name, n := range q.ends[i].up {
		if n > 0 {
			got = append(got, name)
		}
	}
	slices.Sort(got)
	slices.Sort(up)
	if !slices.Equal(got, up) {
		q.t.Fatalf("end %d has up %q, want %q\n%q", i, got, up, q.trace[max(0, len(q.trace)-40):])
	}
}

const ctl = "control afi 0 safi 0"
