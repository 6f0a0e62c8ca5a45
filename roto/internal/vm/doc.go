// Package vm runs Roto: it compiles the typed form of package ir into Go
// closures over a slab of slots.
//
// There is no byte code. Each expression becomes one closure specialised by
// how its value is held (a word, a truth, one slot, several slots), with fused
// forms for what filters do most: comparing variables with constants, reading
// variables, calling the host. A call's frame is a window of the slab; its
// arguments are evaluated straight into place, so nothing is copied and
// nothing is allocated.
//
//	caller's frame                          callee's frame
//	[result][params][variables][temporaries…[result][params]…]
//
// Faults (division by zero, limits, a host's panic) unwind as Go panics and are
// caught at the outermost call, so that the hot path carries no checks for
// them. Compiled code is immutable; all state of a call is in [M].
//
// Slots are reached by unsafe pointers at offsets fixed by the compiler; frames
// are checked against the slab's end once per call. Start reading at
// machine.go, then compile.go.
package vm
