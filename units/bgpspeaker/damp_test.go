package bgpspeaker

import (
	"testing"
	"testing/synctest"
	"time"

	"example.com/rotonda/routecore/bgp"
)

// TestAPeerThatErrsAgainAndAgainIsKeptAway: one that sends the same malformed
// UPDATE in each session and connects again at once gets the free sessions, and
// then a handful in the rest of ten minutes.
func TestAPeerThatErrsAgainAndAgainIsKeptAway(t *testing.T) {
	bubble(t, onePeer, func(t *testing.T, env *fakeEnv, s *Speaker) {
		sessions := func(limit time.Duration, end []byte) (n int) {
			for start := time.Now(); time.Since(start) < limit; time.Sleep(10 * time.Millisecond) {
				ups := env.downCount()
				p := talk(t, s)
				p.send(end)
				time.Sleep(10 * time.Millisecond)
				p.conn.Close()
				n += env.downCount() - ups
			}
			return n
		}
		bad := message([]byte{0, 9, 0, 0})
		// At once, then after 5, 10, 20, 40, 80, 160 and 160 s, and what a session takes.
		if n := sessions(10*time.Minute, bad); n < free+7 || n > free+9 {
			t.Errorf("%d sessions in ten minutes, want %d and a few", n, free)
		}
		time.Sleep(forgiven + 3*time.Minute)
		if n := sessions(200*time.Second, bad); n < free || n > free+7 {
			t.Errorf("%d sessions after a long time, want %d and a few", n, free)
		}
		if err := s.Reload(settings(onePeer)); err != nil {
			t.Fatal(err)
		}
		cease := bgp.Notification{Code: bgp.CodeCease, Subcode: bgp.CeaseReset}.Append(nil)
		if n := sessions(time.Minute, cease); n < free+100 {
			t.Errorf("%d sessions of a peer that ends them itself", n)
		}
	})
}

// TestALongSessionForgivesEarlierOnes counts failures that are far apart.
func TestALongSessionForgivesEarlierOnes(t *testing.T) {
	bubble(t, onePeer, func(t *testing.T, env *fakeEnv, s *Speaker) {
		for i := range free + 2 {
			p := talk(t, s)
			if i == free/2 {
				for range 25 {
					p.send(bgp.AppendKeepalive(nil))
					time.Sleep(29 * time.Second)
				}
			}
			p.send(message([]byte{0, 9, 0, 0}))
			time.Sleep(time.Second)
			synctest.Wait()
			if env.downCount() != i+1 {
				t.Fatalf("%d sessions were up and down, want %d", env.downCount(), i+1)
			}
		}
	})
}
