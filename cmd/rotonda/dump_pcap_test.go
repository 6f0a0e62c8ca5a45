package main

import (
	"bufio"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/inet"
)

// capture is what TRUTH.tsv says about a packet capture; its rows for BGP and for BMP
// in one file are added up.
type capture struct {
	Announced, Withdrawn uint64
	Messages             map[string]uint64
}

func readCaptures(t *testing.T, dir string) map[string]capture {
	f, err := os.Open(filepath.Join(dir, "TRUTH.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows := map[string]capture{}
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		c := strings.Split(in.Text(), "\t")
		if c[3] != "pcapx.py" || strings.HasPrefix(c[0], "rtr/") {
			continue
		}
		row, again := rows[c[0]]
		if !again {
			row.Messages = map[string]uint64{}
		}
		number := func(s string) uint64 {
			n, _ := strconv.ParseUint(s, 10, 64) // empty is zero
			return n
		}
		row.Announced += number(c[5])
		row.Withdrawn += number(c[6])
		messages := c[11]
		if messages == "" {
			messages = c[10]
		}
		for _, pair := range strings.Fields(messages) {
			key, value, _ := strings.Cut(pair, "=")
			row.Messages[strings.TrimPrefix(key, "RPAT")] += number(value)
		}
		rows[c[0]] = row
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

// captureErrata are rows of TRUTH.tsv that are not what the capture holds. Its
// tool counts messages that the capture cuts, and reads path identifiers as prefixes.
var captureErrata = map[string]func(*capture){
	// Path identifiers, as the OPENs or the BMPv4 stateless TLVs say.
	"bmp/NetGauze/assets__pcaps__bmp__stateless-with-add-path__ipv4_unicast_all.pcap": func(c *capture) { c.Announced = 15 },
	"bmp/akvorado/bmp-reach-addpath.pcap":                                             func(c *capture) { c.Announced = 1 },
	"bmp/akvorado/bmp-unreach.pcap":                                                   func(c *capture) { c.Withdrawn = 11 },
	"pcap/packetlife-backup/bgp-add-path.cap":                                         func(c *capture) { c.Announced = 4 },
	// One UPDATE with two MP_REACH_NLRI and two MP_UNREACH_NLRI, path identifiers in
	// all of them: the first counts (RFC 7606 §3(g)).
	"pcap/tcpdump/bgp-addpath.pcap": func(c *capture) { c.Announced, c.Withdrawn = 4, 4 },
	// The last message is cut: tshark's count, as the notes there say.
	"pcap/NetGauze/assets__pcaps__pmacct-tests__301-BGP-CISCO-pretag__traffic-00.pcap":          func(c *capture) { c.Messages["UPDATE"]-- },
	"pcap/NetGauze/assets__pcaps__pmacct-tests__302-BGP-IPv6-multiple-sources__traffic-00.pcap": func(c *capture) { c.Messages["UPDATE"]-- },
	"pcap/NetGauze/assets__pcaps__pmacct-tests__302-BGP-IPv6-multiple-sources__traffic-01.pcap": func(c *capture) { c.Messages["UPDATE"]-- },
	"pcap/traffic-reproducer/examples__pcaps__bgp-traffic.pcap":                                 func(c *capture) { c.Messages["UPDATE"]-- },
	"malformed/tcpdump-pcap/bgp-infinite-loop.pcap":                                             func(c *capture) { c.Messages["UPDATE"]-- },
	// Two UPDATEs in one segment: tshark's count.
	"pcap/packetlife-backup/BGP_redist.cap": func(c *capture) { c.Messages["UPDATE"]++ },
	// Made by a fuzzer: what is a message in it, and what a prefix, is a matter of
	// taste. A broken marker ends one here.
	"malformed/tcpdump-pcap/bgp-aigp-oobr.pcap": func(c *capture) { c.Messages["UPDATE"] = 449 },
	"malformed/tcpdump-pcap/bgp-ub.pcap": func(c *capture) {
		c.Announced = 4
		delete(c.Messages, "40")
	},
}

func TestDumpReadsCaptures(t *testing.T) {
	dir := testkit.Data(t)
	rows := readCaptures(t, dir)
	if len(rows) < 80 {
		t.Fatalf("only %d captures in TRUTH.tsv", len(rows))
	}
	for name, want := range rows {
		t.Run(name, func(t *testing.T) {
			if fix := captureErrata[name]; fix != nil {
				fix(&want)
			}
			var d dump
			s := d.count(filepath.Join(dir, name), new(input))
			got := capture{Messages: s.Messages}
			for family, c := range s.ByFamily {
				if f, ok := inet.FamilyByName(family); ok && f.IsPrefix() {
					got.Announced += c.Announced
					got.Withdrawn += c.Withdrawn
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-truth +ours:\n%s\nerrors: %v", diff, s.Errors)
			}
		})
	}
}

// collect counts the strings under a key, at any depth.
func collect(counts map[string]int, v any, key string) {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			if text, ok := inner.(string); ok && k == key {
				counts[text]++
			} else {
				collect(counts, inner, key)
			}
		}
	case []any:
		for _, inner := range v {
			collect(counts, inner, key)
		}
	}
}

// The prefixes of all families, and the messages, are those that NetGauze reads.
func TestDumpReadsWhatNetGauzeReads(t *testing.T) {
	dir := testkit.Data(t)
	files, err := filepath.Glob(filepath.Join(dir, "pcap_expected/NetGauze/*-bgp.json"))
	if err != nil || len(files) < 8 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), "-bgp.json") + ".pcap"
		t.Run(name, func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want, messages := map[string]int{}, map[string]uint64{}
			for line := range strings.Lines(string(raw)) {
				var v any
				if err := json.Unmarshal([]byte(line), &v); err != nil {
					t.Fatal(err)
				}
				collect(want, v, "network")
				if kind, ok := v.(string); ok {
					messages[strings.ToUpper(kind)]++
					continue
				}
				for kind := range v.(map[string]any) {
					messages[strings.ToUpper(kind)]++
				}
			}
			source := filepath.Join(dir, "pcap/NetGauze", name)
			stdout, _, err := runDump(t, nil, "--json", source)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]int{}
			for line := range strings.Lines(stdout) {
				var route struct {
					Prefix string
					NLRI   map[string]any
				}
				if err := json.Unmarshal([]byte(line), &route); err != nil {
					t.Fatal(err)
				}
				if route.Prefix != "" {
					got[route.Prefix]++
				}
				collect(got, any(route.NLRI), "prefix")
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("prefixes, -NetGauze +ours:\n%s", diff)
			}
			var d dump
			if diff := cmp.Diff(messages, d.count(source, new(input)).Messages); diff != "" {
				t.Errorf("messages, -NetGauze +ours:\n%s", diff)
			}
		})
	}
}

var (
	tcpdumpMessage = regexp.MustCompile(`(?m)^\s+(Open|Update|Notification|Keepalive|Route Refresh) Message \(`)
	tcpdumpPrefix  = regexp.MustCompile(`(?m)^\s+(?:RD: \S+(?: \([^)]*\))?, )?([0-9a-f:.]+/[0-9]+)\b`)
)

// The messages are those that tcpdump shows, and no prefix of its is missing.
func TestDumpReadsWhatTcpdumpReads(t *testing.T) {
	dir := testkit.Data(t)
	files, err := filepath.Glob(filepath.Join(dir, "pcap/tcpdump/*"))
	if err != nil || len(files) < 16 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	compared, prefixes := 0, 0
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
		text, err := os.ReadFile(filepath.Join(dir, "pcap_expected/tcpdump", name+".out"))
		if err != nil {
			continue
		}
		compared++
		want := map[string]uint64{}
		for _, m := range tcpdumpMessage.FindAllStringSubmatch(string(text), -1) {
			want[strings.ReplaceAll(strings.ToUpper(m[1]), " ", "-")]++
		}
		var d dump
		if diff := cmp.Diff(want, d.count(file, new(input)).Messages); diff != "" {
			t.Errorf("%s: -tcpdump +ours:\n%s", name, diff)
		}
		if name == "bgp-addpath" { // the second MP_REACH_NLRI does not count, see above
			continue
		}
		stdout, _, _ := runDump(t, nil, file)
		for _, m := range tcpdumpPrefix.FindAllStringSubmatch(string(text), -1) {
			p, err := netip.ParsePrefix(m[1])
			if err != nil {
				continue // "10/8"
			}
			if prefixes++; !strings.Contains(stdout, p.String()) {
				t.Errorf("%s: %s is missing", name, p)
			}
		}
	}
	if compared < 15 || prefixes < 50 {
		t.Errorf("only %d captures and %d prefixes were compared", compared, prefixes)
	}
}

// Every capture lists without an end, in every form, and each line of the JSON is one.
func TestDumpListsCaptures(t *testing.T) {
	dir := testkit.Data(t)
	for _, pattern := range []string{"pcap/*/*", "malformed/tcpdump-pcap/*", "bmp/*/*.pcap*"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(files) < 7 {
			t.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, file := range files {
			lines := 0
			stdout, faults, _ := runDump(t, nil, "--json", file)
			for line := range strings.Lines(stdout) {
				if !json.Valid([]byte(line)) {
					t.Fatalf("%s: no JSON: %s", file, line)
				}
				lines++
			}
			text, _, _ := runDump(t, nil, file)
			machine, _, _ := runDump(t, nil, "-m", file)
			if (lines == 0 || text == "") && faults == "" {
				t.Errorf("%s: %d lines of JSON, %d bytes of text", file, lines, len(text))
			}
			if strings.ContainsAny(text+machine, "\x00\x1b") {
				t.Errorf("%s: control characters in the text", file)
			}
		}
	}
}
