package bmp

// unwrap finds the UPDATE among the TLVs of a Route Monitoring message of version
// 4 and keeps the others in s.extras. Without an UPDATE rest is nil.
func (s *Station) unwrap(dst []Action, b []byte) (out []Action, rest []byte) {
	run := IndexedTLVs(b)
	if err := run.Err(); err != nil {
		dst = s.invalid(dst, err) // what is whole is read
	}
	s.extras = Extras{tlvs: run}
	dst = s.number(dst, run)
	v, ok := s.extras.Find(FieldMessage)
	if !ok {
		return s.invalid(dst, fault(HeaderLen+PeerHeaderLen, "route monitoring: no BGP Message TLV with the code points of %s", s.extras.Revision)), nil
	}
	return dst, v.Value
}

// number settles by which revision the TLVs are numbered: as configured, or as
// found before, or as the message shows.
func (s *Station) number(dst []Action, run IndexedTLVs) []Action {
	s.extras.Revision = s.CodePoints
	if s.CodePoints != RevisionAuto {
		return dst
	}
	s.extras.Revision = s.found
	if s.found != RevisionAuto {
		if v, ok := s.extras.Find(FieldMessage); ok && isMessage(v.Value) {
			return dst
		}
	}
	r, ok := DetectRevision(run)
	if !ok {
		return dst
	}
	s.extras.Revision = r
	if r != RevisionAuto && r != s.found {
		s.found = r
		dst = append(dst, Action{Kind: ActNotice, Text: "TLVs of BMP version 4 are numbered as in " + r.String()})
	}
	return dst
}
