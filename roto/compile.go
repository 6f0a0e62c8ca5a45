package roto

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unsafe"

	"example.com/rotonda/roto/internal/check"
	"example.com/rotonda/roto/internal/ir"
	"example.com/rotonda/roto/internal/vm"
	"example.com/rotonda/roto/syntax"
)

// Package is a compiled script. Warnings are what its author should know. It is immutable and may be used by any number
// of goroutines, each with a [Worker] of its own.
type Package struct {
	rt       *Runtime
	prog     *ir.Program
	fns      map[*ir.Func]*vm.Fn
	byName   map[string]*vm.Fn
	values   vm.Values
	Warnings []syntax.Diagnostic
}

// Report is what is wrong with a script: all of it, in order of position.
type Report struct{ Diagnostics []syntax.Diagnostic }

// Error returns all complaints with their excerpts.
func (r *Report) Error() string { return r.Render(false) }

// Render returns all complaints with their excerpts, in colour for a terminal.
func (r *Report) Render(color bool) string {
	var b strings.Builder
	for _, d := range r.Diagnostics {
		b.WriteString(d.Render(color))
	}
	return b.String()
}

// jsonDiagnostic is a complaint for editors.
type jsonDiagnostic struct {
	File       string `json:"file"`
	Line       int    `json:"line"`
	Column     int    `json:"column"`
	EndLine    int    `json:"endLine"`
	EndColumn  int    `json:"endColumn"`
	Severity   string `json:"severity"`
	Message    string `json:"message"`
	Suggestion string `json:"suggestion,omitempty"`
}

// AppendJSON appends one object a complaint, one a line.
func (r *Report) AppendJSON(dst []byte) []byte {
	for _, d := range r.Diagnostics {
		j := jsonDiagnostic{Severity: d.Kind.Severity(), Message: d.Title, Suggestion: d.Suggest}
		if len(d.Labels) > 0 && strings.HasPrefix(d.Labels[0].Text, "expected `") {
			j.Message += ": " + d.Labels[0].Text
		}
		if s := d.Span(); s.File != nil {
			from, to := s.Position(), s.File.Position(s.End)
			j.File, j.Line, j.Column, j.EndLine, j.EndColumn = s.File.Name, from.Line, from.Column, to.Line, to.Column
		}
		line, err := json.Marshal(j)
		if err == nil {
			dst = append(append(dst, line...), '\n')
		}
	}
	return dst
}

// Compile reads, checks and compiles a script given as one file, a directory or
// several modules. What is wrong with the script is a [*Report]; a fault while
// evaluating a constant is a [*Fault]; other errors are about reading or about
// the runtime's bindings.
func (rt *Runtime) Compile(sources ...Source) (*Package, error) { return rt.compile(false, sources) }

func (rt *Runtime) compile(cover bool, sources []Source) (*Package, error) {
	if err := rt.Err(); err != nil {
		return nil, err
	}
	var diags syntax.Diagnostics
	mods, err := parse(sources, &diags)
	if err != nil {
		return nil, err
	}
	checked := check.Check(rt.u, mods, &diags, check.Options{})
	diags.Sort()
	if diags.Failed() {
		return nil, &Report{diags.List}
	}
	prog, err := ir.Lower(rt.u, checked, cover)
	if err != nil {
		return nil, err
	}
	c := &vm.Compiler{Freeze: rt.freeze}
	fns, err := c.Compile(prog)
	if err != nil {
		return nil, err
	}
	p := &Package{rt: rt, prog: prog, fns: fns, byName: map[string]*vm.Fn{}, values: c.Values(), Warnings: diags.List}
	for _, f := range prog.Funcs {
		if f.Def.Decl.Kind != syntax.TestFunc && f.Def.Generic == 0 {
			p.byName[f.Path] = fns[f]
		}
	}
	return p, nil
}

// parse reads all files of a script and of its dependencies.
func parse(sources []Source, diags *syntax.Diagnostics) ([]check.Module, error) {
	l := loader{diags: diags, seen: map[string]bool{}}
	for _, s := range sources {
		if s.dep != nil {
			l.find = append(l.find, s.dep)
		}
	}
	for _, s := range sources {
		if s.dep == nil {
			if err := l.load("", s); err != nil {
				return nil, err
			}
		}
	}
	for len(l.wanted) > 0 {
		name := l.wanted[0]
		l.wanted = l.wanted[1:]
		src, ok := l.dependency(name.Text)
		if !ok {
			l.missing = append(l.missing, name)
			continue
		}
		if err := l.load(name.Text, src); err != nil {
			return nil, fmt.Errorf("dependency `%s`: %w", name.Text, err)
		}
	}
	if len(l.missing) > 0 {
		diags.Add(l.complaint())
	}
	slices.SortStableFunc(l.mods, func(a, b check.Module) int { return len(a.Path) - len(b.Path) })
	return l.mods, nil
}

// loader gathers the files of a script and what it depends on.
type loader struct {
	diags   *syntax.Diagnostics
	mods    []check.Module
	find    []func(string) (Source, bool)
	seen    map[string]bool
	wanted  []syntax.Name
	missing []syntax.Name
}

// load reads a package; what it depends on is wanted then.
func (l *loader) load(dep string, s Source) error {
	files, err := s.files()
	if err != nil {
		return err
	}
	for _, f := range files {
		tree := syntax.Parse(syntax.NewFile(f.name, f.text), syntax.Auto, l.diags)
		l.mods = append(l.mods, check.Module{Dep: dep, Path: f.module, Tree: tree})
		for _, name := range tree.Deps {
			if !l.seen[name.Text] {
				l.seen[name.Text] = true
				l.wanted = append(l.wanted, name)
			}
		}
	}
	return nil
}

func (l *loader) dependency(name string) (Source, bool) {
	for _, find := range l.find {
		if s, ok := find(name); ok && s.files != nil {
			return s, true
		}
	}
	return Source{}, false
}

// complaint names all dependencies that nobody has.
func (l *loader) complaint() syntax.Diagnostic {
	var names []string
	d := syntax.Diagnostic{Kind: syntax.TypeError}
	for _, n := range l.missing {
		names = append(names, "`"+n.Text+"`")
		d.Labels = append(d.Labels, syntax.Label{Span: n.Span, Text: "named here"})
	}
	d.Title = "cannot find the dependenc" + map[bool]string{true: "y ", false: "ies "}[len(names) == 1] + strings.Join(names, ", ")
	return d
}

// Functions returns the paths of all functions, sorted, with their types.
func (p *Package) Functions() []string {
	var out []string
	for _, f := range p.prog.Funcs {
		if f.Def.Decl.Kind != syntax.TestFunc && f.Def.Generic == 0 {
			out = append(out, f.Path+": "+f.Def.Signature())
		}
	}
	slices.Sort(out)
	return out
}

// MissingError says that a script has no function of a name.
type MissingError struct {
	Name string
	Has  []string // what it has
}

// Error lists what there is.
func (e *MissingError) Error() string {
	text := fmt.Sprintf("The function `%s` does not exist.\nHint: the following functions are defined:", e.Name)
	for _, f := range e.Has {
		name, _, _ := strings.Cut(f, ":")
		text += "\n - " + name
	}
	return text
}

// SignatureError says that a function has another type than the host wants.
type SignatureError struct {
	Name, Has, Want string
	Span            syntax.Span
}

// Error names both signatures.
func (e *SignatureError) Error() string {
	at := e.Span.Position()
	where := ""
	if e.Span.File != nil {
		where = fmt.Sprintf("%s:%d:%d: ", e.Span.File.Name, at.Line, at.Column)
	}
	return fmt.Sprintf("%sfunction `%s` has the wrong type: the script has %s, the host wants %s", where, e.Name, e.Has, e.Want)
}

// lookup finds a function and checks its type against the Go types.
func (p *Package) lookup(name string, result reflect.Type, params ...reflect.Type) (*vm.Fn, error) {
	fn := p.byName["pkg."+strings.TrimPrefix(name, "pkg.")]
	if fn == nil {
		return nil, &MissingError{name, p.Functions()}
	}
	want := &check.FuncDef{}
	for i, g := range params {
		if g == typeFor[*Row]() && i < len(fn.Def.Def.Params) {
			if n, ok := check.Resolved(fn.Def.Def.Params[i]).(*check.Named); ok && n.Def.Dynamic {
				want.Params = append(want.Params, n)
				continue
			}
		}
		t, err := p.rt.typeOf(g)
		if err != nil {
			return nil, fmt.Errorf("roto: %w", err)
		}
		want.Params = append(want.Params, t)
	}
	var err error
	if want.Result, err = p.rt.typeOf(result); err != nil {
		return nil, fmt.Errorf("roto: %w", err)
	}
	if has := fn.Def.Def.Signature(); has != want.Signature() {
		return nil, &SignatureError{name, has, want.Signature(), fn.Def.At}
	}
	return fn, nil
}

// Has reports whether the script has a function of the name, of whatever type.
func (p *Package) Has(name string) bool {
	return p.byName["pkg."+strings.TrimPrefix(name, "pkg.")] != nil
}

// Worker is what one goroutine needs to call functions: memory and limits. It
// must not be used by two goroutines at once, nor by a host function during a
// call.
type Worker struct {
	m       *vm.M
	context reflect.Type
}

// Worker returns a new worker.
func (p *Package) Worker(l Limits) *Worker { return &Worker{vm.NewM(l), p.rt.context} }

// SetContext gives a worker the values of the context variables. ctx must live
// as long as the worker.
func SetContext[C any](w *Worker, ctx *C) error {
	if w.context != typeFor[C]() {
		return fmt.Errorf("roto: the runtime's context is %v, not %v", w.context, typeFor[C]())
	}
	w.m.SetContext(unsafe.Pointer(ctx))
	return nil
}

// Test is a test of a script.
type Test struct {
	Name string
	fn   *vm.Fn
	p    *Package
}

// Tests returns the tests, sorted by name.
func (p *Package) Tests() []Test {
	var out []Test
	for _, f := range p.prog.Tests {
		if !strings.HasPrefix(f.Path, "pkg.") {
			continue // those of a dependency are its own affair
		}
		out = append(out, Test{f.Path, p.fns[f], p})
	}
	slices.SortFunc(out, func(a, b Test) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Run runs the test; it passes when it accepts.
func (t Test) Run(w *Worker) (pass bool, fault *Fault) {
	fault = w.m.Run(t.fn, func(f vm.Frame) { pass = (*vm.Slot)(f).W == 0 })
	return pass, fault
}

// ErrorJSON is the form of [Report.AppendJSON] for any error of Compile.
func ErrorJSON(path string, err error) []byte {
	d := syntax.Diagnostic{Kind: syntax.TypeError, Title: err.Error()}
	var fault *Fault
	var wrong *SignatureError
	switch {
	case errors.As(err, &fault):
		d.Title, d.Labels = fault.Text, []syntax.Label{{Span: fault.At}}
	case errors.As(err, &wrong):
		d.Labels = []syntax.Label{{Span: wrong.Span}}
	}
	if d.Span().File == nil {
		d.Labels = []syntax.Label{{Span: syntax.Span{File: syntax.NewFile(path, "")}}}
	}
	r := Report{[]syntax.Diagnostic{d}}
	return r.AppendJSON(nil)
}
