package simulate

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"testing"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/routecore/mrt"
)

func TestATableDumpIsReadBackWhole(t *testing.T) {
	w := New(1, 10_000)
	const peers = 3
	var file bytes.Buffer
	if err := WriteMRT(&file, w, peers); err != nil {
		t.Fatal(err)
	}
	want := 0
	for i := range peers {
		ipv4, ipv6 := w.View(i).Count()
		want += ipv4 + ipv6
	}
	r := mrt.NewReader(bytes.NewReader(file.Bytes()))
	entries, ribs := 0, 0
	var update bgp.Update
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if rec.Time != Epoch.UnixMicro() {
			t.Fatalf("record of %v", time.UnixMicro(rec.Time))
		}
		if !rec.IsRIB() {
			index, err := mrt.ParsePeerIndex(rec.Body)
			if err != nil || len(index.Peers) != peers || ribs > 0 {
				t.Fatalf("peer index %+v behind %d RIB records: %v", index, ribs, err)
			}
			continue
		}
		rib, err := mrt.ParseRIB(&rec)
		if err != nil {
			t.Fatal(err)
		}
		ribs++
		var e mrt.RIBEntry
		for rib.Next(&e) {
			entries++
			bgp.ParseAttributes(&update, e.Attrs, bgp.MonitorCtx(true), rib.Family, bgp.FormTableDumpV2)
			if update.Verdict.Action != bgp.Accept {
				t.Fatalf("%v entry %x: %s", rib.Family, e.Attrs, update.Verdict.Text())
			}
			hop := bgp.Attrs(update.AppendAttrs(nil, rib.Family)).NextHop()
			if hop.Is4() != (rib.Family == inet.IPv4Unicast) {
				t.Fatalf("%v entry has next hop %v", rib.Family, hop)
			}
		}
		if rib.Err() != nil {
			t.Fatal(rib.Err())
		}
	}
	if entries != want || ribs == 0 {
		t.Errorf("%d entries in %d records, want %d", entries, ribs, want)
	}
}

func TestUpdatesFileHoldsWhatWasSaidInItsTime(t *testing.T) {
	w := New(4, 5000)
	var file bytes.Buffer
	const during = 2 * time.Minute
	if err := WriteUpdates(&file, w, 2, 20, during); err != nil {
		t.Fatal(err)
	}
	r := mrt.NewReader(&file)
	var update bgp.Update
	records, last := 0, Epoch.UnixMicro()
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		m, err := mrt.ParseMessage(&rec)
		if err != nil || !m.AS4 || m.Kind != uint8(bgp.MsgUpdate) {
			t.Fatalf("record %+v: %v", m, err)
		}
		if rec.Time < last || rec.Time >= Epoch.Add(during).UnixMicro() {
			t.Fatalf("record of %v behind one of %v", time.UnixMicro(rec.Time), time.UnixMicro(last))
		}
		last = rec.Time
		bgp.ParseUpdate(&update, m.Body, bgp.MonitorCtx(true))
		if update.Verdict.Action != bgp.Accept {
			t.Fatal(update.Verdict.Text())
		}
		records++
	}
	if want := 2 * 20 * 120; records < want*9/10 || records > want*11/10 {
		t.Errorf("%d records, want about %d", records, want)
	}
}

func TestSameSeedSameFiles(t *testing.T) {
	digest := func(seed uint64) [32]byte {
		h := sha256.New()
		w := New(seed, 2000)
		if err := errors.Join(WriteMRT(h, w, 2), WriteUpdates(h, w, 2, 10, time.Minute)); err != nil {
			t.Fatal(err)
		}
		return [32]byte(h.Sum(nil))
	}
	if first, second := digest(5), digest(5); first != second {
		t.Error("the same seed made other files the second time")
	}
	if digest(5) == digest(6) {
		t.Error("another seed made the same files")
	}
}

// The digest changes only with a deliberate change of what the simulator draws or
// how it writes it, never with the machine or the version of Go.
func TestTheFileOfSeedOneIsTheSameEverywhere(t *testing.T) {
	const want = "b603e1a7312b8a11e31d69d30148bb194e86f3dcfa2868c4a8444636d93e75fa"
	h := sha256.New()
	w := New(1, MinPrefixes)
	if err := errors.Join(WriteMRT(h, w, 2), WriteUpdates(h, w, 2, 10, time.Minute)); err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
}

func TestFilesOfNobodyAreRefused(t *testing.T) {
	w := New(1, MinPrefixes)
	for name, err := range map[string]error{
		"no peers":         WriteMRT(io.Discard, w, 0),
		"too many peers":   WriteMRT(io.Discard, w, 65536),
		"updates of no":    WriteUpdates(io.Discard, w, 0, 1, time.Second),
		"updates at no":    WriteUpdates(io.Discard, w, 1, 0, time.Second),
		"updates for none": WriteUpdates(io.Discard, w, 1, 1, 0),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
