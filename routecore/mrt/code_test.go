package mrt

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/rotonda/internal/testkit"
)

// TestCodePointsAreIANAs compares the tables with a list of the registry, both ways.
func TestCodePointsAreIANAs(t *testing.T) {
	var want, got []string
	for _, c := range testkit.Table(t, "testdata/iana.tsv", 4)[1:] {
		want = append(want, strings.Join(c, "\t"))
	}
	for name, r := range map[string]Registry{
		"types": Types, "TABLE_DUMP subtypes": TypeTableDump.Subtypes(), "TABLE_DUMP_V2 subtypes": TypeTableDumpV2.Subtypes(),
		"BGP4MP subtypes": TypeBGP4MPET.Subtypes(), "BGP subtypes": TypeBGP.Subtypes(),
	} {
		for _, c := range r {
			if found, ok := r.Lookup(c.Code); !ok || found != c || !strings.HasPrefix(c.RFC, "RFC ") {
				t.Errorf("%s: %+v", name, c)
			}
			if !c.Deprecated {
				got = append(got, fmt.Sprintf("%s\t%d\t%s\t%s", name, c.Code, c.Name, c.RFC[:len("RFC 0000")]))
			}
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-IANA +ours:\n%s", diff)
	}
	for typ, name := range map[Type]string{TypeBGP: "BGP", 11: "OSPFv2", TypeBGP4MPET: "BGP4MP_ET", 14: "type 14"} {
		if typ.String() != name {
			t.Errorf("type %d is called %s", uint16(typ), typ)
		}
	}
}

// The constants are the numbers of the names that they are called after.
func TestSubtypesHaveTheNumbersOfTheRegistry(t *testing.T) {
	for name, code := range map[string]uint16{
		"PEER_INDEX_TABLE": PeerIndexTable, "RIB_IPV4_UNICAST": RIBIPv4Unicast, "RIB_IPV4_MULTICAST": RIBIPv4Multicast,
		"RIB_IPV6_UNICAST": RIBIPv6Unicast, "RIB_IPV6_MULTICAST": RIBIPv6Multicast, "RIB_GENERIC": RIBGeneric, "GEO_PEER_TABLE": GeoPeerTable,
		"RIB_IPV4_UNICAST_ADDPATH": RIBIPv4UnicastAddPath, "RIB_IPV4_MULTICAST_ADDPATH": RIBIPv4MulticastAddPath,
		"RIB_IPV6_UNICAST_ADDPATH": RIBIPv6UnicastAddPath, "RIB_IPV6_MULTICAST_ADDPATH": RIBIPv6MulticastAddPath, "RIB_GENERIC_ADDPATH": RIBGenericAddPath,
	} {
		if info, ok := TableDumpV2Subtypes.Lookup(code); !ok || info.Name != name {
			t.Errorf("%s is %+v", name, info)
		}
	}
	for name, code := range map[string]uint16{
		"STATE_CHANGE": StateChangeAS2, "MESSAGE": MessageAS2, "ENTRY": Entry, "SNAPSHOT": Snapshot, "MESSAGE_AS4": MessageAS4,
		"STATE_CHANGE_AS4": StateChangeAS4, "MESSAGE_LOCAL": MessageAS2Local, "MESSAGE_AS4_LOCAL": MessageAS4Local,
		"MESSAGE_ADDPATH": MessageAS2AddPath, "MESSAGE_AS4_ADDPATH": MessageAS4AddPath,
		"MESSAGE_LOCAL_ADDPATH": MessageAS2LocalAddPath, "MESSAGE_AS4_LOCAL_ADDPATH": MessageAS4LocalAddPath,
	} {
		if info, ok := BGP4MPSubtypes.Lookup(code); !ok || info.Name != "BGP4MP_"+name {
			t.Errorf("%s is %+v", name, info)
		}
	}
}
