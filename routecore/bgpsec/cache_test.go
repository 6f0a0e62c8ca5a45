package bgpsec

import (
	"crypto/ecdsa"
	"iter"
	"testing"

	"example.com/rotonda/routecore/inet"
)

// counted counts how often keys are asked for.
type counted struct {
	*KeyTable
	n int
}

func (c *counted) Key(ski SKI, asn inet.ASN) iter.Seq[*ecdsa.PublicKey] {
	c.n++
	return c.KeyTable.Key(ski, asn)
}

func TestTheCacheRemembersWhatWasGood(t *testing.T) {
	e := readExample(t)
	keys := &counted{KeyTable: &e.keys}
	p, err := ParsePath(attr(t, e.updates["192.0.2.0/24"]))
	if err != nil {
		t.Fatal(err)
	}
	route, c := routeOf("192.0.2.0/24"), NewCache(4)
	verify := func(target inet.ASN, want State, asked int) {
		t.Helper()
		keys.n = 0
		if r := c.Verify(p, target, route, keys); r.State != want || keys.n != asked {
			t.Errorf("%+v, keys were asked for %d times, want %d", r, keys.n, asked)
		}
	}
	verify(65537, Valid, 2)
	verify(65537, Valid, 0)
	verify(65538, NotValid, 1) // another target is another digest
	verify(65538, NotValid, 1) // what was not good is asked again
	c.Reset()
	verify(65537, Valid, 2)
	p.Blocks[0].Signatures[0].SKI[0] ^= 1 // a name that no key has, over what was good
	verify(65537, NotValid, 1)
}

func TestTheCacheIsBounded(t *testing.T) {
	c := NewCache(10)
	id := func(i int) [32]byte { return [32]byte{byte(i), byte(i >> 8)} }
	for i := range 1000 {
		c.add(id(i))
		c.has(id(0)) // kept by use
		if c.Len() > 10 {
			t.Fatalf("%d", c.Len())
		}
	}
	if !c.has(id(0)) || !c.has(id(999)) || c.has(id(500)) {
		t.Error("the wrong half went")
	}
	none := NewCache(0)
	none.add(id(1))
	if none.Len() != 0 {
		t.Error("no limit")
	}
}
