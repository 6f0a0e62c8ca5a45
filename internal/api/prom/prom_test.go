package prom

import (
	"context"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"example.com/rotonda/ingress"
	"example.com/rotonda/internal/api"
	"example.com/rotonda/internal/graph"
	"example.com/rotonda/unit"
)

type source struct{}

func (source) Run(context.Context) error { return nil }
func (source) Metrics() iter.Seq[unit.Metric] {
	return func(yield func(unit.Metric) bool) {
		_ = yield(unit.Metric{Name: "messages_total", Help: "a \"help\"\nof two lines \\", Value: 3, Labels: []string{"router", "\"}\n\\<script>\xff"}}) &&
			yield(unit.Metric{Name: "messages_total", Help: "another help", Value: 4, Labels: []string{"router", "b", "msg_type", "x"}}) &&
			yield(unit.Metric{Name: "messages_total", Help: "twice", Value: 9, Labels: []string{"router", "b", "msg_type", "x"}}) &&
			yield(unit.Metric{Name: "odd name{", Kind: unit.Gauge, Value: 1, Labels: []string{"la-bel", "v"}})
	}
}

type units []graph.View

func (u units) Units() []graph.View { return u }
func (units) Ready() bool           { return true }

func TestTheExpositionIsValid(t *testing.T) {
	h := api.New(api.Options{
		Graph:   units{{Name: "a", Type: "x", State: graph.Running, Unit: source{}}, {Name: "b", Type: "x", State: graph.Failed, Unit: source{}, Queues: []graph.Queue{{From: "a", Batches: 2}}}},
		Ingress: ingress.New(ingress.Options{}), Version: "1", Started: time.Now(), Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Metrics: Handler,
		UserMetrics: func() iter.Seq[unit.Metric] {
			return func(yield func(unit.Metric) bool) {
				yield(unit.Metric{Name: "roto_user_defined_bad", Value: 5, Labels: []string{"peer", "AS1"}})
			}
		},
	})
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	body := rec.Body.String()
	if rec.Code != http.StatusOK {
		t.Fatalf("%d %s", rec.Code, body)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(body))
	if err != nil {
		t.Fatalf("%v in\n%s", err, body)
	}
	for name, series := range map[string]int{
		"rotonda_messages_total": 4, "rotonda_odd_name_": 2, "roto_user_defined_bad": 1, "rotonda_queue_batches": 1,
		"rotonda_unit_running": 2, "rotonda_build_info": 1, "go_goroutines": 1, "process_start_time_seconds": 1,
	} {
		if f := families[name]; f == nil || len(f.Metric) != series {
			t.Errorf("%s: %v, want %d series", name, f, series)
		}
		if n := strings.Count(body, "# TYPE "+name+" "); n != 1 {
			t.Errorf("%s has %d TYPE lines", name, n)
		}
	}
	if !strings.Contains(body, `rotonda_messages_total{component="b",msg_type="x",router="b"} 4`) {
		t.Errorf("the labels are not there:\n%s", body)
	}
}
