package rtr

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// Records are the payload of a cache at one serial number. A [Cache] sorts its
// own copy; Announce means nothing in it.
type Records struct {
	VRPs []VRP
	Keys []Key
	VAPs []VAP
}

// Len returns how many records there are.
func (r *Records) Len() int { return len(r.VRPs) + len(r.Keys) + len(r.VAPs) }

// compareVRP is the order of announcements; withdrawals go the other way round.
// What is sent one after the other then makes no route Invalid that will be Valid
// in the end: what lies inside a prefix comes before it, and AS 0 last (8210bis
// §11.2.1).
func compareVRP(a, b VRP) int {
	return cmp.Or(
		cmp.Compare(a.Prefix.Addr().BitLen(), b.Prefix.Addr().BitLen()), b.Prefix.Addr().Compare(a.Prefix.Addr()),
		cmp.Compare(b.MaxLen, a.MaxLen), cmp.Compare(b.Prefix.Bits(), a.Prefix.Bits()), cmp.Compare(b.ASN, a.ASN),
	)
}

// compareKey is the order of 8210bis §11.2.2.
func compareKey(a, b Key) int {
	return cmp.Or(
		bytes.Compare(a.SKI[:], b.SKI[:]), cmp.Compare(len(a.SPKI), len(b.SPKI)),
		strings.Compare(a.SPKI, b.SPKI), cmp.Compare(a.ASN, b.ASN),
	)
}

// compareVAP is about the identity, who the customer is, and the order of 8210bis
// §11.2.3.
func compareVAP(a, b VAP) int {
	return cmp.Or(cmp.Compare(a.Customer, b.Customer), cmp.Compare(a.AFI, b.AFI))
}

// sorted returns a sorted copy without doubles, with every record announced.
// Of two ASPAs of one customer the providers are joined, which is what a cache
// has to do with several objects (8210bis §5.12).
func (r Records) sorted() Records {
	out := Records{slices.Clone(r.VRPs), slices.Clone(r.Keys), make([]VAP, 0, len(r.VAPs))}
	for i := range out.VRPs {
		out.VRPs[i].Announce = true
		out.VRPs[i].Prefix = out.VRPs[i].Prefix.Masked()
	}
	for i := range out.Keys {
		out.Keys[i].Announce = true
	}
	slices.SortFunc(out.VRPs, compareVRP)
	out.VRPs = slices.CompactFunc(out.VRPs, func(a, b VRP) bool { return compareVRP(a, b) == 0 })
	slices.SortFunc(out.Keys, compareKey)
	out.Keys = slices.CompactFunc(out.Keys, func(a, b Key) bool { return compareKey(a, b) == 0 })
	vaps := slices.Clone(r.VAPs)
	slices.SortStableFunc(vaps, compareVAP)
	for _, v := range vaps {
		v.Announce = true
		v.Providers = slices.Clone(v.Providers)
		if n := len(out.VAPs); n > 0 && compareVAP(out.VAPs[n-1], v) == 0 {
			v.Providers = append(v.Providers, out.VAPs[n-1].Providers...)
			out.VAPs = out.VAPs[:n-1]
		}
		slices.Sort(v.Providers)
		v.Providers = slices.Compact(v.Providers)
		if len(v.Providers) > 1 && v.Providers[0] == 0 {
			v.Providers = v.Providers[1:]
		}
		if len(v.Providers) > 0 {
			out.VAPs = append(out.VAPs, v)
		}
	}
	return out
}

// delta returns what makes next out of r: announcements and withdrawals. Both
// are sorted.
func (r *Records) delta(next *Records) Records {
	var d Records
	d.VRPs = diff(r.VRPs, next.VRPs, compareVRP, func(v VRP, announce bool) VRP { v.Announce = announce; return v }, nil)
	d.Keys = diff(r.Keys, next.Keys, compareKey, func(k Key, announce bool) Key { k.Announce = announce; return k }, nil)
	d.VAPs = diff(r.VAPs, next.VAPs, compareVAP, func(v VAP, announce bool) VAP {
		v.Announce = announce
		if !announce {
			v.Providers = nil
		}
		return v
	}, func(a, b VAP) bool { return slices.Equal(a.Providers, b.Providers) })
	return d
}

// diff walks two sorted lists. same, if given, tells records of one identity
// apart: one that differs is announced again, which replaces it.
func diff[T any](old, next []T, compare func(a, b T) int, as func(T, bool) T, same func(a, b T) bool) []T {
	var out []T
	for len(old) > 0 || len(next) > 0 {
		c := 0
		switch {
		case len(old) == 0:
			c = 1
		case len(next) == 0:
			c = -1
		default:
			c = compare(old[0], next[0])
		}
		switch {
		case c < 0:
			out = append(out, as(old[0], false))
		case c > 0:
			out = append(out, as(next[0], true))
		case same != nil && !same(old[0], next[0]):
			out = append(out, as(next[0], true))
		}
		if c <= 0 {
			old = old[1:]
		}
		if c >= 0 {
			next = next[1:]
		}
	}
	return out
}
