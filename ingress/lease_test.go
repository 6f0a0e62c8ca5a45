package ingress_test

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/rotonda/ingress"
)

func key(n int) ingress.Key {
	return ingress.Key{Unit: "bgp", Kind: ingress.KindBGP, Addr: netip.AddrFrom4([4]byte{192, 0, 2, byte(n)}), ASN: 64500}
}

func lease(t *testing.T, r *ingress.Register, k ingress.Key, c ingress.Claim) *ingress.Lease {
	t.Helper()
	l, err := r.Lease(t.Context(), k, c)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestTheSameKeyGetsTheSameID(t *testing.T) {
	r := ingress.New(ingress.Options{})
	a := lease(t, r, key(1), ingress.Refuse)
	b := lease(t, r, key(2), ingress.Refuse)
	a.Release()
	again := lease(t, r, key(1), ingress.Refuse)
	if a.ID() != 1 || b.ID() != 2 || again.ID() != 1 || again.Session() != 2 {
		t.Errorf("ids %d %d %d, session %d", a.ID(), b.ID(), again.ID(), again.Session())
	}
	if r.Session(1) != 2 || r.Session(2) != 1 || r.Session(3) != 0 || r.Info(3) != nil || r.Info(1<<31) != nil {
		t.Error("the sessions are wrong")
	}
	for n, change := range []func(*ingress.Key){
		func(k *ingress.Key) { k.Unit = "other" }, func(k *ingress.Key) { k.Kind = ingress.KindBGPOut },
		func(k *ingress.Key) { k.Parent = 9 }, func(k *ingress.Key) { k.Addr = netip.MustParseAddr("fe80::1%eth0") },
		func(k *ingress.Key) { k.ASN++ }, func(k *ingress.Key) { k.RD[7] = 1 }, func(k *ingress.Key) { k.VRF = "red" },
		func(k *ingress.Key) { k.View = ingress.Loc }, func(k *ingress.Key) { k.Name = "r1" }, func(k *ingress.Key) { k.PeerType = 1 },
	} {
		k := key(1)
		change(&k)
		if l := lease(t, r, k, ingress.Refuse); l.ID() != ingress.ID(3+n) {
			t.Errorf("change %d: id %d", n, l.ID())
		}
	}
}

func TestASecondClaimReplaces(t *testing.T) {
	r := ingress.New(ingress.Options{})
	old := lease(t, r, key(1), ingress.Replace)
	young := lease(t, r, key(1), ingress.Replace)
	if cause := context.Cause(old.Context()); !errors.Is(cause, ingress.ErrReplaced) {
		t.Errorf("the old session ends with %v", cause)
	}
	if young.Context().Err() != nil || r.Session(1) != young.Session() {
		t.Error("the new session does not run")
	}
	old.Update(func(i *ingress.Info) { i.Desc = "late" })
	old.Release()
	if i := r.Info(1); i.State != ingress.Connected || i.Desc != "" {
		t.Errorf("the old session changed its successor: %+v", i)
	}
	young.Release()
	young.Release()
	if r.Info(1).State != ingress.Disconnected || young.Context().Err() == nil {
		t.Error("the release had no effect")
	}
}

func TestASecondClaimIsRefused(t *testing.T) {
	r := ingress.New(ingress.Options{})
	lease(t, r, key(1), ingress.Refuse)
	if _, err := r.Lease(t.Context(), key(1), ingress.Refuse); !errors.Is(err, ingress.ErrHeld) {
		t.Errorf("got %v", err)
	}
}

func TestASecondClaimWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := ingress.New(ingress.Options{})
		first := lease(t, r, key(1), ingress.Wait)
		got := make(chan ingress.Session, 2)
		for range 2 {
			go func() {
				l, err := r.Lease(t.Context(), key(1), ingress.Wait)
				if err != nil {
					t.Error(err)
					return
				}
				got <- l.Session()
				l.Release()
			}()
		}
		synctest.Wait()
		if len(got) != 0 {
			t.Fatal("a claim did not wait")
		}
		first.Release()
		synctest.Wait()
		if a, b := <-got, <-got; a != 2 || b != 3 {
			t.Errorf("sessions %d and %d", a, b)
		}
	})
}

func TestWaitingEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := ingress.New(ingress.Options{})
		lease(t, r, key(1), ingress.Refuse)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := r.Lease(ctx, key(1), ingress.Wait); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if _, err := r.Lease(ctx, key(2), ingress.Wait); err == nil || r.Len() != 1 {
			t.Errorf("a claim that came too late made an id: %v", err)
		}
	})
}

func TestUpdateKeepsIdentity(t *testing.T) {
	r := ingress.New(ingress.Options{})
	l := lease(t, r, key(1), ingress.Refuse)
	before := r.Info(1)
	l.Update(func(i *ingress.Info) {
		i.ID, i.ASN, i.Session, i.Desc = 9, 1, 9, "core"
	})
	after := r.Info(1)
	if before.Desc != "" || after.Desc != "core" || after.ID != 1 || after.Key != key(1) || after.Session != 1 {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

// TestOneHolderAtATime lets goroutines fight over few keys: a session that is
// not cancelled is the only one of its id, and session numbers never repeat.
func TestOneHolderAtATime(t *testing.T) {
	r := ingress.New(ingress.Options{})
	const keys, fighters, rounds = 3, 8, 400
	var seen [keys + 1][fighters*rounds + 1]atomic.Bool
	var wg sync.WaitGroup
	for f := range fighters {
		wg.Go(func() {
			for n := range rounds {
				l, err := r.Lease(t.Context(), key(n%keys), ingress.Claim((n+f)%3))
				if errors.Is(err, ingress.ErrHeld) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				if seen[l.ID()][l.Session()].Swap(true) {
					t.Errorf("id %d session %d was granted twice", l.ID(), l.Session())
				}
				l.Update(func(i *ingress.Info) { i.Port = uint16(n) })
				if s := r.Session(l.ID()); s < l.Session() || s > l.Session() && l.Context().Err() == nil {
					t.Errorf("session %d runs beside %d", l.Session(), s)
				}
				for i := range r.All() {
					if r.Info(i.ID) == nil {
						t.Errorf("id %d is listed but not there", i.ID)
					}
				}
				l.Release()
			}
		})
	}
	wg.Wait()
	if r.Len() != keys {
		t.Errorf("%d ids for %d keys", r.Len(), keys)
	}
}

func TestReadsDoNotAllocate(t *testing.T) {
	r := ingress.New(ingress.Options{})
	id := lease(t, r, key(1), ingress.Refuse).ID()
	if n := testing.AllocsPerRun(100, func() {
		if r.Info(id) == nil || r.Session(id) == 0 {
			t.Fatal("not there")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkSession(b *testing.B) {
	r := ingress.New(ingress.Options{})
	l, err := r.Lease(b.Context(), key(1), ingress.Refuse)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if r.Session(l.ID()) != 1 {
			b.Fatal("wrong session")
		}
	}
}
