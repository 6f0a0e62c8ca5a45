package api

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/rotonda/store"
)

// fill announces n prefixes from one peer, with 100 attribute sets.
func (w *world) fill(n int) {
	for i := range n {
		a := attrs("198.51.100.1", []uint32{uint32(i % 100)}, 64500, 64501, uint32(65000+i%100))
		w.rib.announce(w.peer[0], a, 0, fmt.Sprintf("%d.%d.%d.0/24", 10+i>>16, i>>8&255, i&255))
	}
}

// measured is a response that is thrown away and measured.
type measured struct {
	header     http.Header
	bytes      int64
	most       int // in one write
	writes     int
	firstAfter int // flushes before the first byte
	heap       uint64
	fail       int // the write that fails, from 1; 0: none
	onWrite    func(n int)
}

func (m *measured) Header() http.Header { return m.header }
func (m *measured) WriteHeader(int)     {}
func (m *measured) Flush() {
	if m.bytes == 0 {
		m.firstAfter++
	}
}

func (m *measured) Write(b []byte) (int, error) {
	m.writes++
	if m.writes == m.fail {
		return 0, errors.New("the client is gone")
	}
	m.bytes += int64(len(b))
	m.most = max(m.most, len(b))
	if m.writes%20 == 0 {
		m.heap = max(m.heap, liveHeap())
	}
	if m.onWrite != nil {
		m.onWrite(m.writes)
	}
	return len(b), nil
}

func liveHeap() uint64 {
	runtime.GC()
	var ms runtime.MemStats
	runtime.ReadMemStats(&ms)
	return ms.HeapAlloc
}

func TestAHundredThousandRowsTakeConstantMemory(t *testing.T) {
	w := newWorld(t)
	w.fill(100_000)
	handler := New(w.options)
	for _, url := range []string{
		"/api/v1/ribs/rib/routes?format=jsonl", "/api/v1/ribs/rib/routes", "/api/v1/ribs/ipv4unicast/routes",
		"/api/v1/ribs/rib/routes?format=jsonl&pathAsn=64501",
	} {
		before := liveHeap()
		m := &measured{header: http.Header{}}
		handler.ServeHTTP(m, httptest.NewRequest(http.MethodGet, url, nil))
		grown := int64(m.heap) - int64(before)
		t.Logf("%s: %d bytes in %d writes, the largest %d; heap grew by %d at most", url, m.bytes, m.writes, m.most, grown)
		if m.bytes < 25<<20 || m.writes < 50 {
			t.Errorf("%s: only %d bytes in %d writes", url, m.bytes, m.writes)
		}
		if m.most > fullPart+8<<10 || grown > 2<<20 {
			t.Errorf("%s: a write of %d bytes, heap grew by %d", url, m.most, grown)
		}
		if m.firstAfter == 0 {
			t.Errorf("%s: the head was not sent before the first row", url)
		}
	}
}

func TestAnAnswerEndsWithItsClient(t *testing.T) {
	w := newWorld(t)
	w.fill(20_000)
	handler := New(w.options)
	t.Run("a write fails", func(t *testing.T) {
		m := &measured{header: http.Header{}, fail: 3}
		defer func() {
			if p := recover(); p != http.ErrAbortHandler {
				t.Errorf("ended with %v, want an abort", p)
			}
			if m.writes != 3 {
				t.Errorf("%d writes, want none behind the one that failed", m.writes)
			}
		}()
		handler.ServeHTTP(m, httptest.NewRequest(http.MethodGet, "/api/v1/ribs/rib/routes", nil))
	})
	t.Run("the request is cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		m := &measured{header: http.Header{}, onWrite: func(n int) {
			if n == 2 {
				cancel()
			}
		}}
		handler.ServeHTTP(m, httptest.NewRequest(http.MethodGet, "/api/v1/ribs/rib/routes", nil).WithContext(ctx))
		if m.writes > 4 {
			t.Errorf("%d writes, want an end after the second", m.writes)
		}
	})
}

func TestPagesAddUpToTheWhole(t *testing.T) {
	w := newWorld(t)
	w.fill(50)
	type answer struct {
		Data []json.RawMessage
		Meta struct {
			Next  string
			Count int
		}
	}
	read := func(url string) (a answer) {
		t.Helper()
		if err := json.Unmarshal(w.get(t, url).Body.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		return a
	}
	for _, base := range []string{"/api/v1/ribs/rib/routes?", "/api/v1/ribs/rib/routes?prefix=192.0.2.0/24&", "/api/v1/ribs/rib/routes?prefix=192.0.2.129&match=less&", "/api/v1/ribs/rib/routes?prefix=0.0.0.0/0&match=more&rov=notFound&"} {
		whole := read(base)
		if whole.Meta.Count < 4 || whole.Meta.Next != "" {
			t.Fatalf("%s: %d rows, next %q", base, whole.Meta.Count, whole.Meta.Next)
		}
		for limit := 1; limit <= 4; limit++ {
			var rows []json.RawMessage
			cursor := ""
			for pages := 0; pages <= len(whole.Data); pages++ {
				page := read(fmt.Sprintf("%slimit=%d&cursor=%s", base, limit, cursor))
				if cursor == "" && pages > 0 {
					t.Fatal("a page without a cursor")
				}
				rows = append(rows, page.Data...)
				if cursor = page.Meta.Next; cursor == "" {
					break
				}
			}
			if diff := cmp.Diff(whole.Data, rows); diff != "" {
				t.Errorf("%s in pages of %d (-whole +pages):\n%s", base, limit, diff)
			}
		}
	}
}

func TestRowsArriveWhileTheWalkGoesOn(t *testing.T) {
	w := newWorld(t)
	w.fill(30_000)
	srv := httptest.NewServer(New(w.options))
	defer srv.Close()
	resp, err := http.Get(srv.URL + "/api/v1/ribs/rib/routes?format=jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	in := bufio.NewReader(resp.Body)
	first, err := in.ReadString('\n')
	if err != nil || !strings.HasPrefix(first, `{"prefix":"0.0.0.0/0"`) {
		t.Fatalf("%q, %v", first, err)
	}
	// Nothing of the store is held while the client does not read: ids can be
	// reused and lanes can be changed.
	w.rib.announce(w.peer[0], nil, 0, "10.0.0.0/24")
	if err := w.rib.store.Maintain(context.Background(), noon.UnixMicro()); err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, in)
	if err != nil || n < 1<<20 {
		t.Errorf("%d bytes, %v", n, err)
	}
}

func TestAClientThatDoesNotReadIsCutOff(t *testing.T) {
	w := newWorld(t)
	w.fill(100_000)
	a := New(w.options)
	a.stall = 50 * time.Millisecond
	ended := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(ended)
		a.ServeHTTP(w, r)
	}))
	defer srv.Close()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /api/v1/ribs/rib/routes HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Fatal("the handler still waits for its client")
	}
}

func TestADeadlineIsNotLeftToTheNextRequest(t *testing.T) {
	w := newWorld(t)
	a := New(w.options)
	a.stall = 50 * time.Millisecond
	srv := httptest.NewServer(a)
	defer srv.Close()
	for range 3 {
		resp, err := srv.Client().Get(srv.URL + "/api/v1/ribs/rib/routes")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		time.Sleep(2 * a.stall) // a connection that waits is what this is about
	}
}

func TestCursorsSurviveTheirText(t *testing.T) {
	w := newWorld(t)
	n := 0
	for e, err := range w.rib.Query(context.Background(), store.Query{Family: 257}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		c := Cursor{e.Family, e.Cursor()}
		if got, ok := parseCursor(c.String()); !ok || got != c {
			t.Errorf("%v became %v", c, got)
		}
	}
	if n < 5 {
		t.Fatalf("only %d cursors", n)
	}
}

func FuzzRequest(f *testing.F) {
	for _, s := range []string{"prefix=192.0.2.0/24&match=more", "where=a%3Db+and+c%3D%22d%22", "cursor=MjU3IDEuMC4wLjAvMjQgNCAt", "fields=&status=all"} {
		f.Add(s)
	}
	w := newWorld(f)
	handler := New(w.options)
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest(http.MethodGet, "/api/v1/ribs/rib/routes", nil)
		r.URL.RawQuery = query
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, r)
		if rec.Code != 200 && rec.Code != 400 {
			t.Errorf("%q: %d", query, rec.Code)
		}
	})
}
