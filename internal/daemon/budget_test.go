package daemon

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/inet"
)

const fullTable = "lab-frr/frr-8.4.4.rib-3peers.mrt.gz"

// The counts are those of TRUTH.tsv.
func TestARealTableIsLoadedExactly(t *testing.T) {
	d := start(t, fmt.Sprintf(mrtConfig, testkit.Data(t, fullTable)))
	until(t, time.Minute, "file read", d.Ready)
	s := d.rib("rib").Stats(inet.IPv4Unicast)
	if s.Routes != 1219633 || s.Prefixes != 690337 || s.Peers != 3 {
		t.Errorf("%d routes, %d prefixes, %d peers; want 1219633, 690337, 3", s.Routes, s.Prefixes, s.Peers)
	}
}

// peakBudget is the most memory that the process may hold while it loads the
// real table, in megabytes: the original takes 475.
const peakBudget = 250

// The load runs in a process of its own, since the peak of a process never falls.
func TestLoadingARealTableStaysWithinItsMemory(t *testing.T) {
	if os.Getenv("ROTONDA_TEST_LOAD") != "" {
		d := start(t, fmt.Sprintf(mrtConfig, os.Getenv("ROTONDA_TEST_LOAD")))
		until(t, time.Minute, "file read", d.Ready)
		if n := routes(d.rib("rib")); n != 1219633 {
			t.Fatalf("%d routes", n)
		}
		fmt.Printf("cpu=%.2f\n%s", cpuSeconds(), status(t))
		return
	}
	file := testkit.Data(t, fullTable)
	cmd := exec.Command(os.Args[0], "-test.run=^TestLoadingARealTableStaysWithinItsMemory$", "-test.v")
	cmd.Env = append(os.Environ(), "ROTONDA_TEST_LOAD="+file)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	peak := field(t, out, "VmHWM:") / 1024
	t.Logf("peak %d MB of %d allowed, %s s of CPU", peak, peakBudget, after(out, "cpu="))
	if testkit.Race {
		t.Log("not judged: the race detector takes memory of its own")
	} else if peak > peakBudget {
		t.Errorf("peak %d MB, at most %d", peak, peakBudget)
	}
}

func status(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skipf("no process status on this system: %v", err)
	}
	return text
}

func after(text []byte, name string) string {
	_, rest, _ := bytes.Cut(text, []byte(name))
	if f := bytes.Fields(rest); len(f) > 0 {
		return string(f[0])
	}
	return ""
}

func field(t *testing.T, text []byte, name string) int {
	t.Helper()
	n, err := strconv.Atoi(after(text, name))
	if err != nil {
		t.Fatalf("%s: %v in %.200s", name, err, text)
	}
	return n
}
