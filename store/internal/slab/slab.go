// Package slab holds the memory of the store: chunked arrays without pointers
// that readers use while a writer grows them, and the pins by which readers say
// what they may still look at.
//
// It knows nothing of routes. Growth adds chunks and never copies what is
// there, so that loading a table leaves no garbage behind. Start reading at
// [Words] and [Pins].
package slab

import (
	"sync/atomic"
)

// chunkBits is the size of a chunk in elements, as a power of two.
const (
	chunkBits = 12
	chunkLen  = 1 << chunkBits
	chunkMask = chunkLen - 1
)

// ChunkLen is the number of elements in a chunk of Words.
const ChunkLen = chunkLen

// Words is a growable array of elements of a fixed number of 64-bit words. One
// goroutine at a time may grow it; any number may read meanwhile. The zero value
// is empty and has elements of one word; see [NewWords].
type Words struct {
	dir    atomic.Pointer[[][]uint64]
	stride int
	bytes  int64 // of the chunks, for the owner's goroutine
}

// NewWords returns an empty array whose elements have stride words.
func NewWords(stride int) *Words {
	w := &Words{stride: stride}
	w.dir.Store(new([][]uint64))
	return w
}

// Grow makes element i usable. New elements are zero.
func (w *Words) Grow(i uint32) {
	dir := *w.dir.Load()
	c := int(i >> chunkBits)
	if c < len(dir) && dir[c] != nil {
		return
	}
	grown := make([][]uint64, max(c+1, len(dir)))
	copy(grown, dir)
	grown[c] = make([]uint64, chunkLen*w.stride)
	w.bytes += int64(chunkLen * w.stride * 8)
	w.dir.Store(&grown)
}

// Need is what Grow would take for element i, in bytes.
func (w *Words) Need(i uint32) int64 {
	dir := *w.dir.Load()
	if c := int(i >> chunkBits); c < len(dir) && dir[c] != nil {
		return 0
	}
	return int64(chunkLen * w.stride * 8)
}

// Drop gives chunk c back; its elements may no longer be used.
func (w *Words) Drop(c uint32) {
	dir := *w.dir.Load()
	if int(c) >= len(dir) || dir[c] == nil {
		return
	}
	left := make([][]uint64, len(dir))
	copy(left, dir)
	left[c] = nil
	w.bytes -= int64(chunkLen * w.stride * 8)
	w.dir.Store(&left)
}

// DropFree gives back the chunks of which all elements are free; Grow brings
// them back when one of theirs is used again.
func (w *Words) DropFree(free []uint32) {
	counts := make(map[uint32]int)
	for _, i := range free {
		counts[i>>chunkBits]++
	}
	for c, n := range counts {
		if n == chunkLen {
			w.Drop(c)
		}
	}
}

// At returns the words of element i, which Grow has made usable.
func (w *Words) At(i uint32) []uint64 {
	c := (*w.dir.Load())[i>>chunkBits]
	o := int(i&chunkMask) * w.stride
	return c[o : o+w.stride : o+w.stride]
}

// Load reads word k of element i atomically; zero where there is no such
// element.
func (w *Words) Load(i uint32, k int) uint64 {
	dir := *w.dir.Load()
	c := int(i >> chunkBits)
	if c >= len(dir) || dir[c] == nil {
		return 0
	}
	return atomic.LoadUint64(&dir[c][int(i&chunkMask)*w.stride+k])
}

// Store writes word k of element i atomically.
func (w *Words) Store(i uint32, k int, v uint64) {
	atomic.StoreUint64(&w.At(i)[k], v)
}

// Bytes is the memory of all chunks. For the goroutine that grows w.
func (w *Words) Bytes() int64 { return w.bytes }
