package inet_test

import (
	"fmt"

	"example.com/rotonda/routecore/inet"
)

// A run of reads is checked once, at its end.
func ExampleReader() {
	r := inet.NewReader([]byte{0, 1, 2, 24, 192, 0, 2}, 0)
	family := inet.NewFamily(inet.AFI(r.U16()), inet.SAFI(r.U8()))
	bits := r.U8()
	prefix := inet.PrefixFromWire(family, bits, r.Rest())
	fmt.Println(family, prefix, r.Err())
	r.U32()
	r.U32()
	fmt.Println(r.Err())
	// Output:
	// ipv4 multicast 192.0.2.0/24 <nil>
	// offset 7: short by 4 octets
}
