package bgp

// ValidationState is the outcome of origin validation as one speaker tells it to
// another of its AS, in an extended community (RFC 8097 §2).
type ValidationState uint8

// The states of RFC 8097 §2; the numbers are those on the wire.
const (
	ValidationValid ValidationState = iota
	ValidationNotFound
	ValidationInvalid
)

// extValidation begins the community: opaque, not transitive.
var extValidation = [2]byte{0x43, 0x00}

// String returns "valid", "not-found", "invalid" or "unknown".
func (s ValidationState) String() string {
	if s > ValidationInvalid {
		return "unknown"
	}
	return findExt(extValidation[0], extValidation[1]).fields[0].names[s].name
}

// ExtCommunity returns the extended community that says s.
func (s ValidationState) ExtCommunity() ExtCommunity {
	return ExtCommunity{extValidation[0], extValidation[1], 7: byte(s)}
}

// ValidationState returns the state that came with the route; ok is false where
// none counts. Of several the greatest does. Values that are not defined are
// errors and do not count, nor does what an external peer says, whose view of the
// RPKI is not ours (RFC 8097 §2). Who trusts such a peer says that it is not external.
func (a Attrs) ValidationState(external bool) (s ValidationState, ok bool) {
	if external {
		return 0, false
	}
	for e := range a.ExtCommunities() {
		if state := ValidationState(e[7]); [2]byte(e[:2]) == extValidation && state <= ValidationInvalid {
			s, ok = max(s, state), true
		}
	}
	return s, ok
}
