package store

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"os"
	"runtime"
	"slices"
	"testing"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// told is one route of a real table, as its peer told it.
type told struct {
	family inet.Family
	nlri   []byte
	attrs  bgp.Attrs
	peer   int
}

// frr reads lab-frr/frr-8.4.4.rib-3peers.mrt.gz: 1,219,633 entries of three
// peers over 690,337 prefixes. The attributes are those of the file behind a
// header of 12 octets that names the origin AS.
func frr(tb testing.TB) []told {
	tb.Helper()
	packed, err := os.ReadFile(testkit.Data(tb, "lab-frr", "frr-8.4.4.rib-3peers.mrt.gz"))
	if err != nil {
		tb.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		tb.Fatal(err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		tb.Fatal(err)
	}
	var out []told
	for len(raw) >= 12 {
		kind, n := binary.BigEndian.Uint32(raw[4:]), int(binary.BigEndian.Uint32(raw[8:]))
		body := raw[12 : 12+n]
		raw = raw[12+n:]
		switch kind {
		case 13<<16 | 2:
			out = ribEntries(out, inet.IPv4Unicast, body)
		case 13<<16 | 4:
			out = ribEntries(out, inet.IPv6Unicast, body)
		}
	}
	return out
}

func ribEntries(out []told, f inet.Family, b []byte) []told {
	n := 1 + (int(b[4])+7)/8
	nlri := b[4 : 4+n]
	b = b[4+n:]
	count := int(binary.BigEndian.Uint16(b))
	b = b[2:]
	for range count {
		size := int(binary.BigEndian.Uint16(b[6:]))
		attrs := make(bgp.Attrs, 12, 12+size)
		attrs = append(attrs, b[8:8+size]...)
		binary.BigEndian.PutUint32(attrs[4:], lastAS(b[8:8+size]))
		out = append(out, told{f, nlri, attrs, int(binary.BigEndian.Uint16(b))})
		b = b[8+size:]
	}
	return out
}

// lastAS is the last AS number of the first segment of an AS_PATH.
func lastAS(b []byte) uint32 {
	for len(b) > 3 {
		n, at := int(b[2]), 3
		if b[0]&0x10 != 0 {
			n, at = int(b[2])<<8|int(b[3]), 4
		}
		if v := b[at : at+n]; b[1] == 2 && n >= 6 {
			return binary.BigEndian.Uint32(v[2+4*(int(v[1])-1):])
		}
		b = b[at+n:]
	}
	return 0
}

func asPeer(a bgp.Attrs, peer int) bgp.Attrs {
	binary.BigEndian.PutUint32(a[8:], uint32(peer))
	return a
}

// heap is what lives on the heap, in bytes.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// session orders routes as a peer sends its table: all of one attribute set
// together.
func session(routes []told) []told {
	out := slices.Clone(routes)
	slices.SortStableFunc(out, func(a, b told) int { return bytes.Compare(a.attrs, b.attrs) })
	return out
}
