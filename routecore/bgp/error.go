package bgp

import "strconv"

// Error is a protocol error that ends a session: what a NOTIFICATION about it
// would say, and where it was found.
type Error struct {
	Code    uint8  // NOTIFICATION error code (RFC 4271 §4.5)
	Subcode uint8  // error subcode, 0 where none fits
	Data    []byte // the NOTIFICATION's data field; may alias the input
	Offset  int    // octets from the start of the message or body that was parsed
	RFC     string // the rule, such as "RFC 4271 §6.1"
	Text    string // what is wrong
}

// Error names the place, the fault and the rule.
func (e *Error) Error() string {
	return "offset " + strconv.Itoa(e.Offset) + ": " + e.Text + " (" + e.RFC + ")"
}

// Notification is the message that tells the peer.
func (e *Error) Notification() Notification {
	return Notification{Code: e.Code, Subcode: e.Subcode, Data: e.Data}
}
