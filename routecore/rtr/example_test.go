package rtr_test

import (
	"fmt"
	"net/netip"

	"example.com/rotonda/routecore/rtr"
)

// A router and a cache talk; the octets between them would go over TCP, which is
// the business of the caller.
func ExampleClient() {
	cache := &rtr.Cache{Session: 7, Keep: 10}
	cache.Set(1, rtr.Records{VRPs: []rtr.VRP{{Prefix: netip.MustParsePrefix("192.0.2.0/24"), MaxLen: 24, ASN: 64496}}})
	server := rtr.NewServer(cache, rtr.MaxVersion)
	client := rtr.NewClient(rtr.MaxVersion)

	toCache := client.Start(nil)
	for len(toCache) > 0 {
		var toRouter []byte
		for len(toCache) > 0 {
			p, n, err := rtr.ReadPDU(toCache)
			if err != nil || n == 0 {
				fmt.Println(err)
				return
			}
			toCache = toCache[n:]
			if toRouter, err = server.Handle(toRouter, p); err != nil {
				fmt.Println(err)
				return
			}
		}
		for len(toRouter) > 0 {
			p, n, err := rtr.ReadPDU(toRouter)
			if err != nil || n == 0 {
				fmt.Println(err)
				return
			}
			toRouter = toRouter[n:]
			fmt.Println(p.Type())
			var update *rtr.Update
			if toCache, update, err = client.Handle(toCache, p); err != nil {
				fmt.Println(err)
				return
			}
			if update != nil {
				fmt.Println("serial", update.Serial, "all:", update.Full, update.VRPs[0].Prefix, update.VRPs[0].ASN)
			}
		}
	}
	// Output:
	// Cache Response
	// IPv4 Prefix
	// End of Data
	// serial 1 all: true 192.0.2.0/24 AS64496
}
