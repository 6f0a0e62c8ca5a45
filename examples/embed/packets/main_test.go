package main

import (
	"strings"
	"testing"
)

func TestPackets(t *testing.T) {
	var out strings.Builder
	if err := run(&out); err != nil {
		t.Fatal(err)
	}
	const want = `wants [Packet.size] [[]] <= 8000
and no more: false - reads the payload: true
192.0.2.1 kept
192.0.2.2 dropped
10.0.0.9 dropped
2001:db8::1 kept
192.0.2.3 dropped
192.0.2.4 dropped: packets.roto:19:52: division by zero
tcp 2 udp 1 other 1
`
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
}
