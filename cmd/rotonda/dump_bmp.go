package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"

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
	if m.Type == bmp.Initiation && f.station.Phase == bmp.Terminated {
		f.station = bmp.NewStation() // recordings of one session after another
	}
	table := f.table(m) // of a peer that may go down
	f.actions = f.station.Step(f.actions[:0], m)
	it := item{offset: offset, record: "BMP"}
	if m.Type.HasPeer() {
		h, _, err := bmp.ParsePeerHeader(m.Body())
		if err == nil {
			v.from(h.Addr, h.ASN)
		}
		it.of(h, cmp.Or(f.table(m), table), h.View())
		it.time = h.Time
	}
	f.event(m, &it)
	for i := range f.actions {
		a := &f.actions[i]
		switch a.Kind {
		case bmp.ActRoutes:
			f.routes(a, offset)
		case bmp.ActInvalid:
			f.complain(a.Err, offset)
		}
	}
}

// table is the name of the table that the message's peer is known to belong to.
func (f *bmpFeed) table(m bmp.Message) string {
	if view := f.station.ViewOf(m); view != nil {
		return view.Peer.Table
	}
	return ""
}

// of sets whose routes the item is about.
func (it *item) of(h bmp.PeerHeader, table string, view bmp.View) {
	it.peer, it.asn, it.view = h.Addr, h.ASN, view.String()
	it.peerType, it.rd, it.table = h.Type.String(), h.RD, table
}

func (f *bmpFeed) routes(a *bmp.Action, offset int64) {
	it := item{offset: offset, time: a.Time, record: "BMP", extras: a.Extras}
	it.of(a.Peer.Header, a.Peer.Table, a.View.View)
	if table := a.Extras.Table(); table != "" {
		it.table = table
	}
	if err := showUpdate(f.v, &it, a.Update); err != nil {
		f.v.remark(offset, err)
	}
}

// complain reports what the station says about the message at offset.
func (f *bmpFeed) complain(err error, offset int64) {
	var e *bmp.Error
	if errors.As(err, &e) && e.Odd {
		f.v.remark(offset, err)
		return
	}
	f.v.fault(offset, err)
}

// marking returns what the router made of one NLRI of a run of the item's UPDATE; at
// counts from 0 within the run.
func (it *item) marking(run bgp.NLRI, at int) (bmp.PathMarking, bool) {
	if it.extras == nil || len(run.Bytes) == 0 {
		return bmp.PathMarking{}, false
	}
	if it.numbered != &run.Bytes[0] {
		it.numbered, it.first = &run.Bytes[0], 0
		for first, n := range bmp.Numbered(it.whole) {
			if &n.Bytes[0] == it.numbered {
				it.first = first
			}
		}
	}
	if it.first == 0 {
		return bmp.PathMarking{}, false
	}
	return it.extras.Marking(it.first + at)
}
