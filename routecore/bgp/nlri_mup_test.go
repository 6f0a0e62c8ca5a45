package bgp

import (
	"testing"

	"example.com/rotonda/routecore/inet"
)

func TestMUP(t *testing.T) {
	const rd = "0000006400000064"
	checkVectors(t, []nlriVector{
		{ipv4MUP, "0100010c" + rd + "180a0001", "interwork-segment-discovery rd 100:100 prefix 10.0.1.0/24",
			`{"architecture":1,"type":1,"name":"interwork-segment-discovery","rd":"100:100","prefix":"10.0.1.0/24"}`, "010001" + rd + "180a0001", ""},
		{ipv6MUP, "0100020c" + rd + "0a000001", "direct-segment-discovery rd 100:100 address 10.0.0.1",
			`{"architecture":1,"type":2,"name":"direct-segment-discovery","rd":"100:100","address":"10.0.0.1"}`, "010002" + rd + "0a000001", ""},
		{ipv4MUP, "01000317" + rd + "20c0a80001" + "00003039" + "09" + "200a000001",
			"type-1-session-transformed rd 100:100 prefix 192.168.0.1/32 teid 12345 qfi 9 endpoint 10.0.0.1",
			`{"architecture":1,"type":3,"name":"type-1-session-transformed","rd":"100:100","prefix":"192.168.0.1/32","teid":12345,"qfi":9,"endpoint":"10.0.0.1"}`,
			"010003" + rd + "20c0a80001", ""},
		{ipv4MUP, "01000318" + rd + "20c0a80001" + "00003039" + "09" + "200a000001" + "00",
			"type-1-session-transformed rd 100:100 prefix 192.168.0.1/32 teid 12345 qfi 9 endpoint 10.0.0.1",
			`{"architecture":1,"type":3,"name":"type-1-session-transformed","rd":"100:100","prefix":"192.168.0.1/32","teid":12345,"qfi":9,"endpoint":"10.0.0.1"}`,
			"010003" + rd + "20c0a80001", ""},
		{ipv4MUP, "0100031c" + rd + "20c0a80002" + "00003039" + "09" + "200a000001" + "200a000101",
			"type-1-session-transformed rd 100:100 prefix 192.168.0.2/32 teid 12345 qfi 9 endpoint 10.0.0.1 source 10.0.1.1",
			`{"architecture":1,"type":3,"name":"type-1-session-transformed","rd":"100:100","prefix":"192.168.0.2/32","teid":12345,"qfi":9,"endpoint":"10.0.0.1","source":"10.0.1.1"}`,
			"010003" + rd + "20c0a80002", ""},
		{ipv4MUP, "01000411" + rd + "400a000001" + "00003039", "type-2-session-transformed rd 100:100 endpoint 10.0.0.1 teid 12345/32",
			`{"architecture":1,"type":4,"name":"type-2-session-transformed","rd":"100:100","endpoint":"10.0.0.1","teid":12345,"teidBits":32}`,
			"010004" + rd + "400a000001" + "00003039", ""},
		{ipv6MUP, "0100041c" + rd + "982001000000000000000000000000000100" + "3039", "type-2-session-transformed rd 100:100 endpoint 2001::1 teid 3160320/24",
			`{"architecture":1,"type":4,"name":"type-2-session-transformed","rd":"100:100","endpoint":"2001::1","teid":3160320,"teidBits":24}`,
			"010004" + rd + "982001000000000000000000000000000100" + "3039", ""},
		{ipv4MUP, "01000410" + rd + "370a000001" + "003039", "type-2-session-transformed rd 100:100 endpoint 10.0.0.1 teid 3160064/23",
			`{"architecture":1,"type":4,"name":"type-2-session-transformed","rd":"100:100","endpoint":"10.0.0.1","teid":3160064,"teidBits":23}`,
			"010004" + rd + "370a000001" + "003038", "01000410" + rd + "370a000001" + "003038"},
		{ipv4MUP, "0100040d" + rd + "200a000001", "type-2-session-transformed rd 100:100 endpoint 10.0.0.1 teid 0/0",
			`{"architecture":1,"type":4,"name":"type-2-session-transformed","rd":"100:100","endpoint":"10.0.0.1","teid":0,"teidBits":0}`,
			"010004" + rd + "200a000001", ""},
	}, rebuildTyped)
	for _, hex := range []string{"0100010c" + rd + "210a0001", "0100040d" + rd + "1f0a0000", "01000411" + rd + "410a000001" + "00003039"} {
		if n, err := ParseTypedNLRI(inet.NewFamily(1, inet.SAFIMUP), unhex(t, hex)); err == nil {
			t.Errorf("%s is %+v", hex, n)
		}
	}
}
