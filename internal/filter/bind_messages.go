package filter

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"net/netip"
	"strings"

	"example.com/rotonda/roto"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bmp"
	"example.com/rotonda/routecore/inet"
)

// BGPMsg is an UPDATE as scripts see it, valid during one call.
type BGPMsg struct {
	update *bgp.Update // nil: the message holds none
	raw    []byte
	bare   bool // raw has no header
	attrs  bgp.Attrs
	ready  bool // attrs were made
	buf    []byte
}

func (m *BGPMsg) begin(u *bgp.Update, raw []byte) {
	m.update, m.raw, m.bare, m.attrs, m.ready = u, raw, false, nil, false
}

// beginUpdate is begin for the UPDATE of a session, which comes without header.
func (m *BGPMsg) beginUpdate(u *bgp.Update) {
	m.begin(u, u.Body())
	m.bare = true
}

// whole is the message as it was on the wire.
func (m *BGPMsg) whole() []byte {
	if !m.bare {
		return m.raw
	}
	size := len(m.raw) + bgp.HeaderLen
	out := append(bytes.Repeat([]byte{0xff}, 16), byte(size>>8), byte(size), byte(bgp.MsgUpdate))
	return append(out, m.raw...)
}

// attributes makes the canonical form at first use.
func (m *BGPMsg) attributes() bgp.Attrs {
	if m.ready || m.update == nil {
		return m.attrs
	}
	m.ready = true
	family := inet.IPv4Unicast
	if n, ok := m.update.MPReach(); ok {
		family = n.Family
	}
	m.buf = m.update.AppendAttrs(m.buf[:0], family)
	m.attrs = bgp.Attrs(m.buf)
	return m.attrs
}

func (m *BGPMsg) has(code uint8) bool {
	if m.update == nil {
		return false
	}
	_, ok := m.update.Get(bgp.AttrCode(code))
	return ok
}

func (m *BGPMsg) announced() uint64 {
	if m.update == nil {
		return 0
	}
	n := m.update.Announced().Len()
	if mp, ok := m.update.MPReach(); ok {
		n += mp.Len()
	}
	return uint64(n)
}

func (m *BGPMsg) withdrawn() uint64 {
	if m.update == nil {
		return 0
	}
	n := m.update.Withdrawn().Len()
	if mp, ok := m.update.MPUnreach(); ok {
		n += mp.Len()
	}
	return uint64(n)
}

// originASN is an AS number that may be absent: bit 32 says that it is there.
type originASN uint64

func (o originASN) asn() (inet.ASN, bool) { return inet.ASN(o), o>>32 != 0 }

func (m *BGPMsg) origin() originASN {
	if a, ok := m.attributes().OriginAS(); ok {
		return 1<<32 | originASN(a)
	}
	return 0
}

// pcap is the input format of text2pcap, as the original prints it.
func (m *BGPMsg) pcap() string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	b.WriteString("000000 ")
	for _, c := range m.whole() {
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
		b.WriteByte(' ')
	}
	return b.String()
}

// BMPMsg is a BMP message as scripts see it, valid during one call. An UPDATE
// inside is parsed when a script first asks for it.
type BMPMsg struct {
	BGPMsg
	msg    *bmp.Message
	header bmp.PeerHeader
	peer   bool // the message has a per-peer header
	inner  bgp.Update
	parsed bool
}

func (m *BMPMsg) begin(msg *bmp.Message) {
	m.BGPMsg.begin(nil, msg.Raw)
	m.msg, m.peer, m.parsed = msg, false, false
	if !msg.Type.HasPeer() {
		return
	}
	if h, _, err := bmp.ParsePeerHeader(msg.Body()); err == nil {
		m.header, m.peer = h, true
	}
}

// open parses the UPDATE of a Route Monitoring message.
func (m *BMPMsg) open() *BGPMsg {
	if m.parsed {
		return &m.BGPMsg
	}
	m.parsed = true
	if !m.peer {
		return &m.BGPMsg
	}
	raw, ctx, ok := m.msg.Update()
	if !ok {
		return &m.BGPMsg
	}
	inner, n, err := bgp.ReadMessage(raw, bgp.MaxExtMessage)
	if err == nil && n > 0 && inner.Type == bgp.MsgUpdate {
		bgp.ParseUpdate(&m.inner, inner.Body(), ctx)
		if m.inner.Verdict.Action != bgp.Reset {
			m.update = &m.inner
		}
	}
	return &m.BGPMsg
}

func (m *BMPMsg) attributes() bgp.Attrs { return m.open().attributes() }

func (m *BMPMsg) isIBGP(a inet.ASN) bool { return m.peer && m.header.ASN == a }

func (m *BMPMsg) is(t bmp.Type) bool { return m.msg.Type == t }

// ingress is the peer of the per-peer header; without one the router.
func (m *BMPMsg) ingress(router netip.Addr) Ingress {
	if m.peer {
		return Ingress{m.header.ASN, m.header.Addr}
	}
	return Ingress{0, router}
}

func bindMessages[C ~uint32](rt *roto.Runtime, d dialect) {
	roto.Type[originASN](rt, "OriginAsn", "An origin AS that may be absent (Rotonda 0.5).")
	b := roto.Type[*BGPMsg](rt, "BgpMsg", "An UPDATE message.")
	bindCarrier[*BGPMsg, C](b)
	bindMessage(b, func(m *BGPMsg) *BGPMsg { return m })
	bindHistory(b, d, func(m *BGPMsg) *BGPMsg { return m })
	m := roto.Type[*BMPMsg](rt, "BmpMsg", "A BMP message; what it has of an UPDATE is that of Route Monitoring.").
		Method("is_ibgp", "Whether the AS of the per-peer header is this one.", roto.Fn2((*BMPMsg).isIBGP), roto.Names("asn"), roto.Pure()).
		Method("is_route_monitoring", "Whether it is Route Monitoring.", roto.Fn1(func(m *BMPMsg) bool { return m.is(bmp.RouteMonitoring) }), roto.Pure()).
		Method("is_peer_down", "Whether it is Peer Down.", roto.Fn1(func(m *BMPMsg) bool { return m.is(bmp.PeerDown) }), roto.Pure()).
		Method("is_peer_up", "Whether it is Peer Up.", roto.Fn1(func(m *BMPMsg) bool { return m.is(bmp.PeerUp) }), roto.Pure())
	bindCarrier[*BMPMsg, C](m)
	bindMessage(m, (*BMPMsg).open)
	bindHistory(m, d, (*BMPMsg).open)
	roto.Type[*bmp.PeerHeader](rt, "PerPeerHeader", "The per-peer header of a BMP message; nothing returns one (Rotonda 0.5).")
	roto.Type[*insertion](rt, "InsertionInfo", "What an insertion changed; nothing returns one (Rotonda 0.5).")
}

// bindMessage binds the members that BGP and BMP messages share.
func bindMessage[T any](t *roto.TypeBuilder, open func(T) *BGPMsg) {
	t.Method("has_attribute", "Whether it has the path attribute of a type code.", roto.Fn2(func(m T, code uint8) bool { return open(m).has(code) }), roto.Names("code"), roto.Pure()).
		Method("fmt_pcap", "The message as text2pcap reads it.", roto.Fn1(func(m T) string { return open(m).pcap() }), roto.Pure()).
		Method("fmt_hex", "The message as hexadecimal digits.", roto.Fn1(func(m T) string { return hex.EncodeToString(open(m).whole()) }), roto.Pure()).
		Method("fmt_base64", "The message in base64.", roto.Fn1(func(m T) string { return base64.StdEncoding.EncodeToString(open(m).whole()) }), roto.Pure())
}

// insertion stands for a type that 0.5 registered and never made.
type insertion struct{ _ byte }

// bindHistory binds the members whose types differ between dialects.
func bindHistory[T any](t *roto.TypeBuilder, d dialect, open func(T) *BGPMsg) {
	announced := func(m T) uint64 { return open(m).announced() }
	withdrawn := func(m T) uint64 { return open(m).withdrawn() }
	count, uncount := roto.Fn1(announced), roto.Fn1(withdrawn)
	if d.narrow {
		count = roto.Fn1(func(m T) uint32 { return uint32(announced(m)) })
		uncount = roto.Fn1(func(m T) uint32 { return uint32(withdrawn(m)) })
	}
	t.Method("announcements_count", "The number of routes announced.", count, roto.Pure()).
		Method("withdrawals_count", "The number of routes withdrawn.", uncount, roto.Pure())
	if d.origin {
		t.Method("aspath_origin", "Whether an AS originated the route (Rotonda 0.2).", roto.Fn2(func(m T, a inet.ASN) bool { return matchOrigin(open(m).attributes(), a) }), roto.Names("asn"), roto.Pure())
		return
	}
	t.Method("aspath_origin", "The origin AS, for asn_lists.contains_origin (Rotonda 0.5).", roto.Fn1(func(m T) originASN { return open(m).origin() }), roto.Pure())
}
