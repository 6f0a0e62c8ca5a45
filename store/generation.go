package store

// A session's end must be visible at once, for a million routes, and its return
// must not bring old routes back. So an entry does not say whether it is active:
// it says in which of four generations it was written, and the lane's head, one
// word, says how each generation is to be read.
//
//	             generation:  0          1          2          3
//	session 1 writes          active     -          -          -
//	it is lost (no GR)        withdrawn  -          -          -
//	session 2 writes          withdrawn  active     -          -
//	it is lost (GR)           withdrawn  stale      -          -
//	session 3 writes          withdrawn  stale      active     -
//	End-of-RIB of session 3   withdrawn  withdrawn  active     -
//
// Up and Down change the head alone. Before a generation is used again, what is
// left of it is written out: as explicitly withdrawn, or into the generation
// before, which is then stale too.

// How a generation is read: two bits each in the head's low byte.
const (
	readActive    = 0 // also for a generation that holds nothing
	readStale     = 1
	readWithdrawn = 2
)

// The head: readings in bits 0 to 7, the current generation in 8 and 9, above
// it a count of changes, by which readers notice that it changed.
const (
	headGenShift = 8
	headTick     = 1 << 16
)

func headReading(h, gen uint64) uint64 { return h >> (2 * gen) & 3 }
func headGen(h uint64) uint64          { return h >> headGenShift & 3 }

func withReading(h, gen, reading uint64) uint64 {
	return h&^(3<<(2*gen)) | reading<<(2*gen)
}

func withGen(h, gen uint64) uint64 { return h&^(3<<headGenShift) | gen<<headGenShift }

// readStatus tells the status of an entry under a head; 0 where it is empty.
func readStatus(h, w uint64) Status {
	switch w & statusMask {
	case statusHeld:
		switch headReading(h, wordGen(w)) {
		case readActive:
			return Active
		case readStale:
			return Stale
		}
		return Withdrawn
	case statusWithdrawn:
		return Withdrawn
	}
	return 0
}

// Up begins a new session: routes that are still active become stale until they
// are announced again. Apply calls it by itself where a route arrives after
// Down.
func (l *Lane) Up(now int64) Report {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.enter()
	l.up(now)
	return Report{Seq: l.tick()}
}

func (l *Lane) up(now int64) {
	h := l.head.Load()
	cur := headGen(h)
	if l.held[cur].Load() == 0 {
		l.setHead(withReading(h, cur, readActive))
		return
	}
	next := (cur + 1) & 3
	if l.held[next].Load() != 0 {
		l.writeOut(next, cur)
	}
	if headReading(h, cur) == readActive {
		h = withReading(h, cur, readStale)
	}
	h = withReading(h, next, readActive)
	l.setHead(withGen(h, next))
}

func (l *Lane) setHead(h uint64) { l.head.Store(h + headTick) }

// writeOut empties a generation before it is used again.
func (l *Lane) writeOut(gen, previous uint64) {
	withdrawn := headReading(l.head.Load(), gen) == readWithdrawn
	at := l.since[gen].Load()
	moved := int64(0)
	l.each(func(w uint64) uint64 {
		if w&statusMask != statusHeld || wordGen(w) != gen {
			return w
		}
		moved++
		if withdrawn {
			return entryWord(wordAttr(w), at, 0, statusWithdrawn)
		}
		return entryWord(wordAttr(w), wordSeconds(w), previous, statusHeld)
	})
	l.held[gen].Add(-moved)
	if withdrawn {
		l.withdrawn.Add(moved)
		return
	}
	l.held[previous].Add(moved)
}

// Down ends a session, visible to readers at once and at the same cost for any
// number of routes. Its routes are withdrawn, or with keep stale (graceful
// restart, RFC 4724) until Sweep. Report.Withdrawn counts those that went.
func (l *Lane) Down(now int64, keep bool) Report {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.enter()
	reading := uint64(readWithdrawn)
	if keep {
		reading = readStale
	}
	n := l.turn(now, reading, func(r uint64) bool { return r == readActive || r == readStale && !keep })
	r := Report{Seq: l.tick()}
	if !keep {
		r.Withdrawn = n
	}
	return r
}

// turn gives another reading to all generations that hold routes and whose
// reading which selects, and returns how many routes that are.
func (l *Lane) turn(now int64, reading uint64, which func(uint64) bool) int {
	h, n := l.head.Load(), int64(0)
	for gen := range uint64(4) {
		held := l.held[gen].Load()
		if held == 0 || !which(headReading(h, gen)) {
			continue
		}
		n += held
		if reading == readWithdrawn {
			l.since[gen].Store(seconds(now))
		}
		h = withReading(h, gen, reading)
	}
	l.setHead(h)
	return int(n)
}

// Gone collects what a Sweep withdrew: NLRI in wire form, those with a path id
// apart. It is reused by its owner.
type Gone struct {
	Plain, Paths []byte
}

// Sweep withdraws what is stale, at End-of-RIB (RFC 4724 §4.2) or when the
// restart timer ran out, and appends it to gone, which may be nil.
func (l *Lane) Sweep(now int64, gone *Gone) Report {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.enter()
	before := l.head.Load()
	n := 0
	if l.count(readStale) > 0 {
		n = l.turn(now, readWithdrawn, func(r uint64) bool { return r == readStale })
		if gone != nil {
			l.appendStale(before, gone)
		}
	}
	return Report{Seq: l.tick(), Withdrawn: n}
}

// appendStale appends the routes that are stale under head h.
func (l *Lane) appendStale(h uint64, gone *Gone) {
	l.plain.each(func(id uint32, w uint64) {
		if readStatus(h, w) == Stale {
			gone.Plain = l.dict.Key(id).Append(gone.Plain)
		}
	})
	l.paths.each(func(id uint32, w uint64) {
		if readStatus(h, w) == Stale {
			gone.Paths = l.appendPath(gone.Paths, id)
		}
	})
}
