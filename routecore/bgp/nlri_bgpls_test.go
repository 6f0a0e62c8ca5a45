package bgp

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"os"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/inet"
)

const (
	familyBGPLSVPN = inet.Family(inet.AFIBGPLS)<<8 | inet.Family(inet.SAFIBGPLSVPN)
	familyBGPLSSPF = inet.Family(inet.AFIBGPLS)<<8 | inet.Family(inet.SAFIBGPLSSPF)
)

// drawDescriptors makes TLVs with types out of the list, ascending.
func drawDescriptors(t *rapid.T, types ...uint16) []TLV {
	var list []TLV
	for _, typ := range types {
		if !rapid.Bool().Draw(t, "descriptor") {
			continue
		}
		row := lsTable.row(typ)
		if row == nil {
			list = append(list, TLV{typ, rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t, "octets")})
			continue
		}
		v, err := lsTable.encode(typ, drawFields(t, row.fields, 1))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, v)
	}
	return list
}

func TestLSNLRIReadsWhatItBuilds(t *testing.T) {
	for _, f := range []inet.Family{inet.BGPLS, familyBGPLSVPN, familyBGPLSSPF} {
		t.Run(f.String(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				n := LSNLRI{Type: LSType(rapid.SampledFrom([]int{1, 2, 3, 4, 5, 6, 7, 65000}).Draw(t, "type"))}
				if f == familyBGPLSVPN {
					n.RD = inet.RD(rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "rd"))
				}
				if n.Type.info() == nil {
					n.Raw = rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "raw")
				} else {
					n.Protocol, n.Identifier = LSProtocol(rapid.Byte().Draw(t, "protocol")), rapid.Uint64().Draw(t, "identifier")
					n.Local = drawDescriptors(t, 511, 512, 513, 514, 515, 516, 517, 600)
					if n.Type.info().remote {
						n.Remote = drawDescriptors(t, 512, 513, 514, 515, 516, 517, 600)
					}
					n.Rest = drawDescriptors(t, 258, 259, 260, 261, 262, 263, 264, 265, 267, 518, 700)
				}
				b, err := AppendLSNLRI(nil, f, n)
				if err != nil {
					t.Fatal(err)
				}
				got, err := ParseLSNLRI(f, b)
				if err != nil {
					t.Fatalf("%x: %v", b, err)
				}
				if d := cmp.Diff(n, got, cmpopts.EquateEmpty()); d != "" {
					t.Fatalf("%x: %s", b, d)
				}
				out := AppendNLRIJSON(nil, f, b)
				if err := uniqueKeys(json.NewDecoder(bytes.NewReader(out))); err != nil || bytes.HasPrefix(out, []byte(`{"raw"`)) {
					t.Fatalf("%s: %v", out, err)
				}
				if text := AppendNLRIText(nil, f, b); len(text) == 0 || bytes.HasPrefix(text, []byte("0x")) {
					t.Fatalf("%x as %q", b, text)
				}
				for n := range len(b) {
					if _, err := ParseLSNLRI(f, b[:n:n]); err == nil {
						t.Fatalf("%x is whole without its end", b[:n])
					}
					AppendNLRIJSON(nil, f, b[:n:n])
				}
			})
		})
	}
}

func TestMalformedLSNLRI(t *testing.T) {
	head := func(typ, body string) string {
		n := len(body)/2 + 9
		return typ + hex.EncodeToString([]byte{byte(n >> 8), byte(n)}) + "02" + "0000000000000000" + body
	}
	for _, tt := range []struct {
		name, hex string
		at        int
	}{
		{"a node", head("0001", "0100000802000004000000ff"), -1},
		{"a type that is not known", "00f90002abcd", -1},
		{"unknown descriptors", head("0001", "0100000903e70000"+"03e7000101"+"03e80000"), -1},
		{"one type twice, the same value", head("0001", "0100000003e7000101"+"03e7000101"), -1},
		{"one type twice, the longer first", head("0001", "0100000003e7000101"+"03e70000"), 22},
		{"one type twice, the higher value first", head("0001", "0100000003e7000102"+"03e7000101"), 22},
		{"no node at all", head("0001", ""), 13},
		{"another descriptor first", head("0001", "03e70000"), 13},
		{"a link with one end", head("0002", "01000000"), 17},
		{"the far end first", head("0002", "0101000001000000"), 17},
		{"descriptors that do not ascend", head("0002", "0100000001010000"+"0104000401020304"+"0103000401020304"), 29},
		{"a node's descriptors that do not ascend", head("0001", "01000010"+"0201000400000000"+"0200000400000001"), 25},
		{"a TLV past the end", head("0001", "0100000802000005000000ff"), 17},
		{"a node past the end", head("0001", "0100000902000004000000ff"), 13},
		{"too short for an identifier", "0001000302aaaa", 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, err := hex.DecodeString(tt.hex)
			if err != nil {
				t.Fatal(err)
			}
			if at := checkBGPLSNLRI(inet.BGPLS, b); at != tt.at {
				t.Errorf("fault at %d, want %d in %x", at, tt.at, b)
			}
			if _, err := ParseLSNLRI(inet.BGPLS, b); (err != nil) != (tt.at >= 0) {
				t.Errorf("parsed with %v", err)
			}
			if raw := bytes.HasPrefix(AppendNLRIJSON(nil, inet.BGPLS, b), []byte(`{"raw"`)); raw != (tt.at >= 0) {
				t.Errorf("%s", AppendNLRIJSON(nil, inet.BGPLS, b))
			}
		})
	}
	for _, f := range []inet.Family{inet.Family(inet.AFIIPv4)<<8 | inet.Family(inet.SAFIBGPLS), inet.Family(inet.AFIBGPLS)<<8 | inet.Family(inet.SAFIUnicast)} {
		if got := string(AppendNLRIJSON(nil, f, []byte{0, 1, 0, 0})); got != `{"raw":"00010000"}` {
			t.Errorf("%v: %s", f, got)
		}
	}
	if _, err := AppendLSNLRI(nil, inet.BGPLS, LSNLRI{Type: LSNode, Rest: []TLV{{265, nil}, {264, nil}}}); err == nil {
		t.Error("descriptors out of order are built")
	}
}

// frrRoute is what FRR's tests expect it to show of one BGP-LS route.
type frrRoute struct {
	NLRI struct {
		NLRIType   string
		ProtocolID LSProtocol
		Identifier uint64
		Local      struct{ IGPRouterID string } `json:"localNodeDescriptors"`
		Remote     struct{ IGPRouterID string } `json:"remoteNodeDescriptors"`
		Link       map[string]any               `json:"linkDescriptors"`
		Prefix     map[string]any               `json:"prefixDescriptors"`
	}
	Text string `json:"nlriStr"`
}

// TestLSTextOfFRR builds every route of a topology test of FRR from its parts and
// wants the line that FRR shows.
func TestLSTextOfFRR(t *testing.T) {
	b, err := os.ReadFile(testkit.Data(t, "bgp/frr-bgp_link_state/tests__topotests__bgp_link_state__r2__bgp_ls_nlri.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Routes map[string][]frrRoute }
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	types := map[string]LSType{"node": LSNode, "link": LSLink, "ipv4Prefix": LSPrefix4, "ipv6Prefix": LSPrefix6}
	seen := map[LSType]int{}
	for key, routes := range file.Routes {
		r := routes[0]
		n := LSNLRI{Type: types[r.NLRI.NLRIType], Protocol: r.NLRI.ProtocolID, Identifier: r.NLRI.Identifier, Local: frrRouterID(t, r.NLRI.Local.IGPRouterID)}
		seen[n.Type]++
		if n.Type == LSLink {
			n.Remote = frrRouterID(t, r.NLRI.Remote.IGPRouterID)
		}
		for name, v := range r.NLRI.Link {
			n.Rest = append(n.Rest, frrDescriptor(t, name, v))
		}
		for name, v := range r.NLRI.Prefix {
			n.Rest = append(n.Rest, frrDescriptor(t, name, v))
		}
		sort.Slice(n.Rest, func(i, j int) bool { return n.Rest[i].Type < n.Rest[j].Type })
		wire, err := AppendLSNLRI(nil, inet.BGPLS, n)
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		if got := string(AppendNLRIText(nil, inet.BGPLS, wire)); got != key || got != r.Text {
			t.Errorf("\n got %s\nwant %s", got, key)
		}
		if out := string(AppendNLRIJSON(nil, inet.BGPLS, wire)); !strings.HasPrefix(out, `{"type":"`+r.NLRI.NLRIType+`","protocol":"IS-IS Level 2","protocolId":2,"identifier":0,"localNodeDescriptors":{"igpRouterId":"`) {
			t.Error(out)
		}
	}
	if len(file.Routes) < 40 || len(seen) != 4 {
		t.Errorf("%d routes of %v", len(file.Routes), seen)
	}
}

func frrRouterID(t *testing.T, s string) []TLV {
	t.Helper()
	id, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSuffix(s, ".00"), ".", ""))
	if err != nil || len(id) != 6 {
		t.Fatalf("%q: %v", s, err)
	}
	return []TLV{{typeRouterID, id}}
}

func frrDescriptor(t *testing.T, name string, v any) TLV {
	t.Helper()
	types := map[string]uint16{"ipv4InterfaceAddress": 259, "ipv4NeighborAddress": 260, "ipv6InterfaceAddress": 261, "ipv6NeighborAddress": 262, "multiTopologyId": 263, "ipReachabilityInformation": 265}
	typ, ok := types[name]
	if !ok {
		t.Fatalf("descriptor %q", name)
	}
	var out TLV
	var err error
	switch typ {
	case 263:
		out, err = EncodeLS(typ, Field{"", [][]Field{{{"", uint64(v.(float64))}}}})
	case 265:
		out = TLV{typ, inet.AppendPrefix(nil, netip.MustParsePrefix(v.(string)))}
	default:
		out, err = EncodeLS(typ, Field{"", netip.MustParseAddr(v.(string))})
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestLSTextOfOtherTypes(t *testing.T) {
	sid, _ := EncodeLS(518, Field{"", netip.MustParseAddr("2001:db8::1")})
	asn, _ := EncodeLS(512, Field{"", uint64(65001)})
	peer, _ := EncodeLS(516, Field{"", netip.MustParseAddr("192.0.2.7")})
	rd := inet.RD{0, 0, 0xfd, 0xe9, 0, 0, 0, 1}
	for _, tt := range []struct {
		f          inet.Family
		n          LSNLRI
		text, json string
	}{
		{inet.BGPLS, LSNLRI{Type: LSSRv6SID, Protocol: 1, Identifier: 17, Local: []TLV{asn}, Rest: []TLV{sid}},
			"[S][L1][I0x11][N[c65001]][S[v2001:db8::1]]",
			`{"type":"srv6Sid","protocol":"IS-IS Level 1","protocolId":1,"identifier":17,"localNodeDescriptors":{"asn":65001},"sidDescriptors":{"srv6Sid":["2001:db8::1"]}}`},
		{familyBGPLSVPN, LSNLRI{Type: LSNode, RD: rd, Protocol: 7, Local: []TLV{asn, peer}},
			"[RD65001:1][V][B][I0x0][N[c65001][q192.0.2.7]]",
			`{"type":"node","rd":"65001:1","protocol":"BGP","protocolId":7,"identifier":0,"localNodeDescriptors":{"asn":65001,"bgpRouterId":"192.0.2.7"}}`},
		{inet.BGPLS, LSNLRI{Type: 249, Raw: []byte{1, 2}}, "[T249][0x0102]", `{"type":249,"raw":"0102"}`},
		{inet.BGPLS, LSNLRI{Type: LSNode, Protocol: 99, Rest: []TLV{{700, []byte{9}}}},
			"[V][U99][I0x0][N][N[u700 0x09]]",
			`{"type":"node","protocol":"protocol 99","protocolId":99,"identifier":0,"localNodeDescriptors":{},"descriptors":{"raw":[{"type":700,"value":"09"}]}}`},
	} {
		b, err := AppendLSNLRI(nil, tt.f, tt.n)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(AppendNLRIText(nil, tt.f, b)); got != tt.text {
			t.Errorf("\n got %s\nwant %s", got, tt.text)
		}
		if got := string(AppendNLRIJSON(nil, tt.f, b)); got != tt.json {
			t.Errorf("\n got %s\nwant %s", got, tt.json)
		}
		if got := AppendNLRIKey(nil, tt.f, b); !bytes.Equal(got, b) {
			t.Errorf("key %x of %x", got, b)
		}
	}
}
