package bgp

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"example.com/rotonda/routecore/inet"
)

func TestNotificationParseOfAppendIsIdentity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := Notification{rapid.Uint8().Draw(t, "code"), rapid.Uint8().Draw(t, "subcode"), rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "data")}
		m, size, err := ReadMessage(n.Append(nil), MaxMessage)
		if err != nil || size == 0 || m.Type != MsgNotification {
			t.Fatal(err)
		}
		got, err := ParseNotification(m.Body())
		if diff := cmp.Diff(n, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Fatal(err, diff)
		}
		if text := got.AppendJSON(nil); !json.Valid(text) {
			t.Fatalf("%s", text)
		}
		inner, ok := NewHardReset(n).Inner()
		if diff := cmp.Diff(n, inner, cmpopts.EquateEmpty()); !ok || diff != "" {
			t.Fatalf("Hard Reset: %t %s", ok, diff)
		}
	})
}

func TestNotificationDataRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, limit := anyFamily.Draw(t, "f"), rapid.Uint32().Draw(t, "limit")
		if gf, gl, ok := NewMaxPrefix(f, limit).MaxPrefix(); !ok || gf != f || gl != limit {
			t.Fatalf("%v %d %t", gf, gl, ok)
		}
		text := rapid.StringMatching(`[a-zäß ]{1,120}`).Draw(t, "text")
		if got, ok := NewShutdown(CeaseShutdown, text).Shutdown(); !ok || got != text {
			t.Fatalf("%q", got)
		}
		caps := drawOpen(t).Caps
		got, ok := NewUnsupported(caps...).Unsupported()
		if diff := cmp.Diff(caps, got, compareCapability); !ok || diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestNotificationJSON(t *testing.T) {
	tests := []struct {
		n    Notification
		want string
	}{
		{Notification{1, 2, []byte{0x10, 1}}, `{"code":1,"subcode":2,"name":"Message Header Error/Bad Message Length","length":4097}`},
		{Notification{1, 3, []byte{9}}, `{"code":1,"subcode":3,"name":"Message Header Error/Bad Message Type","type":9}`},
		{Notification{2, 1, []byte{0, 4}}, `{"code":2,"subcode":1,"name":"OPEN Message Error/Unsupported Version Number","supportedVersion":4}`},
		{NewUnsupported(NewMultiprotocol(inet.IPv6Unicast)), `{"code":2,"subcode":7,"name":"OPEN Message Error/Unsupported Capability","capabilities":[{"code":1,"name":"multiprotocol","value":{"family":"ipv6 unicast"}}]}`},
		{Notification{3, 6, []byte{0x40, 1, 1, 7}}, `{"code":3,"subcode":6,"name":"UPDATE Message Error/Invalid ORIGIN Attribute","attribute":{"code":1,"name":"ORIGIN","flags":64,"value":"07"}}`},
		{Notification{3, 6, []byte{0x40, 1, 9, 7}}, `{"code":3,"subcode":6,"name":"UPDATE Message Error/Invalid ORIGIN Attribute","raw":"40010907"}`},
		{Notification{5, 2, []byte{2}}, `{"code":5,"subcode":2,"name":"Finite State Machine Error/Receive Unexpected Message in OpenConfirm State","unexpectedType":2}`},
		{NewMaxPrefix(inet.IPv6Unicast, 1000), `{"code":6,"subcode":1,"name":"Cease/Maximum Number of Prefixes Reached","maxPrefixes":{"family":"ipv6 unicast","limit":1000}}`},
		{NewShutdown(CeaseShutdown, `say "hi"`), `{"code":6,"subcode":2,"name":"Cease/Administrative Shutdown","communication":"say \"hi\""}`},
		{NewHardReset(NewShutdown(CeaseReset, "a")), `{"code":6,"subcode":9,"name":"Cease/Hard Reset","inner":{"code":6,"subcode":4,"name":"Cease/Administrative Reset","communication":"a"}}`},
		{Notification{6, 9, []byte{6}}, `{"code":6,"subcode":9,"name":"Cease/Hard Reset","raw":"06"}`},
		{Notification{8, 0, nil}, `{"code":8,"subcode":0,"name":"Send Hold Timer Expired"}`},
		{Notification{9, 0, nil}, `{"code":9,"subcode":0,"name":"Loss of LSDB Synchronization"}`},
		{Notification{99, 7, []byte{1}}, `{"code":99,"subcode":7,"name":"code 99/subcode 7","raw":"01"}`},
	}
	for _, tt := range tests {
		if got := string(tt.n.AppendJSON(nil)); got != tt.want {
			t.Errorf("\n got %s\nwant %s", got, tt.want)
		}
	}
	deep := Notification{Code: CodeHoldTimer}
	for range 500 {
		deep = NewHardReset(deep)
	}
	if text := deep.AppendJSON(nil); !json.Valid(text) || strings.Count(string(text), `"inner"`) != maxInner {
		t.Errorf("a Hard Reset nested 500 times is shown %d deep", strings.Count(string(text), `"inner"`))
	}
	if typ, ok := (Notification{5, 1, []byte{4}}).Unexpected(); !ok || typ != MsgKeepalive {
		t.Errorf("unexpected %v %t", typ, ok)
	}
}

func FuzzNotification(f *testing.F) {
	f.Add(NewHardReset(NewShutdown(CeaseShutdown, "bye")).Append(nil)[HeaderLen:])
	f.Add(NewMaxPrefix(inet.IPv4Unicast, 5).Append(nil)[HeaderLen:])
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := ParseNotification(body)
		if err != nil {
			return
		}
		n.Shutdown()
		n.Inner()
		n.Unsupported()
		n.MaxPrefix()
		if text := n.AppendJSON(nil); !json.Valid(text) {
			t.Fatalf("%s", text)
		}
		if len(body) <= MaxMessage-HeaderLen && !bytes.Equal(n.Append(nil)[HeaderLen:], body) {
			t.Fatalf("%x came back differently", body)
		}
	})
}
