package graph

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/rotonda/conf"
	"example.com/rotonda/ingress"
	"example.com/rotonda/unit"
)

func find[U unit.Unit](g *Graph, name string) U { return g.Find(name).Unit.(U) }

func (s *fakeStage) snapshot() map[key]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.table)
}

func (t *fakeTarget) snapshot() map[key]int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.table)
}

// churn sends n random changes of three peers, with times that only rise.
func churn(s *fakeSource, r *rand.Rand, n int, clock *int64) {
	for range n {
		*clock++
		p := unit.Peer{Ingress: 1 + ingress.ID(r.IntN(3)), Session: 1}
		s.route(p, fmt.Sprintf("p%02d", r.IntN(60)), *clock, r.IntN(3) == 0)
	}
}

func TestATargetAddedLiveGetsTheTableAndTheChangesWithoutGapOrDouble(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	for round := range 20 {
		g := newGraph(t)
		apply(t, g, pipeline)
		in := find[*fakeSource](g, "in")
		for id := range 3 {
			in.peerUp(unit.Peer{Ingress: 1 + ingress.ID(id), Session: 1})
		}
		var clock int64
		churn(in, r, 100, &clock)
		done := make(chan struct{})
		go func() {
			defer close(done)
			churn(in, r, 300, &clock)
		}()
		apply(t, g, withTarget("out", `queue_full = "resync"`))
		<-done
		rib, out := find[*fakeStage](g, "rib"), find[*fakeTarget](g, "out")
		eventually(t, "target and stage agree", func() bool { return maps.Equal(rib.snapshot(), out.snapshot()) })
		if out.doubles != 0 {
			t.Errorf("round %d: %d announcements came twice", round, out.doubles)
		}
		g.Stop()
	}
}

func TestATargetThatStallsNeitherBlocksTheSourceNorLosesThePeers(t *testing.T) {
	for _, policy := range []string{"drop", "resync"} {
		t.Run(policy, func(t *testing.T) {
			g := newGraph(t)
			apply(t, g, withTarget("out", fmt.Sprintf("queue_full = %q", policy)))
			in, out := find[*fakeSource](g, "in"), find[*fakeTarget](g, "out")
			block := make(chan struct{})
			out.mu.Lock()
			out.block = block
			out.mu.Unlock()
			p := unit.Peer{Ingress: 1, Session: 1}
			in.peerUp(p)
			for i := range 5000 {
				in.route(p, fmt.Sprintf("p%04d", i), int64(i+1), false)
			}
			in.peerUp(unit.Peer{Ingress: 2, Session: 1})
			q := g.Find("out").Queues[0]
			if q.Batches > 8+8 {
				t.Errorf("%d batches wait before a queue of 8", q.Batches)
			}
			if q.Dropped+q.Abandoned == 0 {
				t.Error("nothing is counted as dropped or abandoned")
			}
			close(block)
			eventually(t, "both peers are up at the target", func() bool {
				out.mu.Lock()
				defer out.mu.Unlock()
				return len(out.up) == 2
			})
			if policy == "resync" {
				rib := find[*fakeStage](g, "rib")
				eventually(t, "the target has the whole table", func() bool { return maps.Equal(rib.snapshot(), out.snapshot()) })
			}
		})
	}
}

func TestPauseLosesNothing(t *testing.T) {
	g := newGraph(t)
	apply(t, g, withTarget("out", `queue_full = "pause"`))
	in, rib, out := find[*fakeSource](g, "in"), find[*fakeStage](g, "rib"), find[*fakeTarget](g, "out")
	p := unit.Peer{Ingress: 1, Session: 1}
	in.peerUp(p)
	for i := range 500 {
		in.route(p, fmt.Sprintf("p%04d", i), int64(i+1), false)
	}
	eventually(t, "the target has the whole table", func() bool { return len(out.snapshot()) == 500 && maps.Equal(rib.snapshot(), out.snapshot()) })
	if q := g.Find("out").Queues[0]; q.Dropped+q.Abandoned > 0 {
		t.Errorf("lost: %+v", q)
	}
}

func TestAStoppedSourceTakesItsPeersDownEverywhere(t *testing.T) {
	g := newGraph(t)
	apply(t, g, withTarget("out", ""))
	in, rib, out := find[*fakeSource](g, "in"), find[*fakeStage](g, "rib"), find[*fakeTarget](g, "out")
	p := unit.Peer{Ingress: 1, Session: 4}
	in.peerUp(p)
	in.route(p, "p1", 1, false)
	eventually(t, "the route arrives", func() bool { return len(out.snapshot()) == 1 })
	g.Stop()
	if len(rib.snapshot()) != 0 || len(out.snapshot()) != 0 {
		t.Errorf("routes live on: stage %v, target %v", rib.table, out.table)
	}
	if len(out.downs) != 1 || out.downs[0] != p {
		t.Errorf("downs at the target: %v", out.downs)
	}
}

func TestAReloadTouchesOnlyWhatChanged(t *testing.T) {
	g := newGraph(t)
	apply(t, g, withTarget("out", ""))
	in, rib, out := find[*fakeSource](g, "in"), find[*fakeStage](g, "rib"), find[*fakeTarget](g, "out")
	in.peerUp(unit.Peer{Ingress: 1, Session: 1})

	apply(t, g, withTarget("out", "")+"[targets.second]\ntype = \"target\"\nsources = [\"rib\"]\n")
	if find[*fakeSource](g, "in") != in || find[*fakeStage](g, "rib") != rib || find[*fakeTarget](g, "out") != out {
		t.Error("a unit was replaced though its settings are the same")
	}
	second := find[*fakeTarget](g, "second")
	eventually(t, "the new target knows the peer", func() bool { second.mu.Lock(); defer second.mu.Unlock(); return len(second.up) == 1 })

	changes := apply(t, g, strings.Replace(withTarget("out", ""), `type = "source"`, "type = \"source\"\nfail = 1", 1))
	got := map[string]string{}
	for _, c := range changes {
		got[c.Unit] = c.Action
	}
	want := map[string]string{"in": "restart", "rib": "keep", "out": "keep", "second": "stop"}
	if !maps.Equal(got, want) {
		t.Errorf("changes %v, want %v", got, want)
	}
	eventually(t, "the peer of the stopped source is gone", func() bool { out.mu.Lock(); defer out.mu.Unlock(); return len(out.up) == 0 })
}

func TestASecondStageAddedLiveIsToldOfThePeers(t *testing.T) {
	g := newGraph(t)
	apply(t, g, pipeline)
	in := find[*fakeSource](g, "in")
	p := unit.Peer{Ingress: 1, Session: 1}
	in.peerUp(p)
	apply(t, g, pipeline+"[units.rib2]\ntype = \"stage\"\nsources = [\"in\"]\n")
	in.route(p, "p1", 1, false)
	rib2 := find[*fakeStage](g, "rib2")
	eventually(t, "peer and route are known", func() bool { rib2.mu.Lock(); defer rib2.mu.Unlock(); return rib2.up[1] == p && len(rib2.table) == 1 })
	apply(t, g, pipeline+"[units.rib2]\ntype = \"stage\"\nsources = [\"rib\"]\n")
	if rib2 != find[*fakeStage](g, "rib2") {
		t.Error("a change of sources replaced the unit")
	}
}

func TestAFailingSourceIsStartedAgainAfterAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{Log: discard(), Now: time.Now})
		began := time.Now()
		if _, err := g.Apply(readPlan(t, strings.Replace(pipeline, `type = "source"`, "type = \"source\"\nfail = 3", 1))); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if v := g.Find("in"); v.State != Failed || v.Error != "failure 1" {
			t.Errorf("after the first failure: %+v", v)
		}
		in := find[*fakeSource](g, "in")
		in.send <- func(*unit.Batch) {}
		if took := time.Since(began); took < 7*time.Second || took > 8*time.Second {
			t.Errorf("running after %v, want 1+2+4 s", took)
		}
		if v := g.Find("in"); v.State != Running {
			t.Errorf("state %s", v.State)
		}
		g.Stop()
	})
}

func TestPlanErrorsNameThePlaceAndWhatWouldBeRight(t *testing.T) {
	text := `
[units.in]
type = "sorce"
[units.rib]
type = "stage"
sources = ["inn", "out"]
[units.idle]
type = "source"
[targets.out]
type = "target"
`
	f, errs := conf.Parse("bad.toml", []byte(text))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	_, errs, _ = ReadPlan(f.Root, catalog)
	got := errs.Error()
	for _, want := range []string{
		`bad.toml:3:8: units.in.type: there is no unit type "sorce"; did you mean source?`,
		`bad.toml:6:12: units.rib.sources[0]: there is no unit "inn"; did you mean in?`,
		`bad.toml:9:10: targets.out.sources: is missing`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("missing %q in\n%s", want, got)
		}
	}
}

func TestAnUnusedSourceIsNamedAndNotStarted(t *testing.T) {
	f, _ := conf.Parse("t.toml", []byte(pipeline+"[units.idle]\ntype = \"source\"\n"))
	p, errs, notices := ReadPlan(f.Root, catalog)
	if len(errs) > 0 || p.Find("idle") != nil {
		t.Fatalf("errors %v, idle %v", errs, p.Find("idle"))
	}
	if len(notices) != 1 || !strings.Contains(notices[0].String(), "Unit 'idle' is unused and will not be started") {
		t.Errorf("notices %v", notices)
	}
}
