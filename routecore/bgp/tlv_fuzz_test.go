package bgp

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"example.com/rotonda/routecore/inet"
)

// fuzzTables are the tables in a fixed order, for fuzzing to choose from.
var fuzzTables = [...]*tlvTable{&lsTable, &tunnelSubTable, &segmentTable, &prefixSIDTable, &serviceTable, &serviceSubTable}

func seeds(f *testing.F, add func(b []byte), texts ...string) {
	for _, s := range texts {
		b, err := hex.DecodeString(s)
		if err != nil {
			f.Fatal(err)
		}
		add(b)
	}
}

// FuzzTLVs reads TLVs of any table: what can be decoded has to survive being built,
// and every form has to be whole.
func FuzzTLVs(f *testing.F) {
	for i := range fuzzTables {
		seeds(f, func(b []byte) { f.Add(uint8(i), b) },
			"0447000105"+"044b0007300000000493"+"10", "0d06100005dc0000"+"8000110009060000000000010106000003e81100",
			"0109060000000000", "0500220001001e0020010db800000000000000000000000100001300010006201010001030", "04620014040000001000000004400004000000070489"+"0000")
	}
	f.Fuzz(func(t *testing.T, which uint8, b []byte) {
		table := fuzzTables[int(which)%len(fuzzTables)]
		list, err := table.frame.parse(b, "")
		if (err == nil) != (table.frame.check(b) < 0) {
			t.Fatalf("parse: %v, check: %d", err, table.frame.check(b))
		}
		if err != nil {
			return
		}
		if again := table.frame.appendAll(nil, list); !bytes.Equal(again, b) {
			t.Fatalf("%x is built of %x", again, b)
		}
		for _, v := range list {
			values, err := table.decode(v)
			if err != nil {
				continue
			}
			again, err := table.encode(v.Type, values)
			if err != nil {
				t.Fatalf("%x: %+v: %v", v.Value, values, err)
			}
			got, err := table.decode(again)
			if d := cmp.Diff(values, got, compareFields, cmpopts.EquateEmpty(), cmpopts.EquateNaNs()); err != nil || d != "" {
				t.Fatalf("%x, %x: %v\n%s", v.Value, again.Value, err, d)
			}
		}
		if out := table.appendJSON(nil, list); !json.Valid(out) {
			t.Fatalf("%s", out)
		}
		if text := table.appendText(nil, list); bytes.ContainsAny(text, "\n\r") {
			t.Fatalf("%q", text)
		}
	})
}

// FuzzLSNLRI reads BGP-LS and SR Policy NLRI of any family and builds them again.
func FuzzLSNLRI(f *testing.F) {
	seeds(f, func(b []byte) { f.Add(uint8(0), b) },
		"000100190200000000000000000100000c020000040000000102030000",
		"000200350200000000000000000100000a0203000600010000000101"+"01000a020300060001000000020103"+"00040a00000001040004"+"0a000001",
		"000300300200000000000002bc0100001a0200000400003e34020100040000000002030006010135000041010900051e0a860258", "00f90002aabb")
	seeds(f, func(b []byte) { f.Add(uint8(2), b) }, "6000000000000000640a000001")
	f.Fuzz(func(t *testing.T, which uint8, b []byte) {
		families := [...]inet.Family{inet.BGPLS, familyBGPLSVPN, familySRPolicy4, familySRPolicy6}
		family := families[int(which)%len(families)]
		if out := AppendNLRIJSON(nil, family, b); !json.Valid(out) {
			t.Fatalf("%s", out)
		}
		if text := AppendNLRIText(nil, family, b); bytes.ContainsAny(text, "\n\r") {
			t.Fatalf("%q", text)
		}
		var again []byte
		var err error
		if family.AFI() == inet.AFIBGPLS {
			var n LSNLRI
			if n, err = ParseLSNLRI(family, b); err == nil {
				again, err = AppendLSNLRI(nil, family, n)
			}
		} else {
			var p SRPolicy
			if p, err = ParseSRPolicy(family, b); err == nil {
				again = AppendSRPolicy(nil, p)
			}
		}
		if good := CheckNLRI(family, b) < 0; good != (err == nil) || good && !bytes.Equal(again, b) {
			t.Fatalf("check %t, %v: %x is built of %x", good, err, again, b)
		}
	})
}

// FuzzTunnels reads Tunnel Encapsulation, Prefix-SID and AIGP attributes and
// builds them again.
func FuzzTunnels(f *testing.F) {
	seeds(f, func(b []byte) { f.Add(b) }, "000f00240c060000000000640d06100005dc01008000110009060000000000010106000003e81100",
		"0008001d060a000000000001c00002010408030b000000000064080212b50701b8", "010007000000"+"00000064", "01000b0000000000000001")
	f.Fuzz(func(t *testing.T, b []byte) {
		tunnels, err := ParseTunnels(b)
		if fault, _ := checkTunnelEncap(b, Ctx{}); (fault == FaultNone) != (err == nil) {
			t.Fatalf("fault %d, %v", fault, err)
		}
		if err == nil {
			if again, err := AppendTunnels(nil, tunnels); err != nil || !bytes.Equal(again, b) {
				t.Fatalf("%x is built, %v", again, err)
			}
			AppendTunnelsText(nil, b)
		}
		for _, code := range []AttrCode{AttrTunnelEncap, AttrPrefixSID, AttrAIGP, AttrBGPLS} {
			info := &attrTable[code]
			if fault, _ := info.checkValue(b, Ctx{}); fault != FaultNone {
				continue
			}
			if out := info.json(nil, b, inet.IPv4Unicast); !json.Valid(out) {
				t.Fatalf("%v: %s", code, out)
			}
		}
	})
}
