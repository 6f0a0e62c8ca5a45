package fsm

import (
	"bytes"
	"encoding/binary"
	"slices"
	"time"

	"example.com/rotonda/routecore/bgp"
)

// classify turns a whole message into the event that it is in this state.
func (s *Session) classify(ev Event) Event {
	switch ev.Message.Type {
	case bgp.MsgUpdate:
		ev.Kind = UpdateMsg
	case bgp.MsgKeepalive:
		ev.Kind = KeepaliveMsg
	case bgp.MsgRouteRefresh:
		ev.Kind = RouteRefreshMsg
	case bgp.MsgNotification:
		ev.Kind = NotifMsg
		ev.Note, _ = bgp.ParseNotification(ev.Message.Body())
		ev.Note.Data = slices.Clone(ev.Note.Data)
		if ev.Note.Code == bgp.CodeOpen && ev.Note.Subcode == bgp.OpenVersion {
			ev.Kind = NotifVersionErr
		}
	case bgp.MsgOpen:
		return s.classifyOpen(ev)
	default:
		ev.Kind = HeaderErr
		ev.Note = bgp.Notification{Code: bgp.CodeHeader, Subcode: 3, Data: []byte{byte(ev.Message.Type)}}
	}
	return ev
}

// classifyOpen reads an OPEN where one is awaited. Elsewhere an OPEN is wrong
// whatever stands in it.
func (s *Session) classifyOpen(ev Event) Event {
	ev.Kind = OpenMsg
	awaited := s.state == OpenSent
	switch s.cfg.Channel {
	case Receiver:
		awaited = s.state == Active
	case Whole, Control:
		awaited = awaited || (s.state == Connect || s.state == Active) && !s.due[delayOpen].IsZero()
	}
	if !awaited {
		return ev
	}
	raw := slices.Clone(ev.Message.Raw)
	open, err := bgp.ParseOpen(bgp.Message{Type: bgp.MsgOpen, Raw: raw}.Body())
	if err == nil || open.Version != bgp.Version {
		err = s.checkOpen(open)
	}
	if err != nil {
		ev.Kind, ev.Note = OpenMsgErr, bgp.Notification{Code: bgp.CodeOpen}
		if e, ok := err.(*bgp.Error); ok {
			ev.Note = e.Notification()
		}
		return ev
	}
	s.remote, s.raw = open, raw
	if s.state != OpenSent && s.cfg.Channel != Receiver {
		ev.Kind = OpenMsgDelayed
	}
	return ev
}

// checkOpen adds to the OPEN's own checks what only one who knows both ends can
// judge (RFC 4271 §6.2).
func (s *Session) checkOpen(o bgp.Open) error {
	if err := o.Validate(); err != nil {
		return err
	}
	as := o.ASN()
	switch {
	case len(s.cfg.PeerAS) > 0 && !slices.Contains(s.cfg.PeerAS, as):
		return &bgp.Error{Code: bgp.CodeOpen, Subcode: bgp.OpenPeerAS, Offset: 1, RFC: "RFC 4271 §6.2", Text: as.String() + " is not the AS that was configured"}
	case as == s.local.ASN() && o.ID == s.local.ID:
		return &bgp.Error{Code: bgp.CodeOpen, Subcode: bgp.OpenIdentifier, Offset: 5, RFC: "RFC 6286 §2.2", Text: "the peer has our AS number and our identifier"}
	}
	if err := s.checkRole(o); err != nil {
		return err
	}
	return s.checkChannel(o)
}

// complements gives the role that the other end must have (RFC 9234 §4.2).
var complements = map[bgp.Role]bgp.Role{
	bgp.RoleProvider: bgp.RoleCustomer, bgp.RoleCustomer: bgp.RoleProvider,
	bgp.RoleRS: bgp.RoleRSClient, bgp.RoleRSClient: bgp.RoleRS, bgp.RolePeer: bgp.RolePeer,
}

// checkRole finds a peer whose role does not go with ours. Inside one AS roles
// mean nothing.
func (s *Session) checkRole(o bgp.Open) error {
	ours, we := s.local.Role()
	theirs, they := o.Role()
	mismatch := ""
	switch {
	case !we || o.ASN() == s.local.ASN():
	case !they && s.cfg.StrictRole:
		mismatch = "the peer announces no role"
	case they && complements[ours] != theirs:
		mismatch = "the peer's role is " + theirs.String() + ", ours " + ours.String()
	}
	if mismatch == "" {
		return nil
	}
	return &bgp.Error{Code: bgp.CodeOpen, Subcode: bgp.OpenRoleMismatch, Offset: 10, RFC: "RFC 9234 §4.2", Text: mismatch}
}

// negotiate works out what both OPENs together mean.
func (s *Session) negotiate() *Negotiated {
	n := &Negotiated{Local: s.local, Remote: s.remote, LocalMessage: s.local.Append(nil), RemoteMessage: s.raw}
	n.Recv, n.Send = bgp.Negotiate(ofChannel(s.cfg.Channel, n.Local), ofChannel(s.cfg.Channel, n.Remote))
	if s.cfg.Channel == Control {
		n.Recv.Families, n.Send.Families = 0, 0
	}
	n.Hold = time.Duration(min(n.Local.HoldTime, n.Remote.HoldTime)) * time.Second
	n.Keepalive = n.Hold / 3
	switch n.SendHold = s.cfg.SendHold; {
	case n.Hold == 0:
		n.SendHold = 0
	case n.SendHold <= n.Hold: // also where it is not configured; RFC 9687 §4.4 wants it longer
		n.SendHold = max(MinSendHold, 2*n.Hold)
	}
	ours, we := n.Local.GracefulRestart()
	theirs, they := n.Remote.GracefulRestart()
	if we && they {
		n.RetainOnFail = theirs.Families != 0
		n.RetainOnNotify = n.RetainOnFail && ours.Notification && theirs.Notification
	} else if p := s.cfg.Parent; p != nil {
		n.RetainOnFail, n.RetainOnNotify = p.RetainOnFail, p.RetainOnNotify // said once, on the control channel
	}
	return n
}

// notifies tells whether both ends set the N bit, here or on the control channel.
func (n *Negotiated) notifies(parent *Negotiated) bool {
	ours, we := n.Local.GracefulRestart()
	theirs, they := n.Remote.GracefulRestart()
	if parent != nil && !(we && they) {
		return parent.notifies(nil)
	}
	return ours.Notification && theirs.Notification
}

// keep tells whether the peer's routes outlive the session: RFC 4724 §4.2 for a
// connection that broke, RFC 8538 §4 for a NOTIFICATION other than Hard Reset
// and for the hold timer.
func (s *Session) keep(why *Reason) bool {
	switch why.Event {
	case ManualStop, AutomaticStop, CollisionDump:
		return false
	case TCPFails, SendHoldExpires, StreamClosed:
		return s.agreed.RetainOnFail
	}
	for _, n := range []*bgp.Notification{why.Sent, why.Received} {
		if n != nil && n.Code == bgp.CodeCease && n.Subcode == bgp.CeaseHardReset {
			return false
		}
	}
	return s.agreed.RetainOnNotify
}

// concede leaves out of the next OPEN what a peer said it cannot bear: the
// capabilities that it sends back (RFC 5492 §5), or all where it knows no optional
// parameters (RFC 5492 §3). One with another value is a capability that the peer
// misses in us, and no reason to offer less.
func (s *Session) concede(note bgp.Notification) {
	if note.Code != bgp.CodeOpen {
		return
	}
	switch note.Subcode {
	case bgp.OpenParameter:
		s.local.Caps = nil
	case bgp.OpenCapability:
		refused, _ := bgp.ParseCapabilities(note.Data)
		s.local.Caps = slices.DeleteFunc(slices.Clone(s.local.Caps), func(c bgp.Capability) bool {
			return slices.ContainsFunc(refused, func(r bgp.Capability) bool {
				return r.Code == c.Code && bytes.Equal(r.Value, c.Value)
			})
		})
	}
}

// complaint is the NOTIFICATION for an event that ends a session.
func (s *Session) complaint(from State, ev Event) bgp.Notification {
	switch ev.Kind {
	case ManualStop, AutomaticStop:
		note := ev.Note
		if note.Code == 0 {
			note = bgp.Notification{Code: bgp.CodeCease, Subcode: bgp.CeaseShutdown}
		}
		return s.harden(note)
	case CollisionDump:
		if ev.Note.Code != 0 {
			return ev.Note
		}
		return bgp.Notification{Code: bgp.CodeCease, Subcode: bgp.CeaseCollision}
	case HoldTimerExpires:
		return bgp.Notification{Code: bgp.CodeHoldTimer}
	case HeaderErr:
		return ev.Note
	case OpenMsgErr:
		if from != Established {
			return ev.Note
		}
	case UpdateMsgErr:
		if from == Established {
			return ev.Note
		}
	case UpdateMsg:
		if from == Established && s.cfg.Channel == Control {
			return bgp.Notification{Code: bgp.CodeCease} // routes have no place there
		}
	}
	return unexpected(from, ev.Kind)
}

// harden wraps a shutdown that is meant for good into a Hard Reset where a
// NOTIFICATION alone is none: both ends set the N bit (RFC 8538 §3.1 and §4). What
// the peer would keep are our routes, whatever it lists of its own.
func (s *Session) harden(note bgp.Notification) bgp.Notification {
	final := note.Code == bgp.CodeCease && (note.Subcode == bgp.CeaseShutdown || note.Subcode == bgp.CeaseDeconfigured)
	if !final || s.agreed == nil || !s.agreed.notifies(s.cfg.Parent) {
		return note
	}
	return bgp.Notification{Code: bgp.CodeCease, Subcode: bgp.CeaseHardReset, Data: append([]byte{note.Code, note.Subcode}, note.Data...)}
}

// unexpected is the FSM error of RFC 4271 §6.6 with the subcodes of RFC 6608.
func unexpected(from State, k Kind) bgp.Notification {
	n := bgp.Notification{Code: bgp.CodeFSM}
	switch k {
	case OpenMsg, OpenMsgDelayed, OpenMsgErr:
		n.Data = []byte{byte(bgp.MsgOpen)}
	case KeepaliveMsg:
		n.Data = []byte{byte(bgp.MsgKeepalive)}
	case UpdateMsg, UpdateMsgErr:
		n.Data = []byte{byte(bgp.MsgUpdate)}
	case RouteRefreshMsg:
		n.Data = []byte{byte(bgp.MsgRouteRefresh)}
	default:
		return n
	}
	if from >= OpenSent && from <= Established {
		n.Subcode = uint8(from-OpenSent) + 1
	}
	return n
}

// number is a BGP identifier as the unsigned integer that RFC 4271 §6.8 compares.
func number(o bgp.Open) uint32 {
	if !o.ID.Is4() {
		return 0
	}
	b := o.ID.As4()
	return binary.BigEndian.Uint32(b[:])
}
