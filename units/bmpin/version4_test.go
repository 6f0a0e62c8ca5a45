package bmpin

import (
	"fmt"
	"testing"

	"example.com/rotonda/internal/testkit/fake"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bmp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/unit"
)

// TestVersion4ComesIn goes through routes, statistics and the hook of version 4.
func TestVersion4ComesIn(t *testing.T) {
	env := newEnv(t)
	seen := make(chan string, 10)
	env.Judge = tellUpdates{seen}
	s := start(t, env)
	four := func(raw []byte) []byte { raw[0] = bmp.Version4; return raw }
	stats := bmp.AppendMessage(nil, bmp.Content{Version: bmp.Version4, Type: bmp.StatsReport, Peer: peerA, Stats: []bmp.Stat{{Type: 7, Value: 5}, {Type: 9, Family: inet.IPv4Unicast, Value: 4}}})
	more := append(bmp.AppendMessage(nil, bmp.Content{Version: bmp.Version4, Type: bmp.Snapshot, Indexed: []bmp.IndexedTLV{{TLV: bmp.TLV{Type: bmp.SnapshotTLV, Value: make([]byte, 16)}}}}),
		bmp.AppendMirroring(nil, peerA, bmp.TLV{Type: bmp.MirrorMessage, Value: update("10.0.0.0/8")})...)
	write(t, s.dial(t), four(initiation("r1")), four(peerUp(peerA)), stats, more, monitor4(peerA, withID(7, "10.0.0.0/8")),
		four(bmp.AppendPeerDown(nil, post, bmp.PeerDownMessage{Reason: bmp.DownRemote, Info: bmp.AppendTLV(nil, bmp.TLV{Value: []byte("bye")})})))
	check(t, env, []string{"up 192.0.2.1 inPre#1", "announce 192.0.2.1 inPre#1 10.0.0.0/8(7)", "down 192.0.2.1 inPre#1: closed by the peer"})
	if got := <-seen; got != "3 10.0.0.0/8(7)" {
		t.Errorf("the hook saw %q", got)
	}
	var st RouterState
	fake.Eventually(t, func() bool {
		st = s.router()
		return st.Invalid == 0 && st.Messages["Stats"] == 1 && st.Messages["Snapshot"] == 1 && st.Mirrored == 1
	}, func() any { return st })
}

// tellUpdates says what the hook can read of Route Monitoring.
type tellUpdates struct{ out chan string }

func (h tellUpdates) Judge(b *unit.Batch, p unit.Peer, msg any, now int64) bool {
	m := msg.(*bmp.Message)
	raw, ctx, ok := m.Update()
	if !ok {
		return true
	}
	ctx.AddPathUnknown = true
	var u bgp.Update
	bgp.ParseUpdate(&u, raw[bgp.HeaderLen:], ctx)
	for id, p := range u.Announced().Prefixes() {
		h.out <- fmt.Sprintf("%d %s(%d)", m.Version, p, id)
	}
	return true
}
