package api

import (
	"net/http"

	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/store"
)

// FamilyFigures count one family of a RIB.
type FamilyFigures struct {
	Prefixes  int64 `json:"prefixes"` // with a route that is active or stale
	Routes    int64 `json:"routes"`   // active and stale
	Stale     int64 `json:"stale"`
	Withdrawn int64 `json:"withdrawn"` // kept to be asked for
	Peers     int   `json:"peers"`
}

// RIBInfo describes a RIB.
type RIBInfo struct {
	Name     string                   `json:"name"`
	Default  bool                     `json:"default"` // the one of upstream's endpoints
	Families map[string]FamilyFigures `json:"families"`
	// Memory is that of the store, in bytes; RIBs that share one show the same.
	Memory        int64 `json:"memory"`
	MemoryLimit   int64 `json:"memoryLimit"` // bytes, 0 for none
	AttributeSets int64 `json:"attributeSets"`
}

// RIBs lists the RIBs by name.
func (a *API) RIBs() []RIBInfo {
	list := []RIBInfo{}
	standard, _ := a.findRIB(defaultRIB)
	for _, r := range a.ribUnits() {
		info := RIBInfo{Name: r.Name, Default: r.Name == standard.Name, Families: map[string]FamilyFigures{}}
		if t, ok := r.rib.(Tabler); ok {
			info.Families = families(t.Table())
		}
		if s, ok := r.rib.(Sizer); ok {
			st := s.StoreStats()
			info.Memory, info.MemoryLimit, info.AttributeSets = st.Memory, st.Limit, st.AttributeSets
		}
		list = append(list, info)
	}
	return list
}

func families(t store.Table) map[string]FamilyFigures {
	out := map[string]FamilyFigures{}
	if t == (store.Table{}) {
		return out
	}
	for i := range inet.Families {
		f := inet.Families[i].Family
		if !store.Kept(f) {
			continue
		}
		st := t.Stats(f)
		if st.Routes+st.Withdrawn > 0 || f.SAFI() == inet.SAFIUnicast {
			out[f.String()] = FamilyFigures{st.Prefixes, st.Routes, st.Stale, st.Withdrawn, st.Peers}
		}
	}
	return out
}

// routesByIngress counts the routes of each ingress in the default RIB.
func (a *API) routesByIngress() map[ingress.ID]int64 {
	counts := map[ingress.ID]int64{}
	r, bad := a.findRIB(defaultRIB)
	if bad != nil {
		return counts
	}
	if t, ok := r.rib.(Tabler); ok && t.Table() != (store.Table{}) {
		for l := range t.Table().Lanes() {
			counts[ingress.ID(l.Key().Ingress)] += l.Stats().Routes()
		}
	}
	return counts
}

func (a *API) ribs(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, struct {
		Data []RIBInfo `json:"data"`
	}{a.RIBs()})
}
