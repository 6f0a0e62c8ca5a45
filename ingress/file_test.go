package ingress_test

import (
	"bytes"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/rotonda/ingress"
	"github.com/google/go-cmp/cmp"
)

// filled returns a register with one ingress of each kind of detail.
func filled(t *testing.T) *ingress.Register {
	t.Helper()
	now := time.Date(2026, 1, 1, 0, 0, 0, 5000, time.UTC)
	r := ingress.New(ingress.Options{Now: func() time.Time { return now }})
	a := lease(t, r, ingress.Key{Unit: "bmp", Kind: ingress.KindBMP, Addr: netip.MustParseAddr("fe80::1%eth0"), Name: "core\n1"}, ingress.Refuse)
	b := lease(t, r, ingress.Key{Unit: "bmp", Kind: ingress.KindBGPInBMP, Parent: a.ID(), ASN: 4200000000, RD: [8]byte{1, 2}, VRF: "rot", View: ingress.Loc, PeerType: 3}, ingress.Refuse)
	c := lease(t, r, ingress.Key{Unit: "mrt", Kind: ingress.KindMRT, Name: "rib.gz"}, ingress.Refuse)
	b.Update(func(i *ingress.Info) {
		i.LocalCaps, i.RemoteCaps, i.LocalASN, i.Port = []byte{1, 4}, []byte{2, 0}, 64500, 179
		i.LocalAddr, i.Desc, i.Filename = netip.MustParseAddr("192.0.2.1"), "d", "f"
	})
	a.Release()
	b.Release()
	c.Release()
	return r
}

func infos(r *ingress.Register) []ingress.Info {
	var list []ingress.Info
	for i := range r.All() {
		list = append(list, *i)
	}
	return list
}

func TestSavedRegisterComesBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ingress")
	r := filled(t)
	if err := r.Save(path); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(path); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Lease(t.Context(), key(9), ingress.Refuse); !errors.Is(err, ingress.ErrClosed) {
		t.Errorf("a closed register leases: %v", err)
	}
	again := ingress.New(ingress.Options{})
	if err := again.Load(path); err != nil {
		t.Fatal(err)
	}
	opts := cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
	if diff := cmp.Diff(infos(r), infos(again), opts); diff != "" {
		t.Errorf("(-saved +loaded):\n%s", diff)
	}
	first := infos(r)[0]
	if l := lease(t, again, first.Key, ingress.Refuse); l.ID() != first.ID || l.Session() != first.Session+1 {
		t.Errorf("id %d session %d after the restart", l.ID(), l.Session())
	}
	if l := lease(t, again, key(9), ingress.Refuse); l.ID() != 4 {
		t.Errorf("the next id is %d", l.ID())
	}
}

func TestIDsMadeAfterTheLastSaveAreNotReused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ingress")
	r := ingress.New(ingress.Options{})
	lease(t, r, key(1), ingress.Refuse)
	if err := r.Save(path); err != nil {
		t.Fatal(err)
	}
	lost := lease(t, r, key(2), ingress.Refuse).ID()
	again := ingress.New(ingress.Options{})
	if err := again.Load(path); err != nil {
		t.Fatal(err)
	}
	if l := lease(t, again, key(3), ingress.Refuse); l.ID() <= lost {
		t.Errorf("id %d was given to a second key", l.ID())
	}
}

func TestBadFilesAreKeptAside(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good")
	if err := filled(t).Save(good); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	for _, tc := range []struct {
		name string
		text []byte
		want string
		next ingress.ID // at least
	}{
		{"empty", nil, "1: is not a saved ingress register", 1},
		{"foreign", []byte("hello\n"), "1: is not a saved ingress register", 1},
		{"other JSON", []byte(`{"format":"x"}` + "\n"), "1: is not a saved ingress register", 1},
		{"newer", bytes.Replace(text, []byte(`"version":1`), []byte(`"version":2`), 1), "1: has version 2, this program reads 1", 4},
		{"torn within a line", text[:len(text)/2], "is cut short: 3 entries were written", 4},
		{"torn between lines", bytes.Join(lines[:3], nil), "is cut short", 4},
		{"without its last line", bytes.Join(lines[:4], nil), "is cut short", 4},
		{"changed", bytes.Replace(text, []byte(`"vrf":"rot"`), []byte(`"vrf":"rat"`), 1), "is damaged", 4},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(dir, "bad")
			for range 2 {
				if err := os.WriteFile(path, tc.text, 0o600); err != nil {
					t.Fatal(err)
				}
				r := ingress.New(ingress.Options{})
				if err := r.Save(path); err == nil {
					t.Fatal("a file that was not loaded was overwritten")
				}
				err := r.Load(path)
				var bad *ingress.FileError
				if !errors.As(err, &bad) || !strings.Contains(err.Error(), tc.want) {
					t.Fatalf("got %v, want %s", err, tc.want)
				}
				kept, err := os.ReadFile(bad.Aside)
				if err != nil || !bytes.Equal(kept, tc.text) {
					t.Errorf("the file was not kept: %v", err)
				}
				if id := lease(t, r, key(1), ingress.Refuse).ID(); id < tc.next {
					t.Errorf("id %d is used again", id)
				}
				if err := r.Save(path); err != nil {
					t.Errorf("the register cannot go on: %v", err)
				}
			}
		})
	}
}

func TestEveryTruncationIsFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ingress")
	if err := filled(t).Save(path); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(text) - 1 {
		if err := os.WriteFile(path, text[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if err := ingress.New(ingress.Options{}).Load(path); err == nil {
			t.Fatalf("%d of %d bytes were accepted", n, len(text))
		} else {
			var bad *ingress.FileError
			if !errors.As(err, &bad) || os.Remove(bad.Aside) != nil {
				t.Fatalf("not kept aside: %v", err)
			}
		}
	}
}

func TestLoadWithoutAFile(t *testing.T) {
	r := ingress.New(ingress.Options{})
	if err := r.Load(filepath.Join(t.TempDir(), "none")); err != nil {
		t.Error(err)
	}
	if err := r.Save(filepath.Join(t.TempDir(), "none", "none")); err == nil {
		t.Error("saved into a folder that is not there")
	}
	if err := r.Load(t.TempDir()); err == nil {
		t.Error("loaded a folder")
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte("{\"format\":\"rotonda-ingress\",\"version\":1,\"next\":2,\"entries\":0}\n{\"end\":0,\"crc32\":\"00000000\"}\n"))
	f.Add([]byte("{}\n"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(dir, "fuzz")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		var bad *ingress.FileError
		if err := ingress.New(ingress.Options{}).Load(path); errors.As(err, &bad) && bad.Aside != "" {
			if err := os.Remove(bad.Aside); err != nil {
				t.Fatal(err)
			}
		}
	})
}
