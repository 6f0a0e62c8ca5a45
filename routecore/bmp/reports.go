package bmp

import "strings"

// stepStats reads a Statistics Report.
func (s *Station) stepStats(dst []Action, version uint8, body []byte) []Action {
	counted, tlvs := body[PeerHeaderLen:], TLVs(nil)
	stats := ParseStats(counted)
	if version == Version4 {
		if stats, tlvs = ParseStats4(counted); tlvs != nil {
			counted, _ = tlvs.Find(StatsTLV)
		}
	}
	if err := statsFault(counted, HeaderLen+PeerHeaderLen); err != nil {
		dst = s.invalid(dst, err)
	}
	s.stats = s.stats[:0]
	for v := range stats {
		s.stats = append(s.stats, v)
	}
	s.StatCount += uint64(len(s.stats))
	a := s.about(body)
	a.Kind, a.Stats, a.TLVs = ActStats, s.stats, tlvs
	return append(dst, a)
}

// stepMirror reads a Route Mirroring message. What it holds may be anything and
// is no source of routes (RFC 7854 §6).
func (s *Station) stepMirror(dst []Action, body []byte) []Action {
	a := s.about(body)
	a.Kind, a.TLVs = ActMirror, TLVs(body[PeerHeaderLen:])
	if err := a.TLVs.errAt(HeaderLen + PeerHeaderLen); err != nil {
		dst = s.invalid(dst, err)
	}
	var said []string
	for v := range a.TLVs.All() {
		switch {
		case v.Type == MirrorMessage:
			s.Mirrored++
			if a.Raw == nil {
				a.Raw = v.Value
			}
		case v.Type == MirrorInformation && len(v.Value) == 2:
			said = append(said, MirroringInformation.Name(uint16(v.Value[0])<<8|uint16(v.Value[1])))
		}
	}
	a.Text = strings.Join(said, "; ")
	return append(dst, a)
}

// about returns an action with the peer and view of the header in body.
func (s *Station) about(body []byte) Action {
	a := Action{Time: timeOf(body)}
	if a.Peer = s.find(body); a.Peer != nil {
		a.View = a.Peer.views[viewOf(PeerType(body[0]), body[1])]
	}
	return a
}

func (s *Station) stepSnapshot(dst []Action, m Message) []Action {
	s.Snapshots++
	a := Action{Kind: ActSnapshot}
	for _, v := range snapshotTLVs(m.Body()) {
		if v.Type == SnapshotTLV {
			a.Raw = v.Value
			return append(dst, a)
		}
	}
	return s.invalid(dst, fault(HeaderLen, "snapshot without an id"))
}
