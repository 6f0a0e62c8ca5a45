package webui

import (
	"context"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/rotonda/ingress"
	"example.com/rotonda/internal/api"
	"example.com/rotonda/internal/graph"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/store"
)

const hostile = `"><script>alert(1)</script><img src=x onerror=alert(2)>`

type rib struct {
	store *store.Store
	table store.Table
}

func (r rib) Run(ctx context.Context) error { <-ctx.Done(); return nil }
func (r rib) Table() store.Table            { return r.table }
func (r rib) StoreStats() store.Stats       { return r.store.Stats() }
func (r rib) Query(ctx context.Context, q store.Query) iter.Seq2[store.Entry, error] {
	q.Table = r.table
	return r.store.Query(ctx, q)
}

type units []graph.View

func (u units) Units() []graph.View { return u }
func (units) Ready() bool           { return true }

// newPage is a page over one router, one peer and n routes, all with hostile
// names.
func newPage(t testing.TB, n int) http.Handler {
	t.Helper()
	s := store.New(store.Options{})
	r := rib{s, s.Table("rib")}
	reg := ingress.New(ingress.Options{})
	router, err := reg.Lease(context.Background(), ingress.Key{Unit: "bmp-in", Kind: ingress.KindBMP, Name: hostile, Addr: netip.MustParseAddr("192.0.2.1")}, ingress.Refuse)
	if err != nil {
		t.Fatal(err)
	}
	router.Update(func(i *ingress.Info) { i.Desc = hostile })
	peer, err := reg.Lease(context.Background(), ingress.Key{Unit: "bmp-in", Kind: ingress.KindBGPInBMP, Parent: router.ID(), ASN: 64500, VRF: hostile,
		Addr: netip.MustParseAddr("198.51.100.7"), View: ingress.InPost}, ingress.Refuse)
	if err != nil {
		t.Fatal(err)
	}
	attrs := bgp.Attrs(bgp.AppendSet(nil, nil, bgp.AttrASPath, []byte{2, 2, 0, 0, 0xfb, 0xf4, 0, 0, 0xfb, 0xf5}))
	attrs = bgp.AppendSet(nil, attrs, bgp.AttrCommunities, []byte{0xfb, 0xf4, 0, 9})
	lane := s.Lane(store.LaneKey{Table: r.table, Ingress: uint32(peer.ID()), Family: inet.IPv4Unicast})
	for i := range n {
		p := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 0}), 24)
		lane.Apply(&store.Change{NLRI: bgp.NLRI{Family: inet.IPv4Unicast, Bytes: bgp.AppendNLRI(nil, p, 0, false)}, Attrs: attrs, Time: time.Now().UnixMicro()})
	}
	at := time.Now()
	return api.New(api.Options{
		Graph: units{
			{Name: "out", Type: "file-out", Target: true, State: graph.Failed, Error: hostile, ErrAt: &at},
			{Name: "rib", Type: "rib", State: graph.Running, Unit: r},
		},
		Ingress: reg, Version: hostile, Started: time.Now(), Log: slog.New(slog.NewTextHandler(io.Discard, nil)), UI: New,
	})
}

func get(t testing.TB, h http.Handler, target string) (*httptest.ResponseRecorder, string) {
	t.Helper()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, target, nil))
	return rec, rec.Body.String()
}

var scripts = regexp.MustCompile(`(?i)<script[^>]*>|<img[^>]*>| on[a-z]+ *=| style *=|javascript:`)

func TestNothingFromTheNetworkBecomesMarkup(t *testing.T) {
	h := newPage(t, 3)
	for _, target := range []string{
		"/", "/?q=10.0.0.0/24", "/?q=" + url.QueryEscape(hostile), "/?q=10.0.0.0/24&match=" + url.QueryEscape(hostile),
		"/?origin=" + url.QueryEscape(hostile), "/?q=10.0.0.0/24&rib=" + url.QueryEscape(hostile), "/?q=" + url.QueryEscape("javascript:alert(1)"),
	} {
		rec, body := get(t, h, target)
		if rec.Code != http.StatusOK || !strings.Contains(body, "&lt;script&gt;alert(1)") {
			t.Errorf("%s: %d, and the name is not there escaped", target, rec.Code)
		}
		for _, found := range scripts.FindAllString(body, -1) {
			if found != `<script src="/assets/refresh.js" defer>` && found != `<img src="/assets/icon.svg" alt="" width="28" height="28">` && found != "javascript:" {
				// What is inside escaped text has no < before it.
				if strings.HasPrefix(found, "<") {
					t.Errorf("%s: %s", target, found)
				}
			}
		}
		if strings.Contains(body, `href="javascript:`) {
			t.Errorf("%s: a link runs a script", target)
		}
		csp := rec.Header().Get("Content-Security-Policy")
		if !strings.HasPrefix(csp, "default-src 'self'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", target, csp)
		}
	}
}

func TestThePageShowsTheStateAndAnswers(t *testing.T) {
	h := newPage(t, 300)
	for target, want := range map[string][]string{
		"/":                               {"ipv4 unicast", ">300<", "AS64500", "198.51.100.7", "inPost", "192.0.2.1", "1 failed", "failed\">failed"},
		"/?q=10.0.7.0/24":                 {"10.0.7.0/24", "64500 64501", "AS64501", "AS64500:9", "not checked", "1 route."},
		"/?q=10.0.7.9":                    {"10.0.7.0/24", "1 route."},
		"/?q=10.0.0.0/16&match=more":      {"10.0.0.0/24", "The first 200 routes", "match=more&amp;prefix=10.0.0.0%2F16"},
		"/?q=AS64501":                     {"10.0.0.0/24", "The first 200 routes", "originAsn=AS64501"},
		"/?q=10.0.7.0/24&origin=1":        {"No route fits."},
		"/?q=10.0.7.0/33":                 {"is neither a prefix nor an address"},
		"/?q=10.0.7.0/24&rib=rip":         {"there is no RIB"},
		"/?q=10.0.7.0/24&origin=notanasn": {"originAsn"},
	} {
		_, body := get(t, h, target)
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s lacks %q", target, w)
			}
		}
	}
}

func TestAssetsAreOurs(t *testing.T) {
	h := newPage(t, 1)
	_, body := get(t, h, "/")
	links := regexp.MustCompile(`(?:href|src)="([^"]*)"`).FindAllStringSubmatch(body, -1)
	if len(links) < 6 {
		t.Fatalf("only %d links", len(links))
	}
	for _, l := range links {
		if !strings.HasPrefix(l[1], "/") || strings.HasPrefix(l[1], "//") {
			t.Errorf("the page refers to %s", l[1])
		}
		if strings.HasPrefix(l[1], "/assets/") {
			if rec, text := get(t, h, l[1]); rec.Code != http.StatusOK || text == "" {
				t.Errorf("%s: %d", l[1], rec.Code)
			}
		}
	}
	for _, target := range []string{"/assets/", "/assets/../page.html", "/page.html", "/assets/none"} {
		if rec, _ := get(t, h, target); rec.Code == http.StatusOK {
			t.Errorf("%s is served", target)
		}
	}
}

func TestAge(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	for seconds, want := range map[int64]string{0: "0 s", 59: "59 s", 60: "1 min", 3660: "1 h 1 min", 90_000: "1 d 1 h", -5: "in the future"} {
		at := now.Add(-time.Duration(seconds) * time.Second)
		if got := age(now, &at); got != want {
			t.Errorf("%d seconds: %q, want %q", seconds, got, want)
		}
	}
	if got := count(1234567); got != "1\u202f234\u202f567" {
		t.Errorf("count: %q", got)
	}
	if got := size(5 << 20); got != "5.0\u202fMiB" {
		t.Errorf("size: %q", got)
	}
}
