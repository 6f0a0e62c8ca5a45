package bgp

import "example.com/rotonda/routecore/inet"

// Action is what RFC 7606 §2 demands for an UPDATE; the strongest wins.
type Action uint8

// The actions, weakest first.
const (
	Accept           Action = iota
	DiscardAttribute        // some attributes are as if they had not been sent
	TreatAsWithdraw         // all announced routes count as withdrawn
	Reset                   // the session has to end with a NOTIFICATION
)

var actionNames = [...]string{"accept", "discard", "withdraw", "reset"}

// String returns the word that decode --json prints.
func (a Action) String() string {
	if int(a) >= len(actionNames) {
		return "unknown"
	}
	return actionNames[a]
}

// Verdict is the parser's judgement of an UPDATE. The zero value accepts. It
// describes the first fault among the gravest.
type Verdict struct {
	Action  Action
	Code    uint8  // NOTIFICATION code; 0 when accepting
	Subcode uint8  // NOTIFICATION subcode
	Attr    uint8  // type code of the attribute at fault, 0 where it is another field
	Fault   Fault  // what is wrong; gives Text and RFC
	Beside  Action // what the rest of the UPDATE deserves where only DisableFamily goes
	Offset  uint16 // octets from the start of the UPDATE's body

	// DisableFamily is the scope of a Reset: where it is not zero, all that is wrong
	// lies in the routes of this family, and a transport that can give up one family
	// may do that instead of ending the session (RFC 7606 §2, "AFI/SAFI disable").
	DisableFamily inet.Family
}

// Text says what is wrong, "" when accepting.
func (v Verdict) Text() string {
	if v.Fault == FaultNone {
		return ""
	}
	if v.Attr != 0 {
		return AttrCode(v.Attr).String() + ": " + v.Fault.info().text
	}
	return v.Fault.info().text
}

// RFC names the section that is broken, "" when accepting.
func (v Verdict) RFC() string {
	info := v.Fault.info()
	if info.rfc != "" || v.Attr == 0 {
		return info.rfc
	}
	return attrTable[v.Attr].Policy.RFC
}

// Err returns the verdict as a protocol error if the session has to end, else nil.
func (v Verdict) Err() error {
	if v.Action != Reset {
		return nil
	}
	return &Error{Code: v.Code, Subcode: v.Subcode, Offset: int(v.Offset), RFC: v.RFC(), Text: v.Text()}
}

// Notification is what the peer is told about an UPDATE whose verdict is Reset, with
// the data that RFC 4271 §6.3 asks for: the attribute at fault as it came, or the code
// of the one that is missing. It owns its data.
func (u *Update) Notification() Notification {
	v := u.Verdict
	n := Notification{Code: v.Code, Subcode: v.Subcode}
	switch v.Subcode {
	case UpdateMissingAttr:
		n.Data = []byte{v.Attr}
	case UpdateUnknownAttr, UpdateAttrFlags, UpdateAttrLength, UpdateOrigin, UpdateNextHop, UpdateOptAttr:
		n.Data = append(n.Data, u.attrAround(int(v.Offset))...)
	}
	return n
}

// attrAround returns the octets of the attribute that holds an offset of the body,
// nil where there is no whole one.
func (u *Update) attrAround(offset int) []byte {
	b := u.bytes(u.attrs)
	for at := int(u.attrs.off); len(b) > 0; {
		_, _, _, size := cutAttr(b)
		if size == 0 || at > offset {
			break
		}
		if offset < at+size {
			return b[:size]
		}
		at, b = at+size, b[size:]
	}
	return nil
}

// Fault is a way in which an UPDATE can be wrong.
type Fault uint8

// The faults.
const (
	FaultNone             Fault = iota
	FaultTotalLength            // section lengths do not fit the message
	FaultAttrOverrun            // an attribute runs past the attribute section
	FaultAttrHeader             // too few octets for an attribute header
	FaultFlags                  // optional, transitive or partial bit wrong
	FaultLength                 // length of a value
	FaultOrigin                 // ORIGIN out of range
	FaultValue                  // value out of range
	FaultSegment                // AS_PATH segment type, count or overrun
	FaultConfedSegment          // confederation segment from outside the confederation
	FaultASZero                 // AS 0 where a network is named
	FaultExternal               // attribute for internal sessions on an external one
	FaultOldASN                 // AS4_* from a speaker with 4-octet AS numbers
	FaultUnknownWellKnown       // well-known attribute that does not exist
	FaultDuplicate              // MP_REACH_NLRI or MP_UNREACH_NLRI twice
	FaultMissingOrigin
	FaultMissingASPath
	FaultMissingNextHop
	FaultNextHop        // next hop length does not go with the family
	FaultNLRI           // NLRI length or overrun in the classic fields
	FaultMPNLRI         // the same inside MP_REACH_NLRI or MP_UNREACH_NLRI
	FaultTLV            // TLV inside the value runs past its end
	FaultBothPaths      // BGPsec_PATH together with AS_PATH
	FaultService        // SRv6 service TLV whose inside is broken
	FaultLinkState      // BGP-LS NLRI whose inside is broken
	FaultInside         // NLRI of another family whose inside is broken
	FaultZeroAggregator // AS 0 as the aggregator
	FaultEmpty          // no octets where the attribute must have some
)

type faultInfo struct {
	subcode uint8
	text    string
	rfc     string // "" means that of the attribute's policy
}

var faults = [...]faultInfo{
	FaultNone:             {},
	FaultTotalLength:      {UpdateAttrList, "section lengths do not fit the message", "RFC 4271 §6.3"},
	FaultAttrOverrun:      {UpdateAttrLength, "runs past the end of the attributes", "RFC 7606 §4"},
	FaultAttrHeader:       {UpdateAttrLength, "too few octets left for an attribute header", "RFC 7606 §4"},
	FaultFlags:            {UpdateAttrFlags, "flags conflict with the definition", "RFC 7606 §3(c)"},
	FaultLength:           {UpdateAttrLength, "wrong length", ""},
	FaultOrigin:           {UpdateOrigin, "undefined value", "RFC 7606 §7.1"},
	FaultValue:            {UpdateOptAttr, "undefined value", ""},
	FaultSegment:          {UpdateASPath, "malformed segment", ""},
	FaultConfedSegment:    {UpdateASPath, "confederation segment from outside the confederation", "RFC 5065 §5"},
	FaultASZero:           {UpdateASPath, "contains AS 0", "RFC 7607 §2"},
	FaultExternal:         {UpdateOptAttr, "not meant for external sessions", ""},
	FaultOldASN:           {UpdateOptAttr, "sent by a speaker that has 4-octet AS numbers", "RFC 6793 §4.1"},
	FaultUnknownWellKnown: {UpdateUnknownAttr, "unknown well-known attribute", "RFC 4271 §6.3"},
	FaultDuplicate:        {UpdateAttrList, "appears twice", "RFC 7606 §3(g)"},
	FaultMissingOrigin:    {UpdateMissingAttr, "missing", "RFC 7606 §3(d)"},
	FaultMissingASPath:    {UpdateMissingAttr, "missing", "RFC 7606 §3(d)"},
	FaultMissingNextHop:   {UpdateMissingAttr, "missing", "RFC 7606 §3(d)"},
	FaultNextHop:          {UpdateOptAttr, "next hop length does not go with the family", "RFC 7606 §7.11"},
	FaultNLRI:             {UpdateNetwork, "malformed prefix", "RFC 7606 §5.3"},
	FaultMPNLRI:           {UpdateOptAttr, "malformed NLRI", "RFC 7606 §5.3"},
	FaultTLV:              {UpdateOptAttr, "TLV runs past the end", ""},
	FaultBothPaths:        {UpdateAttrList, "present together with AS_PATH", "RFC 8205 §3"},
	FaultService:          {UpdateOptAttr, "malformed SRv6 service", "RFC 9252 §7"},
	FaultLinkState:        {UpdateOptAttr, "malformed BGP-LS NLRI", "RFC 9552 §8.2.2"},
	FaultInside:           {UpdateOptAttr, "malformed inside an NLRI", "RFC 7606 §2"},
	FaultZeroAggregator:   {UpdateOptAttr, "names AS 0", "RFC 7607 §2"},
	FaultEmpty:            {UpdateAttrLength, "empty", "RFC 7606 §4"},
}

func (f Fault) info() faultInfo {
	if int(f) >= len(faults) {
		return faultInfo{}
	}
	return faults[f]
}
