package ingress

// ID is the number of an ingress: who routes come from. Numbers start at 1 and
// are never reused, also across restarts. 0 is nobody.
type ID uint32

// Session is the number of one life of an ingress, given with each lease. 0 is
// no session.
type Session uint32
