package bgp

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"example.com/rotonda/routecore/inet"
)

// TestMergeOfAS4Path follows RFC 6793 §4.2.3. Paths are of two octets, AS4_PATH
// and the answer of four.
func TestMergeOfAS4Path(t *testing.T) {
	const trans = 23456
	seg := func(width int, typ SegmentType, asns ...uint32) []byte {
		b := []byte{byte(typ), byte(len(asns))}
		for _, n := range asns {
			if width == 4 {
				b = append(b, byte(n>>24), byte(n>>16))
			}
			b = append(b, byte(n>>8), byte(n))
		}
		return b
	}
	join := func(parts ...[]byte) []byte { return slices.Concat(parts...) }
	tests := []struct {
		name, text                           string
		path, as4, aggregator, as4Aggregator []byte
	}{
		{name: "no AS4_PATH", path: seg(2, ASSequence, 1, 2), text: "1 2"},
		{name: "the same length", path: seg(2, ASSequence, trans, trans), as4: seg(4, ASSequence, 70000, 80000), text: "70000 80000"},
		{name: "leading hops stay", path: seg(2, ASSequence, 1, 2, trans), as4: seg(4, ASSequence, 70000), text: "1 2 70000"},
		{name: "longer than the path", path: seg(2, ASSequence, trans), as4: seg(4, ASSequence, 70000, 80000), text: "23456"},
		{name: "the cut falls inside a segment", path: join(seg(2, ASSequence, 1), seg(2, ASSequence, 2, 3, trans)),
			as4: seg(4, ASSequence, 3, 70000), text: "1 2 3 70000"},
		{name: "a set counts one", path: join(seg(2, ASSequence, 1, trans), seg(2, ASSet, 5, 6)),
			as4: join(seg(4, ASSequence, 70000), seg(4, ASSet, 5, 6)), text: "1 70000 {5,6}"},
		{name: "confederation segments in front stay", path: join(seg(2, ASConfedSequence, 65001), seg(2, ASSequence, 1, trans)),
			as4: seg(4, ASSequence, 70000), text: "(65001) 1 70000"},
		{name: "a confederation segment next to a segment that stays", path: join(seg(2, ASSequence, 1), seg(2, ASConfedSequence, 65001), seg(2, ASSequence, trans)),
			as4: seg(4, ASSequence, 70000), text: "1 (65001) 70000"},
		{name: "a confederation segment behind the cut goes", path: join(seg(2, ASSequence, 1, 2, trans), seg(2, ASConfedSequence, 65001), seg(2, ASSequence, 3)),
			as4: seg(4, ASSequence, 2, 70000, 3), text: "1 2 70000 3"},
		{name: "a path of nothing but confederation segments", path: seg(2, ASConfedSequence, 65001), as4: seg(4, ASSequence, 70000), text: "(65001)"},
		{name: "confederation segments in AS4_PATH go", path: seg(2, ASSequence, 1, trans),
			as4: join(seg(4, ASConfedSequence, 65001), seg(4, ASSequence, 70000)), text: "1 70000"},
		{name: "AGGREGATOR and AS4_AGGREGATOR of AS_TRANS", path: seg(2, ASSequence, 1, trans), as4: seg(4, ASSequence, 70000),
			aggregator: []byte{0x5b, 0xa0, 1, 2, 3, 4}, as4Aggregator: []byte{0, 1, 0x11, 0x70, 1, 2, 3, 4}, text: "1 70000 | AS70000"},
		{name: "AGGREGATOR of another AS beside AS4_AGGREGATOR", path: seg(2, ASSequence, 1, trans), as4: seg(4, ASSequence, 70000),
			aggregator: []byte{0, 9, 1, 2, 3, 4}, as4Aggregator: []byte{0, 1, 0x11, 0x70, 1, 2, 3, 4}, text: "1 23456 | AS9"},
		{name: "AGGREGATOR alone", path: seg(2, ASSequence, 1, trans), as4: seg(4, ASSequence, 70000),
			aggregator: []byte{0, 9, 1, 2, 3, 4}, text: "1 70000 | AS9"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			block := appendWireAttr(nil, Attr{AttrASPath, wellKnown, tt.path})
			for _, e := range []Attr{{AttrAggregator, optTransitive, tt.aggregator}, {AttrAS4Path, optTransitive, tt.as4}, {AttrAS4Aggregator, optTransitive, tt.as4Aggregator}} {
				if e.Value != nil {
					block = appendWireAttr(block, e)
				}
			}
			var u Update
			ParseAttributes(&u, block, Ctx{IBGP: true}, inet.IPv4Unicast, FormUpdate)
			if u.Verdict.Action != Accept {
				t.Fatal(u.Verdict.Text())
			}
			a := Attrs(u.AppendAttrs(nil, inet.IPv4Unicast))
			got := a.ASPath().String()
			if g, ok := a.Aggregator(); ok {
				got += " | " + g.ASN.String()
			}
			if got != tt.text {
				t.Errorf("got %q, want %q", got, tt.text)
			}
		})
	}
}

// TestPathsTooLongForTheForm: what would give an AS_PATH over 65535 octets, which no
// message can hold, is read without AS4_PATH or in the width that was announced.
func TestPathsTooLongForTheForm(t *testing.T) {
	path := func(typ SegmentType, width, segments int) []byte {
		var b []byte
		for range segments {
			b = append(append(b, byte(typ), 255), bytes.Repeat([]byte{0, 9, 0, 9}[4-width:], 255)...)
		}
		return b
	}
	short := path(ASSequence, 2, 60)
	for _, tt := range []struct {
		name   string
		ctx    Ctx
		attrs  []Attr
		action Action
		hops   int
	}{
		{"60 sequences and 30 sets", Ctx{}, []Attr{{AttrASPath, wellKnown, short}, {AttrAS4Path, optTransitive, path(ASSet, 4, 30)}}, Accept, 60 * 255},
		{"two octets, read as four", MonitorCtx(true), []Attr{{AttrASPath, wellKnown, path(ASSequence, 2, 100)}}, TreatAsWithdraw, -1},
		{"two octets, too long for four", Ctx{}, []Attr{{AttrASPath, wellKnown, path(ASSequence, 2, 100)}}, TreatAsWithdraw, 0},
		{"four octets, read as two", MonitorCtx(false), []Attr{{AttrASPath, wellKnown, path(ASSequence, 4, 60)}}, Accept, 60 * 255},
	} {
		body := []byte{0, 0, 0, 0, 0x40, 1, 1, 0, 0x40, 3, 4, 192, 0, 2, 1}
		for _, a := range tt.attrs {
			body = appendWireAttr(body, a)
		}
		binary.BigEndian.PutUint16(body[2:], uint16(len(body)-4))
		var u Update
		ParseUpdate(&u, append(body, 24, 198, 51, 100), tt.ctx)
		if u.Verdict.Action != tt.action {
			t.Errorf("%s: %v, %s", tt.name, u.Verdict.Action, u.Verdict.Text())
		}
		a := Attrs(u.AppendAttrs(nil, inet.IPv4Unicast))
		if !a.Valid() || tt.hops >= 0 && a.ASPath().Len() != tt.hops {
			t.Errorf("%s: %d hops, valid %t", tt.name, a.ASPath().Len(), a.Valid())
		}
		// A number more in front must not break the form either.
		if e := Attrs(Export{Local: 1}.AppendAttrs(nil, a, inet.IPv4Unicast, Source{})); !e.Valid() {
			t.Errorf("%s: exported as an invalid form", tt.name)
		}
	}
	full := AppendSet(nil, Attrs(endAttrs(beginAttrs(nil), 0)), AttrASPath, path(ASSequence, 4, 64)[:65535-3])
	if e := Attrs(Export{Local: 1}.AppendAttrs(nil, full, inet.IPv4Unicast, Source{})); !e.Valid() {
		t.Error("the longest path of all is exported as an invalid form")
	}
}

// TestConfederationsHaveNoAS4Path: AS_TRANS in their segments alone brings none along,
// which would be empty (RFC 6793 §3).
func TestConfederationsHaveNoAS4Path(t *testing.T) {
	for path, want := range map[string]string{
		"030100011170":                  "40020403015ba0",
		"0301000111700201" + "0000fbf4": "400208" + "03015ba0" + "0201fbf4",
		"0301000111700201" + "00011170": "400208" + "03015ba0" + "02015ba0" + "c01106" + "020100011170",
	} {
		a := set(t, AttrASPath, path)
		if got := a.AppendWire(nil, inet.IPv4Unicast, Ctx{}, FormUpdate, nil); !bytes.Equal(got, unhex(t, want)) {
			t.Errorf("%s: %x, want %s", path, got, want)
		}
	}
}

// TestTableDumpHasFourOctets: whatever a caller says about the session (RFC 6396 §4.3.4).
func TestTableDumpHasFourOctets(t *testing.T) {
	var u Update
	block := appendWireAttr(nil, Attr{AttrASPath, wellKnown, []byte{2, 1, 0, 1, 0x11, 0x70}})
	ParseAttributes(&u, block, Ctx{}, inet.IPv4Unicast, FormTableDumpV2)
	if got := Attrs(u.AppendAttrs(nil, inet.IPv4Unicast)).ASPath().String(); got != "70000" || u.Verdict.Action != Accept {
		t.Errorf("path %q, %v", got, u.Verdict)
	}
}

func TestASPathQuestions(t *testing.T) {
	p := ASPath(unhex(t, "0301000000640202000000010000000201020000000500000006"))
	if !p.Contains(1) || !p.Contains(100) || p.Contains(5) || !p.Mentions(5) || p.Mentions(7) {
		t.Error("contains and mentions")
	}
	if got := slices.Collect(p.Hops()); !slices.Equal(got, []inet.ASN{1, 2}) {
		t.Errorf("hops %v", got)
	}
	if p.Len() != 3 || p.String() != "(100) 1 2 {5,6}" {
		t.Errorf("%d %q", p.Len(), p.String())
	}
	var types []string
	for s := range p.Segments() {
		types = append(types, s.Type.String())
	}
	if !slices.Equal(types, []string{"AS_CONFED_SEQUENCE", "AS_SEQUENCE", "AS_SET"}) {
		t.Errorf("%v", types)
	}
}

func TestPrepending(t *testing.T) {
	set := ASPath{1, 1, 0, 0, 0, 9}
	one := ASPath{2, 1, 0, 0, 0, 9}
	for _, tt := range []struct {
		name     string
		path     ASPath
		count    int
		segments []int
	}{
		{"nothing onto nothing", nil, 0, nil}, {"onto nothing", nil, 2, []int{2}}, {"onto a hop", one, 2, []int{3}},
		{"onto a set", set, 2, []int{2, 1}}, {"to the limit", one, 254, []int{255}}, {"past the limit", one, 255, []int{1, 255}},
		{"far past the limit", one, 600, []int{255, 91, 255}},
	} {
		got := ASPath(AppendPrepended(nil, tt.path, 7, tt.count))
		var segments []int
		for s := range got.Segments() {
			segments = append(segments, s.ASNs.Len())
		}
		if !slices.Equal(segments, tt.segments) || got.Len() != tt.path.Len()+tt.count {
			t.Errorf("%s: segments %v, %d hops", tt.name, segments, got.Len())
		}
		if fault, _ := checkSegments(got, 4, true); fault != FaultNone || !bytes.HasSuffix(got, tt.path[min(len(tt.path), 2):]) {
			t.Errorf("%s: %x", tt.name, []byte(got))
		}
	}
}
