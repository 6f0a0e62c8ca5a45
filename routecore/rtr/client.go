package rtr

import (
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
)

// Update is a complete answer of a cache, to be applied as a whole: in parts it
// could make routes Invalid for a moment (8210bis §11).
type Update struct {
	Full      bool // all there is, in place of what was there
	VRPs      []VRP
	Keys      []Key
	VAPs      []VAP
	Serial    uint32
	Session   uint16
	Intervals Intervals
}

// Holder tells what a router has of a cache already. It makes a [Client] find
// the errors 6 and 7 (RFC 8210 §12) also against earlier answers; the flag
// Announce of its arguments means nothing.
type Holder interface {
	HasVRP(VRP) bool
	HasKey(Key) bool
	HasVAP(VAP) bool // by customer and AFI
}

// ErrDowngrade asks the caller to connect again: the cache does not speak the
// version, and the client will use a lower one.
var ErrDowngrade = errors.New("rtr: the cache does not speak this version")

// Client is the router's side of the protocol: bytes to send and updates come
// out, PDUs go in. It survives reconnects, so that it can ask for changes only.
// Use [NewClient]. Not for concurrent use.
type Client struct {
	// Held, if not nil, is asked for what an answer announces or withdraws.
	Held Holder

	first     uint8 // the version to begin with
	version   uint8
	session   uint16
	serial    uint32
	synced    bool // session and serial are those of a complete answer
	answering bool // between Cache Response and End of Data
	full      bool // the answer under way is to a Reset Query
	asked     bool // a query is under way
	settled   bool // the version of this connection is agreed on (RFC 8210 §7)
	heard     bool // this connection brought anything
	pending   Update
	octets    int // of pending
	most      int
	intervals Intervals
}

// maxAnswer bounds an answer in octets, for a cache that never ends one. All VRPs of
// today take a tenth of it.
const maxAnswer = 256 << 20

// NewClient returns a client that starts with the given version, 0 to
// MaxVersion.
func NewClient(version uint8) *Client {
	version = min(version, MaxVersion)
	return &Client{first: version, version: version, most: maxAnswer, intervals: DefaultIntervals}
}

// Version returns the version in use.
func (c *Client) Version() uint8 { return c.version }

// Intervals returns when to ask again.
func (c *Client) Intervals() Intervals { return c.intervals }

// Start appends what to send first on a new connection.
func (c *Client) Start(dst []byte) []byte {
	c.settled, c.heard = false, false
	return c.Query(dst)
}

// Query appends what to send on a new connection or when the refresh time is
// over: a Serial Query where a complete answer is held, else a Reset Query.
func (c *Client) Query(dst []byte) []byte {
	c.asked, c.answering = true, false
	c.pending = Update{}
	c.full = !c.synced
	if c.synced {
		return AppendSerialQuery(dst, c.version, c.session, c.serial)
	}
	return AppendResetQuery(dst, c.version)
}

// Forget drops what is held: the data expired. The next connection begins with
// the first version again; the cache may have learned it by now.
func (c *Client) Forget() { c.synced, c.version = false, c.first }

// Busy tells whether an answer is awaited or under way. A cache that says nothing
// for long then is to be left: nothing else ends the wait.
func (c *Client) Busy() bool { return c.asked }

// Closed is told that the cache closed the connection. It reports whether the
// next one will use a lower version: a cache that says nothing at all to the
// first query may be one that does not know how to refuse it (RFC 8210 §7). One
// that is silent in all versions is merely down, and is asked from the top again.
func (c *Client) Closed() bool {
	c.asked, c.answering = false, false
	switch {
	case c.heard || c.synced:
		return false
	case c.version == 0:
		c.version = c.first
		return false
	}
	c.version--
	return true
}

// Handle takes one PDU. reply is dst with what is to be sent; update is not nil
// when an answer became complete. After an error the connection is to be
// closed, once reply was sent.
func (c *Client) Handle(dst []byte, p PDU) (reply []byte, update *Update, err error) {
	c.heard = true
	if p.Version() != c.version && p.Type() != ErrorReport {
		switch {
		case p.Type() == SerialNotify && !c.settled:
			return dst, nil, nil // sent before the cache knew our version (RFC 8210 §7)
		case p.Version() < c.version && !c.settled && p.Type() == CacheResponse && c.full:
			// The cache answers in the version it speaks. To a Serial Query it
			// cannot: serial numbers are those of one version (8210bis §5.1).
			c.version = p.Version()
		case p.Version() > MaxVersion && !c.settled:
			return c.fail(dst, p, UnsupportedVersion, fmt.Sprintf("version %d, at most %d is spoken", p.Version(), MaxVersion))
		default:
			return c.fail(dst, p, UnexpectedVersion, fmt.Sprintf("version %d in a session of version %d", p.Version(), c.version))
		}
	}
	if p.Type() == ErrorReport {
		return c.report(dst, p)
	}
	info := p.Type().info()
	if info == nil || p.Version() < info.since {
		return c.fail(dst, p, UnsupportedPDU, "there is no such PDU in this version")
	}
	if info.from&fromCache == 0 {
		return c.fail(dst, p, InvalidRequest, "not a PDU that a cache sends")
	}
	if p.Type() == IPv4Prefix || p.Type() == IPv6Prefix {
		return c.prefix(dst, p) // nearly all PDUs, without the allocations of the others
	}
	m, err := p.Parse()
	if err != nil {
		return c.refuse(dst, p, err)
	}
	switch m.Type {
	case SerialNotify:
		return c.notified(dst, &m), nil, nil
	case CacheResponse:
		c.settled = true
		return c.begin(dst, p)
	case CacheReset:
		if c.asked && c.full || c.answering {
			return c.fail(dst, p, CorruptData, "no answer to a Reset Query, and none that can end another")
		}
		c.settled, c.synced = true, false
		return c.Query(dst), nil, nil
	case EndOfData:
		return c.end(dst, p, &m)
	}
	return c.payload(dst, p, &m)
}

// notified asks for what is new, unless an answer is under way or nothing is.
func (c *Client) notified(dst []byte, m *Message) []byte {
	switch {
	case c.asked:
		return dst
	case c.synced && m.Session != c.session:
		c.synced = false // the cache lost its memory: all is to be asked for again
	case c.synced && !SerialLess(c.serial, m.Serial):
		return dst
	}
	return c.Query(dst)
}

func (c *Client) begin(dst []byte, p PDU) ([]byte, *Update, error) {
	if !c.asked || c.answering {
		return c.fail(dst, p, CorruptData, "an answer to nothing that was asked")
	}
	if !c.full && p.Session() != c.session {
		return c.fail(dst, p, CorruptData, "another session id than the one that was asked about")
	}
	c.answering, c.octets = true, 0
	c.pending = Update{Full: c.full, Session: p.Session()}
	return dst, nil, nil
}

func (c *Client) payload(dst []byte, p PDU, m *Message) ([]byte, *Update, error) {
	if !c.answering {
		return c.fail(dst, p, CorruptData, "payload outside of an answer")
	}
	if c.octets += len(p); c.octets > c.most {
		return c.tooLong(dst, p)
	}
	if m.Type == RouterKey {
		c.pending.Keys = append(c.pending.Keys, m.Key)
		return c.admit(dst, p, m.Key.Announce, !c.full && c.Held != nil && c.Held.HasKey(m.Key))
	}
	// An ASPA that is there already is replaced (8210bis §5.12).
	c.pending.VAPs = append(c.pending.VAPs, m.VAP)
	return c.admit(dst, p, m.VAP.Announce, !c.full && !m.VAP.Announce && c.Held != nil && c.Held.HasVAP(m.VAP))
}

func (c *Client) prefix(dst []byte, p PDU) ([]byte, *Update, error) {
	if !c.answering {
		return c.fail(dst, p, CorruptData, "payload outside of an answer")
	}
	v, err := p.VRP()
	if err != nil {
		return c.refuse(dst, p, err)
	}
	if c.octets += len(p); c.octets > c.most {
		return c.tooLong(dst, p)
	}
	c.pending.VRPs = append(c.pending.VRPs, v)
	return c.admit(dst, p, v.Announce, !c.full && c.Held != nil && c.Held.HasVRP(v))
}

func (c *Client) tooLong(dst []byte, p PDU) ([]byte, *Update, error) {
	return c.fail(dst, p, InternalError, fmt.Sprintf("an answer of more than %d octets", c.most))
}

// admit finds what cannot be announced or withdrawn (RFC 8210 §12).
func (c *Client) admit(dst []byte, p PDU, announce, held bool) ([]byte, *Update, error) {
	switch {
	case c.full && !announce:
		return c.fail(dst, p, WithdrawUnknown, "a withdrawal in a full answer")
	case announce && held:
		return c.fail(dst, p, DuplicateAnnounce, "it is announced already")
	case !announce && !held && c.Held != nil:
		return c.fail(dst, p, WithdrawUnknown, "it is not announced")
	}
	return dst, nil, nil
}

func (c *Client) end(dst []byte, p PDU, m *Message) ([]byte, *Update, error) {
	if !c.answering {
		return c.fail(dst, p, CorruptData, "the end of nothing")
	}
	if m.Session != c.pending.Session {
		return c.fail(dst, p, CorruptData, "another session id than at the start of the answer")
	}
	if text := twice(&c.pending); text != "" {
		return c.fail(dst, p, DuplicateAnnounce, text)
	}
	c.asked, c.answering, c.synced = false, false, true
	c.session, c.serial = m.Session, m.Serial
	if m.Version > 0 {
		c.intervals = m.Intervals.bounded()
	}
	u := c.pending
	u.Serial, u.Intervals = c.serial, c.intervals
	c.pending = Update{}
	return dst, &u, nil
}

// twice names a record that stands in an answer more than once: a cache sends
// what is different in the end, not how it came about (RFC 8210 §5.6).
func twice(u *Update) string {
	if mayRepeat(u.VRPs) {
		vrps := slices.Clone(u.VRPs)
		slices.SortFunc(vrps, compareVRP)
		for i := 1; i < len(vrps); i++ {
			if compareVRP(vrps[i-1], vrps[i]) == 0 {
				return fmt.Sprintf("%s-%d from %s is in one answer twice", vrps[i].Prefix, vrps[i].MaxLen, vrps[i].ASN)
			}
		}
	}
	keys := slices.Clone(u.Keys)
	slices.SortFunc(keys, compareKey)
	for i := 1; i < len(keys); i++ {
		if compareKey(keys[i-1], keys[i]) == 0 {
			return fmt.Sprintf("the key %x of %s is in one answer twice", keys[i].SKI, keys[i].ASN)
		}
	}
	vaps := slices.Clone(u.VAPs)
	slices.SortFunc(vaps, compareVAP)
	for i := 1; i < len(vaps); i++ {
		if compareVAP(vaps[i-1], vaps[i]) == 0 {
			return fmt.Sprintf("the ASPA of %s is in one answer twice", vaps[i].Customer)
		}
	}
	return ""
}

// mayRepeat looks for two equal hashes: sorting numbers takes a fraction of the
// time of sorting the hundreds of thousands of VRPs of a full answer.
func mayRepeat(vrps []VRP) bool {
	seed := maphash.MakeSeed()
	hashes := make([]uint64, len(vrps))
	for i, v := range vrps {
		v.Announce = false
		hashes[i] = maphash.Comparable(seed, v)
	}
	slices.Sort(hashes)
	for i := 1; i < len(hashes); i++ {
		if hashes[i] == hashes[i-1] {
			return true
		}
	}
	return false
}

// report takes an Error Report, which is never answered (RFC 8210 §5.11).
func (c *Client) report(dst []byte, p PDU) ([]byte, *Update, error) {
	text, whole := p.ErrorText()
	code := ErrorCode(p.Session())
	c.asked, c.answering = false, false
	switch {
	case !whole:
		c.synced = false
		return dst, nil, &Error{CorruptData, ErrorReport, "the lengths inside do not fit"}
	case code == UnsupportedVersion && c.version > 0:
		c.version = min(c.version-1, p.Version())
		c.synced = false
		return dst, nil, ErrDowngrade
	case code == UnsupportedVersion:
		c.Forget() // it speaks none of ours
	case code.Fatal():
		c.synced = false
	}
	return dst, nil, &Reported{code, text}
}

// refuse reports what is wrong with a PDU itself.
func (c *Client) refuse(dst []byte, p PDU, err error) ([]byte, *Update, error) {
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{InternalError, p.Type(), err.Error()}
	}
	return c.fail(dst, p, e.Code, e.Text)
}

// fail reports an error to the cache and ends the connection.
func (c *Client) fail(dst []byte, p PDU, code ErrorCode, text string) ([]byte, *Update, error) {
	c.asked, c.answering, c.synced = false, false, false
	c.pending = Update{}
	code = code.in(c.version)
	return AppendError(dst, c.version, code, p, text), nil, &Error{code, p.Type(), text}
}
