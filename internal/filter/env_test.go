package filter

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bmp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/rpki"
	"example.com/rotonda/unit"
)

// bench is scripts with a peer and a log to look at.
type bench struct {
	*Scripts
	peer unit.Peer
	said bytes.Buffer // the log
	line bytes.Buffer // output.print
}

const peerASN = 64500

func load(t testing.TB, script string) *bench {
	t.Helper()
	b := &bench{}
	reg := ingress.New(ingress.Options{})
	l, err := reg.Lease(context.Background(), ingress.Key{Unit: "u", Addr: netip.MustParseAddr("192.0.2.9"), ASN: peerASN}, ingress.Refuse)
	if err != nil {
		t.Fatal(err)
	}
	b.peer = unit.Peer{Ingress: l.ID(), Session: l.Session()}
	table := new(rpki.Table)
	table.Replace("t", []rpki.VRP{{Prefix: netip.MustParsePrefix("203.0.112.0/22"), MaxLen: 24, ASN: 64499}})
	b.Scripts = New(Options{Ingress: reg, RPKI: table, Log: slog.New(slog.NewTextHandler(&b.said, nil)), Print: &b.line})
	if err := b.LoadText("s.roto", script); err != nil {
		t.Fatal(err)
	}
	return b
}

// path is the value of an AS_PATH of one sequence.
func path(asns ...inet.ASN) []byte {
	p := []byte{2, byte(len(asns))}
	for _, a := range asns {
		p = append(p, byte(a>>24), byte(a>>16), byte(a>>8), byte(a))
	}
	return p
}

func attrs(asns ...inet.ASN) bgp.Attrs {
	a := bgp.Attrs(bgp.AppendSet(nil, nil, bgp.AttrOrigin, []byte{0}))
	return bgp.Attrs(bgp.AppendSet(nil, a, bgp.AttrASPath, path(asns...)))
}

func nlri(prefixes ...string) (out []byte) {
	for _, p := range prefixes {
		out = bgp.AppendNLRI(out, netip.MustParsePrefix(p), 0, false)
	}
	return out
}

func (b *bench) batch(a bgp.Attrs, prefixes ...string) *unit.Batch {
	in := new(unit.Batch)
	f := inet.IPv4Unicast
	if strings.Contains(prefixes[0], ":") {
		f = inet.IPv6Unicast
	}
	in.Announce(b.peer, f, false, nlri(prefixes...), a, 1_000_000)
	return in
}

// show prints a batch: + announced, - withdrawn, ~ hidden, ! output.
func show(b *unit.Batch) string {
	var parts []string
	for _, ev := range b.Events {
		switch ev := ev.(type) {
		case *unit.Routes:
			sign := "+"
			if ev.Hidden {
				sign = "~"
			} else if ev.Attrs == nil {
				sign = "-"
			}
			for _, p := range ev.Run().Prefixes() {
				text := sign + p.String()
				if med, ok := ev.Attrs.MED(); ok {
					text += fmt.Sprintf(" med=%d", med)
				}
				for c := range ev.Attrs.Communities() {
					text += " " + c.String()
				}
				parts = append(parts, text)
			}
		case *unit.Output:
			text := "!" + ev.Topic
			if ev.Match != "" {
				text += " " + ev.Match
			}
			if ev.Topic == "custom" {
				text += fmt.Sprintf(" %d=%d", ev.ID, ev.Value)
			}
			if ev.Route != nil {
				for _, p := range ev.Route.Run().Prefixes() {
					text += " of " + p.String()
				}
			}
			parts = append(parts, text)
		default:
			parts = append(parts, fmt.Sprintf("%T", ev))
		}
	}
	return strings.Join(parts, "; ")
}

func (b *bench) route(a bgp.Attrs, prefixes ...string) string {
	return show(b.Edge("").Filter(b.batch(a, prefixes...)))
}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// update makes an UPDATE with the given attributes and prefixes.
func update(t testing.TB, a bgp.Attrs, prefixes ...string) []byte {
	t.Helper()
	a = bgp.Attrs(bgp.AppendSet(nil, a, bgp.AttrNextHop, []byte{192, 0, 2, 1}))
	return bgp.AppendUpdates(nil, bgp.Ctx{ASN4: true}, a, bgp.NLRI{Family: inet.IPv4Unicast, Bytes: nlri(prefixes...)})
}

func (b *bench) bgp(t testing.TB, a bgp.Attrs, prefixes ...string) (bool, string) {
	t.Helper()
	m, _, err := bgp.ReadMessage(update(t, a, prefixes...), bgp.MaxExtMessage)
	if err != nil {
		t.Fatal(err)
	}
	var u bgp.Update
	bgp.ParseUpdate(&u, m.Body(), bgp.Ctx{ASN4: true})
	out := new(unit.Batch)
	return b.Hook("bgp_in").Judge(out, b.peer, &u, 5), show(out)
}

func with(a bgp.Attrs, code bgp.AttrCode, value ...byte) bgp.Attrs {
	return bgp.Attrs(bgp.AppendSet(nil, a, code, value))
}

func (b *bench) bmp(t testing.TB, h unit.Hook, raw []byte) (bool, *unit.Batch) {
	t.Helper()
	m, _, err := bmp.ReadMessage(raw, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	out := new(unit.Batch)
	return h.Judge(out, b.peer, &m, 7), out
}
