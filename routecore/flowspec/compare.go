package flowspec

import (
	"bytes"
	"cmp"

	"example.com/rotonda/routecore/inet"
)

// Compare puts two rules of one family, given as whole NLRI, in the order in
// which they are applied to traffic (RFC 8955 §5.1, RFC 8956 §4): negative where
// a comes first. 0 means the same components; route distinguishers do not count.
// It works on the octets and does not allocate. Broken NLRI come last, a broken
// component behind all whole ones of its type.
func Compare(f inet.Family, a, b []byte) int {
	_, left, _, errA := open(f, a)
	_, right, _, errB := open(f, b)
	switch {
	case errA.Text != "" && errB.Text != "":
		return bytes.Compare(a, b)
	case errA.Text != "":
		return 1
	case errB.Text != "":
		return -1
	}
	return compareComponents(f, left, right)
}

func compareComponents(f inet.Family, a, b []byte) int {
	for last := Type(0); len(a) > 0 && len(b) > 0; {
		if c := cmp.Compare(a[0], b[0]); c != 0 {
			return c // the lowest type goes first
		}
		r, sizeA, faultA := next(f, a, last)
		_, sizeB, faultB := next(f, b, last)
		switch {
		case faultA != "" && faultB != "":
			return compareOctets(a, b)
		case faultA != "":
			return 1
		case faultB != "":
			return -1
		}
		c := 0
		if r.kind == prefix {
			c = comparePrefix(f, a[1:sizeA], b[1:sizeB])
		} else {
			c = compareOctets(a[1:sizeA], b[1:sizeB])
		}
		if c != 0 {
			return c
		}
		last, a, b = Type(a[0]), a[sizeA:], b[sizeB:]
	}
	return cmp.Compare(len(b), len(a)) // who still has components goes first
}

// compareOctets compares as far as both go; then the longer goes first.
func compareOctets(a, b []byte) int {
	n := min(len(a), len(b))
	if c := bytes.Compare(a[:n], b[:n]); c != 0 {
		return c
	}
	return cmp.Compare(len(b), len(a))
}

// comparePrefix lets the lower offset go first, then the lower of the bits that
// both have, then the longer prefix.
func comparePrefix(f inet.Family, a, b []byte) int {
	bitsA, bitsB := int(a[0]), int(b[0])
	a, b = a[1:], b[1:]
	if ipv6(f) {
		if c := cmp.Compare(a[0], b[0]); c != 0 {
			return c
		}
		bitsA, bitsB = bitsA-int(a[0]), bitsB-int(b[0])
		a, b = a[1:], b[1:]
	}
	common := min(bitsA, bitsB)
	for at := 0; at < common; at += 8 {
		m := byteMask(at, 0, common)
		if c := cmp.Compare(a[at>>3]&m, b[at>>3]&m); c != 0 {
			return c
		}
	}
	return cmp.Compare(bitsB, bitsA)
}
