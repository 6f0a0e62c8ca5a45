package filter

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bmp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/rpki"
	"example.com/rotonda/unit"
)

func TestE1AcceptsEverything(t *testing.T) {
	b := load(t, `
filter bgp_in(m: BgpMsg, i: IngressInfo) { accept }
filter bmp_in(m: BmpMsg, i: IngressInfo) { accept }
filter rib_in_pre(r: Route, i: IngressInfo) { accept }
`)
	in := b.batch(attrs(1, 2), "8.8.8.0/24", "8.8.4.0/24")
	if out := b.Edge("").Filter(in); out != in {
		t.Error("an accepted batch is passed on as it is")
	}
	if cur := b.cur.Load(); cur.bgp == nil || cur.bmp == nil || cur.edges["rib_in_pre"] == nil {
		t.Error("hooks were not taken")
	}
	var u bgp.Update
	if !b.Hook("bgp_in").Judge(in, b.peer, &u, 0) {
		t.Error("rejected")
	}
}

func TestE2BogonsAndOwnSpace(t *testing.T) {
	b := load(t, `
fn compile_lists() {
    prefix_lists.add("bogons", "0.0.0.0/8 10.0.0.0/8 127.0.0.0/8 192.168.0.0/16 fc00::/7 not-a-prefix");
    prefix_lists.add("own", "185.49.140.0/22");
}
filter rib_in_pre(r: Route, i: IngressInfo) {
    if prefix_lists.covers("bogons", r.prefix()) || prefix_lists.covers("own", r.prefix()) { reject }
    accept
}
`)
	expect(t, b.route(attrs(1), "10.1.0.0/16", "185.49.141.0/24", "8.8.8.0/24"), "-10.1.0.0/16; -185.49.141.0/24; +8.8.8.0/24")
	expect(t, b.route(attrs(1), "fd00::/8", "2a00::/16"), "-fd00::/8; +2a00::/16")
	if n := strings.Count(b.said.String(), "not-a-prefix"); n != 1 {
		t.Errorf("%d warnings: %s", n, b.said.String())
	}
}

func TestE3InvalidIsDroppedAndCounted(t *testing.T) {
	b := load(t, `
filter rib_in_pre(route: Route, ii: IngressInfo) {
    let status = rpki.check_rov(route);
    if status.is_invalid() {
        metrics.increase_counter(f"rov_invalid{{peer=\"{ii.peer_asn()}\"}}", 1);
        output.log_prefix(route.prefix());
        reject
    }
    output.print(f"{route.prefix()} {route.fmt_rov_status()}");
    accept
}
`)
	expect(t, b.route(attrs(1, 2), "203.0.113.0/24", "8.8.8.0/24"), "!prefix 203.0.113.0/24 of 203.0.113.0/24; -203.0.113.0/24; +8.8.8.0/24")
	expect(t, b.route(attrs(1, 64499), "203.0.113.0/24"), "+203.0.113.0/24")
	expect(t, b.route(attrs(), "203.0.113.0/24"), "+203.0.113.0/24")
	expect(t, b.line.String(), "8.8.8.0/24 not-found\n203.0.113.0/24 valid\n203.0.113.0/24 not-checked\n")
	for m := range b.UserMetrics() {
		expect(t, fmt.Sprint(m.Name, m.Labels, m.Value, m.Kind), "roto_user_defined_rov_invalid[peer AS64500] 1 0")
	}
}

func TestE4MessagesAreDroppedEarly(t *testing.T) {
	b := load(t, `
const BLACKHOLE: Community = Community.from("65535:666");
fn compile_lists() { asn_lists.add("rtbh_peers", "65500"); }
filter bgp_in(msg: BgpMsg, ii: IngressInfo) {
    if msg.aspath_contains(AS64496) { reject }
    if msg.has_attribute(28) { output.log_custom(28, 1) };
    if msg.announcements_count() > 2u64 { output.print(f"huge update from {ii.peer_address()}"); }
    if msg.contains_community(BLACKHOLE) && !asn_lists.contains("rtbh_peers", ii.peer_asn()) { reject }
    accept
}
`)
	for _, c := range []struct {
		a      bgp.Attrs
		accept bool
		out    string
	}{
		{attrs(1, 2), true, ""},
		{attrs(1, 64496), false, ""},
		{with(attrs(1), 28, 1, 2), true, "!custom 28=1"},
		{with(attrs(1), bgp.AttrCommunities, 0xff, 0xff, 2, 0x9a), false, ""},
	} {
		ok, out := b.bgp(t, c.a, "8.8.8.0/24")
		if ok != c.accept {
			t.Errorf("%v: accepted %v", c.a, ok)
		}
		expect(t, out, c.out)
	}
	if ok, _ := b.bgp(t, attrs(1), "8.0.0.0/8", "9.0.0.0/8", "11.0.0.0/8"); !ok {
		t.Error("rejected")
	}
	expect(t, b.line.String(), "huge update from 192.0.2.9\n")
}

func TestE5LogEntries(t *testing.T) {
	b := load(t, `
fn compile_lists() { asn_lists.add("watch", "AS3356"); }
filter bmp_in(msg: BmpMsg, ii: IngressInfo) {
    if msg.is_peer_down() { output.log_peer_down(); }
    if msg.is_ibgp(AS65001) { reject }
    if msg.is_route_monitoring() && asn_lists.contains_origin("watch", msg.aspath_origin()) {
        output.entry().origin_as(msg).peer_as(msg).as_path_hops(msg);
        output.write_entry();
    }
    accept
}
`)
	hook := b.Hook("bmp_in")
	peer := func(asn inet.ASN) bmp.PeerHeader {
		return bmp.PeerHeader{Addr: netip.MustParseAddr("192.0.2.7"), ASN: asn, ID: netip.MustParseAddr("192.0.2.7")}
	}
	ok, out := b.bmp(t, hook, bmp.AppendPeerDown(nil, peer(174), bmp.PeerDownMessage{Reason: 4}))
	if !ok {
		t.Error("rejected")
	}
	expect(t, show(out), "!peerdown")
	if ok, _ := b.bmp(t, hook, bmp.AppendRouteMonitoring(nil, peer(65001), update(t, attrs(1), "8.0.0.0/8"))); ok {
		t.Error("the same AS was accepted")
	}
	ok, out = b.bmp(t, hook, bmp.AppendRouteMonitoring(nil, peer(174), update(t, attrs(174, 3356), "8.0.0.0/8")))
	if !ok || len(out.Events) != 1 {
		t.Fatal(ok, show(out))
	}
	e := out.Events[0].(*unit.Output).Entry
	expect(t, fmt.Sprint(*e.OriginAS, *e.PeerAS, *e.ASPathHops, e.Timestamp, e.ConventionalReach), "3356 174 2 7 <nil>")
	if ok, out = b.bmp(t, hook, bmp.AppendRouteMonitoring(nil, peer(174), update(t, attrs(174, 9), "8.0.0.0/8"))); !ok || len(out.Events) != 0 {
		t.Error(ok, show(out))
	}
}

func TestE6PrefixLengths(t *testing.T) {
	b := load(t, `
record Limit { v4: u8, v6: u8 }
const MAX: Limit = Limit { v4: 24, v6: 48 };
fn too_long(p: Prefix, l: Limit) -> bool {
    let max = if p.addr().is_ipv4() { l.v4 } else { l.v6 };
    p.len() > max || p == 0.0.0.0 / 0 || p == :: / 0
}
filter rib_in_pre(r: Route, i: IngressInfo) {
    let l = MAX;
    if too_long(r.prefix(), l) { reject } else { accept }
}
`)
	expect(t, b.route(attrs(1), "8.8.8.0/24", "8.8.8.0/25", "0.0.0.0/0"), "+8.8.8.0/24; -8.8.8.0/25; -0.0.0.0/0")
	expect(t, b.route(attrs(1), "2a00::/48", "2a00::/49", "::/0"), "+2a00::/48; -2a00::/49; -::/0")
}

func TestE7Classification(t *testing.T) {
	script := `
enum Class { Customer(Asn), Peer, Transit }
fn compile_lists() { asn_lists.add("LIST", "AS64500"); }
fn classify(ii: IngressInfo) -> Class {
    if asn_lists.contains("customers", ii.peer_asn()) { return Class.Customer(ii.peer_asn()); }
    if asn_lists.contains("peers", ii.peer_asn()) { Class.Peer } else { Class.Transit }
}
filter rib_in_pre(r: Route, ii: IngressInfo) {
    match classify(ii) {
        Customer(a) if r.match_aspath_origin(a) => accept,
        Customer(_) => reject,
        Peer => if r.aspath_contains(AS174) { reject } else { accept },
        Transit => accept,
    }
}
`
	for _, c := range []struct {
		list string
		a    bgp.Attrs
		want string
	}{
		{"customers", attrs(64500), "+8.0.0.0/8"},
		{"customers", attrs(64500, 1), "-8.0.0.0/8"},
		{"peers", attrs(64500, 174, 2), "-8.0.0.0/8"},
		{"peers", attrs(64500, 2), "+8.0.0.0/8"},
		{"others", attrs(174), "+8.0.0.0/8"},
	} {
		b := load(t, strings.ReplaceAll(script, "LIST", c.list))
		expect(t, c.list+b.route(c.a, "8.0.0.0/8"), c.list+c.want)
	}
}

func TestE8QueryFilter(t *testing.T) {
	b := load(t, `
fn otc_missing_in_path(attr: PathAttributes) -> Asn? {
    let otc = attr.otc()?;
    let path = attr.aspath()?;
    if path.contains(otc) { None } else { Some(otc) }
}
filter hidden_hop(attr: PathAttributes) {
    match otc_missing_in_path(attr) { Some(_) => accept, None => reject }
}
`)
	f, err := b.Query("hidden_hop")
	if err != nil {
		t.Fatal(err)
	}
	if !f(with(attrs(1, 2), bgp.AttrOTC, 0, 0, 0, 9)) || f(with(attrs(1, 9), bgp.AttrOTC, 0, 0, 0, 9)) || f(attrs(1)) || f(nil) {
		t.Error("wrong routes")
	}
	if _, err := b.Query("nothing"); err == nil || err.Error() != "no roto function 'nothing' defined" {
		t.Error(err)
	}
}

func TestE9Monitoring(t *testing.T) {
	b := load(t, `
fn compile_lists() { asn_lists.add("mine", "64499"); }
filter vrp_update(u: VrpUpdate) {
    if asn_lists.contains("mine", u.asn()) || prefix_lists.covers("mine", u.prefix()) {
        output.entry().timestamped_custom("[RTR] " + u.fmt());
        output.write_entry();
    }
    accept
}
fn rib_in_rov_status_update(u: RovStatusUpdate) {
    if !u.has_changed() { return; }
    if u.current_status().is_invalid() { output.timestamped_print(u.fmt()) }
}
`)
	h, out := b.Hook("vrp_update"), new(unit.Batch)
	h.Judge(out, b.peer, &rpki.VRPUpdate{VRP: rpki.VRP{Prefix: netip.MustParsePrefix("192.0.2.0/24"), MaxLen: 24, ASN: 64499}}, 3)
	if len(out.Events) != 1 {
		t.Fatal(show(out))
	}
	expect(t, *out.Events[0].(*unit.Output).Entry.Custom, "[RTR] announce VRP 192.0.2.0/24-24 from AS64499")
	u := &rpki.StatusUpdate{Prefix: netip.MustParsePrefix("192.0.2.0/24"), Origin: 65000, PeerASN: 65001, Previous: rpki.Invalid, Status: rpki.Invalid}
	h.Judge(out, b.peer, u, 0)
	u.Previous = rpki.NotFound
	h.Judge(out, b.peer, u, 1774288619_000000)
	expect(t, b.line.String(), "[2026-03-23T17:56:59Z] [NotFound] -> [Invalid] 192.0.2.0/24 originated by AS65000, learned from AS65001\n")
}

func TestE13LegacyScriptRunsUnchanged(t *testing.T) {
	b := load(t, `
# drop iBGP-ish and long paths; note the comment style
type Limits { hops: u32, }
filter bmp_in(
    bmp_msg: BmpMsg,
    ingress_info: IngressInfo,
) {
    let l = Limits { hops: 3 };
    let bad = Community.from("AS65000:666");
    if not bmp_msg.is_route_monitoring() {
        accept
    }
    if (not bmp_msg.aspath_contains(AS1)) && l.hops - 2 - 1 == 2 {   # right associative
        reject
    }
    if bmp_msg.contains_community(bad) { output.log_matched_community(bad) }
    accept
}
`)
	h := b.Hook("bmp_in")
	peer := bmp.PeerHeader{Addr: netip.MustParseAddr("192.0.2.7"), ASN: 5, ID: netip.MustParseAddr("192.0.2.7")}
	if ok, _ := b.bmp(t, h, bmp.AppendInitiation(nil)); !ok {
		t.Error("Initiation was rejected")
	}
	if ok, _ := b.bmp(t, h, bmp.AppendRouteMonitoring(nil, peer, update(t, attrs(5, 6), "8.0.0.0/8"))); ok {
		t.Error("accepted without AS1")
	}
	ok, out := b.bmp(t, h, bmp.AppendRouteMonitoring(nil, peer, update(t, with(attrs(5, 1), bgp.AttrCommunities, 0xfd, 0xe8, 2, 0x9a), "8.0.0.0/8")))
	if !ok {
		t.Error("rejected with AS1")
	}
	expect(t, show(out), "!community AS65000:666")
}
