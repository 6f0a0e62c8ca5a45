package bgp

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/inet"
)

func TestPrefixSIDReadsWhatItBuilds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawTLVs(t, &prefixSIDTable, 2)
		b, err := AppendPrefixSID(nil, want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParsePrefixSID(b)
		if err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("%x: %s", b, d)
		}
		AppendPrefixSIDText(nil, b)
		for n := range len(b) {
			_, err := ParsePrefixSID(b[:n:n])
			if fault, _ := checkPrefixSID(b[:n:n], Ctx{}); err != nil && fault == FaultNone {
				t.Fatalf("%x is accepted but %v", b[:n], err)
			}
			jsonPrefixSID(nil, b[:n:n], 0)
		}
	})
}

// foreignAttr is an attribute as another reader sees it: ours in JSON.
type foreignAttr struct {
	code AttrCode
	json string
}

// netgauzeAttrs collects the Prefix-SID and AIGP attributes of a JSON file of
// NetGauze, in the order of the file.
func netgauzeAttrs(t *testing.T, file string) []foreignAttr {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []foreignAttr
	for line := range strings.Lines(string(b)) {
		var v any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		walkNetGauze(t, v, &out)
	}
	return out
}

func walkNetGauze(t *testing.T, v any, out *[]foreignAttr) {
	t.Helper()
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			walkNetGauze(t, one, out)
		}
	case map[string]any:
		if sid, ok := v["PrefixSegmentIdentifier"].(map[string]any); ok {
			*out = append(*out, foreignAttr{AttrPrefixSID, netgauzePrefixSID(t, sid["tlvs"].([]any))})
		}
		if aigp, ok := v["Aigp"].(map[string]any); ok {
			*out = append(*out, foreignAttr{AttrAIGP, fmt.Sprintf(`{"metric":%v}`, aigp["AccumulatedIgpMetric"])})
		}
		for _, key := range []string{"V3", "V4", "RouteMonitoring", "update_message", "Update", "path_attributes", "value"} {
			if inside, ok := v[key]; ok {
				walkNetGauze(t, inside, out)
			}
		}
	}
}

func netgauzePrefixSID(t *testing.T, tlvs []any) string {
	t.Helper()
	var members []string
	for _, v := range tlvs {
		if index, ok := v.(map[string]any)["LabelIndex"].(map[string]any); ok {
			members = append(members, fmt.Sprintf(`"labelIndex":%v`, index["label_index"]))
			continue
		}
		service, ok := v.(map[string]any)["SRv6ServiceL3"].(map[string]any)
		if !ok {
			t.Fatalf("nothing compares %v", v)
		}
		var sids []string
		for _, sub := range service["subtlvs"].([]any) {
			s := sub.(map[string]any)["SRv6SIDInformation"].(map[string]any)
			st := s["subsubtlvs"].([]any)[0].(map[string]any)["SRv6SIDStructure"].(map[string]any)
			if s["service_sid_flags"] != 0.0 || len(s["subsubtlvs"].([]any)) != 1 {
				t.Fatalf("nothing compares %v", s)
			}
			sids = append(sids, fmt.Sprintf(`{"sid":"%v","flags":[],"behavior":%v,"structure":{"locatorBlock":%v,"locatorNode":%v,"function":%v,"argument":%v,"transpositionLength":%v,"transpositionOffset":%v}}`,
				s["sid"], s["endpoint_behaviour"], st["locator_block_len"], st["locator_node_len"], st["function_len"], st["arg_len"], st["transposition_len"], st["transposition_offset"]))
		}
		members = append(members, `"srv6L3Service":{"sids":[`+strings.Join(sids, ",")+`]}`)
	}
	return "{" + strings.Join(members, ",") + "}"
}

// foreignAttrs collects the same attributes of the UPDATEs as we read them, and
// builds each again from its values.
func foreignAttrs(t *testing.T, updates [][]byte) []foreignAttr {
	t.Helper()
	var out []foreignAttr
	var u Update
	for _, body := range updates {
		ParseUpdate(&u, body, MonitorCtx(true))
		for rest := u.bytes(u.attrs); len(rest) > 0; {
			_, code, v, size := cutAttr(rest)
			if size == 0 {
				break
			}
			rest = rest[size:]
			if code != AttrPrefixSID && code != AttrAIGP {
				continue
			}
			if fault, at := attrTable[code].checkValue(v, u.ctx); fault != FaultNone {
				t.Errorf("%v: fault %d at %d: %x", code, fault, at, v)
			}
			out = append(out, foreignAttr{code, string(attrTable[code].json(nil, v, inet.IPv4Unicast))})
			if code == AttrPrefixSID {
				rebuildPrefixSID(t, v)
			} else if metric, ok := aigpOf(v); !ok || !bytes.Equal(AppendAIGP(nil, metric), v) {
				t.Errorf("AIGP %x: %d, %t", v, metric, ok)
			}
		}
	}
	return out
}

// rebuildPrefixSID builds the attribute from the values of each TLV, three levels
// down, and wants the same octets.
func rebuildPrefixSID(t *testing.T, v []byte) {
	t.Helper()
	list, err := ParsePrefixSID(v)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := AppendPrefixSID(nil, rebuildTLVs(t, &prefixSIDTable, list)); err != nil || !bytes.Equal(again, v) {
		t.Errorf("built %x of %x, %v", again, v, err)
	}
}

func rebuildTLVs(t *testing.T, table *tlvTable, list []TLV) []TLV {
	t.Helper()
	var out []TLV
	for _, one := range list {
		values, err := table.decode(one)
		if err != nil {
			t.Fatal(err)
		}
		for i := range values {
			if inside, ok := values[i].Value.([]TLV); ok {
				for _, f := range table.row(one.Type).fields {
					if f.kind == kindTLVs {
						values[i].Value = rebuildTLVs(t, f.inner.table(), inside)
					}
				}
			}
		}
		v, err := table.encode(one.Type, values)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

// TestPrefixSIDOfNetGauze compares every Prefix-SID and AIGP of BMP captures with
// what another reader finds, in the same order.
func TestPrefixSIDOfNetGauze(t *testing.T) {
	seen := map[AttrCode]int{}
	for _, file := range dataFiles(t, "bmp_expected/NetGauze/*-bmp.json") {
		want := netgauzeAttrs(t, file)
		if len(want) == 0 {
			continue
		}
		name := strings.TrimSuffix(filepath.Base(file), "-bmp.json")
		t.Run(name, func(t *testing.T) {
			var got []foreignAttr
			for _, stream := range dataFiles(t, "bmp_raw/"+name+".s*.bmp") {
				got = append(got, foreignAttrs(t, bmpUpdates(readWhole(t, stream)))...)
			}
			if d := cmp.Diff(want, got, cmp.AllowUnexported(foreignAttr{})); d != "" {
				t.Error(d)
			}
			for _, one := range got {
				seen[one.code]++
			}
		})
	}
	if seen[AttrPrefixSID] < 40 || seen[AttrAIGP] < 2 {
		t.Errorf("compared %v", seen)
	}
}

// TestPrefixSIDOfNetGauzeBGP does so for packet captures of BGP. Messages are found
// by their marker in the capture file, so those that packets cut are missed: what
// is found has to be expected, as often at most, and nearly all has to be found.
func TestPrefixSIDOfNetGauzeBGP(t *testing.T) {
	compared := 0
	for _, file := range dataFiles(t, "pcap_expected/NetGauze/*-bgp.json") {
		want := map[foreignAttr]int{}
		for _, one := range netgauzeAttrs(t, file) {
			want[one]++
		}
		if len(want) == 0 {
			continue
		}
		name := strings.TrimSuffix(filepath.Base(file), "-bgp.json")
		t.Run(name, func(t *testing.T) {
			b, err := os.ReadFile(testkit.Data(t, "pcap/NetGauze", name+".pcap"))
			if err != nil {
				t.Fatal(err)
			}
			left := maps.Clone(want)
			total := 0
			for _, one := range foreignAttrs(t, markedUpdates(b)) {
				if left[one]--; left[one] < 0 {
					t.Errorf("not expected, or not so often: %+v", one)
				}
				total++
			}
			missed := 0
			for _, n := range left {
				missed += max(n, 0)
			}
			if missed*10 > total {
				t.Errorf("%d found, %d missed", total, missed)
			}
			compared += total
		})
	}
	if compared < 100 {
		t.Errorf("only %d attributes compared", compared)
	}
}

// markedUpdates finds whole UPDATEs that RFC 7606 accepts by the marker of their header.
func markedUpdates(b []byte) [][]byte {
	marker := bytes.Repeat([]byte{0xff}, 16)
	var out [][]byte
	var u Update
	for {
		i := bytes.Index(b, marker)
		if i < 0 {
			return out
		}
		b = b[i:]
		m, size, err := ReadMessage(b, MaxMessage)
		if err != nil || size == 0 || m.Type != MsgUpdate {
			b = b[1:]
			continue
		}
		if ParseUpdate(&u, m.Body(), MonitorCtx(true)); u.Verdict.Action == Accept {
			out = append(out, m.Body())
			b = b[size:]
		} else {
			b = b[1:]
		}
	}
}

func TestPrefixSIDForms(t *testing.T) {
	sid := "20010db8000000000000000000000001"
	for _, tt := range []struct {
		name, hex string
		fault     Fault
		at        int
		json      string
	}{
		{"a label index", "010007" + "00" + "0000" + "00000064", FaultNone, 0, `{"labelIndex":100}`},
		{"an originator's blocks", "030008" + "0000" + "003e80" + "001f40", FaultNone, 0, `{"originatorSrgb":[{"base":16000,"size":8000}]}`},
		{"an SRv6 service", "050019" + "00" + "010015" + "00" + sid + "00" + "0013" + "00", FaultNone, 0,
			`{"srv6L3Service":{"sids":[{"sid":"2001:db8::1","flags":[],"behavior":19}]}}`},
		{"a second label index does not count", "010007" + "00" + "0000" + "00000064" + "01000100", FaultNone, 0, `{"labelIndex":100,"raw":[{"type":1,"value":"00"}]}`},
		{"what nobody knows", "630002aabb", FaultNone, 0, `{"raw":[{"type":99,"value":"aabb"}]}`},
		{"a label index of six octets", "010006" + "000000000064", FaultLength, 0, ""},
		{"blocks without a range", "030002" + "0000", FaultLength, 0, ""},
		{"half a range", "030005" + "0000" + "003e80", FaultLength, 0, ""},
		{"a TLV past the end", "630003aabb", FaultTLV, 0, ""},
		{"a service of nothing", "050000", FaultService, 3, ""},
		{"a SID past the end of its service", "050019" + "00" + "010016" + "00" + sid + "00" + "0013" + "00", FaultService, 4, ""},
		{"a SID without a behavior", "050018" + "00" + "010014" + "00" + sid + "00" + "0013", FaultService, 4, ""},
		{"a structure past the end of its SID", "06001d" + "00" + "010019" + "00" + sid + "00" + "0013" + "00" + "01000620", FaultService, 28, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v, err := hex.DecodeString(tt.hex)
			if err != nil {
				t.Fatal(err)
			}
			if fault, at := checkPrefixSID(v, Ctx{}); fault != tt.fault || at != tt.at {
				t.Errorf("fault %d at %d, want %d at %d", fault, at, tt.fault, tt.at)
			}
			if tt.fault == FaultNone {
				if got := string(jsonPrefixSID(nil, v, inet.IPv4Unicast)); got != tt.json {
					t.Errorf("\n got %s\nwant %s", got, tt.json)
				}
			}
		})
	}
}

func TestAIGPForms(t *testing.T) {
	for _, tt := range []struct {
		name, hex string
		fault     Fault
		at        int
		json      string
	}{
		{"a metric", "01000b00000000000001f4", FaultNone, 0, `{"metric":500}`},
		{"only the first metric counts", "01000b0000000000000001" + "01000b0000000000000002", FaultNone, 0, `{"metric":1,"raw":[{"type":1,"value":"0000000000000002"}]}`},
		{"another type first", "0900040a" + "01000b0000000000000001", FaultNone, 0, `{"metric":1,"raw":[{"type":9,"value":"0a"}]}`},
		{"a second metric of another length", "01000b0000000000000001" + "01000400", FaultNone, 0, `{"metric":1,"raw":[{"type":1,"value":"00"}]}`},
		{"a metric of seven octets", "01000a00000000000001", FaultLength, 0, ""},
		{"a length below the header's", "090002", FaultTLV, 0, ""},
		{"a TLV past the end", "01000c0000000000000001", FaultTLV, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v, err := hex.DecodeString(tt.hex)
			if err != nil {
				t.Fatal(err)
			}
			if fault, at := checkAIGP(v, Ctx{}); fault != tt.fault || at != tt.at {
				t.Errorf("fault %d at %d, want %d at %d", fault, at, tt.fault, tt.at)
			}
			if tt.fault != FaultNone {
				return
			}
			if got := string(jsonAIGP(nil, v, inet.IPv4Unicast)); got != tt.json {
				t.Errorf("\n got %s\nwant %s", got, tt.json)
			}
			list, err := ParseAIGP(v)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := AppendAIGPTLVs(nil, list); err != nil || !bytes.Equal(again, v) {
				t.Errorf("built %x, %v", again, err)
			}
		})
	}
}

func TestAIGPReadsWhatItBuilds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		metric := rapid.Uint64().Draw(t, "metric")
		want := []TLV{{aigpMetric, AppendAIGP(nil, metric)[3:]}}
		for range rapid.IntRange(0, 3).Draw(t, "others") {
			want = append(want, TLV{uint16(rapid.IntRange(2, 255).Draw(t, "type")), rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "octets")})
		}
		b, err := AppendAIGPTLVs(nil, want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseAIGP(b)
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || d != "" {
			t.Fatalf("%x: %v %s", b, err, d)
		}
		if v, ok := aigpOf(b); !ok || v != metric {
			t.Fatalf("%x: %d, %t", b, v, ok)
		}
		for n := range len(b) {
			_, err := ParseAIGP(b[:n:n])
			if fault, _ := checkAIGP(b[:n:n], Ctx{}); (err != nil) != (fault != FaultNone) {
				t.Fatalf("%x: %v, fault %d", b[:n], err, fault)
			}
			jsonAIGP(nil, b[:n:n], 0)
		}
	})
}

// TestBuildAnSRv6Service builds the attribute that a capture has from its parts.
func TestBuildAnSRv6Service(t *testing.T) {
	structure, err := EncodeServiceSub(1, Field{"locatorBlock", uint64(32)}, Field{"locatorNode", uint64(16)}, Field{"function", uint64(16)},
		Field{"argument", uint64(0)}, Field{"transpositionLength", uint64(16)}, Field{"transpositionOffset", uint64(48)})
	if err != nil {
		t.Fatal(err)
	}
	sid, err := EncodeService(1, Field{"sid", netip.MustParseAddr("2001:db8:91::")}, Field{"flags", uint64(0)}, Field{"behavior", uint64(63)}, Field{"tlvs", []TLV{structure}})
	if err != nil {
		t.Fatal(err)
	}
	service, err := EncodePrefixSID(PrefixSIDL3Service, Field{"tlvs", []TLV{sid}})
	if err != nil {
		t.Fatal(err)
	}
	v, err := AppendPrefixSID(nil, []TLV{service})
	if err != nil {
		t.Fatal(err)
	}
	want := "050022" + "00" + "01001e" + "00" + "20010db8009100000000000000000000" + "00" + "003f" + "00" + "010006" + "201010001030"
	if got := hex.EncodeToString(v); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if got := string(AppendPrefixSIDText(nil, v)); got != "srv6L3Service{sids{sid=2001:db8:91:: flags=0x0 behavior=63 structure{locatorBlock=32 locatorNode=16 function=16 argument=0 transpositionLength=16 transpositionOffset=48}}}" {
		t.Error(got)
	}
	fields, err := DecodePrefixSID(service)
	if err != nil {
		t.Fatal(err)
	}
	list, _ := FieldValue[[]TLV](fields, "tlvs")
	if fields, err = DecodeService(list[0]); err != nil {
		t.Fatal(err)
	}
	if a, _ := FieldValue[netip.Addr](fields, "sid"); a != netip.MustParseAddr("2001:db8:91::") {
		t.Error(a)
	}
	list, _ = FieldValue[[]TLV](fields, "tlvs")
	if fields, err = DecodeServiceSub(list[0]); err != nil {
		t.Fatal(err)
	}
	if n, _ := FieldValue[uint64](fields, "transpositionOffset"); n != 48 {
		t.Error(n)
	}
}
