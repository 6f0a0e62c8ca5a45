package api

import (
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"time"

	"example.com/rotonda/internal/graph"
	"example.com/rotonda/unit"
)

// UnitInfo is a unit with what it shows of itself.
type UnitInfo struct {
	graph.View
	Listen  string          `json:"listen,omitempty"`
	Details json.RawMessage `json:"details,omitempty"`
}

// Status is the state of the daemon.
type Status struct {
	Version string     `json:"version"`
	Started time.Time  `json:"started"`
	Ready   bool       `json:"ready"` // all sources caught up or waiting
	Units   []UnitInfo `json:"units"`
	Queues  []Queue    `json:"queues"`
}

// Queue is what waits before a target.
type Queue struct {
	To string `json:"to"`
	graph.Queue
}

// Status returns the state of the daemon.
func (a *API) Status() Status {
	s := Status{Version: a.opt.Version, Started: a.opt.Started.UTC(), Ready: a.Ready(), Units: []UnitInfo{}, Queues: []Queue{}}
	for _, v := range a.opt.Graph.Units() {
		for _, q := range v.Queues {
			s.Queues = append(s.Queues, Queue{v.Name, q})
		}
		u := UnitInfo{View: v}
		if l, ok := v.Unit.(unit.Listener); ok {
			u.Listen = l.Addr()
		}
		if d, ok := v.Unit.(unit.Stater); ok {
			u.Details = details(d.State())
		}
		s.Units = append(s.Units, u)
	}
	return s
}

// details writes what a unit shows; one that cannot be written does not take
// the others with it.
func details(state any) json.RawMessage {
	text, err := json.Marshal(state)
	if err != nil {
		text, _ = json.Marshal(map[string]string{"error": err.Error()}) // strings always encode
	}
	return text
}

func (a *API) status(w http.ResponseWriter, _ *http.Request) { writeJSON(w, a.Status()) }

func (a *API) healthz(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok\n") }

func (a *API) readyz(w http.ResponseWriter, _ *http.Request) {
	if !a.Ready() {
		plain(w, http.StatusServiceUnavailable, "not ready: sources have not caught up\n")
		return
	}
	plain(w, http.StatusOK, "ready\n")
}

func plain(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = w.Write([]byte(text)) // the client may be gone
}

// reload is for people on this machine only, and not for pages that their
// browser shows.
func (a *API) reload(w http.ResponseWriter, r *http.Request) {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !from.Addr().Unmap().IsLoopback() || !localHost(r.Host) {
		problem(http.StatusForbidden, "a reload can be asked for from this machine only, at a loopback address").write(w)
		return
	}
	if err := http.NewCrossOriginProtection().Check(r); err != nil {
		problem(http.StatusForbidden, "a page of another origin cannot ask for a reload").write(w)
		return
	}
	if err := a.opt.Reload(); err != nil {
		problem(http.StatusUnprocessableEntity, "%v", err).write(w)
		return
	}
	writeJSON(w, map[string]string{"data": "reloaded"})
}

// localHost keeps out names that were made to resolve to a loopback address.
func localHost(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	addr, err := netip.ParseAddr(name)
	return name == "localhost" || err == nil && addr.IsLoopback()
}

func writeJSON(w http.ResponseWriter, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		problem(http.StatusInternalServerError, "the answer cannot be written: %v", err).write(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(append(text, '\n')) // the client may be gone
}
