package api

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/rotonda/ingress"
	"example.com/rotonda/internal/simulate"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/routecore/mrt"
	"example.com/rotonda/store"
)

// readDump calls f for each route of an MRT file, with its canonical attributes.
// The answer is the number of RIB records.
func readDump(t *testing.T, file []byte, f func(mrt.Peer, *mrt.RIB, *mrt.RIBEntry, bgp.Attrs)) (records int) {
	t.Helper()
	r := mrt.NewReader(bytes.NewReader(file))
	var index mrt.PeerIndex
	for n := 0; ; n++ {
		rec, err := r.Next()
		if err == io.EOF {
			return n - 1
		}
		if err != nil {
			t.Fatal(err)
		}
		if rec.Type == mrt.TypeTableDumpV2 && rec.Subtype == mrt.PeerIndexTable && n == 0 {
			if index, err = mrt.ParsePeerIndex(rec.Body); err != nil {
				t.Fatal(err)
			}
			continue
		}
		rib, err := mrt.ParseRIB(&rec)
		if err != nil || !rec.IsRIB() || n == 0 {
			t.Fatalf("record %d: %v of type %v, subtype %d", n, err, rec.Type, rec.Subtype)
		}
		for e := (mrt.RIBEntry{}); rib.Next(&e); {
			var u bgp.Update
			bgp.ParseAttributes(&u, e.Attrs, bgp.MonitorCtx(true), rib.Family, bgp.FormTableDumpV2)
			f(index.Peers[e.Peer], &rib, &e, u.AppendAttrs(nil, rib.Family))
		}
		if rib.Err() != nil {
			t.Fatal(rib.Err())
		}
	}
}

// listDump is what an MRT file says, a line a route, in its order.
func listDump(t *testing.T, file []byte) (routes []string, records int) {
	t.Helper()
	records = readDump(t, file, func(p mrt.Peer, rib *mrt.RIB, e *mrt.RIBEntry, a bgp.Attrs) {
		id := "-"
		if rib.AddPath {
			id = fmt.Sprint(e.PathID)
		}
		routes = append(routes, fmt.Sprintf("%s %x %s AS%d %s %d %x", rib.Family, rib.NLRI, p.Addr, p.ASN, id, e.Originated, []byte(a)))
	})
	return routes, records
}

func TestATableDumpComesBackAsItWas(t *testing.T) {
	var file bytes.Buffer
	if err := simulate.WriteMRT(&file, simulate.New(7, 2000), 5); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.rib.store = store.New(store.Options{})
	w.rib.table = w.rib.store.Table("rib")
	peers := map[mrt.Peer]ingress.ID{}
	origin := lease(t, w.register, ingress.Key{Unit: "mrt-in", Kind: ingress.KindMRT, Name: "x.mrt"}, func(*ingress.Info) {})
	head, err := mrt.NewReader(bytes.NewReader(file.Bytes())).Next()
	if err != nil {
		t.Fatal(err)
	}
	index, err := mrt.ParsePeerIndex(head.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range index.Peers { // in the file's order, which is then that of the answer
		peers[p] = lease(t, w.register, ingress.Key{Unit: "mrt-in", Kind: ingress.KindMRT, Parent: origin, Addr: p.Addr, ASN: p.ASN}, func(*ingress.Info) {})
	}
	readDump(t, file.Bytes(), func(p mrt.Peer, rib *mrt.RIB, e *mrt.RIBEntry, a bgp.Attrs) {
		lane := w.rib.store.Lane(store.LaneKey{Table: w.rib.table, Ingress: uint32(peers[p]), Family: rib.Family})
		lane.Apply(&store.Change{NLRI: bgp.NLRI{Family: rib.Family, Bytes: rib.NLRI}, Attrs: a, Time: e.Originated})
	})
	rec := w.get(t, "/api/v1/ribs/rib/routes?format=mrt")
	if rec.Code != http.StatusOK || rec.Header().Get("Content-Type") != "application/octet-stream" {
		t.Fatalf("%d %v", rec.Code, rec.Header())
	}
	want, n := listDump(t, file.Bytes())
	got, records := listDump(t, rec.Body.Bytes())
	if len(want) < 5000 || n != records {
		t.Errorf("%d routes of %d prefixes, want %d prefixes", len(want), records, n)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the routes (-want +got):\n%.4000s", diff)
	}
}

func TestPathIdentifiersStayInATableDump(t *testing.T) {
	w := newWorld(t)
	w.rib.announce(77, attrs("198.51.100.7", nil, 64507), 0, "192.0.2.0/24") // of a peer the register does not know
	for query, want := range map[string][]string{
		"prefix=192.0.2.0/24": {
			"198.51.100.1 AS64500 false 0", "198.51.100.1 AS64500 false 0", "0.0.0.0 AS0 false 0",
			"2001:db8::1 AS64999 true 1", "2001:db8::1 AS64999 true 2",
		},
		"prefix=192.0.2.0/24&peerAsn=64999": {"2001:db8::1 AS64999 true 1", "2001:db8::1 AS64999 true 2"},
		"prefix=192.0.2.0/24&limit=1":       {"198.51.100.1 AS64500 false 0"},
		"prefix=2001:db8::/32":              {"2001:db8::1 AS64999 false 0"},
		"prefix=10.0.0.0/8":                 nil,
	} {
		var got []string
		readDump(t, w.get(t, "/api/v1/ribs/rib/routes?format=mrt&"+query).Body.Bytes(), func(p mrt.Peer, rib *mrt.RIB, e *mrt.RIBEntry, a bgp.Attrs) {
			got = append(got, fmt.Sprintf("%s AS%d %v %d", p.Addr, p.ASN, rib.AddPath, e.PathID))
			if rib.Family == inet.IPv6Unicast {
				if hop, _ := a.Get(bgp.AttrNextHop); !bytes.Equal(hop, netip.MustParseAddr("2001:db8::1").AsSlice()) {
					t.Errorf("%s: the next hop is %x", query, hop)
				}
			}
		})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	for _, status := range []string{"withdrawn", "all"} {
		rec := w.get(t, "/api/v1/ribs/rib/routes?format=mrt&status="+status)
		if rec.Code != http.StatusBadRequest || !strings.Contains(rec.Body.String(), "no withdrawn routes") {
			t.Errorf("status=%s: %d %s", status, rec.Code, rec.Body)
		}
	}
}
