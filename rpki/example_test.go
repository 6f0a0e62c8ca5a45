package rpki_test

import (
	"fmt"
	"net/netip"
	"strings"

	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/routecore/rtr"
	"example.com/rotonda/rpki"
)

// What a validator wrote validates the origin and the path of routes.
func Example() {
	data, err := rpki.ParseDump(strings.NewReader(`{
		"roas": [{"prefix": "192.0.2.0/23", "maxLength": 24, "asn": "AS64496"}],
		"aspas": [{"customer_asid": 64496, "providers": [64500]}]
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	var table rpki.Table
	table.ReplaceAll("validator", data)

	s := table.Snapshot() // for many readers; it never changes
	prefix := netip.MustParsePrefix("192.0.2.0/24")
	fmt.Println(s.Validate(prefix, 64496, true))
	fmt.Println(s.Validate(prefix, 64511, true))
	fmt.Println(s.Validate(netip.MustParsePrefix("198.51.100.0/24"), 64496, true))

	path := rpki.Path{ASes: []inet.ASN{64500, 64496}, Neighbour: 64500}
	fmt.Println(s.VerifyPath(path, rpki.Upstream))
	leak := rpki.Path{ASes: []inet.ASN{64511, 64496}, Neighbour: 64511}
	fmt.Println(s.VerifyPath(leak, rpki.Upstream))
	// Output:
	// valid
	// invalid
	// notFound
	// valid
	// invalid
}

// What a cache says over RTR goes into a table of its own source: a full answer in place
// of all before, else as changes.
func ExampleTable_ApplyAll() {
	var table rpki.Table
	take := func(u *rtr.Update) {
		var announce, withdraw rpki.Data
		side := map[bool]*rpki.Data{true: &announce, false: &withdraw}
		for _, v := range u.VRPs {
			d := side[v.Announce]
			d.VRPs = append(d.VRPs, rpki.VRP{Prefix: v.Prefix, MaxLen: v.MaxLen, ASN: v.ASN})
		}
		for _, k := range u.Keys {
			d := side[k.Announce]
			d.Keys = append(d.Keys, rpki.RouterKey{SKI: k.SKI, ASN: k.ASN, SPKI: k.SPKI})
		}
		for _, v := range u.VAPs {
			d := side[v.Announce]
			d.ASPAs = append(d.ASPAs, rpki.ASPA{Customer: v.Customer, Providers: v.Providers, AFI: v.AFI})
		}
		if u.Full {
			table.ReplaceAll("cache", announce)
			return
		}
		table.ApplyAll("cache", announce, withdraw)
	}
	vrp := rtr.VRP{Prefix: netip.MustParsePrefix("192.0.2.0/24"), MaxLen: 24, ASN: 64496, Announce: true}
	take(&rtr.Update{Full: true, VRPs: []rtr.VRP{vrp}})
	fmt.Println(table.Snapshot().Validate(vrp.Prefix, 64496, true))
	vrp.Announce = false
	take(&rtr.Update{VRPs: []rtr.VRP{vrp}})
	fmt.Println(table.Snapshot().Validate(vrp.Prefix, 64496, true))
	// Output:
	// valid
	// notFound
}

// An operator's exceptions take records away and add others.
func ExampleSLURM_Apply() {
	exceptions, err := rpki.ParseSLURM(strings.NewReader(`{
		"slurmVersion": 1,
		"validationOutputFilters": {"prefixFilters": [{"asn": 64496}], "bgpsecFilters": []},
		"locallyAddedAssertions": {"prefixAssertions": [{"prefix": "198.51.100.0/24", "asn": 64500}], "bgpsecAssertions": []}
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	before := rpki.Data{VRPs: []rpki.VRP{{Prefix: netip.MustParsePrefix("192.0.2.0/24"), MaxLen: 24, ASN: 64496}}}
	fmt.Println(exceptions.Apply(before).VRPs)
	// Output:
	// [198.51.100.0/24-24 from AS64500]
}
