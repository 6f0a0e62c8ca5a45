package format

import (
	"encoding/binary"
	"encoding/hex"
	"hash/maphash"
	"strconv"

	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/unit"
)

// Encoder writes events in one style. It is for one goroutine at a time. Use
// [NewEncoder].
type Encoder struct {
	style  Style
	lookup func(ingress.ID) *ingress.Info
	row    Row
	cache  attrCache
}

// NewEncoder returns an encoder. lookup tells who an ingress is; it may be nil.
func NewEncoder(style Style, lookup func(ingress.ID) *ingress.Info) *Encoder {
	if lookup == nil {
		lookup = func(ingress.ID) *ingress.Info { return nil }
	}
	return &Encoder{style: style, lookup: lookup, cache: attrCache{seed: maphash.MakeSeed()}}
}

// Append appends the lines of an event, each ended by a line feed; none where
// the style does not write it. A run of routes gives a line for each of them
// that changed something.
func (e *Encoder) Append(dst []byte, ev unit.Event) []byte {
	switch ev := ev.(type) {
	case *unit.Routes:
		if e.style == Events || e.style == JSON && (ev.Marks != nil || ev.Seq != 0) {
			return e.routes(dst, ev)
		}
	case *unit.Output:
		return e.output(dst, ev)
	case *unit.PeerDown:
		if e.style == Events || e.style == JSON {
			return e.peerDown(dst, ev)
		}
	default:
		if e.style == Events {
			return e.other(dst, ev)
		}
	}
	return dst
}

// routes writes a line for each NLRI.
func (e *Encoder) routes(dst []byte, r *unit.Routes) []byte {
	if r.Hidden {
		return dst
	}
	e.begin(r)
	if !r.Family.IsPrefix() {
		return e.raw(dst, r)
	}
	v6 := r.Family.AFI() == inet.AFIIPv6
	b := r.NLRI
	for i := 0; ; i++ {
		id, p, size := bgp.NextPrefix(b, v6, r.AddPath)
		if size == 0 {
			return dst
		}
		b = b[size:]
		if e.mark(r, i) {
			e.row.Prefix, e.row.PathID = p, id
			dst = append(e.row.AppendJSON(dst), '\n')
		}
	}
}

// raw writes the routes of a family whose NLRI are no prefixes.
func (e *Encoder) raw(dst []byte, r *unit.Routes) []byte {
	i := 0
	for n := range r.Run().All() {
		if e.mark(r, i) {
			if r.AddPath && len(n) >= 4 {
				e.row.PathID, n = binary.BigEndian.Uint32(n), n[4:]
			}
			e.row.NLRI = n
			dst = append(e.row.AppendJSON(dst), '\n')
		}
		i++
	}
	return dst
}

// begin sets what all rows of the run share.
func (e *Encoder) begin(r *unit.Routes) {
	e.row = Row{Family: r.Family, OneLabel: r.OneLabel, HasPathID: r.AddPath, Ingress: r.Peer.Ingress, Info: e.lookup(r.Peer.Ingress), Received: r.Time,
		Event: "announced", Status: "active", Attrs: r.Attrs}
	if r.Withdrawn() {
		e.row.Event, e.row.Status = "withdrawn", "withdrawn"
	}
	e.row.AttrsJSON = e.cache.json(r.Attrs, r.Family)
}

// mark sets what happened to one route; false if nothing did.
func (e *Encoder) mark(r *unit.Routes, i int) bool {
	if i >= len(r.Marks) {
		return true
	}
	switch r.Marks[i] {
	case bgp.ChangeNew:
		e.row.Event, e.row.Status = "announced", "active"
	case bgp.ChangeReplaced:
		e.row.Event, e.row.Status = "changed", "active"
	case bgp.ChangeWithdrawn:
		e.row.Event, e.row.Status = "withdrawn", "withdrawn"
	default:
		return false
	}
	return true
}

// open begins the line of an event that is no route.
func (e *Encoder) open(dst []byte, name string, p unit.Peer) []byte {
	dst = append(append(append(dst, `{"event":"`...), name...), '"')
	return appendPeer(dst, p.Ingress, e.lookup(p.Ingress))
}

func (e *Encoder) peerDown(dst []byte, ev *unit.PeerDown) []byte {
	dst = appendTime(appendMember(e.open(dst, "peerDown", ev.Peer), "time"), ev.Time)
	dst = appendText(dst, "reason", ev.Reason)
	if ev.Keep {
		dst = append(dst, `,"stale":true`...)
	}
	return append(dst, "}\n"...)
}

func (e *Encoder) other(dst []byte, ev unit.Event) []byte {
	switch ev := ev.(type) {
	case *unit.PeerUp:
		dst = appendTime(appendMember(e.open(dst, "peerUp", ev.Peer), "time"), ev.Time)
		if ev.Incomplete {
			dst = append(dst, `,"incomplete":true`...)
		}
	case *unit.EndOfRIB:
		dst = appendText(e.open(dst, "endOfRib", ev.Peer), "family", ev.Family.String())
		dst = appendTime(appendMember(dst, "time"), ev.Time)
	case *unit.VRPs:
		dst = appendText(e.open(dst, "vrps", unit.Peer{}), "source", ev.Source)
		dst = appendTime(appendMember(dst, "time"), ev.Time)
	case *unit.Message:
		kind := "bgp"
		if ev.Kind == unit.RawBMP {
			kind = "bmp"
		}
		dst = appendText(e.open(dst, "message", ev.Peer), "kind", kind)
		dst = appendTime(appendMember(dst, "time"), ev.Time)
		dst = append(hex.AppendEncode(append(appendMember(dst, "raw"), '"'), ev.Raw), '"')
	default:
		return dst
	}
	return append(dst, "}\n"...)
}

// output writes what a script emitted: a line for each route under judgement.
func (e *Encoder) output(dst []byte, o *unit.Output) []byte {
	if e.style != Events {
		if o.Entry != nil && o.Entry.Custom != nil {
			return appendCustomLine(dst, o.Entry)
		}
		return e.records(dst, o, func(dst []byte) []byte { return dst }, "\n")
	}
	prelude := func(dst []byte) []byte {
		dst = appendText(append(dst, `{"event":"output"`...), "topic", o.Topic)
		if o.Match != "" {
			dst = appendText(dst, "match", o.Match)
		}
		dst = appendPeer(dst, o.Peer.Ingress, e.lookup(o.Peer.Ingress))
		dst = appendTime(appendMember(dst, "time"), o.Time)
		return appendMember(dst, "record")
	}
	return e.records(dst, o, prelude, "}\n")
}

// records writes the record, or one for each route, between prelude and end.
func (e *Encoder) records(dst []byte, o *unit.Output, prelude func([]byte) []byte, end string) []byte {
	if o.Route == nil || !o.Route.Family.IsPrefix() || o.Topic == "custom" || o.Topic == "log_entry" || o.Topic == "peerdown" {
		return append(e.appendRecord(prelude(dst), o), end...)
	}
	attrs := e.cache.json(o.Route.Attrs, o.Route.Family)
	for _, p := range o.Route.Run().Prefixes() {
		dst = prelude(dst)
		if e.style == CSV {
			dst = appendCSV(p.AppendTo(dst), string(attrs))
		} else {
			dst = append(p.AppendTo(append(dst, `{"prefix":"`...)), `","attributes":{"rpki":{"rov":"notChecked"},"pathAttributes":`...)
			dst = append(append(dst, attrs...), "}}"...)
		}
		dst = append(dst, end...)
	}
	return dst
}

// appendRecord writes a record that is no route.
func (e *Encoder) appendRecord(dst []byte, o *unit.Output) []byte {
	switch {
	case o.Entry != nil && e.style == CSV:
		return appendEntryCSV(dst, o.Entry)
	case o.Entry != nil:
		return appendEntry(dst, o.Entry, e.style)
	case o.Topic == "custom" && e.style == CSV:
		dst = strconv.AppendUint(dst, uint64(o.ID), 10)
		return strconv.AppendUint(append(dst, ','), uint64(o.Value), 10)
	case o.Topic == "custom":
		dst = strconv.AppendUint(append(dst, `{"id":`...), uint64(o.ID), 10)
		dst = strconv.AppendUint(append(dst, `,"value":`...), uint64(o.Value), 10)
		return append(dst, '}')
	case o.Topic == "peerdown":
		return e.appendPeerRecord(dst, o.Peer.Ingress)
	case e.style == CSV:
		return append(dst, `""`...)
	}
	return append(dst, "null"...)
}

// appendPeerRecord writes the address and AS of a peer that went down.
func (e *Encoder) appendPeerRecord(dst []byte, id ingress.ID) []byte {
	i := e.lookup(id)
	if i == nil {
		i = &ingress.Info{}
	}
	if e.style == CSV {
		dst = append(i.Addr.AppendTo(dst), ',')
		return strconv.AppendUint(dst, uint64(i.ASN), 10)
	}
	dst = i.Addr.AppendTo(append(dst, `["`...))
	dst = strconv.AppendUint(append(dst, `",`...), uint64(i.ASN), 10)
	return append(dst, ']')
}
