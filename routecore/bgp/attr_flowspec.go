package bgp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"
	"net/netip"

	"example.com/rotonda/routecore/inet"
)

// FlowActionKind is what a FlowSpec route asks for.
type FlowActionKind uint8

// The actions of RFC 8955 §7, RFC 8956 §6 and the drafts that vendors deploy.
const (
	FlowRateBytes       FlowActionKind = iota + 1 // Rate in octets per second; 0 discards
	FlowRatePackets                               // Rate in packets per second; 0 discards
	FlowControl                                   // Continue, Sample
	FlowRedirect                                  // to the VRF that imports Target
	FlowRedirectIPv6                              // to the VRF that imports Target6
	FlowMark                                      // DSCP
	FlowRedirectNextHop                           // to the next hop of the route (draft-simpson-idr-flowspec-redirect); Copy
	FlowRedirectIP                                // to Addr (draft-ietf-idr-flowspec-redirect-ip); Copy
	FlowInterfaceSet                              // only on the interfaces of Group (draft-ietf-idr-flowspec-interfaceset)
)

// FlowAction is an action in typed form. It is comparable. Only the fields that
// its kind names count; [FlowAction.ExtCommunity] gives the octets, the text and
// the JSON of it.
type FlowAction struct {
	Kind     FlowActionKind
	Rate     float32          // not negative, finite
	ASN      inet.ASN         // informative in rates (two octets), the owner of an interface set
	Continue bool             // go on with later rules: the bit T, which RFC 8955 §7.3 calls terminal action
	Sample   bool             // sample and log
	Copy     bool             // redirect a copy, let the packet itself go on
	DSCP     uint8            // 0 to 63
	Target   ExtCommunity     // a route target
	Target6  IPv6ExtCommunity // a route target with an IPv6 address
	Addr     netip.Addr       // IPv4 or IPv6
	Group    uint16           // 0 to 16383
	In, Out  bool             // the directions of an interface set
	Local    bool             // an interface set that is not for other ASes
}

// redirectBit makes the type of a redirect from that of the route target in it.
const redirectBit = 0x80

// FlowAction returns the action that e stands for. What was sent is read as RFC
// 8955 §7 says: a rate that is negative, infinite or no number is 0.
func (e ExtCommunity) FlowAction() (FlowAction, bool) {
	v := e.value()
	switch [2]byte(e[:2]) {
	case [2]byte{0x80, 0x06}, [2]byte{0x80, 0x0c}:
		a := FlowAction{Kind: FlowRateBytes, ASN: inet.ASN(binary.BigEndian.Uint16(e[2:])), Rate: flowRate(uint32(v))}
		if e[1] == 0x0c {
			a.Kind = FlowRatePackets
		}
		return a, true
	case [2]byte{0x80, 0x07}:
		return FlowAction{Kind: FlowControl, Continue: v&1 != 0, Sample: v&2 != 0}, true
	case [2]byte{0x80, 0x08}, [2]byte{0x81, 0x08}, [2]byte{0x82, 0x08}:
		target := e
		target[0], target[1] = e[0]&^redirectBit, extRouteTarget
		return FlowAction{Kind: FlowRedirect, Target: target}, true
	case [2]byte{0x80, 0x09}:
		return FlowAction{Kind: FlowMark, DSCP: e[7] & 0x3f}, true
	case [2]byte{0x08, 0x00}:
		return FlowAction{Kind: FlowRedirectNextHop, Copy: v&1 != 0}, true
	case [2]byte{0x01, 0x0c}:
		return FlowAction{Kind: FlowRedirectIP, Addr: netip.AddrFrom4([4]byte(e[2:6])), Copy: v&1 != 0}, true
	case [2]byte{0x07, 0x02}, [2]byte{0x47, 0x02}:
		return FlowAction{Kind: FlowInterfaceSet, ASN: inet.ASN(binary.BigEndian.Uint32(e[2:])), Group: uint16(v & 0x3fff),
			In: v&0x4000 != 0, Out: v&0x8000 != 0, Local: !e.Transitive()}, true
	}
	return FlowAction{}, false
}

func flowRate(bits uint32) float32 {
	r := math.Float32frombits(bits)
	if !(r > 0) || math.IsInf(float64(r), 0) {
		return 0
	}
	return r
}

// FlowAction returns the action that e stands for.
func (e IPv6ExtCommunity) FlowAction() (FlowAction, bool) {
	switch [2]byte(e[:2]) {
	case [2]byte{0x00, 0x0c}:
		return FlowAction{Kind: FlowRedirectIP, Addr: e.Addr(), Copy: e.Number()&1 != 0}, true
	case [2]byte{0x00, 0x0d}:
		target := e
		target[1] = extRouteTarget
		return FlowAction{Kind: FlowRedirectIPv6, Target6: target}, true
	}
	return FlowAction{}, false
}

var (
	errFlowRate  = errors.New("flow action: a rate is a finite number from 0 up (RFC 8955 §7.1)")
	errFlowAS    = errors.New("flow action: a rate has an AS number of two octets (RFC 8955 §7.1)")
	errFlowDSCP  = errors.New("flow action: DSCP goes from 0 to 63 (RFC 8955 §7.5)")
	errFlowRT    = errors.New("flow action: a redirect needs a route target (RFC 8955 §7.4)")
	errFlowGroup = errors.New("flow action: an interface set has a group up to 16383 (draft-ietf-idr-flowspec-interfaceset)")
)

// ExtCommunity returns the action as an extended community. It fails where a
// field is out of range, and for the kinds that need an [IPv6ExtCommunity].
func (a FlowAction) ExtCommunity() (ExtCommunity, error) {
	var e ExtCommunity
	switch a.Kind {
	case FlowRateBytes, FlowRatePackets:
		if !(a.Rate >= 0) || math.IsInf(float64(a.Rate), 0) {
			return e, errFlowRate
		}
		if a.ASN > 65535 {
			return e, errFlowAS
		}
		e = ExtCommunity{0x80, 0x06}
		if a.Kind == FlowRatePackets {
			e[1] = 0x0c
		}
		binary.BigEndian.PutUint16(e[2:], uint16(a.ASN))
		binary.BigEndian.PutUint32(e[4:], math.Float32bits(a.Rate))
		return e, nil
	case FlowControl:
		return ExtCommunity{0x80, 0x07, 7: bit(a.Continue, 1) | bit(a.Sample, 2)}, nil
	case FlowRedirect:
		if a.Target[0] > 2 || a.Target[1] != extRouteTarget {
			return e, errFlowRT
		}
		e = a.Target
		e[0], e[1] = e[0]|redirectBit, 0x08
		return e, nil
	case FlowMark:
		if a.DSCP > 63 {
			return e, errFlowDSCP
		}
		return ExtCommunity{0x80, 0x09, 7: a.DSCP}, nil
	case FlowRedirectNextHop:
		return ExtCommunity{0x08, 0x00, 7: bit(a.Copy, 1)}, nil
	case FlowRedirectIP:
		if a.Addr.Is4() {
			ip := a.Addr.As4()
			return ExtCommunity{0x01, 0x0c, ip[0], ip[1], ip[2], ip[3], 0, bit(a.Copy, 1)}, nil
		}
	case FlowInterfaceSet:
		if a.Group > 0x3fff {
			return e, errFlowGroup
		}
		e = ExtCommunity{0x07 | bit(a.Local, extTransitiveMask), 0x02}
		binary.BigEndian.PutUint32(e[2:], uint32(a.ASN))
		binary.BigEndian.PutUint16(e[6:], a.Group)
		e[6] |= bit(a.In, 0x40) | bit(a.Out, 0x80)
		return e, nil
	}
	return e, fmt.Errorf("flow action: kind %d is not an extended community", a.Kind)
}

func bit(on bool, b byte) byte {
	if on {
		return b
	}
	return 0
}

// IPv6ExtCommunity returns the action as an IPv6 extended community: a redirect
// to an IPv6 address or route target.
func (a FlowAction) IPv6ExtCommunity() (IPv6ExtCommunity, error) {
	switch {
	case a.Kind == FlowRedirectIP && a.Addr.Is6():
		return ipv6ExtRow{typ: 0, sub: 0x0c}.build(a.Addr, uint16(bit(a.Copy, 1))), nil
	case a.Kind == FlowRedirectIPv6:
		e := a.Target6
		if e[0] != 0 || e[1] != extRouteTarget {
			return IPv6ExtCommunity{}, errFlowRT
		}
		e[1] = 0x0d
		return e, nil
	}
	return IPv6ExtCommunity{}, fmt.Errorf("flow action: kind %d is not an IPv6 extended community", a.Kind)
}

// String prints the text of the extended community that stands for the action,
// and "" for one that cannot be sent.
func (a FlowAction) String() string {
	if e, err := a.ExtCommunity(); err == nil {
		return e.String()
	}
	if e, err := a.IPv6ExtCommunity(); err == nil {
		return e.String()
	}
	return ""
}

// ParseFlowAction reads the forms of String: an extended community or an IPv6
// extended community that is an action.
func ParseFlowAction(s string) (FlowAction, error) {
	if e, err := ParseExtCommunity(s); err == nil {
		if a, ok := e.FlowAction(); ok {
			return a, nil
		}
	}
	if e, err := ParseIPv6ExtCommunity(s); err == nil {
		if a, ok := e.FlowAction(); ok {
			return a, nil
		}
	}
	return FlowAction{}, fmt.Errorf("flow action %q: want rate-bytes:RATE, rate-packets:RATE, traffic-action:FLAGS, redirect:TARGET, mark:DSCP, redirect-next-hop, redirect-ip:ADDRESS or interface-set:ASN:GROUP:DIRECTION", s)
}

// AppendJSON appends the object of the extended community that stands for the
// action, and null for one that cannot be sent.
func (a FlowAction) AppendJSON(dst []byte) []byte {
	if e, err := a.ExtCommunity(); err == nil {
		return e.AppendJSON(dst)
	}
	if e, err := a.IPv6ExtCommunity(); err == nil {
		return e.AppendJSON(dst)
	}
	return append(dst, "null"...)
}

// ParseFlowActionJSON reads the form of AppendJSON. IPv6 communities are told by
// their address.
func ParseFlowActionJSON(b []byte) (FlowAction, error) {
	if e, err := ParseIPv6ExtCommunityJSON(b); err == nil {
		if a, ok := e.FlowAction(); ok {
			return a, nil
		}
	}
	e, err := ParseExtCommunityJSON(b)
	if err != nil {
		return FlowAction{}, err
	}
	if a, ok := e.FlowAction(); ok {
		return a, nil
	}
	return FlowAction{}, fmt.Errorf("flow action: %v is none", e)
}

// AllFlowActions yields every action of the route as it was sent: those of
// EXTENDED COMMUNITIES, then those of the IPv6 ones.
func (a Attrs) AllFlowActions() iter.Seq[FlowAction] {
	return func(yield func(FlowAction) bool) {
		for e := range a.ExtCommunities() {
			if act, ok := e.FlowAction(); ok && !yield(act) {
				return
			}
		}
		for e := range a.IPv6ExtCommunities() {
			if act, ok := e.FlowAction(); ok && !yield(act) {
				return
			}
		}
	}
}

// FlowActions returns the actions to take: the first of each kind, in the order
// they were sent, for RFC 8955 §7.7 leaves open which of several wins. Those that
// lose come back as conflicts; a repetition is none. Interface sets never
// conflict, and the two rates may stand together.
func (a Attrs) FlowActions() (actions, conflicts []FlowAction) {
	var first [FlowInterfaceSet + 1]FlowAction
	for act := range a.AllFlowActions() {
		slot := act.Kind
		switch slot {
		case FlowRedirectIPv6, FlowRedirectNextHop, FlowRedirectIP:
			slot = FlowRedirect // a packet goes one way
		}
		switch {
		case slot == FlowInterfaceSet:
			actions = append(actions, act)
		case first[slot].Kind == 0:
			first[slot] = act
			actions = append(actions, act)
		case first[slot] != act:
			conflicts = append(conflicts, act)
		}
	}
	return actions, conflicts
}
