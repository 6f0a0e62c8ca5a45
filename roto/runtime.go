package roto

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"sync"
	"unsafe"

	"example.com/rotonda/roto/internal/check"
	"example.com/rotonda/roto/internal/ir"
	"example.com/rotonda/roto/internal/vm"
	"example.com/rotonda/roto/syntax"
)

// Runtime is what scripts can see: the standard library and what the host
// bound. Bind everything before the first Compile, from one goroutine; after
// that it may be used from several.
type Runtime struct {
	Scope // the global one

	u       *check.Universe
	types   map[reflect.Type]*check.TypeDef
	pending []pending
	errs    []error
	context reflect.Type
	freeze  map[string]func(*vm.ListData) any
	once    sync.Once
	pure    bool // what is being bound is, unless it says otherwise
}

// pending waits until all types are known.
type pending struct {
	where string
	fill  func() error
}

// Scope is where items are bound: the global one of a [Runtime], or a module.
type Scope struct {
	rt    *Runtime
	scope *check.Scope
}

// New returns a runtime with the standard library.
func New() *Runtime {
	rt := &Runtime{u: check.NewUniverse(), types: map[reflect.Type]*check.TypeDef{}, freeze: map[string]func(*vm.ListData) any{}}
	rt.Scope = Scope{rt, rt.u.Scope}
	rt.bindStandard()
	return rt
}

// Option of an item.
type ItemOption func(*check.FuncDef)

// Touches tags a function with what it reads or changes, for [Func1.Uses] and
// its likes: the caller can then tell what a script depends on.
func Touches(tags ...string) ItemOption {
	return func(f *check.FuncDef) { f.Touches = append(f.Touches, tags...) }
}

// Pure marks a function that has no effect and gives the same answer for the
// same values, so that [Func1.Conjuncts] and its likes may tell of it.
func Pure() ItemOption { return func(f *check.FuncDef) { f.Pure = true } }

// Names gives the parameters names for documentation, without the receiver's.
func Names(names ...string) ItemOption { return func(f *check.FuncDef) { f.Names = names } }

// Err returns what was wrong with the bindings so far: names taken twice or
// not valid, types not bound.
func (rt *Runtime) Err() error {
	rt.once.Do(rt.seal)
	return errors.Join(rt.errs...)
}

// seal resolves the Go types of all functions.
func (rt *Runtime) seal() {
	for _, p := range rt.pending {
		if err := p.fill(); err != nil {
			rt.errs = append(rt.errs, fmt.Errorf("roto: %s: %w", p.where, err))
		}
	}
	rt.pending = nil
}

func (rt *Runtime) fail(format string, args ...any) {
	rt.errs = append(rt.errs, fmt.Errorf("roto: "+format, args...))
}

var identifier = regexp.MustCompile(`^[\p{L}_][\p{L}\p{N}_]*$`)

var reserved = syntax.Keywords(syntax.Modern)

// define checks a name and puts an item into a scope.
func (m *Scope) define(s *check.Scope, it *check.Item) {
	switch {
	case slices.Contains(reserved, it.Name):
		m.rt.fail("Name %q is a keyword in Roto and therefore not a valid identifier", it.Name)
	case !identifier.MatchString(it.Name):
		m.rt.fail("%q is not a valid Roto identifier", it.Name)
	case !s.Define(it):
		m.rt.fail("%q is bound twice in one scope", it.Name)
	}
}

// Module binds a module in this one and returns it.
func (m *Scope) Module(name string) *Scope {
	path := name
	if m.scope.Path != "" {
		path = m.scope.Path + "." + name
	}
	s := check.NewScope(m.rt.u.Scope, path)
	s.Module = s
	m.define(m.scope, &check.Item{Kind: check.ModuleItem, Name: name, Scope: s})
	return &Scope{m.rt, s}
}

// Func binds a function.
func (m *Scope) Func(name, doc string, b *Binding, opts ...ItemOption) {
	m.add(m.scope, name, doc, b, false, opts)
}

func pathOf(s *check.Scope, name string) string {
	if s.Path == "" {
		return name
	}
	return s.Path + "." + name
}

func (m *Scope) add(s *check.Scope, name, doc string, b *Binding, method bool, opts []ItemOption) {
	f := &check.FuncDef{Name: name, Path: pathOf(s, name), Doc: doc, Method: method, Pure: m.rt.pure, Impl: b}
	for _, o := range opts {
		o(f)
	}
	m.define(s, &check.Item{Kind: check.FuncItem, Name: name, Func: f})
	m.rt.pending = append(m.rt.pending, pending{f.Path, func() error {
		for _, in := range b.In {
			t, err := m.rt.typeOf(in)
			if err != nil {
				return err
			}
			f.Params = append(f.Params, t)
		}
		var err error
		f.Result, err = m.rt.typeOf(b.Out)
		return err
	}})
}

// Const binds a constant. Its value must not change afterwards.
func (m *Scope) Const(name, doc string, value any) { m.constant(m.scope, name, doc, value) }

func (m *Scope) constant(s *check.Scope, name, doc string, value any) {
	g := reflect.TypeOf(value)
	held := reflect.New(g)
	held.Elem().Set(reflect.ValueOf(value))
	k := &check.ConstDef{Name: name, Path: pathOf(s, name), Doc: doc, Impl: &vm.HostConst{Type: g, Value: held.UnsafePointer()}}
	m.define(s, &check.Item{Kind: check.ConstItem, Name: name, Const: k})
	m.rt.pending = append(m.rt.pending, pending{k.Path, func() (err error) {
		k.Type, err = m.rt.typeOf(g)
		return err
	}})
}

// hostType describes a bound Go type to the compiler.
type hostType struct {
	kind  ir.Kind
	equal func(a, b *vm.Slot) bool
}

// Layout tells how values are held: small scalars as a word, texts and byte
// slices as one slot, all else behind a pointer.
func (h *hostType) Layout() ir.Kind { return h.kind }

// Equal compares two values.
func (h *hostType) Equal(a, b *vm.Slot) bool { return h.equal(a, b) }

// TypeBuilder adds members to a type.
type TypeBuilder struct {
	m   *Scope
	def *check.TypeDef
}

// Type binds the Go type T under a name. Pointers and scalars cost nothing to
// pass; strings and named byte slices neither; other values are boxed.
// Scripts compare values with ==, pointers by identity.
func Type[T any](m binder, name, doc string) *TypeBuilder {
	mod := m.module()
	g := typeFor[T]()
	h := &hostType{kind: ir.Ref, equal: func(a, b *vm.Slot) bool { return a.P == b.P }}
	switch {
	case g.Kind() >= reflect.Bool && g.Kind() <= reflect.Float64 && g.Size() <= 8:
		h.kind = ir.Word
	case g.Kind() == reflect.String, g.Kind() == reflect.Slice && g.Elem().Kind() == reflect.Uint8:
		h.kind = ir.Text
		h.equal = func(a, b *vm.Slot) bool {
			return unsafe.String((*byte)(a.P), int(a.W)) == unsafe.String((*byte)(b.P), int(b.W))
		}
	case g.Kind() != reflect.Pointer && g.Comparable():
		h.equal = func(a, b *vm.Slot) bool {
			return reflect.NewAt(g, a.P).Elem().Interface() == reflect.NewAt(g, b.P).Elem().Interface()
		}
	}
	def := &check.TypeDef{Name: name, Doc: doc, Prim: check.Host, Path: pathOf(mod.scope, name), Impl: h}
	def.Members = check.NewScope(nil, def.Path)
	mod.define(mod.scope, &check.Item{Kind: check.TypeItem, Name: name, Type: def})
	if _, twice := mod.rt.types[g]; twice {
		mod.rt.fail("the Go type %v is bound twice", g)
	} else if t, err := mod.rt.typeOf(g); err == nil {
		mod.rt.fail("the Go type %v cannot be bound as %s: it already stands for %s", g, name, t)
	}
	mod.rt.types[g] = def
	return &TypeBuilder{mod, def}
}

// binder is a *Runtime or a *Scope.
type binder interface{ module() *Scope }

func (m *Scope) module() *Scope { return m }

// Method binds a function whose first parameter is the receiver.
func (t *TypeBuilder) Method(name, doc string, b *Binding, opts ...ItemOption) *TypeBuilder {
	t.m.add(t.def.Members, name, doc, b, true, opts)
	return t
}

// Func binds an associated function, called as Type.name(…).
func (t *TypeBuilder) Func(name, doc string, b *Binding, opts ...ItemOption) *TypeBuilder {
	t.m.add(t.def.Members, name, doc, b, false, opts)
	return t
}

// Const binds an associated constant.
func (t *TypeBuilder) Const(name, doc string, value any) *TypeBuilder {
	t.m.constant(t.def.Members, name, doc, value)
	return t
}

// Extend returns the builder of a type that is bound or built in, to add
// members to it.
func Extend[T any](m binder) *TypeBuilder {
	mod := m.module()
	t, err := mod.rt.typeOf(typeFor[T]())
	if n, ok := t.(*check.Named); err == nil && ok {
		return &TypeBuilder{mod, n.Def}
	}
	mod.rt.fail("cannot extend %v: %v", typeFor[T](), err)
	return &TypeBuilder{mod, &check.TypeDef{Members: check.NewScope(nil, "")}}
}

// Alias gives a bound item of the global scope a second name.
func (rt *Runtime) Alias(name, path string) {
	if it := rt.scope.Own(path); it != nil {
		alias := *it
		alias.Name = name
		rt.define(rt.scope, &alias)
		return
	}
	rt.fail("alias %q: %q is not bound", name, path)
}

// Freeze lets constant lists of T carry an index made once at compile time;
// host functions find it with [List.Index].
func Freeze[T any](rt *Runtime, index func(List[T]) any) {
	rt.pending = append(rt.pending, pending{"index", func() error {
		t, err := rt.typeOf(typeFor[T]())
		if err == nil {
			rt.freeze[t.String()] = func(l *vm.ListData) any { return index(List[T]{Data: l}) }
		}
		return err
	}})
}

// Context makes the exported fields of C visible to all scripts as read-only
// variables. A field's tag `roto:"name"` names it, `doc:"…"` describes it;
// fields without the first are left out. Each worker is given a *C.
func Context[C any](rt *Runtime) {
	g := typeFor[C]()
	if rt.context != nil {
		rt.fail("a second context: %v after %v", g, rt.context)
		return
	}
	rt.context = g
	for i := range g.NumField() {
		field := g.Field(i)
		name := field.Tag.Get("roto")
		if name == "" {
			continue
		}
		d := &check.ContextDef{Name: name, Doc: field.Tag.Get("doc"), Impl: &vm.ContextVar{Name: name, Type: field.Type, Offset: field.Offset}}
		rt.define(rt.scope, &check.Item{Kind: check.ContextItem, Name: name, Ctx: d})
		rt.pending = append(rt.pending, pending{name, func() (err error) {
			d.Type, err = rt.typeOf(field.Type)
			return err
		}})
	}
}
