package fsm

import (
	"slices"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// Channel is what a [Session] stands for (draft-retana-idr-bgp-quic). The zero
// value is Whole.
type Channel uint8

// The kinds of channels. Over QUIC the control channel has no routes and alone
// proves that the peer is alive; a function channel carries one family in one
// direction and is a Sender at one end and a Receiver at the other.
const (
	Whole    Channel = iota // one connection carries everything: TCP, TLS over TCP
	Control                 // stream 0 of a QUIC connection
	Sender                  // our end of a stream on which we send routes
	Receiver                // our end of a stream on which the peer sends routes
)

var channelNames = [...]string{"whole", "control", "sender", "receiver"}

// String returns the name in lower case.
func (c Channel) String() string {
	if int(c) < len(channelNames) {
		return channelNames[c]
	}
	return "unknown channel"
}

// Side says which end of a QUIC connection a speaker wants to be, which the
// draft calls its role. It is the value of the capability; the zero value is Any.
type Side uint8

// The sides. Two ends that both insist on the same one cannot connect.
const (
	Any Side = iota
	Client
	Server
)

// Points are the code points that IANA has not assigned yet.
type Points struct {
	Capability   bgp.CapCode // "BGP over QUIC", one octet: the [Side]
	Notification uint8       // BGP over QUIC message error, with the subcodes below
}

// DefaultPoints use a capability out of the range for experiments (RFC 8810),
// and the last NOTIFICATION code, for which there is no such range.
var DefaultPoints = Points{Capability: 239, Notification: 255}

// Subcodes of the BGP over QUIC message error.
const (
	BoQMismatch        uint8 = 1 // capability mismatch
	BoQConnectionReset uint8 = 2
	BoQChannelReset    uint8 = 3
	BoQConflict        uint8 = 4 // the family has a channel in this direction already
)

// class says on which channels a capability means something.
type class uint8

const (
	onControl  class = 1
	onFunction class = 2
	onBoth           = onControl | onFunction
)

// classes is the draft's table. What is not in it means something everywhere.
var classes = map[bgp.CapCode]class{
	bgp.CapMultiprotocol: onFunction, bgp.CapRouteRefresh: onFunction, bgp.CapORF: onFunction, bgp.CapExtendedNextHop: onFunction,
	bgp.CapExtendedMessage: onBoth, bgp.CapBGPsec: onBoth, bgp.CapMultipleLabels: onControl, bgp.CapRole: onControl,
	bgp.CapGracefulRestart: onBoth, bgp.CapASN4: onBoth, 67: onBoth, 68: 0, bgp.CapAddPath: onFunction,
	bgp.CapEnhancedRouteRefresh: onFunction, bgp.CapLLGR: onBoth, 72: onFunction, bgp.CapFQDN: onControl, 74: onControl,
	bgp.CapSoftwareVersion: onBoth,
}

// ofChannel leaves out of an OPEN what means nothing on its channel.
func ofChannel(ch Channel, o bgp.Open) bgp.Open {
	var here class
	switch ch {
	case Whole:
		return o
	case Control:
		here = onControl
	default:
		here = onFunction
	}
	o.Caps = slices.DeleteFunc(slices.Clone(o.Caps), func(c bgp.Capability) bool {
		on, known := classes[c.Code]
		return known && on&here == 0
	})
	return o
}

// controlOpen is the OPEN of a control channel: no families, but the side.
func controlOpen(cfg Config) bgp.Open {
	o := ofChannel(Control, cfg.Local)
	if !o.Has(cfg.Points.Capability) {
		o.Caps = append(o.Caps, bgp.Capability{Code: cfg.Points.Capability, Value: []byte{byte(cfg.Side)}})
	}
	return o
}

// functionOpen is the OPEN of a function channel: who we are, as on control, and
// exactly one family with what belongs to it.
func functionOpen(control bgp.Open, hold uint16, f inet.Family, caps []bgp.Capability) bgp.Open {
	o := control
	o.HoldTime, o.Caps = hold, []bgp.Capability{bgp.NewMultiprotocol(f)}
	for _, c := range control.Caps {
		if c.Code == bgp.CapASN4 {
			o.Caps = append(o.Caps, c)
		}
	}
	o.Caps = append(o.Caps, slices.DeleteFunc(slices.Clone(caps), func(c bgp.Capability) bool { return c.Code == bgp.CapMultiprotocol })...)
	return ofChannel(Sender, o)
}

const draftBoQ = "draft-retana-idr-bgp-quic"

// checkChannel judges a peer's OPEN by the channel on which it came.
func (s *Session) checkChannel(o bgp.Open) error {
	mismatch := func(text string) error {
		return &bgp.Error{Code: s.cfg.Points.Notification, Subcode: BoQMismatch, Offset: 10, RFC: draftBoQ, Text: text}
	}
	if s.cfg.Channel != Whole && o.Has(68) {
		return mismatch("multisession cannot go over QUIC")
	}
	switch s.cfg.Channel {
	case Control:
		v, _ := o.Capability(s.cfg.Points.Capability)
		if len(v) != 1 || Side(v[0]) > Server {
			return mismatch("the control channel needs the BGP over QUIC capability")
		}
		if s.cfg.Side != Any && s.cfg.Side == Side(v[0]) {
			return mismatch("both ends insist on the same side")
		}
	case Sender, Receiver:
		families := 0
		for range o.AllFamilies() {
			families++
		}
		if families != 1 {
			return mismatch("the OPEN of a function channel names exactly one family")
		}
		if s.cfg.Channel == Sender && o.Families() != s.local.Families() {
			return mismatch("the answer is about another family")
		}
		if p := s.cfg.Parent; p != nil && (o.ASN() != p.Remote.ASN() || o.ID != p.Remote.ID) {
			return mismatch("another AS or identifier than on the control channel")
		}
	}
	return nil
}
