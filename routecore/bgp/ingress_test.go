package bgp

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"example.com/rotonda/routecore/inet"
)

func TestIngress(t *testing.T) {
	const seq = "02020000fbf40000fbf5" // 64500 64501
	route := func(path string, more ...any) Attrs {
		return set(t, append([]any{AttrOrigin, "00", AttrASPath, path}, more...)...)
	}
	peer := Ingress{Local: 64496, Peer: 64500}
	with := func(f func(*Ingress)) Ingress { i := peer; f(&i); return i }
	inside := Ingress{Local: 64496, Peer: 64496, IBGP: true, ID: 0x01020304, Cluster: 0x05060708}
	tests := []struct {
		name string
		in   Ingress
		a    Attrs
		want Reject
	}{
		{"the neighbour's number in front", peer, route(seq), RejectNone},
		{"another number in front", with(func(i *Ingress) { i.Peer = 64501 }), route(seq), RejectFirstAS},
		{"another number behind a route server", with(func(i *Ingress) { i.Peer, i.RouteServer = 64501, true }), route(seq), RejectNone},
		{"a set in front", peer, route("01010000fbf4"), RejectFirstAS},
		{"an empty path from outside", peer, route(""), RejectFirstAS},
		{"an empty path from inside", inside, route(""), RejectNone},
		{"a confederation's sequence in front", with(func(i *Ingress) { i.Confed = true }), route("03010000fbf4" + seq), RejectNone},
		{"a plain sequence from a confederation member", with(func(i *Ingress) { i.Confed = true }), route(seq), RejectFirstAS},
		{"our number in the path", with(func(i *Ingress) { i.Local = 64501 }), route(seq), RejectASLoop},
		{"our number in a set", with(func(i *Ingress) { i.Local = 64502 }), route(seq + "01010000fbf6"), RejectASLoop},
		{"our number once where that is allowed", with(func(i *Ingress) { i.Local, i.OwnAS = 64501, 1 }), route(seq), RejectNone},
		{"a set that policy refuses", with(func(i *Ingress) { i.RejectASSet = true }), route(seq + "01010000fbf6"), RejectASSet},
		{"no set where policy refuses them", with(func(i *Ingress) { i.RejectASSet = true }), route(seq), RejectNone},
		{"a next hop that is no host", peer, route(seq, AttrNextHop, "00000000"), RejectNextHop},
		{"a multicast next hop", peer, route(seq, AttrNextHop, "e0000001"), RejectNextHop},
		{"our own address as next hop", with(func(i *Ingress) { i.Addr = netip.MustParseAddr("192.0.2.1") }), route(seq, AttrNextHop, "c0000201"), RejectNextHop},
		{"a neighbour's address as next hop", with(func(i *Ingress) { i.Addr = netip.MustParseAddr("192.0.2.1") }), route(seq, AttrNextHop, "c0000202"), RejectNone},
		{"we are the originator", inside, route(seq, AttrOriginatorID, "01020304"), RejectOriginator},
		{"another originator", inside, route(seq, AttrOriginatorID, "01020305"), RejectNone},
		{"our cluster", inside, route(seq, AttrClusterList, "0909090905060708"), RejectCluster},
		{"other clusters", inside, route(seq, AttrClusterList, "0909090905060709"), RejectNone},
		{"Only to Customer from a customer", with(func(i *Ingress) { i.HasRole, i.Role = true, RoleProvider }), route(seq, AttrOTC, "0000fbf4"), RejectLeak},
		{"Only to Customer from a provider", with(func(i *Ingress) { i.HasRole, i.Role = true, RoleCustomer }), route(seq, AttrOTC, "0000fbf4"), RejectNone},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.in.Check(tt.a, inet.IPv4Unicast); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
	for r := RejectNone; int(r) < len(rejects); r++ {
		if (r.String() == "") != (r == RejectNone) || strings.HasPrefix(r.RFC(), "RFC ") != (r != RejectNone) {
			t.Errorf("%d: %q %q", r, r.String(), r.RFC())
		}
	}
}

// TestOnlyToCustomer is the table of RFC 9234 §5, every role in both directions.
func TestOnlyToCustomer(t *testing.T) {
	none, own, other := set(t, AttrOrigin, "00"), set(t, AttrOTC, "0000fbf4"), set(t, AttrOTC, "0000fbf5")
	const remote inet.ASN = 64500
	for _, tt := range []struct {
		role                   Role // ours
		inNone, inOwn, inOther OTCAction
		outNone, outWith       OTCAction
		toWhom                 string
	}{
		{RoleProvider, OTCKeep, OTCLeak, OTCLeak, OTCAdd, OTCKeep, "a customer"},
		{RoleRS, OTCKeep, OTCLeak, OTCLeak, OTCAdd, OTCKeep, "an RS-client"},
		{RolePeer, OTCAdd, OTCKeep, OTCLeak, OTCAdd, OTCLeak, "a peer"},
		{RoleCustomer, OTCAdd, OTCKeep, OTCKeep, OTCKeep, OTCLeak, "a provider"},
		{RoleRSClient, OTCAdd, OTCKeep, OTCKeep, OTCKeep, OTCLeak, "a route server"},
		{Role(9), OTCKeep, OTCKeep, OTCKeep, OTCKeep, OTCKeep, "nobody"},
	} {
		for _, f := range []inet.Family{inet.IPv4Unicast, inet.IPv6Unicast} {
			got := []OTCAction{tt.role.OTCIngress(remote, f, none), tt.role.OTCIngress(remote, f, own), tt.role.OTCIngress(remote, f, other),
				tt.role.OTCEgress(f, none), tt.role.OTCEgress(f, own)}
			if diff := cmp.Diff([]OTCAction{tt.inNone, tt.inOwn, tt.inOther, tt.outNone, tt.outWith}, got); diff != "" {
				t.Errorf("with %s: %s", tt.toWhom, diff)
			}
		}
		for _, f := range []inet.Family{inet.IPv4Multicast, inet.IPv4MPLSVPN, inet.L2VPNEVPN} {
			if tt.role.OTCIngress(remote, f, other) != OTCKeep || tt.role.OTCEgress(f, none) != OTCKeep {
				t.Errorf("%v is touched", f)
			}
		}
	}
	in := Ingress{Local: 64496, Peer: remote, HasRole: true, Role: RoleCustomer}
	if a := Attrs(in.AppendAttrs(nil, none, inet.IPv4Unicast)); !bytes.Equal(a, set(t, AttrOrigin, "00", AttrOTC, "0000fbf4")) {
		t.Errorf("a route from a provider comes in as %x", a)
	}
	if a := Attrs(in.AppendAttrs(nil, other, inet.IPv4Unicast)); !bytes.Equal(a, other) {
		t.Errorf("a mark that is there is changed: %x", a)
	}
}

func TestAttributeSetRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := AttributeSet{Origin: inet.ASN(rapid.Uint32().Draw(t, "origin"))}
		for range rapid.IntRange(0, 6).Draw(t, "n") {
			code := AttrCode(rapid.Uint8().Filter(func(b uint8) bool { return b != 3 && b != 14 && b != 15 }).Draw(t, "code"))
			s.Attrs = append(s.Attrs, Attr{code, AttrFlags(rapid.Uint8().Draw(t, "flags")) & 0xe0, rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "v")})
		}
		b := AppendAttributeSet(nil, s)
		got, err := ParseAttributeSet(b)
		if diff := cmp.Diff(s, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Fatal(err, diff)
		}
		if fromRoute, ok := Attrs(AppendSet(nil, nil, AttrSet, b)).AttributeSet(); !ok || !cmp.Equal(s, fromRoute, cmpopts.EquateEmpty()) {
			t.Fatal("a route says something else")
		}
		if len(b) > 4 {
			if got, err := ParseAttributeSet(b[:len(b)-1]); err == nil && cmp.Equal(got, s, cmpopts.EquateEmpty()) {
				t.Fatal("a cut set is read as a whole one")
			}
		}
	})
	if _, err := ParseAttributeSet(unhex(t, "0000fbf4400304c0000201")); err == nil || !strings.Contains(err.Error(), "RFC 6368") {
		t.Errorf("NEXT_HOP inside: %v", err)
	}
}
