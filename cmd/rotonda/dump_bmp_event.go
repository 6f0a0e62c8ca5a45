package main

import (
	"encoding/hex"
	"strconv"
	"strings"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bmp"
)

// event shows a message that holds no routes, as far as it can be read; what is
// broken in it, the station says.
func (f *bmpFeed) event(m bmp.Message, it *item) {
	if m.Type == bmp.RouteMonitoring || !f.v.wantsDetails() {
		return
	}
	c, err := bmp.ParseMessage(m)
	e := &event{typ: bmpEventName(m.Type)}
	switch m.Type {
	case bmp.Initiation:
		e.tlvs(c.TLVs, initiationNames)
	case bmp.Termination:
		e.tlvs(c.TLVs, terminationNames)
	case bmp.PeerUp:
		if c.Up.Local.IsValid() {
			e.peerUp(&c)
		}
	case bmp.PeerDown:
		if len(m.Body()) > bmp.PeerHeaderLen {
			e.peerDown(&c)
		}
	case bmp.StatsReport:
		e.statistics(c.Stats)
		e.tlvs(c.TLVs, nil)
	case bmp.RouteMirroring:
		e.mirroring(c.TLVs)
	case bmp.Snapshot:
		for _, v := range c.Indexed {
			if v.Type == bmp.SnapshotTLV {
				e.add("id", hex.EncodeToString(v.Value))
			}
		}
	default:
		e.add("kind", uint8(m.Type))
		e.add("raw", hex.EncodeToString(m.Body()))
	}
	if err != nil {
		e.add("raw", hex.EncodeToString(m.Body()))
	}
	f.v.event(it, e)
}

// bmpEventName is the name of the message as JSON spells names; those without a name
// are messages with their kind.
func bmpEventName(t bmp.Type) string {
	name := t.String()
	if name[0] <= '9' {
		return "message"
	}
	return strings.ToLower(name[:1]) + name[1:]
}

// The texts of messages by TLV type (RFC 7854 §4.4, RFC 9736 §3). A reason is a number.
var (
	initiationNames  = map[uint16]string{bmp.InitString: "text", bmp.InitSysDescr: "sysDescr", bmp.InitSysName: "sysName"}
	terminationNames = map[uint16]string{bmp.TermString: "text", bmp.TermReason: "reason"}
	peerNames        = map[uint16]string{bmp.PeerString: "text", bmp.PeerTableName: "tableName", bmp.PeerAdminLabel: "adminLabel"}
)

// otherTLV is one that has no name, or not the form that its name asks for.
type otherTLV struct {
	Type       uint16 `json:"type"`
	Enterprise uint32 `json:"enterprise,omitempty"`
	Value      string `json:"value"` // hexadecimal
}

func otherOf(v bmp.TLV) otherTLV { return otherTLV{Type: v.Type, Value: hex.EncodeToString(v.Value)} }

// tlvs adds those with a name as texts, the lines of those that repeat one after the
// other, and the rest as they are.
func (e *event) tlvs(tlvs []bmp.TLV, names map[uint16]string) {
	texts := map[string][]string{}
	var order []string
	var others []otherTLV
	for _, v := range tlvs {
		name, text := names[v.Type], strings.ToValidUTF8(string(v.Value), "\uFFFD")
		if name == "reason" {
			if len(v.Value) != 2 {
				name = ""
			} else {
				text = bmp.TerminationText(uint16(v.Value[0])<<8 | uint16(v.Value[1]))
			}
		}
		if name == "" {
			others = append(others, otherOf(v))
			continue
		}
		if texts[name] == nil {
			order = append(order, name)
		}
		texts[name] = append(texts[name], text)
	}
	for _, name := range order {
		e.add(name, strings.Join(texts[name], "\n"))
	}
	if len(others) > 0 {
		e.add("tlvs", others)
	}
}

func allTLVs(run bmp.TLVs) (out []bmp.TLV) {
	for v := range run.All() {
		out = append(out, v)
	}
	return out
}

func (e *event) peerUp(c *bmp.Content) {
	up := &c.Up
	e.add("bgpId", c.Peer.ID)
	e.add("localAddress", up.Local)
	e.add("localPort", up.LocalPort)
	e.add("remotePort", up.RemotePort)
	for _, end := range [2]struct {
		name string
		raw  []byte
	}{{"sentOpen", up.Sent}, {"receivedOpen", up.Received}} {
		if len(end.raw) < bgp.HeaderLen {
			continue
		}
		open, err := openEvent(end.raw[bgp.HeaderLen:])
		if err != nil {
			open.add("raw", hex.EncodeToString(end.raw))
		}
		e.add(end.name, open)
	}
	e.tlvs(allTLVs(up.Info), peerNames)
}

func (e *event) peerDown(c *bmp.Content) {
	down := &c.Down
	e.add("reason", down.String())
	e.add("code", uint8(down.Reason))
	switch {
	case down.Reason == bmp.DownLocalEvent && len(down.Data) >= 2:
		e.add("fsmEvent", down.Event)
	case down.Reason == bmp.DownLocalNotification || down.Reason == bmp.DownRemoteNotification:
		if _, _, ok := down.Notification(); ok {
			if n, err := bgp.ParseNotification(down.Data[bgp.HeaderLen:]); err == nil {
				e.add("notification", notice{n})
			}
		}
	}
	e.tlvs(allTLVs(down.Info), peerNames)
}

// statistics adds the figures by name, and what is no figure as it came.
func (e *event) statistics(stats []bmp.Stat) {
	values := map[string]uint64{}
	var others []otherTLV
	for _, s := range stats {
		if !s.Plain() {
			others = append(others, otherTLV{s.Type &^ enterpriseBit(s), s.Enterprise, hex.EncodeToString(s.Raw)})
			continue
		}
		name := s.Name()
		if s.Enterprise != 0 {
			name = "enterprise " + strconv.Itoa(int(s.Enterprise)) + " type " + strconv.Itoa(int(s.Type&^bmp.EnterpriseBit))
		}
		if s.Family != 0 {
			name += " " + s.Family.String()
		}
		values[name] = s.Value
	}
	e.add("values", values)
	if len(others) > 0 {
		e.add("others", others)
	}
}

func enterpriseBit(s bmp.Stat) uint16 {
	if s.Enterprise != 0 {
		return bmp.EnterpriseBit
	}
	return 0
}

// mirroring adds the messages as they came: they may be anything (RFC 7854 §4.7).
func (e *event) mirroring(tlvs []bmp.TLV) {
	var information, messages []string
	var others []otherTLV
	for _, v := range tlvs {
		switch {
		case v.Type == bmp.MirrorMessage:
			messages = append(messages, hex.EncodeToString(v.Value))
		case v.Type == bmp.MirrorInformation && len(v.Value) == 2:
			information = append(information, bmp.MirroringInformation.Name(uint16(v.Value[0])<<8|uint16(v.Value[1])))
		default:
			others = append(others, otherOf(v))
		}
	}
	if len(information) > 0 {
		e.add("information", information)
	}
	if len(messages) > 0 {
		e.add("messages", messages)
	}
	if len(others) > 0 {
		e.add("tlvs", others)
	}
}
