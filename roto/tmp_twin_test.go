package roto

import (
	"fmt"
	"os"
	"testing"

	"example.com/rotonda/roto/internal/twin"
)

func TestTmpTwin(t *testing.T) {
	rt := New()
	best := map[string]string{}
	count := map[string]int{}
	var lo, hi uint64 = 0, 500
	fmt.Sscan(os.Getenv("SEEDS"), &lo, &hi)
	for seed := lo; seed < hi; seed++ {
		text := twin.Program(twin.Seeded(seed))
		script := []Source{Text("made.roto", text)}
		want, ok := engineOutcome(rt, script)
		key := ""
		msg := ""
		if !ok {
			key = "compile"
			msg = want
			if i := len(want); i > 0 {
				n := 0
				for n < len(want) && want[n] != '\n' {
					n++
				}
				key = want[:n]
			}
		} else {
			got, err := twinOutcome(rt, script)
			if err != nil {
				key, msg = err.Error(), ""
			} else if got == limitReached || want == limitReached {
				count["LIMIT"]++
			} else if got != want {
				key = "DIFF"
				if len(want) > 5 && want[:5] == "fault" || len(got) > 5 && got[:5] == "fault" {
					key = "DIFF fault"
				}
				msg = "engine " + want + "\ntwin   " + got
			} else if len(want) > 5 && want[:5] == "fault" {
				count["FAULT "+want]++
			} else {
				count["OK"]++
			}
		}
		if key != "" {
			count[key]++
			if b, ok := best[key]; !ok || len(msg+text) < len(b) {
				best[key] = fmt.Sprintf("seed %d: %s\n%s", seed, msg, text)
			}
		}
	}
	fmt.Println(count)
	for k, v := range best {
		if len(v) > 6000 {
			v = v[:6000]
		}
		fmt.Println("=====", k, "\n", v)
	}
}
