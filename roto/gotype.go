package roto

import (
	"fmt"
	"net/netip"
	"reflect"

	"example.com/rotonda/roto/internal/check"
	"example.com/rotonda/roto/internal/vm"
	"example.com/rotonda/routecore/inet"
)

// typeOf returns the Roto type a Go type stands for.
func (rt *Runtime) typeOf(g reflect.Type) (check.Type, error) {
	if g == nil {
		return rt.u.Prim(check.Unit), nil
	}
	if d, ok := rt.types[g]; ok {
		return &check.Named{Def: d}, nil
	}
	if p, ok := prims(g); ok {
		return rt.u.Prim(p), nil
	}
	if g == typeFor[Verdict]() {
		return rt.u.VerdictOf(rt.u.Prim(check.Unit), rt.u.Prim(check.Unit)), nil
	}
	shape, parts := vm.ShapeOf(g)
	args := make([]check.Type, len(parts))
	for i, p := range parts {
		var err error
		if args[i], err = rt.typeOf(p); err != nil {
			return nil, err
		}
	}
	switch shape {
	case vm.OptionShape:
		return rt.u.OptionOf(args[0]), nil
	case vm.ListShape, vm.SliceShape:
		return rt.u.ListOf(args[0]), nil
	case vm.VerdictShape:
		return rt.u.VerdictOf(args[0], args[1]), nil
	}
	return nil, fmt.Errorf("the Go type %v is not bound", g)
}

// prims maps the Go types that stand for built-in types. int and uint have no
// fixed width and stand for none.
func prims(g reflect.Type) (check.Prim, bool) {
	switch g {
	case typeFor[Char]():
		return check.Char, true
	case typeFor[inet.ASN]():
		return check.ASN, true
	case typeFor[netip.Addr]():
		return check.IPAddr, true
	case typeFor[netip.Prefix]():
		return check.Prefix, true
	case typeFor[struct{}]():
		return check.Unit, true
	}
	if g.PkgPath() != "" {
		return 0, false
	}
	p, ok := map[reflect.Kind]check.Prim{reflect.Bool: check.Bool, reflect.String: check.String,
		reflect.Uint8: check.U8, reflect.Uint16: check.U16, reflect.Uint32: check.U32, reflect.Uint64: check.U64,
		reflect.Int8: check.I8, reflect.Int16: check.I16, reflect.Int32: check.I32, reflect.Int64: check.I64,
		reflect.Float32: check.F32, reflect.Float64: check.F64}[g.Kind()]
	return p, ok
}
