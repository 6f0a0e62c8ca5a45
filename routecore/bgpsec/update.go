package bgpsec

import (
	"net/netip"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// FromUpdate takes path and route out of an UPDATE that bgp has accepted. The route
// must be the only one, stand in MP_REACH_NLRI, IPv4 too, be of SAFI 1, and come
// without AS_PATH (RFC 8205 §3, §4.1). ok is false, without an error, for an UPDATE that is
// not signed. Errors are [*Error]; signatures alias the UPDATE.
func FromUpdate(u *bgp.Update) (p Path, r Route, ok bool, err error) {
	v, ok := u.Get(bgp.AttrBGPsecPath)
	if !ok {
		return Path{}, Route{}, false, nil
	}
	if _, both := u.Get(bgp.AttrASPath); both {
		return Path{}, Route{}, true, &Error{-1, "RFC 8205 §3", "AS_PATH beside BGPsec_Path"}
	}
	n, has := u.MPReach()
	if !has || n.Family != inet.IPv4Unicast && n.Family != inet.IPv6Unicast || n.Len() != 1 || len(u.Announced().Bytes) > 0 {
		return Path{}, Route{}, true, &Error{-1, "RFC 8205 §4.1", "want one unicast route, in MP_REACH_NLRI"}
	}
	r.Family = n.Family
	for _, r.Prefix = range n.Prefixes() {
	}
	if p, err = ParsePath(v); err == nil && r.Prefix == (netip.Prefix{}) {
		err = &Error{-1, "RFC 8205 §4.1", "the prefix cannot be read"}
	}
	return p, r, true, err
}
