package bgp

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"

	"example.com/rotonda/routecore/inet"
)

func TestAttributesMadeOfValuesAreThoseThatWereMeant(t *testing.T) {
	v4, v6, local := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("fe80::1")
	rt, _ := NewRouteTarget(64496, 100)
	large := LargeCommunity{64496, 1, 2}
	list := []Attr{
		WithLargeCommunities(large), WithExtCommunities(rt), WithCommunities(0xfbf00064, GracefulShutdown), WithLocalPref(200),
		WithMED(10), WithNextHop(v4), WithASPath(64496, 4200000000), WithOrigin(OriginIncomplete),
	}
	a := NewAttrs(list...)
	if !a.Valid() {
		t.Fatalf("not canonical: %x", []byte(a))
	}
	want := `[{"origin":"Incomplete"},{"asPath":["AS64496","AS4200000000"]},{"conventionalNextHop":"192.0.2.1"},` +
		`{"multiExitDisc":10},{"localPref":200},{"standardCommunities":["AS64496:100","GRACEFUL_SHUTDOWN"]},` +
		`{"extendedCommunities":["rt:64496:100"]},{"largeCommunities":["64496:1:2"]}]`
	if a.String() != want {
		t.Errorf("got  %v\nwant %v", a, want)
	}
	if slices.Reverse(list); !bytes.Equal(a, NewAttrs(list...)) {
		t.Error("the order of the list matters")
	}
	changed := a.With(WithMED(20), WithMED(30))
	if med, _ := changed.MED(); med != 30 || len(changed) != len(a) {
		t.Errorf("MED %d in %d octets, want 30 in %d", med, len(changed), len(a))
	}
	if same := a.With(); !bytes.Equal(same, a) || &same[0] == &a[0] {
		t.Error("With of nothing is no copy")
	}
	six := NewAttrs(WithNextHop(v6, local), WithASPath())
	if six.NextHop() != v6 || six.LinkLocal() != local || six.ASPath().Len() != 0 || !six.Has(AttrASPath) {
		t.Errorf("got %v", six)
	}
	if v := []byte(NewAttrs()); !Attrs(v).Valid() {
		t.Error("an empty list gives no canonical form")
	}
}

func TestALongPathIsSplitIntoSegments(t *testing.T) {
	hops := make([]inet.ASN, 600)
	for i := range hops {
		hops[i] = inet.ASN(i + 1)
	}
	p := ASPath(AppendASPath(nil, hops...))
	var sizes []int
	for s := range p.Segments() {
		sizes = append(sizes, s.ASNs.Len())
	}
	if !slices.Equal(sizes, []int{255, 255, 90}) || !slices.Equal(slices.Collect(p.Hops()), hops) {
		t.Errorf("segments of %v", sizes)
	}
}

func TestAnOpenHasTheCapabilityOfFourOctetsOnce(t *testing.T) {
	id := netip.MustParseAddr("192.0.2.1")
	own := Capability{CapASN4, []byte{0, 0, 0, 9}}
	for _, test := range []struct {
		caps []Capability
		want int
		asn  inet.ASN
	}{
		{nil, 1, 4200000000},
		{[]Capability{NewFlag(CapRouteRefresh)}, 2, 4200000000},
		{[]Capability{NewFlag(CapRouteRefresh), own}, 2, 9},
	} {
		if o := NewOpen(4200000000, 90, id, test.caps...); len(o.Caps) != test.want || o.ASN() != test.asn {
			t.Errorf("%v: got %v", test.caps, o.Caps)
		}
	}
}

func TestRoutesOfAnUpdateFollowItsVerdict(t *testing.T) {
	p4, q4, p6 := netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("2001:db8::/32")
	a := NewAttrs(WithOrigin(OriginIGP), WithASPath(64496), WithNextHop(netip.MustParseAddr("192.0.2.1")))
	v4 := inet.AppendPrefix(nil, p4)
	attrs := a.AppendWire(nil, inet.IPv4Unicast, Ctx{ASN4: true}, FormUpdate, nil)
	attrs = append(attrs, 0x80, 15, byte(3+5), 0, 2, 1)
	attrs = inet.AppendPrefix(attrs, p6)
	body := append([]byte{0, byte(len(v4))}, v4...)
	body = append(body, byte(len(attrs)>>8), byte(len(attrs)))
	at := len(body)
	body = inet.AppendPrefix(append(body, attrs...), q4)
	read := func(b []byte) (out []string) {
		var u Update
		ParseUpdate(&u, b, Ctx{ASN4: true})
		for n, announced := range u.Routes() {
			word := "withdraw "
			if announced {
				word = "announce "
			}
			out = append(out, word+n.String())
		}
		return out
	}
	want := []string{"withdraw ipv4 unicast 192.0.2.0/24", "withdraw ipv6 unicast 2001:db8::/32", "announce ipv4 unicast 198.51.100.0/24"}
	if got := read(body); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	bad := bytes.Clone(body)
	bad[at+3] = 7 // the value of ORIGIN
	want[2] = "withdraw ipv4 unicast 198.51.100.0/24"
	if got := read(bad); !slices.Equal(got, want) {
		t.Errorf("with a bad ORIGIN got %q", got)
	}
	if got := read(body[:3]); got != nil {
		t.Errorf("of a reset came %q", got)
	}
}
