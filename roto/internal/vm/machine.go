package vm

import (
	"fmt"
	"unsafe"

	"example.com/rotonda/roto/syntax"
)

// Slot is a cell of a frame: a word, a pointer, or both (a text).
type Slot struct {
	W uint64
	P unsafe.Pointer
}

// slotSize in bytes; offsets in closures are in bytes.
const slotSize = unsafe.Sizeof(Slot{})

// Frame points at the first slot of a call's frame.
type Frame = unsafe.Pointer

func at(f Frame, off uintptr) *Slot { return (*Slot)(unsafe.Add(f, off)) }

// The closures, by what they yield.
type (
	Word  func(m *M, f Frame) uint64
	Truth func(m *M, f Frame) bool
	One   func(m *M, f Frame) Slot
	Do    func(m *M, f Frame)
	step  func(m *M, f Frame) bool // true: the function has returned
)

// Limits bound one call.
type Limits struct {
	// Fuel is the number of calls and loop rounds; 0 means 1,000,000.
	Fuel int64
	// Stack is the number of slots all frames may take together; 0 means 16,384.
	Stack int
	// Memory is how many bytes of texts, lists and maps a call may make in all,
	// whether or not it still holds them; 0: as many as Fuel allows, 64 for a unit.
	Memory int
	// Expired ends the call when it says so; it is asked every few thousand units
	// of fuel. Use it for a deadline or a context:
	//
	//	func() bool { return ctx.Err() != nil }
	Expired func() bool
}

// M is the state of calls of one goroutine. It must not be used by two
// goroutines at once, nor by a host function during a call.
type M struct {
	fuel   int64   // left before Expired is asked, or altogether
	rest   int64   // left behind that
	memory int     // bytes made
	end    uintptr // of the current chunk
	base   Frame   // of the first chunk
	room   uintptr // its size in bytes
	fn     *Fn     // the outermost function
	ctx    unsafe.Pointer
	site   int32 // of the operation that may fault
	level  int   // the current chunk
	chunks [][]Slot
	used   int // slots in chunks
	limits Limits
	slice  int64    // of fuel
	Hits   []uint64 // of marks, when the program was compiled for coverage
}

// askEvery is the fuel between two questions whether the time is over.
const askEvery = 4096

// firstChunk is enough for a filter with a few helpers.
const firstChunk = 256

// NewM returns a machine with its own slab.
func NewM(l Limits) *M {
	if l.Fuel == 0 {
		l.Fuel = 1_000_000
	}
	if l.Stack == 0 {
		l.Stack = 16384
	}
	m := &M{limits: l, slice: l.Fuel}
	if l.Expired != nil {
		m.slice = min(l.Fuel, askEvery)
	}
	m.first(make([]Slot, firstChunk))
	return m
}

// SetContext gives the struct whose fields are the context variables.
func (m *M) SetContext(p unsafe.Pointer) { m.ctx = p }

// chunk returns the i-th piece of the slab with at least so many slots, made or
// enlarged when needed: pieces from i on are not in use.
func (m *M) chunk(i, least int) []Slot {
	if i < len(m.chunks) && len(m.chunks[i]) >= least {
		return m.chunks[i]
	}
	for _, c := range m.chunks[min(i, len(m.chunks)):] {
		m.used -= len(c)
	}
	m.chunks = m.chunks[:min(i, len(m.chunks))]
	n := min(max(least, firstChunk<<i), m.limits.Stack-m.used)
	if n < least {
		m.fault(DepthFault, "calls nest too deep")
	}
	m.used += n
	m.chunks = append(m.chunks, make([]Slot, n))
	return m.chunks[i]
}

// first makes c the first chunk.
func (m *M) first(c []Slot) {
	if len(m.chunks) == 0 {
		m.chunks = append(m.chunks, nil)
	}
	m.used += len(c) - len(m.chunks[0])
	m.chunks[0] = c
	m.base, m.room = unsafe.Pointer(&c[0]), uintptr(len(c))*slotSize
	m.end = uintptr(m.base) + m.room
}

// Begin readies the machine for a call of fn and returns its frame. What only
// deep calls change is as it should be: they put it back, or Caught does.
func (m *M) Begin(fn *Fn) Frame {
	m.fuel, m.rest, m.memory = m.slice, m.limits.Fuel-m.slice, 0
	m.fn, m.site = fn, fn.site
	if fn.frame > m.room {
		m.wide(fn)
	}
	return m.base
}

// wide makes room for an unusually large frame.
func (m *M) wide(fn *Fn) {
	n := int(fn.frame / slotSize)
	if n > m.limits.Stack {
		m.fault(DepthFault, "the function needs more memory than a call may take")
	}
	m.first(make([]Slot, n+firstChunk))
}

// deep runs fn in the next piece of the slab: arguments are copied there and
// the result back.
func (m *M) deep(fn *Fn, f Frame) {
	m.level++
	c := m.chunk(m.level, int(fn.frame/slotSize))
	end := m.end
	m.end = uintptr(unsafe.Pointer(&c[0])) + uintptr(len(c))*slotSize
	copy(c, unsafe.Slice((*Slot)(f), fn.argsEnd))
	fn.run(m, unsafe.Pointer(&c[0]))
	copy(unsafe.Slice((*Slot)(f), fn.slots), c)
	m.end = end
	m.level--
}

// FaultKind says why a call ended early.
type FaultKind uint8

// The kinds of faults.
const (
	ArithmeticFault FaultKind = iota
	ValueFault                // a value a built-in function cannot take
	FuelFault
	DepthFault
	HostFault // a function of the host panicked
	MemoryFault
	TimeFault
)

// Fault is a script's run-time error. It names file and line.
type Fault struct {
	Kind FaultKind
	Text string
	At   syntax.Span
}

// Error returns FILE:LINE:COLUMN: what happened.
func (f *Fault) Error() string {
	if f.At.File == nil {
		return f.Text
	}
	p := f.At.Position()
	return fmt.Sprintf("%s:%d:%d: %s", f.At.File.Name, p.Line, p.Column, f.Text)
}

// fault ends the call.
func (m *M) fault(k FaultKind, text string) { panic(&Fault{Kind: k, Text: text}) }

func (m *M) faultAt(site int32, k FaultKind, text string) {
	m.site = site
	m.fault(k, text)
}

// outOfFuel ends a call that has run too long, or lets it go on for a while.
func (m *M) outOfFuel(site int32) {
	if m.rest+m.fuel >= 0 {
		if m.limits.Expired() {
			m.faultAt(site, TimeFault, "stopped because its time is over")
		}
		next := min(m.slice, m.rest)
		m.rest -= next
		if m.fuel += next; m.fuel >= 0 {
			return
		}
	}
	m.faultAt(site, FuelFault, fmt.Sprintf("stopped after %d calls and loop rounds", m.limits.Fuel))
}

// spend charges for bytes that a call makes: one unit of fuel for 64, and what
// Memory allows.
func (m *M) spend(bytes int) {
	m.memory += bytes
	if m.limits.Memory > 0 && m.memory > m.limits.Memory {
		m.fault(MemoryFault, fmt.Sprintf("makes more than %d bytes of texts, lists and maps", m.limits.Memory))
	}
	if m.fuel -= int64(bytes >> 6); m.fuel < 0 {
		m.outOfFuel(m.site)
	}
}

// HostError is what a host function panics with to end the call with a message.
type HostError string

// Caught turns what recover returned into a fault.
func (m *M) Caught(p any) *Fault {
	m.level, m.end = 0, uintptr(m.base)+m.room
	f, ok := p.(*Fault)
	if !ok {
		f = &Fault{Kind: HostFault, Text: fmt.Sprint(p)}
		if e, ok := p.(HostError); ok {
			f.Kind, f.Text = ValueFault, string(e)
		}
	}
	if f.At.File == nil && m.fn != nil && int(m.site) < len(m.fn.sites) {
		f.At = m.fn.sites[m.site]
	}
	return f
}
