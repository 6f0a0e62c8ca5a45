package bgp

import (
	"bytes"
	"errors"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/rotonda/routecore/inet"
)

var compareAddr = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

var v4and6 = NewFamilySet(inet.IPv4Unicast, inet.IPv6Unicast)

func fullOpen() Open {
	return NewOpen(196608, 90, netip.MustParseAddr("192.0.2.1"),
		NewMultiprotocol(inet.IPv4Unicast), NewMultiprotocol(inet.IPv6Unicast), NewFlag(CapRouteRefresh), NewFlag(CapEnhancedRouteRefresh),
		NewFlag(CapExtendedMessage), NewAddPath(AddPathSets{Receive: v4and6, Send: NewFamilySet(inet.IPv4Unicast)}),
		NewExtendedNextHop(NewFamilySet(inet.IPv4Unicast)), NewRole(RoleCustomer),
		NewGracefulRestart(GracefulRestart{true, true, 120, v4and6, NewFamilySet(inet.IPv6Unicast)}),
		NewLLGR(LLGR{inet.IPv4Unicast, true, 86400}), Capability{240, []byte{1, 2, 3}})
}

func TestOpenRoundTrip(t *testing.T) {
	small := Open{Version: 4, AS: 64500, HoldTime: 180, ID: netip.MustParseAddr("10.0.0.1")}
	long := fullOpen()
	for range 20 {
		long.Caps = append(long.Caps, Capability{241, make([]byte, 100)})
	}
	odd := small
	odd.Params = []byte{1, 2, 0xaa, 0xbb}
	for name, o := range map[string]Open{"without capabilities": small, "full": fullOpen(), "extended parameters": long, "another parameter": odd} {
		t.Run(name, func(t *testing.T) {
			wire := o.Append([]byte("x"))[1:]
			m, n, err := ReadMessage(wire, MaxMessage)
			if err != nil || n != len(wire) || m.Type != MsgOpen {
				t.Fatalf("%v %d %v", err, n, m.Type)
			}
			got, err := ParseOpen(m.Body())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(o, got, compareAddr, cmp.Comparer(func(a, b Capability) bool {
				return a.Code == b.Code && bytes.Equal(a.Value, b.Value)
			})); diff != "" {
				t.Error(diff)
			}
			for i := range m.Body() {
				if _, err := ParseOpen(m.Body()[:i]); err == nil {
					t.Errorf("an OPEN of %d octets, cut at %d, parses", len(m.Body()), i)
				}
			}
		})
	}
}

func TestOpenGetters(t *testing.T) {
	o := fullOpen()
	if o.ASN() != 196608 || o.AS != 23456 {
		t.Errorf("AS %v, field %d", o.ASN(), o.AS)
	}
	if o.Families() != v4and6 || o.ExtendedNextHop() != NewFamilySet(inet.IPv4Unicast) {
		t.Errorf("families %v, extended next hop %v", o.Families(), o.ExtendedNextHop())
	}
	if got := o.AddPath(); got != (AddPathSets{v4and6, NewFamilySet(inet.IPv4Unicast)}) {
		t.Errorf("add-path %+v", got)
	}
	if r, ok := o.Role(); !ok || r != RoleCustomer {
		t.Errorf("role %v", r)
	}
	if g, ok := o.GracefulRestart(); !ok || g != (GracefulRestart{true, true, 120, v4and6, NewFamilySet(inet.IPv6Unicast)}) {
		t.Errorf("graceful restart %+v", g)
	}
	if l := o.LLGR(); len(l) != 1 || l[0] != (LLGR{inet.IPv4Unicast, true, 86400}) {
		t.Errorf("llgr %+v", l)
	}
	if err := o.Validate(); err != nil {
		t.Error(err)
	}
	o.Caps = append(o.Caps, Capability{CapFQDN, []byte("\x02r1\x07example")}, Capability{CapSoftwareVersion, []byte("\x05a\x00b\xffc")})
	if host, domain, ok := o.FQDN(); !ok || host != "r1" || domain != "example" {
		t.Errorf("fqdn %q %q", host, domain)
	}
	if v, ok := o.SoftwareVersion(); !ok || v != "a\ufffdb\ufffdc" {
		t.Errorf("version %q", v)
	}
	bare := Open{AS: 64500}
	if bare.Families() != NewFamilySet(inet.IPv4Unicast) || bare.ASN() != 64500 || bare.Has(CapASN4) {
		t.Error("an OPEN without capabilities")
	}
	odd := Open{Caps: []Capability{{CapAddPath, unhex(t, "0001010000020104000101030001")}, {CapExtendedNextHop, unhex(t, "000100010002000100020003")}}}
	if got := odd.AddPath(); got != (AddPathSets{NewFamilySet(inet.IPv4Unicast), NewFamilySet(inet.IPv4Unicast)}) {
		t.Errorf("entries with directions 0 and 4 are ignored: %+v", got)
	}
	if got := odd.ExtendedNextHop(); got != NewFamilySet(inet.IPv4Unicast) {
		t.Errorf("extended next hop %v", got)
	}
}

func TestOpenErrors(t *testing.T) {
	good := fullOpen()
	id := good.ID
	change := func(f func(*Open)) Open {
		o := fullOpen()
		f(&o)
		return o
	}
	tests := []struct {
		name    string
		open    Open
		subcode uint8
		data    []byte
	}{
		{"version 3", change(func(o *Open) { o.Version = 3 }), OpenVersion, []byte{0, 4}},
		{"AS 0", Open{Version: 4, ID: id}, OpenPeerAS, nil},
		{"AS 0 in the capability", Open{Version: 4, AS: 1, ID: id, Caps: []Capability{NewASN4(0)}}, OpenPeerAS, nil},
		{"hold time 1", change(func(o *Open) { o.HoldTime = 1 }), OpenHoldTime, nil},
		{"hold time 2", change(func(o *Open) { o.HoldTime = 2 }), OpenHoldTime, nil},
		{"identifier 0", change(func(o *Open) { o.ID = netip.IPv4Unspecified() }), OpenIdentifier, nil},
		{"unknown parameter", change(func(o *Open) { o.Params = []byte{1, 0} }), OpenParameter, nil},
		{"two roles", change(func(o *Open) { o.Caps = append(o.Caps, NewRole(RolePeer)) }), OpenRoleMismatch, nil},
		{"multiprotocol of 3 octets", Open{Version: 4, AS: 1, ID: id, Caps: []Capability{{CapMultiprotocol, []byte{0, 1, 0}}}}, 0, []byte{1, 3, 0, 1, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var e *Error
			if err := tt.open.Validate(); !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			if e.Code != CodeOpen || e.Subcode != tt.subcode || !bytes.Equal(e.Data, tt.data) || e.RFC == "" {
				t.Errorf("%+v", e)
			}
		})
	}
	if err := change(func(o *Open) { o.HoldTime = 0 }).Validate(); err != nil {
		t.Errorf("hold time 0: %v", err)
	}
}

// TestOneCapabilityTooLong: it is left out, and those behind it stay.
func TestOneCapabilityTooLong(t *testing.T) {
	o := NewOpen(64500, 90, netip.MustParseAddr("192.0.2.1"), Capability{200, make([]byte, 256)}, NewFlag(CapRouteRefresh))
	m, _, err := ReadMessage(o.Append(nil), MaxMessage)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseOpen(m.Body())
	if err != nil || len(got.Caps) != 2 || !got.Has(CapASN4) || !got.Has(CapRouteRefresh) {
		t.Errorf("%v, %v", got.Caps, err)
	}
}

// TestOtherVersionsHaveOtherLayouts: the peer has to learn which version we speak.
func TestOtherVersionsHaveOtherLayouts(t *testing.T) {
	var e *Error
	if _, err := ParseOpen(unhex(t, "05fbf4005ac0000201"+"0a0102")); !errors.As(err, &e) || e.Subcode != OpenVersion || !bytes.Equal(e.Data, []byte{0, 4}) {
		t.Errorf("%+v", e)
	}
}

// TestLongUnknownParameter is refused like a short one (RFC 4271 §6.2).
func TestLongUnknownParameter(t *testing.T) {
	body := append([]byte{4, 0xfb, 0xf4, 0, 90, 192, 0, 2, 1, 255, 255, 1, 3, 200, 1, 0}, make([]byte, 256)...)
	var e *Error
	if _, err := ParseOpen(body); !errors.As(err, &e) || e.Code != CodeOpen || e.Subcode != OpenParameter {
		t.Errorf("%+v", e)
	}
}

func TestNegotiate(t *testing.T) {
	one := func(asn inet.ASN, caps ...Capability) Open {
		return NewOpen(asn, 90, netip.MustParseAddr("192.0.2.1"), caps...)
	}
	v4 := NewFamilySet(inet.IPv4Unicast)
	recv, send := Negotiate(
		one(64500, NewMultiprotocol(inet.IPv4Unicast), NewMultiprotocol(inet.IPv6Unicast), NewAddPath(AddPathSets{Receive: v4and6}),
			NewFlag(CapExtendedMessage), NewExtendedNextHop(v4)),
		one(64501, NewMultiprotocol(inet.IPv4Unicast), NewAddPath(AddPathSets{Receive: v4, Send: v4}), NewFlag(CapExtendedMessage)))
	if diff := cmp.Diff(Ctx{Families: v4, AddPath: v4, ExtNH: v4, MaxLen: MaxExtMessage, ASN4: true}, recv); diff != "" {
		t.Errorf("recv: %s", diff)
	}
	if diff := cmp.Diff(Ctx{Families: v4, MaxLen: MaxExtMessage, ASN4: true}, send); diff != "" {
		t.Errorf("send: %s", diff)
	}
	recv, send = Negotiate(one(64500, NewFlag(CapExtendedMessage)), Open{AS: 64500})
	want := Ctx{Families: v4, MaxLen: MaxMessage, IBGP: true}
	if recv != want || send != want {
		t.Errorf("with an old speaker: %+v %+v", recv, send)
	}
}

func TestFamilySet(t *testing.T) {
	var all FamilySet
	for i := range inet.Families {
		f := inet.Families[i].Family
		s := NewFamilySet(f)
		if s.Len() != 1 || !s.Has(f) || s.Without(f) != 0 || s.String() != inet.Families[i].Name {
			t.Errorf("%v: %b", f, s)
		}
		all = all.With(f)
	}
	if all.Len() != len(inet.Families) || len(inet.Families) > 64 {
		t.Errorf("%d families, %d in the set", len(inet.Families), all.Len())
	}
	if odd := inet.NewFamily(9, 9); NewFamilySet(odd) != 0 || all.Has(odd) {
		t.Error("a family without a row is in a set")
	}
}
