package bgp

import "example.com/rotonda/routecore/inet"

// Origin is the value of ORIGIN (RFC 4271 §5.1.1).
type Origin uint8

// The origins.
const (
	OriginIGP        Origin = 0
	OriginEGP        Origin = 1
	OriginIncomplete Origin = 2
)

var originNames = [...]string{"Igp", "Egp", "Incomplete"}

// String returns the name that JSON shows.
func (o Origin) String() string {
	if int(o) >= len(originNames) {
		return "Unknown"
	}
	return originNames[o]
}

// Origin returns the ORIGIN.
func (a Attrs) Origin() (Origin, bool) {
	v, ok := a.Get(AttrOrigin)
	if !ok || len(v) != 1 {
		return 0, false
	}
	return Origin(v[0]), true
}

func checkOrigin(v []byte, _ Ctx) (Fault, int) {
	if v[0] > byte(OriginIncomplete) {
		return FaultOrigin, 0
	}
	return FaultNone, 0
}

func jsonOrigin(dst, v []byte, _ inet.Family) []byte {
	return append(append(append(dst, '"'), Origin(v[0]).String()...), '"')
}
