package mrt

import (
	"bytes"
	"math"
	"net/netip"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"example.com/rotonda/routecore/inet"
)

func drawAddr(t *rapid.T, v6 bool) netip.Addr {
	size := 4
	if v6 {
		size = 16
	}
	a, _ := netip.AddrFromSlice(rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, "addr"))
	return a
}

func drawBytes(t *rapid.T, name string, most int) []byte {
	return rapid.SliceOfN(rapid.Byte(), 0, most).Draw(t, name)
}

func drawASN(t *rapid.T, as4 bool) inet.ASN {
	if as4 {
		return inet.ASN(rapid.Uint32().Draw(t, "asn"))
	}
	return inet.ASN(rapid.Uint16().Draw(t, "asn"))
}

func drawSession(t *rapid.T, as4 bool) Session {
	v6 := rapid.Bool().Draw(t, "v6")
	return Session{PeerAS: drawASN(t, as4), LocalAS: drawASN(t, as4), Peer: drawAddr(t, v6), Local: drawAddr(t, v6), Interface: rapid.Uint16().Draw(t, "interface")}
}

// drawTime is in whole seconds or not: BGP4MP or BGP4MP_ET.
func drawTime(t *rapid.T) int64 {
	at := int64(rapid.Uint32().Draw(t, "seconds")) * 1e6
	if rapid.Bool().Draw(t, "et") {
		at += int64(rapid.IntRange(1, 999_999).Draw(t, "micros"))
	}
	return at
}

// drawNLRI is one NLRI of a family.
func drawNLRI(t *rapid.T) (inet.Family, []byte) {
	mup, mdt := inet.NewFamily(inet.AFIIPv4, inet.SAFIMUP), inet.NewFamily(inet.AFIIPv4, 66)
	f := rapid.SampledFrom([]inet.Family{inet.IPv4Unicast, inet.IPv4Multicast, inet.IPv6Unicast, inet.IPv6Multicast, inet.IPv4MPLSVPN, inet.L2VPNEVPN, inet.IPv4FlowSpec, inet.BGPLS, inet.L2VPNVPLS, mup, mdt}).Draw(t, "family")
	body := rapid.SliceOfN(rapid.Byte(), 3, 16).Draw(t, "nlri")
	switch f {
	case inet.L2VPNEVPN:
		return f, append([]byte{2, byte(len(body))}, body...)
	case inet.IPv4FlowSpec:
		return f, append([]byte{byte(len(body))}, body...)
	case inet.BGPLS:
		return f, append([]byte{0, 1, 0, byte(len(body))}, body...)
	case inet.L2VPNVPLS:
		return f, append([]byte{0, byte(len(body))}, body...)
	case mup:
		return f, append([]byte{1, 0, 1, byte(len(body))}, body...)
	case inet.IPv4MPLSVPN, mdt:
		return f, append([]byte{byte(8 * len(body))}, body...)
	}
	bits := rapid.IntRange(0, f.MaxBits()).Draw(t, "bits")
	room := make([]byte, 16)
	copy(room, body)
	return f, append([]byte{byte(bits)}, room[:(bits+7)/8]...)
}

// written writes a record, reads it back, and cuts its body everywhere with parse,
// which has to say so.
func written(t *rapid.T, write func(w *Writer) error, parse func(*Record) error) Record {
	var b bytes.Buffer
	if err := write(NewWriter(&b)); err != nil {
		t.Fatal(err)
	}
	got, _ := records(&b)
	if len(got) != 1 {
		t.Fatalf("%d records", len(got))
	}
	for n := range got[0].Body {
		short := got[0]
		short.Body = short.Body[:n:n]
		if parse(&short) == nil {
			t.Fatalf("cut to %d of %d bytes: no error", n, len(got[0].Body))
		}
	}
	return got[0]
}

func same(t *rapid.T, want, got any, err error) {
	if err != nil || !reflect.DeepEqual(want, got) {
		t.Fatalf("%v\nwrote %+v\nread  %+v", err, want, got)
	}
}

func TestEveryRecordReadsAsItWasWritten(t *testing.T) {
	for name, property := range map[string]func(*rapid.T){
		"peer index": func(t *rapid.T) {
			want := PeerIndex{Collector: drawAddr(t, false), View: rapid.StringN(0, 9, -1).Draw(t, "view"), Peers: []Peer{}}
			for range rapid.IntRange(0, 5).Draw(t, "peers") {
				want.Peers = append(want.Peers, Peer{drawAddr(t, false), drawAddr(t, rapid.Bool().Draw(t, "v6")), drawASN(t, true)})
			}
			rec := written(t, func(w *Writer) error { return w.PeerIndex(drawTime(t), want) }, func(r *Record) error { _, err := ParsePeerIndex(r.Body); return err })
			got, err := ParsePeerIndex(rec.Body)
			same(t, want, got, err)
		},
		"geo peers": func(t *rapid.T) {
			place := func() Position {
				return Position{rapid.Float32Range(-90, 90).Draw(t, "latitude"), rapid.Float32Range(-180, 180).Draw(t, "longitude")}
			}
			want := GeoPeers{Collector: drawAddr(t, false), View: rapid.StringN(0, 9, -1).Draw(t, "view"), Position: place(), Peers: []GeoPeer{}}
			for range rapid.IntRange(0, 5).Draw(t, "peers") {
				want.Peers = append(want.Peers, GeoPeer{drawAddr(t, false), place()})
			}
			rec := written(t, func(w *Writer) error { return w.GeoPeers(drawTime(t), want) }, func(r *Record) error { _, err := ParseGeoPeers(r.Body); return err })
			got, err := ParseGeoPeers(rec.Body)
			same(t, want, got, err)
		},
		"rib": func(t *rapid.T) {
			f, nlri := drawNLRI(t)
			want := RIB{Sequence: rapid.Uint32().Draw(t, "sequence"), Family: f, AddPath: rapid.Bool().Draw(t, "addPath"), NLRI: nlri}
			var entries []RIBEntry
			for range rapid.IntRange(1, 4).Draw(t, "entries") {
				e := RIBEntry{Peer: rapid.Uint16().Draw(t, "peer"), Originated: int64(rapid.Uint32().Draw(t, "at")) * 1e6, Attrs: drawBytes(t, "attrs", 40)}
				if want.AddPath {
					e.PathID = rapid.Uint32().Draw(t, "id")
				}
				entries = append(entries, e)
			}
			all := func(r *Record) (RIB, []RIBEntry, error) {
				rib, err := ParseRIB(r)
				if err != nil {
					return rib, nil, err
				}
				head := rib
				var got []RIBEntry
				for e := (RIBEntry{}); rib.Next(&e); {
					got = append(got, e)
				}
				return head, got, rib.Err()
			}
			rec := written(t, func(w *Writer) error { return w.RIB(drawTime(t), want, entries) }, func(r *Record) error { _, _, err := all(r); return err })
			got, read, err := all(&rec)
			want.Count, got.rest = len(entries), nil
			same(t, want, got, err)
			same(t, entries, read, nil)
		},
		"table dump": func(t *rapid.T) {
			v6 := rapid.Bool().Draw(t, "v6")
			as4 := rapid.Bool().Draw(t, "as4")
			a := drawAddr(t, v6)
			p, _ := a.Prefix(rapid.IntRange(0, a.BitLen()).Draw(t, "bits"))
			want := TableDump{View: rapid.Uint16().Draw(t, "view"), Sequence: rapid.Uint16().Draw(t, "sequence"), Family: inet.IPv4Unicast, Prefix: p,
				Originated: int64(rapid.Uint32().Draw(t, "at")) * 1e6, Peer: drawAddr(t, v6), PeerASN: drawASN(t, as4), AS4: as4, Attrs: drawBytes(t, "attrs", 40)}
			if v6 {
				want.Family = inet.IPv6Unicast
			}
			rec := written(t, func(w *Writer) error { return w.TableDump(drawTime(t), want) }, func(r *Record) error { _, _, err := ParseTableDump(r.Subtype, r.Body); return err })
			got, rest, err := ParseTableDump(rec.Subtype, rec.Body)
			same(t, want, got, err)
			same(t, 0, len(rest), nil)
		},
		"message": func(t *rapid.T) {
			want := Message{AS4: rapid.Bool().Draw(t, "as4"), AddPath: rapid.Bool().Draw(t, "addPath"), Sent: rapid.Bool().Draw(t, "sent"), Kind: 4, Raw: keepalive(), Body: []byte{}}
			want.Session = drawSession(t, want.AS4)
			at := drawTime(t)
			rec := written(t, func(w *Writer) error { return w.Message(at, want) }, func(r *Record) error { _, err := ParseMessage(r); return err })
			got, err := ParseMessage(&rec)
			same(t, want, got, err)
			same(t, at, rec.Time, nil)
			same(t, at%1e6 != 0, rec.Type == TypeBGP4MPET, nil)
		},
		"state change": func(t *rapid.T) {
			want := StateChange{AS2: rapid.Bool().Draw(t, "as2"), Old: State(rapid.Uint16().Draw(t, "old")), New: State(rapid.Uint16().Draw(t, "new"))}
			want.Session = drawSession(t, !want.AS2)
			rec := written(t, func(w *Writer) error { return w.StateChange(drawTime(t), want) }, func(r *Record) error { _, err := ParseStateChange(r); return err })
			got, err := ParseStateChange(&rec)
			same(t, want, got, err)
		},
		"entry": func(t *rapid.T) {
			f, nlri := drawNLRI(t)
			want := EntryRecord{Session: drawSession(t, false), View: rapid.Uint16().Draw(t, "view"), Status: rapid.Uint16().Draw(t, "status"),
				Originated: int64(rapid.Uint32().Draw(t, "at")) * 1e6, Family: f, NextHop: drawBytes(t, "hop", 32), NLRI: nlri, Attrs: drawBytes(t, "attrs", 40)}
			rec := written(t, func(w *Writer) error { return w.Entry(drawTime(t), want) }, func(r *Record) error { _, err := ParseEntry(r); return err })
			got, err := ParseEntry(&rec)
			same(t, want, got, err)
			same(t, true, rec.IsEntry(), nil)
		},
		"snapshot": func(t *rapid.T) {
			want := SnapshotRecord{View: rapid.Uint16().Draw(t, "view"), File: rapid.StringMatching(`[a-z/.]{0,20}`).Draw(t, "file")}
			rec := written(t, func(w *Writer) error { return w.Snapshot(drawTime(t), want) }, func(r *Record) error { _, err := ParseSnapshot(r); return err })
			got, err := ParseSnapshot(&rec)
			same(t, want, got, err)
			same(t, true, rec.IsSnapshot(), nil)
		},
	} {
		t.Run(name, func(t *testing.T) { rapid.Check(t, property) })
	}
}

// The first record of a table that OpenBGPD wrote in 2015.
func TestEntryOfOpenBGPD(t *testing.T) {
	body := []byte("\xfd\xe8\xfd\xe8\x00\x00\x00\x01\xc0\xa8\x01\x66\xc0\xa8\x01\x0a\x00\x00\x00\x01\x56\x1e\x8d\x53\x00\x01\x01\x04\xc0\xa8\x00\x0f\x10\xc0\xa8\x00\x2b" +
		"\x40\x01\x01\x00\x40\x02\x04\x02\x01\xfd\xf7\x40\x05\x04\x00\x00\x00\x64\xc0\x07\x08\x00\x00\xfd\xe8\xc0\xa8\x00\x0f\x80\x09\x04\xc0\xa8\x00\x0f\x80\x0a\x04\xc0\xa8\x00\x0a")
	e, err := ParseEntry(&Record{Type: TypeBGP4MP, Subtype: Entry, Body: body})
	if err != nil || e.PeerAS != 65000 || e.Peer != netip.MustParseAddr("192.168.1.102") || e.Status != 1 || e.Family != inet.IPv4Unicast ||
		!bytes.Equal(e.NLRI, []byte{16, 192, 168}) || !bytes.Equal(e.NextHop, []byte{192, 168, 0, 15}) || len(e.Attrs) != 43 {
		t.Errorf("%v %+v", err, e)
	}
}

// Some put addresses and AS numbers before the positions, as in the other table.
func TestGeoPeersWithAddresses(t *testing.T) {
	body := append([]byte{192, 0, 2, 9, 0, 0}, Position{52, 4}.append(nil)...)
	body = append(body, 0, 1, 2, 192, 0, 2, 1, 192, 0, 2, 1, 0, 0, 0xfb, 0xf5)
	body = Position{-1, 2}.append(body)
	g, err := ParseGeoPeers(body)
	if err != nil || len(g.Peers) != 1 || g.Peers[0].Position != (Position{-1, 2}) || !g.Known() {
		t.Errorf("%v %+v", err, g)
	}
	if p := Withheld(); p.Known() || !math.IsNaN(float64(p.Latitude)) {
		t.Errorf("%+v", p)
	}
}
