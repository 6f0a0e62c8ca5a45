package bgp

import (
	"iter"
	"net/netip"

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
	return append(jsonEntries(append(dst, `{"cluster_ids":`...), v, 4, jsonBytes), '}')
}
