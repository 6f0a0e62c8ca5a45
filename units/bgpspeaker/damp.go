package bgpspeaker

import (
	"errors"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bgp/fsm"
)

const (
	// forgiven is how long a session has to be Established, or a peer away, for
	// its earlier failures to be forgotten.
	forgiven = 10 * time.Minute
	// free is how many failures in a row cost nothing: somebody who tries things
	// out, with a set of some thousand malformed messages, is no oscillation.
	free = 2000
	// maxDoubled bounds the pause: 160 s.
	maxDoubled = 5
)

var errDamped = errors.New("its last sessions ended by its own errors")

// penalty is what the failures of a peer in a row have earned it.
type penalty struct {
	failures int
	until    time.Time // it is not heard before
}

// damp counts a session that the peer opened and ended by an error of its own.
// When too many came in a row it is kept away for a pause that doubles each time,
// so that one that connects again at once, and errs again, does not go on as fast
// as it can (RFC 4271 §8.1.1, DampPeerOscillations). Connections that we open have
// pauses of their own, from the first failure on; see dialler.
func (s *Speaker) damp(c *session, why *fsm.Reason) {
	if c.dialled || why.Sent == nil || why.Sent.Code == bgp.CodeCease {
		return
	}
	c.mu.Lock()
	since := c.status.since
	c.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.penalties[c.remote]
	if !since.IsZero() && c.now.Sub(since) >= forgiven || c.now.Sub(p.until) >= forgiven {
		p = penalty{}
	}
	p.until = c.now
	if p.failures++; p.failures > free {
		p.until = c.now.Add(idleHold << min(p.failures-free-1, maxDoubled))
	}
	s.penalties[c.remote] = p
	if len(s.penalties) <= maxEnds {
		return
	}
	// A peer that is a whole network has many addresses. Whoever uses them all is not
	// kept away by this.
	for addr, old := range s.penalties {
		if c.now.Sub(old.until) >= forgiven || len(s.penalties) > maxEnds/2 {
			delete(s.penalties, addr)
		}
	}
}
