package rpki

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"example.com/rotonda/routecore/inet"
)

// Data is what a validator says, of all kinds. Order and doubles do not matter.
type Data struct {
	VRPs  []VRP
	ASPAs []ASPA
	Keys  []RouterKey
}

// Len returns how many records there are.
func (d Data) Len() int { return len(d.VRPs) + len(d.ASPAs) + len(d.Keys) }

// ASPA names the providers of a customer AS. AS 0 alone says that it has none
// (draft-ietf-sidrops-aspa-profile). The slice must not be changed once it was
// given to a [Table].
type ASPA struct {
	Customer  inet.ASN
	Providers []inet.ASN
	// AFI is 1 or 2 where the attestation is for IPv4 or IPv6 alone, as in
	// earlier revisions; validation takes them together.
	AFI uint8
}

// RouterKey is a key with which an AS signs BGPsec updates (RFC 8209, RFC 8210
// §5.10). All three fields identify it.
type RouterKey struct {
	SKI  [20]byte // subject key identifier
	ASN  inet.ASN
	SPKI string // DER SubjectPublicKeyInfo
}

func compareASPA(a, b ASPA) int {
	return cmp.Or(cmp.Compare(a.Customer, b.Customer), cmp.Compare(a.AFI, b.AFI))
}

func compareKey(a, b RouterKey) int {
	return cmp.Or(bytes.Compare(a.SKI[:], b.SKI[:]), cmp.Compare(a.ASN, b.ASN), strings.Compare(a.SPKI, b.SPKI))
}

func sameASPA(a, b ASPA) bool {
	return a.Customer == b.Customer && a.AFI == b.AFI && slices.Equal(a.Providers, b.Providers)
}

func sameKey(a, b RouterKey) bool { return a == b }

// sortedASPAs returns a sorted copy. Providers of one customer are joined, AS 0
// among others is dropped, and without any provider there is no attestation.
func sortedASPAs(list []ASPA, c *Change) []ASPA {
	list = slices.Clone(list)
	slices.SortStableFunc(list, compareASPA)
	out := list[:0]
	for _, a := range list {
		a.Providers = slices.Clone(a.Providers)
		if n := len(out); n > 0 && compareASPA(out[n-1], a) == 0 {
			a.Providers = append(a.Providers, out[n-1].Providers...)
			out = out[:n-1]
			c.Double++
		}
		if a.Providers = providers(a.Providers); len(a.Providers) == 0 {
			c.Refused++
			continue
		}
		out = append(out, a)
	}
	return out
}

// providers sorts a list in place.
func providers(list []inet.ASN) []inet.ASN {
	slices.Sort(list)
	list = slices.Compact(list)
	if len(list) > 1 && list[0] == 0 {
		list = list[1:]
	}
	return list
}

func sortedKeys(list []RouterKey, c *Change) []RouterKey {
	out := slices.Clone(list)
	slices.SortFunc(out, compareKey)
	n := len(out)
	out = slices.Compact(out)
	c.Double += n - len(out)
	return out
}

// patchList is patch for the short lists: what is announced replaces what has
// the same identity.
func patchList[T any](old, in, out []T, compare func(a, b T) int, same func(a, b T) bool, c *Change) []T {
	if len(in) == 0 && len(out) == 0 {
		return old
	}
	find := func(list []T, x T) (int, bool) { return slices.BinarySearchFunc(list, x, compare) }
	next := slices.Clone(old)
	for _, x := range out {
		if _, back := find(in, x); back {
			continue
		}
		i, found := find(next, x)
		if !found {
			c.Unknown++
			continue
		}
		next = slices.Delete(next, i, i+1)
		c.Removed++
	}
	for _, x := range in {
		i, found := find(next, x)
		switch {
		case found && same(next[i], x):
			c.Double++
		case found:
			next[i] = x
			c.Added++
		default:
			next = slices.Insert(next, i, x)
			c.Added++
		}
	}
	return next
}

// replaced counts what makes next out of old.
func replaced[T any](old, next []T, compare func(a, b T) int, same func(a, b T) bool, c *Change) {
	for _, x := range old {
		if _, found := slices.BinarySearchFunc(next, x, compare); !found {
			c.Removed++
		}
	}
	for _, x := range next {
		if i, found := slices.BinarySearchFunc(old, x, compare); !found || !same(old[i], x) {
			c.Added++
		}
	}
}
