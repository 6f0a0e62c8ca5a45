package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bmp"
	"example.com/rotonda/routecore/inet"
)

// bmpPeer is a peer of a VRF.
var bmpPeer = bmp.PeerHeader{Type: bmp.RDPeer, RD: inet.RD{2: 0xfd, 3: 0xe8, 7: 1}, Addr: netip.MustParseAddr("192.0.2.1"),
	ASN: 64501, ID: netip.MustParseAddr("10.0.0.1"), Time: 1_700_000_000_000_005}

// bmpUpdate announces 198.51.100.0/24 and 203.0.113.0/24.
func bmpUpdate() []byte {
	attrs := []byte{0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfb, 0xf5, 0x40, 3, 4, 192, 0, 2, 1}
	body := append(append([]byte{0, 0, 0, byte(len(attrs))}, attrs...), 24, 198, 51, 100, 24, 203, 0, 113)
	msg := append(bytes.Repeat([]byte{0xff}, 16), 0, byte(bgp.HeaderLen+len(body)), 2)
	return append(msg, body...)
}

func bmpContent(c bmp.Content) []byte { return bmp.AppendMessage(nil, c) }

// bmpMessages is a message of each kind with the parts that few have, and what dump
// --json says of it.
func bmpMessages() []struct {
	msg  []byte
	want string
} {
	open := bgp.AppendKeepalive(nil)
	open = append(open[:16], 0, 29, 1, 4, 0xfb, 0xf5, 0, 90, 10, 0, 0, 1, 0)
	cease := append(bytes.Repeat([]byte{0xff}, 16), 0, 21, 3, 6, 4)
	local := bmp.PeerHeader{Type: bmp.LocalPeer, RD: inet.RD{7: 7}, Addr: bmpPeer.Addr, ASN: 64501, ID: bmpPeer.ID}
	info := bmp.AppendTLV(bmp.AppendTLV(bmp.AppendTLV(nil, bmp.TLV{Type: bmp.PeerTableName, Value: []byte("blue")}),
		bmp.TLV{Type: bmp.PeerAdminLabel, Value: []byte("label")}), bmp.TLV{Type: 9, Value: []byte{1}})
	return []struct {
		msg  []byte
		want string
	}{
		{bmp.AppendInitiation(nil, bmp.TLV{Type: bmp.InitString, Value: []byte("one")}, bmp.TLV{Type: bmp.InitSysName, Value: []byte("r1")}, bmp.TLV{Type: bmp.InitString, Value: []byte("two")}, bmp.TLV{Type: 77, Value: []byte{1, 2}}),
			`"type":"initiation","text":"one\ntwo","sysName":"r1","tlvs":[{"type":77,"value":"0102"}]`},
		{bmp.AppendPeerUp(nil, bmpPeer, bmp.PeerUpMessage{Local: bmpPeer.Addr, LocalPort: 179, RemotePort: 4000, Sent: open, Received: open, Info: info}),
			`"view":"inPre","peerType":"RdInstance","distinguisher":"65000:1","table":"blue","bgpId":"10.0.0.1",`},
		{bmp.AppendRouteMonitoring(nil, bmpPeer, bmpUpdate()),
			`"peerType":"RdInstance","distinguisher":"65000:1","table":"blue","family":"ipv4 unicast","prefix":"203.0.113.0/24"`},
		{bmp.AppendRouteMonitoring(nil, local, bmpUpdate()), `"peerType":"LocalInstance","distinguisher":"0:7","family":`},
		{bmp.AppendStats(nil, bmpPeer, bmp.Stat{Type: 7, Value: 5}, bmp.Stat{Type: 9, Family: inet.IPv6Unicast, Value: 6}, bmp.Stat{Type: 99, Raw: []byte("abc")}),
			`"values":{"adjRibInRoutes":5,"adjRibInRoutesPerFamily ipv6 unicast":6},"others":[{"type":99,"value":"616263"}]`},
		{bmpContent(bmp.Content{Version: 4, Type: bmp.StatsReport, Peer: bmpPeer, Stats: []bmp.Stat{{Type: 7, Value: 5}, {Type: 0x8005, Enterprise: 9, Raw: []byte{0, 0, 0, 1}}}}),
			`"values":{"adjRibInRoutes":5,"enterprise 9 type 5":1}`},
		{bmp.AppendMirroring(nil, bmpPeer, bmp.TLV{Type: bmp.MirrorInformation, Value: []byte{0, 0}}, bmp.TLV{Type: bmp.MirrorMessage, Value: []byte{1, 2, 3}}),
			`"type":"mirroring","received":"2023-11-14T22:13:20.000005Z","peerAsn":64501,"peerAddress":"192.0.2.1","view":"inPre","peerType":"RdInstance","distinguisher":"65000:1","table":"blue","information":["erroredPDU"],"messages":["010203"]`},
		{bmpContent(bmp.Content{Version: 4, Type: bmp.RouteMonitoring, Peer: bmpPeer, Indexed: []bmp.IndexedTLV{
			{TLV: bmp.TLV{Type: 4, Value: bmpUpdate()}}, {TLV: bmp.TLV{Type: 3, Value: []byte("red")}},
			{TLV: bmp.TLV{Type: 5, Value: bmp.AppendPathMarking(nil, bmp.PathMarking{Status: bmp.PathBest | bmp.PathPrimary, Reason: 3, HasReason: true})}, Index: 2}}}),
			`"table":"red","family":"ipv4 unicast","prefix":"203.0.113.0/24","attributes":[{"origin":"Igp"},{"asPath":["AS64501"]},{"conventionalNextHop":"192.0.2.1"}],"pathMarking":{"status":["best","primary"],"reason":"localPref"}}`},
		{bmp.AppendPeerDown(nil, bmpPeer, bmp.PeerDownMessage{Reason: bmp.DownRemoteNotification, Data: cease}),
			`"table":"blue","reason":"closed by the peer with a NOTIFICATION 6/4","code":3,"notification":{"code":6,"subcode":4,`},
		{bmpContent(bmp.Content{Version: 4, Type: bmp.PeerDown, Peer: local, Down: bmp.PeerDownMessage{Reason: bmp.DownLocalEvent, Data: []byte{0, 18}, Info: info}}),
			`"code":2,"fsmEvent":18,"tableName":"blue","adminLabel":"label","tlvs":[{"type":9,"value":"01"}]`},
		{bmpContent(bmp.Content{Version: 4, Type: bmp.Snapshot, Indexed: []bmp.IndexedTLV{{TLV: bmp.TLV{Type: bmp.SnapshotTLV, Value: make([]byte, 16)}}}}),
			`{"type":"snapshot","id":"00000000000000000000000000000000"}`},
		{[]byte{3, 0, 0, 0, 9, 99, 1, 2, 3}, `{"type":"message","kind":99,"raw":"010203"}`},
		{bmp.AppendTermination(nil, bmp.TLV{Type: bmp.TermReason, Value: []byte{0, 2}}), `{"type":"termination","reason":"out of resources"}`},
		// Another recording behind the first.
		{bmp.AppendInitiation(nil, bmp.TLV{Type: bmp.InitSysName, Value: []byte("r2")}), `"sysName":"r2"`},
		{bmp.AppendRouteMonitoring(nil, bmpPeer, bmpUpdate()), `"distinguisher":"65000:1","family":"ipv4 unicast"`},
	}
}

func TestDumpShowsAllThatBMPSays(t *testing.T) {
	var stream []byte
	for _, m := range bmpMessages() {
		stream = append(stream, m.msg...)
	}
	got, stderr, err := runDump(t, bytes.NewReader(stream), "--json", "-")
	if err != nil || stderr != "" {
		t.Fatal(err, stderr)
	}
	rest := got
	for _, m := range bmpMessages() {
		at := strings.Index(rest, m.want)
		if at < 0 {
			t.Fatalf("%s is missing, or out of order, in\n%s", m.want, got)
		}
		rest = rest[at:]
	}
	for line := range strings.Lines(got) {
		if err := uniqueKeys(json.NewDecoder(strings.NewReader(line))); err != nil {
			t.Errorf("%v: %s", err, line)
		}
	}
	text, _, _ := runDump(t, bytes.NewReader(stream), "-")
	for _, want := range []string{"inPre  rd 65000:1  table \"blue\"", "tlvs type 77 0x0102", "information erroredPDU", "fsmEvent 18"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing in\n%s", want, text)
		}
	}
}

// uniqueKeys reads a JSON value and fails where an object has a name twice.
func uniqueKeys(d *json.Decoder) error {
	var open []map[string]bool // nil for arrays
	name := false
	for {
		token, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case token == json.Delim('{'):
			open, name = append(open, map[string]bool{}), true
			continue
		case token == json.Delim('['):
			open, name = append(open, nil), false
			continue
		case token == json.Delim('}') || token == json.Delim(']'):
			open = open[:len(open)-1]
		case name:
			if key := token.(string); open[len(open)-1][key] {
				return fmt.Errorf("%q twice", key)
			} else {
				open[len(open)-1][key] = true
			}
			name = false
			continue
		}
		name = len(open) > 0 && open[len(open)-1] != nil
	}
}

// What of a BMP message cannot be read is damage; what is only odd is not.
func TestDumpTellsDamagedBMPFromOdd(t *testing.T) {
	odd := bmp.AppendPeerDown(nil, bmpPeer, bmp.PeerDownMessage{Reason: bmp.DownRemote})
	if _, stderr, err := runDump(t, bytes.NewReader(odd), "-"); err != nil || !strings.Contains(stderr, "not up") {
		t.Errorf("%v, %s", err, stderr)
	}
	for name, msg := range map[string][]byte{
		"no UPDATE":       bmp.AppendRouteMonitoring(nil, bmpPeer, []byte("garbage")),
		"a bad marker":    bmp.AppendRouteMonitoring(nil, bmpPeer, append([]byte{0}, bmpUpdate()[1:]...)),
		"no peer header":  {3, 0, 0, 0, 8, 0, 1, 2},
		"a cut Peer Up":   bmp.AppendPeerUp(nil, bmpPeer, bmp.PeerUpMessage{Local: bmpPeer.Addr}),
		"a cut TLV":       bmp.AppendTermination(nil, bmp.TLV{Type: 0, Value: []byte("x")})[:10],
		"no reason":       bmp.AppendPeerDown(nil, bmpPeer, bmp.PeerDownMessage{})[:48],
		"a cut statistic": bmp.AppendStats(nil, bmpPeer, bmp.Stat{Type: 7})[:60],
	} {
		msg[4] = byte(len(msg))
		stdout, stderr, err := runDump(t, bytes.NewReader(msg), "--json", "-")
		if err == nil || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "-:0: bmp: octet ") {
			t.Errorf("%s: %v, %s%s", name, err, stdout, stderr)
		}
	}
}
