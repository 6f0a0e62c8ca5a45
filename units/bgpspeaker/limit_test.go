package bgpspeaker

import (
	"testing"

	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/unit"
)

// TestLimitCountsRoutesAndNotLabels: another label for a route is no other route, and
// a withdrawal ends it whatever its label field says (RFC 8277 §2.4).
func TestLimitCountsRoutesAndNotLabels(t *testing.T) {
	var l limit
	l.set(10)
	for _, step := range []struct {
		octet     byte // of the label
		path      byte
		withdrawn bool
		want      int
	}{{0x41, 1, false, 1}, {0x51, 1, false, 1}, {0x41, 2, false, 2}, {0x60, 1, true, 1}, {0, 2, true, 0}} {
		r := unit.Routes{Family: inet.IPv4Labelled, AddPath: true, OneLabel: true,
			NLRI: []byte{0, 0, 0, step.path, 48, 0, 6, step.octet, 203, 0, 113}}
		if l.count(&r, step.withdrawn); l.total() != step.want {
			t.Errorf("%+v: %d routes", step, l.total())
		}
	}
}
