package store

import (
	"sync/atomic"
)

// An entry is one 64-bit word, always read and written atomically:
//
//	63 ...... 36 35 ...... 4 3 ..... 2 1 ... 0
//	attribute id  seconds    generation status
const (
	attrShift = 36
	timeShift = 4
	genShift  = 2

	statusMask      = 3
	statusEmpty     = 0
	statusHeld      = 1 // active, stale or withdrawn: the lane's head tells, by generation
	statusWithdrawn = 2
)

func entryWord(attr uint32, seconds uint32, gen uint64, status uint64) uint64 {
	return uint64(attr)<<attrShift | uint64(seconds)<<timeShift | gen<<genShift | status
}

func wordAttr(w uint64) uint32    { return uint32(w >> attrShift) }
func wordSeconds(w uint64) uint32 { return uint32(w >> timeShift) }
func wordGen(w uint64) uint64     { return w >> genShift & 3 }

// seconds turns Unix microseconds into the whole seconds of an entry. Times
// outside of 1970 to 2106 become the nearest of these.
func seconds(micros int64) uint32 {
	return uint32(max(0, min(micros/1e6, 1<<32-1)))
}

const (
	pageBits  = 7
	pageLen   = 1 << pageBits
	pageBytes = pageLen * 8
	slotBytes = 16
)

type page [pageLen]uint64

// column maps dense ids to entries. Its pages are without pointers and belong
// to the garbage collector: one that a snapshot shares is copied before it is
// written, and the old one lives as long as somebody looks at it.
type column struct {
	dir atomic.Pointer[[]pageSlot]
}

type pageSlot struct {
	page  atomic.Pointer[page]
	epoch uint64 // when the page was made; for the writer
}

// word reads an entry; 0 where there is none.
func (c *column) word(id uint32) uint64 {
	dir := c.dir.Load()
	if dir == nil || int(id>>pageBits) >= len(*dir) {
		return 0
	}
	p := (*dir)[id>>pageBits].page.Load()
	if p == nil {
		return 0
	}
	return atomic.LoadUint64(&p[id%pageLen])
}

// need is the memory that a write to id takes, in bytes.
func (c *column) need(id uint32) int64 {
	dir, n := c.dir.Load(), int(id>>pageBits)
	switch {
	case dir == nil || n >= len(*dir):
		return pageBytes + int64(n)*slotBytes/4
	case (*dir)[n].page.Load() == nil:
		return pageBytes
	}
	return 0
}

// writable returns the entry of id for the lane's writer. A page made before
// the epoch shared is copied first. It returns what it took, in bytes.
func (c *column) writable(id uint32, epoch, shared uint64) (*uint64, int64) {
	n, took := int(id>>pageBits), int64(0)
	dir := c.dir.Load()
	if dir == nil || n >= len(*dir) {
		took += c.grow(n)
		dir = c.dir.Load()
	}
	s := &(*dir)[n]
	p := s.page.Load()
	switch {
	case p == nil:
		p = new(page)
		s.epoch = epoch
		s.page.Store(p)
		took += pageBytes
	case s.epoch < shared:
		fresh := new(page)
		*fresh = *p // only the writer stores into p
		p = fresh
		s.epoch = epoch
		s.page.Store(p)
	}
	return &p[id%pageLen], took
}

// grow makes room for page n and returns what it took, in bytes.
func (c *column) grow(n int) int64 {
	var old []pageSlot
	if dir := c.dir.Load(); dir != nil {
		old = *dir
	}
	fresh := make([]pageSlot, max(n+1, len(old)+len(old)/4, 4))
	for i := range old {
		fresh[i].epoch = old[i].epoch
		fresh[i].page.Store(old[i].page.Load())
	}
	c.dir.Store(&fresh)
	return int64(len(fresh)-len(old)) * slotBytes
}

// pages returns the pages as they are now, for a snapshot.
func (c *column) pages() []*page {
	dir := c.dir.Load()
	if dir == nil {
		return nil
	}
	out := make([]*page, len(*dir))
	for i := range *dir {
		out[i] = (*dir)[i].page.Load()
	}
	return out
}

// drop forgets page n, of which all entries are empty.
func (c *column) drop(n int) int64 {
	(*c.dir.Load())[n].page.Store(nil)
	return pageBytes
}

// free forgets all pages and returns what they took, in bytes.
func (c *column) free() int64 {
	dir := c.dir.Load()
	if dir == nil {
		return 0
	}
	n := int64(len(*dir)) * slotBytes
	for i := range *dir {
		if (*dir)[i].page.Load() != nil {
			n += pageBytes
		}
	}
	c.dir.Store(nil)
	return n
}
