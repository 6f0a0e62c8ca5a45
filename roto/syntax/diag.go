package syntax

import (
	"cmp"
	"slices"
)

// DiagnosticKind says which stage complains.
type DiagnosticKind uint8

// The kinds of diagnostics. A Warning stops nothing.
const (
	ParseError DiagnosticKind = iota
	TypeError
	Warning
)

// String returns the heading of the kind.
func (k DiagnosticKind) String() string {
	switch k {
	case ParseError:
		return "Error: Parse error"
	case TypeError:
		return "Error: Type error"
	}
	return "Warning"
}

// Severity returns "error" or "warning".
func (k DiagnosticKind) Severity() string {
	if k == Warning {
		return "warning"
	}
	return "error"
}

// Label is a marked piece of source with a text of its own.
type Label struct {
	Span Span
	Text string
}

// Diagnostic is one complaint. The first label is its place.
type Diagnostic struct {
	Kind    DiagnosticKind
	Title   string
	Labels  []Label
	Notes   []string // whole lines, each shown after "Note: " or "Help: " as written
	Suggest string   // a replacement for the first label's text, or ""
}

// Span returns the main place.
func (d Diagnostic) Span() Span {
	if len(d.Labels) == 0 {
		return Span{}
	}
	return d.Labels[0].Span
}

// Diagnostics collects complaints over all files of a package.
type Diagnostics struct{ List []Diagnostic }

// maxComplaints is where a file is given up: it is no Roto.
const maxComplaints = 200

// Full reports whether no more complaints are taken.
func (d *Diagnostics) Full() bool { return len(d.List) >= maxComplaints }

// Add appends a complaint, unless the same was made at the same place, or
// there are too many already.
func (d *Diagnostics) Add(x Diagnostic) {
	if d.Full() {
		return
	}
	for _, old := range d.List {
		if old.Title == x.Title && old.Span() == x.Span() {
			return
		}
	}
	d.List = append(d.List, x)
}

// Failed reports whether there is an error among them.
func (d *Diagnostics) Failed() bool {
	return slices.ContainsFunc(d.List, func(x Diagnostic) bool { return x.Kind != Warning })
}

// Sort orders by file as first met, then by position.
func (d *Diagnostics) Sort() {
	rank := map[*File]int{}
	for _, x := range d.List {
		if _, seen := rank[x.Span().File]; !seen {
			rank[x.Span().File] = len(rank)
		}
	}
	slices.SortStableFunc(d.List, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(rank[a.Span().File], rank[b.Span().File]), cmp.Compare(a.Span().Start, b.Span().Start))
	})
}
