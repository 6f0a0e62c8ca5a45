package format

import (
	"bytes"
	"hash/maphash"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// attrCache remembers the JSON of attribute sets, because a table has many
// routes to one set and writing it is most of the work.
type attrCache struct {
	seed  maphash.Seed
	known map[uint64]attrText
	size  int
	last  attrText // of the call before
}

type attrText struct {
	family inet.Family
	attrs  []byte
	json   []byte
}

// cacheBytes bounds the cache. It is emptied when full: what is in use comes
// back at once.
const cacheBytes = 16 << 20

// emptyList is what a withdrawal has for attributes; never written.
var emptyList = []byte("[]")

// json returns the list of attributes. It is valid until the encoder is used
// again.
func (c *attrCache) json(a bgp.Attrs, f inet.Family) []byte {
	if len(a) == 0 {
		return emptyList
	}
	if c.last.family == f && bytes.Equal(c.last.attrs, a) {
		return c.last.json
	}
	key := maphash.Bytes(c.seed, a)
	if t, ok := c.known[key]; ok && t.family == f && bytes.Equal(t.attrs, a) {
		c.last = t
		return t.json
	}
	t := attrText{f, bytes.Clone(a), a.AppendJSON(nil, f)}
	if c.known == nil || c.size > cacheBytes {
		c.known, c.size = map[uint64]attrText{}, 0
	}
	c.known[key] = t
	c.size += len(t.attrs) + cap(t.json) + 96
	c.last = t
	return t.json
}
