package roto

import (
	"math"
	"net/netip"
	"strconv"

	"example.com/rotonda/roto/internal/check"
	"example.com/rotonda/roto/internal/vm"
	"example.com/rotonda/routecore/inet"
)

// bindStandard binds the standard library. Items marked "extension" are not in
// the original language.
func (rt *Runtime) bindStandard() {
	rt.pure = true
	rt.bindNumbers()
	rt.bindFloat64()
	rt.bindFloat32()
	rt.bindNetwork()
	rt.bindText()
	rt.bindViews()
	rt.pure = false
	rt.bindBuffers()
	rt.bindLists()
	rt.bindExtensions()
}

const toString = "The value as text, as an f-string shows it."

func (rt *Runtime) bindNumbers() {
	Extend[bool](rt).Method("to_string", toString, Fn1(strconv.FormatBool))
	Extend[Char](rt).Method("to_string", toString, Fn1(func(c Char) string { return string(c) }))
	Extend[uint8](rt).Method("to_string", toString, Fn1(unsigned[uint8]))
	Extend[uint16](rt).Method("to_string", toString, Fn1(unsigned[uint16]))
	Extend[uint32](rt).Method("to_string", toString, Fn1(unsigned[uint32]))
	Extend[uint64](rt).Method("to_string", toString, Fn1(unsigned[uint64]))
	Extend[int8](rt).Method("to_string", toString, Fn1(signed[int8]))
	Extend[int16](rt).Method("to_string", toString, Fn1(signed[int16]))
	Extend[int32](rt).Method("to_string", toString, Fn1(signed[int32]))
	Extend[int64](rt).Method("to_string", toString, Fn1(signed[int64]))
}

func unsigned[T uint8 | uint16 | uint32 | uint64](v T) string {
	return strconv.FormatUint(uint64(v), 10)
}

func signed[T int8 | int16 | int32 | int64](v T) string { return strconv.FormatInt(int64(v), 10) }

// floatText shows a number without an exponent, the shortest that reads back.
func floatText(f float64, bits int) string {
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	return strconv.FormatFloat(f, 'f', -1, bits)
}

func (rt *Runtime) bindFloat64() {
	Extend[float64](rt).
		Method("to_string", toString, Fn1(func(f float64) string { return floatText(f, 64) })).
		Method("floor", "Rounded toward minus infinity.", Fn1(math.Floor)).
		Method("ceil", "Rounded toward plus infinity.", Fn1(math.Ceil)).
		Method("round", "Rounded to the nearest, halves away from zero.", Fn1(math.Round)).
		Method("abs", "Without its sign.", Fn1(math.Abs)).
		Method("sqrt", "The square root; NaN of a negative number.", Fn1(math.Sqrt)).
		Method("pow", "Raised to a power.", Fn2(math.Pow), Names("exponent")).
		Method("is_nan", "Whether it is not a number.", Fn1(math.IsNaN)).
		Method("is_infinite", "Whether it is plus or minus infinity.", Fn1(func(f float64) bool { return math.IsInf(f, 0) })).
		Method("is_finite", "Whether it is neither infinite nor NaN.", Fn1(finite))
}

func finite(f float64) bool { return !math.IsInf(f, 0) && !math.IsNaN(f) }

// narrow makes a function of float32 from one of float64.
func narrow(op func(float64) float64) func(float32) float32 {
	return func(f float32) float32 { return float32(op(float64(f))) }
}

func (rt *Runtime) bindFloat32() {
	Extend[float32](rt).
		Method("to_string", toString, Fn1(func(f float32) string { return floatText(float64(f), 32) })).
		Method("floor", "Rounded toward minus infinity.", Fn1(narrow(math.Floor))).
		Method("ceil", "Rounded toward plus infinity.", Fn1(narrow(math.Ceil))).
		Method("round", "Rounded to the nearest, halves away from zero.", Fn1(narrow(math.Round))).
		Method("abs", "Without its sign.", Fn1(narrow(math.Abs))).
		Method("sqrt", "The square root; NaN of a negative number.", Fn1(narrow(math.Sqrt))).
		Method("pow", "Raised to a power.", Fn2(func(a, b float32) float32 { return float32(math.Pow(float64(a), float64(b))) }), Names("exponent")).
		Method("is_nan", "Whether it is not a number.", Fn1(func(f float32) bool { return f != f })).
		Method("is_infinite", "Whether it is plus or minus infinity.", Fn1(func(f float32) bool { return math.IsInf(float64(f), 0) })).
		Method("is_finite", "Whether it is neither infinite nor NaN.", Fn1(func(f float32) bool { return finite(float64(f)) }))
}

func (rt *Runtime) bindNetwork() {
	Extend[inet.ASN](rt).
		Method("to_string", toString, Fn1(inet.ASN.String))
	Extend[netip.Addr](rt).
		Method("to_string", toString, Fn1(netip.Addr.String)).
		Method("eq", "Whether both are the same address.", Fn2(func(a, b netip.Addr) bool { return a == b }), Names("other")).
		Method("is_ipv4", "Whether it is an IPv4 address.", Fn1(netip.Addr.Is4)).
		Method("is_ipv6", "Whether it is an IPv6 address.", Fn1(netip.Addr.Is6)).
		Method("to_canonical", "The IPv4 address inside an IPv4-mapped IPv6 one, else the same.", Fn1(netip.Addr.Unmap)).
		Const("LOCALHOSTV4", "127.0.0.1", netip.AddrFrom4([4]byte{127, 0, 0, 1})).
		Const("LOCALHOSTV6", "::1", netip.IPv6Loopback())
	rt.Const("LOCALHOSTV4", "127.0.0.1, the name before roto 0.10", netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	rt.Const("LOCALHOSTV6", "::1, the name before roto 0.10", netip.IPv6Loopback())
	p := Extend[netip.Prefix](rt).
		Method("to_string", toString, Fn1(netip.Prefix.String)).
		Func("new", "The prefix of an address and a length; host bits are cleared.", Fn2(newPrefix), Names("address", "length")).
		Method("addr", "The network address.", Fn1(netip.Prefix.Addr)).
		Method("min_addr", "The lowest address in it.", Fn1(netip.Prefix.Addr)).
		Method("max_addr", "The highest address in it.", Fn1(lastAddr)).
		Method("len", "The length in bits.", Fn1(func(p netip.Prefix) uint8 { return uint8(p.Bits()) })).
		Method("eq", "Whether both are the same prefix.", Fn2(func(a, b netip.Prefix) bool { return a == b }), Names("other"))
	rt.raw(p, "covered_by", "Whether it is equal to or more specific than a prefix of the list. As costly for a million as for ten, when the list is a constant.",
		vm.PrefixCoveredBy, "fn(prefix: Prefix, list: List[Prefix]) -> bool", true)
	rt.freeze["Prefix"] = func(l *vm.ListData) any { return vm.NewPrefixSet(l) }
}

func newPrefix(a netip.Addr, n uint8) netip.Prefix {
	p, err := a.Prefix(int(n))
	if err != nil {
		panic(Error("prefix length is out of range"))
	}
	return p
}

func lastAddr(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// raw binds a function over slots with a written type.
func (rt *Runtime) raw(t *TypeBuilder, name, doc string, fn vm.Raw, signature string, method bool) {
	f := &check.FuncDef{Name: name, Path: pathOf(t.def.Members, name), Doc: doc, Method: method, Pure: rt.pure, Impl: fn}
	rt.define(t.def.Members, &check.Item{Kind: check.FuncItem, Name: name, Func: f})
	rt.pending = append(rt.pending, pending{f.Path, func() error { return rt.u.Signature(f, signature) }})
}

func (rt *Runtime) bindLists() {
	t := &TypeBuilder{&rt.Scope, rt.u.List}
	type method struct {
		name, signature, doc string
		fn                   vm.Raw
	}
	bind := func(list ...method) {
		for _, l := range list {
			rt.raw(t, l.name, l.doc, l.fn, l.signature, true)
		}
	}
	bind([]method{
		{"push", "fn[T](list: List[T], value: T)", "Appends a value.", vm.ListPush},
		{"set", "fn[T](list: List[T], index: u64, value: T) -> bool", "Replaces the value at a place; false when there is none.", vm.ListSet},
		{"swap", "fn[T](list: List[T], i: u64, j: u64)", "Exchanges two values; nothing when a place is out of range.", vm.ListSwap},
		{"concat", "fn[T](list: List[T], other: List[T]) -> List[T]", "A new list of both.", vm.ListConcat},
	}...)
	rt.raw(t, "new", "An empty list.", vm.ListNew, "fn[T]() -> List[T]", false)
	rt.pure = true
	bind([]method{
		{"get", "fn[T](list: List[T], index: u64) -> Option[T]", "The value at a place counted from 0.", vm.ListGet},
		{"len", "fn[T](list: List[T]) -> u64", "The number of values.", vm.ListLen},
		{"is_empty", "fn[T](list: List[T]) -> bool", "Whether there are no values.", vm.ListIsEmpty},
		{"capacity", "fn[T](list: List[T]) -> u64", "The number of values it can hold before it grows.", vm.ListCapacity},
		{"contains", "fn[T](list: List[T], value: T) -> bool", "Whether a value is in it.", vm.ListContains},
		{"index", "fn[T](list: List[T], value: T) -> Option[u64]", "Where a value first stands.", vm.ListIndex},
		{"join", "fn(list: List[String], separator: String) -> String", "The texts with a separator between them.", vm.ListJoin},
	}...)
	rt.pure = false
}
