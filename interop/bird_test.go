//go:build interop

package interop

import (
	"cmp"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// bird is a running BIRD that dials the daemon from 127.0.0.2.
type bird struct {
	t   *testing.T
	dir string
	cmd *exec.Cmd
}

// birdConfig is what a test says about BIRD.
type birdConfig struct {
	port    string // of the daemon
	hold    int
	statics string // protocols that hold the routes
	v4, v6  string // more lines of the two channels
	listen  string // BIRD's own port; empty chooses one
	session string // more lines of the session
	hops    string // in place of "multihop;"
}

func (c birdConfig) text(dir, port string) string {
	return fmt.Sprintf(`log %q all;
router id 192.0.2.2;
protocol device {}
%s
filter ours {
	if source != RTS_STATIC then reject;
	if defined(bgp_med) then bgp_med = bgp_med; # BIRD sends only what an export filter set
	accept;
}
protocol bgp rotonda {
	local 127.0.0.2 port %s as 64501;
	neighbor 127.0.0.1 port %s as 64500;
	%s
	strict bind yes;
	hold time %d;
	connect delay time 1;
	connect retry time 2;
	error wait time 1, 2;
	%s
	ipv4 { import all; export filter ours; next hop address 192.0.2.2; %s };
	ipv6 { import all; export filter ours; next hop address 2001:db8::2; %s };
}
`, filepath.Join(dir, "bird.log"), c.statics, port, c.port, cmp.Or(c.hops, "multihop;"), c.hold, c.session, c.v4, c.v6)
}

// program finds a daemon of Debian, which lives where users do not look.
func program(t *testing.T, name string) string {
	t.Helper()
	for _, dir := range []string{"/usr/sbin", "/usr/local/sbin", "/sbin"} {
		if path := filepath.Join(dir, name); exec.Command("test", "-x", path).Run() == nil {
			return path
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is not installed: make interop installs it (apt-get install bird2)", name)
	}
	return path
}

func startBIRD(t *testing.T, c birdConfig) *bird {
	t.Helper()
	b := &bird{t: t, dir: t.TempDir()}
	b.start(c)
	t.Cleanup(func() {
		b.cmd.Process.Signal(syscall.SIGCONT)
		b.cmd.Process.Signal(syscall.SIGTERM)
		b.cmd.Wait()
		if t.Failed() {
			for _, name := range []string{"bird.out", "bird.log"} {
				tail(t, filepath.Join(b.dir, name))
			}
		}
	})
	return b
}

// start runs BIRD on a configuration, perhaps once more.
func (b *bird) start(c birdConfig, flags ...string) {
	t := b.t
	t.Helper()
	file := filepath.Join(b.dir, "bird.conf")
	if err := os.WriteFile(file, []byte(c.text(b.dir, cmp.Or(c.listen, freePort(t, "127.0.0.2")))), 0o600); err != nil {
		t.Fatal(err)
	}
	args := append(flags, "-f", "-c", file, "-s", b.socket(), "-P", filepath.Join(b.dir, "bird.pid"))
	b.cmd = exec.Command(program(t, "bird"), args...)
	out, err := os.Create(filepath.Join(b.dir, "bird.out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	b.cmd.Stdout, b.cmd.Stderr = out, out
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, 20*time.Second, "BIRD answers", func() bool { return strings.Contains(b.ask("show status"), "Router ID") })
}

func (b *bird) socket() string { return filepath.Join(b.dir, "bird.ctl") }

// ask runs a command of BIRD's shell and returns what it prints.
func (b *bird) ask(command string) string {
	out, _ := exec.Command(program(b.t, "birdc"), append([]string{"-s", b.socket()}, strings.Fields(command)...)...).CombinedOutput()
	return string(out)
}

func (b *bird) established() bool {
	return strings.Contains(b.ask("show protocols all rotonda"), "Established")
}

var counted = regexp.MustCompile(`(\d+) of \d+ routes`)

// learned counts the routes of a table that came from the daemon.
func (b *bird) learned(table string) int {
	m := counted.FindStringSubmatch(b.ask("show route table " + table + " protocol rotonda count"))
	if m == nil {
		return -1
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

func freePort(t *testing.T, host string) string {
	t.Helper()
	ln, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	return port
}

func eventually(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	for start := time.Now(); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Since(start) > limit {
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}

// tail logs the end of a file.
func tail(t *testing.T, path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		return
	}
	t.Logf("%s:\n%s", filepath.Base(path), text[max(0, len(text)-6000):])
}
