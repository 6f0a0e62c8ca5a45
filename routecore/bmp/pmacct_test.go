package bmp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// pmacctRD writes a distinguisher as pmacct does: with the type in front.
func pmacctRD(rd inet.RD) any {
	if rd == (inet.RD{}) {
		return nil
	}
	return fmt.Sprintf("%d:%s", rd[1], rd)
}

func flag(on bool) int {
	if on {
		return 1
	}
	return 0
}

// pmacctPeer is what all lines say about the peer.
func pmacctPeer(kind string, h PeerHeader) obj {
	out := obj{"bmp_msg_type": kind, "peer_ip": h.Addr.String(), "peer_asn": h.ASN, "bgp_id": h.ID.String(), "peer_type": h.Type,
		"timestamp": fmt.Sprintf("%d.%06d", h.Time/1e6, h.Time%1e6), "rd": pmacctRD(h.RD), "rd_origin": nil,
		"is_filtered": 0, "is_in": nil, "is_loc": nil, "is_post": nil, "is_out": nil}
	if h.RD != (inet.RD{}) {
		out["rd_origin"] = "bmp"
	}
	switch v := h.View(); v {
	case Loc:
		out["is_loc"], out["is_filtered"], out["bmp_rib_type"] = 1, flag(h.Filtered()), "Loc-Rib"
	default:
		policy := "Pre-Policy"
		if v == InPost || v == OutPost {
			policy = "Post-Policy"
		}
		out["is_post"] = flag(policy == "Post-Policy")
		out["is_in"], out["bmp_rib_type"] = 1, "Adj-Rib-In "+policy
		if v == OutPre || v == OutPost {
			out["is_in"], out["is_out"], out["bmp_rib_type"] = nil, 1, "Adj-Rib-Out "+policy
		}
	}
	return out
}

// pmacctLines renders one message.
func pmacctLines(t *testing.T, s *Station, m Message) []obj {
	c, err := ParseMessage(m)
	if err != nil {
		t.Fatalf("%x: %v", m.Raw, err)
	}
	actions := s.Step(nil, m)
	text := func(v []byte, ok bool) any {
		if !ok {
			return nil
		}
		return string(v)
	}
	switch c.Type {
	case Initiation:
		info := TLVs(m.Body())
		return []obj{{"bmp_msg_type": "init", "timestamp": "0.000000", "bmp_init_info_string": text(info.Find(InitString)),
			"bmp_init_info_sysdescr": text(info.Find(InitSysDescr)), "bmp_init_info_sysname": text(info.Find(InitSysName))}}
	case PeerUp:
		out := pmacctPeer("peer_up", c.Peer)
		sent, _ := bgp.ParseOpen(c.Up.Sent[bgpHeaderLen:])
		received, _ := bgp.ParseOpen(c.Up.Received[bgpHeaderLen:])
		out["local_port"], out["remote_port"], out["local_ip"] = c.Up.LocalPort, c.Up.RemotePort, c.Up.Local.String()
		out["local_as"], out["bgp_id"] = sent.ASN(), received.ID.String()
		out["bmp_peer_up_info_string"] = text(c.Up.Info.Find(PeerString))
		out["bmp_peer_up_info_vrf_table_name"] = text(c.Up.Info.Find(PeerTableName))
		out["bmp_peer_up_info_admin_label"] = text(c.Up.Info.Find(PeerAdminLabel))
		return []obj{out}
	case StatsReport:
		var lines []obj
		for _, stat := range c.Stats {
			out := pmacctPeer("stats", c.Peer)
			out["counter_type"], out["counter_value"], out["afi"], out["safi"] = stat.Type, stat.Value, nil, nil
			if stat.Family != 0 {
				out["afi"], out["safi"] = stat.Family.AFI(), stat.Family.SAFI()
			}
			lines = append(lines, out)
		}
		return lines
	case RouteMonitoring:
		for _, a := range actions {
			if a.Kind == ActRoutes {
				return pmacctRoutes(c.Peer, a.Update)
			}
		}
	}
	t.Fatalf("nothing to say of %x: %+v", m.Raw, actions)
	return nil
}

func pmacctRoutes(h PeerHeader, u *bgp.Update) []obj {
	var lines []obj
	add := func(n bgp.NLRI, kind string) {
		for _, r := range gauzeNLRI(n) {
			route := r.(obj)
			out := pmacctPeer("route_monitor", h)
			prefix, ok := route["network"]
			if !ok {
				prefix = route["prefix"]
			}
			out["log_type"], out["afi"], out["safi"], out["ip_prefix"] = kind, n.Family.AFI(), n.Family.SAFI(), netip.MustParsePrefix(prefix.(string)).Masked().String()
			out["as_path_id"], out["mpls_label"] = route["path_id"], nil
			for _, key := range []string{"labels", "label_stack"} {
				if stack, ok := route[key]; ok {
					l := stack.([]any)[0].([]any)
					out["mpls_label"] = fmt.Sprint((uint32(l[0].(byte))<<16 | uint32(l[1].(byte))<<8 | uint32(l[2].(byte))) >> 4)
				}
			}
			if rd, ok := route["rd"]; ok {
				out["rd_origin"] = "bgp"
				switch rd := rd.(obj); {
				case rd["As2Administrator"] != nil:
					v := rd["As2Administrator"].(obj)
					out["rd"] = fmt.Sprintf("0:%v:%v", v["asn2"], v["number"])
				default:
					v := rd["As4Administrator"].(obj)
					out["rd"] = fmt.Sprintf("2:%v:%v", v["asn4"], v["number"])
				}
			}
			lines = append(lines, out)
		}
	}
	if f, ok := u.EndOfRIB(); ok {
		out := pmacctPeer("route_monitor", h)
		out["log_type"], out["afi"], out["safi"] = "end-of-rib", f.AFI(), f.SAFI()
		return []obj{out}
	}
	add(u.Withdrawn(), "withdraw")
	add(u.Announced(), "update")
	if n, ok := u.MPReach(); ok {
		add(n, "update")
	}
	if n, ok := u.MPUnreach(); ok {
		add(n, "withdraw")
	}
	return lines
}

// pmacctStreams says which streams fed which file. Where there are several, the name in
// the Initiation message tells them apart.
var pmacctStreams = map[string][]string{
	"tests__200-BMP-HUAWEI-locrib_instance__output-bmp-00.json":                       {"200-*traffic-00"},
	"tests__201-BMP-CISCO-rd_instance__output-bmp-00.json":                            {"201-*traffic-00"},
	"tests__202-BMP-CISCO-HUAWEI-multiple-sources__output-bmp-00.json":                {"202-*traffic-00", "202-*traffic-01", "202-*traffic-02"},
	"tests__203-BMP-HUAWEI-dump__output-bmp-00.json":                                  {"200-*traffic-00"},
	"tests__206-BMP-high-availability__output-bmp-01.json":                            {"206-*traffic-00"},
	"tests__207-BMP-CISCO-HUAWEI-multiple-sources-dump-spreading__output-bmp-00.json": {"202-*traffic-00", "202-*traffic-01", "202-*traffic-02"},
	"tests__400-IPFIXv10-BMP-CISCO-SRv6-multiple-sources__output-bmp-00.json":         {"400-*traffic-00", "400-*traffic-01"},
	"tests__402-IPFIXv10-BMP-IPv6-high-availability__output-bmp-00.json":              {"402-*traffic-00"},
}

// pmacctLeftOut are the files that are no record of messages.
var pmacctLeftOut = map[string]string{
	"tests__203-BMP-HUAWEI-dump__output-bmp-dump-00.json":                                  "a dump of pmacct's table at a moment, built from the stream that the file beside it tells line by line",
	"tests__206-BMP-high-availability__output-bmp-00.json":                                 "one line that says that logging began",
	"tests__207-BMP-CISCO-HUAWEI-multiple-sources-dump-spreading__output-bmp-dump-00.json": "a dump of pmacct's table at a moment, built from the stream that the file beside it tells line by line",
	"tests__400-IPFIXv10-BMP-CISCO-SRv6-multiple-sources__output-bmp-01.json":              "deletions that pmacct wrote of its own when the connection closed",
}

func TestPmacctReadsTheSame(t *testing.T) {
	dir := testkit.Data(t)
	rules := fieldMap(t, "pmacct.tsv")
	files, err := filepath.Glob(filepath.Join(dir, "bmp_expected", "pmacct", "*.json"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	total := 0
	for _, name := range files {
		base := filepath.Base(name)
		if pmacctLeftOut[base] != "" {
			continue
		}
		t.Run(base, func(t *testing.T) {
			want, router := pmacctFile(t, name)
			for _, stream := range pmacctStreams[base] {
				paths, _ := filepath.Glob(filepath.Join(dir, "bmp_raw", "assets__pcaps__pmacct-tests__"+stream+".s0.*.bmp"))
				if len(paths) != 1 {
					t.Fatalf("%s: %v", stream, paths)
				}
				raw, err := os.ReadFile(paths[0])
				if err != nil {
					t.Fatal(err)
				}
				s := NewStation()
				var got []obj
				for {
					m, n, err := ReadMessage(raw, 0)
					if err != nil {
						t.Fatal(err)
					}
					if n == 0 {
						break
					}
					raw = raw[n:]
					got = append(got, pmacctLines(t, s, m)...)
				}
				expected := want[router[s.Name]]
				delete(want, router[s.Name])
				total += len(expected)
				comparePmacct(t, rules, expected, got, pmacctSkipped[base])
			}
			if len(want) > 0 {
				t.Errorf("%d routers have no stream", len(want))
			}
		})
	}
	for _, r := range rules {
		if !r.used {
			t.Errorf("rule %s is of no use", r.pattern)
		}
	}
	t.Logf("%d lines", total)
	if total < 2000 {
		t.Errorf("only %d lines", total)
	}
}

// pmacctFile reads the lines about messages, by router, and the routers by name.
func pmacctFile(t *testing.T, name string) (lines map[string][]obj, router map[string]string) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	lines, router = map[string][]obj{}, map[string]string{}
	for _, b := range bytes.Split(text, []byte("\n")) {
		var line obj
		if len(bytes.TrimSpace(b)) == 0 {
			continue
		}
		if err := json.Unmarshal(b, &line); err != nil {
			t.Fatal(err)
		}
		if line["event_type"] != "log" || line["bmp_msg_type"] == "internal" {
			continue // pmacct's own doings
		}
		from := line["bmp_router"].(string)
		lines[from] = append(lines[from], line)
		if n, ok := line["bmp_init_info_sysname"].(string); ok {
			router[n] = from
		}
	}
	return lines, router
}

// pmacctSkipped are messages that pmacct does not tell: paths with 2-octet AS numbers
// under an A flag that says 4, which NetGauze refuses too.
var pmacctSkipped = map[string]int{"tests__206-BMP-high-availability__output-bmp-01.json": 2}

func comparePmacct(t *testing.T, rules []*rule, want, got []obj, skipped int) {
	t.Helper()
	if len(want)+skipped != len(got) {
		t.Errorf("%d lines, we have %d", len(want), len(got))
	}
	bad := 0
	for i, line := range want {
		if len(got) == 0 {
			t.Fatalf("nothing is left for line %d", i)
		}
		diff := pmacctDiff(rules, line, got[0])
		for len(diff) > 0 && skipped > 0 && len(got) > 1 {
			skipped, got = skipped-1, got[1:]
			diff = pmacctDiff(rules, line, got[0])
		}
		if len(diff) > 0 {
			if bad++; bad < 4 {
				t.Errorf("line %d: %s\n%v", i, strings.Join(diff, "; "), got[0])
			}
		}
		got = got[1:]
	}
	if bad > 0 {
		t.Errorf("%d of %d lines differ", bad, len(want))
	}
}

// pmacctDiff compares what pmacct says; a key that we do not have is null.
func pmacctDiff(rules []*rule, want, got obj) (diff []string) {
	w, g := map[string]string{}, map[string]string{}
	flat(w, "", want)
	flat(g, "", got)
	for path, v := range w {
		key := strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' })[0]
		what := ""
		for _, r := range rules {
			if r.pattern.MatchString(fmt.Sprintf("%s safi=%v", key, want["safi"])) {
				what, r.used = r.what, true
				break
			}
		}
		ours, ok := g[path]
		if !ok {
			ours = "null"
		}
		switch {
		case what == "":
			diff = append(diff, "no rule for "+key)
		case what == "compare" && ours != v:
			diff = append(diff, fmt.Sprintf("%s: want %s, got %s", key, v, ours))
		}
	}
	return diff
}
