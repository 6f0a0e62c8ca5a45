// Package ingress names who routes come from: every BGP session, BMP router,
// monitored peer, MRT file and RTR cache has an id, which is half of the key
// that a route is stored under.
//
// The [Register] finds or makes the id of a [Key] and leases it to one session
// at a time, in one step: two sessions can never hold the same id. An id is
// never given to another key, not even after a restart, because the register
// is saved in a file beside the store (docs/formats/ingress.md).
//
// It does not know protocols and holds no routes. Ids are made when a peer has
// said who it is (a BGP OPEN, a BMP per-peer header), never when a connection
// is accepted, so that a port scan leaves nothing behind; that is up to the
// caller. Start reading at [Register.Lease].
package ingress

import (
	"net/netip"
	"time"

	"example.com/rotonda/routecore/inet"
)

// ID identifies an ingress. 0 is none; numbers start at 1.
type ID uint32

// Session counts the leases of an id, from 1. Events carry it so that those
// of an earlier session can be told from those of its successor.
type Session uint32

// View is the table of a router that routes were seen in.
type View uint8

// The views of RFC 7854 §2, RFC 8671 and RFC 9069.
const (
	ViewNone View = iota
	InPre         // what a peer sent, before policy
	InPost        // what of it the policy let through
	Loc           // what the router chose
	OutPre        // what it would announce, before policy
	OutPost       // what it announces
)

var viewNames = [...]string{"", "inPre", "inPost", "loc", "outPre", "outPost"}

// String returns the name used in JSON, empty for none.
func (v View) String() string {
	if int(v) < len(viewNames) {
		return viewNames[v]
	}
	return ""
}

// RIBType returns upstream's coarser name: AdjRibIn, LocRib or AdjRibOut.
func (v View) RIBType() string {
	switch v {
	case InPre, InPost:
		return "AdjRibIn"
	case Loc:
		return "LocRib"
	case OutPre, OutPost:
		return "AdjRibOut"
	}
	return ""
}

// ParseView reads the name of a view; false where it is none of them.
func ParseView(s string) (View, bool) {
	for i, name := range viewNames {
		if name == s && s != "" {
			return View(i), true
		}
	}
	return ViewNone, false
}

// Kind is the kind of an ingress.
type Kind uint8

// The kinds of ingresses.
const (
	KindNone     Kind = iota
	KindBMP           // a router that speaks BMP
	KindBGPInBMP      // a peer of such a router, in one view
	KindBGP           // a BGP session
	KindMRT           // a file, or a peer in it
	KindRTR           // an RPKI cache
	KindBGPOut        // a BGP session that only receives from us
)

var kindNames = [...]string{"", "bmp", "bgpViaBmp", "bgp", "mrt", "rtr", "bgpOut"}

// String returns the name used in JSON, empty for none.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return ""
}

// ParseKind reads the name of a kind; false where it is none of them.
func ParseKind(s string) (Kind, bool) {
	for i, name := range kindNames {
		if name == s && s != "" {
			return Kind(i), true
		}
	}
	return KindNone, false
}

// State tells whether a session is up.
type State uint8

// The states of an ingress.
const (
	Disconnected State = iota
	Connected
	NonNetwork // a file
)

var stateNames = [...]string{"Disconnected", "Connected", "NonNetwork"}

// String returns the name used in JSON.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "Disconnected"
}

// Key is what makes an ingress the same one after a reconnect or a restart.
// Fields that do not apply are zero. Keys are compared as a whole.
type Key struct {
	Unit     string // name of the unit in the configuration
	Kind     Kind
	Parent   ID         // the router of a peer, the file of an MRT peer
	Addr     netip.Addr // of the other side, with its zone
	ASN      inet.ASN   // of the other side
	RD       [8]byte    // distinguisher of a BMP peer (RFC 7854 §4.2)
	VRF      string     // VRF or table name (RFC 9069 §5.3)
	View     View
	Name     string // sysName of a router, name of a file
	PeerType uint8  // of a BMP peer (RFC 7854 §4.2)
}

// Info describes an ingress at one moment. Once published it never changes;
// who wants to change it uses [Lease.Update].
type Info struct {
	ID ID
	Key
	State      State
	Session    Session // of the last lease
	Desc       string  // sysDescr of a router, configured name of a peer
	Filename   string  // of an MRT file
	LocalASN   inet.ASN
	LocalAddr  netip.Addr
	Port       uint16    // of the other side
	LocalCaps  []byte    // capabilities of the OPEN we sent, as on the wire
	RemoteCaps []byte    // capabilities of the OPEN received
	Since      time.Time // of the last change of State
	Seen       time.Time // of the last lease or release: age counts from here
}
