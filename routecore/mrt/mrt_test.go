package mrt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

var (
	addr4 = netip.MustParseAddr("192.0.2.1")
	addr6 = netip.MustParseAddr("2001:db8::1")
	local = netip.MustParseAddr("192.0.2.9")
	plain = cmp.Options{cmp.AllowUnexported(netip.Addr{}), cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})}
)

// raw makes a record by hand.
func raw(t Type, subtype uint16, body ...byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, 1000)
	b = binary.BigEndian.AppendUint16(b, uint16(t))
	b = binary.BigEndian.AppendUint16(b, subtype)
	b = binary.BigEndian.AppendUint32(b, uint32(len(body)))
	return append(b, body...)
}

// records reads all records, bodies copied, and the error after them.
func records(src io.Reader) ([]Record, error) {
	var out []Record
	r := NewReader(src)
	for {
		rec, err := r.Next()
		if err != nil {
			return out, err
		}
		rec.Body = bytes.Clone(rec.Body)
		out = append(out, rec)
	}
}

// size makes records of all sizes, and one longer than the first buffer.
func size(i int) int {
	if i == 250 {
		return firstBuffer + 1
	}
	return i * 20
}

func sameRecords(a, b []Record) bool {
	return slices.EqualFunc(a, b, func(x, y Record) bool {
		same := bytes.Equal(x.Body, y.Body)
		x.Body, y.Body = nil, nil
		return same && reflect.DeepEqual(x, y)
	})
}

func TestReaderFramesRecordsWhateverTheReadsAre(t *testing.T) {
	var stream []byte
	for i := range 300 {
		stream = append(stream, raw(TypeTableDumpV2, uint16(i), bytes.Repeat([]byte{byte(i)}, size(i))...)...)
	}
	whole, err := records(bytes.NewReader(stream))
	if err != io.EOF || len(whole) != 300 {
		t.Fatalf("%d records, %v", len(whole), err)
	}
	for i, rec := range whole {
		if int(rec.Subtype) != i || len(rec.Body) != size(i) || rec.Time != 1000e6 {
			t.Fatalf("record %d: %+v", i, rec)
		}
		if got := binary.BigEndian.Uint16(stream[rec.Offset+6:]); int(got) != i {
			t.Fatalf("record %d is not at offset %d", i, rec.Offset)
		}
	}
	for name, src := range map[string]io.Reader{
		"half":                iotest.HalfReader(bytes.NewReader(stream)),
		"data with the error": iotest.DataErrReader(bytes.NewReader(stream)),
	} {
		got, err := records(src)
		if err != io.EOF || !sameRecords(got, whole) {
			t.Errorf("%s: %d records, %v", name, len(got), err)
		}
	}
}

func TestReaderSaysWhereAStreamIsCut(t *testing.T) {
	stream := append(raw(TypeTableDumpV2, 2, make([]byte, 40)...), raw(TypeTableDumpV2, 2, make([]byte, 9)...)...)
	for cut := range len(stream) {
		got, err := records(bytes.NewReader(stream[:cut]))
		want, offset := 0, int64(0)
		if cut >= 52 {
			want, offset = 1, 52
		}
		if len(got) != want {
			t.Fatalf("cut at %d: %d records", cut, len(got))
		}
		if cut == 0 || cut == 52 {
			if err != io.EOF {
				t.Errorf("cut at %d: %v", cut, err)
			}
			continue
		}
		var place *Error
		if !errors.As(err, &place) || place.Offset != offset || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut at %d: %v", cut, err)
		}
	}
	broken := errors.New("disk on fire")
	_, err := records(io.MultiReader(bytes.NewReader(stream[:60]), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "offset 52") {
		t.Errorf("a failing source: %v", err)
	}
}

func TestReaderStopsAtGarbage(t *testing.T) {
	for name, test := range map[string]struct {
		stream []byte
		want   int
		text   string
	}{
		"text":              {[]byte("once upon a time there was a collector"), 0, "over the limit"},
		"length":            {append(raw(TypeBGP4MP, 4), 0, 0, 0, 0, 0, 16, 0, 4, 0xff, 0, 0, 0), 1, "offset 12"},
		"type at the start": {raw(777, 0, 1), 0, "not an MRT stream"},
		"type further on":   {append(raw(TypeBGP4MP, 4), raw(777, 0, 1)...), 2, "EOF"},
	} {
		got, err := records(bytes.NewReader(test.stream))
		if len(got) != test.want || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%s: %d records, %v", name, len(got), err)
		}
	}
}

func TestExtendedTimestamps(t *testing.T) {
	got, err := records(bytes.NewReader(append(raw(TypeBGP4MPET, 4, 0, 0, 0, 7, 42), raw(TypeBGP4MPET, 4, 1, 2)...)))
	if err != io.EOF || len(got) != 2 {
		t.Fatal(got, err)
	}
	if got[0].Time != 1000e6+7 || !bytes.Equal(got[0].Body, []byte{42}) {
		t.Errorf("%+v", got[0])
	}
	if _, err := ParseMessage(&got[1]); err == nil {
		t.Error("a body too short for microseconds is no message")
	}
}

func TestPeerIndexRoundTrip(t *testing.T) {
	want := PeerIndex{Collector: local, View: "the view", Peers: []Peer{
		{ID: addr4, Addr: addr4, ASN: 64501}, {ID: local, Addr: addr6, ASN: 4200000000}, {ID: netip.IPv4Unspecified(), Addr: addr6},
	}}
	var b bytes.Buffer
	if err := NewWriter(&b).PeerIndex(5e6, want); err != nil {
		t.Fatal(err)
	}
	got, _ := records(&b)
	if len(got) != 1 || got[0].Subtype != PeerIndexTable {
		t.Fatal(got)
	}
	index, err := ParsePeerIndex(got[0].Body)
	if err != nil || !cmp.Equal(index, want, plain) {
		t.Errorf("%v %s", err, cmp.Diff(want, index, plain))
	}
	for n := range len(got[0].Body) {
		if _, err := ParsePeerIndex(got[0].Body[:n]); err == nil {
			t.Errorf("cut at %d is no error", n)
		}
	}
	old := []byte{192, 0, 2, 9, 0, 0, 0, 1, 0, 192, 0, 2, 1, 192, 0, 2, 1, 0xfb, 0xf5}
	if p, err := ParsePeerIndex(old); err != nil || p.Peers[0] != (Peer{addr4, addr4, 64501}) {
		t.Errorf("2-octet AS number: %+v, %v", p, err)
	}
}

func TestRIBRoundTrip(t *testing.T) {
	vpn := []byte{88, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}
	evpn := append([]byte{3, 17}, make([]byte, 17)...)
	for name, test := range map[string]struct {
		rib     RIB
		subtype uint16
	}{
		"ipv4":           {RIB{Sequence: 7, Family: inet.IPv4Unicast, NLRI: []byte{8, 10}}, RIBIPv4Unicast},
		"default":        {RIB{Family: inet.IPv4Unicast, NLRI: []byte{0}}, RIBIPv4Unicast},
		"ipv4 multicast": {RIB{Family: inet.IPv4Multicast, NLRI: []byte{8, 10}}, RIBIPv4Multicast},
		"ipv6":           {RIB{Family: inet.IPv6Unicast, NLRI: []byte{32, 0x20, 1, 0xd, 0xb8}}, RIBIPv6Unicast},
		"ipv6 multicast": {RIB{Family: inet.IPv6Multicast, NLRI: []byte{32, 0x20, 1, 0xd, 0xb8}}, RIBIPv6Multicast},
		"ipv4 add-path":  {RIB{Family: inet.IPv4Unicast, AddPath: true, NLRI: []byte{8, 10}}, RIBIPv4UnicastAddPath},
		"ipv6 add-path":  {RIB{Family: inet.IPv6Unicast, AddPath: true, NLRI: []byte{0}}, RIBIPv6UnicastAddPath},
		"vpn":            {RIB{Family: inet.IPv4MPLSVPN, NLRI: vpn}, RIBGeneric},
		"evpn add-path":  {RIB{Family: inet.L2VPNEVPN, AddPath: true, NLRI: evpn}, RIBGenericAddPath},
		"flowspec":       {RIB{Family: inet.IPv4FlowSpec, NLRI: []byte{3, 1, 8, 10}}, RIBGeneric},
		"vpls":           {RIB{Family: inet.L2VPNVPLS, NLRI: []byte{0, 2, 1, 2}}, RIBGeneric},
		"link state":     {RIB{Family: inet.BGPLS, NLRI: []byte{0, 1, 0, 2, 9, 9}}, RIBGeneric},
		"mup":            {RIB{Family: inet.NewFamily(inet.AFIIPv4, inet.SAFIMUP), NLRI: []byte{1, 0, 1, 12, 0, 0, 0, 1, 0, 0, 0, 1, 24, 10, 1, 2}}, RIBGeneric},
		"mvpn":           {RIB{Family: inet.NewFamily(inet.AFIIPv4, inet.SAFIMCASTVPN), NLRI: append([]byte{1, 12}, make([]byte, 12)...)}, RIBGeneric},
		"sr policy":      {RIB{Family: inet.NewFamily(inet.AFIIPv4, inet.SAFISRPolicy), NLRI: []byte{96, 0, 0, 0, 1, 0, 0, 0, 2, 192, 0, 2, 1}}, RIBGeneric},
		"route target":   {RIB{Family: inet.IPv4RTC, NLRI: []byte{96, 0, 0, 0xfd, 0xe9, 0, 2, 0xfd, 0xe9, 0, 0, 0, 1}}, RIBGeneric},
		"labelled":       {RIB{Family: inet.IPv4Labelled, NLRI: []byte{48, 0, 1, 1, 10, 1, 2}}, RIBGeneric},
		"unknown family": {RIB{Family: inet.NewFamily(1, 66), NLRI: []byte{24, 10, 1, 2}}, RIBGeneric},
	} {
		t.Run(name, func(t *testing.T) {
			entries := []RIBEntry{
				{Peer: 0, Originated: 12e6, Attrs: []byte{0x40, 1, 1, 0}},
				{Peer: 65535, PathID: 9, Originated: 13e6, Attrs: bytes.Repeat([]byte{1}, 70000)[:65535]},
				{Peer: 3, Attrs: []byte{}},
			}
			if !test.rib.AddPath {
				entries[1].PathID = 0
			}
			var b bytes.Buffer
			if err := NewWriter(&b).RIB(99e6, test.rib, entries); err != nil {
				t.Fatal(err)
			}
			got, _ := records(&b)
			if len(got) != 1 || got[0].Subtype != test.subtype || !got[0].IsRIB() {
				t.Fatalf("%+v", got)
			}
			rib, err := ParseRIB(&got[0])
			if err != nil {
				t.Fatal(err)
			}
			if rib.Sequence != test.rib.Sequence || rib.Family != test.rib.Family || rib.AddPath != test.rib.AddPath || !bytes.Equal(rib.NLRI, test.rib.NLRI) || rib.Count != 3 {
				t.Errorf("%+v, want %+v", rib, test.rib)
			}
			var back []RIBEntry
			for e := (RIBEntry{}); rib.Next(&e); {
				back = append(back, e)
			}
			if !reflect.DeepEqual(entries, back) || rib.Err() != nil {
				t.Errorf("%d entries differ from what was written, %v", len(back), rib.Err())
			}
			cutRecord(t, got[0])
		})
	}
}

// cutRecord cuts a RIB record anywhere: there is an error, and what was read was there.
func cutRecord(t *testing.T, rec Record) {
	t.Helper()
	body := rec.Body
	for _, n := range []int{0, 3, 4, 5, 6, 7, 8, 12, 20, 30, len(body) / 2, len(body) - 1} {
		if n >= len(body) {
			continue
		}
		rec.Body = body[:n]
		rib, err := ParseRIB(&rec)
		if err != nil {
			continue
		}
		e := RIBEntry{}
		for rib.Next(&e) {
		}
		if rib.Err() == nil {
			t.Errorf("cut at %d of %d is no error", n, len(body))
		}
	}
}

func TestRIBRefusesImpossiblePrefixes(t *testing.T) {
	for _, rec := range []Record{
		{Type: TypeTableDumpV2, Subtype: RIBIPv4Unicast, Body: []byte{0, 0, 0, 0, 33, 1, 2, 3, 4, 5, 0, 0}},
		{Type: TypeTableDumpV2, Subtype: RIBIPv6Unicast, Body: append([]byte{0, 0, 0, 0, 129}, make([]byte, 40)...)},
		{Type: TypeTableDumpV2, Subtype: RIBGeneric, Body: []byte{0, 0, 0, 0, 0, 1}},
		{Type: TypeTableDumpV2, Subtype: 13, Body: make([]byte, 20)},
	} {
		if rib, err := ParseRIB(&rec); err == nil {
			t.Errorf("subtype %d: %+v", rec.Subtype, rib)
		}
	}
}

func keepalive() []byte { return bgp.AppendKeepalive(nil) }

func TestMessageRoundTripOfEverySubtype(t *testing.T) {
	seen := map[uint16]bool{}
	for _, peer := range []netip.Addr{addr4, addr6} {
		at := local
		if peer.Is6() {
			at = netip.MustParseAddr("2001:db8::9")
		}
		for flags := range 8 {
			for _, time := range []int64{1000e6, 1000e6 + 17} {
				want := Message{
					Session: Session{PeerAS: 64501, LocalAS: 64500, Peer: peer, Local: at, Interface: 3},
					AS4:     flags&1 != 0, AddPath: flags&2 != 0, Sent: flags&4 != 0, Kind: 4, Raw: keepalive(), Body: []byte{},
				}
				if want.AS4 {
					want.PeerAS = 4200000000
				}
				var b bytes.Buffer
				if err := NewWriter(&b).Message(time, want); err != nil {
					t.Fatal(err)
				}
				got, _ := records(&b)
				if len(got) != 1 || got[0].Time != time || !got[0].IsMessage() || got[0].IsStateChange() {
					t.Fatalf("%+v", got)
				}
				seen[got[0].Subtype] = true
				m, err := ParseMessage(&got[0])
				if err != nil || !cmp.Equal(want, m, plain) {
					t.Errorf("%v\n%s", err, cmp.Diff(want, m, plain))
				}
				for n := range len(got[0].Body) {
					cut := got[0]
					cut.Body = cut.Body[:n]
					if _, err := ParseMessage(&cut); err == nil {
						t.Errorf("cut at %d is no error", n)
					}
				}
			}
		}
	}
	if len(seen) != 8 {
		t.Errorf("subtypes %v", seen)
	}
}

func TestStateChangeRoundTrip(t *testing.T) {
	want := StateChange{Session: Session{PeerAS: 4200000000, LocalAS: 1, Peer: addr4, Local: local}, Old: Established, New: Idle}
	var b bytes.Buffer
	if err := NewWriter(&b).StateChange(7, want); err != nil {
		t.Fatal(err)
	}
	got, _ := records(&b)
	s, err := ParseStateChange(&got[0])
	if err != nil || !got[0].IsStateChange() || !cmp.Equal(s, want, plain) {
		t.Errorf("%+v, %v", s, err)
	}
	if State(7).String() != "Clearing" || State(99).String() != "state 99" || Established.String() != "Established" {
		t.Error("names of states")
	}
}

func TestEnvelopeOfAForeignFamilyIsReadByTheMarker(t *testing.T) {
	for _, n := range []int{4, 16} {
		body := []byte{0, 0, 0xfb, 0xf5, 0, 0, 0xfb, 0xf4, 0, 0, 0x40, 4}
		body = append(body, make([]byte, 2*n)...)
		body = append(body, keepalive()...)
		m, err := ParseMessage(&Record{Type: TypeBGP4MP, Subtype: MessageAS4, Body: body})
		if err != nil || m.Kind != 4 || m.Peer.BitLen() != 8*n {
			t.Errorf("%d octets: %+v, %v", n, m, err)
		}
	}
}

func TestStateChangeOfAForeignFamilyIsReadByItsLength(t *testing.T) {
	for _, n := range []int{4, 16} {
		body := []byte{0, 0, 0xfb, 0xf5, 0, 0, 0xfb, 0xf4, 0, 0, 0x40, 4}
		body = append(append(body, make([]byte, 2*n)...), 0, 3, 0, 6)
		s, err := ParseStateChange(&Record{Type: TypeBGP4MP, Subtype: StateChangeAS4, Body: body})
		if err != nil || s.Old != 3 || s.New != Established || s.Peer.BitLen() != 8*n {
			t.Errorf("%d octets: %+v, %v", n, s, err)
		}
	}
}

func TestTableDumpMayHoldSeveralEntries(t *testing.T) {
	one := []byte{0, 1, 0, 2, 10, 1, 2, 3, 16, 1, 0, 0, 0, 9, 192, 0, 2, 1, 0xfb, 0xf5, 0, 4, 0x40, 1, 1, 0}
	body := append(bytes.Clone(one), one...)
	d, rest, err := ParseTableDump(1, body)
	if err != nil || len(rest) != len(one) || d.Prefix != netip.MustParsePrefix("10.1.0.0/16") || d.PeerASN != 64501 || d.Peer != addr4 || d.Originated != 9e6 || len(d.Attrs) != 4 {
		t.Errorf("%+v, %d left, %v", d, len(rest), err)
	}
	for n := range len(one) {
		if _, _, err := ParseTableDump(1, one[:n]); err == nil {
			t.Errorf("cut at %d is no error", n)
		}
	}
}

// addPathOpen offers path identifiers for IPv4 unicast in both directions.
func addPathOpen(asn inet.ASN, id string) []byte {
	return bgp.NewOpen(asn, 90, netip.MustParseAddr(id),
		bgp.Capability{Code: 1, Value: []byte{0, 1, 0, 1}}, bgp.Capability{Code: 69, Value: []byte{0, 1, 1, 3}}).Append(nil)
}

func TestSessionsReadPathIdentifiersAsTheOpensSay(t *testing.T) {
	update := []byte{0, 0, 0, 20, 0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfb, 0xf5, 0x40, 3, 4, 192, 0, 2, 1, 0, 0, 0, 0, 8, 10}
	s := Session{PeerAS: 64501, LocalAS: 64500, Peer: addr4, Local: local}
	at := func(m Message) Message { m.Session = s; m.AS4 = true; return m }
	for name, test := range map[string]struct {
		opens []Message
		m     Message
		want  bool
	}{
		"both OPENs logged alike":    {[]Message{{Kind: 1, Body: addPathOpen(64500, "192.0.2.9")[19:]}, {Kind: 1, Body: addPathOpen(64501, "192.0.2.1")[19:]}}, Message{Body: update}, true},
		"one OPEN":                   {[]Message{{Kind: 1, Body: addPathOpen(64501, "192.0.2.1")[19:]}}, Message{Body: update}, false},
		"none":                       {nil, Message{Body: update}, false},
		"the subtype":                {nil, Message{Body: update, AddPath: true}, true},
		"none, plain makes no sense": {nil, Message{Body: append(bytes.Clone(update[:24]), 0, 0, 0, 99, 32, 10, 0, 0, 1)}, true},
	} {
		t.Run(name, func(t *testing.T) {
			var known Sessions
			for _, m := range test.opens {
				m = at(m)
				known.Learn(&m)
			}
			m := at(test.m)
			m.Kind = 2
			var u bgp.Update
			known.ParseUpdate(&u, &m)
			if n := u.Announced(); n.AddPath != test.want || u.Verdict.Action != bgp.Accept {
				t.Errorf("path identifiers: %v, verdict %+v", n.AddPath, u.Verdict)
			}
			// The default route three times, and another: path identifiers, most likely.
			known.Guess = true
			known.ParseUpdate(&u, &m)
			if guessed := u.Guessed()&bgp.GuessAddPath != 0; !u.Announced().AddPath || guessed != (name == "none" || name == "one OPEN" || len(test.m.Body) > len(update)) {
				t.Errorf("guessed %v, path identifiers %v", guessed, u.Announced().AddPath)
			}
		})
	}
}

func FuzzRecords(f *testing.F) {
	var b bytes.Buffer
	w := NewWriter(&b)
	if w.PeerIndex(1, PeerIndex{Peers: []Peer{{ID: addr4, Addr: addr6}}}) != nil ||
		w.RIB(1, RIB{Family: inet.IPv4MPLSVPN, NLRI: []byte{0}}, []RIBEntry{{}}) != nil ||
		w.Message(1, Message{Session: Session{Peer: addr4, Local: local}, Raw: keepalive()}) != nil {
		f.Fatal("seeds")
	}
	f.Add(b.Bytes())
	if w.GeoPeers(1, GeoPeers{Peers: []GeoPeer{{ID: addr4}}}) != nil || w.Snapshot(1, SnapshotRecord{File: "f"}) != nil ||
		w.Entry(1, EntryRecord{Session: Session{Peer: addr4, Local: local}, Family: inet.IPv4Unicast, NLRI: []byte{0}}) != nil {
		f.Fatal("seeds")
	}
	f.Add(b.Bytes())
	f.Add(append(raw(TypeBGP4MP, 4, 1), raw(777, 0, 1, 2, 3)...))
	f.Add(raw(TypeBGP, 1, make([]byte, 20)...))
	f.Add(raw(TypeTableDump, 1, make([]byte, 40)...))
	f.Fuzz(func(t *testing.T, stream []byte) {
		var known Sessions
		var u bgp.Update
		r := NewReader(bytes.NewReader(stream))
		for {
			rec, err := r.Next()
			if err != nil {
				if _, err := r.Resync(); err != nil {
					return
				}
				continue
			}
			if g, err := ParseGeoPeers(rec.Body); err == nil {
				_ = g.Known()
			}
			if e, err := ParseEntry(&rec); err == nil && len(e.NLRI) == 0 {
				t.Fatal("an entry without NLRI")
			}
			if _, err := ParseSnapshot(&rec); err != nil {
				_ = err.Error()
			}
			if _, err := ParsePeerIndex(rec.Body); err != nil {
				_ = err.Error()
			}
			if rib, err := ParseRIB(&rec); err == nil {
				for e := (RIBEntry{}); rib.Next(&e); {
				}
			}
			for body := rec.Body; len(body) > 0; {
				_, rest, err := ParseTableDump(rec.Subtype, body)
				if err != nil {
					break
				}
				body = rest
			}
			if m, err := ParseMessage(&rec); err == nil {
				known.Learn(&m)
				known.ParseUpdate(&u, &m)
			}
			if s, err := ParseStateChange(&rec); err == nil {
				_ = s.New.String()
			}
		}
	})
}

// A length over 31 bits is negative as an int of 32.
func TestLengthsOverTheLimitAreNoRecords(t *testing.T) {
	for _, length := range []uint32{MaxRecord + 1, 1<<31 - 1, 1 << 31, 1<<32 - 12, 1<<32 - 1} {
		b := raw(TypeBGP4MP, MessageAS4, make([]byte, 40)...)
		binary.BigEndian.PutUint32(b[8:], length)
		got, err := records(bytes.NewReader(append(raw(TypeBGP4MP, MessageAS4, 1), b...)))
		if len(got) != 1 || err == nil || !strings.Contains(err.Error(), "over the limit") {
			t.Errorf("length %d: %d records, %v", length, len(got), err)
		}
	}
}
