package api

import (
	"iter"
	"net/http"
	"regexp"
	"sort"
	"strings"

	"example.com/rotonda/ingress"
	"example.com/rotonda/internal/graph"
	"example.com/rotonda/unit"
)

// Sample is a metric with its full name and all its labels.
type Sample struct {
	Name   string            `json:"name"`
	Kind   string            `json:"kind"` // counter, gauge
	Help   string            `json:"help"`
	Labels map[string]string `json:"labels"`
	Value  float64           `json:"value"`
}

// prefix stands before all names but those of the user's scripts.
const prefix = "rotonda_"

var badName = regexp.MustCompile(`[^a-zA-Z0-9_]`)

// Samples returns all metrics but those of the process, by name. Each name has
// one kind and one help text, and each set of labels is there once.
func (a *API) Samples() []Sample {
	c := collection{first: map[string]int{}, seen: map[string]bool{}}
	c.add(prefix, "", func(yield func(unit.Metric) bool) {
		yield(gauge("build_info", "The version that runs; always 1.", 1, "version", a.opt.Version))
	})
	for _, v := range a.opt.Graph.Units() {
		c.add(prefix, v.Name, graphMetrics(v))
		if m, ok := v.Unit.(unit.Measurer); ok {
			c.add(prefix, v.Name, m.Metrics())
		}
	}
	c.add(prefix, "", a.ingressMetrics())
	if a.opt.DaemonMetrics != nil {
		c.add(prefix, "", a.opt.DaemonMetrics())
	}
	if a.opt.UserMetrics != nil {
		c.add("", "", a.opt.UserMetrics())
	}
	sort.SliceStable(c.list, func(i, j int) bool { return c.list[i].Name < c.list[j].Name })
	return c.list
}

type collection struct {
	list  []Sample
	first map[string]int  // name to its first sample
	seen  map[string]bool // name and labels
}

func (c *collection) add(prefix, component string, metrics iter.Seq[unit.Metric]) {
	for m := range metrics {
		s := Sample{Name: prefix + badName.ReplaceAllString(m.Name, "_"), Kind: "counter", Help: m.Help, Labels: map[string]string{}, Value: m.Value}
		if m.Kind == unit.Gauge {
			s.Kind = "gauge"
		}
		if component != "" {
			s.Labels["component"] = component
		}
		for i := 0; i+1 < len(m.Labels); i += 2 {
			s.Labels[badName.ReplaceAllString(m.Labels[i], "_")] = strings.ToValidUTF8(m.Labels[i+1], "\uFFFD")
		}
		if at, ok := c.first[s.Name]; ok {
			s.Kind, s.Help = c.list[at].Kind, c.list[at].Help
		} else {
			c.first[s.Name] = len(c.list)
		}
		if key := s.key(); !c.seen[key] {
			c.seen[key] = true
			c.list = append(c.list, s)
		}
	}
}

// LabelNames returns the names of the labels, sorted.
func (s *Sample) LabelNames() []string {
	names := make([]string, 0, len(s.Labels))
	for n := range s.Labels {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

func (s *Sample) key() string {
	var b strings.Builder
	b.WriteString(s.Name)
	for _, n := range s.LabelNames() {
		b.WriteString("\x00" + n + "\x00" + s.Labels[n])
	}
	return b.String()
}

func gauge(name, help string, v float64, labels ...string) unit.Metric {
	return unit.Metric{Name: name, Help: help, Kind: unit.Gauge, Value: v, Labels: labels}
}

func counter(name, help string, v float64, labels ...string) unit.Metric {
	return unit.Metric{Name: name, Help: help, Value: v, Labels: labels}
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// graphMetrics are what the graph knows about a unit.
func graphMetrics(v graph.View) iter.Seq[unit.Metric] {
	list := []unit.Metric{
		gauge("unit_running", "1 while the unit runs, 0 while it starts, has failed or has ended.", oneIf(v.State == graph.Running), "type", v.Type),
		counter("unit_sent_events_total", "Events the unit sent on.", float64(v.Sent)),
		counter("unit_refused_batches_total", "Batches the unit refused.", float64(v.Refused)),
	}
	for _, q := range v.Queues {
		list = append(list,
			gauge("queue_batches", "Batches that wait before a target.", float64(q.Batches), "from", q.From),
			gauge("queue_bytes", "Bytes that wait before a target.", float64(q.Bytes), "from", q.From),
			gauge("queue_depth", "The most batches that may wait before a target.", float64(q.Depth), "from", q.From),
			counter("queue_dropped_events_total", "Events lost because the queue was full.", float64(q.Dropped), "from", q.From),
			counter("queue_abandoned_batches_total", "Batches given up because the state was sent again.", float64(q.Abandoned), "from", q.From),
			counter("queue_replays_total", "How often the state was sent to the target.", float64(q.Replays), "from", q.From),
		)
	}
	return each(list)
}

func (a *API) ingressMetrics() iter.Seq[unit.Metric] {
	type class struct {
		kind  ingress.Kind
		state ingress.State
	}
	counts := map[class]int{}
	for i := range a.opt.Ingress.All() {
		counts[class{i.Kind, i.State}]++
	}
	var list []unit.Metric
	for kind := ingress.KindBMP; kind <= ingress.KindBGPOut; kind++ {
		for state := ingress.Disconnected; state <= ingress.NonNetwork; state++ {
			if n := counts[class{kind, state}]; n > 0 {
				list = append(list, gauge("ingresses", "Ingresses in the register.", float64(n), "type", kind.String(), "state", state.String()))
			}
		}
	}
	return each(list)
}

func each(list []unit.Metric) iter.Seq[unit.Metric] {
	return func(yield func(unit.Metric) bool) {
		for _, m := range list {
			if !yield(m) {
				return
			}
		}
	}
}

func (a *API) stats(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, struct {
		Data []Sample `json:"data"`
	}{a.Samples()})
}
