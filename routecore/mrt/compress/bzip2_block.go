package compress

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
)

const (
	maxBlock   = 900_000 // octets before the last run-length step
	maxSymbols = 258     // 256 octets less one, two run symbols, end of block
	maxTables  = 6
	groupLen   = 50 // symbols between two changes of table
	maxCodeLen = 20
	fastBits   = 10
)

// bitReader reads bits from the most significant on. Behind the end it reads
// zeros; over counts them in octets.
type bitReader struct {
	p    []byte
	v    uint64 // the next n bits, at the top
	n    uint
	over int
}

// fill makes at least 56 bits ready.
func (b *bitReader) fill() {
	if len(b.p) >= 8 {
		b.v |= binary.BigEndian.Uint64(b.p) >> b.n
		took := (63 - b.n) >> 3
		b.p = b.p[took:]
		b.n += took << 3
		return
	}
	for b.n <= 56 {
		if len(b.p) > 0 {
			b.v |= uint64(b.p[0]) << (56 - b.n)
			b.p = b.p[1:]
		} else {
			b.over++
		}
		b.n += 8
	}
}

// bits reads up to 48 bits.
func (b *bitReader) bits(k uint) uint64 {
	if b.n < k {
		b.fill()
	}
	v := b.v >> (64 - k)
	b.v <<= k
	b.n -= k
	return v
}

// short reports whether more bits were used than there were.
func (b *bitReader) short() bool { return b.over > int(b.n/8) }

// huffman decodes one table's symbols.
type huffman struct {
	fast   [1 << fastBits]uint16 // symbol<<4 | length, 0 where the code is longer
	first  [maxCodeLen + 2]uint32
	count  [maxCodeLen + 2]uint32
	offset [maxCodeLen + 2]uint32
	sorted [maxSymbols]uint16
}

// blockDecoder decodes blocks. It is for one goroutine and reused.
type blockDecoder struct {
	in        bitReader
	tables    [maxTables]huffman
	selectors []uint8
	tt        []uint32
	mtf       [256]byte
	counts    [256]uint32
	flip      [4096]byte
}

// decode decodes p.in into p.out, or sets p.err.
func (d *blockDecoder) decode(p *piece) {
	d.in = bitReader{p: p.in}
	d.in.bits(p.skip)
	d.in.bits(48)
	p.crc = uint32(d.in.bits(32))
	p.out = p.out[:0]
	if p.end {
		if d.in.short() {
			p.err = errShort
		}
		return
	}
	n, origin, err := d.symbols()
	if d.in.short() {
		err = errShort
	}
	if err == nil && int(origin) >= n {
		err = errDamaged
	}
	if err == nil {
		p.out = d.unsort(p.out, n, origin)
		if d.checksum(p.out) != p.crc {
			err = errSum
		}
	}
	p.err = err
}

// symbols reads the block's head and its symbols; it leaves the sorted octets in
// d.tt and how often each occurs in d.counts.
func (d *blockDecoder) symbols() (n int, origin uint32, err error) {
	if d.in.bits(1) != 0 {
		return 0, 0, errDamaged // "randomised", given up before 1998
	}
	origin = uint32(d.in.bits(24))
	alphabet := d.alphabet()
	tables := int(d.in.bits(3))
	selectors := int(d.in.bits(15))
	if alphabet == 0 || tables < 2 || tables > maxTables || selectors == 0 {
		return 0, 0, errDamaged
	}
	if !d.readSelectors(selectors, tables) {
		return 0, 0, errDamaged
	}
	for i := range tables {
		if !d.readTable(&d.tables[i], alphabet+2) {
			return 0, 0, errDamaged
		}
	}
	n, err = d.decodeSymbols(uint16(alphabet + 1))
	return n, origin, err
}

// alphabet reads which octets occur, into d.mtf, and returns how many do.
func (d *blockDecoder) alphabet() int {
	n := 0
	rows := uint16(d.in.bits(16))
	for row := range 16 {
		if rows>>(15-row)&1 == 0 {
			continue
		}
		cols := uint16(d.in.bits(16))
		for col := range 16 {
			if cols>>(15-col)&1 != 0 {
				d.mtf[n] = byte(row<<4 | col)
				n++
			}
		}
	}
	return n
}

func (d *blockDecoder) readSelectors(count, tables int) bool {
	order := [maxTables]uint8{0, 1, 2, 3, 4, 5}
	d.selectors = d.selectors[:0]
	for range count {
		j := 0
		for d.in.bits(1) != 0 {
			if j++; j >= tables {
				return false
			}
		}
		t := order[j]
		copy(order[1:j+1], order[:j])
		order[0] = t
		d.selectors = append(d.selectors, t)
	}
	return true
}

// readTable reads the code lengths of a table, each as a difference to the one
// before, and builds it: codes are canonical.
func (d *blockDecoder) readTable(h *huffman, symbols int) bool {
	var lengths [maxSymbols]uint8
	h.count = [maxCodeLen + 2]uint32{}
	length := int(d.in.bits(5))
	for i := range symbols {
		for {
			if length < 1 || length > maxCodeLen {
				return false
			}
			if d.in.bits(1) == 0 {
				break
			}
			if d.in.bits(1) == 0 {
				length++
			} else {
				length--
			}
			if d.in.short() {
				return false
			}
		}
		lengths[i] = uint8(length)
		h.count[length]++
	}
	return h.build(lengths[:symbols])
}

func (h *huffman) build(lengths []uint8) bool {
	code, offset := uint32(0), uint32(0)
	for l := 1; l <= maxCodeLen; l++ {
		h.first[l], h.offset[l] = code, offset
		code += h.count[l]
		offset += h.count[l]
		if code > 1<<l {
			return false
		}
		code <<= 1
	}
	at := h.offset
	for sym, l := range lengths {
		h.sorted[at[l]] = uint16(sym)
		at[l]++
	}
	clear(h.fast[:])
	for l := 1; l <= fastBits; l++ {
		for i := range h.count[l] {
			entry := h.sorted[h.offset[l]+i]<<4 | uint16(l)
			from := (h.first[l] + i) << (fastBits - l)
			for j := range uint32(1) << (fastBits - l) {
				h.fast[from+j] = entry
			}
		}
	}
	return true
}

// slow decodes a code longer than the fast table's; length 0 is no code.
func (h *huffman) slow(v uint64) (symbol uint16, length uint) {
	for l := uint(fastBits + 1); l <= maxCodeLen; l++ {
		if i := uint32(v>>(64-l)) - h.first[l]; i < h.count[l] {
			return h.sorted[h.offset[l]+i], l
		}
	}
	return 0, 0
}

func (d *blockDecoder) decodeSymbols(end uint16) (n int, err error) {
	if d.tt == nil {
		d.tt = make([]uint32, maxBlock)
	}
	d.counts = [256]uint32{}
	tt, mtf := d.tt, &d.mtf
	run, place := 0, uint(0)
	for _, selector := range d.selectors {
		h := &d.tables[selector]
		if d.in.over > 16 {
			return 0, errShort
		}
		for range groupLen {
			if d.in.n < maxCodeLen {
				d.in.fill()
			}
			entry := h.fast[d.in.v>>(64-fastBits)]
			symbol, length := entry>>4, uint(entry&15)
			if length == 0 {
				if symbol, length = h.slow(d.in.v); length == 0 {
					return 0, errDamaged
				}
			}
			d.in.v <<= length
			d.in.n -= length
			if symbol <= 1 {
				// Run lengths are bijective in base 2, least digit first.
				run += int(symbol+1) << place
				place++
				if run > maxBlock || place > 20 {
					return 0, errDamaged
				}
				continue
			}
			if run > 0 {
				if run > len(tt)-n {
					return 0, errDamaged
				}
				b := uint32(mtf[0])
				d.counts[b] += uint32(run)
				for i := range run {
					tt[n+i] = b
				}
				n += run
				run, place = 0, 0
			}
			if symbol == end {
				return n, nil
			}
			if n == len(tt) {
				return 0, errDamaged
			}
			b := moveToFront(mtf, int(symbol-1))
			d.counts[b]++
			tt[n] = uint32(b)
			n++
		}
	}
	return 0, errDamaged
}

func moveToFront(mtf *[256]byte, i int) byte {
	i &= 255
	b := mtf[i]
	if i < 16 {
		for ; i > 0; i-- {
			mtf[i] = mtf[i-1]
		}
	} else {
		copy(mtf[1:i+1], mtf[:i])
	}
	mtf[0] = b
	return b
}

// unsort undoes the block sort and the first run-length step: four equal octets
// are followed by how many more come.
func (d *blockDecoder) unsort(dst []byte, n int, origin uint32) []byte {
	tt := d.tt[:n]
	sum := uint32(0)
	for i, c := range d.counts {
		d.counts[i] = sum
		sum += c
	}
	for i := range tt {
		b := byte(tt[i])
		tt[d.counts[b]] |= uint32(i) << 8
		d.counts[b]++
	}
	if cap(dst) < n {
		dst = make([]byte, 0, n+n/8)
	}
	at := tt[origin] >> 8
	equal, before := 0, -1
	for range tt {
		at = tt[at]
		b := byte(at)
		at >>= 8
		if equal == 4 {
			for range b {
				dst = append(dst, byte(before))
			}
			equal, before = 0, -1
			continue
		}
		if int(b) == before {
			equal++
		} else {
			equal, before = 1, int(b)
		}
		dst = append(dst, b)
	}
	return dst
}

// checksum is bzip2's CRC-32: the usual polynomial with the bits of octets and
// of the sum the other way round, which lets the fast routine be used.
func (d *blockDecoder) checksum(p []byte) uint32 {
	sum := uint32(0)
	for len(p) > 0 {
		n := min(len(p), len(d.flip))
		i := 0
		for ; i+8 <= n; i += 8 {
			v := binary.LittleEndian.Uint64(p[i:])
			binary.LittleEndian.PutUint64(d.flip[i:], bits.ReverseBytes64(bits.Reverse64(v)))
		}
		for ; i < n; i++ {
			d.flip[i] = bits.Reverse8(p[i])
		}
		sum = crc32.Update(sum, crc32.IEEETable, d.flip[:n])
		p = p[n:]
	}
	return bits.Reverse32(sum)
}
