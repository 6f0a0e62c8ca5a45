package bmpin

import (
	"encoding/binary"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/rotonda/routecore/bmp"
	"example.com/rotonda/unit"
)

// State is what [Station.State] returns.
type State struct {
	Listen  []string      `json:"listen"` // addresses in use
	Routers []RouterState `json:"routers"`
}

// RouterState describes a connection, and for a while one that is gone.
type RouterState struct {
	Ingress       uint32            `json:"ingress,omitempty"`
	Address       string            `json:"address"`
	Connected     bool              `json:"connected"`
	Since         time.Time         `json:"since"`
	SysName       string            `json:"sysName,omitempty"`
	SysDescr      string            `json:"sysDescr,omitempty"`
	Info          []string          `json:"info,omitempty"`
	Phase         string            `json:"phase"`
	Messages      map[string]uint64 `json:"messages"`
	Invalid       uint64            `json:"invalid"`
	Corrected     uint64            `json:"corrected"` // UPDATEs read only after their context was
	Mirrored      uint64            `json:"mirrored"`  // BGP messages that the router mirrored
	Rejected      uint64            `json:"rejected"`  // messages that the script rejected
	Announcements uint64            `json:"announcements"`
	Withdrawals   uint64            `json:"withdrawals"`
	Peers         []PeerState       `json:"peers"`
	Errors        []ParseError      `json:"errors"` // the latest ten, oldest first
	hard          uint64
	unknown       uint64
}

// PeerState describes one view of a monitored peer.
type PeerState struct {
	Ingress uint32 `json:"ingress"`
	Address string `json:"address"`
	ASN     uint32 `json:"asn"`
	BGPID   string `json:"bgpId"`
	Type    string `json:"type"`
	View    string `json:"view"`
	Table   string `json:"table,omitempty"`
	RD      string `json:"rd,omitempty"`
	// Instance is the router's own number for the table of a LocalInstance peer, which
	// stands where others have a route distinguisher (RFC 7854 §4.2).
	Instance   uint64   `json:"instance,omitempty"`
	Incomplete bool     `json:"incomplete,omitempty"`
	EndOfRIB   []string `json:"endOfRib"`           // families that are complete
	Pending    []string `json:"pending"`            // families that are being sent
	Guessed    bool     `json:"guessed,omitempty"`  // path identifiers are guessed
	Filtered   bool     `json:"filtered,omitempty"` // a Loc-RIB that is shown in part
	// Statistics are the router's own counts, by name, as it last reported them.
	Statistics map[string]uint64 `json:"statistics,omitempty"`
	eorCapable bool
}

// ParseError is a message that could not be used.
type ParseError struct {
	Time        time.Time `json:"time"`
	Error       string    `json:"error"`
	Recoverable bool      `json:"recoverable"`
	Message     string    `json:"message"` // its first octets in hex
}

// shown is the part of the state that a router's goroutine publishes.
type shown struct {
	ingress  uint32
	name     string
	descr    string
	info     []string
	phase    bmp.Phase
	messages [7]uint64
	unknown  uint64
	invalid  uint64
	soft     uint64
	mirrored uint64
	snapshot uint64
	peers    []PeerState
}

// showEvery is how often a busy router renews its list of peers, and fewPeers up to how
// many are shown at once when one came or went.
const (
	showEvery = time.Second
	fewPeers  = 256
)

// show publishes the state: counters after each read, and the list of peers, which costs
// memory, not more often than once a second unless one of few came or went, or it must be
// exact.
func (r *router) show(must bool) {
	s := r.state
	now := r.env.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lease != nil {
		r.shown.ingress = uint32(r.lease.ID())
	}
	r.shown.name, r.shown.descr, r.shown.phase = s.Name, s.Descr, s.Phase
	copy(r.shown.messages[:], s.Messages[:])
	r.shown.unknown, r.shown.invalid, r.shown.soft = s.Unknown, s.Invalid, s.Soft
	r.shown.mirrored, r.shown.snapshot = s.Mirrored, s.Snapshots
	changed := len(r.keys) != len(r.shown.peers)
	if !must && now.Sub(r.renewed) < showEvery && (!changed || len(r.keys) > fewPeers) {
		r.stale = r.stale || changed
		return
	}
	r.renewed, r.stale = now, false
	r.shown.info = slices.Clone(s.Info)
	r.shown.peers = nil
	for _, p := range s.Peers() {
		for _, v := range p.Views() {
			if owner, ok := v.Owner.(*view); ok {
				r.shown.peers = append(r.shown.peers, peerState(p, v, owner))
			}
		}
	}
}

func peerState(p *bmp.Peer, v *bmp.PeerView, owner *view) PeerState {
	h := &p.Header
	st := PeerState{
		Guessed: v.Guessed, Filtered: v.Filtered, Statistics: owner.stats,
		Ingress: uint32(owner.id.Ingress), Address: h.Addr.String(), ASN: uint32(h.ASN), BGPID: h.ID.String(), Type: h.Type.String(),
		View: v.View.String(), Table: p.Table, Incomplete: p.Incomplete, EndOfRIB: []string{}, Pending: []string{}, eorCapable: p.EoRCapable,
	}
	switch {
	case h.Type == bmp.LocalPeer:
		st.Instance = binary.BigEndian.Uint64(h.RD[:])
	case h.RD != [8]byte{}:
		st.RD = h.RD.String()
	}
	for f := range v.Ended().All() {
		st.EndOfRIB = append(st.EndOfRIB, f.String())
	}
	for f := range v.Pending().All() {
		st.Pending = append(st.Pending, f.String())
	}
	return st
}

// list returns the connections.
func (s *Station) list() (bound []string, routers []*router) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, at := range s.bound {
		if at != "" {
			bound = append(bound, at)
		}
	}
	return bound, append([]*router(nil), s.routers...)
}

// State returns the routers, with their peers and latest errors.
func (s *Station) State() any {
	bound, routers := s.list()
	st := State{Listen: bound, Routers: []RouterState{}}
	for _, r := range routers {
		st.Routers = append(st.Routers, r.snapshot())
	}
	return st
}

func (r *router) snapshot() RouterState {
	r.mu.Lock()
	defer r.mu.Unlock()
	st := RouterState{
		Ingress: r.shown.ingress, Address: r.remote.String(), Connected: !r.closed.Load(), Since: r.since.UTC(),
		SysName: r.shown.name, SysDescr: r.shown.descr, Info: r.shown.info, Phase: r.shown.phase.String(),
		Messages: map[string]uint64{}, Invalid: r.shown.invalid, Corrected: r.shown.soft, Mirrored: r.shown.mirrored, Rejected: r.rejected.Load(),
		Announcements: r.announcements.Load(), Withdrawals: r.withdrawals.Load(),
		Peers: append([]PeerState{}, r.shown.peers...), Errors: append([]ParseError{}, r.errors...), hard: r.hard.Load(), unknown: r.shown.unknown,
	}
	for t, n := range r.shown.messages {
		if n > 0 {
			st.Messages[bmp.Type(t).String()] = n
		}
	}
	if n := r.shown.snapshot; n > 0 {
		st.Messages[bmp.Snapshot.String()] = n
	}
	return st
}

// messageNames are the values of the label msg_type, by type.
var messageNames = [...]string{
	"Route Monitoring", "Statistics Report", "Peer Down Notification", "Peer Up Notification",
	"Initiation Message", "Termination Message", "Route Mirroring Message",
}

// label fills the template of a router's label.
func (st *RouterState) label(template string) string {
	ip, port := st.Address, ""
	if i := strings.LastIndexByte(st.Address, ':'); i > 0 {
		ip, port = strings.Trim(st.Address[:i], "[]"), st.Address[i+1:]
	}
	name := st.SysName
	if name == "" {
		name = "no-sysname"
	}
	return strings.NewReplacer("{sys_name}", name, "{router_ip}", ip, "{router_port}", port).Replace(template)
}

// Metrics yields upstream's metrics.
func (s *Station) Metrics() iter.Seq[unit.Metric] {
	return func(yield func(unit.Metric) bool) {
		_, routers := s.list()
		var states []RouterState
		labels := map[string]bool{}
		for _, r := range routers {
			if st := r.snapshot(); st.Connected {
				states = append(states, st)
			}
		}
		ok := true
		put := func(name, help string, kind unit.MetricKind, v uint64, labels ...string) {
			ok = ok && yield(unit.Metric{Name: name, Help: help, Kind: kind, Value: float64(v), Labels: labels})
		}
		put("bmp_tcp_in_listener_bound_count_total", "times that an address was bound", unit.Counter, s.count.bound.Load())
		put("bmp_tcp_in_connection_accepted_count_total", "connections accepted", unit.Counter, s.count.accepted.Load())
		put("bmp_tcp_in_connection_lost_count_total", "connections that ended", unit.Counter, s.count.lost.Load())
		put("bmp_num_connected_routers_total", "routers connected now", unit.Gauge, uint64(len(states)))
		template := s.cfg.Load().RouterIDTemplate
		for i := range states {
			st := &states[i]
			label := st.label(template)
			for n := 2; labels[label]; n++ {
				label = st.label(template) + "#" + strconv.Itoa(n)
			}
			labels[label] = true
			st.metrics(label, put)
		}
	}
}

func (st *RouterState) metrics(router string, put func(name, help string, kind unit.MetricKind, v uint64, labels ...string)) {
	total := uint64(0)
	for t, name := range messageNames {
		n := st.Messages[bmp.Type(t).String()]
		total += n
		put("bmp_tcp_in_num_bmp_messages_received_total", "BMP messages received", unit.Counter, n, "router", router, "msg_type", name)
	}
	up, capable, pending := uint64(len(st.Peers)), uint64(0), uint64(0)
	for _, p := range st.Peers {
		if p.eorCapable {
			capable++
		}
		if len(p.Pending) > 0 {
			pending++
		}
	}
	put("bmp_tcp_in_num_bmp_messages_processed_total", "BMP messages processed", unit.Counter, total-st.Invalid, "router", router)
	put("bmp_in_num_invalid_bmp_messages_total", "BMP messages that could not be used", unit.Counter, st.Invalid, "router", router)
	put("bmp_state_num_unprocessable_bmp_messages_total", "messages that ended a connection", unit.Counter, st.hard, "router", router)
	put("bmp_state_num_bgp_updates_reparsed_due_to_incorrect_header_flags_total", "UPDATEs whose context had to be corrected", unit.Counter, st.Corrected, "router", router)
	put("bmp_state_num_announcements_total", "prefixes announced", unit.Gauge, st.Announcements, "router", router)
	put("bmp_state_num_withdrawals_total", "prefixes withdrawn", unit.Gauge, st.Withdrawals, "router", router)
	put("bmp_state_num_received_prefixes_total", "prefixes received", unit.Gauge, st.Announcements+st.Withdrawals, "router", router)
	put("bmp_state_num_up_peers_total", "views of peers that are up", unit.Gauge, up, "router", router)
	put("bmp_state_num_up_peers_eor_capable_total", "of those, peers that announced graceful restart", unit.Gauge, capable, "router", router)
	put("bmp_state_num_up_peers_with_pending_eors_total", "of those, peers whose End-of-RIB is awaited", unit.Gauge, pending, "router", router)
}
