package bgp

import (
	"strings"
	"unicode/utf8"

	"example.com/rotonda/routecore/inet"
)

// Notification is the message that closes a session (RFC 4271 §4.5).
type Notification struct {
	Code    uint8
	Subcode uint8
	Data    []byte // aliases the input after ParseNotification
}

// ParseNotification reads the body of a NOTIFICATION.
func ParseNotification(body []byte) (Notification, error) {
	if len(body) < 2 {
		return Notification{}, &Error{Code: CodeHeader, Subcode: 2, RFC: "RFC 4271 §6.1", Text: "NOTIFICATION shorter than its two codes"}
	}
	return Notification{Code: body[0], Subcode: body[1], Data: body[2:]}, nil
}

// Append appends the whole message. Data is cut where it would not fit into 4096 octets.
func (n Notification) Append(dst []byte) []byte {
	from := len(dst)
	dst = append(beginMessage(dst, MsgNotification), n.Code, n.Subcode)
	dst = append(dst, n.Data[:min(len(n.Data), MaxMessage-HeaderLen-2)]...)
	return endMessage(dst, from)
}

// String names code and subcode, "Cease/Administrative Shutdown", with numbers
// where there is no name.
func (n Notification) String() string {
	name := CodeName(n.Code)
	if sub := SubcodeName(n.Code, n.Subcode); sub != "" {
		name += "/" + sub
	}
	return name
}

// Shutdown returns the communication that an operator attached to a Cease with
// subcode 2 or 4 (RFC 9003 §2), with control characters and broken UTF-8
// replaced by U+FFFD. ok is false for another message, and where the length
// octet does not match the data.
func (n Notification) Shutdown() (text string, ok bool) {
	if n.Code != CodeCease || n.Subcode != CeaseShutdown && n.Subcode != CeaseReset {
		return "", false
	}
	if len(n.Data) == 0 || int(n.Data[0]) > len(n.Data)-1 {
		return "", false
	}
	return printable(n.Data[1 : 1+int(n.Data[0])]), true
}

// printable is text from a peer made safe for logs and terminals.
func printable(b []byte) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(string(b), "\ufffd"))
}

// NewShutdown is a Cease with a shutdown communication: subcode is
// [CeaseShutdown] or [CeaseReset]. Text over 255 octets is cut between
// characters (RFC 9003 §2).
func NewShutdown(subcode uint8, text string) Notification {
	for len(text) > 255 {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	n := Notification{Code: CodeCease, Subcode: subcode}
	if text != "" {
		n.Data = append([]byte{byte(len(text))}, text...)
	}
	return n
}

// NewMaxPrefix is the Cease for a peer that sent more than limit prefixes of a
// family (RFC 4486 §4).
func NewMaxPrefix(f inet.Family, limit uint32) Notification {
	return Notification{Code: CodeCease, Subcode: CeaseMaxPrefixes, Data: []byte{
		byte(f.AFI() >> 8), byte(f.AFI()), byte(f.SAFI()),
		byte(limit >> 24), byte(limit >> 16), byte(limit >> 8), byte(limit)}}
}

// Inner returns the NOTIFICATION that a Hard Reset wraps (RFC 8538 §3.1).
func (n Notification) Inner() (Notification, bool) {
	if n.Code != CodeCease || n.Subcode != CeaseHardReset || len(n.Data) < 2 {
		return Notification{}, false
	}
	return Notification{Code: n.Data[0], Subcode: n.Data[1], Data: n.Data[2:]}, true
}
