package bgpspeaker

import (
	"net/netip"
	"slices"
)

// neighbours is the table of peers, longest prefix first and an address before
// a prefix of its full length. It is immutable.
type neighbours []neighbour

type neighbour struct {
	key  Neighbour
	peer Peer
}

// lowestTTL is the lowest TTL that is taken from the peer, 0 for any.
func (p Peer) lowestTTL() uint8 {
	if p.TTLSecurity > 0 {
		return uint8(256 - int(p.TTLSecurity))
	}
	return 0
}

// sendTTL is the TTL of what is sent to the peer, 0 for the system's.
func (p Peer) sendTTL() uint8 {
	if p.TTLSecurity > 0 {
		return 255
	}
	return p.TTL
}

func newNeighbours(peers map[Neighbour]Peer) neighbours {
	var n neighbours
	for key, peer := range peers {
		n = append(n, neighbour{key, peer})
	}
	slices.SortFunc(n, func(a, b neighbour) int {
		switch {
		case a.key.Exact != b.key.Exact:
			if a.key.Exact {
				return -1
			}
			return 1
		case a.key.Prefix.Bits() != b.key.Prefix.Bits():
			return b.key.Prefix.Bits() - a.key.Prefix.Bits()
		}
		return a.key.Prefix.Addr().Compare(b.key.Prefix.Addr())
	})
	return n
}

// find returns the peer for an address: the exact one, else that of the longest
// prefix.
func (n neighbours) find(addr netip.Addr) (Neighbour, Peer, bool) {
	bare := addr.Unmap().WithZone("")
	for _, e := range n {
		if e.key.Prefix.Contains(bare) {
			return e.key, e.peer, true
		}
	}
	return Neighbour{}, Peer{}, false
}
