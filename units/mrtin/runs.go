package mrtin

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/unit"
)

// A RIB is sorted by prefix, and a path attribute set comes back after a few
// prefixes. Entries of one peer with the same octets of attributes and the same time
// therefore share one Routes within a batch: attributes are read once for all of them.
const (
	runSlots = 1024 // of the table; a power of two
	runLimit = 1024 // entries in a batch
)

// run is a Routes under construction.
type run struct {
	routes *unit.Routes
	raw    []byte // attributes as they stand in the file
	nlri   []byte
}

// runs collects RIB entries into the Routes of a batch.
type runs struct {
	batch *unit.Batch
	seed  maphash.Seed
	slots [runSlots]uint32 // index into list plus one; 0 is free
	used  []uint16         // slots in use
	list  []run            // list[:n] are in use
	n     int
	count int // entries
}

// add adds one entry and reports whether the batch is full. wire is the NLRI
// without path identifier; all arguments are copied.
func (r *runs) add(a *archive, p unit.Peer, f inet.Family, wire []byte, id uint32, addPath bool, at int64, raw []byte, ctx bgp.Ctx, form bgp.AttrForm) bool {
	h := maphash.Bytes(r.hashSeed(), raw) ^ uint64(p.Ingress)*0x9e3779b97f4a7c15 ^ uint64(at)*0xff51afd7ed558ccd
	slot := uint16(h>>48) & (runSlots - 1)
	var u *run
	if i := r.slots[slot]; i != 0 {
		u = &r.list[i-1]
		if o := u.routes; o.Peer != p || o.Time != at || o.Family != f || o.AddPath != addPath || !bytes.Equal(u.raw, raw) {
			u = nil
		}
	}
	if u == nil {
		u = r.open(slot)
		bgp.ParseAttributes(&a.update, raw, ctx, f, form)
		u.raw = append(u.raw[:0], raw...)
		u.nlri = u.nlri[:0]
		attrs := r.batch.Arena(func(dst []byte) []byte { return a.update.AppendAttrs(dst, f) })
		u.routes = r.batch.Announce(p, f, addPath, nil, bgp.Attrs(attrs), at)
	}
	if addPath {
		u.nlri = binary.BigEndian.AppendUint32(u.nlri, id)
	}
	u.nlri = append(u.nlri, wire...)
	r.count++
	return r.count >= runLimit
}

func (r *runs) hashSeed() maphash.Seed {
	if r.seed == (maphash.Seed{}) {
		r.seed = maphash.MakeSeed()
	}
	return r.seed
}

// open takes a free run for a slot; what was there stays in the batch as it is.
func (r *runs) open(slot uint16) *run {
	if r.n == len(r.list) {
		r.list = append(r.list, run{})
	}
	if r.slots[slot] == 0 {
		r.used = append(r.used, slot)
	}
	r.n++
	r.slots[slot] = uint32(r.n)
	return &r.list[r.n-1]
}

// close gives every Routes its NLRI. Events added after it come behind them.
func (r *runs) close() {
	for i := range r.list[:r.n] {
		r.list[i].routes.NLRI = r.list[i].nlri
	}
	for _, slot := range r.used {
		r.slots[slot] = 0
	}
	r.used = r.used[:0]
	r.n, r.count = 0, 0
}
