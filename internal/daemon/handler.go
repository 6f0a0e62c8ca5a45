package daemon

import (
	"iter"
	"net/http"

	"example.com/rotonda/internal/api"
	"example.com/rotonda/internal/api/prom"
	"example.com/rotonda/internal/webui"
	"example.com/rotonda/unit"
)

// handler answers HTTP: API, metrics and page.
func (d *Daemon) handler() http.Handler {
	return api.New(api.Options{
		Graph: d.graph, Ingress: d.register, RPKI: d.vrps,
		Version: version, Started: d.started, Log: d.log, Reload: d.Reload,
		UserMetrics: d.scriptMetrics, Function: d.filters.Query,
		Metrics: prom.Handler, UI: webui.New,
	})
}

// scriptMetrics yields what hooks did and the series that scripts made.
func (d *Daemon) scriptMetrics() iter.Seq[unit.Metric] {
	return func(yield func(unit.Metric) bool) {
		for m := range d.filters.Metrics() {
			m.Name = "rotonda_" + m.Name
			if !yield(m) {
				return
			}
		}
		for m := range d.filters.UserMetrics() {
			if !yield(m) {
				return
			}
		}
	}
}
