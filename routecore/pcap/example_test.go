package pcap_test

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"example.com/rotonda/routecore/pcap"
)

// A capture with the link type IPv4 and one packet, from port 1024 to 179, with the
// payload "hello".
const capture = "a1b2c3d4" + "00020004" + "00000000" + "00000000" + "0000ffff" + "000000e4" +
	"69571180" + "00000000" + "0000002d" + "0000002d" +
	"4500002d" + "00000000" + "40060000" + "c0000201" + "c0000202" +
	"040000b3" + "00000001" + "00000000" + "50180000" + "00000000" + "68656c6c6f"

// Packets become the octets that each end of a connection sent, in order.
func ExampleAssembler() {
	r := pcap.NewReader(hex.NewDecoder(strings.NewReader(capture)))
	var a pcap.Assembler
	for {
		p, err := r.Next()
		if err != nil {
			if err != io.EOF {
				fmt.Println(err)
			}
			break
		}
		s, ok := p.Segment()
		if !ok {
			continue // no TCP
		}
		for c := range a.Add(&p, s) {
			fmt.Printf("%v: %q\n", c.Flow, c.Bytes)
		}
	}
	for c := range a.Flush() { // what waits behind gaps
		fmt.Printf("%v: %d octets missing, then %q\n", c.Flow, c.Lost, c.Bytes)
	}
	// Output:
	// 192.0.2.1:1024 > 192.0.2.2:179: "hello"
}
