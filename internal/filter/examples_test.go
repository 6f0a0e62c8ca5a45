package filter

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/rotonda/roto"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bmp"
	"example.com/rotonda/rpki"
	"example.com/rotonda/unit"
)

var rewrite = flag.Bool("update", false, "write what the examples give into testdata/examples.txt")

const exampleFile = "testdata/examples.txt"

// gone are the members of Rotonda 0.5 that 0.6 has no more.
var gone = map[string]bool{"fmt_prefix": true, "fmt_aspath": true, "fmt_aspath_origin": true, "fmt_communities": true, "fmt_large_communities": true,
	"fmt_rov_status": true, "match_aspath_origin": true, "aspath_contains": true, "contains_community": true, "contains_large_community": true,
	"fmt": true, "aspath_origin": true, "contains_origin": true, "asn_lists": true, "prefix_lists": true, "community": true}

// unnamed matches a parameter that is a type alone.
var unnamed = regexp.MustCompile(`[(,] ?[A-Za-z0-9\[\]]+[,)]`)

// What an example is handed.
type (
	updateExample  = func(*rpki.VRPUpdate, *rpki.StatusUpdate) string
	messageExample = func(*Route, *BGPMsg, *BMPMsg, *BMPMsg, *Ingress, bgp.Attrs) string
)

// items returns the path and text of all that the daemon binds beyond the
// language.
func items(t *testing.T) map[string]roto.Symbol {
	t.Helper()
	all := map[string]roto.Symbol{}
	add := func(d roto.Documentation, f func(path string, s roto.Symbol)) {
		for _, list := range [][]roto.Symbol{d.Context, d.Functions, d.Constants} {
			for _, s := range list {
				f(s.Name, s)
			}
		}
		for _, ty := range d.Types {
			for _, list := range [][]roto.Symbol{ty.Methods, ty.Functions, ty.Constants} {
				for _, s := range list {
					f(ty.Name+"."+s.Name, s)
				}
			}
		}
	}
	rt, err := Runtime()
	if err != nil {
		t.Fatal(err)
	}
	ours, err := rt.Document()
	if err != nil {
		t.Fatal(err)
	}
	language, err := roto.New().Document()
	if err != nil {
		t.Fatal(err)
	}
	add(ours, func(path string, s roto.Symbol) { all[path] = s })
	add(language, func(path string, _ roto.Symbol) { delete(all, path) })
	return all
}

// TestEveryItemHasAnExample runs testdata/examples.txt and fails for items that
// have none, no text or unnamed parameters.
func TestEveryItemHasAnExample(t *testing.T) {
	text, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	missing := items(t)
	lines := strings.Split(string(text), "\n")
	for i, line := range lines {
		item, body, ok := strings.Cut(line, ": ")
		if !ok || strings.HasPrefix(line, "#") || strings.HasPrefix(line, " ") {
			continue
		}
		s, known := missing[item]
		switch {
		case !known:
			t.Errorf("%s: there is no such item, or a second example", item)
		case s.Doc == "":
			t.Errorf("%s has no text", item)
		case unnamed.MatchString(s.Text):
			t.Errorf("%s has parameters without names: %s", item, s.Text)
		case !strings.Contains(body, s.Name) && s.Name != "to_string": // which f-strings call
			t.Errorf("%s: its example does not use it: %s", item, body)
		case gone[s.Name] && !strings.Contains(s.Doc, "Rotonda 0.5"):
			t.Errorf("%s: its text does not say that Rotonda 0.6 has it no more: %s", item, s.Doc)
		}
		delete(missing, item)
		got := "  = " + runExample(t, item, body)
		if *rewrite {
			lines[i+1] = got
		} else if got != lines[i+1] {
			t.Errorf("%s: got\n%s\nwant\n%s", item, got, lines[i+1])
		}
	}
	for item := range missing {
		t.Errorf("%s has no example", item)
	}
	if *rewrite {
		if err := os.WriteFile(exampleFile, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// exampleAttrs are the attributes of the examples.
func exampleAttrs() bgp.Attrs {
	a := with(attrs(64500, 174, 64499), bgp.AttrCommunities, 0xfb, 0xf4, 0, 1, 0xff, 0xff, 0xff, 1)
	a = with(a, bgp.AttrNextHop, 192, 0, 2, 1)
	a = with(a, bgp.AttrLargeCommunities, 0, 3, 0x39, 0x79, 0, 0, 0, 1, 0, 0, 0, 2)
	return with(a, bgp.AttrOTC, 0, 0, 0, 174)
}

// exampleUpdate announces two prefixes and withdraws one, and one of IPv6 each.
func exampleUpdate(t *testing.T) []byte {
	m := update(t, exampleAttrs(), "203.0.113.0/24", "198.51.100.0/24")
	reach := append([]byte{0x80, 14, 26, 0, 2, 1, 16}, netip.MustParseAddr("2001:db8::1").AsSlice()...)
	reach = append(append(reach, 0), nlri("2001:db8::/32")...)
	unreach := append([]byte{0x80, 15, 8, 0, 2, 1}, nlri("2001:db9::/32")...)
	m = slices.Insert(m, 23, append(reach, unreach...)...)
	m[22] += byte(len(reach) + len(unreach))
	m = slices.Insert(m, 21, nlri("192.0.2.0/24")...)
	m[17] += byte(4 + len(reach) + len(unreach))
	m[20] = 4
	return m
}

func runExample(t *testing.T, item, body string) string {
	t.Helper()
	params := "route: Route, msg: BgpMsg, bmp: BmpMsg, down: BmpMsg, ingress: IngressInfo, attributes: PathAttributes"
	updates := strings.HasPrefix(item, "VrpUpdate.") || strings.HasPrefix(item, "RovStatusUpdate.")
	if updates {
		params = "vrp: VrpUpdate, status: RovStatusUpdate"
	}
	b := load(t, "fn example("+params+") -> String { "+body+" }")
	b.peer.Session = 1
	w, out := b.worker(b.cur.Load()), new(unit.Batch)
	w.world.Output.begin(out, b.peer, 1774288619_000000)
	var text string
	var fault *roto.Fault
	if updates {
		f, err := roto.Get2[updateExample](b.cur.Load().pkg, "example")
		if err != nil {
			t.Fatal(err)
		}
		vrp := rpki.VRP{Prefix: netip.MustParsePrefix("203.0.112.0/22"), MaxLen: 24, ASN: 64499}
		text, fault = f.Call2(w.roto, &rpki.VRPUpdate{VRP: vrp},
			&rpki.StatusUpdate{Prefix: netip.MustParsePrefix("203.0.113.0/24"), Origin: 64499, PeerASN: peerASN, Previous: rpki.NotFound, Status: rpki.Valid})
	} else {
		text, fault = messageExampleOf(t, b, w)
	}
	if fault != nil {
		t.Errorf("%s: %v", item, fault)
	}
	parts := []string{text}
	for _, ev := range out.Events {
		parts = append(parts, showOutput(t, ev.(*unit.Output)))
	}
	if b.line.Len() > 0 {
		parts = append(parts, "printed "+strings.TrimSpace(b.line.String()))
	}
	for m := range b.UserMetrics() {
		parts = append(parts, fmt.Sprint(m.Name, m.Labels, " ", m.Value))
	}
	return strings.Join(parts, " / ")
}

func messageExampleOf(t *testing.T, b *bench, w *worker) (string, *roto.Fault) {
	f, err := roto.Get6[messageExample](b.cur.Load().pkg, "example")
	if err != nil {
		t.Fatal(err)
	}
	raw := exampleUpdate(t)
	m, _, err := bgp.ReadMessage(raw, bgp.MaxExtMessage)
	if err != nil {
		t.Fatal(err)
	}
	var u bgp.Update
	bgp.ParseUpdate(&u, m.Body(), bgp.Ctx{ASN4: true})
	var msg BGPMsg
	msg.beginUpdate(&u)
	peer := bmp.PeerHeader{Addr: netip.MustParseAddr("192.0.2.7"), ASN: 64500, ID: netip.MustParseAddr("192.0.2.7")}
	var monitoring, down BMPMsg
	for _, x := range []struct {
		to  *BMPMsg
		raw []byte
	}{
		{&monitoring, bmp.AppendRouteMonitoring(nil, peer, raw)},
		{&down, bmp.AppendPeerDown(nil, peer, bmp.PeerDownMessage{Reason: 4})},
	} {
		m, _, err := bmp.ReadMessage(x.raw, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		x.to.begin(&m)
	}
	w.world.Output.msg = &down
	in := b.batch(exampleAttrs(), "203.0.113.0/24")
	r := in.Events[0].(*unit.Routes)
	route := &Route{prefix: netip.MustParsePrefix("203.0.113.0/24"), nlri: r.NLRI}
	route.begin(r.Family, r.Attrs)
	return f.Call6(w.roto, route, &msg, &monitoring, &down, &Ingress{peerASN, netip.MustParseAddr("192.0.2.9")}, r.Attrs)
}

// showOutput prints the fields that are set.
func showOutput(t *testing.T, o *unit.Output) string {
	parts := []string{"sent " + o.Topic}
	if o.Match != "" {
		parts = append(parts, o.Match)
	}
	if o.Topic == "custom" {
		parts = append(parts, fmt.Sprint(o.ID, "=", o.Value))
	}
	if o.Entry != nil {
		raw, err := json.Marshal(o.Entry)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(raw, &fields); err != nil {
			t.Fatal(err)
		}
		for k, v := range fields {
			if v == nil || k == "timestamp" {
				delete(fields, k)
			}
		}
		raw, err = json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, string(raw))
	}
	return strings.Join(parts, " ")
}
