package attr

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"
)

func room(int64) bool { return true }

func set(n int) string { return fmt.Sprintf("set %d %s", n, strings.Repeat("x", n%90)) }

func TestTwinOfAMapAgreesWhileSetsComeAndGo(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	table, ids := New(), map[string]uint32{}
	for range 60 {
		for range 500 {
			s := set(rng.IntN(4000))
			id := table.Intern([]byte(s), room)
			if old, ok := ids[s]; id == 0 || ok && id != old {
				t.Fatalf("%q has id %d, had %d", s, id, old)
			}
			ids[s] = id
		}
		table.StartMarking()
		for s, id := range ids {
			if rng.IntN(3) == 0 {
				delete(ids, s)
				continue
			}
			table.Mark(id)
		}
		r := table.Sweep()
		table.StopMarking()
		r = table.Move(r)
		table.Reuse(r)
		live := int64(0)
		for s, id := range ids {
			if got := table.Find([]byte(s)); got != id || string(table.Bytes(id)) != s {
				t.Fatalf("%q is found as %d with %q, want %d", s, got, table.Bytes(id), id)
			}
			live += int64(len(s))
		}
		if st := table.Stats(); st.Sets != len(ids) || st.Live != live {
			t.Fatalf("%+v, want %d sets of %d bytes", st, len(ids), live)
		}
	}
}

func TestBytesOfASetThatWasMovedStayValid(t *testing.T) {
	table := New()
	var ids []uint32
	for n := range 10_000 {
		ids = append(ids, table.Intern([]byte(set(n)), room))
	}
	held := table.Bytes(ids[77])
	before := table.Memory()
	table.StartMarking()
	table.Mark(ids[77])
	r := table.Sweep()
	table.StopMarking()
	r = table.Move(r)
	table.Reuse(r)
	if string(held) != set(77) || string(table.Bytes(ids[77])) != set(77) {
		t.Errorf("%q, %q", held, table.Bytes(ids[77]))
	}
	if after := table.Memory(); after > before/2 {
		t.Errorf("%d bytes of %d are left for one set", after, before)
	}
}

func TestInternRefusesWhatIsTooLongOrHasNoRoom(t *testing.T) {
	table := New()
	if id := table.Intern(make([]byte, MaxLen+1), room); id != 0 {
		t.Errorf("id %d", id)
	}
	if id := table.Intern(make([]byte, MaxLen), room); id == 0 || len(table.Bytes(id)) != MaxLen {
		t.Errorf("id %d", id)
	}
	if id := table.Intern(make([]byte, 5000), func(int64) bool { return false }); id != 0 {
		t.Errorf("id %d without room", id)
	}
}

func TestManyWritersAgreeOnIDs(t *testing.T) {
	table := New()
	ids := make([][]uint32, 4)
	var wg sync.WaitGroup
	for w := range ids {
		wg.Go(func() {
			for n := range 20_000 {
				ids[w] = append(ids[w], table.Intern([]byte(set(n)), room))
			}
		})
	}
	wg.Wait()
	for n := range 20_000 {
		for w := range ids {
			if ids[w][n] != ids[0][n] || string(table.Bytes(ids[w][n])) != set(n) {
				t.Fatalf("set %d has the ids %d and %d", n, ids[0][n], ids[w][n])
			}
		}
	}
	if table.Stats().Sets != 20_000 {
		t.Errorf("%+v", table.Stats())
	}
}
