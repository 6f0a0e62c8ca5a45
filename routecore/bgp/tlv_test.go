package bgp

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// tlvTables are all tables by name.
var tlvTables = map[string]*tlvTable{
	"BGP-LS": &lsTable, "tunnel": &tunnelSubTable, "segment": &segmentTable,
	"Prefix-SID": &prefixSIDTable, "service": &serviceTable, "service data": &serviceSubTable,
}

var compareFields = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

// drawFields makes values that a layout can hold.
func drawFields(t *rapid.T, layout []field, depth int) []Field {
	var out []Field
	for i := range layout {
		f := &layout[i]
		if f.opt && !rapid.Bool().Draw(t, "optional") {
			break
		}
		out = f.draw(t, out, depth)
	}
	return out
}

func drawAddr(t *rapid.T, size int) netip.Addr {
	if size == 0 {
		size = rapid.SampledFrom([]int{4, 16}).Draw(t, "family")
	}
	a, _ := netip.AddrFromSlice(rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, "address"))
	return a
}

func (f *field) draw(t *rapid.T, out []Field, depth int) []Field {
	octets := func(n int) []byte { return rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "octets") }
	upTo := func(limit uint64) uint64 { return rapid.Uint64Range(0, limit).Draw(t, "number") }
	switch f.kind {
	case kindSkip:
		return out
	case kindUint, kindFlags:
		limit := ^uint64(0)
		if f.size > 0 && f.size < 8 {
			limit = 1<<(8*f.size) - 1
		}
		return append(out, Field{f.key, upTo(limit)})
	case kindFloat:
		return append(out, Field{f.key, rapid.Float32().Draw(t, "float")})
	case kindPolicySID:
		if out[0].Value.(uint64)&0x8000 != 0 {
			return append(out, Field{f.key, drawAddr(t, 16)})
		}
		return append(out, Field{f.key, upTo(0xfffff)})
	case kindWideAddr:
		size := 4
		for _, v := range out {
			if bits, ok := v.Value.(uint64); ok && v.Key == "flags" && bits<<f.size&0x80 != 0 {
				size = 16
			}
		}
		return append(out, Field{f.key, drawAddr(t, size)})
	case kindAddr, kindAFAddr:
		return append(out, Field{f.key, drawAddr(t, f.size)})
	case kindText:
		return append(out, Field{f.key, rapid.String().Draw(t, "text")})
	case kindBytes:
		n := f.size
		if n == 0 {
			n = rapid.IntRange(1, 20).Draw(t, "length")
		}
		return append(out, Field{f.key, octets(n)})
	case kindArea:
		return append(out, Field{f.key, octets(rapid.IntRange(1, 13).Draw(t, "length"))})
	case kindSID, kindSIDTLV, kindBindingSID:
		kinds := map[fieldKind][]string{kindSID: {"label", "index"}, kindSIDTLV: {"label", "index"}, kindBindingSID: {"label", "sid"}}[f.kind]
		switch key := rapid.SampledFrom(kinds).Draw(t, "kind"); key {
		case "label":
			return append(out, Field{key, upTo(0xfffff)})
		case "index":
			return append(out, Field{key, upTo(0xffffffff)})
		default:
			return append(out, Field{key, drawAddr(t, 16)})
		}
	case kindStackEntry:
		return append(out, Field{"label", upTo(0xfffff)}, Field{"trafficClass", upTo(7)}, Field{"bottom", upTo(1)}, Field{"ttl", upTo(255)})
	case kindSystem:
		if f.size != 6 && rapid.Bool().Draw(t, "ospf") {
			return append(out, Field{f.key, drawAddr(t, 4)})
		}
		return append(out, Field{f.key, octets(6)})
	case kindRouterID:
		return append(out, Field{f.key, octets(rapid.SampledFrom([]int{4, 6, 7, 8}).Draw(t, "length"))})
	case kindMasks:
		words := rapid.SampledFrom([]int{0, 4, 8})
		return append(out, Field{"standardApplications", octets(words.Draw(t, "standard"))}, Field{"userApplications", octets(words.Draw(t, "user"))})
	case kindPrefix:
		bits := upTo(128)
		return append(out, Field{"length", bits}, Field{f.key, octets((int(bits) + 7) / 8)})
	case kindTLVs:
		if depth == 0 {
			return out
		}
		list := drawTLVs(t, f.inner.table(), depth-1)
		if len(list) == 0 {
			return out
		}
		return append(out, Field{f.key, list})
	case kindList:
		list := [][]Field{}
		for range rapid.IntRange(0, 4).Draw(t, "elements") {
			list = append(list, drawFields(t, f.group, depth))
		}
		return append(out, Field{f.key, list})
	}
	t.Fatalf("kind %d is not drawn", f.kind)
	return nil
}

// drawTLVs makes some TLVs of a table, one in five of a type it does not have.
func drawTLVs(t *rapid.T, table *tlvTable, depth int) []TLV {
	var list []TLV
	for range rapid.IntRange(0, 4).Draw(t, "TLVs") {
		if rapid.IntRange(0, 4).Draw(t, "unknown") == 0 {
			typ := uint16(rapid.SampledFrom([]int{99, 127, 200, 250}).Draw(t, "type"))
			list = append(list, TLV{typ, rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t, "octets")})
			continue
		}
		row := rapid.SampledFrom(table.rows).Draw(t, "row")
		v, err := table.encode(row.Type, drawFields(t, row.fields, depth))
		if err != nil {
			continue // too long for the frame
		}
		list = append(list, v)
	}
	return list
}

// TestEveryRowReadsWhatItBuilds is Parse(Append(x)) == x for every TLV of every table.
func TestEveryRowReadsWhatItBuilds(t *testing.T) {
	for name, table := range tlvTables {
		for _, row := range table.rows {
			t.Run(name+"/"+row.Name, func(t *testing.T) {
				rapid.Check(t, func(t *rapid.T) {
					want := drawFields(t, row.fields, 2)
					v, err := table.encode(row.Type, want)
					if err != nil {
						if strings.Contains(err.Error(), "too many") || strings.Contains(err.Error(), "does not fit") {
							t.Skip()
						}
						t.Fatalf("%+v: %v", want, err)
					}
					got, err := table.decode(v)
					if err != nil {
						t.Fatalf("%+v as %x: %v", want, v.Value, err)
					}
					if d := cmp.Diff(want, got, compareFields, cmpopts.EquateEmpty(), cmpopts.EquateNaNs()); d != "" {
						t.Fatalf("%x: %s", v.Value, d)
					}
					checkRendered(t, table, []TLV{v}, row.JSON)
				})
			})
		}
	}
}

// checkRendered wants JSON without repeated keys, with key among them, and text of
// one line.
func checkRendered(t interface{ Fatalf(string, ...any) }, table *tlvTable, list []TLV, key string) {
	out := table.appendJSON(nil, list)
	if err := uniqueKeys(json.NewDecoder(bytes.NewReader(out))); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	if key != "" && !bytes.Contains(out, []byte(`"`+key+`"`)) || bytes.HasPrefix(out, []byte(`{"raw"`)) && key != "" {
		t.Fatalf("%s has no %s", out, key)
	}
	if text := table.appendText(nil, list); bytes.ContainsAny(text, "\n\r\x00") {
		t.Fatalf("text of several lines: %q", text)
	}
}

// uniqueKeys reads one JSON value.
func uniqueKeys(d *json.Decoder) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	open, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '{' {
			key, err := d.Token()
			if err != nil {
				return err
			}
			if k := key.(string); seen[k] {
				return &json.UnsupportedValueError{Str: "key twice: " + k}
			} else {
				seen[k] = true
			}
		}
		if err := uniqueKeys(d); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}

// TestTLVListsAsJSON mixes rows, repetitions and unknown types.
func TestTLVListsAsJSON(t *testing.T) {
	for name, table := range tlvTables {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				list := drawTLVs(t, table, 2)
				wire := table.frame.appendAll(nil, list)
				got, err := table.frame.parse(wire, "")
				if err != nil || !bytes.Equal(table.frame.appendAll(nil, got), wire) {
					t.Fatalf("%x: %+v, %v", wire, got, err)
				}
				if len(list) != len(got) || table.frame.check(wire) >= 0 {
					t.Fatalf("%d of %d TLVs", len(got), len(list))
				}
				checkRendered(t, table, got, "")
			})
		})
	}
}

func TestEveryTruncationOfATLV(t *testing.T) {
	for name, table := range tlvTables {
		for _, row := range table.rows {
			t.Run(name+"/"+row.Name, func(t *testing.T) {
				v, err := table.encode(row.Type, rapid.Custom(func(t *rapid.T) []Field {
					rapid.Bool().Draw(t, "rows without fields draw nothing")
					return drawFields(t, row.fields, 2)
				}).Example(7))
				if err != nil {
					t.Fatal(err)
				}
				wire := table.frame.append(nil, v)
				for n := range len(wire) {
					if list, err := table.frame.parse(wire[:n:n], ""); n > 0 && err == nil {
						t.Errorf("%x is read as %+v", wire[:n], list)
					}
					cut := TLV{row.Type, v.Value[:min(n, len(v.Value)):min(n, len(v.Value))]}
					_, _ = table.decode(cut)
					if err := uniqueKeys(json.NewDecoder(bytes.NewReader(table.appendJSON(nil, []TLV{cut})))); err != nil {
						t.Errorf("%x: %v", cut.Value, err)
					}
					table.appendText(nil, []TLV{cut})
				}
			})
		}
	}
}

func TestTablesAreWhole(t *testing.T) {
	for name, table := range tlvTables {
		keys := map[string]bool{"raw": true, "type": true, "flags": true, table.sequence: table.sequence != ""}
		for i, row := range table.rows {
			if i > 0 && table.rows[i-1].Type >= row.Type {
				t.Errorf("%s: %d does not ascend", name, row.Type)
			}
			if row.Name == "" || !strings.HasPrefix(row.RFC, "RFC ") || keys[row.JSON] {
				t.Errorf("%s: row %d: name %q, RFC %q, key %q", name, row.Type, row.Name, row.RFC, row.JSON)
			}
			keys[row.JSON] = true
		}
		if table.row(65000) != nil || table.row(0) != nil {
			t.Errorf("%s has a row for a type it does not know", name)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	addr := netip.MustParseAddr("192.0.2.1")
	for name, err := range map[string]error{
		"an unknown type":      second(EncodeLS(9999)),
		"a value missing":      second(EncodeLS(1092)),
		"a value too much":     second(EncodeLS(1092, Field{"", uint64(1)}, Field{"x", uint64(1)})),
		"a number too large":   second(EncodeLS(1092, Field{"", uint64(1 << 32)})),
		"a label too large":    second(EncodeLS(1161, Field{"label", uint64(1 << 20)})),
		"an address as number": second(EncodeLS(1092, Field{"", addr})),
		"IPv4 for IPv6":        second(EncodeLS(261, Field{"", addr})),
		"the wrong key":        second(EncodeLS(1114, Field{"flags", uint64(0)}, Field{"seconds", uint64(1)})),
		"300 octets in one":    second(EncodeTunnelSub(1, Field{"", make([]byte, 300)})),
		"a mask of 3 octets":   second(EncodeLS(1122, Field{"standardApplications", make([]byte, 3)}, Field{"userApplications", []byte{}})),
	} {
		if err == nil {
			t.Errorf("%s is built", name)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestFieldValue(t *testing.T) {
	asn, err := EncodeLS(512, Field{"", uint64(65001)})
	if err != nil {
		t.Fatal(err)
	}
	found, ok := FirstTLV([]TLV{{515, nil}, asn}, 512)
	fields, err := DecodeLS(found)
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	if v, ok := FieldValue[uint64](fields, ""); !ok || v != 65001 {
		t.Errorf("%d, %t", v, ok)
	}
	if v, ok := FieldValue[string](fields, ""); ok {
		t.Errorf("a number is the text %q", v)
	}
	if _, ok := FirstTLV([]TLV{asn}, 513); ok {
		t.Error("513 is found among 512")
	}
}

// TestTLVChecksDoNotAllocate parses UPDATEs, good and bad, with attributes and NLRI
// of TLVs; values are only decoded on demand.
func TestTLVChecksDoNotAllocate(t *testing.T) {
	bodies := 0
	for _, p := range readProbes(t) {
		if p.rule != "43" && p.rule != "45" && p.rule != "46" && p.rule != "49" {
			continue
		}
		var u Update
		if n := testing.AllocsPerRun(10, func() { ParseUpdate(&u, p.body, Ctx{ASN4: true}) }); n != 0 {
			t.Errorf("%s: %v allocations", p.name, n)
		}
		bodies++
	}
	if bodies < 15 {
		t.Errorf("only %d UPDATEs", bodies)
	}
}
