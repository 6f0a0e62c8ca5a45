package bgpspeaker

import (
	"hash/maphash"
	"net/netip"
	"sync/atomic"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/unit"
)

// limit counts the prefixes of a session, where max_prefix asks for it. The
// maximum may be changed from any goroutine; all else is the reader's.
//
// What is counted are hashes of 64 bits of path identifier and of what names a route:
// memory is bounded by the maximum, and two of a million prefixes are taken for
// one with a probability of 1 in 30 million.
type limit struct {
	max  atomic.Uint32
	seed maphash.Seed
	held map[inet.Family]map[uint64]struct{}
	key  []byte // room for one
}

// set starts counting for a new session.
func (l *limit) set(max uint32) {
	l.max.Store(max)
	l.seed = maphash.MakeSeed()
	l.held = map[inet.Family]map[uint64]struct{}{}
}

// count follows routes. It returns the family that has more than the maximum,
// or 0.
func (l *limit) count(r *unit.Routes, withdrawn bool) inet.Family {
	max := l.max.Load()
	if max == 0 {
		if len(l.held) > 0 {
			clear(l.held)
		}
		return 0
	}
	held := l.held[r.Family]
	if held == nil {
		held = map[uint64]struct{}{}
		l.held[r.Family] = held
	}
	if r.Family.IsPrefix() {
		for id, p := range r.Run().Prefixes() {
			l.one(held, maphash.Comparable(l.seed, path{id, p}), withdrawn)
		}
	} else {
		n := r.Run()
		for b := range n.All() {
			id := 0
			if n.AddPath {
				id = 4
			}
			l.key = n.AppendKey(append(l.key[:0], b[:id]...), b[id:])
			l.one(held, maphash.Bytes(l.seed, l.key), withdrawn)
		}
	}
	if len(held) > int(max) {
		return r.Family
	}
	return 0
}

type path struct {
	id     uint32
	prefix netip.Prefix
}

func (l *limit) one(held map[uint64]struct{}, key uint64, withdrawn bool) {
	if withdrawn {
		delete(held, key)
		return
	}
	held[key] = struct{}{}
}

// total is the number of prefixes held in all families.
func (l *limit) total() int {
	n := 0
	for _, held := range l.held {
		n += len(held)
	}
	return n
}

// exceeded is what the peer is told (RFC 4486 §4).
func exceeded(f inet.Family, max uint32) bgp.Notification { return bgp.NewMaxPrefix(f, max) }
