package unit

import "example.com/rotonda/routecore/bgp"

// Size is what a clone of the batch would hold, in bytes: what queues count.
func (b *Batch) Size() int {
	n := 0
	for _, e := range b.Events {
		n += eventSize(e)
	}
	return n
}

// eventOverhead is the struct of an event with its place in the slice, about.
const eventOverhead = 160

func eventSize(e Event) int {
	n := eventOverhead
	switch e := e.(type) {
	case *Routes:
		n += len(e.NLRI) + len(e.Attrs) + len(e.Marks) + len(e.Raw)
	case *PeerUp:
		n += len(e.Sent) + len(e.Received)
	case *Message:
		n += len(e.Raw)
	case *Output:
		if e.Route != nil {
			n += eventSize(e.Route)
		}
	}
	return n
}

// Clone returns a copy that shares no bytes with b and stays valid: one
// allocation for all bytes and one for all Routes. Attribute sets that several
// Routes share stay shared.
func (b *Batch) Clone() *Batch {
	bytes, marks, routes := 0, 0, 0
	count := func(r *Routes) {
		routes++
		bytes += len(r.NLRI) + len(r.Attrs) + len(r.Raw)
		marks += len(r.Marks)
	}
	for _, e := range b.Events {
		switch e := e.(type) {
		case *Routes:
			count(e)
		case *PeerUp:
			bytes += len(e.Sent) + len(e.Received)
		case *Message:
			bytes += len(e.Raw)
		case *Output:
			if e.Route != nil {
				count(e.Route)
			}
		}
	}
	c := cloner{
		bytes:  make([]byte, 0, bytes),
		marks:  make([]bgp.Change, 0, marks),
		routes: make([]Routes, 0, routes),
	}
	out := &Batch{Events: make([]Event, 0, len(b.Events))}
	for _, e := range b.Events {
		out.Events = append(out.Events, c.event(e))
	}
	return out
}

type cloner struct {
	bytes     []byte
	marks     []bgp.Change
	routes    []Routes
	lastAttrs bgp.Attrs // the source of the last attribute set, and its copy
	lastCopy  bgp.Attrs
}

func (c *cloner) copy(p []byte) []byte {
	if p == nil {
		return nil
	}
	start := len(c.bytes)
	c.bytes = append(c.bytes, p...)
	return c.bytes[start:len(c.bytes):len(c.bytes)]
}

func (c *cloner) attrs(a bgp.Attrs) bgp.Attrs {
	if len(a) > 0 && len(a) == len(c.lastAttrs) && &a[0] == &c.lastAttrs[0] {
		return c.lastCopy
	}
	c.lastAttrs, c.lastCopy = a, bgp.Attrs(c.copy(a))
	return c.lastCopy
}

func (c *cloner) route(r *Routes) *Routes {
	c.routes = append(c.routes, *r)
	n := &c.routes[len(c.routes)-1]
	n.NLRI, n.Attrs, n.Raw = c.copy(r.NLRI), c.attrs(r.Attrs), c.copy(r.Raw)
	start := len(c.marks)
	c.marks = append(c.marks, r.Marks...)
	n.Marks = c.marks[start:len(c.marks):len(c.marks)]
	return n
}

func (c *cloner) event(e Event) Event {
	switch e := e.(type) {
	case *Routes:
		return c.route(e)
	case *PeerUp:
		n := *e
		n.Sent, n.Received = c.copy(e.Sent), c.copy(e.Received)
		return &n
	case *PeerDown:
		n := *e
		return &n
	case *EndOfRIB:
		n := *e
		return &n
	case *Stale:
		n := *e
		return &n
	case *VRPs:
		n := *e
		return &n
	case *Message:
		n := *e
		n.Raw = c.copy(e.Raw)
		return &n
	case *Output:
		n := *e
		if e.Route != nil {
			n.Route = c.route(e.Route)
		}
		return &n
	}
	return e
}
