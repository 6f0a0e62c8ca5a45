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
	fn.p0.Store(frame, x0)
	r = fn.r.Call(m, fn.fn, frame)
	done = true
	return r, nil
}

// Uses reports whether the function calls a host function, also through others:
// by path ("Route.prefix") or by one of its tags.

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
	fn.p0.Store(frame, x0)
	fn.p1.Store(frame, x1)
	r = fn.r.Call(m, fn.fn, frame)
	done = true
	return r, nil
}

// Uses reports whether the function calls a host function, also through others:
// by path ("Route.prefix") or by one of its tags.

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
	fn.p0.Store(frame, x0)
	fn.p1.Store(frame, x1)
	fn.p2.Store(frame, x2)
	r = fn.r.Call(m, fn.fn, frame)
	done = true
	return r, nil
}

// Uses reports whether the function calls a host function, also through others:
// by path ("Route.prefix") or by one of its tags.

// Func4 is a function of 4 parameters, ready to be called by any goroutine.
type Func4[A, B, C, D, R any] struct {
	function
	p0 vm.Port[A]
	p1 vm.Port[B]
	p2 vm.Port[C]
	p3 vm.Port[D]
	r  vm.Port[R]
}

// Get4 takes a function of 4 parameters out of a script.
func Get4[S ~func(A, B, C, D) R, A, B, C, D, R any](p *Package, name string) (*Func4[A, B, C, D, R], error) {
	fn, err := p.lookup(name, typeFor[R](), typeFor[A](), typeFor[B](), typeFor[C](), typeFor[D]())
	if err != nil {
		return nil, err
	}
	out := &Func4[A, B, C, D, R]{function: function{fn, p}}
	if out.p0, err = port[A](fn, 0); err != nil {
		return nil, err
	}
	if out.p1, err = port[B](fn, 1); err != nil {
		return nil, err
	}
	if out.p2, err = port[C](fn, 2); err != nil {
		return nil, err
	}
	if out.p3, err = port[D](fn, 3); err != nil {
		return nil, err
	}
	out.r, err = vm.NewPort[R](fn.Def.Result, 0)
	return out, err
}

// Call4 runs the function. A fault means that the script failed; the result is
// then the zero value and says nothing.
func (fn *Func4[A, B, C, D, R]) Call4(w *Worker, x0 A, x1 B, x2 C, x3 D) (r R, fault *Fault) {
	m, done := w.m, false
	defer func() {
		if !done {
			fault = m.Caught(recover())
		}
	}()
	frame := m.Begin(fn.fn)
	fn.p0.Store(frame, x0)
	fn.p1.Store(frame, x1)
	fn.p2.Store(frame, x2)
	fn.p3.Store(frame, x3)
	r = fn.r.Call(m, fn.fn, frame)
	done = true
	return r, nil
}

// Uses reports whether the function calls a host function, also through others:
// by path ("Route.prefix") or by one of its tags.

// Func5 is a function of 5 parameters, ready to be called by any goroutine.
type Func5[A, B, C, D, E, R any] struct {
	function
	p0 vm.Port[A]
	p1 vm.Port[B]
	p2 vm.Port[C]
	p3 vm.Port[D]
	p4 vm.Port[E]
	r  vm.Port[R]
}

// Get5 takes a function of 5 parameters out of a script.
func Get5[S ~func(A, B, C, D, E) R, A, B, C, D, E, R any](p *Package, name string) (*Func5[A, B, C, D, E, R], error) {
	fn, err := p.lookup(name, typeFor[R](), typeFor[A](), typeFor[B](), typeFor[C](), typeFor[D](), typeFor[E]())
	if err != nil {
		return nil, err
	}
	out := &Func5[A, B, C, D, E, R]{function: function{fn, p}}
	if out.p0, err = port[A](fn, 0); err != nil {
		return nil, err
	}
	if out.p1, err = port[B](fn, 1); err != nil {
		return nil, err
	}
	if out.p2, err = port[C](fn, 2); err != nil {
		return nil, err
	}
	if out.p3, err = port[D](fn, 3); err != nil {
		return nil, err
	}
	if out.p4, err = port[E](fn, 4); err != nil {
		return nil, err
	}
	out.r, err = vm.NewPort[R](fn.Def.Result, 0)
	return out, err
}

// Call5 runs the function. A fault means that the script failed; the result is
// then the zero value and says nothing.
func (fn *Func5[A, B, C, D, E, R]) Call5(w *Worker, x0 A, x1 B, x2 C, x3 D, x4 E) (r R, fault *Fault) {
	m, done := w.m, false
	defer func() {
		if !done {
			fault = m.Caught(recover())
		}
	}()
	frame := m.Begin(fn.fn)
	fn.p0.Store(frame, x0)
	fn.p1.Store(frame, x1)
	fn.p2.Store(frame, x2)
	fn.p3.Store(frame, x3)
	fn.p4.Store(frame, x4)
	r = fn.r.Call(m, fn.fn, frame)
	done = true
	return r, nil
}

// Uses reports whether the function calls a host function, also through others:
// by path ("Route.prefix") or by one of its tags.

// Func6 is a function of 6 parameters, ready to be called by any goroutine.
type Func6[A, B, C, D, E, F, R any] struct {
	function
	p0 vm.Port[A]
	p1 vm.Port[B]
	p2 vm.Port[C]
	p3 vm.Port[D]
	p4 vm.Port[E]
	p5 vm.Port[F]
	r  vm.Port[R]
}

// Get6 takes a function of 6 parameters out of a script.
func Get6[S ~func(A, B, C, D, E, F) R, A, B, C, D, E, F, R any](p *Package, name string) (*Func6[A, B, C, D, E, F, R], error) {
	fn, err := p.lookup(name, typeFor[R](), typeFor[A](), typeFor[B](), typeFor[C](), typeFor[D](), typeFor[E](), typeFor[F]())
	if err != nil {
		return nil, err
	}
	out := &Func6[A, B, C, D, E, F, R]{function: function{fn, p}}
	if out.p0, err = port[A](fn, 0); err != nil {
		return nil, err
	}
	if out.p1, err = port[B](fn, 1); err != nil {
		return nil, err
	}
	if out.p2, err = port[C](fn, 2); err != nil {
		return nil, err
	}
	if out.p3, err = port[D](fn, 3); err != nil {
		return nil, err
	}
	if out.p4, err = port[E](fn, 4); err != nil {
		return nil, err
	}
	if out.p5, err = port[F](fn, 5); err != nil {
		return nil, err
	}
	out.r, err = vm.NewPort[R](fn.Def.Result, 0)
	return out, err
}

// Call6 runs the function. A fault means that the script failed; the result is
// then the zero value and says nothing.
func (fn *Func6[A, B, C, D, E, F, R]) Call6(w *Worker, x0 A, x1 B, x2 C, x3 D, x4 E, x5 F) (r R, fault *Fault) {
	m, done := w.m, false
	defer func() {
		if !done {
			fault = m.Caught(recover())
		}
	}()
	frame := m.Begin(fn.fn)
	fn.p0.Store(frame, x0)
	fn.p1.Store(frame, x1)
	fn.p2.Store(frame, x2)
	fn.p3.Store(frame, x3)
	fn.p4.Store(frame, x4)
	fn.p5.Store(frame, x5)
	r = fn.r.Call(m, fn.fn, frame)
	done = true
	return r, nil
}

// Uses reports whether the function calls a host function, also through others:
// by path ("Route.prefix") or by one of its tags.

// Func7 is a function of 7 parameters, ready to be called by any goroutine.
type Func7[A, B, C, D, E, F, G, R any] struct {
	function
	p0 vm.Port[A]
	p1 vm.Port[B]
	p2 vm.Port[C]
	p3 vm.Port[D]
	p4 vm.Port[E]
	p5 vm.Port[F]
	p6 vm.Port[G]
	r  vm.Port[R]
}

// Get7 takes a function of 7 parameters out of a script.
func Get7[S ~func(A, B, C, D, E, F, G) R, A, B, C, D, E, F, G, R any](p *Package, name string) (*Func7[A, B, C, D, E, F, G, R], error) {
	fn, err := p.lookup(name, typeFor[R](), typeFor[A](), typeFor[B](), typeFor[C](), typeFor[D](), typeFor[E](), typeFor[F](), typeFor[G]())
	if err != nil {
		return nil, err
	}
	out := &Func7[A, B, C, D, E, F, G, R]{function: function{fn, p}}
	if out.p0, err = port[A](fn, 0); err != nil {
		return nil, err
	}
	if out.p1, err = port[B](fn, 1); err != nil {
		return nil, err
	}
	if out.p2, err = port[C](fn, 2); err != nil {
		return nil, err
	}
	if out.p3, err = port[D](fn, 3); err != nil {
		return nil, err
	}
	if out.p4, err = port[E](fn, 4); err != nil {
		return nil, err
	}
	if out.p5, err = port[F](fn, 5); err != nil {
		return nil, err
	}
	if out.p6, err = port[G](fn, 6); err != nil {
		return nil, err
	}
	out.r, err = vm.NewPort[R](fn.Def.Result, 0)
	return out, err
}

// Call7 runs the function. A fault means that the script failed; the result is
// then the zero value and says nothing.
func (fn *Func7[A, B, C, D, E, F, G, R]) Call7(w *Worker, x0 A, x1 B, x2 C, x3 D, x4 E, x5 F, x6 G) (r R, fault *Fault) {
	m, done := w.m, false
	defer func() {
		if !done {
			fault = m.Caught(recover())
		}
	}()
	frame := m.Begin(fn.fn)
	fn.p0.Store(frame, x0)
	fn.p1.Store(frame, x1)
	fn.p2.Store(frame, x2)
	fn.p3.Store(frame, x3)
	fn.p4.Store(frame, x4)
	fn.p5.Store(frame, x5)
	fn.p6.Store(frame, x6)
	r = fn.r.Call(m, fn.fn, frame)
	done = true
	return r, nil
}

// Uses reports whether the function calls a host function, also through others:
// by path ("Route.prefix") or by one of its tags.

// port is where parameter i lies.
func port[A any](fn *vm.Fn, i int) (vm.Port[A], error) {
	off := fn.Def.Result.Slots
	for _, p := range fn.Def.Params[:i] {
		off += p.Type.Slots
	}
	return vm.NewPort[A](fn.Def.Params[i].Type, off)
}
