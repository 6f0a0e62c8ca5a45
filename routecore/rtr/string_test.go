package rtr

import (
	"fmt"
	"net/netip"
	"testing"

	"example.com/rotonda/routecore/inet"
)

func TestRecordsPrintAsInALog(t *testing.T) {
	for _, test := range []struct {
		value any
		want  string
	}{
		{VRP{netip.MustParsePrefix("192.0.2.0/24"), 25, 64496, true}, "announce 192.0.2.0/24-25 from AS64496"},
		{VRP{netip.MustParsePrefix("2001:db8::/32"), 48, 64496, false}, "withdraw 2001:db8::/32-48 from AS64496"},
		{Key{SKI: [20]byte{0xab}, ASN: 64496, Announce: true}, "announce router key ab00000000000000000000000000000000000000 of AS64496"},
		{VAP{Customer: 64496, Providers: []inet.ASN{64500, 64501}, Announce: true}, "announce providers of AS64496: AS64500 AS64501"},
		{VAP{Customer: 64496}, "withdraw providers of AS64496"},
		{PDU(AppendResetQuery(nil, 2)), "Reset Query, version 2, 8 octets"},
		{PDU(nil), "no PDU, 0 octets"},
	} {
		if got := fmt.Sprint(test.value); got != test.want {
			t.Errorf("%T prints %q, want %q", test.value, got, test.want)
		}
	}
}
