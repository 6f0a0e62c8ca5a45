package compress

import (
	"bytes"
	"compress/bzip2"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"example.com/rotonda/internal/testkit"
)

func load(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(testkit.Data(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

const (
	churn = "mrt/mrtparser/updates.20260222.1530.bz2"
	cut   = "mrt/pyasn/rib.20140523.0600_firstMB.bz2"
)

// read returns all that r gives and its error, nil for a good end.
func read(t testing.TB, raw []byte) ([]byte, error) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func checkAgainstStd(t *testing.T, raw []byte) {
	t.Helper()
	want, wantErr := io.ReadAll(bzip2.NewReader(bytes.NewReader(raw)))
	got, gotErr := read(t, raw)
	if (gotErr != nil) != (wantErr != nil) {
		t.Errorf("error = %v, the standard library says %v", gotErr, wantErr)
	}
	// The standard library yields a block before its checksum is compared.
	same := bytes.Equal(got, want) || errors.Is(gotErr, errSum) && bytes.HasPrefix(want, got)
	if !same {
		t.Errorf("content of %d bytes differs from the standard library's %d", len(got), len(want))
	}
	var place *Error
	if wantErr != nil && (!errors.As(gotErr, &place) || place.In == 0 || place.Out != int64(len(got))) {
		t.Errorf("error %v does not name the place", gotErr)
	}
}

func TestBzip2ReadsWhatTheStandardLibraryReads(t *testing.T) {
	whole := load(t, churn)
	damaged := bytes.Clone(whole)
	damaged[len(damaged)/2] ^= 0x10
	for name, raw := range map[string][]byte{
		"whole":        whole,
		"cut":          load(t, cut),
		"two streams":  append(bytes.Clone(whole), whole...),
		"damaged":      damaged,
		"header alone": whole[:4],
		"no trailer":   whole[:len(whole)-10],
		"half a mark":  whole[:7],
	} {
		t.Run(name, func(t *testing.T) { checkAgainstStd(t, raw) })
	}
}

func TestBzip2CutAnywhereYieldsWholeBlocks(t *testing.T) {
	whole := load(t, churn)
	for at := 5; at < len(whole); at += len(whole)/11 + 1 {
		checkAgainstStd(t, whole[:at])
	}
}

func TestBzip2JoinsAPieceThatAFalseMarkCut(t *testing.T) {
	raw := load(t, churn)
	var pieces []*piece
	order, work := make(chan *piece, 1000), make(chan *piece, 1000)
	r := newBzip2(bytes.NewReader(nil))
	defer r.Close()
	s := &splitter{src: bytes.NewReader(raw), order: order, work: work, quit: make(chan struct{}), free: r.free}
	s.run()
	for p := range order {
		pieces = append(pieces, p)
	}
	if len(pieces) < 3 {
		t.Fatalf("%d pieces, want several", len(pieces))
	}
	p := pieces[0]
	whole := &piece{in: bytes.Clone(p.in), skip: p.skip}
	var d blockDecoder
	d.decode(whole)
	if whole.err != nil {
		t.Fatal(whole.err)
	}
	half := len(p.in) / 2
	for _, shared := range []int{0, 1} {
		first := &piece{in: bytes.Clone(p.in[:half]), skip: p.skip}
		second := &piece{in: bytes.Clone(p.in[half-shared:]), skip: uint(3 * shared)}
		if d.decode(first); first.err != errShort {
			t.Fatalf("half a block: %v, want %v", first.err, errShort)
		}
		r.join(first, second)
		if first.err != nil || !bytes.Equal(first.out, whole.out) {
			t.Errorf("joined with %d shared octets: %v, %d bytes of %d", shared, first.err, len(first.out), len(whole.out))
		}
	}
}

func TestBzip2EndsItsGoroutinesOnClose(t *testing.T) {
	raw := load(t, cut)
	before := runtime.NumGoroutine()
	for range 5 {
		r, err := NewReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(r, make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		r.Close()
		if _, err := r.Read(make([]byte, 1)); err == nil {
			t.Error("read after Close gave no error")
		}
	}
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines left, %d before", runtime.NumGoroutine(), before)
		}
	}
}

func gzipped(t testing.TB, members ...string) []byte {
	var b bytes.Buffer
	for _, m := range members {
		w := gzip.NewWriter(&b)
		if _, err := w.Write([]byte(m)); err != nil {
			t.Fatal(err)
		}
		w.Close()
	}
	return b.Bytes()
}

func TestFormatsAreFoundByContent(t *testing.T) {
	long := strings.Repeat("some routes and more of them ", 4000)
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	packed := enc.EncodeAll([]byte(long), nil)
	gz := gzipped(t, long)
	tests := []struct {
		name   string
		raw    []byte
		want   string // content
		prefix bool   // want only begins with it, and the error names the place
		fails  string
	}{
		{name: "plain", raw: []byte(long), want: long},
		{name: "empty", raw: nil, want: ""},
		{name: "gzip", raw: gz, want: long},
		{name: "gzip of two members", raw: gzipped(t, long, "x"), want: long + "x"},
		{name: "gzip padded with zeros", raw: append(gzipped(t, long), make([]byte, 10_000)...), want: long},
		{name: "gzip with other octets behind zeros", raw: append(gzipped(t, long), 0, 0, 31, 139), want: long, fails: "gzip data damaged or cut"},
		{name: "gzip with other octets behind it", raw: append(gzipped(t, long), "more"...), want: long, fails: "gzip data damaged or cut"},
		{name: "gzip whose second member is cut", raw: append(gzipped(t, long), 31, 139, 8), want: long, fails: "gzip data damaged or cut"},
		{name: "gzip cut", raw: gz[:len(gz)-9], want: long, prefix: true, fails: "gzip data damaged or cut"},
		{name: "gzip head cut", raw: gz[:5], want: "", fails: "gzip data damaged or cut"},
		{name: "zstd", raw: packed, want: long},
		{name: "zstd of two frames", raw: append(bytes.Clone(packed), packed...), want: long + long},
		{name: "zstd cut", raw: packed[:len(packed)-3], want: long, prefix: true, fails: "zstd data damaged or cut"},
		{name: "bzip2 without a block", raw: []byte("BZh9 and no more"), want: "", fails: "bzip2 data damaged or cut"},
		{name: "xz", raw: []byte("\xfd7zXZ\x00\x00\x04"), want: "", fails: "xz data damaged or cut"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := read(t, test.raw)
			if test.prefix {
				if !strings.HasPrefix(test.want, string(got)) {
					t.Errorf("content is not the start of what was packed")
				}
			} else if string(got) != test.want {
				t.Errorf("content of %d bytes, want %d", len(got), len(test.want))
			}
			switch {
			case test.fails == "" && err != nil:
				t.Errorf("error %v", err)
			case test.fails != "" && (err == nil || !strings.Contains(err.Error(), test.fails)):
				t.Errorf("error %v, want %q", err, test.fails)
			}
		})
	}
}

func FuzzBzip2(f *testing.F) {
	f.Add([]byte("BZh91AY&SY\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		raw = append([]byte("BZh9"), raw...)
		want, wantErr := io.ReadAll(bzip2.NewReader(bytes.NewReader(raw)))
		got, err := read(t, raw)
		if wantErr == nil && err == nil && !bytes.Equal(got, want) {
			t.Errorf("content differs")
		}
	})
}

// falseMarks is a bzip2 block whose symbols hold so many marks of other blocks, and that
// never ends: without marks it is that many octets of symbols.
func falseMarks(t *testing.T, marks, octets int) []byte {
	whole := load(t, churn)
	out := append([]byte("BZh9"), whole[4:300<<10]...) // a head with its tables, and symbols
	at := bytes.Index(out[10:], []byte("1AY&SY"))
	if at >= 0 {
		out = out[:at+10]
	}
	for range marks {
		out = append(out, "1AY&SY"...)
	}
	for len(out) < octets {
		out = append(out, 0)
	}
	return out
}

func TestBzip2GivesUpBlocksThatNobodyWrites(t *testing.T) {
	for name, raw := range map[string][]byte{
		"many false marks":    falseMarks(t, 200_000, 0),
		"a block without end": falseMarks(t, 0, 32<<20),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got, err := read(t, raw)
			runtime.ReadMemStats(&after)
			if err == nil {
				t.Errorf("%d bytes without an error", len(got))
			}
			if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 100 {
				t.Errorf("it took %d MiB", took)
			}
		})
	}
}
