package bmp

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// tally is a row of TRUTH.tsv, counted by us.
type tally struct {
	messages  map[string]int
	announced map[string]int // by family: prefixes of plain ones, messages of the others
	withdrawn map[string]int
	prefixes  map[netip.Prefix]bool
	peers     map[string]bool
	trailing  int
}

func count(raw []byte) tally {
	c := tally{map[string]int{}, map[string]int{}, map[string]int{}, map[netip.Prefix]bool{}, map[string]bool{}, 0}
	s := NewStation()
	for {
		m, n, err := ReadMessage(raw, 0)
		if err != nil || n == 0 {
			break
		}
		raw = raw[n:]
		c.messages[m.Type.String()]++
		if m.Type.HasPeer() {
			h, _, _ := ParsePeerHeader(m.Body())
			c.peers[fmt.Sprint(h.Type, h.RD, h.Addr)] = true
		}
		for _, a := range s.Step(nil, m) {
			if a.Kind == ActRoutes {
				c.update(a.Update)
			}
		}
	}
	c.trailing = len(raw)
	return c
}

func (c *tally) update(u *bgp.Update) {
	if _, ok := u.EndOfRIB(); ok && u.MPNextHop() == nil {
		if _, mp := u.MPUnreach(); !mp {
			return
		}
	}
	add := func(sum map[string]int, n bgp.NLRI, ok bool) {
		f := fmt.Sprintf("%d.%d", n.Family.AFI(), n.Family.SAFI())
		if n.Family != inet.IPv4Unicast && n.Family != inet.IPv6Unicast {
			if ok {
				sum[f+"(msgs)"]++
			}
			return
		}
		for _, p := range n.Prefixes() {
			sum[f]++
			c.prefixes[p] = true
		}
	}
	add(c.announced, u.Announced(), false)
	add(c.withdrawn, u.Withdrawn(), false)
	n, ok := u.MPReach()
	add(c.announced, n, ok)
	if u.Verdict.Fault == bgp.FaultNextHop {
		// One router shows VPN routes of a Loc-RIB with a next hop of eight zeros: a
		// distinguisher without an address. RFC 7606 §7.11 resets; the truth counts.
		for a := range u.RawAttrs() {
			if a.Code == bgp.AttrMPReach && len(a.Value) > 3 {
				add(c.announced, bgp.NLRI{Family: inet.NewFamily(inet.AFI(int(a.Value[0])<<8|int(a.Value[1])), inet.SAFI(a.Value[2]))}, true)
			}
		}
	}
	n, ok = u.MPUnreach()
	add(c.withdrawn, n, ok)
}

// families writes a sum as the truth does.
func families(sum map[string]int) string {
	var out []string
	for f, n := range sum {
		out = append(out, fmt.Sprintf("%s=%d", f, n))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// leftOut are streams whose routes the tool behind the truth could not count.
var leftOut = map[string]string{
	"path_marking":            "version 4: the tool counted messages alone, see TestNetGauzeReadsTheSame for the routes",
	"stateless-with-add-path": "version 4: the tool counted messages alone, see TestNetGauzeReadsTheSame for the routes",
	"vpnv4-stateless":         "version 4: the tool counted messages alone, see TestNetGauzeReadsTheSame for the routes",
	"bmp-reach-addpath":       "path identifiers without a Peer Up: the tool reads nonsense (nlri_bad=1), we guess",
	"bmp-unreach":             "path identifiers without a Peer Up: the tool reads nonsense (nlri_bad=1), we guess",
}

func TestStreamsCountAsTheTruthSays(t *testing.T) {
	dir := testkit.Data(t)
	text, err := os.ReadFile(filepath.Join(dir, "TRUTH.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	files, messages := 0, 0
	for _, line := range strings.Split(string(text), "\n") {
		col := strings.Split(line, "\t")
		if len(col) < 14 || !strings.HasPrefix(col[0], "bmp_raw/") && !strings.HasPrefix(col[0], "lab-frr/bmp-") {
			continue
		}
		files++
		t.Run(filepath.Base(col[0]), func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join(dir, col[0]))
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(col[0], ".gz") {
				z, err := gzip.NewReader(bytes.NewReader(raw))
				if err != nil {
					t.Fatal(err)
				}
				if raw, err = io.ReadAll(z); err != nil {
					t.Fatal(err)
				}
			}
			c := count(raw)
			for _, n := range c.messages {
				messages += n
			}
			got := []string{families(c.messages), "", "", "", "", fmt.Sprint(c.trailing)}
			want := []string{sorted(col[11]), "", "", "", "", after(col[13], "trailing=")}
			if reason := leftOutReason(col[0]); reason == "" {
				a, w, _ := strings.Cut(strings.TrimPrefix(col[12], "A "), "; W ")
				if col[12] == "" {
					t.Fatal("the truth has no families")
				}
				want[1], want[2] = sorted(a), sorted(strings.TrimPrefix(w, "W "))
				got[1], got[2] = families(c.announced), families(c.withdrawn)
				want[3], got[3] = col[7], fmt.Sprint(len(c.prefixes))
				want[4], got[4] = col[8], fmt.Sprint(len(c.peers))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("messages, announced, withdrawn, prefixes, peers, octets left: -truth +ours\n%s", diff)
			}
		})
	}
	t.Logf("%d files, %d messages", files, messages)
	if files < 40 || messages < 30000 {
		t.Errorf("only %d files", files)
	}
}

func leftOutReason(name string) string {
	for part, reason := range leftOut {
		if strings.Contains(name, part) {
			return reason
		}
	}
	return ""
}

func sorted(words string) string {
	out := strings.Fields(words)
	slices.Sort(out)
	return strings.Join(out, " ")
}

// after returns the word behind a mark in a note.
func after(note, mark string) string {
	_, rest, _ := strings.Cut(note, mark)
	rest, _, _ = strings.Cut(rest, " ")
	return strings.TrimSpace(rest)
}

// TestCapturesCountAsTheTruthSays compares the rows of captures with the streams that
// were taken out of them: messages by type, summed over the streams.
func TestCapturesCountAsTheTruthSays(t *testing.T) {
	dir := testkit.Data(t)
	text, err := os.ReadFile(filepath.Join(dir, "TRUTH.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	captures := 0
	for _, line := range strings.Split(string(text), "\n") {
		col := strings.Split(line, "\t")
		name := filepath.Base(col[0])
		if len(col) < 14 || !strings.HasPrefix(col[0], "bmp/") || !strings.Contains(name, ".pcap") || col[11] == "" {
			continue // or a row about the BGP in a capture
		}
		captures++
		base, _, _ := strings.Cut(name, ".pcap")
		streams, _ := filepath.Glob(filepath.Join(dir, "bmp_raw", base+".s*.bmp"))
		if len(streams) == 0 {
			t.Errorf("%s has no stream", name)
		}
		sum := map[string]int{}
		for _, path := range streams {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for typ, n := range count(raw).messages {
				sum[typ] += n
			}
		}
		// The tool names a type without a number so.
		want := sorted(strings.ReplaceAll(col[11], "RPAT100", "100"))
		if got := families(sum); got != want {
			t.Errorf("%s: %s, the truth says %s", name, got, want)
		}
	}
	if captures < 30 {
		t.Errorf("only %d captures", captures)
	}
}
