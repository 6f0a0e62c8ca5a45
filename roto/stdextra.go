package roto

import (
	"net/netip"
	"strconv"
	"strings"
	"unsafe"

	"example.com/rotonda/roto/internal/check"
	"example.com/rotonda/roto/internal/vm"
	"example.com/rotonda/routecore/inet"
)

// What is bound here the original does not have. Each is marked as an extension
// in the generated documentation.
const extension = " An extension."

// rawMethod is a function of the library over slots.
type rawMethod struct {
	name, signature, doc string
	fn                   vm.Raw
}

func (rt *Runtime) rawMethods(d *check.TypeDef, list ...rawMethod) {
	t := &TypeBuilder{&rt.Scope, d}
	for _, l := range list {
		rt.raw(t, l.name, l.doc+extension, l.fn, l.signature, true)
	}
}

func (rt *Runtime) bindExtensions() {
	rt.pure = false
	rt.rawMethods(rt.u.List,
		rawMethod{"pop", "fn[T](list: List[T]) -> Option[T]", "Takes the last value off.", vm.ListPop},
		rawMethod{"insert", "fn[T](list: List[T], index: u64, value: T) -> bool", "Puts a value before the one at a place; false when there is no such place.", vm.ListInsert},
		rawMethod{"remove", "fn[T](list: List[T], index: u64) -> Option[T]", "Takes the value at a place out.", vm.ListRemove},
		rawMethod{"reverse", "fn[T](list: List[T])", "Turns the order around.", vm.ListReverse},
		rawMethod{"sort", "fn[T](list: List[T])", "Sorts numbers, texts, characters, addresses, prefixes and AS numbers upwards; other types have no order, which is a fault.", vm.ListSort},
	)
	rt.rawMethods(rt.u.Map,
		rawMethod{"insert", "fn[K, V](map: Map[K, V], key: K, value: V) -> Option[V]", "Sets the value of a key and gives the one that was there.", vm.MapInsert},
		rawMethod{"remove", "fn[K, V](map: Map[K, V], key: K) -> Option[V]", "Takes a key out and gives its value.", vm.MapRemove},
	)
	rt.raw(&TypeBuilder{&rt.Scope, rt.u.Map}, "new", "An empty map."+extension, vm.MapNew, "fn[K, V]() -> Map[K, V]", false)
	rt.pure = true
	rt.rawMethods(rt.u.List,
		rawMethod{"slice", "fn[T](list: List[T], from: u64, to: u64) -> List[T]", "A copy of the values between two places, as far as there are any.", vm.ListSlice})
	rt.rawMethods(rt.u.Map,
		rawMethod{"get", "fn[K, V](map: Map[K, V], key: K) -> Option[V]", "The value of a key.", vm.MapGet},
		rawMethod{"contains", "fn[K, V](map: Map[K, V], key: K) -> bool", "Whether a key is in it.", vm.MapContains},
		rawMethod{"len", "fn[K, V](map: Map[K, V]) -> u64", "The number of keys.", vm.MapLen},
		rawMethod{"keys", "fn[K, V](map: Map[K, V]) -> List[K]", "The keys, in the order in which they came.", vm.MapKeys},
		rawMethod{"values", "fn[K, V](map: Map[K, V]) -> List[V]", "The values, in the order of the keys.", vm.MapValues})
	rt.rawMethods(rt.u.Option,
		rawMethod{"is_some", "fn[T](option: Option[T]) -> bool", "Whether there is a value.", vm.IsFirst},
		rawMethod{"is_none", "fn[T](option: Option[T]) -> bool", "Whether there is none.", vm.IsSecond},
		rawMethod{"unwrap_or", "fn[T](option: Option[T], other: T) -> T", "The value, or another where there is none.", vm.UnwrapOr},
		rawMethod{"or", "fn[T](option: Option[T], other: Option[T]) -> Option[T]", "This where there is a value, else the other.", vm.OptionOr},
		rawMethod{"ok_or", "fn[T, E](option: Option[T], error: E) -> Result[T, E]", "The value as Ok, or the error.", vm.OkOr})
	rt.rawMethods(rt.u.Result,
		rawMethod{"is_ok", "fn[T, E](result: Result[T, E]) -> bool", "Whether it is a value.", vm.IsFirst},
		rawMethod{"is_err", "fn[T, E](result: Result[T, E]) -> bool", "Whether it is an error.", vm.IsSecond},
		rawMethod{"unwrap_or", "fn[T, E](result: Result[T, E], other: T) -> T", "The value, or another where there is an error.", vm.UnwrapOr},
		rawMethod{"ok", "fn[T, E](result: Result[T, E]) -> Option[T]", "The value, if there is one.", vm.ResultOk},
		rawMethod{"err", "fn[T, E](result: Result[T, E]) -> Option[E]", "The error, if there is one.", vm.ResultErr})
	rt.bindTextExtensions()
	rt.bindNetworkExtensions()
	bindInteger[uint8](rt, "u8")
	bindInteger[uint16](rt, "u16")
	bindInteger[uint32](rt, "u32")
	bindInteger[uint64](rt, "u64")
	bindInteger[int8](rt, "i8")
	bindInteger[int16](rt, "i16")
	bindInteger[int32](rt, "i32")
	bindInteger[int64](rt, "i64")
	bindUnsigned[uint8](rt)
	bindUnsigned[uint16](rt)
	bindUnsigned[uint32](rt)
	bindUnsigned[uint64](rt)
	Extend[float64](rt).Func("parse", "The number that a text shows."+extension, Fn1(func(s string) Option[float64] { return option(strconv.ParseFloat(s, 64)) }), Names("text"))
	rt.pure = false
}

// option is the value of a Go function that may fail.
func option[T any](v T, err error) Option[T] { return Option[T]{Value: v, Some: err == nil} }

type integer interface {
	~uint8 | ~uint16 | ~uint32 | ~uint64 | ~int8 | ~int16 | ~int32 | ~int64
}

// bindInteger binds parsing and conversions of an integer type. A conversion is
// none where the value does not fit.
func bindInteger[S integer](rt *Runtime, name string) {
	bits := int(unsafe.Sizeof(S(0))) * 8
	minus := S(0)
	minus-- // all ones: negative where the type is signed
	t := Extend[S](rt)
	t.Func("parse", "The number that a text shows in decimal; none where it shows none of this type."+extension, Fn1(func(s string) Option[S] {
		if minus < 0 {
			v, err := strconv.ParseInt(s, 10, bits)
			return option(S(v), err)
		}
		v, err := strconv.ParseUint(s, 10, bits)
		return option(S(v), err)
	}), Names("text"))
	t.Method("to_f64", "As a float, rounded where it has more than 53 bits."+extension, Fn1(func(v S) float64 { return float64(v) }))
	bindConversion[S, uint8](t, name, "u8")
	bindConversion[S, uint16](t, name, "u16")
	bindConversion[S, uint32](t, name, "u32")
	bindConversion[S, uint64](t, name, "u64")
	bindConversion[S, int8](t, name, "i8")
	bindConversion[S, int16](t, name, "i16")
	bindConversion[S, int32](t, name, "i32")
	bindConversion[S, int64](t, name, "i64")
}

// least and most are the ends of an integer type.
func least[T integer]() T {
	if ones := ^T(0); ones < 0 {
		return T(1) << (unsafe.Sizeof(ones)*8 - 1)
	}
	return 0
}

func most[T integer]() T { return ^least[T]() }

func bindConversion[S, D integer](t *TypeBuilder, from, to string) {
	if from == to {
		return
	}
	if S(D(least[S]())) == least[S]() && S(D(most[S]())) == most[S]() && (D(least[S]()) < 0) == (least[S]() < 0) && D(most[S]()) > 0 {
		t.Method("to_"+to, "As "+to+", which has room for every "+from+"."+extension, Fn1(func(v S) D { return D(v) }))
		return
	}
	t.Method("to_"+to, "As "+to+"; none where it does not fit."+extension, Fn1(func(v S) Option[D] {
		d := D(v)
		return Option[D]{Value: d, Some: S(d) == v && (d < 0) == (v < 0)}
	}))
}

// bindUnsigned binds what is done with the bits of communities and the like.
func bindUnsigned[T ~uint8 | ~uint16 | ~uint32 | ~uint64](rt *Runtime) {
	Extend[T](rt).
		Method("bit_and", "The bits that both have."+extension, Fn2(func(a, b T) T { return a & b }), Names("other")).
		Method("bit_or", "The bits that either has."+extension, Fn2(func(a, b T) T { return a | b }), Names("other")).
		Method("bit_xor", "The bits that one has and the other not."+extension, Fn2(func(a, b T) T { return a ^ b }), Names("other")).
		Method("shift_left", "All bits moved up; those that fall out are lost."+extension, Fn2(func(a T, n uint8) T { return a << n }), Names("bits")).
		Method("shift_right", "All bits moved down."+extension, Fn2(func(a T, n uint8) T { return a >> n }), Names("bits"))
}

func (rt *Runtime) bindTextExtensions() {
	Extend[string](rt).
		Method("is_empty", "Whether it has no characters."+extension, Fn1(func(s string) bool { return s == "" })).
		Method("find", "The character at which another text first begins, counted from 0."+extension, Fn2(func(s, part string) Option[uint64] {
			i := strings.Index(s, part)
			if i < 0 {
				return None[uint64]()
			}
			return Some(uint64(len([]rune(s[:i]))))
		}), Names("part")).
		Method("pad_start", "With a character put before it until it has so many."+extension, Fn3(func(s string, n uint64, c Char) string {
			return pad(s, n, c) + s
		}), Names("length", "char")).
		Method("pad_end", "With a character put behind it until it has so many."+extension, Fn3(func(s string, n uint64, c Char) string {
			return s + pad(s, n, c)
		}), Names("length", "char"))
}

func pad(s string, n uint64, c Char) string {
	if have := uint64(len([]rune(s))); have < n {
		return repeat(string(rune(c)), n-have)
	}
	return ""
}

func (rt *Runtime) bindNetworkExtensions() {
	Extend[inet.ASN](rt).
		Func("parse", "The AS number that a text shows, with AS before it or not."+extension, Fn1(func(s string) Option[inet.ASN] {
			n, err := strconv.ParseUint(strings.TrimPrefix(s, "AS"), 10, 32)
			return option(inet.ASN(n), err)
		}), Names("text")).
		Method("to_u32", "As a number."+extension, Fn1(func(a inet.ASN) uint32 { return uint32(a) }))
	Extend[netip.Addr](rt).
		Func("parse", "The address that a text shows."+extension, Fn1(func(s string) Option[netip.Addr] {
			a, err := netip.ParseAddr(s)
			return option(a.WithZone(""), err)
		}), Names("text"))
	Extend[netip.Prefix](rt).
		Func("parse", "The prefix that a text shows; host bits are cleared."+extension, Fn1(func(s string) Option[netip.Prefix] {
			p, err := netip.ParsePrefix(s)
			return option(p.Masked(), err)
		}), Names("text")).
		Method("contains", "Whether an address is in it."+extension, Fn2(netip.Prefix.Contains), Names("address")).
		Method("covers", "Whether another prefix is equal to it or more specific."+extension, Fn2(func(p, q netip.Prefix) bool {
			return p.Bits() <= q.Bits() && p.Contains(q.Addr())
		}), Names("other")).
		Method("overlaps", "Whether it has an address in common with another."+extension, Fn2(netip.Prefix.Overlaps), Names("other")).
		Method("is_ipv4", "Whether it is of IPv4."+extension, Fn1(func(p netip.Prefix) bool { return p.Addr().Is4() })).
		Method("is_ipv6", "Whether it is of IPv6."+extension, Fn1(func(p netip.Prefix) bool { return p.Addr().Is6() }))
}
