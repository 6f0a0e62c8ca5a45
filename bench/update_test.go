package bench

import (
	"io"
	"net/netip"
	"os"
	"testing"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/mrt"
	"example.com/rotonda/routecore/mrt/compress"
	"github.com/bgpfix/bgpfix/caps"
	"github.com/bgpfix/bgpfix/msg"
	gobgp "github.com/osrg/gobgp/v4/pkg/packet/bgp"
)

// corpora are a full table transfer of 2015 and churn of 20 peers of 2026.
var corpora = []struct{ name, file string }{
	{"2015", "mrt/bgpdump/updates.et-header.2015.gz"},
	{"2026", "mrt/mrtparser/updates.20260222.1530.bz2"},
}

// captured is one UPDATE with its header, and the width of its AS numbers.
type captured struct {
	raw  []byte
	asn4 bool
}

func updates(tb testing.TB, name string) []captured {
	tb.Helper()
	f, err := os.Open(testkit.Data(tb, name))
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	src, err := compress.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	defer src.Close()
	var out []captured
	for r := mrt.NewReader(src); ; {
		rec, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			tb.Fatal(err)
		}
		if !rec.IsMessage() {
			continue
		}
		m, err := mrt.ParseMessage(&rec)
		if err == nil && bgp.MsgType(m.Kind) == bgp.MsgUpdate {
			out = append(out, captured{append([]byte(nil), m.Raw...), m.AS4})
		}
	}
	if len(out) < 1000 {
		tb.Fatalf("%d UPDATEs in %s", len(out), name)
	}
	return out
}

// as4 is what bgpfix wants to know of the session.
func as4() caps.Caps {
	var c caps.Caps
	c.Init()
	c.Set(caps.CAP_AS4, &caps.AS4{})
	return c
}

// BenchmarkParseUpdate parses every UPDATE of a real capture with every
// attribute checked: ours is index and verdict, GoBGP's its parser alone,
// without its validation; bgpfix parses all attributes. Some UPDATEs are refused
// by a library; that counts as parsed.
func BenchmarkParseUpdate(b *testing.B) {
	for _, c := range corpora {
		b.Run(c.name, func(b *testing.B) {
			all := updates(b, c.file)
			race := contest{b: b}
			race.run("ours", func(b *testing.B) {
				var u bgp.Update
				for i := 0; b.Loop(); i++ {
					m := &all[i%len(all)]
					bgp.ParseUpdate(&u, m.raw[bgp.HeaderLen:], bgp.Ctx{ASN4: m.asn4, Monitor: true})
				}
			})
			race.run("gobgp", func(b *testing.B) {
				wide, narrow := &gobgp.MarshallingOption{}, &gobgp.MarshallingOption{Use2ByteAS: true}
				for i := 0; b.Loop(); i++ {
					m, option := &all[i%len(all)], wide
					if !m.asn4 {
						option = narrow
					}
					_, _ = gobgp.ParseBGPMessage(m.raw, option)
				}
			})
			race.run("bgpfix", func(b *testing.B) {
				wide, narrow := as4(), caps.Caps{}
				narrow.Init()
				x := msg.NewMsg()
				for i := 0; b.Loop(); i++ {
					m, c := &all[i%len(all)], wide
					if !m.asn4 {
						c = narrow
					}
					x.Reset()
					if _, err := x.FromBytes(m.raw); err == nil {
						_ = x.Parse(c)
					}
				}
			})
		})
	}
}

// TestParseUpdateAgree: what is timed reads the same prefixes. GoBGP and bgpfix
// must find in a thousand UPDATEs the plain IPv4 prefixes that we find.
func TestParseUpdateAgree(t *testing.T) {
	for _, c := range corpora {
		t.Run(c.name, func(t *testing.T) {
			wide := as4()
			x := msg.NewMsg()
			compared := 0
			for _, m := range updates(t, c.file)[:1000] {
				var u bgp.Update
				bgp.ParseUpdate(&u, m.raw[bgp.HeaderLen:], bgp.Ctx{ASN4: m.asn4, Monitor: true})
				if u.Verdict.Action != bgp.Accept || !m.asn4 {
					continue
				}
				var ours []netip.Prefix
				for _, p := range u.Announced().Prefixes() {
					ours = append(ours, p)
				}
				theirs, err := gobgp.ParseBGPMessage(m.raw)
				if err != nil {
					continue
				}
				x.Reset()
				if _, err := x.FromBytes(m.raw); err != nil || x.Parse(wide) != nil {
					continue
				}
				body := theirs.Body.(*gobgp.BGPUpdate)
				if len(body.NLRI) != len(ours) || len(x.Update.Reach) != len(ours) {
					t.Fatalf("ours %d prefixes, GoBGP %d, bgpfix %d: %x", len(ours), len(body.NLRI), len(x.Update.Reach), m.raw)
				}
				for i, p := range ours {
					if body.NLRI[i].NLRI.String() != p.String() || x.Update.Reach[i].Prefix != p {
						t.Fatalf("prefix %d: ours %s, GoBGP %s, bgpfix %s", i, p, body.NLRI[i].NLRI, x.Update.Reach[i].Prefix)
					}
				}
				compared += len(ours)
			}
			if compared == 0 {
				t.Error("nothing compared")
			}
		})
	}
}
