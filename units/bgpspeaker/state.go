package bgpspeaker

import (
	"cmp"
	"iter"
	"net/netip"
	"slices"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bgp/fsm"
	"example.com/rotonda/unit"
)

// State is what the speaker shows of itself.
type State struct {
	Listen     []ListenState    `json:"listen"`
	ASN        uint32           `json:"asn"`
	ID         netip.Addr       `json:"bgpId"`
	Neighbours []NeighbourState `json:"neighbours"`
}

// ListenState is an address to listen on.
type ListenState struct {
	Configured netip.AddrPort `json:"configured"`
	Bound      string         `json:"bound,omitempty"`
	Error      string         `json:"error,omitempty"`
}

// NeighbourState is a session, or a configured peer without one.
type NeighbourState struct {
	Key          string     `json:"key"`  // as configured
	Name         string     `json:"name"` // as configured
	State        string     `json:"state"`
	Address      string     `json:"address,omitempty"`
	LocalAddress string     `json:"localAddress,omitempty"`
	ASN          uint32     `json:"asn,omitempty"`
	ID           string     `json:"bgpId,omitempty"`
	Since        *time.Time `json:"since,omitempty"` // Established since
	Uptime       float64    `json:"uptimeSeconds,omitempty"`
	HoldTime     float64    `json:"holdTimeSeconds"` // negotiated
	Families     []string   `json:"families,omitempty"`
	AddPath      []string   `json:"addPath,omitempty"` // received
	Messages     uint64     `json:"messagesReceived"`
	Updates      uint64     `json:"updatesReceived"`
	Announced    uint64     `json:"announcementsReceived"`
	Withdrawn    uint64     `json:"withdrawalsReceived"`
	Malformed    uint64     `json:"malformedUpdates"`
	Prefixes     *uint64    `json:"prefixes,omitempty"` // counted only with max_prefix
	MaxPrefix    uint32     `json:"maxPrefix,omitempty"`
	Blocked      bool       `json:"blocked,omitempty"`     // by max_prefix
	Announcing   int        `json:"announcing"`            // static routes sent
	Dialled      bool       `json:"dialled,omitempty"`     // we opened the connection
	NextAttempt  *time.Time `json:"nextAttempt,omitempty"` // to connect
	// Refused counts routes of the session that were treated as withdrawn, by reason.
	Refused map[string]uint64 `json:"refusedRoutes,omitempty"`
	// Kept are the families of which stale routes wait for the peer.
	Kept        []string   `json:"keptFamilies,omitempty"`
	LastError   string     `json:"lastError,omitempty"`
	LastErrorAt *time.Time `json:"lastErrorAt,omitempty"`
}

// State lists listeners, sessions and the configured peers that have none.
func (s *Speaker) State() any {
	st := State{ASN: uint32(s.cfg.MyASN), ID: s.cfg.MyBGPID, Neighbours: []NeighbourState{}}
	for _, l := range s.listeners {
		bound, err := l.get()
		ls := ListenState{Configured: l.at, Bound: bound}
		if err != nil {
			ls.Error = err.Error()
		}
		st.Listen = append(st.Listen, ls)
	}
	now := s.env.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := map[Neighbour]bool{}
	for c := range s.sessions {
		key, n := c.state(now)
		if n.State == fsm.Idle.String() {
			continue // it ended and hangs up
		}
		seen[key] = true
		s.addEnd(&n, c.remote)
		st.Neighbours = append(st.Neighbours, n)
	}
	for _, e := range s.peers {
		if seen[e.key] {
			continue
		}
		// We listen for it, which is RFC 4271's Active; we may be about to dial.
		n := NeighbourState{Key: e.key.String(), Name: e.peer.Name, State: fsm.Active.String(), MaxPrefix: e.peer.MaxPrefix}
		if e.key.Exact {
			n.Address = n.Key
			s.addEnd(&n, e.key.Prefix.Addr())
			s.addDialler(&n, e.key.Prefix.Addr())
		}
		st.Neighbours = append(st.Neighbours, n)
	}
	slices.SortFunc(st.Neighbours, func(a, b NeighbourState) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Address, b.Address), cmp.Compare(b.State, a.State))
	})
	return st
}

// addEnd adds how the last session of an address ended. s.mu is held.
func (s *Speaker) addEnd(n *NeighbourState, addr netip.Addr) {
	if end, ok := s.ends[addr]; ok {
		at := end.at.UTC()
		n.LastError, n.LastErrorAt = end.why, &at
	}
	if b, ok := s.blocked[addr]; ok {
		n.Blocked = b.until.IsZero() || s.env.Now().Before(b.until)
	}
	for key, k := range s.keepers {
		if key.addr == addr {
			for f := range k.kept().All() {
				n.Kept = append(n.Kept, f.String())
			}
		}
	}
}

// addDialler adds what we do to connect to an address. s.mu is held.
func (s *Speaker) addDialler(n *NeighbourState, addr netip.Addr) {
	d := s.diallers[addr]
	if d == nil {
		return
	}
	n.State = fsm.State(d.state.Load()).String()
	if next := d.next.Load(); next != 0 {
		at := time.Unix(0, next).UTC()
		n.NextAttempt = &at
	}
}

func (c *session) state(now time.Time) (Neighbour, NeighbourState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := NeighbourState{
		Key: c.key.String(), Name: c.peer.Name, State: c.status.state.String(),
		Address: c.remote.String(), MaxPrefix: c.peer.MaxPrefix,
		Messages: c.tally.messages.Load(), Updates: c.tally.updates.Load(),
		Announced: c.tally.announced.Load(), Withdrawn: c.tally.withdrawn.Load(),
		Malformed: c.tally.malformed.Load(), Announcing: c.out.count(),
	}
	n.Dialled, n.Refused = c.dialled, c.tally.refused.byReason()
	if local := c.local(); local.IsValid() {
		n.LocalAddress = local.String()
	}
	if a := c.status.agreed; a != nil {
		n.ASN, n.ID, n.HoldTime = uint32(a.Remote.ASN()), a.Remote.ID.String(), a.Hold.Seconds()
		for f := range a.Recv.Families.All() {
			n.Families = append(n.Families, f.String())
		}
		for f := range a.Recv.AddPath.All() {
			n.AddPath = append(n.AddPath, f.String())
		}
	}
	if c.status.state == fsm.Established {
		since := c.status.since.UTC()
		n.Since, n.Uptime = &since, now.Sub(since).Seconds()
	}
	if c.peer.MaxPrefix > 0 {
		held := c.tally.prefixes.Load()
		n.Prefixes = &held
	}
	return c.key, n
}

func (o *adjOut) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.sent)
}

// Metrics yields the unit's counters and those of each session.
func (s *Speaker) Metrics() iter.Seq[unit.Metric] {
	return func(yield func(unit.Metric) bool) {
		ok := true
		put := func(name, help string, kind unit.MetricKind, v float64, labels ...string) {
			ok = ok && yield(unit.Metric{Name: name, Help: help, Kind: kind, Value: v, Labels: labels})
		}
		count := func(name, help string, v uint64, labels ...string) {
			put(name, help, unit.Counter, float64(v), labels...)
		}
		n := &s.count
		count("bgp_tcp_in_listener_bound_count_total", "times that an address was bound", n.bound.Load())
		count("bgp_tcp_in_connection_accepted_count_total", "connections accepted", n.accepted.Load())
		count("bgp_tcp_in_connection_dialled_count_total", "connections that we opened", n.dialled.Load())
		count("bgp_tcp_in_connection_failed_count_total", "attempts to connect that failed", n.dialFailed.Load())
		count("bgp_tcp_in_connection_lost_count_total", "sessions that the peer or the network ended", n.lost.Load())
		count("bgp_tcp_in_disconnect_count_total", "sessions that we ended", n.disconnected.Load())
		count("bgp_tcp_in_unknown_peer_count_total", "connections from addresses without a peer", n.strangers.Load())
		count("bgp_tcp_in_refused_count_total", "connections of known peers that were refused", n.refused.Load())
		count("bgp_tcp_in_collision_count_total", "connections closed to resolve a collision", n.collisions.Load())
		count("bgp_tcp_in_max_prefix_count_total", "sessions ended by max_prefix", n.maxPrefix.Load())
		count("bgp_tcp_in_treated_as_withdraw_count_total", "malformed UPDATEs treated as withdrawn", n.treatedAsWithdraw.Load())
		count("bgp_tcp_in_attribute_discarded_count_total", "malformed UPDATEs of which attributes were discarded", n.discarded.Load())
		count("bgp_tcp_in_update_reset_count_total", "malformed UPDATEs that ended the session", n.resets.Load())
		count("bgp_tcp_in_unnegotiated_count_total", "runs of routes of families that were not negotiated", n.unnegotiated.Load())
		count("bgp_tcp_in_rejected_count_total", "runs of routes that bgp_in rejected", n.rejected.Load())
		for why := range n.refusedRoutes[1:] {
			count("bgp_tcp_in_refused_routes_count_total", "routes treated as withdrawn because they may not be used", n.refusedRoutes[why+1].Load(), "reason", bgp.Reject(why+1).String())
		}
		count("bgp_tcp_in_fault_count_total", "sessions ended by a fault in the program", n.panics.Load())
		st := s.State().(State)
		up := map[string]bool{} // one session of an address is past its OPEN
		for _, p := range st.Neighbours {
			if p.Address == "" || up[p.Address] || p.ASN == 0 && p.State != fsm.Active.String() {
				continue
			}
			up[p.Address] = true
			s.peerMetrics(p, put)
		}
	}
}

func (s *Speaker) peerMetrics(p NeighbourState, put func(name, help string, kind unit.MetricKind, v float64, labels ...string)) {
	l := []string{"peer", p.Address, "name", p.Name}
	established := 0.0
	if p.State == fsm.Established.String() {
		established = 1
	}
	put("bgp_peer_established_state", "1 while the session is Established", unit.Gauge, established, l...)
	put("bgp_peer_uptime_seconds", "how long the session has been Established", unit.Gauge, p.Uptime, l...)
	put("bgp_peer_updates_received_total", "UPDATEs of the present session", unit.Counter, float64(p.Updates), l...)
	put("bgp_peer_announcements_received_total", "routes announced in the present session", unit.Counter, float64(p.Announced), l...)
	put("bgp_peer_withdrawals_received_total", "routes withdrawn in the present session", unit.Counter, float64(p.Withdrawn), l...)
	put("bgp_peer_malformed_updates_total", "malformed UPDATEs of the present session", unit.Counter, float64(p.Malformed), l...)
}
