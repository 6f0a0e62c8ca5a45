package rib

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/rpki"
	"example.com/rotonda/unit"
)

// hooked is a graph with a script that notes what it is told and rejects VRPs
// of AS 9.
type hooked struct {
	*fakeEnv
	said []string
	idle bool
}

func (h *hooked) Hook(string) unit.Hook { return h }
func (h *hooked) Idle() bool            { return h.idle }

func (h *hooked) Judge(_ *unit.Batch, peer unit.Peer, msg any, _ int64) bool {
	switch msg := msg.(type) {
	case *rpki.VRPUpdate:
		h.said = append(h.said, msg.String())
		return msg.VRP.ASN != 9
	case *rpki.StatusUpdate:
		h.said = append(h.said, fmt.Sprintf("%d: %s", peer.Ingress, msg))
	}
	return true
}

// originated is the attributes of a route of an AS.
func originated(as byte) bgp.Attrs {
	a := bgp.Attrs(bgp.AppendSet(nil, nil, bgp.AttrOrigin, []byte{0}))
	return bgp.Attrs(bgp.AppendSet(nil, a, bgp.AttrASPath, []byte{2, 1, 0, 0, 0, as}))
}

// TestRoutesAreValidatedAgain: each route inside the VRPs that the script does
// not reject is told once, with its status before and after.
func TestRoutesAreValidatedAgain(t *testing.T) {
	env := &hooked{fakeEnv: newEnv("rib", newSharing())}
	r := open(t, Config{}, env)
	peer := unit.Peer{Ingress: 3, Session: 1}
	b := new(unit.Batch)
	b.Add(&unit.PeerUp{Peer: peer})
	add := func(f inet.Family, as byte, prefixes ...string) {
		var nlri []byte
		for _, p := range prefixes {
			nlri = bgp.AppendNLRI(nlri, netip.MustParsePrefix(p), 0, false)
		}
		b.Announce(peer, f, false, nlri, originated(as), 1)
	}
	add(inet.IPv4Unicast, 1, "192.0.2.0/24", "192.0.2.128/25", "198.51.100.0/24")
	add(inet.IPv4Multicast, 1, "192.0.2.0/24")
	add(inet.IPv6Unicast, 1, "2001:db8::/32", "2001:db9::/32")
	if err := r.Handle(ctx, b); err != nil {
		t.Fatal(err)
	}
	table := new(rpki.Table)
	vrp := func(prefix string, most uint8, as inet.ASN) rpki.VRP {
		return rpki.VRP{Prefix: netip.MustParsePrefix(prefix), MaxLen: most, ASN: as}
	}
	change := func(vrps ...rpki.VRP) []string {
		t.Helper()
		own, before := table.Source("t"), table.Snapshot()
		table.Replace("t", vrps)
		ev := &unit.VRPs{Source: "t", Before: before, After: table.Snapshot()}
		if own != nil {
			ev.Changes = rpki.Updates(own, table.Source("t"))
		}
		env.said, env.queue = nil, nil
		if err := r.Handle(ctx, &unit.Batch{Events: []unit.Event{ev}}); err != nil {
			t.Fatal(err)
		}
		if len(env.queue) != 1 || len(env.queue[0].Events) != 1 {
			t.Error("the event was not passed on")
		}
		return env.said
	}
	far := vrp("203.0.113.0/24", 24, 7)
	for _, step := range []struct {
		vrps []rpki.VRP
		want []string
	}{
		{[]rpki.VRP{far}, nil}, // the first synchronisation
		{[]rpki.VRP{far, vrp("192.0.2.0/24", 24, 1), vrp("192.0.2.128/25", 25, 2)}, []string{
			"announce VRP 192.0.2.0/24-24 from AS1", "announce VRP 192.0.2.128/25-25 from AS2",
			"3: [NotFound] -> [Valid] 192.0.2.0/24 originated by AS1, learned from AS0",
			"3: [NotFound] -> [Invalid] 192.0.2.128/25 originated by AS1, learned from AS0",
		}},
		{[]rpki.VRP{far, vrp("192.0.2.0/24", 24, 1), vrp("2001:db8::/32", 32, 9)}, []string{
			"withdraw VRP 192.0.2.128/25-25 from AS2", "announce VRP 2001:db8::/32-32 from AS9", // rejected
			"3: [Invalid] -> [Invalid] 192.0.2.128/25 originated by AS1, learned from AS0",
		}},
	} {
		if diff := cmp.Diff(step.want, change(step.vrps...)); diff != "" {
			t.Error(diff)
		}
	}
	env.idle = true
	if diff := cmp.Diff([]string{"withdraw VRP 192.0.2.0/24-24 from AS1", "withdraw VRP 2001:db8::/32-32 from AS9"}, change(far)); diff != "" {
		t.Error(diff)
	}
}
