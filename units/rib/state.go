package rib

import (
	"iter"

	"example.com/rotonda/unit"
)

// State is what the unit shows of itself.
type State struct {
	Families map[string]FamilyState `json:"families"`
	Peers    int                    `json:"peers"`      // known
	Up       int                    `json:"peersUp"`    // with a session
	Late     uint64                 `json:"lateEvents"` // of a session that is not the current one
	Refused  uint64                 `json:"refused"`    // routes, at a limit
	Memory   int64                  `json:"memory"`     // bytes of the store
}

// FamilyState are the figures of a family.
type FamilyState struct {
	Prefixes  int64 `json:"prefixes"`
	Routes    int64 `json:"routes"`
	Stale     int64 `json:"stale"`
	Withdrawn int64 `json:"withdrawn"`
	Peers     int   `json:"peers"`
}

// State returns a copy of the state.
func (r *RIB) State() any {
	s := State{Families: map[string]FamilyState{}, Late: r.counts.late.Load(), Refused: r.counts.refused.Load(), Memory: r.store.Stats().Memory}
	for _, f := range r.Families() {
		t := r.table.Stats(f)
		s.Families[f.String()] = FamilyState{t.Prefixes, t.Routes, t.Stale, t.Withdrawn, t.Peers}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s.Peers = len(r.peers)
	for _, p := range r.peers {
		if p.opened != nil {
			s.Up++
		}
	}
	return s
}

// Metrics yields upstream's names where their meaning is sound, and figures of
// families and memory.
func (r *RIB) Metrics() iter.Seq[unit.Metric] {
	return func(yield func(unit.Metric) bool) {
		counter := func(name, help string, v uint64) bool {
			return yield(unit.Metric{Name: name, Help: help, Value: float64(v)})
		}
		gauge := func(name, help string, v int64, labels ...string) bool {
			return yield(unit.Metric{Name: name, Help: help, Kind: unit.Gauge, Value: float64(v), Labels: labels})
		}
		c := &r.counts
		ok := counter("rib_unit_num_routes_announced_total", "routes that were new", c.announced.Load()) &&
			counter("rib_unit_num_modified_route_announcements_total", "routes that replaced another", c.replaced.Load()) &&
			counter("rib_unit_num_repeated_route_announcements_total", "routes announced again unchanged", c.same.Load()) &&
			counter("rib_unit_num_routes_withdrawn_total", "routes withdrawn, also by the end of a session", c.withdrawn.Load()) &&
			counter("rib_unit_num_route_withdrawals_without_announcements_total", "withdrawals of what was not there", c.unknown.Load()) &&
			counter("rib_unit_num_insert_hard_failures_total", "routes refused at a limit of memory", c.refused.Load()) &&
			counter("rib_unit_num_masked_total", "NLRI that came with host bits set", c.masked.Load()) &&
			counter("rib_unit_num_late_events_total", "events of a session that is not the current one", c.late.Load()) &&
			counter("rib_unit_num_unkept_total", "runs of NLRI of families that are not kept, which pass", c.unkept.Load()) &&
			counter("rib_unit_num_broken_total", "runs of NLRI that make no sense", c.broken.Load())
		if !ok {
			return
		}
		var prefixes, items int64
		for _, f := range r.Families() {
			t := r.table.Stats(f)
			prefixes, items = prefixes+t.Prefixes, items+t.Routes+t.Withdrawn
			if !gauge("rib_routes", "routes announced, stale ones included", t.Routes, "family", f.String()) ||
				!gauge("rib_prefixes", "prefixes with a route", t.Prefixes, "family", f.String()) ||
				!gauge("rib_routes_stale", "routes of an earlier session", t.Stale, "family", f.String()) {
				return
			}
		}
		m := r.store.Stats()
		_ = gauge("rib_unit_num_unique_prefixes_total", "prefixes with a route", prefixes) &&
			gauge("rib_unit_num_items_total", "routes held, withdrawn ones included", items) &&
			gauge("rib_store_bytes", "memory of the store", m.Memory) &&
			gauge("rib_store_attribute_sets", "distinct attribute sets", m.AttributeSets)
	}
}
