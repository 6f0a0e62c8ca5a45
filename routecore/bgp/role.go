package bgp

import "example.com/rotonda/routecore/inet"

// OTCAction is what Only to Customer demands for a route (RFC 9234 §5).
type OTCAction uint8

// The actions.
const (
	OTCKeep OTCAction = iota // nothing is to be done
	OTCAdd                   // the attribute has to be added
	OTCLeak                  // on the way in a leak, on the way out not to be sent
)

// otcApplies: the procedures are for IPv4 and IPv6 unicast alone (RFC 9234 §5).
func otcApplies(f inet.Family) bool { return f == inet.IPv4Unicast || f == inet.IPv6Unicast }

// OTCIngress judges a route from a peer with AS number remote by our own role on
// the session. Customers and RS-clients never send the attribute, a peer only with
// its own number; from providers, peers and route servers the route has to carry
// it afterwards, with their number.
func (r Role) OTCIngress(remote inet.ASN, f inet.Family, a Attrs) OTCAction {
	if !otcApplies(f) {
		return OTCKeep
	}
	otc, has := a.OTC()
	switch r {
	case RoleProvider, RoleRS:
		if has {
			return OTCLeak
		}
	case RolePeer:
		if has && otc != remote {
			return OTCLeak
		}
		if !has {
			return OTCAdd
		}
	case RoleCustomer, RoleRSClient:
		if !has {
			return OTCAdd
		}
	}
	return OTCKeep
}

// OTCEgress judges a route that is to be sent, by our own role on the session.
// With the attribute it goes to customers and RS-clients alone; without it, it is
// given our AS number for them and for peers.
func (r Role) OTCEgress(f inet.Family, a Attrs) OTCAction {
	if !otcApplies(f) {
		return OTCKeep
	}
	_, has := a.OTC()
	switch r {
	case RoleProvider, RoleRS:
		if !has {
			return OTCAdd
		}
	case RolePeer:
		if has {
			return OTCLeak
		}
		return OTCAdd
	case RoleCustomer, RoleRSClient:
		if has {
			return OTCLeak
		}
	}
	return OTCKeep
}
