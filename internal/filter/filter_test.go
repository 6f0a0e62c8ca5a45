package filter

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bmp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/rpki"
	"example.com/rotonda/unit"
)

// bench is scripts with a peer and a log to look at.
type bench struct {
	*Scripts
	peer unit.Peer
	said bytes.Buffer // the log
	line bytes.Buffer // output.print
}

const peerASN = 64500

func load(t testing.TB, script string) *bench {
	t.Helper()
	b := &bench{}
	reg := ingress.New(ingress.Options{})
	l, err := reg.Lease(context.Background(), ingress.Key{Unit: "u", Addr: netip.MustParseAddr("192.0.2.9"), ASN: peerASN}, ingress.Refuse)
	if err != nil {
		t.Fatal(err)
	}
	b.peer = unit.Peer{Ingress: l.ID(), Session: l.Session()}
	table := new(rpki.Table)
	table.Replace("t", []rpki.VRP{{Prefix: netip.MustParsePrefix("203.0.112.0/22"), MaxLen: 24, ASN: 64499}})
	b.Scripts = New(Options{Ingress: reg, RPKI: table, Log: slog.New(slog.NewTextHandler(&b.said, nil)), Print: &b.line})
	if err := b.LoadText("s.roto", script); err != nil {
		t.Fatal(err)
	}
	return b
}

// path is the value of an AS_PATH of one sequence.
func path(asns ...inet.ASN) []byte {
	p := []byte{2, byte(len(asns))}
	for _, a := range asns {
		p = append(p, byte(a>>24), byte(a>>16), byte(a>>8), byte(a))
	}
	return p
}

func attrs(asns ...inet.ASN) bgp.Attrs {
	a := bgp.Attrs(bgp.AppendSet(nil, nil, bgp.AttrOrigin, []byte{0}))
	return bgp.Attrs(bgp.AppendSet(nil, a, bgp.AttrASPath, path(asns...)))
}

func nlri(prefixes ...string) (out []byte) {
	for _, p := range prefixes {
		out = bgp.AppendNLRI(out, netip.MustParsePrefix(p), 0, false)
	}
	return out
}

func (b *bench) batch(a bgp.Attrs, prefixes ...string) *unit.Batch {
	in := new(unit.Batch)
	f := inet.IPv4Unicast
	if strings.Contains(prefixes[0], ":") {
		f = inet.IPv6Unicast
	}
	in.Announce(b.peer, f, false, nlri(prefixes...), a, 1_000_000)
	return in
}

// show prints a batch: + announced, - withdrawn, ~ hidden, ! output.
func show(b *unit.Batch) string {
	var parts []string
	for _, ev := range b.Events {
		switch ev := ev.(type) {
		case *unit.Routes:
			sign := "+"
			if ev.Hidden {
				sign = "~"
			} else if ev.Attrs == nil {
				sign = "-"
			}
			for _, p := range ev.Run().Prefixes() {
				text := sign + p.String()
				if med, ok := ev.Attrs.MED(); ok {
					text += fmt.Sprintf(" med=%d", med)
				}
				for c := range ev.Attrs.Communities() {
					text += " " + c.String()
				}
				parts = append(parts, text)
			}
		case *unit.Output:
			text := "!" + ev.Topic
			if ev.Match != "" {
				text += " " + ev.Match
			}
			if ev.Topic == "custom" {
				text += fmt.Sprintf(" %d=%d", ev.ID, ev.Value)
			}
			if ev.Route != nil {
				for _, p := range ev.Route.Run().Prefixes() {
					text += " of " + p.String()
				}
			}
			parts = append(parts, text)
		default:
			parts = append(parts, fmt.Sprintf("%T", ev))
		}
	}
	return strings.Join(parts, "; ")
}

func (b *bench) route(a bgp.Attrs, prefixes ...string) string {
	return show(b.Edge("").Filter(b.batch(a, prefixes...)))
}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

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

// update makes an UPDATE with the given attributes and prefixes.
func update(t testing.TB, a bgp.Attrs, prefixes ...string) []byte {
	t.Helper()
	a = bgp.Attrs(bgp.AppendSet(nil, a, bgp.AttrNextHop, []byte{192, 0, 2, 1}))
	return bgp.AppendUpdates(nil, bgp.Ctx{ASN4: true}, a, bgp.NLRI{Family: inet.IPv4Unicast, Bytes: nlri(prefixes...)})
}

func (b *bench) bgp(t testing.TB, a bgp.Attrs, prefixes ...string) (bool, string) {
	t.Helper()
	m, _, err := bgp.ReadMessage(update(t, a, prefixes...), bgp.MaxExtMessage)
	if err != nil {
		t.Fatal(err)
	}
	var u bgp.Update
	bgp.ParseUpdate(&u, m.Body(), bgp.Ctx{ASN4: true})
	out := new(unit.Batch)
	return b.Hook("bgp_in").Judge(out, b.peer, &u, 5), show(out)
}

func with(a bgp.Attrs, code bgp.AttrCode, value ...byte) bgp.Attrs {
	return bgp.Attrs(bgp.AppendSet(nil, a, code, value))
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

func (b *bench) bmp(t testing.TB, h unit.Hook, raw []byte) (bool, *unit.Batch) {
	t.Helper()
	m, _, err := bmp.ReadMessage(raw, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	out := new(unit.Batch)
	return h.Judge(out, b.peer, &m, 7), out
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

func TestReloadKeepsTheOldScriptOnError(t *testing.T) {
	b := load(t, `filter rib_in_pre(r: Route, i: IngressInfo) { reject }`)
	edge := b.Edge("")
	expect(t, show(edge.Filter(b.batch(attrs(1), "8.0.0.0/8"))), "-8.0.0.0/8")
	for _, bad := range []string{"filter rib_in_pre(", "filter rib_in_pre(r: Route, n: u8) { accept }", "const A: u8 = 1 / 0;"} {
		if err := b.LoadText("bad.roto", bad); err == nil {
			t.Errorf("%q was loaded", bad)
		}
	}
	expect(t, show(edge.Filter(b.batch(attrs(1), "8.0.0.0/8"))), "-8.0.0.0/8")
	if err := b.LoadText("good.roto", `filter rib_in_pre(r: Route, i: IngressInfo) { accept }`); err != nil {
		t.Fatal(err)
	}
	expect(t, show(edge.Filter(b.batch(attrs(1), "8.0.0.0/8"))), "+8.0.0.0/8")
	if err := b.Load(""); err != nil {
		t.Fatal(err)
	}
	expect(t, show(edge.Filter(b.batch(attrs(1), "8.0.0.0/8"))), "+8.0.0.0/8")
}

func TestWrongHookNamesTheRightOne(t *testing.T) {
	err := New(Options{}).LoadText("w.roto", "filter bgp_in(m: BmpMsg, i: IngressInfo) { accept }\nfilter rib_in_pre(r: Route, n: u8) { accept }\n")
	if err == nil {
		t.Fatal("loaded")
	}
	for _, want := range []string{
		"w.roto:1:8: function `bgp_in` has the wrong type: the script has fn(BmpMsg, IngressInfo) -> Verdict[(), ()], the host wants fn(BgpMsg, IngressInfo) -> Verdict[(), ()]",
		"the hook is declared: filter bgp_in(msg: BgpMsg, ingress: IngressInfo)",
		"w.roto:2:8: function `rib_in_pre`",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
}

func example(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "examples", "filters.roto"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestExampleBindsEveryHook(t *testing.T) {
	b := load(t, example(t))
	cur := b.cur.Load()
	if cur.bgp == nil || cur.bmp == nil || cur.vrp == nil || cur.status == nil || cur.edges["rib_in_pre"] == nil || !cur.pkg.Has("compile_lists") {
		t.Error("a hook is missing")
	}
	if _, err := b.Query("leaked"); err != nil {
		t.Error(err)
	}
	w := b.worker(cur)
	for _, x := range cur.pkg.Tests() {
		if pass, fault := x.Run(w.roto); !pass || fault != nil {
			t.Error(x.Name, fault)
		}
	}
	if len(cur.pkg.Tests()) == 0 {
		t.Error("no tests")
	}
	expect(t, b.route(attrs(64500, 174), "8.8.8.0/24", "10.1.0.0/16"), "+8.8.8.0/24; -10.1.0.0/16")
	expect(t, b.route(attrs(174, 64512), "8.8.8.0/24"), "-8.8.8.0/24")
	if err := Check(filepath.Join("..", "..", "examples", "filters.roto")); err != nil {
		t.Error(err)
	}
}

func TestExampleFilterDoesNotAllocate(t *testing.T) {
	b := load(t, example(t))
	in := b.batch(attrs(174, 3356), "8.8.8.0/24", "8.8.4.0/24", "1.1.1.0/24")
	changed := b.batch(attrs(64500, 3356), "8.8.8.0/24", "8.8.4.0/24", "1.1.1.0/24")
	edge := b.Edge("")
	edge.Filter(in)
	if n := testing.AllocsPerRun(200, func() { edge.Filter(in); edge.Filter(changed) }); n != 0 {
		t.Errorf("%v allocations a batch", n)
	}
	var u bgp.Update
	m, _, err := bgp.ReadMessage(update(t, attrs(174, 3356), "8.8.8.0/24"), bgp.MaxExtMessage)
	if err != nil {
		t.Fatal(err)
	}
	bgp.ParseUpdate(&u, m.Body(), bgp.Ctx{ASN4: true})
	hook, out := b.Hook("bgp_in"), new(unit.Batch)
	if n := testing.AllocsPerRun(200, func() { hook.Judge(out, b.peer, &u, 1) }); n != 0 {
		t.Errorf("%v allocations a message", n)
	}
}

func TestEveryMemberIsDocumented(t *testing.T) {
	if _, err := Runtime(); err != nil {
		t.Fatal(err)
	}
}
