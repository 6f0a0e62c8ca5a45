package main

import (
	"fmt"
	"io"
	"strings"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bmp"
)

// bmpFeed shows the messages of one BMP stream to a visitor.
type bmpFeed struct {
	v       visitor
	packets bool // in a capture, where the packets are the records
	station *bmp.Station
	actions []bmp.Action
}

func newBMPFeed(v visitor) *bmpFeed { return &bmpFeed{v: v, station: bmp.NewStation()} }

// take shows the whole messages in b, which starts offset bytes into the input, and
// returns how many bytes they have. After an error the stream cannot be followed.
func (f *bmpFeed) take(b []byte, offset int64) (int, error) {
	done := 0
	for {
		m, n, err := bmp.ReadMessage(b[done:], bmp.DefaultMax)
		if err != nil || n == 0 {
			return done, err
		}
		f.show(m, offset+int64(done))
		done += n
	}
}

func walkBMP(src io.Reader, v visitor) {
	feed := newBMPFeed(v)
	buf := make([]byte, 64<<10)
	end, offset := 0, int64(0)
	for {
		n, err := feed.take(buf[:end], offset)
		offset += int64(n)
		if err != nil {
			v.fault(offset, err)
			return
		}
		end = copy(buf, buf[n:end])
		if want := bmp.Wanted(buf[:end]); want > len(buf) {
			buf = append(buf[:end], make([]byte, want)...)
		}
		n, err = src.Read(buf[end:])
		end += n
		if n == 0 && err != nil {
			if err != io.EOF {
				v.fault(offset, err)
			} else if end > 0 {
				v.fault(offset, fmt.Errorf("the message is cut after %d bytes", end))
			}
			return
		}
	}
}

func (f *bmpFeed) show(m bmp.Message, offset int64) {
	v := f.v
	if !f.packets {
		v.record()
	}
	v.message(m.Type.String())
	it := item{offset: offset, record: "BMP"}
	if m.Type.HasPeer() {
		if h, rest, err := bmp.ParsePeerHeader(m.Body()); err == nil {
			v.from(h.Addr, h.ASN)
			it.peer, it.asn, it.view, it.time = h.Addr, h.ASN, h.View().String(), h.Time
			f.event(m, h, rest, &it)
		}
	} else {
		f.event(m, bmp.PeerHeader{}, m.Body(), &it)
	}
	f.actions = f.station.Step(f.actions[:0], m)
	for i := range f.actions {
		a := &f.actions[i]
		switch a.Kind {
		case bmp.ActRoutes:
			h := &a.Peer.Header
			it := item{offset: offset, time: a.Time, record: "BMP", peer: h.Addr, asn: h.ASN, view: a.View.View.String()}
			if err := showUpdate(v, &it, a.Update); err != nil {
				v.remark(offset, err)
			}
		case bmp.ActInvalid:
			v.remark(offset, a.Err)
		}
	}
}

// event shows a message that holds no routes; what is broken in it, the station
// says.
func (f *bmpFeed) event(m bmp.Message, h bmp.PeerHeader, rest []byte, it *item) {
	if m.Type == bmp.RouteMonitoring || !f.v.wantsDetails() {
		return
	}
	e := &event{typ: bmpEventName(m.Type)}
	switch m.Type {
	case bmp.Initiation, bmp.Termination:
		e.texts(bmp.TLVs(rest), m.Type)
	case bmp.PeerUp:
		if up, err := bmp.ParsePeerUp(h, rest); err == nil {
			peerUpMembers(e, up)
		}
	case bmp.PeerDown:
		if down, err := bmp.ParsePeerDown(rest); err == nil {
			e.add("reason", down.String())
		}
	case bmp.StatsReport:
		if m.Version == bmp.Version {
			values := map[string]uint64{}
			for s := range bmp.ParseStats(rest) {
				name := s.Name()
				if s.Family != 0 {
					name += " " + s.Family.String()
				}
				values[name] = s.Value
			}
			e.add("values", values)
		}
	}
	f.v.event(it, e)
}

// bmpEventName is the name of the message as JSON spells names.
func bmpEventName(t bmp.Type) string {
	name := t.String()
	return strings.ToLower(name[:1]) + name[1:]
}

// initiationNames are the texts of an Initiation by TLV type (RFC 7854 §4.4).
var initiationNames = [...]string{"text", "sysDescr", "sysName"}

func (e *event) texts(tlvs bmp.TLVs, t bmp.Type) {
	for v := range tlvs.All() {
		switch {
		case t == bmp.Initiation && int(v.Type) < len(initiationNames):
			e.add(initiationNames[v.Type], strings.ToValidUTF8(string(v.Value), "\uFFFD"))
		case t == bmp.Termination && v.Type == 1 && len(v.Value) == 2:
			e.add("reason", bmp.TerminationText(uint16(v.Value[0])<<8|uint16(v.Value[1])))
		case t == bmp.Termination && v.Type == 0:
			e.add("text", strings.ToValidUTF8(string(v.Value), "\uFFFD"))
		}
	}
}

func peerUpMembers(e *event, up bmp.PeerUpMessage) {
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
		if err == nil {
			e.add(end.name, open)
		}
	}
}
