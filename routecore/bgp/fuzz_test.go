package bgp

import (
	"bytes"
	"testing"

	"example.com/rotonda/routecore/inet"
)

// fuzzCtx spreads seven bits over the flags of a context.
func fuzzCtx(bits uint8) Ctx {
	c := Ctx{ASN4: bits&1 != 0, IBGP: bits&2 != 0, Monitor: bits&4 != 0, AddPathUnknown: bits&8 != 0, Confed: bits&16 != 0}
	if bits&32 != 0 {
		c.AddPath = ^FamilySet(0)
	}
	return c
}

// use touches everything that an Update can be asked and checks what must hold
// for any input.
func use(t *testing.T, u *Update) {
	t.Helper()
	v := u.Verdict
	if (v.Action == Accept) != (v.Fault == FaultNone) || (v.Text() == "") != (v.Action == Accept) || (v.RFC() == "") != (v.Action == Accept) {
		t.Fatalf("verdict %+v %q %q", v, v.Text(), v.RFC())
	}
	if int(v.Offset) > len(u.Body()) {
		t.Fatalf("offset %d in %d octets", v.Offset, len(u.Body()))
	}
	families := []inet.Family{inet.IPv4Unicast}
	sections := []NLRI{u.Withdrawn(), u.Announced()}
	for _, get := range []func() (NLRI, bool){u.MPReach, u.MPUnreach} {
		n, ok := get()
		if !ok && len(n.Bytes) != 0 {
			t.Fatal("NLRI of a section that is not there")
		}
		families, sections = append(families, n.Family), append(sections, n)
	}
	for _, n := range sections {
		total := 0
		for raw := range n.All() {
			total += len(raw)
		}
		if v.Action != Reset && total != len(n.Bytes) {
			t.Fatalf("%v: %d of %d octets are NLRI", n.Family, total, len(n.Bytes))
		}
		for _, p := range n.Prefixes() {
			if p != p.Masked() || !p.IsValid() {
				t.Fatalf("prefix %v", p)
			}
		}
	}
	u.EndOfRIB()
	for raw := range u.RawAttrs() {
		if got, ok := u.Get(raw.Code); ok == u.Discarded(raw.Code) || ok && !bytes.Equal(got, raw.Value) {
			t.Fatalf("%v: discarded %t, got %x", raw.Code, u.Discarded(raw.Code), got)
		}
	}
	for _, f := range families {
		a := Attrs(u.AppendAttrs(nil, f))
		if !a.Valid() {
			t.Fatalf("not canonical: %x", []byte(a))
		}
		a.AppendJSON(nil, f)
		_ = a.ASPath().String()
		if b := Attrs(AppendSet(nil, AppendUnset(nil, a, AttrMED), AttrMED, []byte{0, 0, 0, 1})); !b.Valid() {
			t.Fatalf("set: %x", []byte(b))
		}
	}
}

func FuzzParseUpdate(f *testing.F) {
	for _, p := range readProbes(f) {
		f.Add(p.body, uint8(1))
	}
	f.Add([]byte{0, 0, 0, 0}, uint8(63))
	f.Fuzz(func(t *testing.T, body []byte, bits uint8) {
		var u Update
		ctx := fuzzCtx(bits)
		ParseUpdate(&u, body, ctx)
		if len(body) <= 65535 {
			use(t, &u)
		}
		ParseAttributes(&u, body, ctx, inet.IPv6Unicast, AttrForm(bits>>6&1))
		if len(body) <= 65535 {
			use(t, &u)
		}
	})
}

func FuzzParseOpen(f *testing.F) {
	f.Add(fullOpen().Append(nil)[HeaderLen:])
	f.Add([]byte{4, 0xfb, 0xf4, 0, 90, 192, 0, 2, 1, 0})
	f.Add([]byte{4, 0xfb, 0xf4, 0, 90, 192, 0, 2, 1, 255, 255, 0, 6, 2, 0, 3, 2, 1, 0})
	f.Fuzz(func(t *testing.T, body []byte) {
		o, err := ParseOpen(body)
		_ = o.Validate()
		Negotiate(o, fullOpen())
		o.LLGR()
		o.GracefulRestart()
		o.FQDN()
		o.SoftwareVersion()
		if err != nil || len(body) > MaxMessage-HeaderLen {
			return
		}
		m, n, err := ReadMessage(o.Append(nil), MaxMessage)
		if err != nil || n == 0 {
			t.Fatalf("not a message: %v", err)
		}
		again, err := ParseOpen(m.Body())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again.Append(nil), m.Raw) {
			t.Fatalf("%+v came back as %+v", o, again)
		}
	})
}

// FuzzAttrsRoundTrip brings attributes that parse without fault back onto the
// wire and reads them again.
func FuzzAttrsRoundTrip(f *testing.F) {
	for _, p := range readProbes(f) {
		if p.want.Action == "accept" && p.ctx.ASN4 {
			f.Add(p.body)
		}
	}
	ctx := Ctx{ASN4: true, IBGP: true, MaxLen: MaxExtMessage, ExtNH: ^FamilySet(0), Labels: ^LabelSet(0)}
	f.Fuzz(func(t *testing.T, body []byte) {
		var u Update
		ParseUpdate(&u, body, ctx)
		n := u.Announced()
		if mp, ok := u.MPReach(); ok && len(n.Bytes) == 0 {
			n = mp
		}
		if u.Verdict.Action != Accept || len(n.Bytes) == 0 || len(body) > 30000 {
			return
		}
		a := Attrs(u.AppendAttrs(nil, n.Family))
		if hop, _ := a.Get(AttrNextHop); !nextHopFits(n.Family, wireNextHopLen(n.Family, hop)) || !ctx.takes(n.Family, hop) {
			return // routes that a session cannot be told are withdrawn
		}
		got, nlri, _ := merge(t, AppendUpdates(nil, ctx, a, n), ctx, n.Family, false)
		if !bytes.Equal(got, a) || !bytes.Equal(nlri, ctx.withBottom(n)) {
			t.Fatalf("%v\n%x\n%x", n.Family, []byte(a), []byte(got))
		}
	})
}

// TestEveryTruncation cuts every probe at every octet: none may be read past its
// end, and a cut UPDATE is never taken for a whole one.
func TestEveryTruncation(t *testing.T) {
	var u Update
	cuts := 0
	for _, p := range readProbes(t) {
		for i := range p.body {
			cut := p.body[:i:i]
			for _, ctx := range []Ctx{p.ctx, {}, {ASN4: true, Monitor: true, AddPathUnknown: true}} {
				ParseUpdate(&u, cut, ctx)
				use(t, &u)
				ParseAttributes(&u, cut, ctx, inet.IPv4Unicast, FormTableDumpV2)
				use(t, &u)
			}
			cuts++
		}
	}
	if cuts < 5000 {
		t.Errorf("only %d cuts", cuts)
	}
}

// FuzzAttributeSet reads ATTR_SET values and writes them again.
func FuzzAttributeSet(f *testing.F) {
	f.Add(unhex(f, "0000fbf44001010040020602010000fbf4"))
	f.Add(unhex(f, "0000fbf4d0630001aa"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ParseAttributeSet(b)
		if err != nil {
			return
		}
		again := AppendAttributeSet(nil, s)
		back, err := ParseAttributeSet(again)
		if err != nil || !bytes.Equal(AppendAttributeSet(nil, back), again) || len(back.Attrs) != len(s.Attrs) || len(again) > len(b) {
			t.Fatalf("%x came back as %x, %v", b, again, err)
		}
	})
}

// FuzzExport tells what it parses to a peer: what comes out is canonical, and an
// external peer without 4-octet AS numbers finds no fault in it that was not there.
func FuzzExport(f *testing.F) {
	for _, p := range readProbes(f) {
		if p.want.Action == "accept" {
			f.Add(p.body, uint8(1))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte, bits uint8) {
		var u Update
		ParseUpdate(&u, body, fuzzCtx(bits&31))
		n := u.Announced()
		if mp, ok := u.MPReach(); ok && len(n.Bytes) == 0 {
			n = mp
		}
		a := Attrs(u.AppendAttrs(nil, n.Family))
		e := Export{Local: 64496, IBGP: bits&32 != 0, Confed: bits&64 != 0, Reflect: bits&128 != 0, HasRole: true, Role: Role(bits & 3)}
		e.Check(a, n.Family, Source{IBGP: bits&16 != 0})
		out := Attrs(e.AppendAttrs(nil, a, n.Family, Source{IBGP: bits&16 != 0}))
		if !out.Valid() {
			t.Fatalf("not canonical: %x from %x", []byte(out), []byte(a))
		}
		Ingress{Local: 64496, Peer: 64500, HasRole: true, Role: Role(bits & 3), RejectASSet: true}.Check(out, n.Family)
		Selection{AIGP: true}.Best([]Candidate{{Attrs: a}, {Attrs: out}})
	})
}
