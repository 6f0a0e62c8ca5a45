package main

import (
	"io"
	"net/netip"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/routecore/mrt/compress"
)

// listing is a visitor that prints lines; err says that its output takes no more.
type listing interface {
	visitor
	faults() []fault
	err() error
}

// dumpPrinter is what the listings have in common: a buffer for the line, and the
// faults of the input.
type dumpPrinter struct {
	faultList
	out    io.Writer
	broken error // of out
	buf    []byte
	attrs  []byte
}

func (p *dumpPrinter) opened(format, compress.Format) {}
func (p *dumpPrinter) wantsDetails() bool             { return true }
func (p *dumpPrinter) record()                        {}
func (p *dumpPrinter) from(netip.Addr, inet.ASN)      {}
func (p *dumpPrinter) message(string)                 {}
func (p *dumpPrinter) err() error                     { return p.broken }

// flush writes the line in buf.
func (p *dumpPrinter) flush() {
	p.buf = append(p.buf, '\n')
	if _, err := p.out.Write(p.buf); err != nil && p.broken == nil {
		p.broken = err
	}
	p.buf = p.buf[:0]
}

// canonical returns the attributes of the item's family, nil for a withdrawal.
func (p *dumpPrinter) canonical(it *item) bgp.Attrs {
	if it.update == nil || it.kind == 'W' {
		return nil
	}
	p.attrs = it.update.AppendAttrs(p.attrs[:0], it.nlri.Family)
	return bgp.Attrs(p.attrs)
}

// nlriOf splits the path identifier of an announcement from its NLRI; those of
// RIB entries stand in the item.
func nlriOf(it *item, b []byte) (id uint32, nlri []byte) {
	if it.kind == 'B' {
		return it.pathID, b
	}
	if it.nlri.AddPath && len(b) >= 4 {
		return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3]), b[4:]
	}
	return 0, b
}
