package format

import (
	"net/netip"

	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// Row is a route as the API and the targets show it. Empty members are left
// out, but for prefix, received, status and attributes.
type Row struct {
	Event     string // what happened to it; empty in answers to queries
	Family    inet.Family
	Prefix    netip.Prefix
	NLRI      []byte // in place of Prefix for families whose NLRI are no prefixes; without path identifier
	OneLabel  bool   // of NLRI, as in bgp.NLRI
	PathID    uint32
	HasPathID bool
	Ingress   ingress.ID
	Info      *ingress.Info // nil: nothing is known
	Received  int64         // Unix microseconds
	Status    string        // active, stale or withdrawn
	ROV       string        // notChecked, notFound, valid or invalid
	Attrs     bgp.Attrs
	// AttrsJSON is the list of attributes, if the caller has it already.
	AttrsJSON []byte
}

// AppendJSON appends the row as a JSON object, without a line feed.
func (r *Row) AppendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	if r.Event != "" {
		dst = append(append(append(dst, `"event":"`...), r.Event...), `",`...)
	}
	if r.Prefix.IsValid() {
		dst = append(dst, `"prefix":"`...)
		dst = append(r.Prefix.AppendTo(dst), '"')
	} else {
		dst = bgp.NLRI{Family: r.Family, OneLabel: r.OneLabel}.AppendJSON(append(dst, `"nlri":`...), r.NLRI)
	}
	if r.Family != inet.IPv4Unicast && r.Family != inet.IPv6Unicast && r.Family != 0 {
		dst = appendText(dst, "family", r.Family.String())
	}
	if r.HasPathID {
		dst = appendNumber(dst, "pathId", uint64(r.PathID))
	}
	dst = appendPeer(dst, r.Ingress, r.Info)
	dst = appendTime(appendMember(dst, "received"), r.Received)
	dst = append(append(append(dst, `,"status":"`...), r.Status...), '"')
	if r.ROV != "" {
		dst = append(append(append(dst, `,"rov":"`...), r.ROV...), '"')
	}
	dst = appendMember(dst, "attributes")
	if r.AttrsJSON != nil {
		dst = append(dst, r.AttrsJSON...)
	} else {
		dst = r.Attrs.AppendJSON(dst, r.Family)
	}
	return append(dst, '}')
}

// appendPeer writes who a route or an event comes from.
func appendPeer(dst []byte, id ingress.ID, i *ingress.Info) []byte {
	if id != 0 {
		dst = appendNumber(dst, "ingress", uint64(id))
	}
	if i == nil {
		return dst
	}
	if i.ASN != 0 {
		dst = appendNumber(dst, "peerAsn", uint64(i.ASN))
	}
	if i.Addr.IsValid() {
		dst = append(appendMember(dst, "peerAddress"), '"')
		dst = append(i.Addr.AppendTo(dst), '"')
	}
	if i.View != ingress.ViewNone {
		dst = appendText(dst, "view", i.View.String())
	}
	return dst
}
