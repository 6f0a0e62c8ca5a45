package bgp

import (
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// AttrCode is the type code of a path attribute (RFC 4271 §4.3).
type AttrCode uint8

// Path attributes by name; [AttrCode.Info] gives the row of each.
const (
	AttrOrigin           AttrCode = 1
	AttrASPath           AttrCode = 2
	AttrNextHop          AttrCode = 3
	AttrMED              AttrCode = 4
	AttrLocalPref        AttrCode = 5
	AttrAtomicAggregate  AttrCode = 6
	AttrAggregator       AttrCode = 7
	AttrCommunities      AttrCode = 8
	AttrOriginatorID     AttrCode = 9
	AttrClusterList      AttrCode = 10
	AttrMPReach          AttrCode = 14
	AttrMPUnreach        AttrCode = 15
	AttrExtCommunities   AttrCode = 16
	AttrAS4Path          AttrCode = 17
	AttrAS4Aggregator    AttrCode = 18
	AttrConnector        AttrCode = 20
	AttrASPathLimit      AttrCode = 21
	AttrPMSITunnel       AttrCode = 22
	AttrTunnelEncap      AttrCode = 23
	AttrIPv6ExtComm      AttrCode = 25
	AttrAIGP             AttrCode = 26
	AttrBGPLS            AttrCode = 29
	AttrLargeCommunities AttrCode = 32
	AttrBGPsecPath       AttrCode = 33
	AttrOTC              AttrCode = 35
	AttrPrefixSID        AttrCode = 40
	AttrSet              AttrCode = 128
	AttrReserved         AttrCode = 255
)

// AttrFlags are the flags of a path attribute. The low four bits are zero when
// sent and ignored when received.
type AttrFlags uint8

// The flags (RFC 4271 §4.3).
const (
	FlagOptional   AttrFlags = 0x80
	FlagTransitive AttrFlags = 0x40
	FlagPartial    AttrFlags = 0x20
	FlagExtended   AttrFlags = 0x10

	wellKnown        = FlagTransitive
	optNonTransitive = FlagOptional
	optTransitive    = FlagOptional | FlagTransitive
)

// Policy is the reaction to a malformed attribute on external and internal
// sessions, and where it is written.
type Policy struct {
	External, Internal Action
	RFC                string
}

// AttrInfo is a row of the table of path attributes, indexed by type code.
// Attributes that are only known by name have no check: they are kept as raw
// octets and passed on as RFC 4271 §5 says for unrecognised ones.
type AttrInfo struct {
	Name   string    // as in the RFCs: "AS_PATH"; "" where the code has none
	JSON   string    // key in JSON; "" prints as unimplemented
	Flags  AttrFlags // optional and transitive as defined
	RFC    string    // where it is defined
	Policy Policy

	internal bool  // dropped on external sessions
	length   int16 // positive: exact; negative: a multiple of its absolute value, not zero; 0: any
	check    func(v []byte, c Ctx) (Fault, int)
	json     func(dst []byte, v []byte, f inet.Family) []byte
}

// Info returns the row of the code.
func (c AttrCode) Info() AttrInfo { return attrTable[c] }

// String returns the name, or "attribute N".
func (c AttrCode) String() string {
	if name := attrTable[c].Name; name != "" {
		return name
	}
	return "attribute " + strconv.Itoa(int(c))
}

// Known reports whether the attribute is understood here, not only named.
func (c AttrCode) Known() bool { return attrTable[c].known() }

func (i *AttrInfo) known() bool { return i.Policy.RFC != "" }

// flagsFault tells whether the flags conflict with the definition. Partial is
// for optional transitive attributes only.
func (i *AttrInfo) flagsFault(f AttrFlags) bool {
	if f&(FlagOptional|FlagTransitive) != i.Flags {
		return true
	}
	return f&FlagPartial != 0 && i.Flags != optTransitive
}

// checkValue checks the syntax of a value; at is the offset of the fault in it.
func (i *AttrInfo) checkValue(v []byte, c Ctx) (fault Fault, at int) {
	switch {
	case i.length > 0:
		if len(v) != int(i.length) {
			return FaultLength, 0
		}
	case i.length < 0:
		if n := int(-i.length); len(v) == 0 || len(v)%n != 0 {
			return FaultLength, 0
		}
	}
	if i.check == nil {
		return FaultNone, 0
	}
	return i.check(v, c)
}

// action is the reaction to a fault in this attribute.
func (p Policy) action(c Ctx, code AttrCode) Action {
	if c.inside(code) {
		return p.Internal
	}
	return p.External
}

// inside tells whether attributes of internal sessions have a place on this one.
// LOCAL_PREF goes to other members of a confederation too (RFC 5065 §5), unlike
// what route reflectors write.
func (c Ctx) inside(code AttrCode) bool {
	return c.IBGP || c.Monitor || c.Confed && code == AttrLocalPref
}
