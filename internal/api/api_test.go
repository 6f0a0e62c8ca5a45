package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/bgp"
)

var update = flag.Bool("update", false, "rewrite golden files")

func TestAnswersAreThoseOfTheGoldenFiles(t *testing.T) {
	w := newWorld(t)
	w.options.Reload = func() error { return nil }
	for name, url := range map[string]string{
		"status":              "/api/v1/status",
		"ribs":                "/api/v1/ribs",
		"routes":              "/api/v1/ribs/rib/routes",
		"routes-exact":        "/api/v1/ribs/default/routes?prefix=192.0.2.0/24&format=jsonl",
		"routes-longest":      "/api/v1/ribs/rib/routes?prefix=192.0.2.200",
		"routes-longest-rov":  "/api/v1/ribs/rib/routes?prefix=192.0.2.200&rov=valid",
		"routes-more":         "/api/v1/ribs/rib/routes?prefix=0.0.0.0/0&match=more&format=jsonl",
		"routes-less":         "/api/v1/ribs/rib/routes?prefix=192.0.2.128/25&match=less&format=jsonl",
		"routes-where":        "/api/v1/ribs/rib/routes?where=" + url.QueryEscape(`originAsn=AS64501 and view=inPost`),
		"routes-limit":        "/api/v1/ribs/rib/routes?limit=2",
		"routes-withdrawn":    "/api/v1/ribs/rib/routes?status=withdrawn",
		"routes-fields":       "/api/v1/ribs/rib/routes?fields=2,14&family=ipv6+unicast",
		"routes-community":    "/api/v1/ribs/rib/routes?community=NO_EXPORT&peerAddress=198.51.100.1&view=inPre",
		"upstream":            "/api/v1/ribs/ipv4unicast/routes",
		"upstream-prefix":     "/api/v1/ribs/ipv4unicast/routes/192.0.2.0/24?include=moreSpecifics,lessSpecifics&filter%5BoriginAsn%5D=64503",
		"upstream-none":       "/api/v1/ribs/ipv4unicast/routes/10.0.0.0/8",
		"upstream-v6":         "/api/v1/ribs/ipv6unicast/routes/2001:db8::/32?include=moreSpecifics&fields%5BpathAttributes%5D=14",
		"upstream-v6-escaped": "/api/v1/ribs/ipv6unicast/routes/2001%3Adb8%3A%3A/32?filter%5BrovStatus%5D=valid",
		"ingresses":           "/api/v1/ingresses",
		"ingresses-filter":    "/api/v1/ingresses?filter%5Btype%5D=bgpViaBmp&filter%5BribType%5D=inPost",
		"ingress":             "/api/v1/ingresses/4",
		"ingress-unknown":     "/api/v1/ingresses/99",
		"routers":             "/api/v1/routers",
		"peers":               "/api/v1/peers",
		"stats":               "/api/v1/stats",
		"openapi":             "/openapi.json",
		"healthz":             "/healthz",
		"readyz":              "/readyz",
	} {
		t.Run(name, func(t *testing.T) {
			rec := w.get(t, url)
			if rec.Code != http.StatusOK {
				t.Fatalf("%s: %d %s", url, rec.Code, rec.Body)
			}
			got := rec.Header().Get("Content-Type") + "\n" + pretty(t, rec)
			file := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", url, diff)
			}
		})
	}
}

// TestTheOriginOfAnEmptyPathIsOurOwnAS: RFC 6811 §2.
func TestTheOriginOfAnEmptyPathIsOurOwnAS(t *testing.T) {
	w := newWorld(t)
	own := lease(t, w.register, ingress.Key{Unit: "bgp-in", Kind: ingress.KindBGP, Addr: netip.MustParseAddr("2001:db8::2"), ASN: 64501},
		func(i *ingress.Info) { i.LocalASN = 64501 })
	set := bgp.AppendSet(nil, bgp.AppendSet(nil, attrs("198.51.100.1", nil), bgp.AttrASPath, []byte{1, 1, 0, 0, 0xfb, 0xf5}), bgp.AttrNextHop, []byte{192, 0, 2, 1})
	for name, c := range map[string]struct {
		from  ingress.ID
		attrs bgp.Attrs
		want  string
	}{
		"inside our AS, which may originate it": {own, attrs("198.51.100.1", nil), "valid"},
		"the AS is that of the peer, another":   {w.peer[2], attrs("198.51.100.1", nil), "invalid"},
		"an AS_SET is no origin":                {own, set, "invalid"},
	} {
		w.rib.announce(c.from, c.attrs, 0, "192.0.2.0/24")
		rec := w.get(t, fmt.Sprintf("/api/v1/ribs/rib/routes?prefix=192.0.2.0/24&ingressId=%d&format=jsonl", c.from))
		var row struct{ Rov string }
		if err := json.Unmarshal(bytes.SplitN(rec.Body.Bytes(), []byte("\n"), 2)[0], &row); err != nil || row.Rov != c.want {
			t.Errorf("%s: %q, %v, want %s\n%s", name, row.Rov, err, c.want, rec.Body)
		}
	}
}

// pretty indents JSON, which proves that it is some.
func pretty(t *testing.T, rec *httptest.ResponseRecorder) string {
	t.Helper()
	body := rec.Body.Bytes()
	switch rec.Header().Get("Content-Type") {
	case "application/json":
		var out bytes.Buffer
		if err := json.Indent(&out, body, "", " "); err != nil {
			t.Fatalf("%v in %s", err, body)
		}
		return out.String()
	case "application/jsonl":
		for line := range bytes.Lines(body) {
			if !json.Valid(line) {
				t.Fatalf("no JSON: %s", line)
			}
		}
	}
	return string(body)
}

func TestWrongRequestsSayWhatWouldBeRight(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		url, parameter, right string
		code                  int
	}{
		{"/api/v1/ribs/rib/routes?orginAsn=1", "orginAsn", "did you mean originAsn?", 400},
		{"/api/v1/ribs/rib/routes?originAsn=one", "originAsn", "AS that originated", 400},
		{"/api/v1/ribs/rib/routes?match=most&prefix=10.0.0.0/8", "match", "more", 400},
		{"/api/v1/ribs/rib/routes?match=more", "match", "prefix", 400},
		{"/api/v1/ribs/rib/routes?prefix=10.0.0.1/8", "prefix", "10.0.0.0/8", 400},
		{"/api/v1/ribs/rib/routes?prefix=ten", "prefix", "192.0.2.0/24", 400},
		{"/api/v1/ribs/rib/routes?prefix=::/0&family=ipv4unicast", "family", "leave it out", 400},
		{"/api/v1/ribs/rib/routes?limit=-1", "limit", "from 1", 400},
		{"/api/v1/ribs/rib/routes?limit=1&limit=2", "limit", "once", 400},
		{"/api/v1/ribs/rib/routes?cursor=zzz", "cursor", "meta.next", 400},
		{"/api/v1/ribs/rib/routes?where=" + url.QueryEscape("limit=1 or limit=2"), "where", "and", 400},
		{"/api/v1/ribs/rib/routes?limit=1&where=limit%3D2", "limit", "once", 400},
		{"/api/v1/ribs/rib/routes?function=f", "function", "script", 400},
		{"/api/v1/ribs/rip/routes", "rib", "rib", 404},
		{"/api/v1/ribs/ipv4unicast/routes/10.0.0.1/8", "prefix", "10.0.0.0/8", 400},
		{"/api/v1/ribs/ipv4unicast/routes/2001:db8::/32", "prefix", "family", 400},
		{"/api/v1/ribs/ipv4unicast/routes?include=everything", "include", "moreSpecifics", 400},
		{"/api/v1/status?verbose=1", "verbose", "no parameters", 400},
		{"/api/v1/ingresses/x", "id", "number", 400},
		{"/api/v1/ingresses?filter%5Btype%5D=BMP", "filter[type]", "bmp", 400},
		{"/api/v1/statu", "", "/api/v1/status", 404},
		{"/api/v1/status?%zz", "", "", 400},
	} {
		rec := w.get(t, c.url)
		var p struct {
			Problem
			Error string
			Data  any
		}
		if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil {
			t.Errorf("%s: %v", c.url, err)
			continue
		}
		if rec.Code != c.code || p.Status != c.code || p.Parameter != c.parameter || !strings.Contains(p.Right, c.right) || p.Error == "" {
			t.Errorf("%s: %d %+v, want %d %s %q", c.url, rec.Code, p, c.code, c.parameter, c.right)
		}
		if got := rec.Header().Get("Content-Type"); got != "application/problem+json" {
			t.Errorf("%s: content type %s", c.url, got)
		}
	}
}

func TestAFunctionOfTheScriptChooses(t *testing.T) {
	w := newWorld(t)
	w.options.Function = func(name string) (func(bgp.Attrs) bool, error) {
		if name != "short" {
			return nil, fmt.Errorf("no roto function '%s' defined", name)
		}
		return func(a bgp.Attrs) bool { return a.ASPath().Len() < 3 }, nil
	}
	for url, want := range map[string]int{
		"/api/v1/ribs/rib/routes?prefix=192.0.2.0/24":                                      4,
		"/api/v1/ribs/rib/routes?prefix=192.0.2.0/24&function=short":                       2,
		"/api/v1/ribs/ipv4unicast/routes/192.0.2.0/24?function%5Broto%5D=short":            2,
		"/api/v1/ribs/rib/routes?prefix=192.0.2.0/24&function=short&filter%5BotherIs%5D=1": -1,
		"/api/v1/ribs/rib/routes?function=long":                                            -1,
	} {
		rec := w.get(t, url)
		got := strings.Count(rec.Body.String(), `"status":"active"`)
		if want < 0 && rec.Code == http.StatusBadRequest {
			continue
		}
		if got != want {
			t.Errorf("%s: %d routes, want %d: %s", url, got, want, rec.Body)
		}
	}
}

func TestRoutesWaitForReadiness(t *testing.T) {
	w := newWorld(t)
	w.graph.waiting = true
	for url, code := range map[string]int{
		"/api/v1/ribs/rib/routes": 503, "/api/v1/ribs/ipv4unicast/routes": 503, "/readyz": 503,
		"/api/v1/status": 200, "/healthz": 200, "/api/v1/stats": 200, "/api/v1/ribs": 200, "/api/v1/ingresses": 200,
	} {
		if rec := w.get(t, url); rec.Code != code {
			t.Errorf("%s: %d, want %d", url, rec.Code, code)
		}
	}
}

func TestAnotherMethodIsNamed(t *testing.T) {
	w := newWorld(t)
	rec := httptest.NewRecorder()
	New(w.options).ServeHTTP(rec, httptest.NewRequest(http.MethodDelete, "/api/v1/status", nil))
	if rec.Code != http.StatusMethodNotAllowed || rec.Header().Get("Allow") != "GET" {
		t.Errorf("%d, allow %q", rec.Code, rec.Header().Get("Allow"))
	}
}

func TestReloadIsForThisMachineOnly(t *testing.T) {
	w := newWorld(t)
	calls := 0
	w.options.Reload = func() error {
		calls++
		if calls > 1 {
			return errors.New("x.conf:1:2: nonsense")
		}
		return nil
	}
	for _, c := range []struct {
		name, remote, host, site string
		code                     int
	}{
		{"a browser's page", "127.0.0.1:999", "127.0.0.1:8080", "cross-site", 403},
		{"another machine", "192.0.2.7:999", "127.0.0.1:8080", "", 403},
		{"a name that was made local", "127.0.0.1:999", "evil.example:8080", "", 403},
		{"this machine", "127.0.0.1:999", "127.0.0.1:8080", "", 200},
		{"this machine, by name, with a bad file", "[::1]:999", "localhost", "", 422},
	} {
		r := httptest.NewRequest(http.MethodPost, "/api/v1/reload", nil)
		r.RemoteAddr, r.Host = c.remote, c.host
		if c.site != "" {
			r.Header.Set("Sec-Fetch-Site", c.site)
		}
		rec := httptest.NewRecorder()
		New(w.options).ServeHTTP(rec, r)
		if rec.Code != c.code {
			t.Errorf("%s: %d %s, want %d", c.name, rec.Code, rec.Body, c.code)
		}
	}
	if calls != 2 {
		t.Errorf("%d reloads, want 2", calls)
	}
}

func TestOpenAPIHasEveryEndpointAndParameter(t *testing.T) {
	w := newWorld(t)
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ Name, In string }
		}
	}
	if err := json.Unmarshal(w.get(t, "/openapi.json").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	a := New(w.options)
	if len(a.list) < 14 {
		t.Fatalf("only %d endpoints", len(a.list))
	}
	for _, e := range a.list {
		names := map[string]bool{}
		for _, p := range doc.Paths[e.path][strings.ToLower(e.method)].Parameters {
			names[p.Name] = true
		}
		for _, p := range e.params {
			if !names[p.name] || p.alias != "" && !names[p.alias] {
				t.Errorf("%s: %s or %s is missing", e.path, p.name, p.alias)
			}
		}
	}
}
