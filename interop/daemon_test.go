//go:build interop

package interop

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/rotonda"
	"example.com/rotonda/units/all"
)

// asDaemon in the environment makes the test binary the daemon.
const asDaemon = "ROTONDA_INTEROP_DAEMON"

func TestMain(m *testing.M) {
	if os.Getenv(asDaemon) != "" {
		os.Exit(rotonda.Main(append(all.Units(), sleeper)...))
	}
	os.Exit(m.Run())
}

// process is a running daemon.
type process struct {
	t          *testing.T
	cmd        *exec.Cmd
	conf       string
	http, port string
	log        string
	done       chan struct{} // closed once the process has ended
	err        error         // how; after done
}

// startDaemon runs the daemon on a configuration. own asks for the test binary,
// which has the test's own units. PORT in the text is where BGP listens.
func startDaemon(t *testing.T, own bool, text string) *process {
	t.Helper()
	dir := t.TempDir()
	p := &process{t: t, conf: filepath.Join(dir, "rotonda.conf"), log: filepath.Join(dir, "log"), done: make(chan struct{})}
	p.http, p.port = freePort(t, "127.0.0.1"), freePort(t, "127.0.0.1")
	p.configure(text)
	bin := os.Getenv("ROTONDA_BIN")
	env := os.Environ()
	if own || bin == "" {
		bin, _ = os.Executable()
		env = append(env, asDaemon+"=1")
	}
	log, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	p.cmd = exec.Command(bin, "run", "-c", p.conf)
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = env, log, log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		log.Close()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.done
		if t.Failed() {
			tail(t, p.log)
		}
	})
	eventually(t, 20*time.Second, "the daemon is ready", func() bool {
		r, err := http.Get("http://127.0.0.1:" + p.http + "/readyz")
		if err != nil {
			return false
		}
		r.Body.Close()
		return r.StatusCode == http.StatusOK
	})
	return p
}

// configure writes the configuration file.
func (p *process) configure(text string) {
	p.t.Helper()
	text = fmt.Sprintf("http_listen = [\"127.0.0.1:%s\"]\nlog_level = \"debug\"\n%s", p.http, strings.ReplaceAll(text, "PORT", p.port))
	if err := os.WriteFile(p.conf, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

func (p *process) reload(text string) {
	p.t.Helper()
	p.configure(text)
	p.cmd.Process.Signal(syscall.SIGHUP)
}

// stop sends SIGTERM and waits; it returns the time taken and the exit error.
func (p *process) stop() (time.Duration, error) {
	start := time.Now()
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		p.t.Fatal("the daemon does not stop")
	}
	return time.Since(start), p.err
}

func (p *process) logged() string {
	text, _ := os.ReadFile(p.log)
	return string(text)
}

// row is a route as the API shows it.
type row struct {
	Prefix     string
	PathID     *uint32
	Ingress    uint32
	PeerASN    uint32
	Status     string
	Attributes []map[string]any
}

// attr returns an attribute as JSON text.
func (r row) attr(name string) string {
	for _, a := range r.Attributes {
		if v, ok := a[name]; ok {
			text, _ := json.Marshal(v)
			return string(text)
		}
	}
	return ""
}

// routes returns the RIB as the API tells it.
func (p *process) routes() []row {
	p.t.Helper()
	r, err := http.Get("http://127.0.0.1:" + p.http + "/api/v1/ribs/rib/routes?format=jsonl")
	if err != nil {
		p.t.Fatal(err)
	}
	defer r.Body.Close()
	var rows []row
	in := bufio.NewScanner(r.Body)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var one row
		if err := json.Unmarshal(in.Bytes(), &one); err != nil {
			p.t.Fatalf("%v in %s", err, in.Text())
		}
		rows = append(rows, one)
	}
	if r.StatusCode != http.StatusOK || in.Err() != nil {
		p.t.Fatalf("routes: %s, %v", r.Status, in.Err())
	}
	return rows
}

// count returns the routes in the RIB.
func (p *process) count() int {
	p.t.Helper()
	r, err := http.Get("http://127.0.0.1:" + p.http + "/api/v1/ribs")
	if err != nil {
		p.t.Fatal(err)
	}
	defer r.Body.Close()
	var answer struct {
		Data []struct {
			Families map[string]struct{ Routes int }
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&answer); err != nil || len(answer.Data) != 1 {
		p.t.Fatalf("ribs: %v, %d of them", err, len(answer.Data))
	}
	n := 0
	for _, f := range answer.Data[0].Families {
		n += f.Routes
	}
	return n
}

// peak returns the peak of resident memory in bytes.
func (p *process) peak() int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
			return kb << 10
		}
	}
	return 0
}
