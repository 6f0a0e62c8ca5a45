package rpki_test

import (
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/rpki"
)

func key(ski string, asn inet.ASN, spki string) rpki.RouterKey {
	b, err := hex.DecodeString(ski)
	if err != nil {
		panic(err)
	}
	return rpki.RouterKey{SKI: [20]byte(b), ASN: asn, SPKI: spki}
}

var (
	digits = hex.EncodeToString([]byte("12345678901234567890"))
	beef   = hex.EncodeToString([]byte("deadbeatdeadbeatdead"))
	nought = strings.Repeat("00", 20)
)

func TestSLURMOfRPKIRs(t *testing.T) {
	s, err := rpki.ParseSLURM(open(t, "rpki/rpki-rs-slurm/full_v2.json"))
	if err != nil {
		t.Fatal(err)
	}
	got := s.Apply(rpki.Data{
		VRPs: []rpki.VRP{
			vrp("192.0.2.0/24", 24, 1), vrp("192.0.2.128/25", 25, 2), vrp("192.0.0.0/16", 24, 1), // inside, inside, around
			vrp("10.0.0.0/8", 8, 64496), vrp("10.0.0.0/8", 8, 64497), // by AS
			vrp("198.51.100.0/24", 24, 64497), vrp("198.51.100.0/24", 24, 64498), // by both
			vrp("2001:db8::/32", 32, 7),
		},
		Keys: []rpki.RouterKey{
			key(nought, 64496, "a"), key(digits, 1, "b"), key(beef, 64497, "c"), key(beef, 1, "d"), key(nought, 64497, "e"),
		},
		ASPAs: []rpki.ASPA{{Customer: 64496, Providers: []inet.ASN{1}}, {Customer: 64499, Providers: []inet.ASN{1}}},
	})
	want := rpki.Data{
		VRPs: []rpki.VRP{
			vrp("192.0.0.0/16", 24, 1), vrp("10.0.0.0/8", 8, 64497), vrp("198.51.100.0/24", 24, 64498), vrp("2001:db8::/32", 32, 7),
			vrp("198.51.100.0/24", 24, 64496), vrp("2001:db8::/32", 48, 64496),
		},
		Keys:  []rpki.RouterKey{key(beef, 1, "d"), key(nought, 64497, "e"), key(digits, 64496, "blubb")},
		ASPAs: []rpki.ASPA{{Customer: 64499, Providers: []inet.ASN{1}}, {Customer: 64496, Providers: []inet.ASN{64497, 64498}}},
	}
	if d := cmp.Diff(want, got, samePrefix); d != "" {
		t.Error(d)
	}
}

// TestSLURMFiles reads the files of other projects. Two of them have things in
// them that RFC 8416 does not allow; Routinator's own looked at prefixes only.
func TestSLURMFiles(t *testing.T) {
	for name, want := range map[string]struct {
		vrps, keys, aspas, filters int
		err                        string
	}{
		"rpki/rpki-rs-slurm/full_v2.json":        {2, 1, 1, 7, ""},
		"rpki/rpki-rs-slurm/full.json":           {2, 1, 0, 6, ""},
		"rpki/routinator-slurm/full.json":        {err: `bgpsecFilters 1: SKI "Zm9v" is not 20 octets in base64`},
		"rpki/stayrtr-0.5.1/test.slurm.json":     {1, 0, 0, 1, ""},
		"rpki/routinator-output/111.slurm2":      {2, 2, 2, 0, ""},
		"rpki/routinator-output/110.slurm":       {2, 2, 0, 0, ""},
		"rpki/routinator-output/001.slurm2":      {0, 0, 2, 0, ""},
		"rpki/routinator-output/100.slurm":       {2, 0, 0, 0, ""},
		"rpki/routinator-output/011.slurm2":      {0, 2, 2, 0, ""},
		"rpki/stayrtr-0.5.1/smalltest.rpki.json": {err: "unknown field"},
	} {
		s, err := rpki.ParseSLURM(open(t, name))
		switch {
		case want.err != "" && (err == nil || !strings.Contains(err.Error(), want.err)):
			t.Errorf("%s: %v, want %s", name, err, want.err)
		case want.err == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case want.err == "":
			a := s.Assertions
			if len(a.VRPs) != want.vrps || len(a.Keys) != want.keys || len(a.ASPAs) != want.aspas || len(s.PrefixFilters)+len(s.KeyFilters)+len(s.ASPAFilters) != want.filters {
				t.Errorf("%s: %+v", name, s)
			}
		}
	}
}

func TestSLURMThatIsRefused(t *testing.T) {
	file := func(version, filters, assertions string) string {
		return `{"slurmVersion":` + version + `,"validationOutputFilters":{` + filters + `},"locallyAddedAssertions":{` + assertions + `}}`
	}
	for text, want := range map[string]string{
		``:                                    "EOF",
		`{}`:                                  "slurmVersion is missing",
		`{"slurmVersion":1}`:                  "must both be there",
		file("3", "", ""):                     "slurmVersion 3 is not 1 or 2",
		file("1", "", "") + "1":               "",
		file("1", `"aspaFilters":[]`, ""):     "version 1 has no ASPAs",
		file("1", `"more":1`, ""):             "unknown field",
		file("1", `"prefixFilters":[{}]`, ""): "prefixFilters 0: there is neither prefix nor asn",
		file("1", `"prefixFilters":[{"asn":1},{"prefix":"10.0.0.1/8"}]`, ""):                      "prefixFilters 1: prefix 10.0.0.1/8 has host bits",
		file("1", `"prefixFilters":[{"asn":1,"maxPrefixLength":9}]`, ""):                          "a filter has no maxPrefixLength",
		file("1", `"bgpsecFilters":[{}]`, ""):                                                     "neither asn nor SKI",
		file("1", "", `"prefixAssertions":[{"asn":1}]`):                                           "needs prefix and asn",
		file("1", "", `"prefixAssertions":[{"asn":1,"prefix":"10.0.0.0/8","maxPrefixLength":7}]`): "maximum length 7",
		file("1", "", `"bgpsecAssertions":[{"asn":1,"SKI":"AAAAAAAAAAAAAAAAAAAAAAAAAAA"}]`):       "routerPublicKey",
		file("2", "", `"aspaAssertions":[{"customerAsn":1,"providerAsns":[]}]`):                   "no providers",
		file("2", "", `"aspaAssertions":[{"providerAsns":[1]}]`):                                  "customerAsn is missing",
		file("2", `"aspaFilters":[{"customerAsn":1,"providerAsns":[1]}]`, ""):                     "a filter has no providers",
	} {
		if want == "" {
			want = "there is something after the object"
		}
		if _, err := rpki.ParseSLURM(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	if _, err := rpki.ParseSLURM(strings.NewReader(file("2", "", ""))); err != nil {
		t.Error(err)
	}
}

func TestCSV(t *testing.T) {
	for name, want := range map[string]int{
		"rpki/frr-rpki_topo1/tests__topotests__bgp_rpki_topo1__r1__vrps.csv": 4,
		"rpki/routinator-output/100.csv":                                     2,
		"rpki/routinator-output/100.csvcompat":                               2,
		"rpki/routinator-output/100.csvext":                                  2,
	} {
		list, err := rpki.ParseCSV(open(t, name))
		if err != nil || len(list) != want {
			t.Errorf("%s: %d VRPs, %v, want %d", name, len(list), err, want)
		}
	}
	for text, want := range map[string]string{
		"":      "EOF",
		"a,b\n": "names no columns",
		"ASN,IP Prefix,Max Length\nAS1,10.0.0.0/8\n":   "line 2: 2 columns",
		"ASN,IP Prefix,Max Length\nx,10.0.0.0/8,8\n":   `"x"`,
		"ASN,IP Prefix,Max Length\n1,10.0.0.0/8,7\n":   "maximum length 7",
		"ASN,IP Prefix,Max Length\n1,10.0.0.0/8,300\n": "no number",
		"ASN,IP Prefix,Max Length\n1,10.0.0.0/33,33\n": "10.0.0.0/33",
	} {
		if _, err := rpki.ParseCSV(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// TestTopologyOfFRR validates the routes of FRR's test bgp_rpki_topo1 against its
// cache: its r1 (AS 65530) announces the first two and the IPv6 prefix.
func TestTopologyOfFRR(t *testing.T) {
	list, err := rpki.ParseCSV(open(t, "rpki/frr-rpki_topo1/tests__topotests__bgp_rpki_topo1__r1__vrps.csv"))
	if err != nil {
		t.Fatal(err)
	}
	var table rpki.Table
	table.Replace("cache", list)
	s := table.Snapshot()
	for _, c := range []struct {
		prefix string
		origin inet.ASN
		want   rpki.Status
	}{
		{"198.51.100.0/24", 65530, rpki.Valid}, {"203.0.113.0/24", 65530, rpki.Valid}, {"10.0.0.0/24", 65530, rpki.Invalid},
		{"2001:db8:1::/48", 65530, rpki.Valid}, {"198.51.100.0/24", 65531, rpki.Invalid}, {"192.0.2.0/24", 65530, rpki.NotFound},
	} {
		if got := s.Validate(netip.MustParsePrefix(c.prefix), c.origin, true); got != c.want {
			t.Errorf("%s from %v is %v, want %v", c.prefix, c.origin, got, c.want)
		}
	}
}

func FuzzSLURM(f *testing.F) {
	f.Add(`{"slurmVersion":2,"validationOutputFilters":{"prefixFilters":[{"asn":1,"prefix":"10.0.0.0/8"}]},"locallyAddedAssertions":{"aspaAssertions":[{"customerAsn":1,"providerAsns":[2]}]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := rpki.ParseSLURM(strings.NewReader(text))
		if err != nil {
			return
		}
		var table rpki.Table
		if c := table.ReplaceAll("x", s.Apply(rpki.Data{VRPs: []rpki.VRP{vrp("10.0.0.0/8", 8, 1)}})); c.Refused != 0 {
			t.Errorf("%+v", c)
		}
	})
}
