package bgp

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"example.com/rotonda/routecore/inet"
)

// randomAttrs makes a set of valid attributes for routes of f.
func randomAttrs(r *rand.Rand, f inet.Family) Attrs {
	value := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return b
	}
	hops := []int{4}
	switch {
	case flow(f):
		hops = []int{0, 4, 16}
	case f == inet.IPv4Unicast:
		hops = []int{4, 4, 4, 16, 32}
	case f.AFI() == inet.AFIIPv6:
		hops = []int{16, 32}
	}
	type entry struct {
		code  AttrCode
		value []byte
	}
	list := []entry{{AttrOrigin, []byte{byte(r.IntN(3))}}, {AttrASPath, randomPath(r)}}
	if n := hops[r.IntN(len(hops))]; n > 0 {
		list = append(list, entry{AttrNextHop, value(n)})
	}
	optional := []entry{
		{AttrMED, value(4)}, {AttrLocalPref, value(4)}, {AttrAtomicAggregate, nil},
		{AttrAggregator, binary.BigEndian.AppendUint32(nil, 1+r.Uint32N(1<<20))},
		{AttrCommunities, value(4 * (1 + r.IntN(90)))}, {AttrOriginatorID, value(4)}, {AttrClusterList, value(4 * (1 + r.IntN(5)))},
		{AttrExtCommunities, value(8 * (1 + r.IntN(5)))}, {AttrIPv6ExtComm, value(20)}, {AttrLargeCommunities, value(12 * (1 + r.IntN(5)))},
		{AttrOTC, value(4)}, {AttrSet, append(value(4), 0x40, 1, 1, 0)}, {AttrCode(99), value(r.IntN(300))}, {AttrReserved, value(r.IntN(9))},
	}
	optional[3].value = append(optional[3].value, value(4)...)
	for _, e := range optional {
		if r.IntN(3) == 0 {
			list = append(list, e)
		}
	}
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	a := Attrs(endAttrs(beginAttrs(nil), 0))
	for _, e := range list {
		a = AppendSet(nil, a, e.code, e.value)
	}
	return a
}

func randomPath(r *rand.Rand) []byte {
	var p []byte
	for range r.IntN(4) {
		typ := ASSequence
		if r.IntN(4) == 0 {
			typ = SegmentType(1 + r.IntN(4))
		}
		n := 1 + r.IntN(6)
		if r.IntN(20) == 0 {
			n = 255
		}
		p = append(p, byte(typ), byte(n))
		for range n {
			asn := 1 + r.Uint32N(65535)
			if r.IntN(3) == 0 {
				asn = 65536 + r.Uint32N(1<<20)
			}
			p = binary.BigEndian.AppendUint32(p, asn)
		}
	}
	return p
}

func randomNLRI(r *rand.Rand, f inet.Family, addPath bool, count int) NLRI {
	n := NLRI{Family: f, AddPath: addPath}
	for range count {
		if addPath {
			n.Bytes = binary.BigEndian.AppendUint32(n.Bytes, r.Uint32())
		}
		switch {
		case f.IsPrefix():
			var raw [16]byte
			binary.BigEndian.PutUint64(raw[:], r.Uint64())
			addr := netip.AddrFrom16(raw)
			if f.MaxBits() == 32 {
				addr = netip.AddrFrom4([4]byte(raw[:]))
			}
			n.Bytes = inet.AppendPrefix(n.Bytes, netip.PrefixFrom(addr, r.IntN(f.MaxBits()+1)))
		case f == inet.L2VPNEVPN:
			n.Bytes = append(n.Bytes, 0xf9, 4, 1, 2, 3, 4)
		case f == inet.IPv4FlowSpec:
			n.Bytes = append(n.Bytes, 3, 1, 8, byte(r.Uint32()))
		case f.SAFI() == inet.SAFIMPLSVPN:
			n.Bytes = append(n.Bytes, 112, 0, 6, 0x41, 0, 0, 0xfb, 0xf4, 0, 0, 0, 1, byte(r.Uint32()), 2, 3)
		default:
			n.Bytes = append(n.Bytes, 48, 0, 6, 0x41, byte(r.Uint32()), 2, 3)
		}
	}
	return n
}

var packFamilies = []inet.Family{inet.IPv4Unicast, inet.IPv6Unicast, inet.IPv4Multicast, inet.IPv6Multicast,
	inet.IPv4Labelled, inet.IPv4MPLSVPN, inet.L2VPNEVPN, inet.IPv4FlowSpec}

// merge reads messages that AppendUpdates wrote: the attributes, which must be the
// same in all, and the NLRI joined.
func merge(t *testing.T, wire []byte, ctx Ctx, f inet.Family, withdraw bool) (Attrs, []byte, int) {
	t.Helper()
	var attrs Attrs
	var nlri []byte
	var u Update
	messages := 0
	for len(wire) > 0 {
		m, size, err := ReadMessage(wire, ctx.max())
		if err != nil || size == 0 {
			t.Fatalf("message %d: %v, %d octets left", messages, err, len(wire))
		}
		wire = wire[size:]
		messages++
		ParseUpdate(&u, m.Body(), ctx)
		if u.Verdict.Action != Accept {
			t.Fatalf("message %d: %s at %d\n%x", messages, u.Verdict.Text(), u.Verdict.Offset, m.Body())
		}
		n, other := u.Announced(), u.Withdrawn()
		if mp, ok := u.MPReach(); ok {
			n = mp
		}
		if mp, ok := u.MPUnreach(); ok {
			other = mp
		}
		if withdraw {
			n, other = other, n
		} else if a := Attrs(u.AppendAttrs(nil, f)); attrs != nil && !bytes.Equal(a, attrs) {
			t.Fatalf("message %d has other attributes", messages)
		} else {
			attrs = a
		}
		if len(other.Bytes) != 0 || len(n.Bytes) == 0 || n.Family != f || n.AddPath != ctx.AddPath.Has(f) {
			t.Fatalf("message %d: %v and %v", messages, n, other)
		}
		nlri = append(nlri, n.Bytes...)
	}
	return attrs, nlri, messages
}

func TestParseOfAppendIsIdentity(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	messages := 0
	for i := range 4000 {
		f := packFamilies[r.IntN(len(packFamilies))]
		ctx := Ctx{ASN4: r.IntN(2) == 0, IBGP: true, MaxLen: MaxMessage, ExtNH: NewFamilySet(f)}
		if r.IntN(4) == 0 {
			ctx.MaxLen = MaxExtMessage
		}
		if r.IntN(2) == 0 {
			ctx.AddPath = NewFamilySet(f)
		}
		a, n := randomAttrs(r, f), randomNLRI(r, f, ctx.AddPath.Has(f), 1+r.IntN(1500))
		if !ctx.ASN4 {
			// A confederation segment has no AS4_PATH, so that wide numbers in it
			// cannot come back (RFC 6793 §3), and neither does the shape of a path
			// whose sequences are joined.
			a = AppendSet(nil, a, AttrASPath, AppendPrepended(nil, nil, inet.ASN(1+r.Uint32N(1<<20)), r.IntN(300)))
		}
		wire := AppendUpdates(nil, ctx, a, n)
		got, nlri, count := merge(t, wire, ctx, f, false)
		messages += count
		if !bytes.Equal(got, a) || !bytes.Equal(nlri, n.Bytes) {
			t.Fatalf("round %d, %v, %+v:\n%x\n%x", i, f, ctx, a, got)
		}
		if _, nlri, _ := merge(t, AppendUpdates(nil, ctx, nil, n), ctx, f, true); !sameRoutes(nlri, n) {
			t.Fatalf("round %d: withdrawals came back differently", i)
		}
	}
	if messages < 6000 {
		t.Errorf("only %d messages: nothing was split", messages)
	}
}

func TestAttributeBlocksRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var u Update
	for i := range 3000 {
		f := packFamilies[r.IntN(4)]
		a := randomAttrs(r, f)
		for _, form := range []AttrForm{FormUpdate, FormTableDumpV2} {
			wire := a.AppendWire(nil, f, Ctx{ASN4: true}, form, nil)
			ParseAttributes(&u, wire, Ctx{ASN4: true, Monitor: true}, f, form)
			if u.Verdict.Action != Accept {
				t.Fatalf("round %d form %d: %s\n%x", i, form, u.Verdict.Text(), wire)
			}
			if got := u.AppendAttrs(nil, f); !bytes.Equal(got, a) {
				t.Fatalf("round %d form %d:\n%x\n%x", i, form, a, got)
			}
		}
	}
}

// TestMessagesAreFilledToTheOctet: no message is longer than the limit, and in all
// but the last there is no room for the next route.
func TestMessagesAreFilledToTheOctet(t *testing.T) {
	for _, f := range []inet.Family{inet.IPv4Unicast, inet.IPv6Unicast} {
		for _, withdraw := range []bool{false, true} {
			for _, limit := range []uint16{MaxMessage, MaxExtMessage} {
				ctx := Ctx{ASN4: true, IBGP: true, MaxLen: limit}
				n := NLRI{Family: f}
				size := 4
				for i := range 30000 {
					n.Bytes = append(n.Bytes, 24, 10, byte(i>>8), byte(i))
				}
				a := set(t, AttrOrigin, "00", AttrASPath, "", AttrNextHop, "c0000201")
				if f == inet.IPv6Unicast {
					a = AppendSet(nil, a, AttrNextHop, make([]byte, 16))
				}
				if withdraw {
					a = nil
				}
				wire := AppendUpdates(nil, ctx, a, n)
				for len(wire) > 0 {
					_, took, err := ReadMessage(wire, int(limit))
					if err != nil || took == 0 {
						t.Fatal(err)
					}
					wire = wire[took:]
					if room := int(limit) - took; len(wire) > 0 && room >= size {
						t.Fatalf("%v withdraw=%t limit %d: %d octets left unused", f, withdraw, limit, room)
					}
				}
			}
		}
	}
}

// TestBrokenNLRIStayBehind: what a monitor has kept is not passed on to a peer.
func TestBrokenNLRIStayBehind(t *testing.T) {
	good, bad := unhex(t, "700006410000fbf400000001cb0071"), unhex(t, "30000311000000") // no room for a route distinguisher
	n := NLRI{Family: inet.IPv4MPLSVPN, Bytes: slices.Concat(good, bad, good)}
	a := set(t, AttrOrigin, "00", AttrASPath, "", AttrNextHop, "c0000201")
	ctx := Ctx{ASN4: true, IBGP: true}
	if _, got, _ := merge(t, AppendUpdates(nil, ctx, a, n), ctx, n.Family, false); !bytes.Equal(got, slices.Concat(good, good)) {
		t.Errorf("announced: %x", got)
	}
	if wire := AppendUpdates(nil, ctx, nil, NLRI{Family: n.Family, Bytes: bad}); len(wire) != 0 {
		t.Errorf("withdrawn: %x", wire)
	}
	monitor := MonitorCtx(true)
	if _, got, _ := merge(t, AppendUpdates(nil, monitor, a, n), monitor, n.Family, false); !bytes.Equal(got, n.Bytes) {
		t.Errorf("monitored: %x", got)
	}
}

// TestLargeAttributesLeaveRoomToTheOctet: where little room is left for MP_REACH_NLRI,
// its length takes one octet and not two.
func TestLargeAttributesLeaveRoomToTheOctet(t *testing.T) {
	ctx := Ctx{ASN4: true, IBGP: true}
	n := NLRI{Family: inet.IPv6Unicast, Bytes: make([]byte, 500)} // each octet a default route
	base := set(t, AttrOrigin, "00", AttrASPath, "", AttrNextHop, "20010db8000000000000000000000001")
	for size := 3700; size <= 4100; size++ {
		a := AppendSet(nil, base, 99, make([]byte, size))
		fixed := HeaderLen + 4 + len(Attrs(a).appendWire(nil, ctx, false))
		room := MaxMessage - fixed - 3 - 5 - 16
		if 5+16+room > 255 {
			room = max(room-1, 255-5-16)
		}
		m, _, err := ReadMessage(AppendUpdates(nil, ctx, a, n), MaxMessage)
		if err != nil {
			t.Fatal(err)
		}
		var u Update
		ParseUpdate(&u, m.Body(), ctx)
		got, _ := u.MPReach()
		if got.Len() != min(max(room, 0), n.Len()) {
			t.Fatalf("attributes of %d octets: %d routes, want %d", size, got.Len(), room)
		}
	}
}

func TestPathIdentifiersFollowTheSession(t *testing.T) {
	with := NLRI{Family: inet.IPv4Unicast, AddPath: true, Bytes: unhex(t, "0000000718c63364000000091001ff")[:15]}
	without := NLRI{Family: inet.IPv4Unicast, Bytes: unhex(t, "18c633641001ff")}
	with.Bytes = unhex(t, "0000000718c63364000000091001ff")
	zeros := unhex(t, "0000000018c63364000000001001ff")
	a := set(t, AttrOrigin, "00", AttrASPath, "", AttrNextHop, "c0000201")
	plain := Ctx{ASN4: true, IBGP: true}
	addPath := Ctx{ASN4: true, IBGP: true, AddPath: NewFamilySet(inet.IPv4Unicast)}
	for _, tt := range []struct {
		name string
		ctx  Ctx
		in   NLRI
		want []byte
	}{{"dropped", plain, with, without.Bytes}, {"kept", addPath, with, with.Bytes}, {"zero", addPath, without, zeros}, {"none", plain, without, without.Bytes}} {
		for _, attrs := range []Attrs{a, nil} {
			if _, got, _ := merge(t, AppendUpdates(nil, tt.ctx, attrs, tt.in), tt.ctx, inet.IPv4Unicast, attrs == nil); !bytes.Equal(got, tt.want) {
				t.Errorf("%s: %x, want %x", tt.name, got, tt.want)
			}
		}
	}
}

func TestRoutesThatCannotBeToldAreWithdrawn(t *testing.T) {
	n := NLRI{Family: inet.IPv4Unicast, Bytes: unhex(t, "18c63364")}
	big := set(t, AttrOrigin, "00", AttrASPath, "", AttrNextHop, "c0000201")
	big = AppendSet(nil, big, AttrCommunities, make([]byte, 4080))
	v6 := set(t, AttrOrigin, "00", AttrASPath, "", AttrNextHop, "20010db8000000000000000000000001")
	none := set(t, AttrOrigin, "00", AttrASPath, "")
	odd := set(t, AttrOrigin, "00", AttrASPath, "", AttrNextHop, "0000fbf400000001c0000201")
	v6Route := NLRI{Family: inet.IPv6Unicast, Bytes: unhex(t, "2020010db8")}
	for _, tt := range []struct {
		name string
		a    Attrs
		n    NLRI
	}{{"too large", big, n}, {"IPv6 next hop", v6, n}, {"no next hop", none, n}, {"no IPv6 next hop", none, v6Route},
		{"next hop of another family", odd, v6Route}} {
		ctx := Ctx{ASN4: true, IBGP: true}
		if _, got, _ := merge(t, AppendUpdates(nil, ctx, tt.a, tt.n), ctx, tt.n.Family, true); !bytes.Equal(got, tt.n.Bytes) {
			t.Errorf("%s: %x", tt.name, got)
		}
	}
	monitor := MonitorCtx(true)
	if _, got, _ := merge(t, AppendUpdates(nil, monitor, none, v6Route), monitor, v6Route.Family, false); !bytes.Equal(got, v6Route.Bytes) {
		t.Errorf("monitored without a next hop: %x", got)
	}
	ext := Ctx{ASN4: true, IBGP: true, MaxLen: MaxExtMessage}
	if _, got, _ := merge(t, AppendUpdates(nil, ext, big, n), ext, n.Family, false); !bytes.Equal(got, n.Bytes) {
		t.Errorf("extended message: %x", got)
	}
	if got := AppendUpdates([]byte("x"), ext, big, NLRI{Family: inet.IPv4Unicast}); string(got) != "x" {
		t.Errorf("no NLRI gives %x", got)
	}
}

func TestEndOfRIB(t *testing.T) {
	var u Update
	for _, f := range packFamilies {
		m, n, err := ReadMessage(AppendEndOfRIB(nil, f), MaxMessage)
		if err != nil || n == 0 {
			t.Fatal(err)
		}
		ParseUpdate(&u, m.Body(), Ctx{})
		if got, ok := u.EndOfRIB(); !ok || got != f || u.Verdict.Action != Accept {
			t.Errorf("%v: %v %t %v", f, got, ok, u.Verdict)
		}
	}
}

// BenchmarkPackUpdates announces runs of 100 IPv4 routes with typical attributes.
func BenchmarkPackUpdates(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 6))
	n := randomNLRI(r, inet.IPv4Unicast, false, 100)
	a := set(b, AttrOrigin, "00", AttrASPath, "02030000fbf40000fbf50000fbf6", AttrNextHop, "c0000201", AttrCommunities, "fbf40001fbf40002")
	ctx := Ctx{ASN4: true, MaxLen: MaxMessage}
	buf := make([]byte, 0, 1<<16)
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendUpdates(buf[:0], ctx, a, n)
	}
	b.ReportMetric(float64(b.N)*100/b.Elapsed().Seconds(), "routes/s")
}

// sameRoutes tells whether a run names the same routes as n in the same order.
func sameRoutes(run []byte, n NLRI) bool {
	keys := func(b []byte) []byte {
		var out []byte
		for raw := range n.with(b).All() {
			if n.AddPath {
				out, raw = append(out, raw[:4]...), raw[4:]
			}
			out = AppendNLRIKey(out, n.Family, raw)
		}
		return out
	}
	return bytes.Equal(keys(run), keys(n.Bytes))
}

// TestLabelsOfWithdrawals: what withdraws a labelled route says no label, whatever
// the announcement said, and needs no more octets than one label (RFC 8277 §2.4).
func TestLabelsOfWithdrawals(t *testing.T) {
	for _, tt := range []struct {
		f                   inet.Family
		announced, withdrew string
	}{
		{inet.IPv4Labelled, "30000641c63364" + "48000640000651c63365", "30800000c63364" + "30800000c63365"},
		{inet.IPv6Labelled, "3800064120010db8", "3880000020010db8"},
		{inet.IPv4MPLSVPN, "70000641" + "0000fbf400000001" + "c63364", "70800000" + "0000fbf400000001" + "c63364"},
		{ipv4VPNMulticast, "70000641" + "0000fbf400000001" + "c63364", "70800000" + "0000fbf400000001" + "c63364"},
		{ipv4VPNMulticast, "58" + "0000fbf400000001" + "c63364", "58" + "0000fbf400000001" + "c63364"},
		{inet.IPv4Unicast, "18c63364", "18c63364"},
	} {
		for _, addPath := range []bool{false, true} {
			ctx := Ctx{ASN4: true}
			n, want := NLRI{Family: tt.f, AddPath: addPath}, unhex(t, tt.withdrew)
			for raw := range (NLRI{Family: tt.f, Bytes: unhex(t, tt.announced)}).All() {
				if addPath {
					n.Bytes = append(n.Bytes, 0, 0, 0, 7)
				}
				n.Bytes = append(n.Bytes, raw...)
			}
			if addPath {
				ctx.AddPath = NewFamilySet(tt.f)
				var with []byte
				for raw := range (NLRI{Family: tt.f, Bytes: want}).All() {
					with = append(append(with, 0, 0, 0, 7), raw...)
				}
				want = with
			}
			if _, got, _ := merge(t, AppendUpdates(nil, ctx, nil, n), ctx, tt.f, true); !bytes.Equal(got, want) {
				t.Errorf("%v: %x, want %x", tt.f, got, want)
			}
		}
	}
}

// TestSeveralLabelsWantASession: a route with a stack of labels goes to a peer that
// announced that it reads more than one, and is withdrawn from others.
func TestSeveralLabelsWantASession(t *testing.T) {
	a := set(t, AttrOrigin, "00", AttrASPath, "", AttrNextHop, "c0000201")
	const one, two = "30000641c63364", "48000640000651c63365"
	n := NLRI{Family: inet.IPv4Labelled, Bytes: unhex(t, one+two)}
	several := Ctx{ASN4: true, IBGP: true, Labels: LabelSet(0).With(inet.IPv4Labelled)}
	if _, got, count := merge(t, AppendUpdates(nil, several, a, n), several, n.Family, false); !bytes.Equal(got, n.Bytes) || count != 1 {
		t.Errorf("%x in %d messages", got, count)
	}
	routes, gone, _ := table(t, AppendUpdates(nil, Ctx{ASN4: true, IBGP: true}, a, n), Ctx{ASN4: true, IBGP: true})
	if len(routes) != 1 || len(gone) != 1 {
		t.Errorf("without the capability %d routes and %d withdrawals", len(routes), len(gone))
	}
}

// TestLabelsEndWithTheBit: a label that came without the bottom-of-stack bit goes on
// with it, so that also those can read it who follow the bits (RFC 8277 §2.2).
func TestLabelsEndWithTheBit(t *testing.T) {
	a := set(t, AttrOrigin, "00", AttrASPath, "", AttrNextHop, "c0000201")
	for _, tt := range []struct {
		f         inet.Family
		came, out string
	}{
		{inet.IPv4Labelled, "30000640cb0071" + "30000651c63365", "30000641cb0071" + "30000651c63365"},
		{inet.IPv4Labelled, "30000641cb0071", "30000641cb0071"},
		{inet.IPv4MPLSVPN, "70000640" + "0000000100000064" + "cb0071", "70000641" + "0000000100000064" + "cb0071"},
		{ipv4VPNMulticast, "58" + "0000fbf400000001" + "c63364", "58" + "0000fbf400000001" + "c63364"}, // no label at all
	} {
		came := unhex(t, tt.came)
		n := NLRI{Family: tt.f, OneLabel: true, Bytes: came}
		for _, ctx := range []Ctx{{ASN4: true}, {ASN4: true, Labels: ^LabelSet(0)}, MonitorCtx(true)} {
			ctx.IBGP = true
			if _, got, _ := merge(t, AppendUpdates(nil, ctx, a, n), ctx, tt.f, false); !bytes.Equal(got, unhex(t, tt.out)) {
				t.Errorf("%v %+v: %x, want %s", tt.f, ctx, got, tt.out)
			}
			var p Packer
			p.Add(nil, n)
			p.Add(a, n.with(unhex(t, tt.out)))
			if p.Len() != n.Len() {
				t.Errorf("%v: %d routes to be sent", tt.f, p.Len())
			}
		}
		if !bytes.Equal(came, unhex(t, tt.came)) {
			t.Errorf("%v: the caller's NLRI became %x", tt.f, came)
		}
	}
	watched := NLRI{Family: inet.IPv4Labelled, Bytes: unhex(t, "30000640c63364")}
	if _, got, _ := merge(t, AppendUpdates(nil, MonitorCtx(true), a, watched), MonitorCtx(true), watched.Family, false); !bytes.Equal(got, watched.Bytes) {
		t.Errorf("what a router said became %x", got)
	}
}
