package roto

import (
	"example.com/rotonda/roto/internal/vm"
)

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
	if !fn.p0.Word(frame, x0) {
		fn.p0.Store(frame, x0)
	}
	if !fn.p1.Word(frame, x1) {
		fn.p1.Store(frame, x1)
	}
	if !fn.p2.Word(frame, x2) {
		fn.p2.Store(frame, x2)
	}
	if !fn.p3.Word(frame, x3) {
		fn.p3.Store(frame, x3)
	}
	r = fn.r.Call(m, fn.fn, frame)
	done = true
	return r, nil
}

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
	if !fn.p0.Word(frame, x0) {
		fn.p0.Store(frame, x0)
	}
	if !fn.p1.Word(frame, x1) {
		fn.p1.Store(frame, x1)
	}
	if !fn.p2.Word(frame, x2) {
		fn.p2.Store(frame, x2)
	}
	if !fn.p3.Word(frame, x3) {
		fn.p3.Store(frame, x3)
	}
	if !fn.p4.Word(frame, x4) {
		fn.p4.Store(frame, x4)
	}
	r = fn.r.Call(m, fn.fn, frame)
	done = true
	return r, nil
}

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
	if !fn.p0.Word(frame, x0) {
		fn.p0.Store(frame, x0)
	}
	if !fn.p1.Word(frame, x1) {
		fn.p1.Store(frame, x1)
	}
	if !fn.p2.Word(frame, x2) {
		fn.p2.Store(frame, x2)
	}
	if !fn.p3.Word(frame, x3) {
		fn.p3.Store(frame, x3)
	}
	if !fn.p4.Word(frame, x4) {
		fn.p4.Store(frame, x4)
	}
	if !fn.p5.Word(frame, x5) {
		fn.p5.Store(frame, x5)
	}
	r = fn.r.Call(m, fn.fn, frame)
	done = true
	return r, nil
}

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
	if !fn.p0.Word(frame, x0) {
		fn.p0.Store(frame, x0)
	}
	if !fn.p1.Word(frame, x1) {
		fn.p1.Store(frame, x1)
	}
	if !fn.p2.Word(frame, x2) {
		fn.p2.Store(frame, x2)
	}
	if !fn.p3.Word(frame, x3) {
		fn.p3.Store(frame, x3)
	}
	if !fn.p4.Word(frame, x4) {
		fn.p4.Store(frame, x4)
	}
	if !fn.p5.Word(frame, x5) {
		fn.p5.Store(frame, x5)
	}
	if !fn.p6.Word(frame, x6) {
		fn.p6.Store(frame, x6)
	}
	r = fn.r.Call(m, fn.fn, frame)
	done = true
	return r, nil
}
