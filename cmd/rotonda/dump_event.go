package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"

	"example.com/rotonda/routecore/bgp"
)

// event is something a stream says that is no route: an OPEN, a router's name, the
// end of a session.
type event struct {
	typ     string
	members []member
}

type member struct {
	name  string
	value any
}

// appendJSON appends the value as JSON.
func (m member) appendJSON(b []byte) []byte {
	v, err := json.Marshal(m.value)
	if err != nil {
		v = []byte("null")
	}
	return append(b, v...)
}

// appendText prints the value for people.
func (m member) appendText(b []byte) []byte {
	switch v := m.value.(type) {
	case json.RawMessage:
		return append(b, v...)
	case []json.RawMessage:
		for i, part := range v {
			if i > 0 {
				b = append(b, ' ')
			}
			b = append(b, part...)
		}
		return b
	case string:
		return fmt.Appendf(b, "%q", v)
	}
	return fmt.Append(b, m.value)
}

func (e *event) add(name string, value any) { e.members = append(e.members, member{name, value}) }

// messageEvent describes a BGP message that is no UPDATE. The error is that of
// its body.
func messageEvent(kind bgp.MsgType, body []byte) (*event, error) {
	switch kind {
	case bgp.MsgOpen:
		return openEvent(body)
	case bgp.MsgNotification:
		n, err := bgp.ParseNotification(body)
		e := &event{typ: "notification"}
		if err == nil {
			e.add("notification", json.RawMessage(n.AppendJSON(nil)))
		}
		return e, err
	case bgp.MsgKeepalive:
		return &event{typ: "keepalive"}, nil
	case bgp.MsgRouteRefresh:
		r, err := bgp.ParseRouteRefresh(body)
		e := &event{typ: "routeRefresh"}
		if err == nil {
			e.add("family", r.Family.String())
			e.add("subtype", r.Subtype)
			if len(r.ORF) > 0 {
				e.add("orf", hex.EncodeToString(r.ORF))
			}
		}
		return e, err
	}
	e := &event{typ: "message"}
	e.add("kind", uint8(kind))
	e.add("raw", hex.EncodeToString(body))
	return e, nil
}

func openEvent(body []byte) (*event, error) {
	o, err := bgp.ParseOpen(body)
	e := &event{typ: "open"}
	if !o.ID.IsValid() {
		return e, err
	}
	e.add("version", o.Version)
	e.add("asn", o.ASN())
	e.add("holdTime", o.HoldTime)
	e.add("id", o.ID)
	caps := make([]json.RawMessage, 0, len(o.Caps))
	for _, c := range o.Caps {
		caps = append(caps, c.AppendJSON(nil))
	}
	e.add("capabilities", caps)
	return e, err
}
