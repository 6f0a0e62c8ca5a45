// Package webui is the page at /: routers, peers, table sizes, units, and a
// search for routes. It is rendered here from the values of package api and
// works without scripts; one small script renews the figures. All text that
// came from the network goes through html/template, and the content security
// policy allows nothing but our own files.
//
// It has no state and no data of its own. Start reading at [New].
package webui

import (
	"bytes"
	"cmp"
	"embed"
	"html/template"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"time"

	"example.com/rotonda/internal/api"
)

//go:embed assets page.html
var files embed.FS

const policy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

// page renders the page.
type page struct {
	api      *api.API
	template *template.Template
	now      func() time.Time
}

// New returns the handler of / and /assets/.
func New(a *api.API) http.Handler {
	p := &page{api: a, now: time.Now}
	p.template = template.Must(template.New("page.html").Funcs(p.functions()).ParseFS(files, "page.html"))
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", cached(http.FileServerFS(assets{files})))
	mux.Handle("GET /", p)
	return secured(mux)
}

// assets hides what is not an asset.
type assets struct{ embed.FS }

// Open refuses everything but files under assets.
func (f assets) Open(name string) (fs.File, error) {
	if !strings.HasPrefix(name, "assets/") {
		return nil, fs.ErrNotExist
	}
	return f.FS.Open(name)
}

func cached(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=300")
		h.ServeHTTP(w, r)
	})
}

func secured(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", policy)
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "no-referrer")
		h.ServeHTTP(w, r)
	})
}

// view is what the template sees.
type view struct {
	Now     time.Time
	Status  api.Status
	RIBs    []api.RIBInfo
	Routers []api.Router
	Peers   []api.Peer
	Totals  totals
	Search  search
	// More are the numbers of routers and peers that are not shown.
	MoreRouters, MorePeers int
}

type totals struct {
	Routes, Prefixes, Memory int64
	PeersUp, Peers           int
	Failed                   int
}

// shown bounds the lists of the page.
const shown = 500

// ServeHTTP renders the page as a whole before the first byte of it.
func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v := view{Now: p.now().UTC(), Status: p.api.Status(), RIBs: p.api.RIBs(), Routers: p.api.Routers(), Peers: p.api.Peers()}
	v.count()
	slices.SortStableFunc(v.Peers, byState)
	v.Search = p.search(r)
	if len(v.Routers) > shown {
		v.Routers, v.MoreRouters = v.Routers[:shown], len(v.Routers)-shown
	}
	if len(v.Peers) > shown {
		v.Peers, v.MorePeers = v.Peers[:shown], len(v.Peers)-shown
	}
	var b bytes.Buffer
	if err := p.template.Execute(&b, &v); err != nil {
		http.Error(w, "the page cannot be rendered: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(b.Bytes()) // the client may be gone
}

// byState orders peers: those that are up first, then by AS.
func byState(a, b api.Peer) int {
	down := func(p api.Peer) int {
		if p.State == "Disconnected" {
			return 1
		}
		return 0
	}
	return cmp.Or(down(a)-down(b), cmp.Compare(a.ASN, b.ASN), cmp.Compare(a.ID, b.ID))
}

func (v *view) count() {
	for _, r := range v.RIBs {
		if !r.Default {
			continue
		}
		v.Totals.Memory = r.Memory
		for _, f := range r.Families {
			v.Totals.Routes += f.Routes
			v.Totals.Prefixes += f.Prefixes
		}
	}
	for _, p := range v.Peers {
		v.Totals.Peers++
		if p.State != "Disconnected" {
			v.Totals.PeersUp++
		}
	}
	for _, u := range v.Status.Units {
		if u.State == "failed" {
			v.Totals.Failed++
		}
	}
}
