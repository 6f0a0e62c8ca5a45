package rtr

import (
	"errors"
	"fmt"
	"time"
)

// Intervals say when to ask a cache again (RFC 8210 §6).
type Intervals struct{ Refresh, Retry, Expire time.Duration }

// DefaultIntervals hold until a cache gave others.
var DefaultIntervals = Intervals{time.Hour, 10 * time.Minute, 2 * time.Hour}

// Update is a complete answer of a cache, to be applied as a whole.
type Update struct {
	Full      bool // all there is, in place of what was there
	VRPs      []VRP
	Keys      int // Router Key PDUs seen, which are not kept
	ASPAs     int // ASPA PDUs seen, which are not kept
	Serial    uint32
	Session   uint16
	Intervals Intervals
}

// ErrDowngrade asks the caller to connect again: the cache does not speak the
// version, and the client will use the next lower one.
var ErrDowngrade = errors.New("rtr: the cache does not speak this version")

// Client is the router's side of the protocol: bytes to send and updates come
// out, PDUs go in. It survives reconnects, so that it can ask for changes only.
// Use [NewClient]. Not for concurrent use.
type Client struct {
	version   uint8
	session   uint16
	serial    uint32
	synced    bool // session and serial are those of a complete answer
	answering bool // between Cache Response and End of Data
	full      bool // the answer under way is to a Reset Query
	asked     bool // a query is under way
	pending   Update
	intervals Intervals
}

// NewClient returns a client that starts with the given version, 0 to
// MaxVersion.
func NewClient(version uint8) *Client {
	return &Client{version: min(version, MaxVersion), intervals: DefaultIntervals}
}

// Version returns the version in use.
func (c *Client) Version() uint8 { return c.version }

// Intervals returns when to ask again.
func (c *Client) Intervals() Intervals { return c.intervals }

// Query appends what to send on a new connection or when the refresh time is
// over: a Serial Query where a complete answer is held, else a Reset Query.
func (c *Client) Query(dst []byte) []byte {
	c.asked, c.answering = true, false
	c.full = !c.synced
	if c.synced {
		return AppendSerialQuery(dst, c.version, c.session, c.serial)
	}
	return AppendResetQuery(dst, c.version)
}

// Forget drops what is held: the data expired.
func (c *Client) Forget() { c.synced = false }

// Handle takes one PDU. reply is dst with what is to be sent; update is not nil
// when an answer became complete. After an error the connection is to be
// closed, once reply was sent.
func (c *Client) Handle(dst []byte, p PDU) (reply []byte, update *Update, err error) {
	if p.Version() != c.version && p.Type() != ErrorReport {
		if p.Version() < c.version && !c.synced && p.Type() == CacheResponse {
			c.version = p.Version() // the cache answers in the version it speaks (RFC 8210 §7)
		} else {
			return c.fail(dst, p, UnexpectedVersion, fmt.Sprintf("version %d in a session of version %d", p.Version(), c.version))
		}
	}
	switch p.Type() {
	case SerialNotify:
		if !c.asked && (!c.synced || p.Session() != c.session || be32(p[8:]) != c.serial) {
			if c.synced && p.Session() != c.session {
				c.synced = false
			}
			return c.Query(dst), nil, nil
		}
		return dst, nil, nil
	case CacheResponse:
		return c.begin(dst, p)
	case CacheReset:
		c.synced = false
		return c.Query(dst), nil, nil
	case IPv4Prefix, IPv6Prefix, RouterKey, ASPA:
		return c.payload(dst, p)
	case EndOfData:
		return c.end(dst, p)
	case ErrorReport:
		return c.report(dst, p)
	}
	return c.fail(dst, p, UnsupportedPDU, "not a PDU that a cache sends")
}

func (c *Client) begin(dst []byte, p PDU) ([]byte, *Update, error) {
	if !c.asked || c.answering {
		return c.fail(dst, p, CorruptData, "an answer to nothing that was asked")
	}
	if !c.full && p.Session() != c.session {
		c.synced = false
		return c.Query(dst), nil, nil
	}
	c.answering = true
	c.pending = Update{Full: c.full, Session: p.Session()}
	return dst, nil, nil
}

func (c *Client) payload(dst []byte, p PDU) ([]byte, *Update, error) {
	if !c.answering {
		return c.fail(dst, p, CorruptData, "payload outside of an answer")
	}
	switch p.Type() {
	case RouterKey:
		c.pending.Keys++
		return dst, nil, nil
	case ASPA:
		c.pending.ASPAs++
		return dst, nil, nil
	}
	v, err := p.VRP()
	if err != nil {
		return c.fail(dst, p, CorruptData, err.Error())
	}
	if c.full && !v.Announce {
		return c.fail(dst, p, WithdrawUnknown, "a withdrawal in a full answer")
	}
	c.pending.VRPs = append(c.pending.VRPs, v)
	return dst, nil, nil
}

func (c *Client) end(dst []byte, p PDU) ([]byte, *Update, error) {
	if !c.answering {
		return c.fail(dst, p, CorruptData, "the end of nothing")
	}
	if p.Session() != c.pending.Session {
		return c.fail(dst, p, CorruptData, "another session id than at the start of the answer")
	}
	c.asked, c.answering, c.synced = false, false, true
	c.session, c.serial = p.Session(), be32(p[8:])
	if p.Version() > 0 {
		c.intervals = Intervals{
			Refresh: clamp(be32(p[12:]), 1, 86400), Retry: clamp(be32(p[16:]), 1, 7200), Expire: clamp(be32(p[20:]), 600, 172800),
		}
	}
	u := c.pending
	u.Serial, u.Intervals = c.serial, c.intervals
	c.pending = Update{}
	return dst, &u, nil
}

// clamp holds a number of seconds within the bounds of RFC 8210 §6.
func clamp(seconds, low, high uint32) time.Duration {
	return time.Duration(min(max(seconds, low), high)) * time.Second
}

func (c *Client) report(dst []byte, p PDU) ([]byte, *Update, error) {
	text, _ := p.ErrorText()
	code := ErrorCode(p.Session())
	c.asked, c.answering = false, false
	switch {
	case code == UnsupportedVersion && c.version > 0:
		c.version--
		c.synced = false
		return dst, nil, ErrDowngrade
	case code == NoDataAvailable:
		return dst, nil, fmt.Errorf("rtr: the cache has no data yet: %q", text)
	}
	return dst, nil, fmt.Errorf("rtr: the cache reports: %s: %q", code, text)
}

// fail reports an error to the cache and ends the connection.
func (c *Client) fail(dst []byte, p PDU, code ErrorCode, text string) ([]byte, *Update, error) {
	c.asked, c.answering, c.synced = false, false, false
	if p.Type() != ErrorReport {
		dst = AppendError(dst, c.version, code, p, text)
	}
	return dst, nil, &Error{code, p.Type(), text}
}
