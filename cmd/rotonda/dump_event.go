package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

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
	if inner, ok := m.value.(*event); ok {
		return append(b, inner.object()...)
	}
	v, err := json.Marshal(m.value)
	if err != nil {
		v = []byte("null")
	}
	return append(b, v...)
}

// appendText prints the value for people.
func (m member) appendText(b []byte) []byte {
	switch v := m.value.(type) {
	case *event:
		b = append(b, '(')
		for i, inner := range v.members {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = inner.appendText(append(append(b, inner.name...), ' '))
		}
		return append(b, ')')
	case notice:
		return v.appendText(b)
	case json.RawMessage:
		return append(b, v...)
	case []json.RawMessage:
		return appendNames(b, v)
	case []string:
		return append(b, strings.Join(v, ", ")...)
	case []otherTLV:
		for i, t := range v {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = fmt.Appendf(b, "type %d", t.Type)
			if t.Enterprise != 0 {
				b = fmt.Appendf(b, " of enterprise %d", t.Enterprise)
			}
			b = append(append(b, " 0x"...), t.Value...)
		}
		return b
	case string:
		return fmt.Appendf(b, "%q", v)
	case map[string]uint64:
		for i, name := range keys(v) {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = fmt.Appendf(b, "%s %d", name, v[name])
		}
		return b
	}
	return fmt.Append(b, m.value)
}

// notice is a NOTIFICATION as a member of an event.
type notice struct{ bgp.Notification }

// MarshalJSON returns the object with its code, name and data.
func (n notice) MarshalJSON() ([]byte, error) { return n.AppendJSON(nil), nil }

// appendText prints the codes, their names, and what the data says or are.
func (n notice) appendText(b []byte) []byte {
	b = fmt.Appendf(b, "%d/%d %s", n.Code, n.Subcode, n.Notification)
	if text, ok := n.Shutdown(); ok && text != "" {
		return fmt.Appendf(b, " %q", text)
	}
	if len(n.Data) > 0 {
		return hex.AppendEncode(append(b, " 0x"...), n.Data)
	}
	return b
}

// appendNames prints what capabilities are called, or their codes.
func appendNames(b []byte, caps []json.RawMessage) []byte {
	for i, raw := range caps {
		if i > 0 {
			b = append(b, ", "...)
		}
		var c struct {
			Code  int
			Name  string
			Value struct{ Family string }
		}
		_ = json.Unmarshal(raw, &c) // a value of another form is not printed
		if c.Name == "" {
			c.Name = fmt.Sprint("capability ", c.Code)
		}
		b = append(b, c.Name...)
		if c.Value.Family != "" {
			b = append(append(b, ' '), c.Value.Family...)
		}
	}
	return b
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
			e.add("notification", notice{n})
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

// object returns the members as a JSON object.
func (e *event) object() json.RawMessage {
	b := []byte{'{'}
	for i, m := range e.members {
		if i > 0 {
			b = append(b, ',')
		}
		b = m.appendJSON(append(append(append(b, '"'), m.name...), `":`...))
	}
	return append(b, '}')
}
