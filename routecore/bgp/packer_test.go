package bgp

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"example.com/rotonda/routecore/inet"
)

// table is what a peer knows after reading messages: attributes by family, path
// identifier and NLRI, and how many UPDATEs it took.
func table(t testing.TB, wire []byte, ctx Ctx) (routes map[string]string, gone map[string]bool, messages int) {
	t.Helper()
	routes, gone = map[string]string{}, map[string]bool{}
	var u Update
	key := func(n NLRI, raw []byte) string {
		k := binary.BigEndian.AppendUint32(nil, uint32(n.Family))
		if n.AddPath {
			k, raw = append(k, raw[:4]...), raw[4:]
		}
		return string(AppendNLRIKey(k, n.Family, raw))
	}
	for len(wire) > 0 {
		m, size, err := ReadMessage(wire, ctx.max())
		if err != nil || size == 0 {
			t.Fatalf("message %d: %v", messages, err)
		}
		wire = wire[size:]
		messages++
		ParseUpdate(&u, m.Body(), ctx)
		if u.Verdict.Action != Accept {
			t.Fatalf("message %d: %s", messages, u.Verdict.Text())
		}
		if f, ok := u.EndOfRIB(); ok {
			t.Fatalf("message %d says End-of-RIB of %v", messages, f)
		}
		mpDown, _ := u.MPUnreach()
		mpUp, _ := u.MPReach()
		for _, n := range []NLRI{u.Withdrawn(), mpDown} {
			for raw := range n.All() {
				delete(routes, key(n, raw))
				gone[key(n, raw)] = true
			}
		}
		for _, n := range []NLRI{u.Announced(), mpUp} {
			a := string(u.AppendAttrs(nil, n.Family))
			for raw := range n.All() {
				routes[key(n, raw)] = a
				delete(gone, key(n, raw))
			}
		}
	}
	return routes, gone, messages
}

// TestPackerParseOfPackIsIdentity plays random changes into a packer and into a
// table: the peer ends up with the table.
func TestPackerParseOfPackIsIdentity(t *testing.T) {
	var p Packer
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		r := rand.New(rand.NewPCG(seed, 1))
		ctx := Ctx{ASN4: true, IBGP: true, MaxLen: MaxMessage, ExtNH: ^FamilySet(0)}
		if rapid.Bool().Draw(rt, "extended") {
			ctx.MaxLen = MaxExtMessage
		}
		if rapid.Bool().Draw(rt, "addpath") {
			ctx.AddPath = ^FamilySet(0)
		}
		var sets []Attrs
		families := []inet.Family{inet.IPv4Unicast, inet.IPv6Unicast, inet.IPv4MPLSVPN, inet.L2VPNEVPN}
		for _, f := range families {
			sets = append(sets, randomAttrs(r, f), randomAttrs(r, f), nil)
		}
		want, gone := map[string]string{}, map[string]bool{}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			i := r.IntN(len(families))
			a, n := sets[3*i+r.IntN(3)], randomNLRI(r, families[i], ctx.AddPath.Has(families[i]), 1+r.IntN(40))
			if r.IntN(2) == 0 { // small numbers meet again
				for j := range n.Bytes {
					if families[i].IsPrefix() {
						n.Bytes[j] &= 9
					}
				}
				cut := 0
				for raw := range n.All() {
					cut += len(raw)
				}
				n.Bytes = n.Bytes[:cut]
			}
			p.Add(a, n)
			for raw := range n.All() {
				k := binary.BigEndian.AppendUint32(nil, uint32(n.Family))
				if n.AddPath {
					k, raw = append(k, raw[:4]...), raw[4:]
				}
				key := string(AppendNLRIKey(k, n.Family, raw))
				if delete(want, key); a == nil {
					gone[key] = true
				} else {
					want[key] = string(a)
					delete(gone, key)
				}
			}
		}
		if p.Len() != len(want)+len(gone) {
			rt.Fatalf("%d routes wait, want %d", p.Len(), len(want)+len(gone))
		}
		got, down, _ := table(t, p.Append(nil, ctx), ctx)
		if len(got) != len(want) || len(down) != len(gone) {
			rt.Fatalf("%d routes and %d withdrawals, want %d and %d", len(got), len(down), len(want), len(gone))
		}
		for k, a := range want {
			if got[k] != a {
				rt.Fatalf("%x:\n%x\n%x", k, got[k], a)
			}
		}
		for k := range gone {
			if !down[k] {
				rt.Fatalf("%x is not withdrawn", k)
			}
		}
		if p.Len() != 0 || len(p.Append(nil, ctx)) != 0 {
			rt.Fatal("the packer is not empty")
		}
	})
}

// TestPackerGroups counts messages: routes that share attributes share one.
func TestPackerGroups(t *testing.T) {
	a := set(t, AttrOrigin, "00", AttrASPath, "", AttrNextHop, "c0000201")
	b := set(t, AttrOrigin, "00", AttrASPath, "", AttrNextHop, "c0000202")
	var p Packer
	for i := range 100 {
		n := NLRI{Family: inet.IPv4Unicast, Bytes: []byte{24, 10, 0, byte(i)}}
		switch i % 4 {
		case 0:
			p.Add(a, n)
		case 1:
			p.Add(b, n)
		case 2:
			p.Add(nil, n)
		case 3: // the same route again: the last word counts
			p.Add(a, n)
			p.Add(nil, n)
			p.Add(b, n)
		}
	}
	ctx := Ctx{ASN4: true, IBGP: true}
	got, gone, messages := table(t, p.Append(nil, ctx), ctx)
	if messages != 3 || len(got) != 75 || len(gone) != 25 {
		t.Errorf("%d messages with %d routes and %d withdrawals, want 3, 75, 25", messages, len(got), len(gone))
	}
	if n := p.Add(a, NLRI{Family: inet.IPv4Unicast, Bytes: []byte{24, 10, 0, 1, 33, 1}}); n != 4 || p.Len() != 1 {
		t.Errorf("broken NLRI: %d octets, %d routes", n, p.Len())
	}
}

// TestMessagesAtTheLimit builds announcements and withdrawals of exactly the limit,
// and one octet over, which takes a second message: classic, multiprotocol, with
// path identifiers, in both sizes.
func TestMessagesAtTheLimit(t *testing.T) {
	for _, limit := range []int{MaxMessage, MaxExtMessage} {
		for _, f := range []inet.Family{inet.IPv4Unicast, inet.IPv6Unicast, inet.L2VPNEVPN} {
			for _, addPath := range []bool{false, true} {
				for _, withdraw := range []bool{false, true} {
					ctx := Ctx{ASN4: true, IBGP: true, MaxLen: uint16(limit)}
					if addPath {
						ctx.AddPath = NewFamilySet(f)
					}
					atTheLimit(t, ctx, f, withdraw)
				}
			}
		}
	}
}

func atTheLimit(t *testing.T, ctx Ctx, f inet.Family, withdraw bool) {
	t.Helper()
	limit := ctx.max()
	hop := "c0000201"
	if f == inet.IPv6Unicast {
		hop = "20010db8000000000000000000000001"
	}
	a := set(t, AttrOrigin, "00", AttrASPath, "", AttrNextHop, hop)
	if withdraw {
		a = nil
	}
	// A run of exactly so many octets, in NLRI of nearly equal size.
	addPath := ctx.AddPath.Has(f)
	most := map[inet.Family]int{inet.IPv4Unicast: 5, inet.IPv6Unicast: 17, inet.L2VPNEVPN: 30}[f]
	if addPath {
		most += 4
	}
	one := func(octets int) NLRI {
		n := NLRI{Family: f, AddPath: addPath}
		for count := (octets + most - 1) / most; count > 0; count-- {
			size := octets / count
			n.Bytes = append(n.Bytes, routeOf(f, addPath, size, count)...)
			octets -= size
		}
		return n
	}
	long := AppendUpdates(nil, ctx, a, one(1000))
	fixed := len(long) - 1000
	for _, over := range []int{0, 1} {
		n := one(limit - fixed + over)
		wire := AppendUpdates(nil, ctx, a, n)
		first := int(binary.BigEndian.Uint16(wire[16:]))
		if over == 0 && (first != limit || len(wire) != limit) {
			t.Errorf("%v withdraw=%t limit %d: %d octets of NLRI give messages of %d and more, %d in all", f, withdraw, limit, len(n.Bytes), first, len(wire))
		}
		if over == 1 && (first >= limit || len(wire) <= limit) {
			t.Errorf("%v withdraw=%t limit %d: one octet over gives %d, %d in all", f, withdraw, limit, first, len(wire))
		}
		_, nlri, count := merge(t, wire, ctx, f, withdraw)
		if count != 1+over || !bytes.Equal(nlri, n.Bytes) {
			t.Errorf("%v withdraw=%t limit %d: %d messages", f, withdraw, limit, count)
		}
	}
}

// routeOf is one NLRI of so many octets, path identifier included.
func routeOf(f inet.Family, addPath bool, size, i int) []byte {
	var out []byte
	if addPath {
		out, size = binary.BigEndian.AppendUint32(out, uint32(i)), size-4
	}
	if f == inet.L2VPNEVPN {
		return append(append(out, 249, byte(size-2)), make([]byte, size-2)...)
	}
	return append(append(out, byte(8*(size-1))), make([]byte, size-1)...)
}

// BenchmarkPacker adds 10,000 IPv4 routes one by one, 50 to a set of attributes in
// turn, and writes them.
func BenchmarkPacker(b *testing.B) {
	r := rand.New(rand.NewPCG(9, 9))
	var sets []Attrs
	for range 200 {
		sets = append(sets, AppendSet(nil, randomAttrs(r, inet.IPv4Unicast), AttrNextHop, []byte{192, 0, 2, 1}))
	}
	ctx := Ctx{ASN4: true, IBGP: true}
	var p Packer
	buf := make([]byte, 0, 1<<20)
	nlri := make([]byte, 4)
	b.ReportAllocs()
	for b.Loop() {
		for i := range 10000 {
			nlri[0], nlri[1], nlri[2], nlri[3] = 24, 10, byte(i>>8), byte(i)
			p.Add(sets[i%len(sets)], NLRI{Family: inet.IPv4Unicast, Bytes: nlri})
		}
		buf = p.Append(buf[:0], ctx)
	}
	b.ReportMetric(float64(b.N)*10000/b.Elapsed().Seconds(), "routes/s")
}

func FuzzPacker(f *testing.F) {
	f.Add(unhex(f, "18c6336418c633651001ff"), unhex(f, "18c63365"), false)
	f.Add(unhex(f, "0000000118c63364"), unhex(f, "0000000218c63364"), true)
	a := Attrs(AppendSet(nil, AppendSet(nil, AppendSet(nil, nil, AttrOrigin, []byte{0}), AttrASPath, nil), AttrNextHop, []byte{192, 0, 2, 1}))
	f.Fuzz(func(t *testing.T, up, down []byte, addPath bool) {
		ctx := Ctx{ASN4: true, IBGP: true}
		if addPath {
			ctx.AddPath = NewFamilySet(inet.IPv4Unicast)
		}
		var p Packer
		for _, b := range [][]byte{up, down} {
			if checkPrefixes(32, addPath, b) >= 0 {
				return
			}
		}
		if p.Add(a, NLRI{Family: inet.IPv4Unicast, AddPath: addPath, Bytes: up}) != len(up) || p.Add(nil, NLRI{Family: inet.IPv4Unicast, AddPath: addPath, Bytes: down}) != len(down) {
			t.Fatal("good NLRI are not taken whole")
		}
		waiting := p.Len()
		routes, gone, _ := table(t, p.Append(nil, ctx), ctx)
		if len(routes)+len(gone) != waiting {
			t.Fatalf("%d and %d came out of %d", len(routes), len(gone), waiting)
		}
	})
}
