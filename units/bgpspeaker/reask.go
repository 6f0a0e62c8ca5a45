package bgpspeaker

import "example.com/rotonda/routecore/bgp/fsm"

// Refresh asks the peers of all sessions to send their routes again (RFC 2918),
// because what judges them has changed. unable counts those that have not agreed
// to do so; they keep what they sent. Sessions that are not yet established are
// in neither figure.
func (s *Speaker) Refresh() (asked, unable int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.sessions {
		switch able, up := c.reask(); {
		case !up:
		case able:
			asked++
		default:
			unable++
		}
	}
	return asked, unable
}

// reask asks one peer for all routes.
func (c *session) reask() (able, up bool) {
	c.mu.Lock()
	state, agreed := c.status.state, c.status.agreed
	c.mu.Unlock()
	if state != fsm.Established || agreed == nil {
		return false, false
	}
	return c.ask(agreed), true
}
