package vm

import (
	"encoding/binary"
	"unsafe"

	"example.com/rotonda/roto/internal/ir"
)

// mapData holds the values of a map by key, in the order in which keys came. It
// has no lock: a map belongs to one call, or is a constant and frozen.
type mapData struct {
	t       *ir.Type
	places  map[string]int // of entries, by the key's bytes
	entries []mapEntry
	dead    int // entries that were removed
	frozen  bool
}

type mapEntry struct {
	key   string
	slots []Slot // key, then value; nil when removed
}

func mapOf(s *Slot) *mapData { return (*mapData)(s.P) }

func (d *mapData) change() {
	if d.frozen {
		panic(HostError("a map that is a constant cannot be changed"))
	}
}

// appendKey writes a value so that equal values have equal bytes.
func appendKey(dst []byte, t *ir.Type, s *Slot) []byte {
	switch t.Kind {
	case ir.Void:
	case ir.Text:
		dst = binary.BigEndian.AppendUint64(dst, s.W)
		dst = append(dst, s.text()...)
	case ir.Record:
		for _, f := range t.Fields {
			dst = appendKey(dst, f.Type, slotAt(s, f.Off))
		}
	case ir.Enum:
		dst = binary.BigEndian.AppendUint64(dst, s.W)
		for _, f := range t.Variants[s.W] {
			dst = appendKey(dst, f.Type, slotAt(s, f.Off))
		}
	case ir.Ref:
		if t.Elem == nil {
			panic(HostError("a value of type `" + t.Name + "` cannot be the key of a map"))
		}
		l := listOf(s)
		dst = binary.BigEndian.AppendUint64(dst, uint64(l.n))
		for i := range l.n {
			dst = appendKey(dst, t.Elem, l.At(i))
		}
	default:
		for i := range t.Slots {
			dst = binary.BigEndian.AppendUint64(dst, slotAt(s, i).W)
		}
	}
	return dst
}

// find returns the entry of a key, or -1, and the key's bytes.
func (d *mapData) find(key *Slot) (int, []byte) {
	var room [64]byte
	b := appendKey(room[:0], d.t.Key, key)
	if i, ok := d.places[string(b)]; ok {
		return i, b
	}
	return -1, b
}

// value returns the slots of the value of an entry.
func (d *mapData) value(i int) *Slot { return slotOf(d.entries[i].slots, d.t.Key.Slots) }

// slotOf is a slot of a slice, also where a value takes none.
func slotOf(s []Slot, i int) *Slot {
	if i >= len(s) {
		return &Slot{}
	}
	return &s[i]
}

// MapNew is Map.new() -> Map[K, V].
func MapNew(m *M, r *RawCall, base *Slot) {
	base.P = unsafe.Pointer(&mapData{t: r.Result, places: map[string]int{}})
}

// MapInsert is Map.insert(K, V) -> V?: the value that was there.
func MapInsert(m *M, r *RawCall, base *Slot) {
	d := mapOf(r.Arg(base, 0))
	d.change()
	k, v := d.t.Key.Slots, d.t.Value.Slots
	i, key := d.find(r.Arg(base, 1))
	if i >= 0 {
		base.W = 0
		copySlots(slotAt(base, 1), d.value(i), v)
		copySlots(d.value(i), r.Arg(base, 2), v)
		return
	}
	m.spend((k+v)*int(slotSize) + 2*len(key) + 64)
	base.W = 1
	e := mapEntry{string(key), make([]Slot, max(1, k+v))}
	copySlots(slotOf(e.slots, 0), r.Arg(base, 1), k)
	copySlots(slotOf(e.slots, k), r.Arg(base, 2), v)
	d.places[e.key] = len(d.entries)
	d.entries = append(d.entries, e)
}

// MapGet is Map.get(K) -> V?.
func MapGet(m *M, r *RawCall, base *Slot) {
	d := mapOf(r.Arg(base, 0))
	i, _ := d.find(r.Arg(base, 1))
	if base.W = 1; i >= 0 {
		base.W = 0
		copySlots(slotAt(base, 1), d.value(i), d.t.Value.Slots)
	}
}

// MapContains is Map.contains(K) -> bool.
func MapContains(m *M, r *RawCall, base *Slot) {
	i, _ := mapOf(r.Arg(base, 0)).find(r.Arg(base, 1))
	if base.W = 0; i >= 0 {
		base.W = 1
	}
}

// MapRemove is Map.remove(K) -> V?: the value that was there.
func MapRemove(m *M, r *RawCall, base *Slot) {
	d := mapOf(r.Arg(base, 0))
	d.change()
	i, _ := d.find(r.Arg(base, 1))
	if base.W = 1; i < 0 {
		return
	}
	base.W = 0
	copySlots(slotAt(base, 1), d.value(i), d.t.Value.Slots)
	delete(d.places, d.entries[i].key)
	d.entries[i] = mapEntry{}
	if d.dead++; d.dead > len(d.entries)/2 {
		d.compact()
	}
}

// compact drops removed entries.
func (d *mapData) compact() {
	live := d.entries[:0]
	for _, e := range d.entries {
		if e.slots != nil {
			d.places[e.key] = len(live)
			live = append(live, e)
		}
	}
	clear(d.entries[len(live):])
	d.entries, d.dead = live, 0
}

// MapLen is Map.len() -> u64.
func MapLen(m *M, r *RawCall, base *Slot) { base.W = uint64(len(mapOf(r.Arg(base, 0)).places)) }

// MapKeys is Map.keys() -> List[K].
func MapKeys(m *M, r *RawCall, base *Slot) {
	d := mapOf(r.Arg(base, 0))
	d.list(base, r.Result.Elem, 0)
}

// MapValues is Map.values() -> List[V].
func MapValues(m *M, r *RawCall, base *Slot) {
	d := mapOf(r.Arg(base, 0))
	d.list(base, r.Result.Elem, d.t.Key.Slots)
}

func (d *mapData) list(to *Slot, elem *ir.Type, off int) {
	l := NewList(elem)
	for _, e := range d.entries {
		if e.slots != nil {
			copySlots(l.Grow(), slotOf(e.slots, off), elem.Slots)
		}
	}
	to.P = unsafe.Pointer(l)
}

// equalMap compares maps: the same keys with equal values, in whatever order.
func equalMap(t *ir.Type) func(a, b *Slot) bool {
	var same func(a, b *Slot) bool
	return func(a, b *Slot) bool {
		x, y := mapOf(a), mapOf(b)
		if x == y {
			return true
		}
		if len(x.places) != len(y.places) {
			return false
		}
		eq := same
		if eq == nil {
			eq = equal(t.Value) // late: a map may hold its own type
		}
		for key, i := range x.places {
			j, ok := y.places[key]
			if !ok || !eq(x.value(i), y.value(j)) {
				return false
			}
		}
		return true
	}
}
