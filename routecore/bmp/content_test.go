package bmp

import (
	"bytes"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"example.com/rotonda/routecore/inet"
)

// whole compares contents; no octets and nil are the same.
var whole = []cmp.Option{plain, cmpopts.EquateEmpty()}

func genBytes(max int) *rapid.Generator[[]byte] { return rapid.SliceOfN(rapid.Byte(), 0, max) }

var genTLV = rapid.Custom(func(t *rapid.T) TLV {
	return TLV{Type: rapid.Uint16().Draw(t, "type"), Value: genBytes(40).Draw(t, "value")}
})

var genHeader = rapid.Custom(func(t *rapid.T) PeerHeader {
	h := PeerHeader{
		Type:  PeerType(rapid.IntRange(0, 4).Draw(t, "peer type")),
		Flags: rapid.Byte().Draw(t, "flags"),
		RD:    inet.RD(rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "rd")),
		ASN:   inet.ASN(rapid.Uint32().Draw(t, "asn")),
		ID:    netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "id"))),
	}
	if s := rapid.Int64Range(0, 1<<32-1).Draw(t, "seconds"); s > 0 {
		h.Time = s*1e6 + rapid.Int64Range(0, 999_999).Draw(t, "µs")
	}
	h.Addr = genAddr(t, h.IPv6())
	return h
})

func genAddr(t *rapid.T, v6 bool) netip.Addr {
	b := [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "addr"))
	if v6 {
		return netip.AddrFrom16(b)
	}
	return netip.AddrFrom4([4]byte(b[:4]))
}

// genBGP is a whole BGP message of any content.
func genBGP(t *rapid.T, typ byte) []byte {
	body := genBytes(60).Draw(t, "bgp")
	m := append(bytes.Repeat([]byte{0xff}, 16), 0, byte(bgpHeaderLen+len(body)), typ)
	return append(m, body...)
}

func genTLVs(t *rapid.T) TLVs {
	return appendTLVs(nil, rapid.SliceOfN(genTLV, 0, 4).Draw(t, "tlvs"))
}

var genStat = rapid.Custom(func(t *rapid.T) Stat {
	s := Stat{Type: rapid.Uint16Range(0, 60).Draw(t, "type")}
	switch rapid.IntRange(0, 3).Draw(t, "form") {
	case 0:
		s.Raw = rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "raw")
	case 1:
		s.Raw = rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "raw")
	case 2:
		s.Raw = rapid.SliceOfN(rapid.Byte(), 11, 11).Draw(t, "raw")
	case 3:
		s.Raw = genBytes(20).Draw(t, "raw")
	}
	return statOf(Version, TLV{s.Type, s.Raw})
})

var genContent = rapid.Custom(func(t *rapid.T) Content {
	c := Content{
		Version: rapid.SampledFrom([]uint8{Version, Version4}).Draw(t, "version"),
		Type:    rapid.SampledFrom([]Type{0, 1, 2, 3, 4, 5, 6, Snapshot, 100}).Draw(t, "type"),
	}
	four := c.Version == Version4
	if c.Type.HasPeer() {
		c.Peer = genHeader.Draw(t, "peer")
	}
	switch c.Type {
	case RouteMonitoring:
		if !four {
			c.Update = genBGP(t, 2)
			break
		}
		for range rapid.IntRange(0, 4).Draw(t, "n") {
			c.Indexed = append(c.Indexed, IndexedTLV{TLV: genTLV.Draw(t, "tlv"), Index: rapid.Uint16().Draw(t, "index")})
		}
		c.Indexed = append(c.Indexed, IndexedTLV{TLV: TLV{Revision20.Code(FieldMessage), genBGP(t, 2)}})
	case StatsReport:
		c.Stats = rapid.SliceOfN(genStat, 0, 5).Draw(t, "stats")
		if four {
			if rapid.Bool().Draw(t, "enterprise") {
				c.Stats = append(c.Stats, statOf(Version4, EnterpriseTLV(rapid.Uint32Range(1, 1<<32-1).Draw(t, "pen"), 7, []byte{0, 0, 0, 9})))
			}
			for _, v := range rapid.SliceOfN(genTLV, 0, 3).Draw(t, "others") {
				if v.Type != StatsTLV {
					c.TLVs = append(c.TLVs, v)
				}
			}
		}
	case PeerUp:
		c.Up = PeerUpMessage{Local: genAddr(t, c.Peer.IPv6()), LocalPort: rapid.Uint16().Draw(t, "port"), RemotePort: 179, Sent: genBGP(t, 1), Received: genBGP(t, 1), Info: genTLVs(t)}
	case PeerDown:
		c.Down = PeerDownMessage{Reason: DownReason(rapid.IntRange(1, 6).Draw(t, "reason"))}
		switch {
		case c.Down.Reason.notifies():
			c.Down.Data = genBGP(t, 3)
		case c.Down.Reason == DownLocalEvent:
			c.Down.Event = uint16(rapid.Byte().Draw(t, "event"))
			c.Down.Data = []byte{0, byte(c.Down.Event)}
		}
		if four || c.Down.Reason == DownLocRIB {
			c.Down.Info = genTLVs(t)
		}
	case Initiation, Termination, RouteMirroring:
		c.TLVs = rapid.SliceOfN(genTLV, 0, 5).Draw(t, "tlvs")
	case Snapshot:
		if !four {
			c.Raw = genBytes(30).Draw(t, "raw")
			break
		}
		c.Indexed = []IndexedTLV{{TLV: TLV{SnapshotTLV, rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id")}, Bare: rapid.Bool().Draw(t, "bare")}}
	default:
		c.Raw = genBytes(30).Draw(t, "raw")
	}
	return c
})

func TestParseIsTheInverseOfAppend(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := genContent.Draw(t, "content")
		b := AppendMessage(nil, want)
		m, n, err := ReadMessage(b, 0)
		if err != nil || n != len(b) {
			t.Fatalf("%d of %d octets, %v", n, len(b), err)
		}
		got, err := ParseMessage(m)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, whole...); diff != "" {
			t.Fatalf("-want +got:\n%s", diff)
		}
	})
}

// samples is one message of each type and version.
func samples() [][]byte {
	h := headers["ipv4"]
	notification := append(bytes.Repeat([]byte{0xff}, 16), 0, 21, 3, 6, 2)
	info := AppendTLV(nil, TLV{PeerTableName, []byte("global")})
	var out [][]byte
	for _, version := range []uint8{Version, Version4} {
		for _, c := range []Content{
			{Type: RouteMonitoring, Peer: h, Update: update(8, 10), Indexed: []IndexedTLV{
				{TLV: TLV{1, []byte{69, 4, 0, 1, 1, 3}}},
				{TLV: TLV{2, []byte{0, 1, 0, 2}}, Index: GroupBit | 1},
				{TLV: TLV{4, update(0, 0, 0, 1, 8, 10, 0, 0, 0, 2, 8, 11)}},
				{TLV: TLV{5, AppendPathMarking(nil, PathMarking{PathBest | PathPrimary, 3, true})}, Index: GroupBit | 1},
			}},
			{Type: StatsReport, Peer: h, Stats: []Stat{{Type: 0, Value: 7}, {Type: 7, Value: 1 << 40}, {Type: 9, Family: inet.IPv6Unicast, Value: 9}}},
			{Type: PeerDown, Peer: h, Down: PeerDownMessage{Reason: DownLocalNotification, Data: notification}},
			{Type: PeerUp, Peer: h, Up: PeerUpMessage{Sent: open(64500), Received: open(64501, gr), Info: info}},
			{Type: Initiation, TLVs: []TLV{{InitSysName, []byte("r1")}}},
			{Type: Termination, TLVs: []TLV{{TermReason, []byte{0, 1}}}},
			{Type: RouteMirroring, Peer: h, TLVs: []TLV{{MirrorInformation, []byte{0, 0}}, {MirrorMessage, update(8, 10)}}},
		} {
			c.Version = version
			out = append(out, AppendMessage(nil, c))
		}
	}
	id := IndexedTLV{TLV: TLV{SnapshotTLV, make([]byte, 16)}, Bare: true}
	return append(out, AppendMessage(nil, Content{Version: Version4, Type: Snapshot, Indexed: []IndexedTLV{id}}))
}

// TestEveryTruncation cuts each message at each octet, once as a stream and once with
// a length that claims to be whole.
func TestEveryTruncation(t *testing.T) {
	for _, b := range samples() {
		for n := range b {
			if m, k, err := ReadMessage(b[:n], 0); k != 0 || err != nil {
				t.Errorf("%d octets of %x: %+v, %d, %v", n, b, m, k, err)
			}
			if n < HeaderLen {
				continue
			}
			cut := finish(bytes.Clone(b[:n]), 0)
			m := one(t, cut[:n:n])
			_, _ = ParseMessage(m)
			s := NewStation()
			s.Step(s.Step(nil, one(t, up(v4, open(64500), open(64501)))), m)
			_, _ = Upgrade(nil, m, Revision20, "x")
			_, _, _ = Downgrade(nil, m, RevisionAuto)
		}
	}
}

func FuzzMessage(f *testing.F) {
	for _, b := range samples() {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, n, err := ReadMessage(b, 0)
		if err != nil || n == 0 {
			return
		}
		c, err := ParseMessage(m)
		if err != nil {
			return
		}
		again, err := ParseMessage(one(t, AppendMessage(nil, c)))
		if err != nil {
			t.Fatalf("what was built is not read: %v", err)
		}
		if diff := cmp.Diff(c, again, whole...); diff != "" {
			t.Fatal(diff)
		}
	})
}

// FuzzIndexed reads runs of indexed TLVs: what is read covers the run, and is built
// the same again.
func FuzzIndexed(f *testing.F) {
	for _, b := range samples() {
		if b[0] == Version4 && Type(b[5]) == RouteMonitoring {
			f.Add(b[HeaderLen+PeerHeaderLen:])
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		run := IndexedTLVs(b)
		var again []byte
		for v := range run.All() {
			again = AppendIndexedTLV(again, v)
		}
		if !bytes.HasPrefix(b, again) || (len(again) == len(b)) != (run.Err() == nil) {
			t.Fatalf("%x is read as %x, %v", b, again, run.Err())
		}
		e := Extras{tlvs: run}
		for r := range Revision(revisionCount) {
			e.Revision = r
			e.Marking(1)
			e.Table()
			e.Sequence()
			e.Timestamp()
		}
		DetectRevision(run)
	})
}

// A message of nothing but markings and groups is read once, not once for each NLRI.
func TestMarkingsOfAHugeMessage(t *testing.T) {
	var run []byte
	for i := range 1 << 16 {
		run = AppendIndexedTLV(run, IndexedTLV{TLV: TLV{5, AppendPathMarking(nil, PathMarking{Status: PathStatus(i)})}, Index: uint16(i)})
	}
	members := make([]byte, 0, 1<<16)
	for i := range 32000 {
		members = append(members, byte(i>>8), byte(i))
	}
	for i := range 20 {
		run = AppendIndexedTLV(run, IndexedTLV{TLV: TLV{2, members}, Index: GroupBit | uint16(i)})
	}
	e := Extras{Revision: Revision19, tlvs: run}
	for i := 1; i < int(GroupBit); i++ {
		if m, ok := e.Marking(i); !ok || m.Status != PathStatus(i) {
			t.Fatalf("NLRI %d: %v", i, m)
		}
	}
}
