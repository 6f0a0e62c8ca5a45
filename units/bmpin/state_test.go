package bmpin

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/rotonda/internal/testkit/fake"
	"example.com/rotonda/routecore/bmp"
	"example.com/rotonda/routecore/inet"
)

func TestStateShowsRoutersPeersAndTheLatestErrors(t *testing.T) {
	env := newEnv(t)
	s := start(t, env)
	c := s.dial(t)
	write(t, c, initiation("r1"), peerUp(peerA))
	for range 12 {
		bad := monitor(peerA, update("10.0.0.0/8"))
		bad[bmp.HeaderLen+bmp.PeerHeaderLen] = 0 // the marker
		write(t, c, bad)
	}
	write(t, c, monitor(peerA, message(nil, nil, nil)))
	env.wait(count(2))
	var st RouterState
	fake.Eventually(t, func() bool { st = s.router(); return st.Messages["RouteMonitoring"] == 13 }, func() any { return st })
	if st.SysName != "r1" || st.SysDescr != "test router" || !st.Connected || len(st.Peers) != 1 || st.Invalid != 12 || len(st.Errors) != 10 {
		t.Errorf("state: %+v", st)
	}
	names := map[string]bool{}
	for m := range s.Metrics() {
		names[m.Name+"/"+strings.Join(m.Labels, ",")] = true
	}
	if want := "bmp_tcp_in_num_bmp_messages_received_total/router,r1,msg_type,Route Monitoring"; !names[want] {
		t.Errorf("no metric %s in %v", want, names)
	}
}

func TestStatisticsAreShown(t *testing.T) {
	env := newEnv(t)
	s := start(t, env)
	write(t, s.dial(t), initiation("r1"), bmp.AppendStats(peerUp(peerA), peerA, bmp.Stat{Type: 7, Value: 5}, bmp.Stat{Type: 9, Family: inet.IPv4Unicast, Value: 4}))
	want := map[string]uint64{"adjRibInRoutes": 5, "adjRibInRoutesPerFamily ipv4 unicast": 4}
	fake.Eventually(t, func() bool { return len(s.router().Peers) == 1 }, func() any { return "no peer" })
	if diff := cmp.Diff(want, s.router().Peers[0].Statistics); diff != "" {
		t.Error(diff)
	}
}

func TestADistinguisherOfARoutersOwnIsNoRD(t *testing.T) {
	s := bmp.NewStation()
	for typ, want := range map[bmp.PeerType]PeerState{bmp.RDPeer: {RD: "1:7"}, bmp.LocalPeer: {Instance: 1<<32 | 7}} {
		h := peerA
		h.Type, h.RD = typ, inet.RD{0, 0, 0, 1, 0, 0, 0, 7}
		m, _, _ := bmp.ReadMessage(peerUp(h), 0)
		a := s.Step(nil, m)
		st := peerState(a[len(a)-1].Peer, a[len(a)-1].View, &view{})
		if st.RD != want.RD || st.Instance != want.Instance {
			t.Errorf("%s: rd %q, instance %d", typ, st.RD, st.Instance)
		}
	}
}

func TestFewClosedConnectionsAreShown(t *testing.T) {
	env := newEnv(t)
	s := start(t, env)
	c := s.dial(t)
	write(t, c, initiation("r0"))
	for range keptRouters + 3 {
		s.dial(t).Close()
	}
	var st State
	fake.Eventually(t, func() bool {
		st = s.State().(State)
		closed := 0
		for _, r := range st.Routers {
			if !r.Connected {
				closed++
			}
		}
		return s.count.lost.Load() == keptRouters+3 && closed == keptRouters && len(st.Routers) == keptRouters+1
	}, func() any { return fmt.Sprintf("%d shown", len(st.Routers)) })
	if r := st.Routers[0]; !r.Connected || r.SysName != "r0" {
		t.Errorf("the open connection is not the first: %+v", r)
	}
}
