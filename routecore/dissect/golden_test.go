package dissect

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

var update = flag.Bool("update", false, "rewrite testdata/*.txt and *.json")

// goldenCase is a file of testdata: a line about it, the session, and the message.
type goldenCase struct {
	name, path string
	ctx        bgp.Ctx
	msg        []byte
	want       Result
}

func cases(t testing.TB) (out []goldenCase) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.hex")
	if err != nil || len(files) < 20 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		c := goldenCase{name: strings.TrimSuffix(filepath.Base(path), ".hex"), path: strings.TrimSuffix(path, ".hex"),
			ctx: bgp.Ctx{ASN4: true, MaxLen: bgp.MaxExtMessage}}
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			if words, ok := strings.CutPrefix(line, "#"); ok {
				for word := range strings.FieldsSeq(words) {
					switch word {
					case "asn4=0":
						c.ctx.ASN4 = false
					case "ibgp":
						c.ctx.IBGP = true
					case "labels=several":
						c.ctx.Labels = bgp.MonitorCtx(true).Labels
					case "addpath=ipv4":
						c.ctx.AddPath = c.ctx.AddPath.With(inet.IPv4Unicast)
					}
				}
				continue
			}
			b, err := hex.DecodeString(strings.ReplaceAll(line, " ", ""))
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			c.msg = append(c.msg, b...)
		}
		c.want = Any(c.msg, c.ctx)
		out = append(out, c)
	}
	return out
}

func TestGolden(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range cases(t) {
		t.Run(c.name, func(t *testing.T) {
			r := c.want
			tiles(t, r)
			seen[r.Protocol] = true
			if r.Protocol == "BGP" {
				seen[r.Type] = true
				seen[r.Verdict.Action.String()] = true
			}
			text := r.AppendText(nil, Style{})
			object := r.AppendJSON(nil)
			if !json.Valid(object) {
				t.Fatalf("no JSON: %s", object)
			}
			object = append(bytes.ReplaceAll(object, []byte(`{"offset"`), []byte("\n"+`{"offset"`)), '\n') // a line a field
			compare(t, c.path+".txt", text)
			compare(t, c.path+".json", object)
			for _, f := range r.Leaves() {
				if f.RFC == "" && !strings.Contains(f.Name, "further") && !strings.Contains(f.Name, "before") && f.Name != "unknown" {
					t.Errorf("%+v has no RFC", f)
				}
			}
		})
	}
	for _, want := range []string{"BGP", "BMP", "MRT", "RTR", "OPEN", "UPDATE", "NOTIFICATION", "KEEPALIVE", "ROUTE-REFRESH", "accept", "discard", "withdraw", "reset"} {
		if !seen[want] {
			t.Errorf("no golden file has %s", want)
		}
	}
}

func compare(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-update rewrites it)\n%s", path, diff)
	}
}
