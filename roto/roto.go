// Package roto embeds the Roto language: a small, statically typed language for
// filters, compiled to closures over flat memory.
//
// A host binds Go types and functions to a [Runtime], compiles scripts with
// [Runtime.Compile], takes functions out by name and type with [Get] and calls
// them from any goroutine, each with a [Worker] of its own:
//
//	rt := roto.New()
//	route := roto.Type[*Route](rt, "Route", "One path to a prefix.")
//	route.Method("prefix", "The prefix.", roto.Fn1((*Route).Prefix))
//	pkg, err := rt.Compile(roto.Path("filters.roto"))
//	f, err := roto.Get1[func(*Route) roto.Verdict](pkg, "rib_in_pre")
//	w := pkg.Worker(roto.Limits{})
//	v, fault := f.Call1(w, r)
//
// Scripts cannot reach files, the network or the clock unless the host binds
// functions that do. A script's fault (division by zero, too many calls, too
// much nesting, a host's panic) ends that call with an error naming file and
// line, never the process. The package starts no goroutines and keeps no state
// of its own.
//
// It is not the daemon's runtime (internal/filter) and has no network types
// beyond ASN, address and prefix. Start reading at runtime.go.
package roto

import (
	"reflect"

	"example.com/rotonda/roto/internal/vm"
)

// Limits bound one call: calls and loop rounds, the stack in slots of 16 bytes,
// bytes made, and whatever the host asks while it runs. The zero value has
// defaults.
type Limits = vm.Limits

// Fault is a script's run-time error.
type Fault = vm.Fault

// FaultKind says why a call ended early.
type FaultKind = vm.FaultKind

// The kinds of faults.
const (
	ArithmeticFault = vm.ArithmeticFault // division by zero, a power or length out of range
	ValueFault      = vm.ValueFault      // a value that a built-in function cannot take
	FuelFault       = vm.FuelFault
	DepthFault      = vm.DepthFault
	HostFault       = vm.HostFault // a function of the host panicked
	MemoryFault     = vm.MemoryFault
	TimeFault       = vm.TimeFault
)

// Error is what a host function panics with to end the script's call with a
// message; any other panic does too, as a host's fault.
type Error = vm.HostError

// Verdict is the answer of a filter without values; its zero value accepts.
type Verdict = vm.Verdict

// The verdicts.
const (
	Accept = vm.Accept
	Reject = vm.Reject
)

// VerdictOf is the answer of a filter that gives values.
type VerdictOf[A, R any] = vm.VerdictOf[A, R]

// Option is Roto's Option[T].
type Option[T any] = vm.Option[T]

// Some returns an option that holds v.
func Some[T any](v T) Option[T] { return Option[T]{Value: v, Some: true} }

// None returns an option that holds nothing.
func None[T any]() Option[T] { return Option[T]{} }

// Unit is Roto's (): the result of a function without one.
type Unit = struct{}

// Char is Roto's char: one Unicode scalar value.
type Char rune

// List is a handle on a script's list. Host functions that make lists return
// a plain []T, which is copied.
type List[T any] = vm.List[T]

// Binding is a Go function made known to the language by one of Fn0 to Fn7.
type Binding = vm.Binding

// The adapters infer their types, need no reflection per call and are chosen
// by arity; ProcN are for functions without a result.

// Fn0 binds a function without parameters.
func Fn0[R any](fn func() R) *Binding { return vm.Fn0(fn) }

// Fn1 binds a function, or a method as (*T).Name, of one parameter.
func Fn1[A, R any](fn func(A) R) *Binding { return vm.Fn1(fn) }

// Fn2 binds a function of two parameters.
func Fn2[A, B, R any](fn func(A, B) R) *Binding { return vm.Fn2(fn) }

// Fn3 binds a function of three parameters.
func Fn3[A, B, C, R any](fn func(A, B, C) R) *Binding { return vm.Fn3(fn) }

// Fn4 binds a function of four parameters.
func Fn4[A, B, C, D, R any](fn func(A, B, C, D) R) *Binding { return vm.Fn4(fn) }

// Fn5 binds a function of five parameters.
func Fn5[A, B, C, D, E, R any](fn func(A, B, C, D, E) R) *Binding { return vm.Fn5(fn) }

// Fn6 binds a function of six parameters.
func Fn6[A, B, C, D, E, F, R any](fn func(A, B, C, D, E, F) R) *Binding { return vm.Fn6(fn) }

// Fn7 binds a function of seven parameters.
func Fn7[A, B, C, D, E, F, G, R any](fn func(A, B, C, D, E, F, G) R) *Binding { return vm.Fn7(fn) }

// Proc0 binds a function without parameters and result.
func Proc0(fn func()) *Binding { return vm.Proc0(fn) }

// Proc1 binds a procedure of one parameter.
func Proc1[A any](fn func(A)) *Binding { return vm.Proc1(fn) }

// Proc2 binds a procedure of two parameters.
func Proc2[A, B any](fn func(A, B)) *Binding { return vm.Proc2(fn) }

// Proc3 binds a procedure of three parameters.
func Proc3[A, B, C any](fn func(A, B, C)) *Binding { return vm.Proc3(fn) }

// Proc4 binds a procedure of four parameters.
func Proc4[A, B, C, D any](fn func(A, B, C, D)) *Binding { return vm.Proc4(fn) }

// Proc5 binds a procedure of five parameters.
func Proc5[A, B, C, D, E any](fn func(A, B, C, D, E)) *Binding { return vm.Proc5(fn) }

// Proc6 binds a procedure of six parameters.
func Proc6[A, B, C, D, E, F any](fn func(A, B, C, D, E, F)) *Binding { return vm.Proc6(fn) }

// Proc7 binds a procedure of seven parameters.
func Proc7[A, B, C, D, E, F, G any](fn func(A, B, C, D, E, F, G)) *Binding { return vm.Proc7(fn) }

func typeFor[T any]() reflect.Type { return reflect.TypeFor[T]() }
