package store

import (
	"iter"
	"slices"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/store/internal/dict"
)

// Group is a run of routes of one lane with one attribute set, one time and one
// status. NLRI and Attrs are valid until the next one.
type Group struct {
	Lane   *Lane
	NLRI   bgp.NLRI
	Attrs  bgp.Attrs
	Time   int64 // Unix microseconds
	Status Status
}

// groupBytes ends a run, so that a receiver's buffers stay small.
const groupBytes = 16 << 10

// groupWindow is how many pages are grouped at once: 4 MiB of scratch at most.
const groupWindow = 2048

// Lanes yields the lanes of a table that the snapshot holds, by family and then
// ingress.
func (sn *Snapshot) Lanes(t Table) iter.Seq[*Lane] {
	return func(yield func(*Lane) bool) {
		for i := range families {
			for _, l := range *t.t.lanes[i].Load() {
				if sn.versions[l] != nil && !yield(l) {
					return
				}
			}
		}
	}
}

// Groups yields the active and stale routes of a lane, grouped: a whole table as
// few messages. With [Snapshot.LaneSeq] and [Report].Seq a consumer goes on from
// exactly there.
func (sn *Snapshot) Groups(l *Lane) iter.Seq[Group] {
	return func(yield func(Group) bool) {
		v := sn.versions[l]
		if v == nil {
			return
		}
		g := grouper{v: v, d: l.dict, yield: yield}
		_ = g.run(v.plain, false) && g.run(v.paths, true)
	}
}

type grouper struct {
	v     *version
	d     *dict.Dict
	yield func(Group) bool
	items []item
	nlri  []byte
}

type item struct {
	word uint64
	id   uint32
}

func (g *grouper) run(pages []*page, paths bool) bool {
	for from := 0; from < len(pages); from += groupWindow {
		g.collect(pages, from, min(from+groupWindow, len(pages)))
		if !g.emit(paths) {
			return false
		}
	}
	return true
}

func (g *grouper) collect(pages []*page, from, to int) {
	g.items = g.items[:0]
	for n := from; n < to; n++ {
		if pages[n] == nil {
			continue
		}
		for i, w := range pages[n] {
			if st := readStatus(g.v.head, w); st == Active || st == Stale {
				g.items = append(g.items, item{w, uint32(n<<pageBits | i)})
			}
		}
	}
	slices.SortFunc(g.items, func(a, b item) int {
		switch {
		case a.word != b.word:
			return order(a.word < b.word)
		case a.id != b.id:
			return order(a.id < b.id)
		}
		return 0
	})
}

func (g *grouper) emit(paths bool) bool {
	l := g.v.lane
	for i := 0; i < len(g.items); {
		w := g.items[i].word
		g.nlri = g.nlri[:0]
		for ; i < len(g.items) && g.items[i].word == w && len(g.nlri) < groupBytes; i++ {
			if paths {
				g.nlri = l.appendPath(g.nlri, g.items[i].id)
				continue
			}
			g.nlri = g.d.Key(g.items[i].id).Append(g.nlri)
		}
		ok := g.yield(Group{
			Lane: l, NLRI: bgp.NLRI{Family: l.key.Family, AddPath: paths, Bytes: g.nlri},
			Attrs: bgp.Attrs(l.store.attrs.Bytes(wordAttr(w))),
			Time:  int64(wordSeconds(w)) * 1e6, Status: readStatus(g.v.head, w),
		})
		if !ok {
			return false
		}
	}
	return true
}
