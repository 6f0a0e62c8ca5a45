package simulate

import (
	"fmt"
	"io"
	"math"
	"net/netip"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/routecore/mrt"
)

// Epoch is the time of the first record of every simulated archive. A file of
// the same seed is the same file, so it cannot say when it was made.
var Epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// The collector that simulated archives come from (RFC 5737, RFC 5398).
const collectorASN inet.ASN = 64500

var collectorAddr = netip.AddrFrom4([4]byte{192, 0, 2, 254})

// WriteMRT writes the tables of the first peers neighbours as TABLE_DUMP_V2 (RFC
// 6396 §4.3): a peer index table, then a record for each prefix in order, IPv4
// first. It makes many small writes; dst should be buffered.
func WriteMRT(dst io.Writer, w *Internet, peers int) error {
	if peers < 1 || peers > math.MaxUint16 {
		return fmt.Errorf("simulate: %d peers in a table dump: want 1 to %d", peers, math.MaxUint16)
	}
	views := make([]*View, peers)
	index := mrt.PeerIndex{Collector: collectorAddr, View: "simulated"}
	for n := range views {
		views[n] = w.View(n)
		index.Peers = append(index.Peers, mrt.Peer{ID: views[n].addr4, Addr: views[n].addr4, ASN: views[n].asn})
	}
	out := mrt.NewWriter(dst)
	now := Epoch.UnixMicro()
	if err := out.PeerIndex(now, index); err != nil {
		return err
	}
	sequence := uint32(0)
	var entries []mrt.RIBEntry
	var nlri []byte
	for i := range w.prefixes {
		p := &w.prefixes[i]
		entries = entries[:0]
		for n, v := range views {
			if v.has(uint32(i)) {
				entries = append(entries, v.entry(p, uint16(n)))
			}
		}
		if len(entries) == 0 {
			continue
		}
		nlri = appendNLRI(nlri[:0], p)
		rib := mrt.RIB{Sequence: sequence, Family: inet.IPv4Unicast, NLRI: nlri}
		if p.v6 {
			rib.Family = inet.IPv6Unicast
		}
		if err := out.RIB(now, rib, entries); err != nil {
			return err
		}
		sequence++
	}
	return nil
}

// entry is one neighbour's path to a prefix. Its bytes live until the
// neighbour's next one.
func (v *View) entry(p *prefix, peer uint16) mrt.RIBEntry {
	v.attrs = v.attrs[:0]
	nextHop := v.addr4
	if p.v6 { // MP_REACH_NLRI has the next hop alone (RFC 6396 §4.3.4)
		nextHop = netip.Addr{}
		v.attrs = append(v.attrs, flagOptional, attrMPReach, 17, 16)
		v.attrs = append(v.attrs, v.addr6.AsSlice()...)
	}
	v.attrs = v.appendAttrs(v.attrs, p, 0, nextHop)
	age := hash(v.id, uint64(p.origin), uint64(p.policy)) % (30 * 24 * 3600)
	return mrt.RIBEntry{Peer: peer, Originated: Epoch.Add(-time.Duration(age) * time.Second).UnixMicro(), Attrs: v.attrs}
}

// WriteUpdates writes what the first peers neighbours say during the given time
// after the table of [WriteMRT], each at rate messages a second, as BGP4MP_ET
// records (RFC 6396 §4.4) in the order of time.
func WriteUpdates(dst io.Writer, w *Internet, peers int, rate float64, during time.Duration) error {
	if peers < 1 || rate <= 0 || during <= 0 {
		return fmt.Errorf("simulate: updates of %d peers at %v messages a second for %v: want more than none", peers, rate, during)
	}
	views := make([]*View, peers)
	for n := range views {
		views[n] = w.View(n)
	}
	out := mrt.NewWriter(dst)
	d := &dice{state: hash(w.seed, 'U')}
	mean := 1e6 / (rate * float64(peers))
	for at := 0.0; ; {
		at -= mean * math.Log(1-d.unit())
		if at >= float64(during.Microseconds()) {
			return nil
		}
		v := views[d.below(peers)]
		raw := v.Next()
		if raw == nil {
			continue
		}
		err := out.Message(Epoch.UnixMicro()+int64(at), mrt.Message{
			Session: mrt.Session{PeerAS: v.asn, LocalAS: collectorASN, Peer: v.addr4, Local: collectorAddr},
			AS4:     true, Kind: uint8(bgp.MsgUpdate), Raw: raw,
		})
		if err != nil {
			return err
		}
	}
}
