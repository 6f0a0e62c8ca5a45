package api

import (
	"net/http"
	"net/url"
	"strings"

	"example.com/rotonda/conf"
	"example.com/rotonda/routecore/inet"
)

// endpoint is a row of the table that requests are checked by and that
// /openapi.json is made from.
type endpoint struct {
	method, path string
	id           string // operation id
	about        string
	params       []param
	answer       string // content type
	routes       bool   // answers 503 until the sources are ready
	handle       http.HandlerFunc
}

func (a *API) endpoints() []endpoint {
	const object = "application/json"
	list := []endpoint{
		{"GET", "/api/v1/status", "status", "version, units with their state, queues", nil, object, false, a.status},
		{"GET", "/api/v1/ribs", "ribs", "the RIBs with figures per family and their memory", nil, object, false, a.ribs},
		{"GET", "/api/v1/ribs/{rib}/routes", "routes", "routes of one RIB; the word default names the default RIB", routeParams, object, true, a.routes},
		{"GET", "/api/v1/ribs/ipv4unicast/routes", "ipv4unicast", "upstream's form: all IPv4 routes of the default RIB", filterParams, object, true, a.upstream(inet.IPv4Unicast, true)},
		{"GET", "/api/v1/ribs/ipv4unicast/routes/{prefix}/{len}", "ipv4unicastPrefix", "upstream's form: the routes of one IPv4 prefix", filterParams, object, true, a.upstream(inet.IPv4Unicast, false)},
		{"GET", "/api/v1/ribs/ipv6unicast/routes", "ipv6unicast", "upstream's form: all IPv6 routes of the default RIB", filterParams, object, true, a.upstream(inet.IPv6Unicast, true)},
		{"GET", "/api/v1/ribs/ipv6unicast/routes/{prefix}/{len}", "ipv6unicastPrefix", "upstream's form: the routes of one IPv6 prefix", filterParams, object, true, a.upstream(inet.IPv6Unicast, false)},
		{"GET", "/api/v1/ingresses", "ingresses", "upstream's form: who routes come from", ingressParams, object, false, a.ingresses},
		{"GET", "/api/v1/ingresses/{id}", "ingress", "upstream's form: one of them, null if it is not known", nil, object, false, a.ingress},
		{"GET", "/api/v1/routers", "routers", "BMP routers and MRT files", nil, object, false, a.routers},
		{"GET", "/api/v1/peers", "peers", "BGP peers, also those seen through BMP and in files", nil, object, false, a.peers},
		{"GET", "/api/v1/stats", "stats", "all metrics but those of the process", nil, object, false, a.stats},
		{"GET", "/healthz", "healthz", "200 while the process answers", nil, "text/plain", false, a.healthz},
		{"GET", "/readyz", "readyz", "200 when all sources have caught up or wait for their network, else 503", nil, "text/plain", false, a.readyz},
		{"GET", "/openapi.json", "openapi", "this description", nil, object, false, a.openapi},
	}
	if a.opt.Metrics != nil {
		list = append(list, endpoint{"GET", "/metrics", "metrics", "all metrics for Prometheus", nil, "text/plain", false, a.opt.Metrics(a).ServeHTTP})
	}
	if a.opt.Reload != nil {
		list = append(list, endpoint{"POST", "/api/v1/reload", "reload", "reads the configuration again; from this machine only", nil, object, false, a.reload})
	}
	return list
}

func (a *API) mux() http.Handler {
	mux := http.NewServeMux()
	list := a.endpoints()
	a.list = list
	for _, e := range list {
		mux.Handle(e.method+" "+e.path, a.guard(e))
	}
	var page http.Handler
	if a.opt.UI != nil {
		page = a.opt.UI(a)
		mux.Handle("GET /{$}", page)
		mux.Handle("GET /assets/", page)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { stray(w, r, mux, list) })
	return mux
}

// guard checks the parameters of a request before it is handled.
func (a *API) guard(e endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			problem(http.StatusBadRequest, "the query string cannot be read: %v", err).write(w)
			return
		}
		if _, bad := check(e.params, raw); bad != nil {
			bad.write(w)
			return
		}
		if e.routes && !a.Ready() {
			notReady().write(w)
			return
		}
		if e.routes && r.Method == http.MethodHead { // a walk for nothing otherwise
			w.Header().Set("Content-Type", e.answer)
			return
		}
		e.handle(w, r)
	})
}

// stray answers requests that no endpoint is for.
func stray(w http.ResponseWriter, r *http.Request, mux *http.ServeMux, list []endpoint) {
	for _, method := range []string{"GET", "POST"} {
		other := *r
		other.Method = method
		if _, pattern := mux.Handler(&other); pattern != "/" && method != r.Method {
			w.Header().Set("Allow", method)
			problem(http.StatusMethodNotAllowed, "%s is not for %s; use %s", r.URL.Path, r.Method, method).write(w)
			return
		}
	}
	var paths []string
	for _, e := range list {
		paths = append(paths, e.path)
	}
	p := problem(http.StatusNotFound, "there is nothing at %s", r.URL.Path)
	p.Right = "/openapi.json lists what there is"
	if near, ok := conf.Nearest(strings.TrimSuffix(r.URL.Path, "/"), paths); ok {
		p.Right = "did you mean " + near + "?"
	}
	p.write(w)
}
