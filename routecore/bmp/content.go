package bmp

// Content is a whole message of either version, taken apart. Which fields count
// follows from Version and Type; the others are zero. What it points to is the message
// that was parsed.
type Content struct {
	Version uint8
	Type    Type
	Peer    PeerHeader      // of the types that have one, see [Type.HasPeer]
	Update  []byte          // Route Monitoring of version 3: the BGP message
	Indexed []IndexedTLV    // Route Monitoring of version 4, and Snapshot
	Up      PeerUpMessage   // Peer Up
	Down    PeerDownMessage // Peer Down
	Stats   []Stat          // Statistics Report
	TLVs    []TLV           // Initiation, Termination, Route Mirroring; beside the statistics of version 4
	Raw     []byte          // the body of a type that has no number yet
}

// ParseMessage takes a message apart. With an error, which names the octet, the
// content has what could be read.
func ParseMessage(m Message) (Content, error) {
	c := Content{Version: m.Version, Type: m.Type}
	body, at := m.Body(), HeaderLen
	if m.Type.HasPeer() {
		var err error
		if c.Peer, body, err = ParsePeerHeader(body); err != nil {
			return c, err
		}
		at += PeerHeaderLen
	}
	switch m.Type {
	case RouteMonitoring:
		return c, c.parseRoutes(body)
	case Snapshot:
		if m.Version == Version4 {
			c.Indexed = snapshotTLVs(body)
			if len(c.Indexed) > 0 && c.Indexed[0].Bare {
				return c, TLVs(body).errAt(at)
			}
			return c, IndexedTLVs(body).Err()
		}
	case Initiation, Termination, RouteMirroring:
		c.TLVs = TLVs(body).collect()
		return c, TLVs(body).errAt(at)
	case PeerUp:
		var err error
		if c.Up, err = ParsePeerUp(c.Peer, body); err != nil {
			return c, err
		}
		return c, c.Up.Info.errAt(at + len(body) - len(c.Up.Info))
	case PeerDown:
		var err error
		if c.Down, err = parsePeerDown(m.Version, body); err != nil {
			return c, err
		}
		return c, c.Down.Info.errAt(at + len(body) - len(c.Down.Info))
	case StatsReport:
		return c, c.parseStats(body, at)
	}
	c.Raw = body
	return c, nil
}

func (c *Content) parseRoutes(body []byte) error {
	if c.Version != Version4 {
		c.Update = body
		if n, ok := bgpLength(body); !ok || n != len(body) {
			return fault(HeaderLen+PeerHeaderLen, "route monitoring: no one whole BGP message in %d octets", len(body))
		}
		return nil
	}
	for v := range IndexedTLVs(body).All() {
		c.Indexed = append(c.Indexed, v)
	}
	return IndexedTLVs(body).Err()
}

func (c *Content) parseStats(body []byte, at int) error {
	stats, others := ParseStats(body), TLVs(nil)
	counted := body
	if c.Version == Version4 {
		if stats, others = ParseStats4(body); others != nil {
			if err := others.errAt(at); err != nil {
				return err
			}
			var ok bool
			if counted, ok = others.Find(StatsTLV); !ok {
				return fault(at, "statistics: no Stats TLV")
			}
		}
	}
	for s := range stats {
		c.Stats = append(c.Stats, s)
	}
	for v := range others.All() {
		if v.Type != StatsTLV {
			c.TLVs = append(c.TLVs, v)
		}
	}
	return statsFault(counted, at)
}

// snapshotTLVs reads the body of a Snapshot message. The draft has an index in
// each TLV; the files in use have not, and then nothing but reading without works out.
func snapshotTLVs(body []byte) []IndexedTLV {
	var out []IndexedTLV
	if _, bare, cut := IndexedTLVs(body).split(); cut > 0 || len(bare) > 0 {
		for v := range TLVs(body).All() {
			out = append(out, IndexedTLV{TLV: v, Bare: true})
		}
		return out
	}
	for v := range IndexedTLVs(body).All() {
		out = append(out, v)
	}
	return out
}

// AppendMessage appends the message of a content: ParseMessage gives the same
// content back.
func AppendMessage(dst []byte, c Content) []byte {
	start := len(dst)
	dst = beginAs(dst, c.Version, c.Type)
	if c.Type.HasPeer() {
		dst = c.Peer.append(dst)
	}
	switch {
	case c.Type == RouteMonitoring && c.Version == Version4, c.Type == Snapshot && c.Version == Version4:
		for _, v := range c.Indexed {
			dst = AppendIndexedTLV(dst, v)
		}
	case c.Type == RouteMonitoring:
		dst = append(dst, c.Update...)
	case c.Type == Initiation, c.Type == Termination, c.Type == RouteMirroring:
		dst = appendTLVs(dst, c.TLVs)
	case c.Type == PeerUp:
		dst = c.Up.append(dst)
	case c.Type == PeerDown:
		dst = c.Down.append(dst)
	case c.Type == StatsReport && c.Version == Version4:
		dst = AppendTLV(dst, TLV{Type: StatsTLV, Value: appendStats(nil, c.Stats)})
		dst = appendTLVs(dst, c.TLVs)
	case c.Type == StatsReport:
		dst = appendStats(dst, c.Stats)
	default:
		dst = append(dst, c.Raw...)
	}
	return finish(dst, start)
}
