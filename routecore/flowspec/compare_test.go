package flowspec

import (
	"encoding/hex"
	"testing"

	"example.com/rotonda/routecore/inet"
	"pgregory.net/rapid"
)

// The facts of OpenBGPD's unit tests, and the ends of RFC 8955 §5.1: in each row
// the first goes before the second.
func TestTheOrderOfRules(t *testing.T) {
	const v4, v6 = inet.IPv4FlowSpec, inet.IPv6FlowSpec
	tests := []struct {
		f             inet.Family
		first, second string
	}{
		{v4, "0100", "0200"},
		{v4, "01000200", "0100"},
		{v4, "048002", "048003"},
		{v4, "0400038002", "048003"},
		{v4, "0400038002", "048002"},
		{v4, "0118c0a810", "0118c0a820"},
		{v4, "0118c0a810", "0118c0a82a"},
		{v4, "0118c0a810", "0114c0a820"},
		{v4, "0118c0a820", "0118c0a82a"},
		{v4, "0118c0a820", "0114c0a820"},
		{v4, "0118c0a82a", "0114c0a820"},
		{v6, "01300020010db8c0fe", "013008010db8c0fe"},
		{v6, "01300020010db8c0fe", "01280020010db8c0"},
		{v6, "01300020010db8c0fe", "01280020010db8d0"},
		{v6, "01280020010db8c0", "01280020010db8d0"},
		{v4, "0114c0a82a", "0118c0a830"},                 // /20 of 192.168.32.0 before 192.168.48.0/24, host bits ignored
		{v4, "0118c0a82aff00", "0118c0a82b"},             // an unknown component behind it changes nothing
		{v4, "0118c0a82aff00", "0118c0a82a"},             // who has more components goes first
		{v4, "01180a0000058101", "01180a0000058102"},     // the second component decides
		{v4, "01180a0000058101", "01180a0000"},           //
		{v6, "012808010db800058101", "012808010db80005"}, // a broken rule goes last
	}
	for _, tt := range tests {
		a, b := wire(t, tt.first), wire(t, tt.second)
		if Compare(tt.f, a, b) != -1 || Compare(tt.f, b, a) != 1 || Compare(tt.f, a, a) != 0 {
			t.Errorf("%s does not go before %s: %d, %d", tt.first, tt.second, Compare(tt.f, a, b), Compare(tt.f, b, a))
		}
	}
	rd := func(s string) []byte { return wire(t, "0000000100000002"+s) }
	if Compare(inet.IPv4FlowSpecVPN, rd("0100"), wire(t, "00000001000000010100")) != 0 {
		t.Error("the route distinguisher counts")
	}
}

func wire(t *testing.T, body string) []byte {
	b, err := hex.DecodeString(body)
	if err != nil {
		t.Fatal(err)
	}
	return append([]byte{byte(len(b))}, b...)
}

// RFC 8955 §5.1: a rule that adds a condition to another goes first.
func TestWithMoreConditionsARuleGoesFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := genRule(t)
		r.Raw = nil
		if len(r.Components) < 2 {
			return
		}
		less := r
		less.Components = r.Components[:len(r.Components)-1]
		if c := Compare(r.Family, mustAppend(t, r), mustAppend(t, less)); c != -1 {
			t.Fatalf("%d", c)
		}
	})
}
