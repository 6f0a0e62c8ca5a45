package bgpspeaker

import (
	"math/rand/v2"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bgp/fsm"
	"example.com/rotonda/routecore/inet"
)

// delayOpen is how long we wait for the OPEN of a peer of which we do not know
// beforehand who it is.
const delayOpen = 10 * time.Second

// families turns names of the configuration into a set.
func families(names []string) bgp.FamilySet {
	var set bgp.FamilySet
	for _, name := range names {
		for _, info := range inet.Families {
			if info.Config == name {
				set = set.With(info.Family)
			}
		}
	}
	return set
}

// roles are the words of the configuration.
var roles = map[string]bgp.Role{
	"provider": bgp.RoleProvider, "rs": bgp.RoleRS, "rs-client": bgp.RoleRSClient,
	"customer": bgp.RoleCustomer, "peer": bgp.RolePeer,
}

func (p Peer) role() (bgp.Role, bool) {
	r, ok := roles[p.Role]
	return r, ok
}

// offer is the OPEN for a peer.
func (s *Speaker) offer(p Peer) bgp.Open {
	var caps []bgp.Capability
	for f := range families(p.Protocols).All() {
		caps = append(caps, bgp.NewMultiprotocol(f))
	}
	caps = append(caps, bgp.NewFlag(bgp.CapRouteRefresh), bgp.NewFlag(bgp.CapEnhancedRouteRefresh), bgp.NewFlag(bgp.CapExtendedMessage))
	if role, ok := p.role(); ok {
		caps = append(caps, bgp.NewRole(role))
	}
	if p.GracefulRestart {
		// No families: after a restart of our own nothing is preserved.
		caps = append(caps, bgp.NewGracefulRestart(bgp.GracefulRestart{Notification: true}))
		if p.LongLivedStaleTime > 0 {
			caps = append(caps, bgp.NewLLGR())
		}
	}
	if paths := families(p.AddPath); paths != 0 {
		sets := bgp.AddPathSets{Receive: paths}
		if len(p.Announce) > 0 {
			sets.Send = paths
		}
		caps = append(caps, bgp.NewAddPath(sets))
	}
	return bgp.NewOpen(s.cfg.MyASN, uint16(p.HoldTime/time.Second), s.cfg.MyBGPID.Unmap(), caps...)
}

// machine is the state machine for a connection of a peer. Where the key is a
// prefix or the AS is open, a peer that connects has to introduce itself first.
func (s *Speaker) machine(key Neighbour, p Peer, dials bool) *fsm.Session {
	cfg := fsm.Config{
		Local: s.offer(p), PeerAS: p.RemoteASN, Passive: !dials, Paced: true, NotifyWithoutOpen: true,
		Seed: rand.Uint64() | 1, StrictRole: p.RoleStrict,
	}
	switch {
	case dials:
		cfg.IdleHold = idleHold
	case !key.Exact || len(p.RemoteASN) != 1:
		cfg.DelayOpen = delayOpen
	}
	return fsm.New(cfg)
}
