package bgp

// Change is what one NLRI did to a table.
type Change uint8

// The changes.
const (
	ChangeUnknown   Change = iota // a withdrawal of a route that was not there
	ChangeNew                     // a route where there was none
	ChangeReplaced                // other attributes than before
	ChangeSame                    // the same attributes again
	ChangeWithdrawn               // a route went
	ChangeRefused                 // not taken: a limit was reached or the NLRI cannot be kept
)

var changeNames = [...]string{"unknown", "new", "replaced", "same", "withdrawn", "refused"}

// String returns the name in lower case.
func (c Change) String() string {
	if int(c) >= len(changeNames) {
		return "unknown"
	}
	return changeNames[c]
}
