package rtr

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"example.com/rotonda/routecore/inet"
)

// router is a client and what it has, as a Holder.
type router struct {
	*Client
	vrps map[VRP]bool
	keys map[Key]bool
	vaps map[string]VAP
}

func newRouter(version uint8) *router {
	r := &router{Client: NewClient(version)}
	r.Held = r
	r.clear()
	return r
}

func (r *router) clear() { r.vrps, r.keys, r.vaps = map[VRP]bool{}, map[Key]bool{}, map[string]VAP{} }

func (r *router) HasVRP(v VRP) bool { v.Announce = true; return r.vrps[v] }
func (r *router) HasKey(k Key) bool { k.Announce = true; return r.keys[k] }
func (r *router) HasVAP(v VAP) bool { _, ok := r.vaps[vapKey(v)]; return ok }

func vapKey(v VAP) string { return fmt.Sprint(v.Customer, v.AFI) }

// apply does what a real router does with an answer.
func (r *router) apply(u *Update) {
	if u.Full {
		r.clear()
	}
	for _, v := range u.VRPs {
		announce := v.Announce
		if v.Announce = true; announce {
			r.vrps[v] = true
		} else {
			delete(r.vrps, v)
		}
	}
	for _, k := range u.Keys {
		announce := k.Announce
		if k.Announce = true; announce {
			r.keys[k] = true
		} else {
			delete(r.keys, k)
		}
	}
	for _, v := range u.VAPs {
		if v.Announce {
			r.vaps[vapKey(v)] = v
		} else {
			delete(r.vaps, vapKey(v))
		}
	}
}

func (r *router) records() Records {
	var out Records
	for v := range r.vrps {
		out.VRPs = append(out.VRPs, v)
	}
	for k := range r.keys {
		out.Keys = append(out.Keys, k)
	}
	for _, v := range r.vaps {
		out.VAPs = append(out.VAPs, v)
	}
	return out.sorted()
}

// fataler is a *testing.T or a *rapid.T.
type fataler interface {
	Helper()
	Fatalf(string, ...any)
}

// talk carries octets back and forth until nobody has anything to say. It
// returns the first error of either side.
func talk(t fataler, r *router, s *Server, toServer []byte) error {
	t.Helper()
	var toRouter []byte
	for range 20 {
		for len(toServer) > 0 {
			p, n, err := ReadPDU(toServer)
			if err != nil || n == 0 {
				t.Fatalf("the router wrote % x: %v", toServer, err)
			}
			toServer = toServer[n:]
			if toRouter, err = s.Handle(toRouter, p); err != nil {
				drain(t, r, toRouter)
				return err
			}
		}
		if len(toRouter) == 0 {
			return nil
		}
		for len(toRouter) > 0 {
			p, n, err := ReadPDU(toRouter)
			if err != nil || n == 0 {
				t.Fatalf("the cache wrote % x: %v", toRouter[:min(40, len(toRouter))], err)
			}
			toRouter = toRouter[n:]
			reply, u, err := r.Handle(nil, p)
			toServer = append(toServer, reply...)
			if u != nil {
				r.apply(u)
			}
			if err != nil {
				return err
			}
		}
	}
	t.Fatalf("router and cache never come to rest")
	return nil
}

// drain lets the router read the last words of a cache.
func drain(t fataler, r *router, b []byte) {
	for len(b) > 0 {
		p, n, err := ReadPDU(b)
		if err != nil || n == 0 {
			t.Fatalf("% x: %v", b, err)
		}
		b = b[n:]
		_, _, _ = r.Handle(nil, p)
	}
}

// genRecords draws few different records, so that changes hit the same ones.
func genRecords(t *rapid.T) Records {
	var r Records
	for i := range rapid.IntRange(0, 8).Draw(t, "vrps") {
		n := byte(rapid.IntRange(0, 5).Draw(t, fmt.Sprint("vrp", i)))
		p := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, n, 0, 0}), 16)
		if n%2 == 1 {
			p = netip.PrefixFrom(netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, n}), 40)
		}
		r.VRPs = append(r.VRPs, VRP{Prefix: p, MaxLen: uint8(p.Bits() + int(n)), ASN: inet.ASN(rapid.IntRange(1, 2).Draw(t, "origin"))})
	}
	for range rapid.IntRange(0, 3).Draw(t, "keys") {
		r.Keys = append(r.Keys, Key{ASN: inet.ASN(rapid.IntRange(1, 3).Draw(t, "owner")), SPKI: "key"})
	}
	for range rapid.IntRange(0, 4).Draw(t, "vaps") {
		v := VAP{Customer: inet.ASN(rapid.IntRange(1, 3).Draw(t, "customer")), AFI: uint8(rapid.IntRange(0, 2).Draw(t, "afi"))}
		for range rapid.IntRange(1, 3).Draw(t, "providers") {
			v.Providers = append(v.Providers, inet.ASN(rapid.IntRange(100, 103).Draw(t, "provider")))
		}
		r.VAPs = append(r.VAPs, v)
	}
	return r
}

// TestTheRouterAlwaysHasWhatTheCacheHas plays changes, notifies, lost
// connections, caches that forget and caches that speak less, and holds that a
// router that is in sync has exactly the cache's records of its version.
func TestTheRouterAlwaysHasWhatTheCacheHas(t *testing.T) {
	seen := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		cache := &Cache{Session: 1, Keep: 3}
		most := uint8(rapid.IntRange(0, 2).Draw(t, "cache's version"))
		start := rapid.SampledFrom([]uint32{0, 0xfffffffe, 77}).Draw(t, "first serial")
		r := newRouter(uint8(rapid.IntRange(0, 2).Draw(t, "router's version")))
		var s *Server
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			var err error
			switch what := rapid.SampledFrom([]string{"set", "set", "notify", "notify", "query", "connect", "restart"}).Draw(t, "step"); {
			case what == "set":
				cache.Set(start, genRecords(t))
				continue
			case what == "restart":
				cache = &Cache{Session: cache.Session + 1, Keep: 3}
				s = nil
				continue
			case what == "connect" || s == nil:
				s = NewServer(cache, most)
				err = talk(t, r, s, r.Start(nil))
			case what == "notify":
				b := s.Notify(nil)
				if len(b) == 0 {
					continue
				}
				p, _, _ := ReadPDU(b)
				reply, _, herr := r.Handle(nil, p)
				if herr != nil {
					t.Fatalf("a notify: %v", herr)
				}
				err = talk(t, r, s, reply)
			default:
				err = talk(t, r, s, r.Query(nil))
			}
			var e *Error
			switch {
			case err == nil:
			case errors.Is(err, ErrDowngrade), errors.As(err, &e) && e.Code == UnsupportedVersion:
				seen["downgrade"]++
				s = nil
				continue
			case errors.As(err, &e) && e.Code == NoDataAvailable:
				seen["no data"]++
				s = nil
				continue
			default:
				t.Fatalf("%v", err)
			}
			want := cache.Records()
			if r.Version() < 2 {
				want.VAPs = nil
			}
			if r.Version() < 1 {
				want.Keys = nil
			}
			if d := cmp.Diff(want, r.records(), cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Prefix{})); d != "" {
				t.Fatalf("version %d: %s", r.Version(), d)
			}
			if v, _ := s.Version(); v != r.Version() || v > most {
				t.Fatalf("the router speaks %d, the cache %d", r.Version(), v)
			}
			seen["in sync"]++
		}
	})
	if seen["in sync"] < 50 || seen["downgrade"] == 0 || seen["no data"] == 0 {
		t.Errorf("the play was dull: %v", seen)
	}
}

func TestNoStepOfAnAnswerMakesARouteInvalid(t *testing.T) {
	p16, p24 := netip.MustParsePrefix("10.0.0.0/16"), netip.MustParsePrefix("10.0.1.0/24")
	cache := &Cache{Session: 1, Keep: 5}
	server := func() *Server { return NewServer(cache, 1) }
	order := func(b []byte) (out []string) {
		for len(b) > 0 {
			p, n, err := ReadPDU(b)
			if err != nil || n == 0 {
				t.Fatal(err)
			}
			b = b[n:]
			if v, err := p.VRP(); err == nil {
				out = append(out, fmt.Sprintf("%v %v %v", v.Prefix, v.ASN, v.Announce))
			}
		}
		return out
	}
	cache.Set(0, Records{VRPs: []VRP{{p16, 16, 1, true}, {p24, 24, 2, true}}})
	got, _ := server().Handle(nil, PDU(AppendResetQuery(nil, 1)))
	if want := []string{"10.0.1.0/24 AS2 true", "10.0.0.0/16 AS1 true"}; !slices.Equal(order(got), want) {
		t.Errorf("full answer %q, want %q", order(got), want)
	}
	cache.Set(0, Records{VRPs: []VRP{{p24, 24, 3, true}}})
	got, _ = server().Handle(nil, PDU(AppendSerialQuery(nil, 1, 1|1<<14, 0)))
	if want := []string{"10.0.1.0/24 AS3 true", "10.0.0.0/16 AS1 false", "10.0.1.0/24 AS2 false"}; !slices.Equal(order(got), want) {
		t.Errorf("change %q, want %q", order(got), want)
	}
}

func TestWhatACacheRefuses(t *testing.T) {
	full := &Cache{Session: 5}
	full.Set(1, Records{VRPs: []VRP{{netip.MustParsePrefix("10.0.0.0/16"), 16, 1, true}}})
	reset := AppendResetQuery(nil, 1)
	for name, c := range map[string]struct {
		cache *Cache
		in    []byte
		code  ErrorCode
	}{
		"a version that it does not speak": {full, AppendResetQuery(nil, 2), UnsupportedVersion},
		"another version later":            {full, append(slices.Clone(reset), AppendResetQuery(nil, 0)...), UnexpectedVersion},
		"what only caches send":            {full, appendHeader(nil, 1, CacheReset, 0, 8), InvalidRequest},
		"a type that does not exist":       {full, appendHeader(nil, 1, 77, 0, 8), UnsupportedPDU},
		"another session, once answered":   {full, append(slices.Clone(reset), AppendSerialQuery(nil, 1, 6, 1)...), CorruptData},
		"anything while it has no data":    {new(Cache), reset, NoDataAvailable},
		"another version after version 0":  {full, append(AppendResetQuery(nil, 0), reset...), UnsupportedVersion},
	} {
		s := NewServer(c.cache, 1)
		var out []byte
		var err error
		for in := c.in; len(in) > 0 && err == nil; {
			p, n, rerr := ReadPDU(in)
			if rerr != nil {
				t.Fatal(rerr)
			}
			in = in[n:]
			out, err = s.Handle(out[:0], p)
		}
		var e *Error
		p, n, _ := ReadPDU(out)
		if !errors.As(err, &e) || e.Code != c.code || n != len(out) || p.Type() != ErrorReport || ErrorCode(p.Session()) != c.code {
			t.Errorf("%s: %v, and wrote % x", name, err, out)
		}
		if p.Version() > 1 {
			t.Errorf("%s: answered in version %d", name, p.Version())
		}
	}
	// A router that remembers another session, or what is forgotten, starts over.
	for name, in := range map[string][]byte{"another session": AppendSerialQuery(nil, 1, 6, 1), "an old serial": AppendSerialQuery(nil, 1, 5|1<<14, 0), "a future serial": AppendSerialQuery(nil, 1, 5|1<<14, 9),
		"the session of another version": AppendSerialQuery(nil, 1, 5, 1)} {
		out, err := NewServer(full, 1).Handle(nil, PDU(in))
		if want := appendHeader(nil, 1, CacheReset, 0, 8); err != nil || !bytes.Equal(out, want) {
			t.Errorf("%s: % x, %v", name, out, err)
		}
	}
	if out, err := NewServer(full, 1).Handle(nil, PDU(AppendError(nil, 1, CorruptData, nil, "x"))); err == nil || len(out) > 0 {
		t.Errorf("an Error Report was answered with % x", out)
	}
}

// TestEachVersionHasASessionOfItsOwn: 8210bis §5.1.
func TestEachVersionHasASessionOfItsOwn(t *testing.T) {
	cache := &Cache{Session: 7}
	cache.Set(1, Records{})
	seen := map[uint16]bool{}
	for version := range uint8(3) {
		s := NewServer(cache, 2)
		out, err := s.Handle(nil, PDU(AppendResetQuery(nil, version)))
		if err != nil {
			t.Fatal(err)
		}
		session := PDU(out).Session()
		end, notify := PDU(out[8:]), PDU(s.Notify(nil))
		if seen[session] || end.Session() != session || notify.Session() != session {
			t.Errorf("version %d: sessions %d, %d and %d, before %v", version, session, end.Session(), notify.Session(), seen)
		}
		seen[session] = true
	}
}

func TestRecordsThatCannotBe(t *testing.T) {
	key := Key{ASN: 1, SPKI: "k", Announce: true}
	gone := key
	gone.Announce = false
	vap := VAP{Customer: 1, Providers: []inet.ASN{2}, Announce: true}
	no := VAP{Customer: 1}
	roa := VRP{netip.MustParsePrefix("192.0.2.0/24"), 24, 1, true}
	left, other := roa, roa
	left.Announce, other.ASN = false, 2
	for name, c := range map[string]struct {
		have, in []Message
		code     ErrorCode
		fine     bool
	}{
		"a key twice":                  {in: []Message{{Type: RouterKey, Key: key}, {Type: RouterKey, Key: key}}, code: DuplicateAnnounce},
		"a key that is there":          {have: []Message{{Type: RouterKey, Key: key}}, in: []Message{{Type: RouterKey, Key: key}}, code: DuplicateAnnounce},
		"a key that is not there goes": {in: []Message{{Type: RouterKey, Key: gone}}, code: WithdrawUnknown},
		"a VRP twice":                  {in: []Message{{Type: IPv4Prefix, VRP: roa}, {Type: IPv4Prefix, VRP: other}, {Type: IPv4Prefix, VRP: roa}}, code: DuplicateAnnounce},
		"a VRP that is there":          {have: []Message{{Type: IPv4Prefix, VRP: roa}}, in: []Message{{Type: IPv4Prefix, VRP: roa}}, code: DuplicateAnnounce},
		"a VRP that comes and goes":    {have: []Message{{Type: IPv4Prefix, VRP: roa}}, in: []Message{{Type: IPv4Prefix, VRP: left}, {Type: IPv4Prefix, VRP: other}}, fine: true},
		"a VRP that is not there goes": {in: []Message{{Type: IPv4Prefix, VRP: left}}, code: WithdrawUnknown},
		"an ASPA is replaced":          {have: []Message{{Type: ASPA, VAP: vap}}, in: []Message{{Type: ASPA, VAP: vap}}, fine: true},
		"an ASPA twice":                {in: []Message{{Type: ASPA, VAP: vap}, {Type: ASPA, VAP: vap}}, code: DuplicateAnnounce},
		"an ASPA goes":                 {have: []Message{{Type: ASPA, VAP: vap}}, in: []Message{{Type: ASPA, VAP: no}}, fine: true},
		"an ASPA that is not there":    {in: []Message{{Type: ASPA, VAP: no}}, code: WithdrawUnknown},
	} {
		r := newRouter(2)
		answer := func(serial uint32, messages []Message) (err error) {
			b := append(appendHeader(nil, 2, CacheResponse, 3, 8), []byte{}...)
			for _, m := range append(messages, Message{Type: EndOfData, Session: 3, Serial: serial, Intervals: DefaultIntervals}) {
				m.Version = 2
				b = m.Append(b)
			}
			r.Query(nil)
			for len(b) > 0 && err == nil {
				p, n, _ := ReadPDU(b)
				b = b[n:]
				var u *Update
				if _, u, err = r.Handle(nil, p); u != nil {
					r.apply(u)
				}
			}
			return err
		}
		if err := answer(1, c.have); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		err := answer(2, c.in)
		var e *Error
		if c.fine && err != nil || !c.fine && (!errors.As(err, &e) || e.Code != c.code) {
			t.Errorf("%s: %v, want %v", name, err, c.code)
		}
	}
}

// TestACacheOfRealData serves the records of a capture to routers of all
// versions, then the real change of another one.
func TestACacheOfRealData(t *testing.T) {
	c := NewClient(1)
	c.Query(nil)
	_, updates, err := feed(t, c, capture(t, "v1-reset-full.rtr.gz"))
	if err != nil {
		t.Fatal(err)
	}
	data := Records{VRPs: updates[0].VRPs, Keys: updates[0].Keys, VAPs: []VAP{{Customer: 64500, Providers: []inet.ASN{3, 1, 2}}}}
	cache := &Cache{Session: 9, Keep: 2}
	cache.Set(10, data)
	r := newRouter(2)
	s := NewServer(cache, 2)
	if err := talk(t, r, s, r.Start(nil)); err != nil {
		t.Fatal(err)
	}
	if len(r.vrps) != 723521 || len(r.keys) != 2 || len(r.vaps) != 1 {
		t.Fatalf("%d VRPs, %d keys, %d ASPAs", len(r.vrps), len(r.keys), len(r.vaps))
	}
	// The change is relative to a later state, of which only these are known.
	d := NewClient(1)
	d.synced, d.session = true, PDU(capture(t, "v1-serial-delta.rtr")).Session()
	d.Query(nil)
	_, updates, err = feed(t, d, capture(t, "v1-serial-delta.rtr"))
	if err != nil {
		t.Fatal(err)
	}
	data.VRPs = append(data.VRPs, updates[0].VRPs...)
	cache.Set(0, data)
	if err := talk(t, r, s, r.Query(nil)); err != nil {
		t.Fatal(err)
	}
	if want := cache.Records(); len(r.vrps) != len(want.VRPs) {
		t.Errorf("%d VRPs, the cache has %d", len(r.vrps), len(want.VRPs))
	}
	if serial, _ := cache.Serial(); r.serial != serial {
		t.Errorf("serial %d, want %d", r.serial, serial)
	}
}
