package pcap

import (
	"cmp"
	"iter"
	"slices"
)

// Chunk is a run of bytes that one end sent, in order.
type Chunk struct {
	Flow
	Time   int64 // of the packet that completed it, Unix microseconds
	Offset int64 // of that packet in the file
	Start  bool  // the first of a connection; what came before belongs to another
	Lost   int   // bytes missing in the capture before Bytes
	Bytes  []byte
}

// Bounds of what waits for a segment that is missing. When one is passed, the
// missing segment counts as lost.
const (
	maxWaiting     = 1 << 20 // bytes of one direction
	maxWaitingAll  = 32 << 20
	maxSegments    = 1024
	maxDirections  = 1 << 16
	reopenDistance = 1 << 24 // a sequence number so far off starts anew
)

// Assembler puts the segments of many connections in order, each direction on its
// own. The zero value is ready. It is not for concurrent use.
//
// A direction that the capture joins late starts with its first segment. Repeated
// bytes are dropped. Memory is bounded: what waits behind a gap is given out with
// the gap's size when there is too much of it, and by [Assembler.Flush]. Captures that a
// tool wrote without counting sequence numbers are taken as they come: a segment
// that repeats the number of the last one with other bytes counts as new.
type Assembler struct {
	streams map[Flow]*stream
	waiting int
}

type stream struct {
	flow    Flow
	next    uint32 // sequence number of the next byte
	first   uint32 // number of the SYN
	opened  bool   // a SYN was seen
	synData bool   // the SYN had data, and nothing came after it
	started bool   // something was given out since
	last    []byte // payload of the last segment given out, for the comparison
	lastSeq uint32
	gap     int     // bytes that a cut packet lacks, not yet told
	pending []piece // by sequence number
	size    int
}

type piece struct {
	seq          uint32
	bytes        []byte
	time, offset int64
}

// Add takes the segment of a packet and yields what became complete. The chunks
// are valid during the iteration only, which has to run to be of effect.
func (a *Assembler) Add(p *Packet, s Segment) iter.Seq[Chunk] {
	return func(yield func(Chunk) bool) {
		st := a.streams[s.Flow]
		if s.Flags&SYN != 0 {
			if st == nil || !st.opened || st.first != s.Seq {
				if st != nil && !a.drain(st, yield) {
					return
				}
				st = a.open(s.Flow, s.Seq+1)
				st.opened, st.first, st.synData = true, s.Seq, len(s.Payload) > 0
			}
			s.Seq++
		}
		if len(s.Payload) == 0 {
			return
		}
		if st == nil {
			st = a.open(s.Flow, s.Seq)
		}
		a.take(st, p, s, yield)
	}
}

// Flush yields what still waits behind gaps, and forgets all connections.
func (a *Assembler) Flush() iter.Seq[Chunk] {
	return func(yield func(Chunk) bool) {
		all := make([]*stream, 0, len(a.streams))
		for _, st := range a.streams {
			if len(st.pending) > 0 {
				all = append(all, st)
			}
		}
		slices.SortFunc(all, func(x, y *stream) int { return cmp.Compare(x.pending[0].offset, y.pending[0].offset) })
		for _, st := range all {
			if !a.drain(st, yield) {
				break
			}
		}
		a.streams, a.waiting = nil, 0
	}
}

func (a *Assembler) open(f Flow, next uint32) *stream {
	if a.streams == nil || len(a.streams) >= maxDirections {
		// Captures with so many connections are scans: nobody waits for their rest.
		a.streams, a.waiting = make(map[Flow]*stream), 0
	}
	st := &stream{flow: f, next: next}
	a.streams[f] = st
	return st
}

// distance is how far b is behind a in the circle of sequence numbers.
func distance(a, b uint32) int { return int(int32(b - a)) }

func (a *Assembler) take(st *stream, p *Packet, s Segment, yield func(Chunk) bool) {
	ahead := distance(st.next, s.Seq)
	if st.synData && s.Flags&SYN == 0 {
		// Tools that make captures forget that a SYN counts.
		if st.synData = false; ahead == -1 {
			ahead, st.next = 0, s.Seq
		}
	}
	switch {
	case ahead == 0, ahead > reopenDistance, ahead < -reopenDistance:
		if ahead != 0 {
			if !a.drain(st, yield) {
				return
			}
			st.started = false
		}
		if !st.give(piece{s.Seq, s.Payload, p.Time, p.Offset}, 0, yield) {
			return
		}
		st.next += uint32(s.Cut)
		st.gap += s.Cut
		a.follow(st, yield)
	case ahead > 0:
		if len(st.pending) >= maxSegments || st.size+len(s.Payload) > maxWaiting || a.waiting+len(s.Payload) > maxWaitingAll {
			if len(st.pending) == 0 {
				st.give(piece{s.Seq, s.Payload, p.Time, p.Offset}, ahead, yield)
			} else if a.skip(st, yield) {
				a.take(st, p, s, yield)
			}
			return
		}
		a.keep(st, piece{s.Seq, slices.Clone(s.Payload), p.Time, p.Offset})
	default:
		if s.Seq == st.lastSeq && !samePrefix(st.last, s.Payload) {
			st.give(piece{s.Seq, s.Payload, p.Time, p.Offset}, 0, yield)
			return
		}
		if -ahead < len(s.Payload) {
			rest := s.Payload[-ahead:]
			if st.give(piece{st.next, rest, p.Time, p.Offset}, 0, yield) {
				a.follow(st, yield)
			}
		}
	}
}

func samePrefix(a, b []byte) bool {
	n := min(len(a), len(b))
	return string(a[:n]) == string(b[:n])
}

// give yields a piece that starts at next.
func (st *stream) give(x piece, lost int, yield func(Chunk) bool) bool {
	st.last = append(st.last[:0], x.bytes[:min(len(x.bytes), 64)]...)
	st.lastSeq, st.next = x.seq, x.seq+uint32(len(x.bytes))
	c := Chunk{Flow: st.flow, Time: x.time, Offset: x.offset, Start: !st.started, Lost: lost + st.gap, Bytes: x.bytes}
	st.started, st.gap = true, 0
	return yield(c)
}

func (a *Assembler) keep(st *stream, x piece) {
	at, _ := slices.BinarySearchFunc(st.pending, x.seq, func(p piece, seq uint32) int { return distance(seq, p.seq) })
	st.pending = slices.Insert(st.pending, at, x)
	st.size += len(x.bytes)
	a.waiting += len(x.bytes)
}

// follow gives what next has reached.
func (a *Assembler) follow(st *stream, yield func(Chunk) bool) bool {
	for len(st.pending) > 0 {
		x := st.pending[0]
		ahead := distance(st.next, x.seq)
		if ahead > 0 {
			return true
		}
		a.pop(st)
		if -ahead >= len(x.bytes) {
			continue
		}
		x.bytes, x.seq = x.bytes[-ahead:], st.next
		if !st.give(x, 0, yield) {
			return false
		}
	}
	return true
}

// skip gives up the gap before the first piece that waits.
func (a *Assembler) skip(st *stream, yield func(Chunk) bool) bool {
	x := st.pending[0]
	a.pop(st)
	return st.give(x, distance(st.next, x.seq), yield) && a.follow(st, yield)
}

// drain gives everything of a direction, gap by gap.
func (a *Assembler) drain(st *stream, yield func(Chunk) bool) bool {
	for len(st.pending) > 0 {
		if !a.skip(st, yield) {
			return false
		}
	}
	return true
}

func (a *Assembler) pop(st *stream) {
	n := len(st.pending[0].bytes)
	st.pending = slices.Delete(st.pending, 0, 1)
	st.size -= n
	a.waiting -= n
}
