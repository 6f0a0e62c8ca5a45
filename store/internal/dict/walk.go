package dict

// maxDepth is more than the nodes on any path: one a bit, and the root.
const maxDepth = 132

// Covering appends to dst the ids of the prefixes that cover k, k included, the
// shortest first.
func (d *Dict) Covering(dst []uint32, k Key) []uint32 {
	for n := ref(d.root.Load()); n != 0; {
		nk := d.key(n)
		if !nk.Covers(k) {
			break
		}
		if n&glueBit == 0 {
			dst = append(dst, uint32(n))
		}
		if nk.Len == k.Len {
			break
		}
		n = child(d.children(n), k.bit(nk.Len))
	}
	return dst
}

// Walker goes over the prefixes below a key in order. It stays correct while
// prefixes come and go; those that do may be seen or not. The zero value is at
// its end.
type Walker struct {
	d     *Dict
	depth int
	stack [maxDepth]ref
}

// Start sets the walker to the prefixes covered by within, itself included.
func (w *Walker) Start(d *Dict, within Key) {
	w.d, w.depth = d, 0
	if n := d.top(within); n != 0 {
		w.push(n)
	}
}

// StartAfter sets the walker to those covered by within that come after key.
func (w *Walker) StartAfter(d *Dict, within, after Key) {
	w.d, w.depth = d, 0
	n := d.top(within)
	for n != 0 {
		nk := d.key(n)
		if !nk.Covers(after) {
			if nk.Compare(after) > 0 {
				w.push(n)
			}
			return
		}
		c := d.children(n)
		if nk.Len == after.Len {
			w.push(child(c, 1))
			w.push(child(c, 0))
			return
		}
		if after.bit(nk.Len) == 1 {
			n = child(c, 1)
			continue
		}
		w.push(child(c, 1))
		n = child(c, 0)
	}
}

// top is the highest node covered by k.
func (d *Dict) top(k Key) ref {
	n := ref(d.root.Load())
	for n != 0 {
		nk := d.key(n)
		if nk.Len >= k.Len {
			if k.Covers(nk) {
				return n
			}
			return 0
		}
		if !nk.Covers(k) {
			return 0
		}
		n = child(d.children(n), k.bit(nk.Len))
	}
	return 0
}

func (w *Walker) push(n ref) {
	if n == 0 {
		return
	}
	w.stack[w.depth] = n
	w.depth++
}

// Next returns the id of the next prefix and its key; the id is 0 at the end.
func (w *Walker) Next() (uint32, Key) {
	for w.depth > 0 {
		w.depth--
		n := w.stack[w.depth]
		c := w.d.children(n)
		w.push(child(c, 1))
		w.push(child(c, 0))
		if n&glueBit == 0 {
			return uint32(n), w.d.key(n)
		}
	}
	return 0, Key{}
}
