package dissect_test

import (
	"fmt"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/dissect"
)

// A message is explained octet by octet.
func ExampleAny() {
	r := dissect.Any(bgp.AppendKeepalive(nil), bgp.Ctx{})
	fmt.Println(string(r.AppendText(nil, dissect.Style{})))
	// Output:
	// BGP KEEPALIVE, 19 octets
	//     0  ffffffffffffff+9     marker  all ones       [RFC 4271 §4.1, RFC 4271 §6.1]
	//    16  0013                 length  19 octets      [RFC 4271 §4.1, RFC 4271 §6.1]
	//    18  04                   type    KEEPALIVE (4)  [RFC 4271 §4.1, RFC 4271 §6.1]
	//
	// verdict: accept: a speaker takes it
}
