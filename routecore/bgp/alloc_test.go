package bgp

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"example.com/rotonda/routecore/inet"
)

// TestNothingIsAllocated holds the budget of the data path: zero, for good and
// for broken input.
func TestNothingIsAllocated(t *testing.T) {
	probes := readProbes(t)
	r := rand.New(rand.NewPCG(7, 8))
	a, n := randomAttrs(r, inet.IPv4Unicast), randomNLRI(r, inet.IPv4Unicast, true, 2000)
	a = AppendSet(nil, a, AttrNextHop, []byte{192, 0, 2, 1})
	keepalive := AppendKeepalive(nil)
	var u Update
	buf := make([]byte, 0, 1<<17)
	var sink int
	for name, f := range map[string]func(){
		"ReadMessage": func() { _, sink, _ = ReadMessage(keepalive, MaxMessage) },
		"ParseUpdate": func() {
			for i := range probes {
				ParseUpdate(&u, probes[i].body, probes[i].ctx)
			}
		},
		"AppendAttrs": func() {
			for i := range probes {
				ParseUpdate(&u, probes[i].body, probes[i].ctx)
				if u.Verdict.Action != Reset {
					buf = u.AppendAttrs(buf[:0], inet.IPv4Unicast)
				}
			}
		},
		"AppendUpdates":  func() { buf = AppendUpdates(buf[:0], Ctx{IBGP: true}, a, n) },
		"AppendWithdraw": func() { buf = AppendUpdates(buf[:0], Ctx{}, nil, n) },
		"AppendSet":      func() { buf = AppendSet(buf[:0], a, AttrMED, a[:4]) },
		"AppendJSON":     func() { buf = a.AppendJSON(buf[:0], inet.IPv4Unicast) },
		"Prefixes": func() {
			for id := range n.Prefixes() {
				sink += int(id)
			}
		},
		"getters": func() {
			_, _ = a.Origin()
			_ = a.NextHop()
			_ = a.HasCommunity(NoExport)
			for c := range a.Communities() {
				sink += int(c)
			}
			for asn := range a.ASPath().Hops() {
				sink += int(asn)
			}
		},
	} {
		if got := testing.AllocsPerRun(50, f); got != 0 {
			t.Errorf("%s allocates %v times", name, got)
		}
	}
	_ = sink
}

func TestSizeOfCtx(t *testing.T) {
	if n := unsafe.Sizeof(Ctx{}); n > 32 {
		t.Errorf("Ctx takes %d octets, the contract says 32", n)
	}
}
