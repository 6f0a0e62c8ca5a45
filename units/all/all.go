// Package all lists every kind of unit that Rotonda comes with: the product as
// a list. A main function of its own adds to it (package rotonda).
package all

import (
	"example.com/rotonda/unit"
	"example.com/rotonda/units/bgpspeaker"
	"example.com/rotonda/units/bmpin"
	"example.com/rotonda/units/fileout"
	"example.com/rotonda/units/mrtin"
	"example.com/rotonda/units/nullout"
	"example.com/rotonda/units/rib"
	"example.com/rotonda/units/rtrin"
)

// Units returns the kinds of units, sources first.
func Units() []unit.Def {
	return []unit.Def{
		bgpspeaker.Unit,
		bmpin.Unit,
		mrtin.Unit,
		rtrin.Unit,
		rib.Unit,
		fileout.Unit,
		nullout.Unit,
		{Type: "mqtt-out", Instead: "file-out writes the same records to a file"},
	}
}
