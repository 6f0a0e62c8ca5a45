package daemon

import (
	"net/http"

	"example.com/rotonda/internal/api"
	"example.com/rotonda/internal/api/prom"
	"example.com/rotonda/internal/webui"
)

// handler answers HTTP: API, metrics and page.
func (d *Daemon) handler() http.Handler {
	return api.New(api.Options{
		Graph: d.graph, Ingress: d.register, RPKI: d.vrps,
		Version: version, Started: d.started, Log: d.log, Reload: d.Reload,
		Function: d.filters.Query, DaemonMetrics: d.filters.Metrics, UserMetrics: d.filters.UserMetrics,
		Metrics: prom.Handler, UI: webui.New,
	})
}
