package bgp

import "example.com/rotonda/routecore/inet"

// Subtypes of ROUTE-REFRESH (RFC 7313 §3.2).
const (
	RefreshRequest uint8 = 0
	RefreshBegin   uint8 = 1 // BoRR
	RefreshEnd     uint8 = 2 // EoRR
)

// RouteRefresh asks for the routes of a family again, or marks begin and end of
// the answer (RFC 2918, RFC 7313).
type RouteRefresh struct {
	Family  inet.Family
	Subtype uint8
	ORF     []byte // outbound route filter payload (RFC 5291 §4), undecoded; aliases the input
}

// ParseRouteRefresh reads the body. Subtypes 1 and 2 of any length but 4 are an
// error 7/1, whose data is the whole message. What an unknown subtype has behind
// the four octets is no error, since all of it is to be ignored (RFC 7313 §5).
func ParseRouteRefresh(body []byte) (RouteRefresh, error) {
	if len(body) < 4 || len(body) > 4 && (body[2] == RefreshBegin || body[2] == RefreshEnd) {
		return RouteRefresh{}, &Error{Code: CodeRouteRefresh, Subcode: 1,
			Data: endMessage(append(beginMessage(nil, MsgRouteRefresh), body...), 0),
			RFC:  "RFC 7313 §5", Text: "ROUTE-REFRESH of a wrong length"}
	}
	afi := inet.AFI(body[0])<<8 | inet.AFI(body[1])
	r := RouteRefresh{Family: inet.NewFamily(afi, inet.SAFI(body[3])), Subtype: body[2]}
	if len(body) > 4 {
		r.ORF = body[4:]
	}
	return r, nil
}

// Append appends the whole message.
func (r RouteRefresh) Append(dst []byte) []byte {
	from := len(dst)
	afi := r.Family.AFI()
	dst = append(beginMessage(dst, MsgRouteRefresh), byte(afi>>8), byte(afi), r.Subtype, byte(r.Family.SAFI()))
	return endMessage(append(dst, r.ORF...), from)
}
