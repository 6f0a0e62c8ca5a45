package mrtin

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"time"

	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/routecore/mrt"
	"example.com/rotonda/routecore/mrt/compress"
	"example.com/rotonda/unit"
)

// file is one file being read.
type file struct {
	*archive
	name     string
	state    FileState
	progress func(FileState)

	id       ingress.ID
	index    []*peer // by position in the latest peer index table
	sessions mrt.Sessions
	said     int   // log lines about bad records
	last     int64 // time of the latest record
	inRIB    bool
}

const (
	maxSaid      = 5     // log lines about bad records of one file
	showProgress = 65536 // records between two looks at the state
)

// read reads the whole file and returns its SHA-256 in hex. The error names the
// place where reading ended early.
func (f *file) read() (sum string, err error) {
	f.state = FileState{File: f.name, State: "reading"}
	f.progress(f.state)
	src, err := os.Open(f.name)
	if err != nil {
		return "", err
	}
	defer src.Close()
	hash := sha256.New()
	content, err := compress.NewReader(io.TeeReader(src, hash))
	if err != nil {
		return "", err
	}
	defer content.Close()
	if f.id, err = f.fileID(f.name); err != nil {
		return "", err
	}
	err = f.records(mrt.NewReader(content))
	if err == nil {
		err = content.Close()
	}
	// Behind a fault nothing was read, and behind a bzip2 stream something may be left.
	if _, rest := io.Copy(hash, src); rest != nil {
		err = errors.Join(err, rest)
	}
	return hex.EncodeToString(hash.Sum(nil)), err
}

func (f *file) records(r *mrt.Reader) error {
	for {
		rec, err := r.Next()
		if err != nil && f.goOn(r, err) {
			continue
		}
		if err != nil {
			if f.inRIB {
				f.endOfRIB(f.last)
			}
			if sendErr := f.send(); sendErr != nil {
				return sendErr
			}
			if err == io.EOF {
				return nil
			}
			return err
		}
		f.last = rec.Time
		if f.state.Records++; f.state.Records%showProgress == 0 {
			f.progress(f.state)
		}
		if err := f.record(&rec); err != nil {
			if f.ctx.Err() != nil {
				return f.ctx.Err()
			}
			f.bad(rec.Offset, err)
		}
		if len(f.batch.Events) >= runLimit {
			if err := f.send(); err != nil {
				return err
			}
		}
	}
}

// goOn passes over damage to the next record, if there is one behind it.
func (f *file) goOn(r *mrt.Reader, damage error) bool {
	var place *mrt.Error
	if !errors.As(damage, &place) {
		return false
	}
	passed, err := r.Resync()
	if err != nil {
		return false
	}
	f.bad(place.Offset, fmt.Errorf("%w; went on %d bytes further", damage, passed))
	return true
}

// bad counts a record that cannot be used, and logs the first few.
func (f *file) bad(offset int64, err error) {
	f.state.Bad++
	f.state.LastError = fmt.Sprintf("offset %d: %v", offset, err)
	if f.said++; f.said <= maxSaid {
		f.env.Log().Warn("skipping a bad MRT record", "file", f.name, "offset", offset, "error", err)
	}
}

func (f *file) record(rec *mrt.Record) error {
	switch {
	case rec.IsRIB():
		return f.rib(rec)
	case rec.IsMessage():
		return f.message(rec)
	case rec.Type == mrt.TypeTableDumpV2 && rec.Subtype == mrt.PeerIndexTable:
		return f.peerIndex(rec)
	case rec.Type == mrt.TypeTableDump:
		return f.tableDump(rec)
	case rec.IsStateChange():
		return f.stateChange(rec)
	case rec.Type == mrt.TypeTableDumpV2 && rec.Subtype == mrt.GeoPeerTable:
		return nil
	}
	return fmt.Errorf("records of %s, subtype %d, hold no routes", rec.Type, rec.Subtype)
}

func (f *file) peerIndex(rec *mrt.Record) error {
	table, err := mrt.ParsePeerIndex(rec.Body)
	f.index = f.index[:0]
	for _, p := range table.Peers {
		f.index = append(f.index, f.find(p.Addr, p.ASN))
	}
	return err
}

// rib adds the entries of one prefix. A peer is up from its first entry on.
func (f *file) rib(rec *mrt.Record) error {
	rib, err := mrt.ParseRIB(rec)
	if err != nil {
		return err
	}
	f.inRIB = true
	for e := (mrt.RIBEntry{}); rib.Next(&e); {
		var p *peer
		if int(e.Peer) < len(f.index) {
			p = f.index[e.Peer]
		} else {
			// The entry is kept, under a peer that is nobody.
			p = f.find(netip.IPv4Unspecified(), 0)
		}
		if err := f.entry(p, rec.Time, rib.Family, rib.NLRI, e.PathID, rib.AddPath, e.Originated, e.Attrs, bgp.MonitorCtx(true), bgp.FormTableDumpV2); err != nil {
			return err
		}
	}
	return rib.Err()
}

func (f *file) entry(p *peer, now int64, family inet.Family, nlri []byte, id uint32, addPath bool, at int64, attrs []byte, ctx bgp.Ctx, form bgp.AttrForm) error {
	if p.lease == nil {
		if err := f.up(p, f.id, f.name, now, nil, nil); err != nil {
			return err
		}
	}
	if at == 0 {
		at = now
	}
	p.families = p.families.With(family)
	f.state.RIBEntries++
	if f.runs.add(f.archive, p.id, family, nlri, id, addPath, at, attrs, ctx, form) || len(f.batch.Events) >= runLimit {
		return f.send()
	}
	return nil
}

func (f *file) tableDump(rec *mrt.Record) error {
	f.inRIB = true
	for body := rec.Body; len(body) > 0; {
		d, rest, err := mrt.ParseTableDump(rec.Subtype, body)
		if err != nil {
			return err
		}
		body = rest
		var room [17]byte
		nlri := inet.AppendPrefix(room[:0], d.Prefix)
		if err := f.entry(f.find(d.Peer, d.PeerASN), rec.Time, d.Family, nlri, 0, false, d.Originated, d.Attrs, bgp.MonitorCtx(d.AS4), bgp.FormUpdate); err != nil {
			return err
		}
	}
	return nil
}

// message adds an UPDATE that the peer sent. What the collector sent itself is no
// route that it learnt.
func (f *file) message(rec *mrt.Record) error {
	m, err := mrt.ParseMessage(rec)
	if err != nil {
		return err
	}
	if bgp.MsgType(m.Kind) != bgp.MsgUpdate {
		f.sessions.Learn(&m)
		return nil
	}
	if m.Sent {
		return nil
	}
	p := f.find(m.Peer, m.PeerAS)
	if p.lease == nil {
		sent, received := f.sessions.Opens(m.Session)
		if err := f.up(p, f.id, f.name, rec.Time, sent, received); err != nil {
			return err
		}
	}
	// The record's octets are gone with the next one, the batch may live longer.
	m.Body = f.batch.Copy(m.Body)
	u := &f.update
	f.sessions.ParseUpdate(u, &m)
	f.runs.close()
	before := len(f.batch.Events)
	f.batch.AddUpdate(p.id, u, rec.Time)
	var raw []byte
	if f.env.Raw() && m.Raw != nil {
		raw = f.batch.Copy(m.Raw)
	}
	for _, e := range f.batch.Events[before:] {
		r, ok := e.(*unit.Routes)
		if !ok {
			continue
		}
		r.Raw = raw
		if r.Withdrawn() {
			f.state.Withdrawals += uint64(r.Run().Len())
		} else {
			f.state.Announcements += uint64(r.Run().Len())
		}
	}
	if u.Verdict.Action >= bgp.TreatAsWithdraw {
		return fmt.Errorf("UPDATE from %s: %s: %s (%s)", m.Peer, u.Verdict.Action, u.Verdict.Text(), u.Verdict.RFC())
	}
	return nil
}

// stateChange ends or begins a session of a log.
func (f *file) stateChange(rec *mrt.Record) error {
	s, err := mrt.ParseStateChange(rec)
	if err != nil {
		return err
	}
	p := f.find(s.Peer, s.PeerAS)
	switch {
	case s.Old == mrt.Established && s.New != mrt.Established:
		f.down(p, rec.Time, "the log says "+s.New.String())
	case s.New == mrt.Established:
		sent, received := f.sessions.Opens(s.Session)
		return f.up(p, f.id, f.name, rec.Time, sent, received)
	}
	return nil
}

// summary is the line that says what was read.
func (f *file) summary(took time.Duration) string {
	return fmt.Sprintf("mrt-in: done processing %s, emitted %d routes, %d announcements, %d withdrawals in %.3fs",
		f.name, f.state.RIBEntries, f.state.Announcements, f.state.Withdrawals, took.Seconds())
}
