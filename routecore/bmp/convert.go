package bmp

import (
	"encoding/binary"

	"example.com/rotonda/routecore/bgp"
)

// Upgrade appends a message of version 3 as one of version 4, numbered as in r: the
// UPDATE goes into a TLV, statistics into another; table, where it is not empty, is the
// name of the VRF that Route Monitoring then carries. What is of version 4 already, or has
// no number yet, is appended as it is.
//
// Where the message has a Station that knows the session's path identifiers, a
// Stateless Parsing TLV says where they are, so that the message can be read without the
// Peer Up.
func Upgrade(dst []byte, m Message, r Revision, table string) ([]byte, error) {
	if m.Version != Version || m.Type >= typeCount {
		return append(dst, m.Raw...), nil
	}
	c, err := ParseMessage(m)
	if err != nil {
		return dst, err
	}
	c.Version = Version4
	if c.Type == RouteMonitoring {
		if v := m.Station.ViewOf(m); v != nil && v.Ctx.AddPath != 0 {
			c.Indexed = append(c.Indexed, IndexedTLV{TLV: TLV{Type: r.Code(FieldStateless), Value: stateless(v.Ctx.AddPath)}})
		}
		if table != "" {
			c.Indexed = append(c.Indexed, IndexedTLV{TLV: TLV{Type: r.Code(FieldTable), Value: []byte(table)}})
		}
		c.Indexed = append(c.Indexed, IndexedTLV{TLV: TLV{Type: r.Code(FieldMessage), Value: c.Update}})
		c.Update = nil
	}
	return AppendMessage(dst, c), nil
}

// stateless returns the ADD-PATH capability of families that have path identifiers,
// in both directions: which one a message is of, its header says.
func stateless(families bgp.FamilySet) []byte {
	value := []byte{byte(bgp.CapAddPath), byte(4 * families.Len())}
	for f := range families.All() {
		value = binary.BigEndian.AppendUint16(value, uint16(f.AFI()))
		value = append(value, byte(f.SAFI()), addPathReceive|addPathSend)
	}
	return value
}

// Downgrade appends a message of version 4 as one of version 3. What version 3 has no
// place for is gone: all TLVs of Route Monitoring but the UPDATE, those beside statistics
// and behind reasons of Peer Down, enterprise statistics. ok is false, and nothing
// appended, for messages that have no counterpart: Snapshot, and Route Monitoring
// without an UPDATE. r is how the TLVs are numbered; RevisionAuto looks.
func Downgrade(dst []byte, m Message, r Revision) (out []byte, ok bool, err error) {
	if m.Version != Version4 {
		return append(dst, m.Raw...), true, nil
	}
	if m.Type >= typeCount {
		return dst, false, nil
	}
	c, err := ParseMessage(m)
	if err != nil {
		return dst, false, err
	}
	c.Version = Version
	switch c.Type {
	case RouteMonitoring:
		run := IndexedTLVs(m.Body()[PeerHeaderLen:])
		if r == RevisionAuto {
			r, _ = DetectRevision(run)
		}
		update, found := (&Extras{Revision: r, tlvs: run}).Find(FieldMessage)
		if !found {
			return dst, false, nil
		}
		c.Update = update.Value
	case StatsReport:
		kept := c.Stats[:0]
		for _, s := range c.Stats {
			if s.Enterprise == 0 && s.Type&EnterpriseBit == 0 {
				kept = append(kept, s)
			}
		}
		c.Stats, c.TLVs = kept, nil
	case PeerDown:
		if c.Down.Reason != DownLocRIB {
			c.Down.Info = nil
		}
	}
	if c.Type.HasPeer() && c.Peer.Type != LocRIBPeer {
		c.Peer.Flags &^= FlagExtended
	}
	return AppendMessage(dst, c), true, nil
}
