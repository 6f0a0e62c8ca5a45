package pcap

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"testing"
	"time"
)

// frame is an Ethernet frame with an IPv4 or IPv6 TCP segment.
func frame(src, dst string, seq uint32, flags Flags, payload string) []byte {
	from, to := netip.MustParseAddrPort(src), netip.MustParseAddrPort(dst)
	tcp := binary.BigEndian.AppendUint16(nil, from.Port())
	tcp = binary.BigEndian.AppendUint16(tcp, to.Port())
	tcp = binary.BigEndian.AppendUint32(tcp, seq)
	tcp = append(tcp, 0, 0, 0, 0, 5<<4, byte(flags), 0, 0, 0, 0, 0, 0)
	tcp = append(tcp, payload...)
	return append(append(make([]byte, 12), etherOf(from)...), packetIP(from.Addr(), to.Addr(), tcp)...)
}

func etherOf(a netip.AddrPort) []byte {
	if a.Addr().Is4() {
		return []byte{0x08, 0x00}
	}
	return []byte{0x86, 0xdd}
}

func packetIP(from, to netip.Addr, tcp []byte) []byte {
	if from.Is4() {
		b := []byte{0x45, 0, 0, 0, 0, 0, 0, 0, 64, protoTCP, 0, 0}
		binary.BigEndian.PutUint16(b[2:], uint16(20+len(tcp)))
		b = append(append(b, from.AsSlice()...), to.AsSlice()...)
		return append(b, tcp...)
	}
	b := []byte{0x60, 0, 0, 0, 0, 0, protoTCP, 64}
	binary.BigEndian.PutUint16(b[4:], uint16(len(tcp)))
	b = append(append(b, from.AsSlice()...), to.AsSlice()...)
	return append(b, tcp...)
}

// at is when the packets of these captures are from.
const at = int64(1_700_000_000_123_456)

// file is a pcap file of the frames.
func file(order binary.AppendByteOrder, magic uint32, link LinkType, frames ...[]byte) []byte {
	b := order.AppendUint32(nil, magic)
	b = order.AppendUint16(order.AppendUint16(b, 2), 4)
	b = append(b, make([]byte, 8)...)
	b = order.AppendUint32(order.AppendUint32(b, 65535), uint32(link))
	for _, f := range frames {
		part := uint32(at % 1e6)
		if magic == magicNano {
			part *= 1000
		}
		b = order.AppendUint32(order.AppendUint32(b, uint32(at/1e6)), part)
		b = order.AppendUint32(order.AppendUint32(b, uint32(len(f))), uint32(len(f)))
		if magic == magicModified {
			b = append(b, make([]byte, 8)...)
		}
		b = append(b, f...)
	}
	return b
}

func block(order binary.AppendByteOrder, typ uint32, body []byte) []byte {
	body = append(body, make([]byte, -len(body)&3)...)
	b := order.AppendUint32(order.AppendUint32(nil, typ), uint32(12+len(body)))
	return order.AppendUint32(append(b, body...), uint32(12+len(body)))
}

// fileNG is a pcapng file: an unknown block, an interface with nanoseconds and a
// shift of an hour, and the frames in Enhanced Packet Blocks but for the last, in a
// Simple one.
func fileNG(order binary.AppendByteOrder, link LinkType, frames ...[]byte) []byte {
	head := order.AppendUint32(nil, byteOrderMagic)
	head = append(order.AppendUint16(order.AppendUint16(head, 1), 0), 255, 255, 255, 255, 255, 255, 255, 255)
	b := block(order, magicNG, head)
	b = append(b, block(order, 0x0bad, []byte("skip me"))...)
	in := order.AppendUint16(nil, uint16(link))
	in = order.AppendUint32(append(in, 0, 0), 0)
	in = append(order.AppendUint16(order.AppendUint16(in, optResolution), 1), 9, 0, 0, 0)
	in = order.AppendUint64(order.AppendUint16(order.AppendUint16(in, optOffset), 8), 3600)
	b = append(b, block(order, blockInterface, append(in, 0, 0, 0, 0))...)
	for i, f := range frames {
		if i == len(frames)-1 {
			b = append(b, block(order, blockSimple, append(order.AppendUint32(nil, uint32(len(f))), f...))...)
			break
		}
		stamp := uint64(at-3600e6) * 1000
		e := order.AppendUint32(nil, 0)
		e = order.AppendUint32(order.AppendUint32(e, uint32(stamp>>32)), uint32(stamp))
		e = order.AppendUint32(order.AppendUint32(e, uint32(len(f))), uint32(len(f)))
		b = append(b, block(order, blockEnhanced, append(e, f...))...)
	}
	return b
}

// packets reads all of a capture; data is cloned.
func packets(src io.Reader) (all []Packet, err error) {
	r := NewReader(src)
	for {
		p, err := r.Next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		p.Data = bytes.Clone(p.Data)
		all = append(all, p)
	}
}

func TestEveryFormatYieldsTheSamePackets(t *testing.T) {
	a := frame("192.0.2.1:1000", "192.0.2.2:179", 1, 0, "one")
	b := frame("[2001:db8::1]:179", "[2001:db8::2]:1000", 1, 0, "two!")
	for name, raw := range map[string][]byte{
		"little":   file(binary.LittleEndian, magicMicro, LinkEthernet, a, b),
		"big":      file(binary.BigEndian, magicMicro, LinkEthernet, a, b),
		"nano":     file(binary.LittleEndian, magicNano, LinkEthernet, a, b),
		"modified": file(binary.BigEndian, magicModified, LinkEthernet, a, b),
		"ng":       fileNG(binary.LittleEndian, LinkEthernet, a, b),
		"ng big":   fileNG(binary.BigEndian, LinkEthernet, a, b),
		"sections": append(fileNG(binary.BigEndian, LinkEthernet, a), fileNG(binary.LittleEndian, LinkEthernet, b)...),
	} {
		t.Run(name, func(t *testing.T) {
			all, err := packets(bytes.NewReader(raw))
			if err != nil || len(all) != 2 {
				t.Fatalf("%d packets, %v", len(all), err)
			}
			if !bytes.Equal(all[0].Data, a) || !bytes.Equal(all[1].Data, b) || all[0].Length != len(a) {
				t.Errorf("%+v", all)
			}
			if name != "sections" && all[0].Time != at { // simple blocks have no time
				t.Errorf("time %s", time.UnixMicro(all[0].Time).UTC())
			}
			s, ok := all[1].Segment()
			if !ok || string(s.Payload) != "two!" || s.Src != netip.MustParseAddrPort("[2001:db8::1]:179") {
				t.Errorf("%v %+v", ok, s)
			}
		})
	}
}

func TestCutCapturesSayWhere(t *testing.T) {
	a := frame("192.0.2.1:1000", "192.0.2.2:179", 1, 0, "payload")
	for _, raw := range [][]byte{file(binary.LittleEndian, magicMicro, LinkEthernet, a, a), fileNG(binary.LittleEndian, LinkEthernet, a, a)} {
		whole := map[int64]bool{0: true, 24: true, int64(len(raw)): true}
		all, err := packets(bytes.NewReader(raw))
		if err != nil || len(all) != 2 {
			t.Fatal(err)
		}
		for _, p := range all {
			whole[p.Offset] = true
		}
		for n := range raw {
			got, err := packets(bytes.NewReader(raw[:n]))
			if len(got) > 1 {
				t.Fatalf("cut to %d of %d: %d packets", n, len(raw), len(got))
			}
			var place *Error
			if err != nil && !errors.As(err, &place) {
				t.Fatalf("cut to %d: %v", n, err)
			}
			if err == nil && !whole[int64(n)] && raw[0] != 0x0a {
				t.Errorf("cut to %d: no error", n)
			}
		}
	}
}

func TestFalseLengthsAreRefused(t *testing.T) {
	raw := file(binary.LittleEndian, magicMicro, LinkEthernet, []byte("x"))
	binary.LittleEndian.PutUint32(raw[32:], MaxPacket+1)
	if _, err := packets(bytes.NewReader(raw)); err == nil {
		t.Error("a packet over the limit is read")
	}
	raw = fileNG(binary.LittleEndian, LinkEthernet, []byte("x"))
	binary.LittleEndian.PutUint32(raw[32:], 7)
	if _, err := packets(bytes.NewReader(raw)); err == nil {
		t.Error("a block of 7 bytes is read")
	}
	if _, err := packets(bytes.NewReader([]byte("hello"))); err == nil {
		t.Error("text is a capture")
	}
}

func TestLinkLayers(t *testing.T) {
	ether := frame("192.0.2.1:1000", "192.0.2.2:179", 7, 0, "hello")
	ip := ether[14:]
	with := func(head ...byte) []byte { return append(head, ip...) }
	for name, p := range map[string]Packet{
		"ethernet": {Link: LinkEthernet, Data: append(bytes.Clone(ether), 0, 0, 0)}, // padded
		"vlan":     {Link: LinkEthernet, Data: with(append(make([]byte, 12), 0x81, 0, 0, 5, 8, 0)...)},
		"qinq":     {Link: LinkEthernet, Data: with(append(make([]byte, 12), 0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 8, 0)...)},
		"mpls":     {Link: LinkEthernet, Data: with(append(make([]byte, 12), 0x88, 0x47, 0, 1, 0, 64, 0, 1, 1, 64)...)},
		"sll":      {Link: LinkSLL, Data: with(append(make([]byte, 14), 8, 0)...)},
		"sll2":     {Link: LinkSLL2, Data: with(append([]byte{8, 0}, make([]byte, 18)...)...)},
		"null":     {Link: LinkNull, Data: with(2, 0, 0, 0)},
		"loop":     {Link: LinkLoop, Data: with(0, 0, 0, 2)},
		"raw":      {Link: LinkRaw, Data: ip},
		"raw bsd":  {Link: linkRawBSD, Data: ip},
		"ipv4":     {Link: LinkIPv4, Data: ip},
		"ppp":      {Link: LinkPPP, Data: with(0xff, 3, 0, 0x21)},
		"hdlc":     {Link: LinkCiscoHDLC, Data: with(0x0f, 0, 8, 0)},
		"ppp hdlc": {Link: LinkPPP, Data: with(0x0f, 0, 8, 0)},
		"frame":    {Link: LinkFrameRelay, Data: with(0x4c, 1, 8, 0)},
		"frame ip": {Link: LinkFrameRelay, Data: with(0x4c, 1, 3, 0xcc)},
	} {
		s, ok := p.Segment()
		if !ok || string(s.Payload) != "hello" || s.Seq != 7 || s.Flow.String() != "192.0.2.1:1000 > 192.0.2.2:179" || s.Cut != 0 {
			t.Errorf("%s: %v %+v", name, ok, s)
		}
		for n := range p.Data {
			short := Packet{Link: p.Link, Data: p.Data[:n:n]}
			short.Segment() // must not read behind the end
		}
	}
	if _, ok := (&Packet{Link: 147, Data: ether}).Segment(); ok {
		t.Error("an unknown link type has a segment")
	}
}

func FuzzReader(f *testing.F) {
	a := frame("192.0.2.1:1000", "192.0.2.2:179", 1, SYN, "")
	b := frame("192.0.2.1:1000", "192.0.2.2:179", 2, 0, "payload")
	f.Add(file(binary.LittleEndian, magicMicro, LinkEthernet, a, b))
	f.Add(fileNG(binary.BigEndian, LinkEthernet, a, b))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := NewReader(bytes.NewReader(raw))
		var all Assembler
		payload := 0
		for {
			p, err := r.Next()
			if err != nil {
				break
			}
			if len(p.Data) > len(raw) {
				t.Fatalf("packet of %d bytes in a file of %d", len(p.Data), len(raw))
			}
			if s, ok := p.Segment(); ok {
				payload += len(s.Payload)
				for c := range all.Add(&p, s) {
					payload -= len(c.Bytes)
				}
			}
		}
		for c := range all.Flush() {
			payload -= len(c.Bytes)
		}
		if payload < 0 {
			t.Fatalf("%d bytes more came out than went in", -payload)
		}
	})
}
