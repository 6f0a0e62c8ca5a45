package bgp

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"example.com/rotonda/routecore/inet"
)

func TestReadMessage(t *testing.T) {
	head := bytes.Repeat([]byte{0xff}, 16)
	msg := func(length int, typ byte, have int) []byte {
		b := append(append([]byte{}, head...), byte(length>>8), byte(length), typ)
		return append(b, make([]byte, have)...)
	}
	broken := msg(19, 4, 0)
	broken[7] = 0xfe
	tests := []struct {
		name    string
		in      []byte
		max     int
		n       int
		subcode uint8 // 0 for no error
		data    []byte
	}{
		{"nothing", nil, MaxMessage, 0, 0, nil},
		{"18 octets", head, MaxMessage, 0, 0, nil},
		{"KEEPALIVE", AppendKeepalive(nil), MaxMessage, 19, 0, nil},
		{"KEEPALIVE and more", append(AppendKeepalive(nil), 0xff), MaxMessage, 19, 0, nil},
		{"UPDATE not all there", msg(30, 2, 10), MaxMessage, 0, 0, nil},
		{"UPDATE", msg(30, 2, 11), MaxMessage, 30, 0, nil},
		{"UPDATE of 4096", msg(4096, 2, 4077), MaxMessage, 4096, 0, nil},
		{"marker", broken, MaxMessage, 0, 1, nil},
		{"length 18", msg(18, 4, 0), MaxMessage, 0, 2, []byte{0, 18}},
		{"length 4097", msg(4097, 2, 0), MaxMessage, 0, 2, []byte{0x10, 1}},
		{"length 4097, extended", msg(4097, 2, 0), MaxExtMessage, 0, 0, nil},
		{"OPEN of 4097, extended", msg(4097, 1, 0), MaxExtMessage, 0, 2, []byte{0x10, 1}},
		{"OPEN of 28", msg(28, 1, 9), MaxMessage, 0, 2, []byte{0, 28}},
		{"UPDATE of 22", msg(22, 2, 3), MaxMessage, 0, 2, []byte{0, 22}},
		{"NOTIFICATION of 20", msg(20, 3, 1), MaxMessage, 0, 2, []byte{0, 20}},
		{"KEEPALIVE of 20", msg(20, 4, 1), MaxMessage, 0, 2, []byte{0, 20}},
		{"ROUTE-REFRESH of 22", msg(22, 5, 3), MaxMessage, 0, 2, []byte{0, 22}},
		{"type 0", msg(19, 0, 0), MaxMessage, 0, 3, []byte{0}},
		{"type 6", msg(19, 6, 0), MaxMessage, 0, 3, []byte{6}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, n, err := ReadMessage(tt.in, tt.max)
			var e *Error
			if errors.As(err, &e) != (tt.subcode != 0) || n != tt.n || len(m.Raw) != n {
				t.Fatalf("n %d, error %v", n, err)
			}
			if e != nil && (e.Code != CodeHeader || e.Subcode != tt.subcode || !bytes.Equal(e.Data, tt.data) || !strings.Contains(e.Error(), "RFC 4271 §6.1")) {
				t.Errorf("%+v", e)
			}
		})
	}
}

func TestNotification(t *testing.T) {
	for _, tt := range []struct {
		n    Notification
		name string
		text string
		ok   bool
	}{
		{NewShutdown(CeaseShutdown, "maintenance"), "Cease/Administrative Shutdown", "maintenance", true},
		{NewShutdown(CeaseReset, strings.Repeat("ü", 200)), "Cease/Administrative Reset", strings.Repeat("ü", 127), true},
		{NewShutdown(CeaseShutdown, ""), "Cease/Administrative Shutdown", "", false},
		{Notification{CodeCease, CeaseShutdown, []byte("\x03a\x00\x1b")}, "Cease/Administrative Shutdown", "a\ufffd\ufffd", true},
		{Notification{CodeCease, CeaseShutdown, []byte("\x09abc")}, "Cease/Administrative Shutdown", "", false},
		{Notification{CodeCease, CeaseRejected, []byte("\x01a")}, "Cease/Connection Rejected", "", false},
		{NewMaxPrefix(inet.IPv6Unicast, 1000), "Cease/Maximum Number of Prefixes Reached", "", false},
		{Notification{Code: CodeHoldTimer}, "Hold Timer Expired", "", false},
		{Notification{Code: 99, Subcode: 7}, "code 99/subcode 7", "", false},
	} {
		m, n, err := ReadMessage(tt.n.Append(nil), MaxMessage)
		if err != nil || n == 0 || m.Type != MsgNotification {
			t.Fatal(err)
		}
		got, err := ParseNotification(m.Body())
		if err != nil || got.Code != tt.n.Code || got.Subcode != tt.n.Subcode || !bytes.Equal(got.Data, tt.n.Data) {
			t.Errorf("%v came back as %v, %v", tt.n, got, err)
		}
		if got.String() != tt.name {
			t.Errorf("%q, want %q", got.String(), tt.name)
		}
		if text, ok := got.Shutdown(); text != tt.text || ok != tt.ok {
			t.Errorf("%s: %q %t", tt.name, text, ok)
		}
	}
	if got := NewMaxPrefix(inet.IPv6Unicast, 1000).Data; !bytes.Equal(got, []byte{0, 2, 1, 0, 0, 3, 0xe8}) {
		t.Errorf("limit %x", got)
	}
	hard := Notification{CodeCease, CeaseHardReset, []byte{6, 2, 1, 'a'}}
	if in, ok := hard.Inner(); !ok || in.String() != "Cease/Administrative Shutdown" {
		t.Errorf("hard reset of %v", in)
	}
	for _, b := range [][]byte{nil, {6}} {
		if _, err := ParseNotification(b); err == nil {
			t.Errorf("%x parses", b)
		}
	}
	if got := (Notification{Data: make([]byte, 9000)}).Append(nil); len(got) != MaxMessage {
		t.Errorf("a long one has %d octets", len(got))
	}
}

func TestRouteRefresh(t *testing.T) {
	for _, r := range []RouteRefresh{{Family: inet.IPv4Unicast}, {Family: inet.L2VPNEVPN, Subtype: RefreshBegin}, {Family: inet.IPv6Unicast, ORF: []byte{1, 2, 3}}} {
		m, _, err := ReadMessage(r.Append(nil), MaxMessage)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseRouteRefresh(m.Body())
		if err != nil || got.Family != r.Family || got.Subtype != r.Subtype || !bytes.Equal(got.ORF, r.ORF) {
			t.Errorf("%+v came back as %+v, %v", r, got, err)
		}
	}
	for _, b := range [][]byte{nil, {0, 1, 0}, {0, 1, 1, 1, 9}} {
		var e *Error
		if _, err := ParseRouteRefresh(b); !errors.As(err, &e) || e.Code != CodeRouteRefresh || e.Subcode != 1 {
			t.Errorf("%x: %v", b, err)
		}
	}
}
