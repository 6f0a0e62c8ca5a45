package ingress_test

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strconv"
	"testing"
	"time"

	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/inet"
	"github.com/google/go-cmp/cmp"
)

func TestExpire(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	r := ingress.New(ingress.Options{Now: func() time.Time { return now }})
	router := lease(t, r, ingress.Key{Unit: "bmp", Kind: ingress.KindBMP}, ingress.Refuse)
	peer := lease(t, r, ingress.Key{Unit: "bmp", Kind: ingress.KindBGPInBMP, Parent: router.ID()}, ingress.Refuse)
	held := lease(t, r, key(1), ingress.Refuse)
	kept := lease(t, r, key(2), ingress.Refuse)
	router.Release()
	kept.Release()
	now = now.Add(time.Hour)
	if gone := r.Expire(now, time.Minute); !slices.Equal(gone, []ingress.ID{kept.ID()}) {
		t.Errorf("%v went; a router with peers and held ids stay", gone)
	}
	peer.Release()
	if gone := r.Expire(now, time.Minute); len(gone) != 0 {
		t.Errorf("%v went too early", gone)
	}
	now = now.Add(time.Hour)
	if gone := r.ExpireFunc(now, time.Minute, func(i *ingress.Info) bool { return i.Kind == ingress.KindBGPInBMP }); len(gone) != 0 {
		t.Errorf("%v went, though needed", gone)
	}
	if gone := r.Expire(now, time.Minute); len(gone) != 2 || r.Info(router.ID()) != nil || r.Session(peer.ID()) != 0 || r.Len() != 1 {
		t.Errorf("%v went, %d left", gone, r.Len())
	}
	if l := lease(t, r, key(2), ingress.Refuse); l.ID() != 5 || held.ID() != 3 {
		t.Errorf("id %d was given again", l.ID())
	}
}

func TestManyIDsInOrder(t *testing.T) {
	r := ingress.New(ingress.Options{})
	for n := range 1000 {
		k := key(0)
		k.VRF = strconv.Itoa(n)
		lease(t, r, k, ingress.Refuse).Release()
	}
	next := ingress.ID(1)
	for i := range r.All() {
		if i.ID != next {
			t.Fatalf("id %d, want %d", i.ID, next)
		}
		next++
	}
	if next != 1001 {
		t.Errorf("listed %d", next-1)
	}
	r.ExpireFunc(time.Now().Add(time.Hour), 0, func(i *ingress.Info) bool { return i.ID > 600 })
	for i := range r.All() {
		if i.ID <= 600 {
			t.Fatalf("id %d is still there", i.ID)
		}
	}
	if r.Info(5) != nil || r.Info(601) == nil || r.Len() != 400 {
		t.Error("the wrong ones went")
	}
}

func TestJSON(t *testing.T) {
	for _, tc := range []struct {
		name string
		info ingress.Info
		want string
	}{
		{"bare", ingress.Info{ID: 1}, `{"id":1,"state":"Disconnected"}`},
		{"a BMP peer", ingress.Info{ID: 5, State: ingress.Connected, LocalCaps: []byte{1}, Key: ingress.Key{Unit: "bmp-in", Kind: ingress.KindBGPInBMP, Parent: 2,
			Addr: netip.MustParseAddr("198.51.100.1"), ASN: 64500, View: ingress.InPre}},
			`{"id":5,"unit_name":"bmp-in","ingress_type":"bgpViaBmp","parent_ingress":2,"state":"Connected","remote_addr":"198.51.100.1","remote_asn":64500,"rib_type":"AdjRibIn","peer_rib_type":"inPre","peer_type":"GlobalInstance"}`},
		{"a VRF's table", ingress.Info{ID: 6, Key: ingress.Key{Unit: "b", Kind: ingress.KindBGPInBMP, PeerType: 3, VRF: `r"d`, View: ingress.Loc, RD: [8]byte{0, 0, 0, 1, 0, 0, 0, 255}}},
			`{"id":6,"unit_name":"b","ingress_type":"bgpViaBmp","state":"Disconnected","rib_type":"LocRib","peer_rib_type":"loc","peer_type":"LocalRibInstance","distinguisher":[0,0,0,1,0,0,0,255],"vrf_name":"r\"d"}`},
		{"a router", ingress.Info{ID: 7, Desc: "Cisco", State: ingress.Connected, Key: ingress.Key{Unit: "b", Kind: ingress.KindBMP, Name: "core1"}},
			`{"id":7,"unit_name":"b","ingress_type":"bmp","state":"Connected","name":"core1","desc":"Cisco"}`},
		{"a file", ingress.Info{ID: 8, State: ingress.NonNetwork, Key: ingress.Key{Unit: "m", Kind: ingress.KindMRT, Name: "rib.gz"}},
			`{"id":8,"unit_name":"m","ingress_type":"mrt","state":"NonNetwork","filename":"rib.gz"}`},
		{"a session", ingress.Info{ID: 9, LocalASN: 64501, Key: ingress.Key{Unit: "s", Kind: ingress.KindBGP, View: ingress.OutPost}},
			`{"id":9,"unit_name":"s","ingress_type":"bgp","state":"Disconnected","rib_type":"AdjRibOut","peer_rib_type":"outPost","local_asn":64501}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := json.Marshal(&tc.info)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNamesParseBack(t *testing.T) {
	for v := ingress.InPre; v <= ingress.OutPost; v++ {
		if got, ok := ingress.ParseView(v.String()); !ok || got != v || v.RIBType() == "" {
			t.Errorf("view %d", v)
		}
	}
	for k := ingress.KindBMP; k <= ingress.KindBGPOut; k++ {
		if got, ok := ingress.ParseKind(k.String()); !ok || got != k {
			t.Errorf("kind %d", k)
		}
	}
	if _, ok := ingress.ParseView(""); ok {
		t.Error("the empty name is a view")
	}
	if _, ok := ingress.ParseKind("x"); ok || ingress.View(99).String() != "" || ingress.Kind(99).String() != "" {
		t.Error("an unknown name is known")
	}
}

func TestAFullRegisterForgetsRoutersThatAreGone(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	r := ingress.New(ingress.Options{Now: func() time.Time { return now }, Max: 16})
	get := func(k ingress.Key) *ingress.Lease {
		t.Helper()
		l, err := r.Lease(t.Context(), k, ingress.Refuse)
		if err != nil {
			t.Fatalf("%+v: %v", k, err)
		}
		return l
	}
	file := get(ingress.Key{Kind: ingress.KindMRT, Name: "file"})
	file.Release() // its routes are still there
	up := get(ingress.Key{Kind: ingress.KindBMP, Name: "up"})
	for i := range 14 {
		l := get(ingress.Key{Kind: ingress.KindBGPInBMP, Parent: up.ID(), ASN: inet.ASN(i)})
		if i > 0 {
			l.Release()
		}
		now = now.Add(time.Hour)
	}
	late := ingress.Key{Kind: ingress.KindBGP, ASN: 64500}
	get(late)
	for _, k := range []ingress.Key{{Kind: ingress.KindMRT, Name: "file"}, {Kind: ingress.KindBMP, Name: "up"}, {Kind: ingress.KindBGPInBMP, Parent: up.ID()}, {Kind: ingress.KindBGPInBMP, Parent: up.ID(), ASN: 13}, late} {
		if r.Find(k) == nil && k.ASN != 13 {
			t.Errorf("%+v is gone", k)
		}
	}
	for i := r.Len(); i < 16; i++ {
		get(ingress.Key{Kind: ingress.KindBGP, ASN: inet.ASN(i)})
	}
	if _, err := r.Lease(t.Context(), ingress.Key{Kind: ingress.KindBGP, ASN: 1 << 20}, ingress.Replace); err != ingress.ErrFull {
		t.Errorf("%v, want %v", err, ingress.ErrFull)
	}
	get(ingress.Key{Kind: ingress.KindMRT, Name: "file"}) // one that there is
}
