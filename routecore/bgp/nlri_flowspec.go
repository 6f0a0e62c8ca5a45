package bgp

import (
	"net/netip"

	"example.com/rotonda/routecore/flowspec"
	"example.com/rotonda/routecore/inet"
)

// The row functions of FlowSpec (RFC 8955, RFC 8956): what stands in an NLRI is
// the matter of routecore/flowspec.

func sizeFlowSpec(_ inet.Family, b []byte) int { return flowspec.Size(b) }

// checkFlowSpec accepts components of unknown types: such a rule is kept and
// passed on, but not used.
func checkFlowSpec(f inet.Family, b []byte) int {
	if err := flowspec.Check(f, b); err != nil {
		return err.Offset
	}
	return -1
}

func textFlowSpec(dst []byte, f inet.Family, b []byte) []byte {
	r, _ := flowspec.Parse(f, b) // checkFlowSpec said yes
	dst, _ = r.AppendText(dst)
	return dst
}

func jsonFlowSpec(dst []byte, f inet.Family, b []byte) []byte {
	r, _ := flowspec.Parse(f, b) // checkFlowSpec said yes
	return r.AppendJSON(dst)
}

// keyFlowSpec is the rule with its length in the shorter form: both forms name
// the same rule.
func keyFlowSpec(dst []byte, _ inet.Family, b []byte) []byte {
	if len(b) >= 2 && b[0] == 0xf0 && b[1] < 0xf0 {
		b = b[1:]
	}
	return append(dst, b...)
}

// FlowRoute is what [flowspec.Validate] has to know about a route, the FlowSpec
// route itself or a unicast one, that came from a peer.
func (a Attrs) FlowRoute(peer netip.Addr, external bool) flowspec.Route {
	r := flowspec.Route{Originator: a.OriginatorID(), Local: true, External: external}
	if !r.Originator.IsValid() {
		r.Originator = peer
	}
	path := a.ASPath()
	r.NeighborAS, _ = path.Neighbour()
	for s := range path.Segments() {
		r.Local = r.Local && s.Type == ASConfedSequence
	}
	return r
}
