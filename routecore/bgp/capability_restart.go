package bgp

import (
	"encoding/binary"

	"example.com/rotonda/routecore/inet"
)

// GracefulRestart is capability 64 (RFC 4724 §3, RFC 8538 §2).
type GracefulRestart struct {
	Restarted    bool   // R: the speaker has just restarted
	Notification bool   // N: a NOTIFICATION does not end it (RFC 8538)
	Time         uint16 // seconds, 0 to 4095
	Families     FamilySet
	Forwarding   FamilySet // F: families whose forwarding state survived
}

// GracefulRestart returns the capability where it was announced.
func (o Open) GracefulRestart() (GracefulRestart, bool) {
	v, ok := o.Capability(CapGracefulRestart)
	if !ok || len(v) < 2 {
		return GracefulRestart{}, false
	}
	g := GracefulRestart{Restarted: v[0]&0x80 != 0, Notification: v[0]&0x40 != 0, Time: binary.BigEndian.Uint16(v) & 0xfff}
	for v = v[2:]; len(v) >= 4; v = v[4:] {
		f := wireFamily(v)
		g.Families = g.Families.With(f)
		if v[3]&0x80 != 0 {
			g.Forwarding = g.Forwarding.With(f)
		}
	}
	return g, true
}

// NewGracefulRestart announces g.
func NewGracefulRestart(g GracefulRestart) Capability {
	word := g.Time & 0xfff
	if g.Restarted {
		word |= 0x8000
	}
	if g.Notification {
		word |= 0x4000
	}
	c := Capability{CapGracefulRestart, []byte{byte(word >> 8), byte(word)}}
	for f := range g.Families.All() {
		flags := byte(0)
		if g.Forwarding.Has(f) {
			flags = 0x80
		}
		c.Value = append(appendFamily(c.Value, f), flags)
	}
	return c
}

// LLGR is an entry of capability 71 (RFC 9494 §3.1).
type LLGR struct {
	Family     inet.Family
	Forwarding bool   // forwarding state survived
	Time       uint32 // seconds, 24 bits
}

// LLGR returns the entries of the long-lived graceful restart capability, which
// means nothing without [Open.GracefulRestart].
func (o Open) LLGR() []LLGR {
	var out []LLGR
	for v := range o.tuples(CapLLGR, 0, 7) {
		out = append(out, LLGR{wireFamily(v), v[3]&0x80 != 0, uint32(v[4])<<16 | uint32(v[5])<<8 | uint32(v[6])})
	}
	return out
}

// NewLLGR announces entries.
func NewLLGR(entries ...LLGR) Capability {
	c := Capability{Code: CapLLGR}
	for _, e := range entries {
		flags := byte(0)
		if e.Forwarding {
			flags = 0x80
		}
		c.Value = append(appendFamily(c.Value, e.Family), flags, byte(e.Time>>16), byte(e.Time>>8), byte(e.Time))
	}
	return c
}
