package bmp

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/rotonda/internal/testkit"
)

// TestCodePointsAreIANAs compares all tables with a list of the registries, both ways.
func TestCodePointsAreIANAs(t *testing.T) {
	var want, got []string
	for _, c := range testkit.Table(t, "testdata/iana.tsv", 4)[1:] {
		want = append(want, strings.Join(c, "\t"))
	}
	for name, r := range map[string]Registry{
		"message types": MessageTypes, "peer types": PeerTypes, "peer flags": PeerFlags, "loc-rib peer flags": LocRIBFlags,
		"initiation TLVs": InitiationTLVs, "peer up TLVs": PeerUpTLVs, "termination TLVs": TerminationTLVs,
		"termination reasons": TerminationReasons, "peer down reasons": DownReasons,
		"mirroring TLVs": MirroringTLVs, "mirroring information": MirroringInformation,
	} {
		for _, c := range r {
			if c.Name == "" || r.Name(c.Code) != c.Name {
				t.Errorf("%s %d has no name", name, c.Code)
			}
			got = append(got, fmt.Sprintf("%s\t%d\t%s\t%s", name, c.Code, c.Title, c.RFC))
		}
	}
	for code, s := range Stats {
		kind := "counter32"
		switch {
		case s.Name == "":
			continue
		case s.Gauge && strings.HasSuffix(s.Name, "PerFamily"):
			kind = "gauge64 per family"
		case s.Gauge:
			kind = "gauge64"
		}
		got = append(got, fmt.Sprintf("statistics\t%d\t%s\t%s", code, kind, s.RFC))
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-IANA +ours:\n%s", diff)
	}
	if len(want) < 80 {
		t.Errorf("only %d code points", len(want))
	}
	if Type(7).String() != "7" || RouteMirroring.String() != "Mirroring" || Snapshot.String() != "Snapshot" || PeerType(9).String() != "Unknown" {
		t.Error("names of types")
	}
}

func TestNamespacesAreApart(t *testing.T) {
	// Codes 3 and 4 exist in Peer Up and nowhere else, 1 and 2 the other way round (RFC 9736 §3).
	if _, ok := InitiationTLVs.Lookup(PeerTableName); ok {
		t.Error("a table name in Initiation")
	}
	if _, ok := PeerUpTLVs.Lookup(InitSysName); ok {
		t.Error("sysName in Peer Up")
	}
}
