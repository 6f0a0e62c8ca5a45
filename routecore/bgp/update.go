package bgp

import (
	"iter"

	"example.com/rotonda/routecore/inet"
)

// Update is a view over the body of an UPDATE: where its sections and attributes
// are, and what RFC 7606 says about it. [ParseUpdate] fills it; the caller owns it
// and uses it again for the next message, without allocation. All it hands out
// are views of the body. It is large: pass a pointer. Not for concurrent use.
type Update struct {
	// Verdict is the judgement. With TreatAsWithdraw the sections say what to
	// withdraw: [Update.Announced] and [Update.MPReach] are to be taken as
	// withdrawn; with Reset nothing of the UPDATE counts.
	Verdict Verdict

	body      []byte
	ctx       Ctx
	family    inet.Family // of the routes of an attribute block alone
	withdrawn span
	attrs     span
	announced span
	reach     mpSection
	unreach   mpSection
	guessed   Guess
	addPath   bool // of the classic sections
	unsorted  bool // attributes are not in ascending order
	form      AttrForm
	pathWidth uint8 // octets of an AS number in AS_PATH
	n         uint8
	seen      codeSet
	discarded codeSet
	attr      [255]attrRef
}

type span struct{ off, len uint16 }

type attrRef struct {
	off   uint16 // of the value, in the body
	len   uint16
	flags AttrFlags
	code  AttrCode
}

// mpSection is what MP_REACH_NLRI or MP_UNREACH_NLRI says.
type mpSection struct {
	family  inet.Family
	hop     span
	nlri    span
	present bool
	addPath bool
	// oneLabel is what [NLRI.OneLabel] says.
	oneLabel bool
}

// run is a run of NLRI like those of the section.
func (m *mpSection) run(b []byte) NLRI { return NLRI{m.family, m.addPath, m.oneLabel, b} }

// codeSet is a set of attribute codes.
type codeSet [4]uint64

func (s *codeSet) has(c AttrCode) bool { return s[c>>6]>>(c&63)&1 != 0 }
func (s *codeSet) add(c AttrCode)      { s[c>>6] |= 1 << (c & 63) }

// Guess tells what the parser had to guess about a session that it only watches.
type Guess uint8

// The guesses.
const (
	GuessAddPath  Guess = 1 << iota // path identifiers were found where nobody announced them
	GuessASNWidth                   // AS numbers have the other width than was announced
)

// Guessed returns what was guessed, 0 for nothing.
func (u *Update) Guessed() Guess { return u.guessed }

// Body returns the octets that were parsed.
func (u *Update) Body() []byte { return u.body }

func (u *Update) bytes(s span) []byte {
	return u.body[s.off : int(s.off)+int(s.len) : int(s.off)+int(s.len)]
}

// Withdrawn returns the classic withdrawals, always IPv4 unicast.
func (u *Update) Withdrawn() NLRI {
	return NLRI{Family: inet.IPv4Unicast, AddPath: u.addPath, Bytes: u.bytes(u.withdrawn)}
}

// Announced returns the classic announcements, always IPv4 unicast.
func (u *Update) Announced() NLRI {
	return NLRI{Family: inet.IPv4Unicast, AddPath: u.addPath, Bytes: u.bytes(u.announced)}
}

// MPReach returns the announcements of MP_REACH_NLRI (RFC 4760 §3). ok is false
// where there is no such attribute or its family and next hop cannot be found.
func (u *Update) MPReach() (n NLRI, ok bool) {
	return u.reach.run(u.bytes(u.reach.nlri)), u.reach.present
}

// MPUnreach returns the withdrawals of MP_UNREACH_NLRI (RFC 4760 §4).
func (u *Update) MPUnreach() (n NLRI, ok bool) {
	return u.unreach.run(u.bytes(u.unreach.nlri)), u.unreach.present
}

// MPNextHop returns the next hop of MP_REACH_NLRI as it came, route
// distinguishers included.
func (u *Update) MPNextHop() []byte { return u.bytes(u.reach.hop) }

// EndOfRIB tells whether the UPDATE is nothing but the mark that all routes of a
// family have been sent (RFC 4724 §2).
func (u *Update) EndOfRIB() (inet.Family, bool) {
	if u.withdrawn.len != 0 || u.announced.len != 0 || u.Verdict.Action == Reset {
		return 0, false
	}
	if u.attrs.len == 0 && len(u.body) == 4 {
		return inet.IPv4Unicast, true
	}
	if u.n == 1 && u.unreach.present && u.unreach.nlri.len == 0 && u.form == FormUpdate {
		return u.unreach.family, true
	}
	return 0, false
}

// find returns the index of an attribute, or -1.
func (u *Update) find(code AttrCode) int {
	if u.seen.has(code) {
		for i := range u.attr[:u.n] {
			if u.attr[i].code == code {
				return i
			}
		}
	}
	return -1
}

// Get returns the value of an attribute as it came on the wire. ok is false where
// it is absent or discarded.
func (u *Update) Get(code AttrCode) (v []byte, ok bool) {
	i := u.find(code)
	if i < 0 || u.discarded.has(code) {
		return nil, false
	}
	return u.value(i), true
}

func (u *Update) value(i int) []byte {
	return u.bytes(span{u.attr[i].off, u.attr[i].len})
}

// RawAttrs yields every attribute as it came, in the order it came, discarded
// ones too; only repetitions are left out.
func (u *Update) RawAttrs() iter.Seq[Attr] {
	return func(yield func(Attr) bool) {
		for i := range int(u.n) {
			if !yield(Attr{u.attr[i].code, u.attr[i].flags, u.value(i)}) {
				return
			}
		}
	}
}

// Discarded reports whether an attribute was there and does not count.
func (u *Update) Discarded(code AttrCode) bool { return u.discarded.has(code) }
