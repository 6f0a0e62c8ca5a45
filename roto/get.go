package roto

import (
	"example.com/rotonda/roto/internal/vm"
)

// Get takes a function of two parameters out of a script, as all hooks of
// Rotonda about routes are; Get0 to Get7 are for other arities. The Go type is
// checked once, here: the error names both signatures. A Roto function without
// result has the Go result [Unit].
func Get[S ~func(A, B) R, A, B, R any](p *Package, name string) (*Func2[A, B, R], error) {
	return Get2[S](p, name)
}

// function is what functions of every arity have.
type function struct {
	fn  *vm.Fn
	pkg *Package
}

// Uses reports whether the function calls a host function, also through others:
// by path ("Route.prefix") or by one of its tags.
func (f *function) Uses(name string) bool { return f.fn.Uses(name) }

// Conjuncts returns conditions that all must hold before the function returns
// true or accepts, so that a host can answer them from an index, and whether
// they suffice. Conditions behind anything that has an effect are left out: who
// skips calls by these conditions changes nothing that a script could notice.
func (f *function) Conjuncts() (terms []Conjunct, exact bool) {
	return conjuncts(f.fn, f.pkg.rt, f.pkg.values)
}

// Func0 is a function of 0 parameters, ready to be called by any goroutine.
type Func0[R any] struct {
	function
	r vm.Port[R]
}

// Get0 takes a function of 0 parameters out of a script.
func Get0[S ~func() R, R any](p *Package, name string) (*Func0[R], error) {
	fn, err := p.lookup(name, typeFor[R]())
	if err != nil {
		return nil, err
	}
	out := &Func0[R]{function: function{fn, p}}
	out.r, err = vm.NewPort[R](fn.Def.Result, 0)
	return out, err
}

// Call0 runs the function. A fault means that the script failed; the result is
// then the zero value and says nothing.
func (fn *Func0[R]) Call0(w *Worker) (r R, fault *Fault) {
	m, done := w.m, false
	defer func() {
		if !done {
			fault = m.Caught(recover())
		}
	}()
	frame := m.Begin(fn.fn)
	r = fn.r.Call(m, fn.fn, frame)
	done = true
	return r, nil
}

// Func1 is a function of 1 parameter, ready to be called by any goroutine.
type Func1[A, R any] struct {
	function
	p0 vm.Port[A]
	r  vm.Port[R]
}

// Get1 takes a function of 1 parameter out of a script.
func Get1[S ~func(A) R, A, R any](p *Package, name string) (*Func1[A, R], error) {
	fn, err := p.lookup(name, typeFor[R](), typeFor[A]())
	if err != nil {
		return nil, err
	}
	out := &Func1[A, R]{function: function{fn, p}}
	if out.p0, err = port[A](fn, 0); err != nil {
		return nil, err
	}
	out.r, err = vm.NewPort[R](fn.Def.Result, 0)
	return out, err
}

// Call1 runs the function. A fault means that the script failed; the result is
// then the zero value and says nothing.
func (fn *Func1[A, R]) Call1(w *Worker, x0 A) (r R, fault *Fault) {
	m, done := w.m, false
	defer func() {
		if !done {
			fault = m.Caught(recover())
		}
	}()
	frame := m.Begin(fn.fn)
	if !fn.p0.Word(frame, x0) {
		fn.p0.Store(frame, x0)
	}
	r = fn.r.Call(m, fn.fn, frame)
	done = true
	return r, nil
}

// Func2 is a function of 2 parameters, ready to be called by any goroutine.
type Func2[A, B, R any] struct {
	function
	p0 vm.Port[A]
	p1 vm.Port[B]
	r  vm.Port[R]
}

// Get2 takes a function of 2 parameters out of a script.
func Get2[S ~func(A, B) R, A, B, R any](p *Package, name string) (*Func2[A, B, R], error) {
	fn, err := p.lookup(name, typeFor[R](), typeFor[A](), typeFor[B]())
	if err != nil {
		return nil, err
	}
	out := &Func2[A, B, R]{function: function{fn, p}}
	if out.p0, err = port[A](fn, 0); err != nil {
		return nil, err
	}
	if out.p1, err = port[B](fn, 1); err != nil {
		return nil, err
	}
	out.r, err = vm.NewPort[R](fn.Def.Result, 0)
	return out, err
}

// Call2 runs the function. A fault means that the script failed; the result is
// then the zero value and says nothing.
func (fn *Func2[A, B, R]) Call2(w *Worker, x0 A, x1 B) (r R, fault *Fault) {
	m, done := w.m, false
	defer func() {
		if !done {
			fault = m.Caught(recover())
		}
	}()
	frame := m.Begin(fn.fn)
	if !fn.p0.Word(frame, x0) {
		fn.p0.Store(frame, x0)
	}
	if !fn.p1.Word(frame, x1) {
		fn.p1.Store(frame, x1)
	}
	r = fn.r.Call(m, fn.fn, frame)
	done = true
	return r, nil
}

// Func3 is a function of 3 parameters, ready to be called by any goroutine.
type Func3[A, B, C, R any] struct {
	function
	p0 vm.Port[A]
	p1 vm.Port[B]
	p2 vm.Port[C]
	r  vm.Port[R]
}

// Get3 takes a function of 3 parameters out of a script.
func Get3[S ~func(A, B, C) R, A, B, C, R any](p *Package, name string) (*Func3[A, B, C, R], error) {
	fn, err := p.lookup(name, typeFor[R](), typeFor[A](), typeFor[B](), typeFor[C]())
	if err != nil {
		return nil, err
	}
	out := &Func3[A, B, C, R]{function: function{fn, p}}
	if out.p0, err = port[A](fn, 0); err != nil {
		return nil, err
	}
	if out.p1, err = port[B](fn, 1); err != nil {
		return nil, err
	}
	if out.p2, err = port[C](fn, 2); err != nil {
		return nil, err
	}
	out.r, err = vm.NewPort[R](fn.Def.Result, 0)
	return out, err
}

// Call3 runs the function. A fault means that the script failed; the result is
// then the zero value and says nothing.
func (fn *Func3[A, B, C, R]) Call3(w *Worker, x0 A, x1 B, x2 C) (r R, fault *Fault) {
	m, done := w.m, false
	defer func() {
		if !done {
			fault = m.Caught(recover())
		}
	}()
	frame := m.Begin(fn.fn)
	if !fn.p0.Word(frame, x0) {
		fn.p0.Store(frame, x0)
	}
	if !fn.p1.Word(frame, x1) {
		fn.p1.Store(frame, x1)
	}
	if !fn.p2.Word(frame, x2) {
		fn.p2.Store(frame, x2)
	}
	r = fn.r.Call(m, fn.fn, frame)
	done = true
	return r, nil
}

// port is where parameter i lies.
func port[A any](fn *vm.Fn, i int) (vm.Port[A], error) {
	off := fn.Def.Result.Slots
	for _, p := range fn.Def.Params[:i] {
		off += p.Type.Slots
	}
	return vm.NewPort[A](fn.Def.Params[i].Type, off)
}
