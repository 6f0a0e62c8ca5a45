package main

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/routecore/mrt"
	"example.com/rotonda/routecore/mrt/compress"
)

// stats is what dump --stats --json prints for one input. The names are fixed.
type stats struct {
	File           string                 `json:"file"`
	Format         format                 `json:"format"`
	Compression    string                 `json:"compression"`
	Records        uint64                 `json:"records"`
	RIBEntries     uint64                 `json:"ribEntries"`
	Announcements  uint64                 `json:"announcements"` // NLRI of all families
	Withdrawals    uint64                 `json:"withdrawals"`
	UniquePrefixes uint64                 `json:"uniquePrefixes"`
	Peers          uint64                 `json:"peers"` // (address, AS) that sent a record or hold a RIB entry
	StateChanges   uint64                 `json:"stateChanges"`
	Messages       map[string]uint64      `json:"messages"`
	ByFamily       map[string]familyCount `json:"byFamily"`
	EndOfRIB       uint64                 `json:"endOfRib"`
	Errors         []fault                `json:"errors"`
}

type familyCount struct {
	Announced uint64 `json:"announced"`
	Withdrawn uint64 `json:"withdrawn"`
	RIB       uint64 `json:"rib"`
}

// fault is something wrong in an input. Offset counts in the decompressed
// content; -1 is the input as a whole.
type fault struct {
	Offset  int64  `json:"offset"`
	Message string `json:"message"`
	damage  bool   // something could not be read
}

// in returns the fault as a line that names file and place.
func (f fault) in(name string) string {
	if f.Offset < 0 {
		return name + ": " + f.Message
	}
	return fmt.Sprintf("%s:%d: %s", name, f.Offset, f.Message)
}

// maxFaults bounds the errors that are kept of one input.
const maxFaults = 1000

// faultList keeps the first errors, and counts the others.
type faultList struct {
	list    []fault
	more    uint64
	damaged bool // there is damage among the others
}

func (f *faultList) fault(offset int64, err error)  { f.add(offset, err, true) }
func (f *faultList) remark(offset int64, err error) { f.add(offset, err, false) }

func (f *faultList) add(offset int64, err error, damage bool) {
	if len(f.list) == maxFaults {
		f.more++
		f.damaged = f.damaged || damage
		return
	}
	f.list = append(f.list, fault{offset, err.Error(), damage})
}

// faults returns what was kept and, last, how much was not.
func (f *faultList) faults() []fault {
	if f.more == 0 {
		return f.list
	}
	return append(f.list, fault{-1, fmt.Sprintf("%d further errors are not listed", f.more), f.damaged})
}

type peerKey struct {
	addr netip.Addr
	asn  inet.ASN
}

// tally counts what a stream holds.
type tally struct {
	faultList
	stats    stats
	families map[inet.Family]*familyCount
	peers    map[peerKey]struct{}
	lastPeer [4]peerKey // RIB entries of the same few peers follow each other
	v4       map[uint64]struct{}
	v6       map[[17]byte]struct{}
	last     []byte // prefix of the item before: a RIB record repeats it
}

func newTally(name string) *tally {
	return &tally{
		stats:    stats{File: name, Format: formatUnknown, Compression: compress.Plain.String(), Messages: map[string]uint64{}},
		families: map[inet.Family]*familyCount{},
		peers:    map[peerKey]struct{}{},
		v4:       map[uint64]struct{}{},
		v6:       map[[17]byte]struct{}{},
	}
}

func (t *tally) opened(f format, c compress.Format) {
	t.stats.Format, t.stats.Compression = f, c.String()
}
func (t *tally) wantsDetails() bool            { return false }
func (t *tally) event(*item, *event)           {}
func (t *tally) record()                       { t.stats.Records++ }
func (t *tally) message(name string)           { t.stats.Messages[name]++ }
func (t *tally) endOfRIB(*item, inet.Family)   { t.stats.EndOfRIB++ }
func (t *tally) state(_ *item, _, _ mrt.State) { t.stats.StateChanges++ }
func (t *tally) from(peer netip.Addr, asn inet.ASN) {
	key := peerKey{peer, asn}
	slot := &t.lastPeer[uint8(asn)%uint8(len(t.lastPeer))]
	if *slot == key {
		return
	}
	*slot = key
	t.peers[key] = struct{}{}
}

func (t *tally) routes(it *item) {
	c := t.families[it.nlri.Family]
	if c == nil {
		c = new(familyCount)
		t.families[it.nlri.Family] = c
	}
	if it.kind == 'B' {
		c.RIB++
		if it.nlri.Family.IsPrefix() && string(t.last) != string(it.nlri.Bytes) {
			t.last = append(t.last[:0], it.nlri.Bytes...)
			t.unique(it.nlri)
		}
		return
	}
	n := uint64(0)
	if it.nlri.Family.IsPrefix() {
		n = t.unique(it.nlri)
	} else {
		n = uint64(it.nlri.Len())
	}
	if it.kind == 'A' {
		c.Announced += n
	} else {
		c.Withdrawn += n
	}
}

// unique notes the prefixes of a run and returns how many there are. Host bits
// that a sender left set tell two prefixes apart here, as in other tools: what
// counts is what was on the wire.
func (t *tally) unique(run bgp.NLRI) uint64 {
	n := uint64(0)
	skip := 0
	if run.AddPath {
		skip = 4
	}
	v4 := run.Family.AFI() == inet.AFIIPv4
	for b := range run.All() {
		n++
		b = b[skip:]
		if v4 {
			var a [4]byte
			copy(a[:], b[1:])
			t.v4[uint64(binary.BigEndian.Uint32(a[:]))<<8|uint64(b[0])] = struct{}{}
			continue
		}
		var a [17]byte
		copy(a[:], b)
		t.v6[a] = struct{}{}
	}
	return n
}

// result returns the figures.
func (t *tally) result() *stats {
	s := t.stats
	s.Peers = uint64(len(t.peers))
	s.UniquePrefixes = uint64(len(t.v4) + len(t.v6))
	s.ByFamily = make(map[string]familyCount, len(t.families))
	for f, c := range t.families {
		s.ByFamily[f.String()] = *c
		s.RIBEntries += c.RIB
		s.Announcements += c.Announced
		s.Withdrawals += c.Withdrawn
	}
	s.Errors = t.faults()
	if s.Errors == nil {
		s.Errors = []fault{}
	}
	return &s
}
