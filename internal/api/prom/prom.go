// Package prom shows the metrics of the API to Prometheus, with those of the
// process and of the Go runtime. It is apart so that package api needs no
// client library; what the metrics are stands in package api. Start reading at
// [Handler].
package prom

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"example.com/rotonda/internal/api"
)

// Handler answers /metrics.
func Handler(a *api.API) http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(collector{a}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// collector gives the samples to Prometheus when it asks.
type collector struct{ api *api.API }

// Describe says nothing: which series there are depends on the units that run.
func (collector) Describe(chan<- *prometheus.Desc) {}

// Collect reads all metrics now. One that is not valid is left out.
func (c collector) Collect(out chan<- prometheus.Metric) {
	for _, s := range c.api.Samples() {
		names := s.LabelNames()
		labels := make([]string, len(names))
		for i, n := range names {
			labels[i] = s.Labels[n]
		}
		kind := prometheus.CounterValue
		if s.Kind == "gauge" {
			kind = prometheus.GaugeValue
		}
		m, err := prometheus.NewConstMetric(prometheus.NewDesc(s.Name, s.Help, names, nil), kind, s.Value, labels...)
		if err == nil {
			out <- m
		}
	}
}
