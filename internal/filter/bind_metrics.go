package filter

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"example.com/rotonda/roto"
	"example.com/rotonda/unit"
)

// Metrics are the counters and gauges of scripts. They outlive a reload.
type Metrics struct {
	mu     sync.RWMutex // guards the map; values are atomic
	series map[string]*series
}

type series struct {
	kind  unit.MetricKind
	value atomic.Uint64
}

// maxSeries bounds what a script can make by putting changing values in labels.
const maxSeries = 10_000

func (m *Metrics) at(name string, kind unit.MetricKind) *series {
	m.mu.RLock()
	s := m.series[name]
	m.mu.RUnlock()
	if s != nil {
		return s
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if s = m.series[name]; s != nil {
		return s
	}
	if len(m.series) >= maxSeries {
		panic(roto.Error("too many series of metrics"))
	}
	if m.series == nil {
		m.series = map[string]*series{}
	}
	s = &series{kind: kind}
	m.series[strings.Clone(name)] = s
	return s
}

func (m *Metrics) increase(name string, n uint64) {
	if n > 0 {
		m.at(name, unit.Counter).value.Add(n)
	}
}

func (m *Metrics) set(name string, n uint64) { m.at(name, unit.Gauge).value.Store(n) }

// All yields the series sorted by name: roto_user_defined_NAME, with the labels
// a script wrote into the name.
func (m *Metrics) All() iter.Seq[unit.Metric] {
	return func(yield func(unit.Metric) bool) {
		m.mu.RLock()
		names := slices.Sorted(maps.Keys(m.series))
		all := maps.Clone(m.series)
		m.mu.RUnlock()
		for _, name := range names {
			s := all[name]
			base, labels := splitLabels(name)
			if !yield(unit.Metric{Name: "roto_user_defined_" + base, Help: "Set by a Roto script.", Kind: s.kind, Value: float64(s.value.Load()), Labels: labels}) {
				return
			}
		}
	}
}

// splitLabels takes `name{key="value",…}` apart; what does not have that form is
// a name alone, cleaned of what Prometheus does not allow.
func splitLabels(name string) (base string, labels []string) {
	base, rest, ok := strings.Cut(name, "{")
	for ok && rest != "" && rest != "}" {
		key, after, found := strings.Cut(rest, `="`)
		value, tail, closed := strings.Cut(after, `"`)
		if !found || !closed {
			break
		}
		labels = append(labels, clean(strings.TrimSpace(key)), value)
		rest = strings.TrimPrefix(strings.TrimSpace(tail), ",")
	}
	return clean(base), labels
}

func clean(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, name)
}

func bindMetrics(rt *roto.Runtime) {
	roto.Type[*Metrics](rt, "Metrics", "Counters and gauges, shown as roto_user_defined_NAME.").
		Method("increase_counter", "Adds to a counter; 0 does nothing. The name may carry labels: name{key=\"value\"}.", roto.Proc3((*Metrics).increase), roto.Names("name", "value"), roto.Touches(tagNLRI)).
		Method("set_gauge", "Sets a gauge. The name may carry labels.", roto.Proc3((*Metrics).set), roto.Names("name", "value"), roto.Touches(tagNLRI))
}
