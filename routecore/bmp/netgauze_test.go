package bmp

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

type obj = map[string]any

// rule is a line of a field map.
type rule struct {
	pattern *regexp.Regexp
	what    string
	used    bool
}

// fieldMap reads testdata/name. What is not compared needs a reason.
func fieldMap(t *testing.T, name string) []*rule {
	t.Helper()
	var out []*rule
	for _, c := range testkit.Table(t, filepath.Join("testdata", name), 3)[1:] {
		if c[1] != "compare" && len(c[2]) < 20 {
			t.Fatalf("%s: %q has no reason", name, c)
		}
		out = append(out, &rule{pattern: regexp.MustCompile(c[0]), what: c[1]})
	}
	return out
}

// flat tells a JSON value as lines "path value"; positions in lists are part of the
// first and not of the second.
func flat(out map[string]string, path string, v any) {
	switch v := v.(type) {
	case obj:
		for k, e := range v {
			flat(out, path+"."+k, e)
		}
		if len(v) == 0 {
			out[path] = "{}"
		}
	case []any:
		for i, e := range v {
			flat(out, fmt.Sprintf("%s[%d]", path, i), e)
		}
		if len(v) == 0 {
			out[path] = "[]"
		}
	default:
		b, _ := json.Marshal(v)
		out[path] = string(b)
	}
}

var position = regexp.MustCompile(`\[\d+\]`)

// compareFlat compares by the rules and returns what differs.
func compareFlat(rules []*rule, want, got map[string]string) []string {
	var bad []string
	what := func(path string) string {
		bare := position.ReplaceAllString(path, "[]")
		for _, r := range rules {
			if r.pattern.MatchString(bare) {
				r.used = true
				return r.what
			}
		}
		bad = append(bad, "no rule for "+bare)
		return ""
	}
	for path, v := range want {
		if what(path) == "compare" && got[path] != v {
			bad = append(bad, fmt.Sprintf("%s: want %s, got %s", path, v, got[path]))
		}
	}
	for path, v := range got {
		if _, ok := want[path]; !ok && what(path) == "compare" {
			bad = append(bad, fmt.Sprintf("%s: want nothing, got %s", path, v))
		}
	}
	return bad
}

// gauze renders messages as NetGauze does.
type gauze struct {
	station *Station
}

func gauzeTime(us int64) any {
	at := time.UnixMicro(us).UTC()
	if us == 0 {
		return nil
	}
	switch {
	case us%1e6 == 0:
		return at.Format("2006-01-02T15:04:05Z")
	case us%1000 == 0:
		return at.Format("2006-01-02T15:04:05.000Z")
	}
	return at.Format("2006-01-02T15:04:05.000000Z")
}

func gauzeAddr(a netip.Addr) any {
	if a.IsUnspecified() {
		return nil
	}
	return a.String()
}

func gauzeRD(rd inet.RD) any {
	switch n := uint32(rd[4])<<24 | uint32(rd[5])<<16 | uint32(rd[6])<<8 | uint32(rd[7]); rd[1] {
	case 0:
		return obj{"As2Administrator": obj{"asn2": int(rd[2])<<8 | int(rd[3]), "number": n}}
	case 2:
		return obj{"As4Administrator": obj{"asn4": uint32(rd[2])<<24 | uint32(rd[3])<<16 | uint32(rd[4])<<8 | uint32(rd[5]), "number": n & 0xffff}}
	}
	return obj{"other": rd.String()}
}

func gauzeHeader(h PeerHeader) obj {
	flags := obj{"ipv6": h.IPv6(), "post_policy": h.Flags&FlagPostPolicy != 0, "asn2": h.Flags&FlagAS2 != 0, "adj_rib_out": h.Flags&FlagOut != 0}
	typ := obj{[]string{"GlobalInstancePeer", "RdInstancePeer", "LocalInstancePeer"}[min(h.Type, 2)]: flags}
	if h.Type == LocRIBPeer {
		typ = obj{"LocRibInstancePeer": obj{"filtered": h.Filtered()}}
	}
	out := obj{"peer_type": typ, "rd": nil, "address": gauzeAddr(h.Addr), "peer_as": h.ASN, "bgp_id": h.ID.String(), "timestamp": gauzeTime(h.Time)}
	if h.RD != (inet.RD{}) {
		out["rd"] = gauzeRD(h.RD)
	}
	return out
}

func gauzeOpen(b []byte) obj {
	o, _ := bgp.ParseOpen(b[bgpHeaderLen:])
	return obj{"Open": obj{"version": o.Version, "my_as": int(b[20])<<8 | int(b[21]), "hold_time": o.HoldTime, "bgp_id": o.ID.String()}}
}

func gauzeUp(h PeerHeader, up PeerUpMessage) obj {
	port := func(p uint16) any {
		if p == 0 {
			return nil
		}
		return p
	}
	return obj{
		"peer_header": gauzeHeader(h), "local_address": gauzeAddr(up.Local), "local_port": port(up.LocalPort), "remote_port": port(up.RemotePort),
		"sent_message": gauzeOpen(up.Sent), "received_message": gauzeOpen(up.Received), "information": gauzeInfo(up.Info),
	}
}

func gauzeInfo(tlvs TLVs) []any {
	out := []any{}
	for v := range tlvs.All() {
		switch v.Type {
		case PeerTableName:
			out = append(out, obj{"VrfTableName": string(v.Value)})
		default:
			out = append(out, obj{"other": v.Type})
		}
	}
	return out
}

// gauzeFamilies names what we have of families.
var gauzeFamilies = map[inet.Family][2]string{ // the name, and what a prefix is called in it
	inet.IPv4Unicast:                          {"Ipv4Unicast", "network"},
	inet.IPv6Unicast:                          {"Ipv6Unicast", "network"},
	inet.NewFamily(1, inet.SAFILabelled):      {"Ipv4NlriMplsLabels", "prefix"},
	inet.NewFamily(2, inet.SAFILabelled):      {"Ipv6NlriMplsLabels", "prefix"},
	inet.NewFamily(1, inet.SAFIMPLSVPN):       {"Ipv4MplsVpnUnicast", "network"},
	inet.NewFamily(2, inet.SAFIMPLSVPN):       {"Ipv6MplsVpnUnicast", "network"},
	inet.NewFamily(25, inet.SAFI(70)):         {"L2Evpn", "network"},
	inet.NewFamily(1, inet.SAFI(132)):         {"RouteTargetMembership", "network"},
	inet.NewFamily(inet.AFI(16388), 71):       {"BgpLs", "network"},
	inet.NewFamily(inet.AFI(1), inet.SAFI(5)): {"Mvpn", "network"},
}

// gauzeNLRI renders a run of prefixes, with labels and distinguishers.
func gauzeNLRI(n bgp.NLRI) []any {
	out := []any{}
	for raw := range n.All() {
		route := obj{"path_id": nil}
		if n.AddPath {
			route["path_id"] = uint32(raw[0])<<24 | uint32(raw[1])<<16 | uint32(raw[2])<<8 | uint32(raw[3])
			raw = raw[4:]
		}
		bits := int(raw[0])
		raw = raw[1:]
		safi := n.Family.SAFI()
		if safi == inet.SAFILabelled || safi == inet.SAFIMPLSVPN {
			stack := []any{}
			for bottom := false; !bottom && len(raw) >= 3; raw, bits = raw[3:], bits-24 {
				l := uint32(raw[0])<<16 | uint32(raw[1])<<8 | uint32(raw[2])
				bottom = l&1 != 0 || l == 0 || l == 0x800000
				stack = append(stack, []any{raw[0], raw[1], raw[2]})
			}
			key := "labels"
			if safi == inet.SAFIMPLSVPN {
				key = "label_stack"
			}
			route[key] = stack
		}
		if safi == inet.SAFIMPLSVPN {
			route["rd"] = gauzeRD(inet.RD(raw[:8]))
			raw, bits = raw[8:], bits-64
		}
		var addr netip.Addr
		if n.Family.AFI() == inet.AFIIPv4 {
			var b [4]byte
			copy(b[:], raw)
			addr = netip.AddrFrom4(b)
		} else {
			var b [16]byte
			copy(b[:], raw)
			addr = netip.AddrFrom16(b)
		}
		route[gauzeFamilies[n.Family][1]] = netip.PrefixFrom(addr, bits).String()
		out = append(out, route)
	}
	return out
}

func gauzeUpdate(u *bgp.Update) obj {
	attrs := []any{}
	for a := range u.RawAttrs() {
		value := any(obj{})
		if n, ok := u.MPReach(); ok && a.Code == bgp.AttrMPReach {
			value = obj{"MpReach": obj{gauzeFamilies[n.Family][0]: obj{"nlri": gauzeNLRI(n)}}}
		}
		if n, ok := u.MPUnreach(); ok && a.Code == bgp.AttrMPUnreach {
			value = obj{"MpUnreach": obj{gauzeFamilies[n.Family][0]: obj{"nlri": gauzeNLRI(n)}}}
		}
		attr := obj{"optional": a.Flags&0x80 != 0, "transitive": a.Flags&0x40 != 0, "partial": a.Flags&0x20 != 0, "extended_length": a.Flags&0x10 != 0}
		if v := value.(obj); len(v) > 0 {
			attr["value"] = v
		}
		attrs = append(attrs, attr)
	}
	return obj{"Update": obj{"withdrawn_routes": gauzeNLRI(u.Withdrawn()), "path_attributes": attrs, "nlri": gauzeNLRI(u.Announced())}}
}

// gauzeStats names statistics as NetGauze does.
var gauzeStats = map[uint16]string{
	0: "NumberOfPrefixesRejectedByInboundPolicy", 1: "NumberOfDuplicatePrefixAdvertisements", 2: "NumberOfDuplicateWithdraws",
	3: "NumberOfUpdatesInvalidatedDueToClusterListLoop", 4: "NumberOfUpdatesInvalidatedDueToAsPathLoop", 5: "NumberOfUpdatesInvalidatedDueToOriginatorId",
	7: "NumberOfRoutesInAdjRibIn", 8: "NumberOfRoutesInLocRib", 10: "NumberOfRoutesInPerAfiSafiLocRib", 11: "NumberOfUpdatesSubjectedToTreatAsWithdraw",
	65531: "Experimental65531",
}

func gauzeStat(s Stat) obj {
	name := gauzeStats[s.Type]
	switch {
	case s.Type >= 65531:
		raw := []any{}
		for _, c := range s.Raw {
			raw = append(raw, c)
		}
		return obj{name: raw}
	case s.Family != 0:
		f := gauzeFamilies[s.Family][0]
		if f == "Ipv4MplsVpnUnicast" || f == "Ipv6MplsVpnUnicast" {
			f = strings.Replace(f, "MplsVpnUnicast", "MplsLabeledVpn", 1)
		}
		return obj{name: []any{f, s.Value}}
	}
	return obj{name: s.Value}
}

// line renders one message.
func (g *gauze) line(t *testing.T, m Message) any {
	c, err := ParseMessage(m)
	if err != nil {
		t.Fatalf("%x: %v", m.Raw, err)
	}
	actions := g.station.Step(nil, m)
	var value obj
	switch c.Type {
	case Initiation:
		info := []any{}
		for _, v := range c.TLVs {
			info = append(info, obj{[]string{"String", "SystemDescription", "SystemName"}[min(v.Type, 2)]: string(v.Value)})
		}
		value = obj{"Initiation": obj{"information": info}}
	case PeerUp:
		value = obj{"PeerUpNotification": gauzeUp(c.Peer, c.Up)}
	case PeerDown:
		reason := any(c.Down.String())
		if c.Down.Reason == DownLocRIB {
			reason = obj{"LocalSystemClosedTlvDataFollows": gauzeInfo(c.Down.Info)[0]}
		}
		value = obj{"PeerDownNotification": obj{"peer_header": gauzeHeader(c.Peer), "reason": reason, "tlvs": []any{}}}
	case StatsReport:
		counters := []any{}
		for _, s := range c.Stats {
			counters = append(counters, gauzeStat(s))
		}
		value = obj{"StatisticsReport": obj{"peer_header": gauzeHeader(c.Peer), "counters": counters}}
	case RouteMonitoring:
		last := Action{}
		for _, a := range actions {
			switch a.Kind {
			case ActRoutes:
				last = a
			case ActNotice:
				t.Log(a.Text)
			}
		}
		if last.Update == nil {
			t.Fatalf("no routes of %x: %+v", m.Raw, actions)
		}
		value = obj{"peer_header": gauzeHeader(c.Peer), "update_message": gauzeUpdate(last.Update)}
		if m.Version == Version4 {
			delete(value, "update_message")
			value["update_pdu"] = obj{"index": 0, "value": obj{"BgpUpdate": gauzeUpdate(last.Update)}}
			value["tlvs"] = gauzeTLVs(last.Extras)
		}
		value = obj{"RouteMonitoring": value}
	default:
		t.Fatalf("%s is in no file", c.Type)
	}
	return obj{fmt.Sprintf("V%d", m.Version): value}
}

func gauzeTLVs(e *Extras) []any {
	out := []any{}
	for f, v := range e.All() {
		var value obj
		switch f {
		case FieldMessage:
			continue
		case FieldTable:
			value = obj{"VrfTableName": string(v.Value)}
		case FieldGroup:
			list, ok := Group(v.Value)
			value = obj{"GroupTlv": list}
			if !ok {
				value = obj{"GroupTlv": "broken"}
			}
		case FieldMarking:
			m, err := ParsePathMarking(v.Value)
			var names []string
			for _, n := range m.Status.Names() {
				names = append(names, map[string]string{"best": "BEST", "primary": "PRIMARY", "addPath": "ADD_PATH"}[n])
			}
			value = obj{"PathMarking": obj{"path_status": strings.Join(names, " | "), "reason": nil}}
			if err != nil || m.HasReason {
				value["reason"] = m.Reason
			}
		case FieldStateless:
			families := []any{}
			for b := v.Value[2:]; len(b) >= 4; b = b[4:] {
				name := gauzeFamilies[inet.NewFamily(inet.AFI(int(b[0])<<8|int(b[1])), inet.SAFI(b[2]))][0]
				if strings.HasSuffix(name, "MplsVpnUnicast") {
					name = strings.Replace(name, "MplsVpnUnicast", "MplsLabeledVpn", 1)
				}
				families = append(families, obj{"address_type": name, "send": b[3]&2 != 0, "receive": b[3]&1 != 0})
			}
			value = obj{"StatelessParsing": obj{"AddPath": obj{"address_families": families}}}
		default:
			value = obj{f.String(): v.Value}
		}
		out = append(out, obj{"index": v.Index, "value": value})
	}
	return out
}

// TestNetGauzeReadsTheSame compares each message of each stream with NetGauze's JSON.
func TestNetGauzeReadsTheSame(t *testing.T) {
	dir := testkit.Data(t)
	rules := fieldMap(t, "netgauze.tsv")
	files, err := filepath.Glob(filepath.Join(dir, "bmp_expected", "NetGauze", "*-bmp.json"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	messages := 0
	for _, name := range files {
		base := strings.TrimSuffix(filepath.Base(name), "-bmp.json")
		t.Run(base, func(t *testing.T) {
			raws, _ := filepath.Glob(filepath.Join(dir, "bmp_raw", base+".s0.*.bmp"))
			if len(raws) != 1 {
				t.Fatalf("streams %v", raws)
			}
			raw, err := os.ReadFile(raws[0])
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			g := gauze{NewStation()}
			bad, no := 0, 0
			lines := bufio.NewScanner(bytes.NewReader(text))
			lines.Buffer(nil, 1<<22)
			for lines.Scan() {
				m, n, err := ReadMessage(raw, 0)
				if err != nil || n == 0 {
					t.Fatalf("line %d has no message: %v", no+1, err)
				}
				raw = raw[n:]
				no++
				messages++
				var want any
				if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
					t.Fatal(err)
				}
				wantFlat, gotFlat := map[string]string{}, map[string]string{}
				flat(wantFlat, "", want)
				var got any
				rendered, _ := json.Marshal(g.line(t, m))
				_ = json.Unmarshal(rendered, &got)
				flat(gotFlat, "", got)
				if w, ok := want.(obj); ok && w["BmpMessageParsingError"] != nil {
					gotFlat = nil // NetGauze does not read it; line has seen to it that we do
				}
				if diff := compareFlat(rules, wantFlat, gotFlat); len(diff) > 0 {
					if bad++; bad <= 5 {
						t.Errorf("message %d:\n%s", no, strings.Join(diff[:min(len(diff), 12)], "\n"))
					}
				}
			}
			if _, n, _ := ReadMessage(raw, 0); n > 0 {
				t.Errorf("there are messages after the last line, %d", no)
			}
		})
	}
	for _, r := range rules {
		if !r.used {
			t.Errorf("rule %s is of no use", r.pattern)
		}
	}
	t.Logf("%d messages", messages)
	if messages < 1000 {
		t.Errorf("only %d messages", messages)
	}
}
