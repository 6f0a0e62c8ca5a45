package main

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/routecore/mrt"
)

// rareRecords is a file of the record types that few writers use.
func rareRecords(t *testing.T) []byte {
	t.Helper()
	peer, local := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.9")
	var b bytes.Buffer
	w := mrt.NewWriter(&b)
	s := mrt.Session{PeerAS: 64501, LocalAS: 64500, Peer: peer, Local: local}
	evpn := append([]byte{3, 17}, 0, 0, 0xfb, 0xf4, 0, 0, 0, 1, 0, 0, 0, 0, 32, 192, 0, 2, 7)
	attrs := []byte{0x40, 1, 1, 0, 0x40, 2, 4, 2, 1, 0xfb, 0xf5}
	at := int64(1_700_000_000e6)
	for _, err := range []error{
		w.PeerIndex(at, mrt.PeerIndex{Collector: local, View: "all", Peers: []mrt.Peer{{ID: peer, Addr: peer, ASN: 64501}, {ID: local, Addr: local, ASN: 64502}}}),
		w.GeoPeers(at, mrt.GeoPeers{Collector: local, Position: mrt.Position{Latitude: 52.5, Longitude: 4.25}, Peers: []mrt.GeoPeer{{ID: peer, Position: mrt.Withheld()}, {ID: local, Position: mrt.Position{Latitude: -1, Longitude: 2}}}}),
		w.RIB(at, mrt.RIB{Family: inet.L2VPNEVPN, AddPath: true, NLRI: evpn}, []mrt.RIBEntry{{Peer: 1, PathID: 7}}),
		w.Snapshot(at, mrt.SnapshotRecord{View: 1, File: "table"}),
		w.Entry(at, mrt.EntryRecord{Session: s, Family: inet.IPv4Unicast, NextHop: peer.AsSlice(), NLRI: []byte{8, 10}, Attrs: attrs}),
		w.Message(at, mrt.Message{Session: s, Sent: true, Raw: bgp.AppendKeepalive(nil)}),
		w.StateChange(at, mrt.StateChange{Session: s, AS2: true, Old: mrt.Established, New: mrt.Idle}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func TestDumpShowsRareRecords(t *testing.T) {
	raw := rareRecords(t)
	got, stderr, err := runDump(t, bytes.NewReader(raw), "--json", "-")
	if err != nil || stderr != "" {
		t.Fatal(err, stderr)
	}
	for _, want := range []string{
		`"type":"peerIndex"`, `"view":"all","peers":2`,
		`"latitude":52.5,"longitude":4.25`,
		`"peerAsn":64501,"peerAddress":"192.0.2.1","id":"192.0.2.1"}`, // withheld
		`"id":"192.0.2.9","latitude":-1,"longitude":2`,
		`"family":"l2vpn evpn","nlri":{"type":`, `"pathId":7`,
		`"type":"snapshot"`, `"file":"table"`,
		`"prefix":"10.0.0.0/8","attributes":[{"origin":"Igp"},{"asPath":["AS64501"]},{"conventionalNextHop":"192.0.2.1"}]`,
		`"sent":true`, `"type":"keepalive"`, `"states":["Established","Idle"]`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in\n%s", want, got)
		}
	}
	text, _, _ := runDump(t, bytes.NewReader(raw), "-")
	for _, want := range []string{"latitude 52.5", "10.0.0.0/8", "via 192.0.2.1 path 64501 IGP", "Established -> Idle", "l2vpn evpn "} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing in\n%s", want, text)
		}
	}
}

func TestDumpGoesOnBehindDamage(t *testing.T) {
	raw, err := os.ReadFile(testkit.Data(t, "mrt/mrtparse/quagga_bgp"))
	if err != nil {
		t.Fatal(err)
	}
	var d dump
	whole := d.count("-", &input{stdin: bytes.NewReader(raw)})
	bad := bytes.Clone(raw)
	copy(bad[len(bad)/2:], strings.Repeat("damage! ", 12))
	name := filepath.Join(t.TempDir(), "damaged")
	if err := os.WriteFile(name, bad, 0o600); err != nil {
		t.Fatal(err)
	}
	s := d.count(name, new(input))
	if s.Records+5 < whole.Records || s.Records >= whole.Records || len(s.Errors) == 0 || s.Errors[0].Offset < int64(len(bad)/2-100) {
		t.Errorf("%d of %d records, %v", s.Records, whole.Records, s.Errors)
	}
	if _, stderr, err := runDump(t, nil, name); err == nil || !strings.Contains(stderr, "went on") {
		t.Errorf("%v, %s", err, stderr)
	}
}

// An UPDATE that is odd but can be read makes no exit code; records at their word.
func TestDumpRemarksWhatIsOdd(t *testing.T) {
	_, stderr, err := runDump(t, nil, "--stats", testkit.Data(t, "mrt/bgpipe/sample.mrt"))
	if err != nil || strings.Count(stderr, "path identifiers") != 1 {
		t.Errorf("%v, %s", err, stderr)
	}
	_, stderr, err = runDump(t, nil, "--stats", testkit.Data(t, "mrt/bgpdump/updates.et-header.2015.gz"))
	if err != nil || !strings.Contains(stderr, "AS 0") {
		t.Errorf("%v, %s", err, stderr)
	}
}

func TestProgressCountsTheBytesOfTheFile(t *testing.T) {
	var screen bytes.Buffer
	p := &progress{src: strings.NewReader(strings.Repeat("x", 1000)), screen: &screen, name: "rib", size: 1000, percent: -1}
	buf := make([]byte, 100)
	for {
		if _, err := p.Read(buf); err != nil {
			break
		}
	}
	got := screen.String()
	if !strings.Contains(got, "rib: 10 %") || !strings.Contains(got, "rib: 100 %") || !strings.HasSuffix(got, "\r\x1b[K") || strings.Count(got, "%") != 10 {
		t.Errorf("%q", got)
	}
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if withProgress(f, &screen, &screen) != f {
		t.Error("progress where no terminal is")
	}
}
