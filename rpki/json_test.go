package rpki_test

import (
	"compress/bzip2"
	"compress/gzip"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/bgpsec"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/rpki"
)

func TestParseJSON(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		want       []rpki.VRP
		err        string
	}{
		{"an object", `{"metadata":{"x":[1,{}]},"roas":[{"asn":1,"prefix":"10.0.0.0/8","maxLength":9,"ta":"a"},{"asn":"AS2","prefix":"2001:db8::/32","maxLength":32}],"aspas":[]}`,
			[]rpki.VRP{vrp("10.0.0.0/8", 9, 1), vrp("2001:db8::/32", 32, 2)}, ""},
		{"a list", `[{"asn":"2914","prefix":"1.2.3.0/24"}]`, []rpki.VRP{vrp("1.2.3.0/24", 24, 2914)}, ""},
		{"an empty list", `[]`, []rpki.VRP{}, ""},
		{"no list", `{"metadata":{}}`, nil, "there is no list roas"},
		{"another thing", `3`, nil, "want an object with roas"},
		{"nothing", ``, nil, "at byte 0: EOF"},
		{"cut", `{"roas":[{"asn":1,"prefix":"10.0.0.0/8"},{"asn`, nil, "VRP 1 before byte"},
		{"roas of another kind", `{"roas":{}}`, nil, "roas is no list"},
		{"no AS", `[{"prefix":"10.0.0.0/8"}]`, nil, "VRP 0 before byte 24: asn is missing"},
		{"bad AS", `[{"asn":"x","prefix":"10.0.0.0/8"}]`, nil, `AS number "x"`},
		{"bad prefix", `[{"asn":1,"prefix":"10.0.0.0/33"}]`, nil, "10.0.0.0/33"},
		{"bad length", `[{"asn":1,"prefix":"10.0.0.0/8","maxLength":33}]`, nil, "maximum length 33 of 10.0.0.0/8 is not from 8 to 32"},
		{"absurd length", `[{"asn":1,"prefix":"10.0.0.0/8","maxLength":-1}]`, nil, "maxLength -1"},
		{"no prefix", `[{"asn":1}]`, nil, "the prefix is missing"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := rpki.ParseJSON(strings.NewReader(tc.text))
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Fatalf("got %v, want %s", err, tc.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got, samePrefix); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func open(t testing.TB, name string) io.Reader {
	t.Helper()
	f, err := os.Open(testkit.Data(t, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	switch filepath.Ext(name) {
	case ".bz2":
		return bzip2.NewReader(f)
	case ".gz":
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		return z
	}
	return f
}

const bigDump = "rpki/rpkilog/rpkiclient_summary_20250720T093135Z.json.bz2"

// TestRealDumps reads dumps with the counts of TRUTH.tsv.
func TestRealDumps(t *testing.T) {
	for _, tc := range []struct {
		name                            string
		vrps, v4, prefixes, aspas, keys int
	}{
		{bigDump, 723521, 580366, 640715, 100, 2},
		{"rpki/rpki-client-web/json.gz", 424223, 323603, 229052, 6647, 0}, // ASPAs by family
		{"rpki/stayrtr-0.5.1/smalltest.rpki.json", 2, 1, 2, 0, 0},
		{"rpki/routinator-output/100.json", 1, 1, 1, 0, 0},
	} {
		if testkit.Race && tc.name == bigDump {
			continue
		}
		t.Run(filepath.Base(tc.name), func(t *testing.T) {
			d, err := rpki.ParseDump(open(t, tc.name))
			if err != nil {
				t.Fatal(err)
			}
			list := d.VRPs
			var table rpki.Table
			change := table.ReplaceAll("dump", d)
			s := table.Snapshot()
			v4 := 0
			for v := range s.All() {
				if v.Prefix.Addr().Is4() {
					v4++
				}
			}
			if s.Len() != tc.vrps || v4 != tc.v4 || change.Refused != 0 || s.Prefixes() != tc.prefixes {
				t.Errorf("%d VRPs, %d IPv4, %d prefixes, %+v", s.Len(), v4, s.Prefixes(), change)
			}
			if s.Customers() != tc.aspas || len(s.RouterKeys()) != tc.keys {
				t.Errorf("%d customers, %d router keys", s.Customers(), len(s.RouterKeys()))
			}
			for i := 0; i < len(list); i += 97 {
				if v := list[i]; v.ASN != 0 && s.Validate(v.Prefix, v.ASN, true) != rpki.Valid {
					t.Fatalf("%s is not valid", v)
				}
			}
		})
	}
}

// TestDumpsOfAllKinds reads what Routinator and older rpki-clients write;
// TestRealDumps has the long ones.
func TestDumpsOfAllKinds(t *testing.T) {
	for name, want := range map[string]struct{ vrps, aspas, keys, customers int }{
		"rpki/rpkilog/roa_test.rpkiclient2023_json": {-1, -1, -1, -1},
		"rpki/rpkilog/roa_test.rpkiclient2021_json": {-1, -1, -1, -1},
		"rpki/rpkilog/roa_test.routinator_jsonext":  {-1, -1, -1, -1},
		"rpki/routinator-output/001.json":           {0, 2, 0, 1},
		"rpki/routinator-output/001.jsonext":        {0, 2, 0, 1},
		"rpki/routinator-output/011.json":           {0, 2, 2, 1},
		"rpki/routinator-output/100.jsonext":        {2, 0, 0, 0},
		"rpki/routinator-output/110.json":           {2, 0, 2, 0},
		"rpki/routinator-output/111.jsonext":        {2, 2, 2, 1},
		"rpki/stayrtr-0.5.1/test.rpki.json":         {-1, -1, -1, -1},
	} {
		t.Run(filepath.Base(name), func(t *testing.T) {
			d, err := rpki.ParseDump(open(t, name))
			if err != nil {
				t.Fatal(err)
			}
			var table rpki.Table
			c := table.ReplaceAll("x", d)
			s := table.Snapshot()
			t.Logf("%d VRPs, %d ASPAs of %d customers, %d keys, %+v", len(d.VRPs), len(d.ASPAs), s.Customers(), len(d.Keys), c)
			if c.Refused != 0 {
				t.Errorf("%+v", c)
			}
			if want.vrps < 0 {
				if d.Len() == 0 {
					t.Error("nothing was read")
				}
				return
			}
			if len(d.VRPs) != want.vrps || len(d.ASPAs) != want.aspas || len(d.Keys) != want.keys || s.Customers() != want.customers {
				t.Errorf("want %+v", want)
			}
			for _, k := range d.Keys {
				if got := s.Keys(k.SKI, k.ASN); len(got) != 1 || got[0] != k || len(k.SPKI) < 60 {
					t.Errorf("key %x of %v: %v", k.SKI, k.ASN, got)
				}
			}
		})
	}
}

// TestRealRouterKeysAreKeys: those of a dump are what their SKI says, and what
// BGPsec can verify with.
func TestRealRouterKeysAreKeys(t *testing.T) {
	d, err := rpki.ParseDump(open(t, "rpki/rpkilog/roa_test.rpkiclient2023_json"))
	if err != nil || len(d.Keys) != 3 {
		t.Fatalf("%d keys, %v", len(d.Keys), err)
	}
	var table rpki.Table
	table.ReplaceAll("x", d)
	var keys bgpsec.KeyTable
	for _, k := range table.Snapshot().RouterKeys() {
		if err := keys.Add(bgpsec.SKI(k.SKI), k.ASN, []byte(k.SPKI)); err != nil {
			t.Error(err)
		}
		for parsed := range keys.Key(bgpsec.SKI(k.SKI), k.ASN) {
			if id, err := bgpsec.KeyID(parsed); err != nil || id != bgpsec.SKI(k.SKI) {
				t.Errorf("the key of %v has SKI %v, %v; the dump says %x", k.ASN, id, err, k.SKI)
			}
		}
	}
	if keys.Len() != 3 {
		t.Errorf("%d keys", keys.Len())
	}
}

// TestListsOfBGPalerter reads plain lists, with AS numbers in all their forms.
func TestListsOfBGPalerter(t *testing.T) {
	for name, want := range map[string]int{
		"tests__dump_tests__vrps.json": 0, "tests__rpki_tests__roas.after.json": 2, "tests__rpki_tests__roas.before.json": 5,
		"tests__rpki_tests__vrp.correct.json": 3, "tests__rpki_tests__vrp.missing.json": 2, "tests__rpki_tests__vrp.wrong.json": 2,
	} {
		list, err := rpki.ParseJSON(open(t, "rpki/BGPalerter/"+name))
		if err != nil || len(list) != want {
			t.Errorf("%s: %d VRPs, %v, want %d", name, len(list), err, want)
		}
	}
	// Its routes: the first list authorises them, the second says nothing, the
	// third authorises another AS (tests/rpki_tests of BGPalerter).
	status := func(file, prefix string, origin inet.ASN) rpki.Status {
		list, err := rpki.ParseJSON(open(t, "rpki/BGPalerter/tests__rpki_tests__vrp."+file+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var table rpki.Table
		table.Replace("x", list)
		return table.Snapshot().Validate(netip.MustParsePrefix(prefix), origin, true)
	}
	for _, c := range []struct {
		file, prefix string
		origin       inet.ASN
		want         rpki.Status
	}{
		{"correct", "82.112.100.0/24", 1234, rpki.Valid}, {"missing", "82.112.100.0/24", 1234, rpki.NotFound},
		{"correct", "103.21.244.0/24", 13335, rpki.Valid}, {"correct", "103.21.244.0/24", 1, rpki.Invalid},
		{"correct", "8.8.8.0/24", 2914, rpki.Valid}, {"correct", "8.8.8.0/25", 2914, rpki.Invalid}, {"wrong", "123.5.0.0/16", 1234, rpki.Invalid},
	} {
		if got := status(c.file, c.prefix, c.origin); got != c.want {
			t.Errorf("%s from %v by vrp.%s is %v, want %v", c.prefix, c.origin, c.file, got, c.want)
		}
	}
}

func bigTable(b *testing.B) ([]rpki.VRP, *rpki.Table) {
	list, err := rpki.ParseJSON(open(b, bigDump))
	if err != nil {
		b.Fatal(err)
	}
	table := new(rpki.Table)
	table.Replace("dump", list)
	return list, table
}

// BenchmarkValidate looks up the prefixes of a real dump, in its order
// ("sorted") and in random order ("cold").
func BenchmarkValidate(b *testing.B) {
	list, table := bigTable(b)
	s := table.Snapshot()
	for _, name := range []string{"sorted", "cold"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if name == "cold" {
					i = (i + 7919) % len(list)
				} else {
					i = (i + 1) % len(list)
				}
				s.Validate(list[i].Prefix, list[i].ASN, true)
			}
		})
	}
}

// BenchmarkTable measures a full answer of 723,521 VRPs, a delta of 500, and
// the memory of the table.
func BenchmarkTable(b *testing.B) {
	list, table := bigTable(b)
	b.Run("replace", func(b *testing.B) {
		for b.Loop() {
			new(rpki.Table).Replace("dump", list)
		}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		t := new(rpki.Table)
		t.Replace("dump", list)
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(t.Snapshot().Len()), "B/VRP")
	})
	b.Run("delta", func(b *testing.B) {
		for n := 0; b.Loop(); n++ {
			if n%2 == 0 {
				table.Apply("dump", nil, list[:500])
			} else {
				table.Apply("dump", list[:500], nil)
			}
		}
	})
}

func FuzzParseJSON(f *testing.F) {
	f.Add(`{"roas":[{"asn":"AS1","prefix":"10.0.0.0/8","maxLength":8}]}`)
	f.Add(`[{"asn":1,"prefix":"::/0"}]`)
	f.Fuzz(func(t *testing.T, text string) {
		list, err := rpki.ParseJSON(strings.NewReader(text))
		if err != nil {
			return
		}
		var table rpki.Table
		if c := table.Replace("x", list); c.Refused != 0 {
			t.Errorf("%+v", c)
		}
	})
}
