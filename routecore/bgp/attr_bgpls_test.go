package bgp

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/inet"
)

// exaBody takes the UPDATE out of a test case of ExaBGP, with or without header.
func exaBody(t *testing.T, line string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(line, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.HasPrefix(b, bytes.Repeat([]byte{0xff}, 16)) {
		b = b[HeaderLen:]
	}
	return b
}

// lsCase is one test case: the body of an UPDATE, and what ExaBGP reads in it.
func lsCase(t *testing.T, file string) (body []byte, attribute map[string]any, nlri map[string]any) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitN(string(b), "\n", 3)
	var want struct {
		Neighbor struct {
			Message struct {
				Update struct {
					Attribute map[string]any
					Announce  map[string]map[string][]map[string]any
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(lines[2]), &want); err != nil {
		t.Fatal(err)
	}
	for _, hops := range want.Neighbor.Message.Update.Announce {
		for _, list := range hops {
			nlri = list[0]
		}
	}
	return exaBody(t, lines[1]), want.Neighbor.Message.Update.Attribute, nlri
}

// lsKeys are ExaBGP's names of the attributes whose JSON is ours too.
var lsKeys = map[string]string{
	"igp-metric": "igpMetric", "maximum-link-bandwidth": "maxLinkBandwidth", "maximum-reservable-link-bandwidth": "maxReservableBandwidth",
	"unreserved-bandwidth": "unreservedBandwidth", "te-metric": "teMetric", "admin-group-mask": "adminGroup", "prefix-metric": "prefixMetric",
	"node-name": "nodeName", "local-router-ids": "ipv4RouterIdLocal", "sr-algorithms": "srAlgorithms",
}

// TestLSAttrOfExaBGP compares what another reader finds in real BGP-LS UPDATEs.
func TestLSAttrOfExaBGP(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testkit.Data(t, "bgp/exabgp-qa-decoding"), "*bgp-ls-*"))
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(b), "update") {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			body, want, nlri := lsCase(t, file)
			var u Update
			ParseUpdate(&u, body, MonitorCtx(true))
			if u.Verdict.Action != Accept {
				t.Fatal(u.Verdict.Text())
			}
			v, _ := Attrs(u.AppendAttrs(nil, inet.BGPLS)).Get(AttrBGPLS)
			list, err := ParseLSAttr(v)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := AppendLSAttr(nil, list); err != nil || !bytes.Equal(again, v) {
				t.Fatalf("built %x, %v", again, err)
			}
			var got map[string]any
			if err := json.Unmarshal(jsonBGPLS(nil, v, inet.BGPLS), &got); err != nil {
				t.Fatal(err)
			}
			if got["raw"] != nil {
				t.Errorf("without a form: %v", got["raw"])
			}
			for key, value := range want["bgp-ls"].(map[string]any) {
				compared++
				switch key {
				case "link-local-remote-identifiers":
					m := value.(map[string]any)
					value, key = map[string]any{"local": m["local-id"], "remote": m["remote-id"]}, "linkIdentifiers"
				case "sr-adjs":
					value, key = exaAdjacencies(value.([]any)), "adjacencySid"
				case "sids":
					pair := value.([]any)[0].([]any)
					value, key = map[string]any{"flags": 128.0, "ranges": []any{map[string]any{"size": pair[0], "label": pair[1]}}}, "srCapabilities"
				case "sr-capability-flags": // compared with sids
					continue
				case "area-ids":
					value, key = []any{"49.0090"}, "isisAreaId" // they print 0x490090 as a number
				case "sr-prefix-attribute-flags":
					value, key = "00", "prefixAttributeFlags"
				case "srv6-lan-endx-isis":
					value, key = exaEndX(value.([]any)), "isisSrv6LanEndX"
				case "generic-lsid-266": // they do not know MSD: 01 0a
					value, key = []any{map[string]any{"type": 1.0, "value": 10.0}}, "nodeMsd"
				case "generic-lsid-1036": // nor local blocks: 00 00 0003e8 0489 0003 003a98
					value, key = map[string]any{"flags": 0.0, "ranges": []any{map[string]any{"size": 1000.0, "label": 15000.0}}}, "srLocalBlock"
				default:
					if lsKeys[key] == "" {
						t.Fatalf("nothing compares %s", key)
					}
					key = lsKeys[key]
				}
				if d := cmp.Diff(value, got[key]); d != "" {
					t.Errorf("%s: %s", key, d)
				}
			}
			compareExaNLRI(t, &u, nlri)
		})
	}
	if compared < 20 {
		t.Errorf("only %d attributes compared", compared)
	}
}

func exaAdjacencies(list []any) []any {
	var out []any
	for _, v := range list {
		m := v.(map[string]any)
		flags, bits := 0.0, m["flags"].(map[string]any)
		for i, name := range []string{"F", "B", "V", "L", "S", "P"} {
			flags += bits[name].(float64) * float64(int(128)>>i)
		}
		out = append(out, map[string]any{"flags": flags, "weight": m["weight"], "label": m["sids"].([]any)[0]})
	}
	return out
}

func exaEndX(list []any) []any {
	var out []any
	for _, v := range list {
		m := v.(map[string]any)
		flags := []any{}
		if m["flags"].(map[string]any)["B"] == 1.0 {
			flags = append(flags, "backup")
		}
		id, s := m["neighbor-id"].(string), m["srv6-sid-structure"].(map[string]any)
		out = append(out, map[string]any{
			"flags": flags, "behavior": m["behavior"], "algorithm": m["algorithm"], "weight": m["weight"], "sid": m["sid"],
			"neighbor":         id[:4] + "." + id[4:8] + "." + id[8:],
			"srv6SidStructure": map[string]any{"locatorBlock": s["loc_block_len"], "locatorNode": s["loc_node_len"], "function": s["func_len"], "argument": s["arg_len"]},
		})
	}
	return out
}

// compareExaNLRI compares the one NLRI of the UPDATE and builds it again.
func compareExaNLRI(t *testing.T, u *Update, want map[string]any) {
	t.Helper()
	run, ok := u.MPReach()
	if !ok || run.Len() != 1 {
		t.Fatalf("%d NLRI", run.Len())
	}
	n, err := ParseLSNLRI(run.Family, run.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := AppendLSNLRI(nil, run.Family, n); err != nil || !bytes.Equal(again, run.Bytes) {
		t.Errorf("built %x, %v", again, err)
	}
	var got map[string]any
	if err := json.Unmarshal(AppendNLRIJSON(nil, run.Family, run.Bytes), &got); err != nil {
		t.Fatal(err)
	}
	types := map[string]string{"bgpls-node": "node", "bgpls-link": "link", "bgpls-prefix-v4": "ipv4Prefix", "bgpls-prefix-v6": "ipv6Prefix"}
	if got["type"] != types[want["ls-nlri-type"].(string)] || got["protocolId"] != want["protocol-id"] || got["identifier"] != want["l3-routing-topology"] {
		t.Errorf("%v, want %v", got, want)
	}
	nodes := map[string]string{"local-node-descriptors": "localNodeDescriptors", "remote-node-descriptors": "remoteNodeDescriptors", "node-descriptors": "localNodeDescriptors"}
	for key, ours := range nodes {
		if list, ok := want[key].([]any); ok {
			compareExaNode(t, got[ours].(map[string]any), list)
		}
	}
	rest, _ := got["linkDescriptors"].(map[string]any)
	for key, ours := range map[string]string{"interface-addresses": "ipv4InterfaceAddress", "neighbor-addresses": "ipv4NeighborAddress", "multi-topology-ids": "multiTopologyIds"} {
		if list, ok := want[key].([]any); ok && len(list) > 0 {
			if d := cmp.Diff(list, rest[ours]); d != "" {
				t.Errorf("%s: %s", key, d)
			}
		}
	}
	if prefix, ok := want["ip-reach-prefix"]; ok && got["prefixDescriptors"].(map[string]any)["prefix"] != prefix {
		t.Errorf("%v, want %v", got, prefix)
	}
}

func compareExaNode(t *testing.T, got map[string]any, want []any) {
	t.Helper()
	count := 0
	for _, v := range want {
		m := v.(map[string]any)
		for key, value := range m {
			switch key {
			case "autonomous-system":
				key = "asn"
			case "bgp-ls-identifier":
				key = "bgpLsIdentifier"
				got[key] = fmt.Sprint(int(got[key].(float64)))
			case "ospf-area-id":
				key = "ospfAreaId"
			case "router-id":
				id := value.(string)
				key = "igpRouterId"
				if !strings.Contains(id, ".") {
					id = strings.TrimSuffix(id[:4]+"."+id[4:8]+"."+id[8:12]+"."+id[12:], ".")
				}
				if dr, ok := m["designated-router-id"].(string); ok {
					id += ":" + dr
				}
				value = id
			default: // parts of the router id
				continue
			}
			count++
			if got[key] != value {
				t.Errorf("%s: %v, want %v", key, got[key], value)
			}
		}
	}
	if count != len(got) {
		t.Errorf("%d descriptors of %v", count, got)
	}
}

// TestLSAttrValues has one attribute of each group that no capture here holds.
func TestLSAttrValues(t *testing.T) {
	for _, tt := range []struct{ name, hex, json, text string }{
		{"metrics of RFC 8571", "045a0004800003e8" + "045b000800000064000000c8" + "045c000400000005" + "045d0004800000ff" + "045e00044cee6b28",
			`{"delay":{"flags":["anomalous"],"microseconds":1000},"minMaxDelay":{"flags":[],"min":100,"max":200},"delayVariation":5,"linkLoss":{"flags":["anomalous"],"loss":255},"residualBandwidth":125000000}`,
			`delay{flags=0x80 microseconds=1000} minMaxDelay{flags=0x0 min=100 max=200} delayVariation=5 linkLoss{flags=0x80 loss=255} residualBandwidth=1.25e+08`},
		{"a peer of RFC 9086", "044d0007c00a00000186a0", `{"peerNodeSid":[{"flags":["value","local"],"weight":10,"label":100000}]}`, `peerNodeSid{flags=0xc0 weight=10 label=100000}`},
		{"an application of RFC 9294", "04620014" + "04000000" + "10000000" + "0440000400000007" + "0489" + "0000",
			`{"applicationSpecific":[{"standardApplications":"10000000","userApplications":"","adminGroup":7,"raw":[{"type":1161,"value":""}]}]}`,
			`applicationSpecific{standardApplications=0x10000000 userApplications=0x adminGroup=7 type1161=0x}`},
		{"a flexible algorithm", "040f0010" + "80010064" + "0410000800000001" + "00000002", `{"flexAlgo":[{"algorithm":128,"metricType":1,"calculation":0,"priority":100,"excludeAny":[1,2]}]}`,
			`flexAlgo{algorithm=128 metricType=1 calculation=0 priority=100 excludeAny=[1 2]}`},
		{"an SRv6 locator", "048a0008" + "80800000" + "0000000a", `{"srv6Locator":[{"flags":["d"],"algorithm":128,"metric":10}]}`, `srv6Locator{flags=0x80 algorithm=128 metric=10}`},
		{"flags of a node", "040000019c", `{"nodeFlags":["overload","abr","router","v6"]}`, `nodeFlags=0x9c`},
		{"a metric of one octet", "0447000105", `{"igpMetric":5}`, `igpMetric=5`},
		{"a metric twice", "0447000105" + "0447000106", `{"igpMetric":5,"raw":[{"type":1095,"value":"06"}]}`, `igpMetric=5 igpMetric=6`},
		{"a metric of nothing", "04470000", `{"raw":[{"type":1095,"value":""}]}`, `type1095=0x`},
		{"what nobody knows", "fde800020102", `{"raw":[{"type":65000,"value":"0102"}]}`, `type65000=0x0102`},
		{"a name with quotes", "04020004225c0a78", `{"nodeName":"\"\\\u000ax"}`, `nodeName="\"\\\nx"`},
		{"a member of a bundle", "049400" + "0c" + "00000001" + "0440000400000007", `{"l2BundleMember":[{"descriptor":1,"adminGroup":7}]}`, `l2BundleMember{descriptor=1 adminGroup=7}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v, err := hex.DecodeString(tt.hex)
			if err != nil {
				t.Fatal(err)
			}
			if fault, at := checkBGPLS(v, Ctx{}); fault != FaultNone {
				t.Fatalf("fault %d at %d", fault, at)
			}
			if got := string(jsonBGPLS(nil, v, inet.BGPLS)); got != tt.json {
				t.Errorf("\n got %s\nwant %s", got, tt.json)
			}
			if got := string(AppendLSAttrText(nil, v)); got != tt.text {
				t.Errorf("\n got %s\nwant %s", got, tt.text)
			}
		})
	}
}

// TestLSRegistry has the code points of the IANA registry, written down apart from
// the table.
func TestLSRegistry(t *testing.T) {
	want := map[uint16]string{
		256: "Local Node Descriptors", 257: "Remote Node Descriptors", 258: "Link Local/Remote Identifiers", 259: "IPv4 interface address",
		262: "IPv6 neighbor address", 263: "Multi-Topology Identifier", 264: "OSPF Route Type", 265: "IP Reachability Information", 266: "Node MSD", 267: "Link MSD",
		512: "Autonomous System", 513: "BGP-LS Identifier", 514: "OSPF Area-ID", 515: "IGP Router-ID", 516: "BGP Router-ID", 517: "BGP Confederation Member",
		518: "SRv6 SID Information", 1024: "Node Flag Bits", 1026: "Node Name", 1027: "IS-IS Area Identifier", 1028: "IPv4 Router-ID of Local Node",
		1031: "IPv6 Router-ID of Remote Node", 1032: "S-BFD Discriminators", 1034: "SR Capabilities", 1035: "SR Algorithm", 1036: "SR Local Block",
		1037: "SRMS Preference", 1038: "SRv6 Capabilities", 1039: "Flexible Algorithm Definition", 1044: "Flexible Algorithm Prefix Metric",
		1088: "Administrative group (color)", 1091: "Unreserved bandwidth", 1092: "TE Default Metric", 1095: "IGP Metric", 1096: "Shared Risk Link Group",
		1098: "Link Name", 1099: "Adjacency SID", 1100: "LAN Adjacency SID", 1101: "PeerNode SID", 1102: "PeerAdj SID", 1103: "PeerSet SID",
		1106: "SRv6 End.X SID", 1107: "IS-IS SRv6 LAN End.X SID", 1108: "OSPFv3 SRv6 LAN End.X SID", 1114: "Unidirectional Link Delay",
		1120: "Unidirectional Utilized Bandwidth", 1122: "Application-Specific Link Attributes", 1152: "IGP Flags", 1155: "Prefix Metric",
		1158: "Prefix-SID", 1159: "Range", 1161: "SID/Label", 1162: "SRv6 Locator", 1170: "Prefix Attribute Flags", 1171: "Source Router Identifier",
		1172: "L2 Bundle Member Attributes", 1173: "Extended Administrative Group", 1174: "Source OSPF Router-ID", 1250: "SRv6 Endpoint Behavior",
		1251: "SRv6 BGP PeerNode SID", 1252: "SRv6 SID Structure",
	}
	for typ, name := range want {
		if row, ok := LSInfo(typ); !ok || row.Name != name {
			t.Errorf("%d is %q, want %q", typ, row.Name, name)
		}
	}
	count := 0
	for row := range LSInfos() {
		if got, ok := LSInfo(row.Type); !ok || got.Name != row.Name {
			t.Errorf("%d is not found", row.Type)
		}
		count++
	}
	if count < 100 {
		t.Errorf("only %d rows", count)
	}
	if _, ok := LSInfo(1); ok {
		t.Error("type 1 has a row")
	}
}

func TestEncodeLSOfEveryKindOfValue(t *testing.T) {
	v, err := EncodeLS(1107, Field{"behavior", uint64(57)}, Field{"flags", uint64(0x80)}, Field{"algorithm", uint64(0)}, Field{"weight", uint64(1)},
		Field{"neighbor", []byte{0, 0, 0, 0, 0, 0x14}}, Field{"sid", netip.MustParseAddr("fc30::1")},
		Field{"tlvs", []TLV{{1252, []byte{32, 16, 16, 64}}}})
	if err != nil {
		t.Fatal(err)
	}
	want := "0039800001" + "00" + "000000000014" + "fc300000000000000000000000000001" + "04e4000420101040"
	if got := hex.EncodeToString(v.Value); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// TestLSAttrOfFRR builds what FRR's topology test expects of a node.
func TestLSAttrOfFRR(t *testing.T) {
	b, err := os.ReadFile(testkit.Data(t, "bgp/frr-bgp_link_state/tests__topotests__bgp_link_state__rr__bgp_ls_attrs_node4.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Paths []struct {
			Attrs struct {
				SR struct {
					LowerBound, RangeSize uint64
					Flags                 string
				} `json:"srCapabilities"`
				MSD  []struct{ Type, Value uint64 }
				Area string `json:"isisAreaId"`
			} `json:"linkStateAttrs"`
		}
	}
	if err := json.Unmarshal(b, &file); err != nil || len(file.Paths) != 1 {
		t.Fatal(err, len(file.Paths))
	}
	want := file.Paths[0].Attrs
	flags, err := strconv.ParseUint(want.SR.Flags, 0, 8)
	if err != nil {
		t.Fatal(err)
	}
	area, err := hex.DecodeString(strings.ReplaceAll(want.Area, ".", ""))
	if err != nil {
		t.Fatal(err)
	}
	var list []TLV
	for _, row := range []struct {
		typ    uint16
		values []Field
	}{
		{266, []Field{{"", [][]Field{{{"type", want.MSD[0].Type}, {"value", want.MSD[0].Value}}}}}},
		{1027, []Field{{"", area}}},
		{1034, []Field{{"flags", flags}, {"ranges", [][]Field{{{"size", want.SR.RangeSize}, {"label", want.SR.LowerBound}}}}}},
	} {
		v, err := EncodeLS(row.typ, row.values...)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, v)
	}
	wire, err := AppendLSAttr(nil, list)
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(wire); got != "010a00020107"+"0403000349"+"0004"+"040a000cc000000fa004890003061a80" {
		t.Error(got)
	}
	out := `{"nodeMsd":[{"type":1,"value":7}],"isisAreaId":["49.0004"],"srCapabilities":{"flags":192,"ranges":[{"size":4000,"label":400000}]}}`
	if got := string(jsonBGPLS(nil, wire, inet.BGPLS)); got != out {
		t.Errorf("\n got %s\nwant %s", got, out)
	}
}
