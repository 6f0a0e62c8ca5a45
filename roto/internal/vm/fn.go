package vm

import "reflect"

// The adapters below bind a Go function by its arity. Types are inferred; a
// call uses no reflection. ProcN bind functions without a result.

// Fn0 binds a function without parameters.
func Fn0[R any](fn func() R) *Binding {
	return &Binding{Out: reflect.TypeFor[R](), emit: func(b *binder) (code, error) {
		site := b.site
		return result(b, func(m *M, f Frame) R {
			m.site = site
			return fn()
		})
	}}
}

// Proc0 binds a function without parameters and result.
func Proc0(fn func()) *Binding { return Fn0(func() (none struct{}) { fn(); return }) }

// Fn1 binds a function of 1 parameter.
func Fn1[A, R any](fn func(A) R) *Binding {
	in := []reflect.Type{reflect.TypeFor[A]()}
	return &Binding{In: in, Out: reflect.TypeFor[R](), emit: func(b *binder) (code, error) {
		l0 := loader[A](b, 0)
		site := b.site
		if b.err == nil && b.directWord(reflect.TypeFor[R]()) {
			return code{word: func(m *M, f Frame) uint64 {
				x0 := l0(m, f)
				m.site = site
				return toWord(fn(x0))
			}}, nil
		}
		return result(b, func(m *M, f Frame) R {
			x0 := l0(m, f)
			m.site = site
			return fn(x0)
		})
	}}
}

// Proc1 binds a procedure of 1 parameter.
func Proc1[A any](fn func(A)) *Binding {
	return Fn1(func(a A) (none struct{}) {
		fn(a)
		return
	})
}

// Fn2 binds a function of 2 parameters.
func Fn2[A, B, R any](fn func(A, B) R) *Binding {
	in := []reflect.Type{reflect.TypeFor[A](), reflect.TypeFor[B]()}
	return &Binding{In: in, Out: reflect.TypeFor[R](), emit: func(b *binder) (code, error) {
		l0 := loader[A](b, 0)
		l1 := loader[B](b, 1)
		site := b.site
		if b.err == nil && b.directWord(reflect.TypeFor[R]()) {
			return code{word: func(m *M, f Frame) uint64 {
				x0, x1 := l0(m, f), l1(m, f)
				m.site = site
				return toWord(fn(x0, x1))
			}}, nil
		}
		return result(b, func(m *M, f Frame) R {
			x0, x1 := l0(m, f), l1(m, f)
			m.site = site
			return fn(x0, x1)
		})
	}}
}

// Proc2 binds a procedure of 2 parameters.
func Proc2[A, B any](fn func(A, B)) *Binding {
	return Fn2(func(a A, b B) (none struct{}) {
		fn(a, b)
		return
	})
}

// Fn3 binds a function of 3 parameters.
func Fn3[A, B, C, R any](fn func(A, B, C) R) *Binding {
	in := []reflect.Type{reflect.TypeFor[A](), reflect.TypeFor[B](), reflect.TypeFor[C]()}
	return &Binding{In: in, Out: reflect.TypeFor[R](), emit: func(b *binder) (code, error) {
		l0 := loader[A](b, 0)
		l1 := loader[B](b, 1)
		l2 := loader[C](b, 2)
		site := b.site
		return result(b, func(m *M, f Frame) R {
			x0, x1, x2 := l0(m, f), l1(m, f), l2(m, f)
			m.site = site
			return fn(x0, x1, x2)
		})
	}}
}

// Proc3 binds a procedure of 3 parameters.
func Proc3[A, B, C any](fn func(A, B, C)) *Binding {
	return Fn3(func(a A, b B, c C) (none struct{}) {
		fn(a, b, c)
		return
	})
}

// Fn4 binds a function of 4 parameters.
func Fn4[A, B, C, D, R any](fn func(A, B, C, D) R) *Binding {
	in := []reflect.Type{reflect.TypeFor[A](), reflect.TypeFor[B](), reflect.TypeFor[C](), reflect.TypeFor[D]()}
	return &Binding{In: in, Out: reflect.TypeFor[R](), emit: func(b *binder) (code, error) {
		l0 := loader[A](b, 0)
		l1 := loader[B](b, 1)
		l2 := loader[C](b, 2)
		l3 := loader[D](b, 3)
		site := b.site
		return result(b, func(m *M, f Frame) R {
			x0, x1, x2, x3 := l0(m, f), l1(m, f), l2(m, f), l3(m, f)
			m.site = site
			return fn(x0, x1, x2, x3)
		})
	}}
}

// Proc4 binds a procedure of 4 parameters.
func Proc4[A, B, C, D any](fn func(A, B, C, D)) *Binding {
	return Fn4(func(a A, b B, c C, d D) (none struct{}) {
		fn(a, b, c, d)
		return
	})
}

// Fn5 binds a function of 5 parameters.
func Fn5[A, B, C, D, E, R any](fn func(A, B, C, D, E) R) *Binding {
	in := []reflect.Type{reflect.TypeFor[A](), reflect.TypeFor[B](), reflect.TypeFor[C](), reflect.TypeFor[D](), reflect.TypeFor[E]()}
	return &Binding{In: in, Out: reflect.TypeFor[R](), emit: func(b *binder) (code, error) {
		l0 := loader[A](b, 0)
		l1 := loader[B](b, 1)
		l2 := loader[C](b, 2)
		l3 := loader[D](b, 3)
		l4 := loader[E](b, 4)
		site := b.site
		return result(b, func(m *M, f Frame) R {
			x0, x1, x2, x3, x4 := l0(m, f), l1(m, f), l2(m, f), l3(m, f), l4(m, f)
			m.site = site
			return fn(x0, x1, x2, x3, x4)
		})
	}}
}

// Proc5 binds a procedure of 5 parameters.
func Proc5[A, B, C, D, E any](fn func(A, B, C, D, E)) *Binding {
	return Fn5(func(a A, b B, c C, d D, e E) (none struct{}) {
		fn(a, b, c, d, e)
		return
	})
}

// Fn6 binds a function of 6 parameters.
func Fn6[A, B, C, D, E, F, R any](fn func(A, B, C, D, E, F) R) *Binding {
	in := []reflect.Type{reflect.TypeFor[A](), reflect.TypeFor[B](), reflect.TypeFor[C](), reflect.TypeFor[D](), reflect.TypeFor[E](), reflect.TypeFor[F]()}
	return &Binding{In: in, Out: reflect.TypeFor[R](), emit: func(b *binder) (code, error) {
		l0 := loader[A](b, 0)
		l1 := loader[B](b, 1)
		l2 := loader[C](b, 2)
		l3 := loader[D](b, 3)
		l4 := loader[E](b, 4)
		l5 := loader[F](b, 5)
		site := b.site
		return result(b, func(m *M, f Frame) R {
			x0, x1, x2, x3, x4, x5 := l0(m, f), l1(m, f), l2(m, f), l3(m, f), l4(m, f), l5(m, f)
			m.site = site
			return fn(x0, x1, x2, x3, x4, x5)
		})
	}}
}

// Proc6 binds a procedure of 6 parameters.
func Proc6[A, B, C, D, E, F any](fn func(A, B, C, D, E, F)) *Binding {
	return Fn6(func(a A, b B, c C, d D, e E, f F) (none struct{}) {
		fn(a, b, c, d, e, f)
		return
	})
}

// Fn7 binds a function of 7 parameters.
func Fn7[A, B, C, D, E, F, G, R any](fn func(A, B, C, D, E, F, G) R) *Binding {
	in := []reflect.Type{reflect.TypeFor[A](), reflect.TypeFor[B](), reflect.TypeFor[C](), reflect.TypeFor[D](), reflect.TypeFor[E](), reflect.TypeFor[F](), reflect.TypeFor[G]()}
	return &Binding{In: in, Out: reflect.TypeFor[R](), emit: func(b *binder) (code, error) {
		l0 := loader[A](b, 0)
		l1 := loader[B](b, 1)
		l2 := loader[C](b, 2)
		l3 := loader[D](b, 3)
		l4 := loader[E](b, 4)
		l5 := loader[F](b, 5)
		l6 := loader[G](b, 6)
		site := b.site
		return result(b, func(m *M, f Frame) R {
			x0, x1, x2, x3, x4, x5, x6 := l0(m, f), l1(m, f), l2(m, f), l3(m, f), l4(m, f), l5(m, f), l6(m, f)
			m.site = site
			return fn(x0, x1, x2, x3, x4, x5, x6)
		})
	}}
}

// Proc7 binds a procedure of 7 parameters.
func Proc7[A, B, C, D, E, F, G any](fn func(A, B, C, D, E, F, G)) *Binding {
	return Fn7(func(a A, b B, c C, d D, e E, f F, g G) (none struct{}) {
		fn(a, b, c, d, e, f, g)
		return
	})
}
