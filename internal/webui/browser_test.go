//go:build browser

package webui

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// What the daemon under test sees: 2 routers with 2 peers each and 1 speaker.
const browserConf = `http_listen = ["127.0.0.1:%d"]
log_level = "info"
[simulate]
seed = 1
prefixes = 2000
routers = 2
peers = 2
speakers = 1
rate = 5
[units.bmp-in]
type = "bmp-tcp-in"
listen = "127.0.0.1:%d"
[units.bgp-in]
type = "bgp-tcp-in"
listen = "127.0.0.1:%d"
my_asn = 64512
my_bgp_id = [127, 0, 0, 1]
[units.bgp-in.peers."127.0.0.0/8"]
name = "simulated"
remote_asn = []
protocols = ["Ipv4Unicast", "Ipv6Unicast"]
[units.rib]
type = "rib"
sources = ["bmp-in", "bgp-in"]
[targets.null]
type = "null-out"
sources = ["rib"]
`

const (
	wantRouters = 2
	wantPeers   = 2*2 + 1
)

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// daemonBinary is ROTONDA_BIN, or one that is built here.
func daemonBinary(t *testing.T) string {
	t.Helper()
	if bin := os.Getenv("ROTONDA_BIN"); bin != "" {
		return bin
	}
	bin := filepath.Join(t.TempDir(), "rotonda")
	build := exec.Command("go", "build", "-o", bin, "../../cmd/rotonda")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return bin
}

// startDaemon runs a daemon whose simulated tables are loaded, and returns its
// address.
func startDaemon(t *testing.T) string {
	t.Helper()
	port, dir := freePort(t), t.TempDir()
	conf := filepath.Join(dir, "rotonda.conf")
	text := fmt.Sprintf(browserConf, port, freePort(t), freePort(t))
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cmd := exec.Command(daemonBinary(t), "run", "-c", conf)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		late := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		late.Stop()
		if t.Failed() {
			t.Logf("the daemon said:\n%s", log.String())
		}
	})
	at := fmt.Sprintf("http://127.0.0.1:%d", port)
	before := -1
	eventually(t, "the tables are loaded", func() bool {
		var peers struct{ Data []struct{ Routes int } }
		if !getJSON(at+"/readyz", nil) || !getJSON(at+"/api/v1/peers", &peers) || len(peers.Data) != wantPeers {
			return false
		}
		sum := 0
		for _, p := range peers.Data {
			if p.Routes < 1000 {
				return false
			}
			sum += p.Routes
		}
		same := sum == before
		before = sum
		return same
	})
	return at
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); !ok(); time.Sleep(250 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

// getJSON reports whether the answer is good, and decodes it where into is set.
func getJSON(at string, into any) bool {
	resp, err := http.Get(at)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK && (into == nil || json.NewDecoder(resp.Body).Decode(into) == nil)
}

// front stands between browser and daemon and counts what is asked for.
type front struct {
	*httptest.Server
	pages, scripts, styles, bad atomic.Int64
}

func newFront(t *testing.T, daemon string) *front {
	t.Helper()
	to, err := url.Parse(daemon)
	if err != nil {
		t.Fatal(err)
	}
	f := &front{}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.ModifyResponse = func(r *http.Response) error {
		if r.StatusCode >= 400 {
			f.bad.Add(1)
		}
		return nil
	}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			f.pages.Add(1)
		case "/assets/refresh.js":
			f.scripts.Add(1)
		case "/assets/style.css":
			f.styles.Add(1)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

// complaint is what a console or a network log must not have.
var complaint = regexp.MustCompile(`CONSOLE|Content Security Policy|CSP|Refused to|Uncaught`)

// chromium runs a browser to its end and returns what it printed. Its helper
// processes are of its own group and end with it.
func chromium(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	var out, log bytes.Buffer
	cmd := exec.CommandContext(ctx, "chromium", append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps",
		"--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
		"--enable-logging=stderr", "--v=0", "--user-data-dir=" + t.TempDir(),
	}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	cmd.Stdout, cmd.Stderr = &out, &log
	err := cmd.Run()
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what it left of its group
	}
	if err != nil {
		t.Fatalf("chromium %q: %v\n%s", args, err, log.String())
	}
	for line := range strings.Lines(log.String()) {
		if complaint.MatchString(line) {
			t.Errorf("chromium %q: %s", args, line)
		}
	}
	return out.String()
}

// dom returns the document after the given milliseconds of the page's own time.
func dom(t *testing.T, at string, millis int) string {
	t.Helper()
	return chromium(t, fmt.Sprintf("--virtual-time-budget=%d", millis), "--dump-dom", at)
}

// rows are the rows of the body of the table in one live part, or of the table
// of found routes, as text.
func rows(t *testing.T, doc, start string) []string {
	t.Helper()
	_, part, ok := strings.Cut(doc, start)
	if !ok {
		t.Fatalf("the document has no %s:\n%s", start, doc)
	}
	_, part, _ = strings.Cut(part, "<tbody>")
	part, _, _ = strings.Cut(part, "</tbody>")
	var list []string
	for _, row := range strings.Split(part, "<tr")[1:] {
		_, row, _ = strings.Cut(row, ">")
		text := html.ReplaceAllString(strings.ReplaceAll(row, "</td>", "|"), "")
		list = append(list, strings.Join(strings.Fields(text), " "))
	}
	return list
}

var html = regexp.MustCompile(`<[^>]*>`)

func TestBrowser(t *testing.T) {
	if _, err := exec.LookPath("chromium"); err != nil {
		t.Fatal(err)
	}
	daemon := startDaemon(t)

	t.Run("front", func(t *testing.T) {
		f := newFront(t, daemon)
		doc := dom(t, f.URL+"/", 12000)
		if f.pages.Load() < 2 || f.scripts.Load() == 0 || f.styles.Load() == 0 || f.bad.Load() != 0 {
			t.Errorf("asked for: %d pages, %d scripts, %d styles, %d in vain; want 2 pages or more, since the script renews them, and none in vain",
				f.pages.Load(), f.scripts.Load(), f.styles.Load(), f.bad.Load())
		}
		if got := rows(t, doc, `data-live="routers"`); len(got) != wantRouters {
			t.Errorf("%d routers, want %d: %q", len(got), wantRouters, got)
		}
		peers := rows(t, doc, `data-live="peers"`)
		if len(peers) != wantPeers {
			t.Errorf("%d peers, want %d: %q", len(peers), wantPeers, peers)
		}
		for _, p := range peers {
			if f := strings.Split(p, "|"); len(f) < 5 || !strings.HasSuffix(f[3], "up") && !strings.Contains(f[3], "connected") || len(f[4]) < len("1,000") {
				t.Errorf("a peer is not up with a thousand routes: %q", p)
			}
		}
		tables := rows(t, doc, `data-live="ribs"`)
		families := regexp.MustCompile(`(?i)ipv4.?unicast\|[1-9][0-9,. ]+\|[1-9].*\n.*ipv6.?unicast\|[1-9][0-9,. ]*\|[1-9]`)
		if !families.MatchString(strings.Join(tables, "\n")) {
			t.Errorf("the tables lack figures: %q", tables)
		}
	})

	t.Run("search", func(t *testing.T) {
		f := newFront(t, daemon)
		var some struct{ Data []struct{ Prefix string } }
		if !getJSON(daemon+"/api/v1/ribs/default/routes?family=ipv4+unicast&limit=1", &some) || len(some.Data) != 1 {
			t.Fatal("no route to search for")
		}
		prefix := some.Data[0].Prefix
		found := rows(t, dom(t, f.URL+"/?q="+url.QueryEscape(prefix), 6000), `<table class="routes">`)
		path := regexp.MustCompile(`^[0-9]+( [0-9]+)*$`)
		if len(found) < 2 {
			t.Errorf("%d routes of %s, want one of each of some peers", len(found), prefix)
		}
		for _, r := range found {
			f := strings.Split(r, "|")
			if len(f) < 8 || strings.TrimSpace(f[0]) != prefix || !path.MatchString(strings.TrimSpace(f[3])) {
				t.Errorf("no route of %s with an AS path: %q", prefix, r)
			}
		}
		none := dom(t, f.URL+"/?q=203.0.113.77%2F32", 1000)
		if !strings.Contains(none, "No route fits.") || strings.Contains(none, `<table class="routes">`) {
			t.Error("the search for an unknown prefix does not say that there is none")
		}
		if bad := dom(t, f.URL+"/?q=nonsense", 1000); !strings.Contains(bad, `role="alert"`) {
			t.Error("the search for nonsense does not say what is wrong")
		}
	})

	for _, width := range []int{1200, 420} {
		t.Run(fmt.Sprintf("screenshot %d", width), func(t *testing.T) {
			f := newFront(t, daemon)
			file := filepath.Join(t.TempDir(), "page.png")
			chromium(t, "--virtual-time-budget=2000", "--hide-scrollbars", fmt.Sprintf("--window-size=%d,1000", width), "--screenshot="+file, f.URL+"/")
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			img, err := png.Decode(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			if keep := os.Getenv("ROTONDA_SCREENSHOTS"); keep != "" {
				if err := os.WriteFile(filepath.Join(keep, fmt.Sprintf("page-%d.png", width)), b, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			colours, common := palette(img)
			if img.Bounds().Dx() != width || colours < 50 || common > 0.98 {
				t.Errorf("%v with %d colours, one of which covers %.1f %%: want width %d, 50 colours or more, and no blank page", img.Bounds(), colours, 100*common, width)
			}
		})
	}
}

// palette counts the colours of a picture, and says which part of it the most
// common one covers.
func palette(img image.Image) (colours int, common float64) {
	seen := map[[3]uint32]int{}
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r, g, bl, _ := img.At(x, y).RGBA()
			seen[[3]uint32{r, g, bl}]++
		}
	}
	most := 0
	for _, n := range seen {
		most = max(most, n)
	}
	return len(seen), float64(most) / float64(b.Dx()*b.Dy())
}
