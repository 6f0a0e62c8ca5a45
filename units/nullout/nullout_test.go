package nullout

import (
	"context"
	"testing"
	"testing/synctest"

	"example.com/rotonda/conf"
	"example.com/rotonda/unit"
)

func TestEverythingIsDiscarded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target, err := New(Config{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- target.Run(ctx) }()
		if err := target.Handle(ctx, &unit.Batch{Events: []unit.Event{&unit.VRPs{}, &unit.PeerUp{}}}); err != nil {
			t.Error(err)
		}
		for m := range target.Metrics() {
			if m.Value != 2 {
				t.Errorf("%+v", m)
			}
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestSources(t *testing.T) {
	for text, want := range map[string]int{`source = "rib"`: 1, `sources = "rib"`: 1, `sources = ["a", "b:7"]`: 2} {
		f, errs := conf.Parse("x", []byte(text))
		var c Config
		more, _ := f.Root.Decode(&c)
		if errs = append(errs, more...); len(errs) > 0 || len(c.SourceList()) != want {
			t.Errorf("%s: %v, %v", text, c, errs)
		}
	}
	if s := conf.Describe(Config{}, source); s.Doc == "" || s.Keys[0].Doc == "" {
		t.Errorf("no help: %+v", s)
	}
}
