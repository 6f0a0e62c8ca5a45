package bgp

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/inet"
)

// TestCommunityVectorsOfOpenBGPD reads the attributes of OpenBGPD's community tests
// and writes them again: nothing changes but the form of lengths.
func TestCommunityVectorsOfOpenBGPD(t *testing.T) {
	b, err := os.ReadFile(testkit.Data(t, "bgp/openbgpd-unit/rde_community_test.h"))
	if err != nil {
		t.Fatal(err)
	}
	quoted := regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)
	read := 0
	for _, entry := range strings.Split(string(b), ".data = ")[1:] {
		text, rest, _ := strings.Cut(entry, ".size = ")
		size := 0
		sum, _, _ := strings.Cut(rest, ",")
		sum, _, _ = strings.Cut(sum, "\n")
		for _, n := range strings.Split(sum, "+") {
			octets, _ := strconv.Atoi(strings.TrimSpace(n))
			size += octets
		}
		var raw []byte
		for _, q := range quoted.FindAllStringSubmatch(text, -1) {
			s, err := strconv.Unquote(`"` + q[1] + `"`)
			if err != nil {
				t.Fatal(err)
			}
			raw = append(raw, s...)
		}
		if len(raw) != size {
			t.Fatalf("%d octets, want %d: %s", len(raw), size, text)
		}
		read++
		var u Update
		ParseAttributes(&u, raw, MonitorCtx(true), inet.IPv4Unicast, FormUpdate)
		if u.Verdict.Action != Accept {
			t.Errorf("%x: %s", raw, u.Verdict.Text())
		}
		a := Attrs(u.AppendAttrs(nil, inet.IPv4Unicast))
		if got := a.AppendWire(nil, inet.IPv4Unicast, Ctx{ASN4: true}, FormUpdate, nil); !bytes.Equal(got, raw) {
			var again Update
			ParseAttributes(&again, got, MonitorCtx(true), inet.IPv4Unicast, FormUpdate)
			if second := again.AppendAttrs(nil, inet.IPv4Unicast); !bytes.Equal(a, second) || !shortened(raw, got) {
				t.Errorf("%x came back as %x", raw, got)
			}
		}
		if text := a.AppendJSON(nil, inet.IPv4Unicast); !json.Valid(text) || bytes.Contains(text, []byte(`{"invalid":`)) {
			t.Errorf("%s", text)
		}
	}
	if read < 30 {
		t.Errorf("only %d vectors", read)
	}
}

// shortened tells whether two attributes differ in a needless extended length alone.
func shortened(was, is []byte) bool {
	f1, c1, v1, _ := cutAttr(was)
	f2, c2, v2, _ := cutAttr(is)
	return f1&^FlagExtended == f2&^FlagExtended && c1 == c2 && bytes.Equal(v1, v2)
}

// TestStreamsOfHBGP reads whole conversations as they were captured, one message
// after the other, to the last octet.
func TestStreamsOfHBGP(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(testkit.Data(t, "bgp/hBGP"), "*.bgp"))
	types := map[MsgType]int{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var u Update
		ctx := MonitorCtx(false) // the other end had no 4-octet AS numbers
		for len(b) > 0 {
			m, n, err := ReadMessage(b, MaxMessage)
			if err != nil || n == 0 {
				t.Fatalf("%s: %d octets left, %v", filepath.Base(file), len(b), err)
			}
			b = b[n:]
			types[m.Type]++
			switch m.Type {
			case MsgOpen:
				o, err := ParseOpen(m.Body())
				if err != nil || o.Validate() != nil {
					t.Errorf("OPEN: %v %v", err, o.Validate())
				}
			case MsgUpdate:
				ParseUpdate(&u, m.Body(), ctx)
				if u.Verdict.Action != Accept || u.Guessed() != 0 {
					t.Errorf("%s, guessed %d: %x", u.Verdict.Text(), u.Guessed(), m.Body())
				}
				if how := difference(m.Raw, rebuildUpdate(&u, ctx)); how != "identical" && how != "order or form of lengths" {
					t.Errorf("%s: %x", how, m.Raw)
				}
			}
		}
	}
	if len(files) != 4 || types[MsgOpen] < 4 || types[MsgUpdate] < 4 || types[MsgKeepalive] == 0 {
		t.Errorf("%d files, %v", len(files), types)
	}
}

// TestUpdatesOfBGPipe builds the UPDATEs that bgpipe describes in JSON and reads in
// them what the JSON says.
func TestUpdatesOfBGPipe(t *testing.T) {
	for _, name := range []string{"updates.json", "aspa-updates.json"} {
		b, err := os.ReadFile(testkit.Data(t, "bgp/bgpipe/"+name))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(string(b)), "\n")
		if len(lines) < 2 {
			t.Fatalf("%s has %d lines", name, len(lines))
		}
		for _, line := range lines {
			var doc []json.RawMessage
			var message struct {
				Reach []string
				Attrs map[string]struct{ Value any }
			}
			if err := json.Unmarshal([]byte(line), &doc); err != nil || json.Unmarshal(doc[4], &message) != nil {
				t.Fatalf("%s: %v", line, err)
			}
			bgpipeUpdate(t, message.Reach, func(name string) any { return message.Attrs[name].Value })
		}
	}
}

func bgpipeUpdate(t *testing.T, reach []string, value func(string) any) {
	t.Helper()
	var path []byte
	var text []string
	hops, _ := value("ASPATH").([]any)
	for i := len(hops) - 1; i >= 0; i-- {
		path = AppendPrepended(nil, path, inet.ASN(hops[i].(float64)), 1)
		text = append([]string{strconv.Itoa(int(hops[i].(float64)))}, text...)
	}
	a := set(t, AttrOrigin, "00")
	a = AppendSet(nil, a, AttrASPath, path)
	hop, _ := value("NEXTHOP").(string)
	addr := netip.MustParseAddr(hop)
	a = AppendSet(nil, a, AttrNextHop, inet.AppendAddr(nil, addr))
	n := NLRI{Family: inet.IPv4Unicast}
	for _, p := range reach {
		n.Bytes = inet.AppendPrefix(n.Bytes, netip.MustParsePrefix(p))
	}
	m, _, err := ReadMessage(AppendUpdates(nil, Ctx{ASN4: true}, a, n), MaxMessage)
	if err != nil {
		t.Fatal(err)
	}
	var u Update
	ParseUpdate(&u, m.Body(), Ctx{ASN4: true})
	got := Attrs(u.AppendAttrs(nil, inet.IPv4Unicast))
	if o, _ := got.Origin(); u.Verdict.Action != Accept || o.String() != "Igp" || value("ORIGIN") != "IGP" || got.ASPath().String() != strings.Join(text, " ") || got.NextHop() != addr {
		t.Errorf("%v: %s", reach, got.AppendJSON(nil, inet.IPv4Unicast))
	}
	i := 0
	for _, p := range u.Announced().Prefixes() {
		if p.String() != reach[i] {
			t.Errorf("%v, want %s", p, reach[i])
		}
		i++
	}
	if i != len(reach) || i == 0 {
		t.Errorf("%d routes of %d", i, len(reach))
	}
}
