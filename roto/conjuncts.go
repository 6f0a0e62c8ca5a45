package roto

import (
	"net/netip"
	"reflect"

	"example.com/rotonda/roto/internal/check"
	"example.com/rotonda/roto/internal/ir"
	"example.com/rotonda/roto/internal/vm"
	"example.com/rotonda/routecore/inet"
)

// Conjunct is a condition without which a predicate is false or a filter
// rejects: a chain of the host's getters on a parameter, compared with a
// constant. `route.prefix().len() > 24` is {Path: ["Route.prefix",
// "Prefix.len"], Op: ">", Value: uint8(24)}.
type Conjunct struct {
	Param int      // which parameter, from 0
	Path  []string // the getters, in the order they are called; empty: the parameter itself
	Args  [][]any  // further arguments of each getter, constants all
	Op    string   // == != < <= > >=; "" the last getter is true, "!" false
	Value any      // the constant as its Go type; nil without comparison
}

// conjuncts translates what ir finds. A term whose constants have no Go value
// is left out, which makes the answer inexact.
func conjuncts(fn *vm.Fn, rt *Runtime, values vm.Values) ([]Conjunct, bool) {
	found, exact := ir.Conjuncts(fn.Def)
	var out []Conjunct
terms:
	for _, t := range found {
		c := Conjunct{Param: t.Param, Op: t.Op}
		for _, call := range t.Path {
			c.Path = append(c.Path, call.Def.Path)
			var args []any
			for _, a := range call.Args[1:] {
				v, ok := rt.constant(values, a)
				if !ok {
					exact = false
					continue terms
				}
				args = append(args, v)
			}
			c.Args = append(c.Args, args)
		}
		if t.Value != nil {
			var ok bool
			if c.Value, ok = rt.constant(values, t.Value); !ok {
				exact = false
				continue
			}
		}
		out = append(out, c)
	}
	return out, exact
}

// constant returns the Go value of a constant expression.
func (rt *Runtime) constant(values vm.Values, e ir.Expr) (any, bool) {
	g := rt.goType(e.Type())
	if g == nil {
		return nil, false
	}
	return values.Go(e, g)
}

// goType returns the Go type that stands for a laid-out type, nil for none.
func (rt *Runtime) goType(t *ir.Type) reflect.Type {
	switch {
	case t.Elem != nil:
		if elem := rt.goType(t.Elem); elem != nil {
			return reflect.SliceOf(elem)
		}
		return nil
	case t.Host != nil:
		for g, def := range rt.types {
			if def.Impl == t.Host {
				return g
			}
		}
		return nil
	}
	return primTypes[t.Prim]
}

// primTypes is the opposite of prims.
var primTypes = map[check.Prim]reflect.Type{
	check.Bool: typeFor[bool](), check.String: typeFor[string](), check.Char: typeFor[Char](), check.ASN: typeFor[inet.ASN](),
	check.IPAddr: typeFor[netip.Addr](), check.Prefix: typeFor[netip.Prefix](),
	check.U8: typeFor[uint8](), check.U16: typeFor[uint16](), check.U32: typeFor[uint32](), check.U64: typeFor[uint64](),
	check.I8: typeFor[int8](), check.I16: typeFor[int16](), check.I32: typeFor[int32](), check.I64: typeFor[int64](),
	check.F32: typeFor[float32](), check.F64: typeFor[float64](),
}
