package dict

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/gaissmai/bart"
	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func room(int64) bool { return true }

func randomPrefix(rng *rand.Rand, wide bool) netip.Prefix {
	if !wide {
		var a [4]byte
		binary.BigEndian.PutUint32(a[:], rng.Uint32()&0xc0c10183)
		return netip.PrefixFrom(netip.AddrFrom4(a), rng.IntN(33)).Masked()
	}
	var a [16]byte
	binary.BigEndian.PutUint64(a[:], rng.Uint64()&0xc000000100000101)
	binary.BigEndian.PutUint64(a[8:], rng.Uint64()&0xc000000000000101)
	return netip.PrefixFrom(netip.AddrFrom16(a), rng.IntN(129)).Masked()
}

func order(a, b netip.Prefix) int {
	if c := a.Addr().Compare(b.Addr()); c != 0 {
		return c
	}
	return cmp.Compare(a.Bits(), b.Bits())
}

func diff(want, got []netip.Prefix) string {
	return gocmp.Diff(want, got, gocmp.Comparer(func(a, b netip.Prefix) bool { return a == b }), cmpopts.EquateEmpty())
}

// twinDict is a dictionary beside bart and a map.
type twinDict struct {
	t     *testing.T
	rng   *rand.Rand
	wide  bool
	d     *Dict
	table *bart.Table[uint32]
	ids   map[netip.Prefix]uint32
}

func (w *twinDict) any() netip.Prefix {
	if len(w.ids) > 0 && w.rng.IntN(2) == 0 {
		n := w.rng.IntN(len(w.ids))
		for p := range w.ids {
			if n--; n < 0 {
				return p
			}
		}
	}
	return randomPrefix(w.rng, w.wide)
}

func (w *twinDict) insert() {
	p := w.any()
	id := w.d.Insert(KeyOf(p), room)
	if old, ok := w.ids[p]; ok && old != id || id == 0 {
		w.t.Fatalf("%s has id %d, had %d", p, id, old)
	}
	w.ids[p] = id
	w.table.Insert(p, id)
}

// remove sweeps away what chance does not mark.
func (w *twinDict) remove() {
	w.d.StartMarking()
	var gone []netip.Prefix
	for p, id := range w.ids {
		if w.rng.IntN(5) == 0 {
			gone = append(gone, p)
			continue
		}
		w.d.Mark(id)
	}
	r := w.d.Sweep()
	w.d.StopMarking()
	if len(r.prefixes) != len(gone) {
		w.t.Fatalf("%d prefixes were swept, want %d", len(r.prefixes), len(gone))
	}
	w.d.Reuse(r)
	for _, p := range gone {
		delete(w.ids, p)
		w.table.Delete(p)
	}
}

func (w *twinDict) check() {
	p := w.any()
	if got := w.d.Find(KeyOf(p)); got != w.ids[p] {
		w.t.Fatalf("%s is found as %d, want %d", p, got, w.ids[p])
	}
	var want, got []netip.Prefix
	for s := range w.table.Supernets(p) {
		want = append(want, s)
	}
	slices.SortFunc(want, order)
	for _, id := range w.d.Covering(nil, KeyOf(p)) {
		got = append(got, w.d.Key(id).Prefix(w.wide))
	}
	if d := diff(want, got); d != "" {
		w.t.Fatalf("covering %s (-want +got):\n%s", p, d)
	}
	want, got = nil, nil
	for s := range w.table.Subnets(p) {
		want = append(want, s)
	}
	slices.SortFunc(want, order)
	var walk Walker
	walk.Start(w.d, KeyOf(p))
	got = rest(&walk, w.wide)
	if d := diff(want, got); d != "" {
		w.t.Fatalf("covered by %s (-want +got):\n%s", p, d)
	}
	after := w.any()
	want = slices.DeleteFunc(want, func(s netip.Prefix) bool { return order(s, after) <= 0 })
	walk.StartAfter(w.d, KeyOf(p), KeyOf(after))
	if d := diff(want, rest(&walk, w.wide)); d != "" {
		w.t.Fatalf("covered by %s after %s (-want +got):\n%s", p, after, d)
	}
}

func rest(w *Walker, wide bool) (out []netip.Prefix) {
	for id, k := w.Next(); id != 0; id, k = w.Next() {
		out = append(out, k.Prefix(wide))
	}
	return out
}

func TestTwinOfBartAgreesAfterRandomOperations(t *testing.T) {
	for _, wide := range []bool{false, true} {
		for _, seed := range []uint64{1, 2, uint64(time.Now().UnixNano())} {
			t.Run(fmt.Sprint("wide=", wide, "/seed=", seed), func(t *testing.T) {
				t.Parallel()
				w := &twinDict{t, rand.New(rand.NewPCG(seed, 1)), wide, New(wide), new(bart.Table[uint32]), map[netip.Prefix]uint32{}}
				for range 5_000 {
					switch n := w.rng.IntN(200); {
					case n == 0:
						w.remove()
					case n < 60:
						w.insert()
					default:
						w.check()
					}
				}
				if w.d.Len() != len(w.ids) || len(w.ids) < 10 {
					t.Errorf("%d prefixes, want %d", w.d.Len(), len(w.ids))
				}
			})
		}
	}
}

func TestPathsOfAPrefixAreListedAndSwept(t *testing.T) {
	d := New(false)
	prefix := d.Insert(KeyOf(netip.MustParsePrefix("10.0.0.0/8")), room)
	ids := map[uint32]uint32{}
	for path := range uint32(1000) {
		ids[path] = d.InsertPath(prefix, path, room)
		if again := d.InsertPath(prefix, path, room); again != ids[path] {
			t.Fatalf("path %d has the ids %d and %d", path, ids[path], again)
		}
	}
	d.StartMarking()
	for path, id := range ids {
		if path%3 == 0 {
			d.MarkPath(id)
		}
	}
	r := d.Sweep()
	d.StopMarking()
	d.Reuse(r)
	seen := map[uint32]bool{}
	for id := d.Paths().First(prefix); id != 0; id = d.Paths().Next(id) {
		p, path := d.Paths().Pair(id)
		if p != prefix || path%3 != 0 || seen[path] {
			t.Fatalf("listed: prefix %d, path %d", p, path)
		}
		seen[path] = true
	}
	if len(seen) != 334 || d.FindPath(prefix, 1) != 0 || d.FindPath(prefix, 3) != ids[3] || d.Find(d.Key(prefix)) != prefix {
		t.Errorf("%d paths are left", len(seen))
	}
}

func TestNoRoomRefusesAndChangesNothing(t *testing.T) {
	d := New(true)
	k := KeyOf(netip.MustParsePrefix("2001:db8::/32"))
	if id := d.Insert(k, func(int64) bool { return false }); id != 0 || d.Len() != 0 || d.Find(k) != 0 {
		t.Errorf("id %d, %d prefixes", id, d.Len())
	}
}

func TestKeysCutCoverAndReadAsWire(t *testing.T) {
	for _, text := range []string{"0.0.0.0/0", "10.0.0.0/8", "192.0.2.1/32", "::/0", "2001:db8::/33", "2001:db8::1/128", "2001:db8:0:0:8000::/65"} {
		p := netip.MustParsePrefix(text)
		k := KeyOf(p)
		if got := k.Prefix(p.Addr().Is6()); got != p {
			t.Errorf("%s comes back as %s", p, got)
		}
		wire := k.Append(nil)
		if int(wire[0]) != p.Bits() || len(wire) != 1+(p.Bits()+7)/8 || !slices.Equal(wire[1:], p.Addr().AsSlice()[:len(wire)-1]) {
			t.Errorf("%s in wire form is %v", p, wire)
		}
		if c := k.Cut(0); c != (Key{}) || !c.Covers(k) || k.Len > 0 && k.Covers(c) {
			t.Errorf("%s cut to nothing is %v", p, c)
		}
	}
}
