package bgp

import (
	"iter"
	"net/netip"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// OriginatorID returns the BGP identifier of the router that brought the route
// into the AS (RFC 4456 §8), or the zero Addr.
func (a Attrs) OriginatorID() netip.Addr {
	v, _ := a.Get(AttrOriginatorID)
	return inet.AddrFromWire(v)
}

// ClusterList yields the clusters that the route passed, nearest first (RFC 4456 §8).
func (a Attrs) ClusterList() iter.Seq[[4]byte] {
	return func(yield func([4]byte) bool) {
		v, _ := a.Get(AttrClusterList)
		for ; len(v) >= 4; v = v[4:] {
			if !yield([4]byte(v)) {
				return
			}
		}
	}
}

func jsonClusterList(dst, v []byte, _ inet.Family) []byte {
	dst = append(dst, `{"cluster_ids":[`...)
	for i := 0; i+4 <= len(v); i += 4 {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = jsonBytes(dst, v[i:i+4])
	}
	return append(dst, "]}"...)
}

// jsonBytes appends octets as a list of numbers.
func jsonBytes(dst, v []byte) []byte {
	dst = append(dst, '[')
	for i, b := range v {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendUint(dst, uint64(b), 10)
	}
	return append(dst, ']')
}
