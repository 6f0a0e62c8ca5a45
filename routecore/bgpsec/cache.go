package bgpsec

import (
	"crypto/sha256"
	"encoding/binary"
)

// Cache remembers signatures that were found good, for the ends of paths repeat:
// each costs one hash instead of a verification on the curve. It has to be emptied
// when a router key goes away. It is not for concurrent use: a goroutine that
// verifies has its own. What was not good is not remembered.
type Cache struct {
	limit    int
	now, old map[[sha256.Size]byte]struct{}
}

// NewCache returns a cache of up to limit signatures of 32 octets each; the least
// recently used half goes when it is full. A limit under 2 caches nothing.
func NewCache(limit int) *Cache {
	c := &Cache{limit: limit}
	c.Reset()
	return c
}

// Reset forgets everything.
func (c *Cache) Reset() {
	c.now, c.old = map[[sha256.Size]byte]struct{}{}, nil
}

// Len returns how many signatures are remembered.
func (c *Cache) Len() int { return len(c.now) + len(c.old) }

// id is the digest of all that the outcome depends on, other than the keys.
func (c *Cache) id(hash []byte, s Signature, asn uint32) [sha256.Size]byte {
	var buffer [160]byte
	b := append(buffer[:0], hash...)
	b = binary.BigEndian.AppendUint32(b, asn)
	return sha256.Sum256(s.append(b))
}

func (c *Cache) has(id [sha256.Size]byte) bool {
	if _, ok := c.now[id]; ok {
		return true
	}
	if _, ok := c.old[id]; !ok {
		return false
	}
	delete(c.old, id)
	c.add(id)
	return true
}

func (c *Cache) add(id [sha256.Size]byte) {
	if c.limit < 2 {
		return
	}
	if len(c.now) >= c.limit/2 {
		c.now, c.old = make(map[[sha256.Size]byte]struct{}, c.limit/2), c.now
	}
	c.now[id] = struct{}{}
}
