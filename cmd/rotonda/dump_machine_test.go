package main

import (
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"example.com/rotonda/internal/testkit"
)

// Every text that bgpdump -m gave, byte for byte. mrtparse/bird_bgp alone is left
// to TRUTH.tsv: bgpdump takes its path identifiers for prefixes.
func TestDumpPrintsWhatBgpdumpPrints(t *testing.T) {
	dir := testkit.Data(t)
	own, err := filepath.Glob(filepath.Join(dir, "mrt_expected/bgpdump/*.bgp.gz"))
	if err != nil {
		t.Fatal(err)
	}
	debian, err := filepath.Glob(filepath.Join(dir, "mrt_expected/bgpdump-m/*.txt.gz"))
	if err != nil {
		t.Fatal(err)
	}
	if len(own) < 7 || len(debian) < 15 {
		t.Fatalf("only %d and %d expected files", len(own), len(debian))
	}
	for _, expected := range append(own, debian...) {
		name := filepath.Base(expected)
		source := "mrt/bgpdump/" + strings.TrimSuffix(name, ".bgp.gz")
		if strings.HasSuffix(name, ".txt.gz") {
			source = "mrt/" + strings.Replace(strings.TrimSuffix(name, ".txt.gz"), "__", "/", 1)
		}
		if source == "mrt/mrtparse/bird_bgp" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			want := gunzip(t, expected)
			if testkit.Race && len(want) > 8<<20 {
				return
			}
			// Some of the files are cut or hold faulty UPDATEs: what can be read counts.
			got, _, _ := runDump(t, nil, "-m", filepath.Join(dir, source))
			if got == want {
				return
			}
			g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
			t.Errorf("%d lines, want %d", len(g), len(w))
			for i, shown := 0, 0; i < min(len(g), len(w)) && shown < 3; i++ {
				if g[i] != w[i] {
					t.Errorf("line %d\n got %s\nwant %s", i+1, g[i], w[i])
					shown++
				}
			}
		})
	}
}

func TestAddressesAreShortenedAsBefore(t *testing.T) {
	for in, want := range map[string]string{
		"2001:504:0:2:0:19:9524:1": "2001:504::2:0:19:9524:1",
		"2001:504:0:2:0:0:6939:1":  "2001:504:0:2::6939:1",
		"::":                       "::",
		"::1":                      "::1",
		"fe80::":                   "fe80::",
		"1:2:3:4:5:6:7:0":          "1:2:3:4:5:6:7::",
		"0:2:3:4:5:6:7:8":          "::2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7:8":          "1:2:3:4:5:6:7:8",
		"192.0.2.1":                "192.0.2.1",
	} {
		if got := string(appendOldAddr(nil, netip.MustParseAddr(in))); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
