package main

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bmp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/routecore/mrt"
	"example.com/rotonda/routecore/mrt/compress"
	"example.com/rotonda/routecore/pcap"
)

// format is what a stream holds, found by its first octets.
type format string

const (
	formatMRT     format = "mrt"
	formatBMP     format = "bmp"
	formatPcap    format = "pcap"
	formatEmpty   format = "empty"
	formatUnknown format = "unknown"
)

func detect(head []byte) format {
	if len(head) == 0 {
		return formatEmpty
	}
	if len(head) >= 6 && (head[0] == 3 || head[0] == 4) && head[1] == 0 {
		return formatBMP
	}
	if pcap.Detect(head) {
		return formatPcap
	}
	if len(head) >= 12 && head[4] == 0 && head[5] <= 64 && binary.BigEndian.Uint32(head[8:]) <= mrt.MaxRecord {
		return formatMRT
	}
	return formatUnknown
}

// item is what a visitor learns about a run of routes or a change of state.
type item struct {
	offset int64
	time   int64  // Unix microseconds, 0 unknown
	record string // as bgpdump calls it: TABLE_DUMP, TABLE_DUMP2, BGP4MP, BGP; or BMP
	peer   netip.Addr
	asn    inet.ASN
	view   string
	// peerType, rd and table tell peers of BMP apart that have one address: see
	// bmp.PeerHeader.
	peerType string
	rd       inet.RD
	table    string
	kind     byte // 'B' in a RIB, 'A' announced, 'W' withdrawn
	nlri     bgp.NLRI
	pathID   uint32
	hasID    bool
	sent     bool // by the collector, where the log says so
	broken   bool // the UPDATE has NLRI that cannot be read
	// originated is when the peer sent what is in a RIB, Unix microseconds, 0 unknown.
	originated int64
	// update has the attributes; not set for withdrawals, nor where the visitor does
	// not want them.
	update *bgp.Update
	// whole is the UPDATE that the run is of; extras is what a BMP message of version
	// 4 says beside it.
	whole  *bgp.Update
	extras *bmp.Extras
	// first is the index of the first NLRI of the run that starts at numbered: it takes
	// a look at all NLRI to know.
	first    int
	numbered *byte
}

// visitor is told what a stream holds, in order.
type visitor interface {
	opened(f format, c compress.Format)
	// wantsDetails tells whether RIB entries need their attributes read, and events
	// be made.
	wantsDetails() bool
	record()
	from(peer netip.Addr, asn inet.ASN) // sent a record, or holds a RIB entry
	message(name string)
	routes(it *item)
	endOfRIB(it *item, f inet.Family)
	state(it *item, from, to mrt.State)
	event(it *item, e *event)
	// fault is told of damage: something of the input could not be read.
	fault(offset int64, err error)
	// remark is told of something odd that was read nevertheless.
	remark(offset int64, err error)
}

// showUpdate shows the runs of an UPDATE, also those of a faulty one: what was
// on the wire counts.
func showUpdate(v visitor, it *item, u *bgp.Update) error {
	if f, ok := u.EndOfRIB(); ok {
		v.endOfRIB(it, f)
		return nil
	}
	it.whole = u
	it.broken = u.Verdict.Fault == bgp.FaultNLRI || u.Verdict.Fault == bgp.FaultMPNLRI
	show := func(kind byte, n bgp.NLRI, u *bgp.Update) {
		if len(n.Bytes) > 0 {
			it.kind, it.nlri, it.hasID, it.update = kind, n, n.AddPath, u
			v.routes(it)
		}
	}
	show('W', u.Withdrawn(), nil)
	if n, ok := u.MPUnreach(); ok {
		show('W', n, nil)
	}
	show('A', u.Announced(), u)
	if n, ok := u.MPReach(); ok {
		show('A', n, u)
	}
	if u.Verdict.Action >= bgp.TreatAsWithdraw {
		return fmt.Errorf("UPDATE from %s: %s: %s (%s)", it.peer, u.Verdict.Action, u.Verdict.Text(), u.Verdict.RFC())
	}
	return nil
}
