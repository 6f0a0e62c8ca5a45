package rtr

import (
	"errors"
	"fmt"
	"slices"
)

// Cache is the data of a cache and its recent history. Connections are served
// by [NewServer]. The zero value has no data yet; set Session before. Not for
// concurrent use.
type Cache struct {
	// Session is the session id, as version 0 has it; the others have it with
	// another of the two highest bits set, since serial numbers are those of one
	// version (8210bis §5.1). A cache that lost its history needs another.
	Session uint16
	// Intervals are what routers are told; zero takes [DefaultIntervals].
	Intervals Intervals
	// Keep is how many changes are kept for routers that ask for them; 0 keeps
	// none, so that every router that is behind starts over.
	Keep int

	serial  uint32
	ready   bool
	now     Records
	history []step // the changes up to serial, the oldest first
}

// step is a change from one serial number to the next.
type step struct {
	change   Records
	replaced []VAP // what was there of the customers in change.VAPs
}

// Set replaces the data. The serial number rises by one if anything changed, or
// starts at first. It reports whether routers are to be notified.
func (c *Cache) Set(first uint32, r Records) bool {
	next := r.sorted()
	if !c.ready {
		c.ready, c.serial, c.now = true, first, next
		return true
	}
	change := c.now.delta(&next)
	if change.Len() == 0 {
		return false
	}
	s := step{change: change}
	for _, v := range change.VAPs {
		if i, found := slices.BinarySearchFunc(c.now.VAPs, v, compareVAP); found {
			s.replaced = append(s.replaced, c.now.VAPs[i])
		}
	}
	c.now = next
	c.serial++
	c.history = append(c.history, s)
	if extra := len(c.history) - c.Keep; extra > 0 {
		c.history = slices.Clone(c.history[extra:])
	}
	return true
}

// Serial returns the serial number; ok is false while there is no data.
func (c *Cache) Serial() (serial uint32, ok bool) { return c.serial, c.ready }

// Records returns the data, sorted. It must not be changed.
func (c *Cache) Records() Records { return c.now }

// since joins the changes after a serial number; ok is false where they are not
// kept, or the number is none that was given out.
func (c *Cache) since(serial uint32) (change Records, ok bool) {
	behind := c.serial - serial
	if uint64(behind) > uint64(len(c.history)) {
		return Records{}, false
	}
	if behind == 0 {
		return Records{}, true
	}
	// The state then is the present one with the changes undone; what is
	// different from it is what to send, however often it went back and forth.
	then := c.now
	for i := len(c.history) - 1; i >= len(c.history)-int(behind); i-- {
		then = then.undo(&c.history[i])
	}
	return then.delta(&c.now), true
}

// undo returns the records before a change.
func (r *Records) undo(s *step) Records {
	return Records{
		VRPs: undo(r.VRPs, s.change.VRPs, compareVRP, func(v VRP) (VRP, bool) { was := !v.Announce; v.Announce = true; return v, was }),
		Keys: undo(r.Keys, s.change.Keys, compareKey, func(k Key) (Key, bool) { was := !k.Announce; k.Announce = true; return k, was }),
		VAPs: undo(r.VAPs, s.change.VAPs, compareVAP, func(v VAP) (VAP, bool) {
			i, found := slices.BinarySearchFunc(s.replaced, v, compareVAP)
			if !found {
				return VAP{}, false
			}
			return s.replaced[i], true
		}),
	}
}

// undo merges a change into a sorted list: what before says was there takes the
// place of what is.
func undo[T any](now, change []T, compare func(a, b T) int, before func(T) (T, bool)) []T {
	if len(change) == 0 {
		return now
	}
	out := make([]T, 0, len(now)+len(change))
	for len(now) > 0 || len(change) > 0 {
		if len(change) == 0 || len(now) > 0 && compare(now[0], change[0]) < 0 {
			out, now = append(out, now[0]), now[1:]
			continue
		}
		if len(now) > 0 && compare(now[0], change[0]) == 0 {
			now = now[1:]
		}
		if was, ok := before(change[0]); ok {
			out = append(out, was)
		}
		change = change[1:]
	}
	return out
}

// Server is the cache's side of one connection. Not for concurrent use; all
// servers of a Cache belong to its goroutine.
type Server struct {
	cache    *Cache
	most     uint8
	version  uint8
	settled  bool
	answered bool // this connection got data of our session
}

// NewServer serves a connection with versions up to most, at most MaxVersion.
func NewServer(c *Cache, most uint8) *Server {
	return &Server{cache: c, most: min(most, MaxVersion), version: min(most, MaxVersion)}
}

// Version returns the version that was agreed on, ok is false before that.
func (s *Server) Version() (version uint8, ok bool) { return s.version, s.settled }

// session is the session id of the version that is spoken.
func (s *Server) session() uint16 { return s.cache.Session ^ uint16(s.version)<<14 }

// Notify appends a Serial Notify, for a router that is told of new data. It
// appends nothing before the version is known (RFC 8210 §7) and where there is
// no data.
func (s *Server) Notify(dst []byte) []byte {
	if !s.settled || !s.cache.ready {
		return dst
	}
	return Message{Version: s.version, Type: SerialNotify, Session: s.session(), Serial: s.cache.serial}.Append(dst)
}

// Handle takes one PDU and appends the answer. After an error the connection is
// to be closed, once the answer was sent.
func (s *Server) Handle(dst []byte, p PDU) ([]byte, error) {
	if p.Type() == ErrorReport {
		text, _ := p.ErrorText()
		return dst, &Reported{ErrorCode(p.Session()), text}
	}
	switch {
	case !s.settled && p.Version() > s.most:
		return s.fail(dst, p, UnsupportedVersion, fmt.Sprintf("version %d, at most %d is spoken", p.Version(), s.most))
	case s.settled && p.Version() != s.version:
		return s.fail(dst, p, UnexpectedVersion, fmt.Sprintf("version %d in a session of version %d", p.Version(), s.version))
	}
	s.version = p.Version()
	info := p.Type().info()
	switch {
	case info == nil || info.since > s.version:
		return s.fail(dst, p, UnsupportedPDU, "there is no such PDU in this version")
	case info.from&fromRouter == 0:
		return s.fail(dst, p, InvalidRequest, "not a PDU that a router sends")
	}
	m, err := p.Parse()
	var e *Error
	if errors.As(err, &e) {
		return s.fail(dst, p, e.Code, e.Text)
	}
	s.settled = true
	if !s.cache.ready {
		return s.fail(dst, p, NoDataAvailable, "no data yet")
	}
	if m.Type == ResetQuery {
		return s.answer(dst, &s.cache.now), nil
	}
	if m.Session != s.session() {
		if s.answered {
			return s.fail(dst, p, CorruptData, "another session id than the one that was answered with")
		}
		return s.reset(dst), nil // it remembers another life of this cache
	}
	change, ok := s.cache.since(m.Serial)
	if !ok {
		return s.reset(dst), nil
	}
	return s.answer(dst, &change), nil
}

func (s *Server) reset(dst []byte) []byte {
	return Message{Version: s.version, Type: CacheReset}.Append(dst)
}

// answer sends records in the order of 8210bis §11.2: by type, and of each first
// all announcements, then the withdrawals. So a new VRP is there before the one
// that it replaces goes, and no covering one is there alone.
func (s *Server) answer(dst []byte, r *Records) []byte {
	s.answered = true
	m := Message{Version: s.version, Type: CacheResponse, Session: s.session()}
	dst = m.Append(dst)
	four := slices.IndexFunc(r.VRPs, func(v VRP) bool { return !v.Prefix.Addr().Is4() })
	if four < 0 {
		four = len(r.VRPs)
	}
	for i, vrps := range [][]VRP{r.VRPs[:four], r.VRPs[four:]} {
		m.Type = []Type{IPv4Prefix, IPv6Prefix}[i]
		for _, v := range vrps {
			if m.VRP = v; v.Announce {
				dst = m.Append(dst)
			}
		}
		for _, v := range slices.Backward(vrps) {
			if m.VRP = v; !v.Announce {
				dst = m.Append(dst)
			}
		}
	}
	for _, announce := range []bool{true, false} {
		m.Type = RouterKey
		for _, k := range r.Keys {
			if m.Key = k; k.Announce == announce && s.version >= 1 {
				dst = m.Append(dst)
			}
		}
	}
	for _, announce := range []bool{true, false} {
		m.Type = ASPA
		for _, v := range r.VAPs {
			if m.VAP = v; v.Announce == announce && s.version >= 2 {
				dst = m.Append(dst)
			}
		}
	}
	m.Type, m.Serial, m.Intervals = EndOfData, s.cache.serial, s.cache.Intervals
	if m.Intervals == (Intervals{}) {
		m.Intervals = DefaultIntervals
	}
	return m.Append(dst)
}

func (s *Server) fail(dst []byte, p PDU, code ErrorCode, text string) ([]byte, error) {
	code = code.in(s.version)
	return AppendError(dst, min(s.version, s.most), code, p, text), &Error{code, p.Type(), text}
}
