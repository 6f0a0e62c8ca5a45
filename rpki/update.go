package rpki

import (
	"fmt"
	"net/netip"

	"example.com/rotonda/routecore/inet"
)

// VRPUpdate is a VRP that came or went.
type VRPUpdate struct {
	VRP       VRP
	Withdrawn bool
}

// Updates returns what is different in now from before, in the order of
// [Snapshot.Changes]. Either may be nil.
func Updates(before, now *Snapshot) []VRPUpdate {
	var list []VRPUpdate
	for v, added := range now.Changes(before) {
		list = append(list, VRPUpdate{VRP: v, Withdrawn: !added})
	}
	return list
}

// String is the line that scripts print: "announce VRP 192.0.2.0/24-24 from AS64500".
func (u *VRPUpdate) String() string {
	verb := "announce"
	if u.Withdrawn {
		verb = "withdraw"
	}
	return fmt.Sprintf("%s VRP %s-%d from %s", verb, u.VRP.Prefix, u.VRP.MaxLen, u.VRP.ASN)
}

// StatusUpdate is a route that was validated again, because a VRP changed that
// covers it. The status may be the same as before.
type StatusUpdate struct {
	Prefix           netip.Prefix
	Origin, PeerASN  inet.ASN
	Previous, Status Status
}

// String is the line that scripts print:
// "[NotFound] -> [Invalid] 192.0.2.0/24 originated by AS64500, learned from AS64501".
func (u *StatusUpdate) String() string {
	return fmt.Sprintf("[%s] -> [%s] %s originated by %s, learned from %s", u.Previous.Title(), u.Status.Title(), u.Prefix, u.Origin, u.PeerASN)
}
