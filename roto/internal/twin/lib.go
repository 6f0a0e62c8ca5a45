package twin

import (
	"math"
	"math/big"
	"net/netip"
	"strconv"
	"strings"

	"example.com/rotonda/roto/internal/check"
)

// call is what a function of the library is given.
type call struct {
	args  []Value
	types []check.Type
}

func (c call) text(i int) string     { return c.args[i].(string) }
func (c call) list(i int) *List      { return c.args[i].(*List) }
func (c call) number(i int) *big.Int { return c.args[i].(Int).N }

// index is an argument that counts places; far out of range when it is huge.
func (c call) index(i int) int {
	if n := c.number(i); n.IsInt64() {
		return int(n.Int64())
	}
	return math.MaxInt
}

// library is the standard library by path.
type library map[string]func(call) Value

func newLibrary() library {
	l := library{}
	for _, t := range []string{"bool", "char", "u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "f32", "f64", "Asn", "IpAddr", "Prefix", "String"} {
		l[t+".to_string"] = func(c call) Value { return text(c.args[0]) }
		l[t+".eq"] = func(c call) Value { return equal(c.args[0], c.args[1]) }
	}
	l.integers()
	l.floats("f32", func(f float64) Value { return float32(f) })
	l.floats("f64", func(f float64) Value { return f })
	l.network()
	l.options()
	l.lists()
	l.maps()
	l.texts()
	l.views()
	return l
}

func (l library) integers() {
	for i, from := range []string{"u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64"} {
		own := check.U8 + check.Prim(i)
		l[from+".to_f64"] = func(c call) Value {
			f, _ := new(big.Float).SetInt(c.number(0)).Float64()
			return f
		}
		l[from+".parse"] = func(c call) Value {
			n, ok := new(big.Int).SetString(c.text(0), 10)
			if !ok || strings.HasPrefix(c.text(0), "+") && !own.Signed() || n.Sign() == 0 && strings.HasPrefix(c.text(0), "-") && !own.Signed() {
				return option(nil, false)
			}
			v, ok := fits(own, n)
			return option(v, ok)
		}
		for j, to := range []string{"u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64"} {
			l[from+".to_"+to] = func(c call) Value {
				to := check.U8 + check.Prim(j)
				v, ok := fits(to, c.number(0))
				if widens(own, to) {
					return v
				}
				return option(v, ok)
			}
		}
		l.bits(from, own)
	}
}

func (l library) bits(t string, own check.Prim) {
	two := func(op func(z, x, y *big.Int) *big.Int) func(call) Value {
		return func(c call) Value { return wrap(own, op(new(big.Int), c.number(0), c.number(1))) }
	}
	l[t+".bit_and"] = two((*big.Int).And)
	l[t+".bit_or"] = two((*big.Int).Or)
	l[t+".bit_xor"] = two((*big.Int).Xor)
	l[t+".shift_left"] = func(c call) Value { return wrap(own, new(big.Int).Lsh(c.number(0), uint(c.index(1)))) }
	l[t+".shift_right"] = func(c call) Value { return wrap(own, new(big.Int).Rsh(c.number(0), uint(c.index(1)))) }
}

func (l library) floats(t string, make func(float64) Value) {
	for name, op := range map[string]func(float64) float64{"floor": math.Floor, "ceil": math.Ceil, "round": math.Round, "abs": math.Abs, "sqrt": math.Sqrt} {
		l[t+"."+name] = func(c call) Value { return make(op(asFloat(c.args[0]))) }
	}
	l[t+".pow"] = func(c call) Value { return make(math.Pow(asFloat(c.args[0]), asFloat(c.args[1]))) }
	l[t+".is_nan"] = func(c call) Value { return math.IsNaN(asFloat(c.args[0])) }
	l[t+".is_infinite"] = func(c call) Value { return math.IsInf(asFloat(c.args[0]), 0) }
	l[t+".is_finite"] = func(c call) Value {
		f := asFloat(c.args[0])
		return !math.IsNaN(f) && !math.IsInf(f, 0)
	}
	l[t+".parse"] = func(c call) Value {
		f, err := strconv.ParseFloat(c.text(0), 64)
		return option(make(f), err == nil)
	}
}

func (l library) network() {
	addr := func(c call) netip.Addr { return c.args[0].(netip.Addr) }
	l["IpAddr.is_ipv4"] = func(c call) Value { return addr(c).BitLen() == 32 }
	l["IpAddr.is_ipv6"] = func(c call) Value { return addr(c).BitLen() == 128 }
	l["IpAddr.to_canonical"] = func(c call) Value { return addr(c).Unmap() }
	l["IpAddr.parse"] = func(c call) Value {
		a, err := netip.ParseAddr(c.text(0))
		return option(a, err == nil)
	}
	l["Asn.to_u32"] = func(c call) Value { return Int{check.U32, big.NewInt(int64(c.args[0].(ASN)))} }
	l["Asn.parse"] = func(c call) Value {
		n, err := strconv.ParseUint(strings.TrimPrefix(c.text(0), "AS"), 10, 32)
		return option(ASN(n), err == nil)
	}
	l["Prefix.new"] = func(c call) Value {
		if c.index(1) > addr(c).BitLen() {
			panic(badValue("prefix length is out of range"))
		}
		p, _ := addr(c).Prefix(c.index(1))
		return p
	}
	l["Prefix.parse"] = func(c call) Value {
		p, err := netip.ParsePrefix(c.text(0))
		return option(p.Masked(), err == nil)
	}
	pre := func(c call) netip.Prefix { return c.args[0].(netip.Prefix) }
	l["Prefix.addr"] = func(c call) Value { return pre(c).Addr() }
	l["Prefix.min_addr"] = l["Prefix.addr"]
	l["Prefix.max_addr"] = func(c call) Value {
		a := pre(c).Addr()
		n := new(big.Int).SetBytes(a.AsSlice())
		host := new(big.Int).Lsh(big.NewInt(1), uint(a.BitLen()-pre(c).Bits()))
		n.Or(n, host.Sub(host, big.NewInt(1)))
		last, _ := netip.AddrFromSlice(n.FillBytes(make([]byte, a.BitLen()/8)))
		return last
	}
	l["Prefix.len"] = func(c call) Value { return Int{check.U8, big.NewInt(int64(pre(c).Bits()))} }
	l["Prefix.is_ipv4"] = func(c call) Value { return pre(c).Addr().BitLen() == 32 }
	l["Prefix.is_ipv6"] = func(c call) Value { return pre(c).Addr().BitLen() == 128 }
	l["Prefix.contains"] = func(c call) Value { return inside(pre(c), c.args[1].(netip.Addr)) }
	l["Prefix.covers"] = func(c call) Value { return covers(pre(c), c.args[1].(netip.Prefix)) }
	l["Prefix.overlaps"] = func(c call) Value {
		q := c.args[1].(netip.Prefix)
		return covers(pre(c), q) || covers(q, pre(c))
	}
	l["Prefix.covered_by"] = func(c call) Value {
		for _, q := range c.list(1).Elems {
			if covers(q.(netip.Prefix), pre(c)) {
				return true
			}
		}
		return false
	}
}

// inside reports whether clearing the host bits of an address gives the prefix.
func inside(p netip.Prefix, a netip.Addr) bool {
	q, err := a.Prefix(p.Bits())
	return err == nil && q == p && a.BitLen() == p.Addr().BitLen()
}

func covers(p, q netip.Prefix) bool { return q.Bits() >= p.Bits() && inside(p, q.Addr()) }

func (l library) options() {
	first := func(c call) bool { return c.args[0].(Enum).Tag == 0 }
	payload := func(c call) Value { return c.args[0].(Enum).Args[0] }
	for _, t := range []string{"Option", "Result"} {
		l[t+".unwrap_or"] = func(c call) Value {
			if first(c) {
				return payload(c)
			}
			return c.args[1]
		}
	}
	l["Option.is_some"] = func(c call) Value { return first(c) }
	l["Option.is_none"] = func(c call) Value { return !first(c) }
	l["Result.is_ok"] = l["Option.is_some"]
	l["Result.is_err"] = l["Option.is_none"]
	l["Option.or"] = func(c call) Value {
		if first(c) {
			return c.args[0]
		}
		return c.args[1]
	}
	l["Option.ok_or"] = func(c call) Value {
		if first(c) {
			return c.args[0]
		}
		return Enum{1, []Value{c.args[1]}}
	}
	l["Result.ok"] = func(c call) Value {
		if first(c) {
			return option(payload(c), true)
		}
		return option(nil, false)
	}
	l["Result.err"] = func(c call) Value {
		if first(c) {
			return option(nil, false)
		}
		return option(payload(c), true)
	}
}
