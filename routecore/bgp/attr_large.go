package bgp

import (
	"encoding/binary"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"example.com/rotonda/routecore/inet"
)

// LargeCommunity is a large community (RFC 8092): the AS number that defines it
// and two numbers of its own.
type LargeCommunity struct {
	Global, Local1, Local2 uint32
}

// String prints "211321:1:2", always decimal (RFC 8092 §5).
func (l LargeCommunity) String() string {
	b, _ := l.AppendText(nil)
	return string(b)
}

// AppendText appends the form of String to dst.
func (l LargeCommunity) AppendText(dst []byte) ([]byte, error) {
	dst = strconv.AppendUint(dst, uint64(l.Global), 10)
	dst = strconv.AppendUint(append(dst, ':'), uint64(l.Local1), 10)
	return strconv.AppendUint(append(dst, ':'), uint64(l.Local2), 10), nil
}

// Append appends the twelve octets.
func (l LargeCommunity) Append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, l.Global)
	dst = binary.BigEndian.AppendUint32(dst, l.Local1)
	return binary.BigEndian.AppendUint32(dst, l.Local2)
}

// ParseLargeCommunity reads "211321:1:2", with or without AS before it.
func ParseLargeCommunity(s string) (LargeCommunity, error) {
	parts := strings.Split(trimAS(s), ":")
	var n [3]uint32
	for i := range parts {
		v, err := strconv.ParseUint(parts[i], 10, 32)
		if err != nil || len(parts) != 3 {
			return LargeCommunity{}, fmt.Errorf("large community %q: want three numbers from 0 to 4294967295 with colons between", s)
		}
		n[i] = uint32(v)
	}
	return LargeCommunity{n[0], n[1], n[2]}, nil
}

func wireLarge(v []byte) LargeCommunity {
	return LargeCommunity{binary.BigEndian.Uint32(v), binary.BigEndian.Uint32(v[4:]), binary.BigEndian.Uint32(v[8:])}
}

// LargeCommunities yields the large communities in the order they were sent.
func (a Attrs) LargeCommunities() iter.Seq[LargeCommunity] {
	return func(yield func(LargeCommunity) bool) {
		v, _ := a.Get(AttrLargeCommunities)
		for ; len(v) >= 12; v = v[12:] {
			if !yield(wireLarge(v)) {
				return
			}
		}
	}
}

// HasLargeCommunity reports whether the route carries l.
func (a Attrs) HasLargeCommunity(l LargeCommunity) bool {
	if a.hints()&HintLarge == 0 {
		return false
	}
	v, _ := a.Get(AttrLargeCommunities)
	for ; len(v) >= 12; v = v[12:] {
		if wireLarge(v) == l {
			return true
		}
	}
	return false
}

// manyLarge is from how many large communities on a set finds repetitions: comparing
// each with each would take a message of 65535 octets 30 ms.
const manyLarge = 64

// appendLarge appends the value with repeated communities left out (RFC 8092 §3).
func appendLarge(dst, v []byte) []byte {
	if len(v) >= 12*manyLarge {
		return appendManyLarge(dst, v)
	}
	from := len(dst)
next:
	for ; len(v) >= 12; v = v[12:] {
		for at := from; at < len(dst); at += 12 {
			if string(dst[at:at+12]) == string(v[:12]) {
				continue next
			}
		}
		dst = append(dst, v[:12]...)
	}
	return dst
}

func appendManyLarge(dst, v []byte) []byte {
	seen := make(map[[12]byte]struct{}, len(v)/12)
	for ; len(v) >= 12; v = v[12:] {
		l := [12]byte(v)
		if _, ok := seen[l]; !ok {
			seen[l] = struct{}{}
			dst = append(dst, l[:]...)
		}
	}
	return dst
}

func jsonLargeCommunities(dst, v []byte, _ inet.Family) []byte {
	return jsonTexts(dst, v, 12, func(dst, v []byte) ([]byte, error) { return wireLarge(v).AppendText(dst) })
}
