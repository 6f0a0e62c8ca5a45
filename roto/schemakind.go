package roto

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"strconv"
	"strings"

	"example.com/rotonda/roto/internal/vm"
	"example.com/rotonda/routecore/inet"
)

// columnKind is a type that a field of a schema may have.
type columnKind struct {
	goType reflect.Type
	zero   any
	bind   func(s *Schema, i int) *vm.Binding
	json   func(raw []byte) (any, error)
	text   func(s string) (any, error)
}

// columnKinds lists the types by how they are written.
var columnKinds = kinds(
	columnsOf("bool", strconv.ParseBool),
	columnsOf("u8", unsignedText[uint8](8)), columnsOf("u16", unsignedText[uint16](16)),
	columnsOf("u32", unsignedText[uint32](32)), columnsOf("u64", unsignedText[uint64](64)),
	columnsOf("i8", signedText[int8](8)), columnsOf("i16", signedText[int16](16)),
	columnsOf("i32", signedText[int32](32)), columnsOf("i64", signedText[int64](64)),
	columnsOf("f32", func(s string) (float32, error) { f, err := strconv.ParseFloat(s, 32); return float32(f), err }),
	columnsOf("f64", func(s string) (float64, error) { return strconv.ParseFloat(s, 64) }),
	columnsOf("String", func(s string) (string, error) { return s, nil }),
	columnsOf("Asn", func(s string) (inet.ASN, error) {
		n, err := strconv.ParseUint(strings.TrimPrefix(s, "AS"), 10, 32)
		return inet.ASN(n), err
	}),
	columnsOf("IpAddr", netip.ParseAddr),
	columnsOf("Prefix", func(s string) (netip.Prefix, error) { p, err := netip.ParsePrefix(s); return p.Masked(), err }),
)

func kinds(groups ...map[string]*columnKind) map[string]*columnKind {
	all := map[string]*columnKind{}
	for _, g := range groups {
		maps.Copy(all, g)
	}
	return all
}

func unsignedText[T ~uint8 | ~uint16 | ~uint32 | ~uint64](bits int) func(string) (T, error) {
	return func(s string) (T, error) { n, err := strconv.ParseUint(s, 10, bits); return T(n), err }
}

func signedText[T ~int8 | ~int16 | ~int32 | ~int64](bits int) func(string) (T, error) {
	return func(s string) (T, error) { n, err := strconv.ParseInt(s, 10, bits); return T(n), err }
}

// columnsOf makes the plain, the optional and the list form of a type from how its
// values are read.
func columnsOf[T any](name string, parse func(string) (T, error)) map[string]*columnKind {
	read := func(s string) (T, error) {
		v, err := parse(s)
		if err != nil {
			return v, fmt.Errorf("%q is no %s", s, name)
		}
		return v, nil
	}
	decode := func(raw []byte) (T, error) {
		s, err := scalar(raw)
		if err != nil {
			var zero T
			return zero, err
		}
		return read(s)
	}
	some := func(v T, err error) (any, error) {
		if err != nil {
			return nil, err
		}
		return Option[T]{Value: v, Some: true}, nil
	}
	plain := newKind[T](func(s string) (any, error) { return read(s) }, func(raw []byte) (any, error) { return decode(raw) })
	option := newKind[Option[T]](func(s string) (any, error) {
		if s == "" {
			return Option[T]{}, nil
		}
		return some(read(s))
	}, func(raw []byte) (any, error) { return some(decode(raw)) })
	list := newKind[[]T](func(s string) (any, error) {
		var out []T
		for _, part := range strings.Fields(s) {
			v, err := read(part)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	}, func(raw []byte) (any, error) {
		var items []json.RawMessage
		if err := json.Unmarshal(raw, &items); err != nil {
			return nil, err
		}
		var out []T
		for _, item := range items {
			v, err := decode(item)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	})
	return map[string]*columnKind{name: plain, name + "?": option, "Option[" + name + "]": option, "List[" + name + "]": list}
}

func newKind[T any](text func(string) (any, error), decode func([]byte) (any, error)) *columnKind {
	var zero any = *new(T)
	switch zero.(type) {
	case netip.Addr:
		zero = netip.IPv4Unspecified()
	case netip.Prefix:
		zero = netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	return &columnKind{
		goType: typeFor[T](), zero: zero, text: text, json: decode,
		bind: func(s *Schema, i int) *vm.Binding {
			return Fn1(func(r *Row) T {
				if r == nil || r.schema != s {
					panic(Error("this is no row of schema " + s.Name))
				}
				v, _ := r.values[i].(T)
				return v
			})
		},
	}
}

// scalar returns the text of a JSON string, number or truth value.
func scalar(raw []byte) (string, error) {
	if len(raw) > 0 && raw[0] == '"' {
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	}
	if len(raw) > 0 && (raw[0] == '{' || raw[0] == '[') {
		return "", errors.New("wants one value, not an object or list")
	}
	return string(raw), nil
}
