package bmpin

import (
	"bytes"
	"encoding/binary"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"example.com/rotonda/ingress"
	"example.com/rotonda/internal/testkit/fake"
	"example.com/rotonda/routecore/bmp"
)

// latest is the state of the router that connected last.
func (r *running) latest() RouterState {
	if st := r.State().(State); len(st.Routers) > 0 {
		return st.Routers[len(st.Routers)-1]
	}
	return RouterState{}
}

func TestNamesThatAreNoTextSurviveARestart(t *testing.T) {
	env := newEnv(t)
	s := start(t, env)
	for _, name := range []string{"r\xff", "r\xfe", strings.Repeat("long", 10000)} {
		c := s.dial(t)
		write(t, c, initiation(name), peerUp(peerA))
		fake.Eventually(t, func() bool { r := s.latest(); return r.Connected && len(r.Peers) > 0 }, func() any { return env.Logs.String() })
		c.Close()
		fake.Eventually(t, func() bool { return !s.latest().Connected }, func() any { return env.Logs.String() })
	}
	path := filepath.Join(t.TempDir(), "ingress")
	if err := env.Ingress().Save(path); err != nil {
		t.Fatal(err)
	}
	again := ingress.New(ingress.Options{})
	if err := again.Load(path); err != nil {
		t.Fatal(err)
	}
	if again.Len() != env.Ingress().Len() || again.Len() != 4 {
		t.Errorf("%d of %d ids", again.Len(), env.Ingress().Len())
	}
	for i := range again.All() {
		if len(i.Name) > longestText {
			t.Errorf("a name of %d octets", len(i.Name))
		}
	}
}

// A length is only a promise: no memory is taken for it before the octets are there.
func TestAnnouncedLengthsCostNoMemory(t *testing.T) {
	env := newEnv(t)
	s := start(t, env)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	const n = 200
	for range n {
		write(t, s.dial(t), initiation(""), []byte{3, 0, 0x0f, 0xff, 0xff, 0, 0})
	}
	fake.Eventually(t, func() bool { return len(s.State().(State).Routers) == n && s.latest().Phase == "dumping" }, func() any { return env.Logs.String() })
	runtime.ReadMemStats(&after)
	if took := int64(after.HeapAlloc) - int64(before.HeapAlloc); took > n*(200<<10) {
		t.Errorf("%d connections took %d KiB each", n, took/n>>10)
	}
}

func TestABufferGrowsWithItsOctetsAndShrinksAgain(t *testing.T) {
	buf, end := make([]byte, firstBuffer), 0
	for end < 1<<20 {
		buf = fit(buf, end, end == len(buf))
		if len(buf) <= end || len(buf) > max(2*end, firstBuffer) {
			t.Fatalf("%d octets in a buffer of %d", end, len(buf))
		}
		end = len(buf)
	}
	copy(buf, "rest")
	if buf = fit(buf, 4, false); len(buf) != readBuffer || !bytes.HasPrefix(buf, []byte("rest")) {
		t.Errorf("a buffer of %d octets, %q", len(buf), buf[:4])
	}
}

func TestAConnectionThatSaysNothingWholeIsClosed(t *testing.T) {
	cases := map[string]struct {
		sent   []byte
		closed bool
	}{
		"nothing":                    {nil, true},
		"half a first message":       {initiation("r")[:9], true},
		"half a second message":      {append(initiation("r"), peerUp(peerA)[:50]...), true},
		"silence between messages":   {initiation("r"), false},
		"silence after several ones": {append(initiation("r"), peerUp(peerA)...), false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			env := newEnv(t)
			s := start(t, env)
			s.first, s.rest = 50*time.Millisecond, 50*time.Millisecond
			conn := s.dial(t)
			write(t, conn, c.sent)
			conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
			if c.closed {
				conn.SetReadDeadline(time.Now().Add(10 * time.Second))
			}
			_, err := conn.Read(make([]byte, 1))
			late, ok := err.(interface{ Timeout() bool })
			if open := ok && late.Timeout(); open == c.closed {
				t.Errorf("%v; log:\n%s", err, env.Logs.String())
			}
		})
	}
}

func TestStatisticsAreBounded(t *testing.T) {
	env := newEnv(t)
	s := start(t, env)
	c := s.dial(t)
	var stats []bmp.Stat
	for i := range 5000 {
		stats = append(stats, bmp.Stat{Type: uint16(1000 + i), Raw: binary.BigEndian.AppendUint32(nil, 1)})
	}
	write(t, c, initiation("r"), peerUp(peerA), bmp.AppendStats(nil, peerA, stats...), peerUp(post))
	fake.Eventually(t, func() bool { return len(s.router().Peers) == 2 }, func() any { return env.Logs.String() })
	if n := len(s.router().Peers[0].Statistics); n != keptStats {
		t.Errorf("%d statistics are kept", n)
	}
}

func TestManyPeersAreShownInTheEnd(t *testing.T) {
	env := newEnv(t)
	s := start(t, env)
	c := s.dial(t)
	write(t, c, initiation("r"))
	const n = fewPeers + 50
	for i := range n {
		h := peerA
		h.RD[7], h.RD[6], h.Type = byte(i), byte(i>>8), bmp.RDPeer
		write(t, c, peerUp(h))
	}
	fake.Eventually(t, func() bool { return len(s.router().Peers) == n }, func() any { return len(s.router().Peers) })
}
