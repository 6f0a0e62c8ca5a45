package bgp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/rotonda/internal/testkit"
)

// exaMessage is a message of exabgp's own tests and what it says about it.
type exaMessage struct {
	name, kind string
	raw        []byte // a whole message
	json       map[string]any
}

// exaMessages reads both directories.
func exaMessages(t *testing.T) []exaMessage {
	t.Helper()
	var out []exaMessage
	encode, _ := filepath.Glob(filepath.Join(testkit.Data(t, "bgp/exabgp-qa-encoding"), "*.ci"))
	for _, file := range encode {
		name := strings.TrimPrefix(strings.TrimSuffix(filepath.Base(file), ".ci"), "qa__encoding__")
		for i, line := range exaLines(t, file) {
			if _, text, ok := strings.Cut(line, ":raw:"); ok {
				out = append(out, exaMessage{name: fmt.Sprintf("%s:%d", name, i+1), kind: "encode", raw: unhex(t, strings.ReplaceAll(text, ":", ""))})
			}
			if _, text, ok := strings.Cut(line, ":json:"); ok {
				out[len(out)-1].json = exaJSON(t, text)
			}
		}
	}
	decode, _ := filepath.Glob(filepath.Join(testkit.Data(t, "bgp/exabgp-qa-decoding"), "*"))
	for _, file := range decode {
		lines := exaLines(t, file)
		raw := unhex(t, strings.NewReplacer(":", "", " ", "").Replace(lines[1]))
		kind := lines[0]
		if strings.HasPrefix(kind, "nlri") {
			continue // NLRI alone
		}
		if raw[0] != 0xff {
			raw = endMessage(append(beginMessage(nil, MsgUpdate), raw...), 0)
		}
		out = append(out, exaMessage{strings.TrimPrefix(filepath.Base(file), "qa__decoding__"), "decode", raw, exaJSON(t, lines[2])})
	}
	if len(encode) < 20 || len(decode) < 14 {
		t.Fatalf("%d and %d files", len(encode), len(decode))
	}
	return out
}

func exaLines(t *testing.T, file string) []string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(b)), "\n")
}

func exaJSON(t *testing.T, text string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var out map[string]any
	if err := d.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func (c exaMessage) ctx() Ctx {
	ctx := MonitorCtx(!strings.HasPrefix(c.name, "conf-no-asn4"))
	if text, _ := json.Marshal(c.json); bytes.Contains(text, []byte(`"path-information"`)) {
		ctx.AddPath = ^FamilySet(0)
	}
	return ctx
}

// rebuildUpdate makes the message again from what was read, one section after the
// other.
func rebuildUpdate(u *Update, ctx Ctx) []byte {
	if f, ok := u.EndOfRIB(); ok {
		return AppendEndOfRIB(nil, f)
	}
	var out []byte
	down, _ := u.MPUnreach()
	for _, n := range []NLRI{u.Withdrawn(), down} {
		out = AppendUpdates(out, ctx, nil, n)
	}
	up, _ := u.MPReach()
	for _, n := range []NLRI{up, u.Announced()} {
		if len(n.Bytes) > 0 {
			out = AppendUpdates(out, ctx, u.AppendAttrs(nil, n.Family), n)
		}
	}
	return out
}

// difference says how a rebuilt message differs from the one that came.
func difference(was, is []byte) string {
	if bytes.Equal(was, is) {
		return "identical"
	}
	m, n, err := ReadMessage(is, MaxExtMessage)
	if err != nil || n == 0 {
		return "not a message"
	}
	if n != len(is) {
		return "several messages"
	}
	var a, b Update
	ctx := MonitorCtx(true)
	ParseUpdate(&a, was[HeaderLen:], ctx)
	ParseUpdate(&b, m.Body(), ctx)
	if !bytes.Equal(a.Withdrawn().Bytes, b.Withdrawn().Bytes) || !bytes.Equal(a.Announced().Bytes, b.Announced().Bytes) {
		return "other NLRI"
	}
	list := func(u *Update) map[AttrCode]Attr {
		out := map[AttrCode]Attr{}
		for t := range u.RawAttrs() {
			out[t.Code] = t
		}
		return out
	}
	x, y := list(&a), list(&b)
	var only []string
	for code := range x {
		if _, ok := y[code]; !ok {
			only = append(only, "without "+code.String())
		}
	}
	for code := range y {
		if t, ok := x[code]; !ok {
			only = append(only, "with "+code.String())
		} else if !bytes.Equal(t.Value, y[code].Value) || t.Flags != y[code].Flags {
			only = append(only, "another "+code.String())
		}
	}
	slices.Sort(only)
	if len(only) == 0 {
		return "order or form of lengths"
	}
	return strings.Join(only, ", ")
}

// TestExaBGPRebuild reads every message, builds it again and knows how the outcome
// differs: nothing is lost.
func TestExaBGPRebuild(t *testing.T) {
	got := map[string]int{}
	where := map[string][]string{}
	for _, c := range exaMessages(t) {
		m, n, err := ReadMessage(c.raw, MaxExtMessage)
		if err != nil || n == 0 {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		how := "identical"
		switch m.Type {
		case MsgUpdate:
			var u Update
			ctx := c.ctx()
			ParseUpdate(&u, m.Body(), ctx)
			if u.Verdict.Action != Accept && !strings.HasPrefix(c.name, "conf-generic-attribute") {
				t.Errorf("%s: %s (%s)", c.name, u.Verdict.Text(), u.Verdict.RFC())
			}
			how = difference(m.Raw, rebuildUpdate(&u, ctx))
		case MsgOpen:
			o, err := ParseOpen(m.Body())
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			if again := o.Append(nil); !bytes.Equal(again, m.Raw) {
				back, _ := ParseOpen(again[HeaderLen:])
				if how = "all capabilities in one parameter"; !cmp.Equal(o, back, compareAddr, compareCapability) {
					how = "another OPEN"
				}
			}
		case MsgNotification:
			v, _ := ParseNotification(m.Body())
			if !bytes.Equal(v.Append(nil), m.Raw) {
				how = "another NOTIFICATION"
			}
		}
		got[how]++
		where[how] = append(where[how], c.name)
	}
	// Every difference and its reason.
	want := map[string]int{
		"identical": 51,
		// One parameter for each capability there (RFC 5492 §4 allows both).
		"all capabilities in one parameter": 2,
		// MP_REACH_NLRI comes first here (RFC 7606 §5.1), and a length that fits an
		// octet has one.
		"order or form of lengths": 60,
		// NEXT_HOP beside MP_REACH_NLRI means nothing (RFC 4760 §3).
		"without NEXT_HOP": 11,
		// End-of-RIB of IPv4 unicast is the empty UPDATE (RFC 4724 §2).
		"without MP_UNREACH_NLRI": 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
		for _, how := range slices.Sorted(maps.Keys(where)) {
			t.Logf("%s: %s", how, strings.Join(where[how], " "))
		}
	}
}
