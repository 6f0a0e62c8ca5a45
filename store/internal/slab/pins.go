package slab

import (
	"math/rand/v2"
	"sync/atomic"
)

// Pins lets readers hold back the reuse of ids. A reader enters, looks, and
// leaves; what was retired while it was inside is reused only after it left.
// Entering takes no lock: a slot is claimed by one compare-and-swap, and where
// all slots are taken a counter holds back everything.
//
// The zero value is ready.
type Pins struct {
	era      atomic.Uint64
	overflow atomic.Int64
	slots    [64]slot
}

type slot struct {
	era atomic.Uint64 // 0 free, else era+1 at entry
	_   [56]byte      // one cache line each
}

// Pin is a reader's place. The zero value is none.
type Pin struct{ slot int8 }

// overflowed marks a pin that found no free slot.
const overflowed = -1

// Enter claims a place for a reader.
func (p *Pins) Enter() Pin {
	start := rand.Uint32()
	for i := range uint32(len(p.slots)) {
		n := (start + i) % uint32(len(p.slots))
		s := &p.slots[n]
		if s.era.Load() == 0 && s.era.CompareAndSwap(0, p.era.Load()+1) {
			return Pin{int8(n) + 1}
		}
	}
	p.overflow.Add(1)
	return Pin{overflowed}
}

// Leave gives the place back.
func (p *Pins) Leave(pin Pin) {
	if pin.slot == overflowed {
		p.overflow.Add(-1)
		return
	}
	p.slots[pin.slot-1].era.Store(0)
}

// Retire returns the era to be noted with things just made unreachable.
func (p *Pins) Retire() uint64 { return p.era.Add(1) }

// Passed reports whether no reader is left that could see what was retired with
// this era.
func (p *Pins) Passed(era uint64) bool {
	if p.overflow.Load() > 0 {
		return false
	}
	for i := range p.slots {
		if e := p.slots[i].era.Load(); e != 0 && e <= era {
			return false
		}
	}
	return true
}
