package graph

import (
	"fmt"
	"slices"
	"strings"

	"example.com/rotonda/conf"
	"example.com/rotonda/unit"
)

// Spec is one unit of a plan: its name, kind and decoded settings.
type Spec struct {
	Name   string
	Def    unit.Def
	Config any // pointer to the unit's config struct
	Target bool
	Node   *conf.Node
}

// sources returns where the unit's batches come from.
func (s *Spec) sources() unit.Sources {
	if c, ok := s.Config.(unit.Sourced); ok {
		return c.SourceList()
	}
	return nil
}

// Plan is a checked configuration of units.
type Plan struct {
	Units []*Spec
}

// Find returns the unit of that name, or nil.
func (p *Plan) Find(name string) *Spec {
	for _, s := range p.Units {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// ReadPlan reads the tables units and targets of a configuration. Every error
// is found at once; a plan is returned only where there is none.
func ReadPlan(root *conf.Node, catalog []unit.Def) (*Plan, conf.Errors, []conf.Notice) {
	r := reader{catalog: catalog, plan: &Plan{}}
	for _, section := range []string{"units", "targets"} {
		r.section(root, section)
	}
	r.checkSources()
	r.dropUnused()
	r.errs.Sort()
	if len(r.errs) > 0 {
		return nil, r.errs, r.notices
	}
	return r.plan, nil, r.notices
}

type reader struct {
	catalog []unit.Def
	plan    *Plan
	broken  map[string]bool // units whose table had an error: known by name all the same
	errs    conf.Errors
	notices []conf.Notice
}

func (r *reader) section(root *conf.Node, section string) {
	table := root.At(section)
	if table == nil {
		return
	}
	if table.Kind != conf.KindTable {
		r.errs = append(r.errs, table.Errorf("write tables such as ["+section+".name]", "%s is %s", section, table.Kind))
		return
	}
	for name, n := range table.All() {
		r.unit(name, n, section == "targets")
	}
}

func (r *reader) unit(name string, n *conf.Node, target bool) {
	if r.broken == nil {
		r.broken = map[string]bool{}
	}
	r.broken[name] = true
	if n.Kind != conf.KindTable {
		r.errs = append(r.errs, n.Errorf("write a table with a key type", "%s is %s", name, n.Kind))
		return
	}
	if old := r.plan.Find(name); old != nil {
		r.errs = append(r.errs, n.Errorf("give one of them another name", "a unit of this name stands on line %d already", old.Node.Line))
		return
	}
	def, ok := r.kind(n)
	if !ok {
		return
	}
	if def.Instead != "" {
		r.notices = append(r.notices, conf.Notice{
			File: n.File().Path, Line: n.Line, Col: n.Col, Key: n.Key,
			Text: fmt.Sprintf("%s is not part of this version and the unit is left out; %s", def.Type, def.Instead),
		})
		return
	}
	cfg := def.Config()
	errs, notices := n.Without("type").Decode(cfg)
	r.errs, r.notices = append(r.errs, errs...), append(r.notices, notices...)
	if len(errs) > 0 {
		return
	}
	delete(r.broken, name)
	r.plan.Units = append(r.plan.Units, &Spec{Name: name, Def: def, Config: cfg, Target: target, Node: n})
}

func (r *reader) kind(n *conf.Node) (unit.Def, bool) {
	known := make([]string, len(r.catalog))
	for i, d := range r.catalog {
		known[i] = d.Type
	}
	right := "one of " + strings.Join(known, ", ")
	t := n.At("type")
	if t == nil {
		r.errs = append(r.errs, n.KeyErrorf("type", "add type = \"…\", "+right, "the key is missing"))
		return unit.Def{}, false
	}
	for _, d := range r.catalog {
		if t.Kind == conf.KindString && d.Type == t.Text {
			return d, true
		}
	}
	if near, ok := conf.Nearest(t.Text, known); ok {
		right = "did you mean " + near + "?"
	}
	r.errs = append(r.errs, t.Errorf(right, "there is no unit type %q", t.Text))
	return unit.Def{}, false
}

func (r *reader) checkSources() {
	var names []string
	for _, s := range r.plan.Units {
		names = append(names, s.Name)
	}
	for name := range r.broken {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, s := range r.plan.Units {
		for i, src := range s.sources() {
			if r.broken[src.Name] {
				continue
			}
			from := r.plan.Find(src.Name)
			var what, right string
			switch {
			case from == nil:
				what = fmt.Sprintf("there is no unit %q", src.Name)
				right = "the units are " + strings.Join(names, ", ")
				if near, ok := conf.Nearest(src.Name, names); ok {
					right = "did you mean " + near + "?"
				}
			case from.Target:
				what, right = fmt.Sprintf("%q is a target and sends nothing on", src.Name), "name a unit of [units]"
			case from == s:
				what, right = "a unit cannot be its own source", "name another unit"
			default:
				continue
			}
			r.errs = append(r.errs, sourceNode(s.Node, i).Errorf(right, "%s", what))
		}
	}
}

// sourceNode is the place of the i-th source of a unit.
func sourceNode(n *conf.Node, i int) *conf.Node {
	for _, key := range []string{"sources", "source"} {
		at := n.At(key)
		switch {
		case at == nil:
		case at.Kind == conf.KindList && i < len(at.List):
			return at.List[i]
		default:
			return at
		}
	}
	return n
}

// dropUnused leaves out sources that nobody listens to, as upstream does, and
// says so.
func (r *reader) dropUnused() {
	used := map[string]bool{}
	for _, s := range r.plan.Units {
		for _, src := range s.sources() {
			used[src.Name] = true
		}
	}
	r.plan.Units = slices.DeleteFunc(r.plan.Units, func(s *Spec) bool {
		_, receives := s.Config.(unit.Sourced)
		if s.Target || receives || used[s.Name] {
			return false
		}
		r.notices = append(r.notices, conf.Notice{
			File: s.Node.File().Path, Line: s.Node.Line, Col: s.Node.Col, Key: s.Node.Key,
			Text: fmt.Sprintf("Unit '%s' is unused and will not be started: no unit or target names it in its sources", s.Name),
		})
		return true
	})
}
