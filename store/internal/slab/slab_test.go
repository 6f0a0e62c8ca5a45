package slab

import "testing"

func TestWordsGrowInPlaceAndGiveChunksBack(t *testing.T) {
	w := NewWords(3)
	w.Grow(5)
	w.Store(5, 2, 7)
	e := w.At(5)
	w.Grow(ChunkLen * 3)
	w.Store(ChunkLen*3, 0, 9)
	e[1] = 8
	if w.Load(5, 1) != 8 || w.Load(5, 2) != 7 || w.Load(ChunkLen*3, 0) != 9 || w.Load(ChunkLen*9, 0) != 0 {
		t.Error("elements moved")
	}
	if w.Need(6) != 0 || w.Need(ChunkLen) != ChunkLen*24 || w.Bytes() != 2*ChunkLen*24 {
		t.Errorf("need %d, bytes %d", w.Need(ChunkLen), w.Bytes())
	}
	w.Drop(3)
	if w.Load(ChunkLen*3, 0) != 0 || w.Bytes() != ChunkLen*24 {
		t.Error("the chunk is still there")
	}
	w.Grow(ChunkLen * 3)
	if w.Load(ChunkLen*3, 0) != 0 {
		t.Error("a chunk came back with old content")
	}
}

func TestPinsHoldBackWhatWasRetiredAfterTheyEntered(t *testing.T) {
	var p Pins
	early := p.Enter()
	first := p.Retire()
	late := p.Enter()
	if p.Passed(first) {
		t.Error("passed before the early reader left")
	}
	p.Leave(early)
	if !p.Passed(first) {
		t.Error("a reader that came later holds it back")
	}
	if second := p.Retire(); p.Passed(second) {
		t.Error("passed before the late reader left")
	}
	p.Leave(late)
}

func TestMoreReadersThanSlotsHoldBackEverything(t *testing.T) {
	var p Pins
	var pins []Pin
	for range len(p.slots) + 3 {
		pins = append(pins, p.Enter())
	}
	era := p.Retire()
	for i, pin := range pins {
		if p.Passed(era) {
			t.Fatalf("passed with %d readers inside", len(pins)-i)
		}
		p.Leave(pin)
	}
	if !p.Passed(era) {
		t.Error("not passed with nobody inside")
	}
}

func TestAnIDIsEitherMarkedOrKilled(t *testing.T) {
	m := NewMarks(100)
	if !m.Mark(3) || m.Kill(3) || !m.Mark(3) {
		t.Error("a marked id was killed")
	}
	if !m.Kill(4) || m.Mark(4) || m.Kill(4) {
		t.Error("a dead id was marked")
	}
	if !m.Mark(100) || !m.Mark(1<<27) {
		t.Error("ids beyond the limit are not marked")
	}
}
