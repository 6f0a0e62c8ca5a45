package fsm_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bgp/fsm"
	"example.com/rotonda/routecore/inet"
)

// speaker is a driver without sockets: it keeps what its session sends.
type speaker struct {
	name    string
	session *fsm.Session
	sent    [][]byte
}

func newSpeaker(name string, asn inet.ASN, id string) *speaker {
	return &speaker{name: name, session: fsm.New(fsm.Config{
		Local: bgp.NewOpen(asn, 90, netip.MustParseAddr(id)),
	})}
}

// step gives the session an event and carries out what it asks for.
func (s *speaker) step(ev fsm.Event) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, a := range s.session.Step(nil, now, ev) {
		switch a.Kind {
		case fsm.Send:
			s.sent = append(s.sent, bytes.Clone(a.Bytes))
		case fsm.Up:
			fmt.Println(s.name, "is up with", a.Up.Remote.ASN(), "and a hold time of", a.Up.Hold)
		default:
			fmt.Println(s.name, "asks for", a.Kind)
		}
	}
}

// give hands over the first message that is on its way to another speaker.
func (s *speaker) give(to *speaker) {
	m, _, err := bgp.ReadMessage(s.sent[0], s.session.MaxLen())
	if err != nil {
		to.step(fsm.Problem(fsm.HeaderErr, err))
		return
	}
	s.sent = s.sent[1:]
	fmt.Println(s.name, "sent", m.Type)
	to.step(fsm.Event{Kind: fsm.Received, Message: m})
}

// A session is led to Established: one end dials, the other waits.
func ExampleSession_Step() {
	a, b := newSpeaker("a", 64496, "192.0.2.1"), newSpeaker("b", 64497, "192.0.2.2")
	a.step(fsm.Event{Kind: fsm.ManualStart})
	b.step(fsm.Event{Kind: fsm.ManualStartPassive})
	a.step(fsm.Event{Kind: fsm.TCPAcked})
	b.step(fsm.Event{Kind: fsm.TCPConfirmed})
	for len(a.sent)+len(b.sent) > 0 {
		if len(a.sent) > 0 {
			a.give(b)
		}
		if len(b.sent) > 0 {
			b.give(a)
		}
	}
	fmt.Println(a.session.State(), b.session.State(), a.session.Deadline().Format(time.TimeOnly))
	// Output:
	// a asks for Dial
	// a sent OPEN
	// b sent OPEN
	// a sent KEEPALIVE
	// b is up with AS64496 and a hold time of 1m30s
	// b sent KEEPALIVE
	// a is up with AS64497 and a hold time of 1m30s
	// Established Established 00:00:30
}
