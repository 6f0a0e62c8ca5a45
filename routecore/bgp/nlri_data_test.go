package bgp

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/inet"
)

// foundNLRI is an NLRI of a foreign file, without path identifier.
type foundNLRI struct {
	file   string
	family inet.Family
	b      []byte
}

// foreignNLRI collects every NLRI of the MP attributes in BMP streams, captures, the
// encoder and decoder vectors of exabgp and in the vectors of other projects.
func foreignNLRI(t *testing.T) []foundNLRI {
	t.Helper()
	var out []foundNLRI
	add := func(file string, body []byte) {
		var u Update
		ctx := MonitorCtx(true)
		ctx.AddPathUnknown = true
		ParseUpdate(&u, body, ctx)
		for _, get := range []func() (NLRI, bool){u.MPReach, u.MPUnreach} {
			n, ok := get()
			if !ok {
				continue
			}
			for b := range n.All() {
				if n.AddPath {
					b = b[4:]
				}
				out = append(out, foundNLRI{filepath.Base(file), n.Family, bytes.Clone(b)})
			}
		}
	}
	for _, file := range dataFiles(t, "bmp_raw/*.bmp") {
		for _, body := range bmpUpdates(readWhole(t, file)) {
			add(file, body)
		}
	}
	for _, pattern := range []string{"pcap/tcpdump/*.pcap", "pcap/NetGauze/*.pcap"} {
		for _, file := range dataFiles(t, pattern) {
			for _, body := range pcapUpdates(readWhole(t, file)) {
				add(file, body)
			}
		}
	}
	for _, pattern := range []string{"bgp/exabgp-qa-decoding/*", "bgp/exabgp-qa-encoding/*", "bgp/vectors/*.tsv"} {
		for _, file := range dataFiles(t, pattern) {
			for _, body := range hexUpdates(readWhole(t, file)) {
				add(file, body)
			}
		}
	}
	return out
}

func dataFiles(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(testkit.Data(t), filepath.FromSlash(pattern)))
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %d files, %v", pattern, len(names), err)
	}
	return names
}

func readWhole(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// bmpUpdates cuts the bodies of UPDATEs out of route monitoring messages of
// version 3 (RFC 7854 §4.6).
func bmpUpdates(b []byte) [][]byte {
	var out [][]byte
	for len(b) >= 6 {
		n := int(binary.BigEndian.Uint32(b[1:]))
		if n < 6 || n > len(b) {
			break
		}
		if b[0] == 3 && b[5] == 0 && n > 48+19 && b[48+18] == 2 {
			out = append(out, b[48+19:n])
		}
		b = b[n:]
	}
	return out
}

// pcapUpdates finds UPDATEs that lie whole in one packet of a capture, by their
// marker.
func pcapUpdates(b []byte) [][]byte {
	var out [][]byte
	marker := bytes.Repeat([]byte{0xff}, 16)
	for b = b[min(len(b), 24):]; len(b) >= 16; {
		n := int(binary.LittleEndian.Uint32(b[8:]))
		if n < 0 || 16+n > len(b) {
			break
		}
		packet := b[16 : 16+n]
		for b = b[16+n:]; ; {
			i := bytes.Index(packet, marker)
			if i < 0 {
				break
			}
			m, size, err := ReadMessage(packet[i:], MaxExtMessage)
			if err != nil || size == 0 {
				break
			}
			if m.Type == MsgUpdate {
				out = append(out, m.Body())
			}
			packet = packet[i+size:]
		}
	}
	return out
}

// hexUpdates finds UPDATEs with a marker in a text, written in hexadecimal with or
// without colons, and the two-octet lengths form of exabgp without header.
func hexUpdates(text []byte) [][]byte {
	var out [][]byte
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		s := strings.ToLower(strings.ReplaceAll(lines.Text(), ":", ""))
		if i := strings.Index(s, strings.Repeat("f", 32)); i >= 0 {
			s = s[i:]
		}
		if i := strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) }); i >= 0 {
			s = s[:i]
		}
		b, err := hex.DecodeString(s[:len(s)&^1])
		switch {
		case err != nil || len(b) < 8:
		case b[0] == 0xff:
			if m, size, err := ReadMessage(b, MaxExtMessage); err == nil && size > 0 && m.Type == MsgUpdate {
				out = append(out, m.Body())
			}
		case b[0] == 0 && b[1] == 0:
			out = append(out, b)
		}
	}
	return out
}

// claimed are the families whose NLRI are decoded here, with how many of each the
// data hold at least.
var claimed = map[inet.Family]int{
	inet.IPv4Unicast: 500, inet.IPv6Unicast: 1600, inet.IPv4Multicast: 4,
	inet.IPv4Labelled: 700, inet.IPv6Labelled: 15, inet.IPv4MPLSVPN: 1400, inet.IPv6MPLSVPN: 800,
	inet.IPv4RTC: 3, inet.L2VPNVPLS: 3, inet.L2VPNEVPN: 10,
	ipv4MCASTVPN: 5, ipv6MCASTVPN: 5, ipv4MUP: 14, ipv6MUP: 11,
}

// rebuildNLRI reads an NLRI of a claimed family and builds it again.
func rebuildNLRI(f inet.Family, b []byte) ([]byte, error) {
	switch f.SAFI() {
	case inet.SAFIUnicast, inet.SAFIMulticast:
		_, p, _ := NextPrefix(b, f.AFI() == inet.AFIIPv6, false)
		return AppendNLRI(nil, p, 0, false), nil
	case inet.SAFILabelled:
		return rebuildLabelled(f, b)
	case inet.SAFIMPLSVPN:
		return rebuildVPN(f, b)
	case inet.SAFIRTC:
		return rebuildRTC(f, b)
	case inet.SAFIVPLS:
		return rebuildVPLS(f, b)
	}
	return rebuildTyped(f, b)
}

func TestForeignNLRIAreDecoded(t *testing.T) {
	seen, masked := map[inet.Family]int{}, 0
	for _, n := range foreignNLRI(t) {
		js := AppendNLRIJSON(nil, n.family, n.b)
		if !json.Valid(js) {
			t.Errorf("%s: %v %x: %s", n.file, n.family, n.b, js)
		}
		seen[n.family]++
		if claimed[n.family] == 0 {
			continue
		}
		if bytes.Contains(js, []byte(`"raw"`)) {
			t.Errorf("%s: %v %x is not decoded: %s", n.file, n.family, n.b, js)
		}
		if text := AppendNLRIText(nil, n.family, n.b); bytes.Contains(text, []byte("0x")) && n.family != inet.IPv4RTC {
			t.Errorf("%s: %v %x is not decoded: %s", n.file, n.family, n.b, text)
		}
		got, err := rebuildNLRI(n.family, n.b)
		if err == nil && len(got) == len(n.b) && !bytes.Equal(got, n.b) && bytes.Equal(AppendNLRIJSON(nil, n.family, got), js) {
			masked++ // bits behind a length
			continue
		}
		if err != nil || !bytes.Equal(got, n.b) {
			t.Errorf("%s: %v %x is built as %x, %v", n.file, n.family, n.b, got, err)
		}
	}
	for f, least := range claimed {
		if seen[f] < least {
			t.Errorf("%v: %d NLRI in the data, want %d", f, seen[f], least)
		}
	}
	if masked > 3 {
		t.Errorf("%d NLRI have bits behind a length", masked)
	}
	t.Log(seen)
}

// TestNetGauzeAgrees compares labelled and VPN prefixes with what NetGauze read
// in the same BMP streams and captures.
func TestNetGauzeAgrees(t *testing.T) {
	ours := map[string]map[string]bool{} // by stream
	for _, n := range foreignNLRI(t) {
		s := ""
		switch n.family.SAFI() {
		case inet.SAFILabelled:
			p, _ := ParseLabelledPrefix(n.family, n.b)
			s = fmt.Sprintf("%v %v", p.Prefix, slices.Collect(p.Labels.All()))
		case inet.SAFIMPLSVPN:
			p, _ := ParseVPNPrefix(n.family, n.b)
			s = fmt.Sprintf("%v %v %v", p.RD, p.Prefix, slices.Collect(p.Labels.All()))
		default:
			continue
		}
		name, _, _ := strings.Cut(strings.TrimSuffix(n.file, ".pcap"), ".s")
		if ours[name] == nil {
			ours[name] = map[string]bool{}
		}
		ours[name][s] = true
	}
	compared, streams := 0, 0
	files := append(dataFiles(t, "bmp_expected/NetGauze/*-bmp.json"), dataFiles(t, "pcap_expected/NetGauze/*-bgp.json")...)
	for _, file := range files {
		name := filepath.Base(file)
		name = name[:len(name)-len("-bmp.json")]
		theirs := map[string]bool{}
		lines := bufio.NewScanner(bytes.NewReader(readWhole(t, file)))
		lines.Buffer(nil, 1<<24)
		for lines.Scan() {
			var v any
			if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			netGauzeNLRI(v, theirs)
		}
		if len(theirs) == 0 || ours[name] == nil {
			continue
		}
		streams++
		for s := range theirs {
			if compared++; !ours[name][s] {
				t.Errorf("%s: NetGauze has %s", name, s)
			}
		}
	}
	if compared < 900 || streams < 12 {
		t.Errorf("%d NLRI of %d streams compared", compared, streams)
	}
	t.Logf("%d different NLRI of %d streams", compared, streams)
}

// TestTcpdumpAgrees wants what tcpdump read of MPLS VPN in two captures that are
// broken in places.
func TestTcpdumpAgrees(t *testing.T) {
	line := regexp.MustCompile(`RD: (\S+) \(= [0-9.]+\), (\S+/\d+), label:(\d+) \(bottom\)`)
	for _, c := range []struct {
		capture, text string
		missed, least int // lines of places where tcpdump reads on and we do not
	}{
		{"bgp-ub.pcap", "bgp-ub.out", 0, 10},
		{"bgp-aigp-oobr.pcap", "bgp-aigp-oobr-nossl.out", 0, 700},
	} {
		ours := map[string]bool{}
		for _, body := range pcapUpdates(readData(t, "malformed/tcpdump-pcap/"+c.capture)) {
			var u Update
			ParseUpdate(&u, body, MonitorCtx(false))
			if n, ok := u.MPReach(); ok && n.Family == inet.IPv4MPLSVPN {
				for b := range n.All() {
					if p, err := ParseVPNPrefix(n.Family, b); err == nil {
						labels, _ := p.Labels.AppendText(nil)
						ours[fmt.Sprintf("%v %v %s", p.RD, p.Prefix, labels)] = true
					}
				}
			}
		}
		compared, missed := 0, map[string]bool{}
		for _, m := range line.FindAllStringSubmatch(string(readData(t, "pcap_expected/tcpdump/"+c.text)), -1) {
			if compared++; !ours[strings.Join(m[1:], " ")] {
				missed[strings.Join(m[1:], " ")] = true
			}
		}
		if compared < c.least || len(missed) != c.missed {
			t.Errorf("%s: %d lines compared, %d of them not ours: %v", c.capture, compared, len(missed), missed)
		}
	}
}

// TestMultipleLabelsOfACapture is the capture of a session that negotiated seven
// labels, which tcpdump cannot read.
func TestMultipleLabelsOfACapture(t *testing.T) {
	var got []string
	for _, body := range pcapUpdates(readData(t, "pcap/tcpdump/bgp-lu-multiple-labels.pcap")) {
		var u Update
		ParseUpdate(&u, body, MonitorCtx(true))
		if n, ok := u.MPReach(); ok && n.Family == inet.IPv4Labelled {
			for b := range n.All() {
				got = append(got, string(AppendNLRIText(nil, n.Family, b)))
			}
		}
	}
	want := "30.1.1.1/32 label 100/101/102/103"
	if len(got) != 2 || got[0] != want || got[1] != want {
		t.Errorf("%q", got)
	}
}

// netGauzeNLRI collects NLRI with labels out of NetGauze's JSON.
func netGauzeNLRI(v any, out map[string]bool) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			netGauzeNLRI(e, out)
		}
	case map[string]any:
		prefix, plain := v["prefix"].(string)
		labels, _ := v["labels"].([]any)
		network, vpn := v["network"].(string)
		stack, hasStack := v["label_stack"].([]any)
		switch {
		case vpn && hasStack:
			out[fmt.Sprintf("%s %v %v", netGauzeRD(v["rd"]), netip.MustParsePrefix(network).Masked(), netGauzeLabels(stack))] = true
		case plain && labels != nil:
			out[fmt.Sprintf("%v %v", netip.MustParsePrefix(prefix).Masked(), netGauzeLabels(labels))] = true
		}
		for _, e := range v {
			netGauzeNLRI(e, out)
		}
	}
}

func netGauzeLabels(list []any) []Label {
	var out []Label
	for _, e := range list {
		var l Label
		for _, octet := range e.([]any) {
			l = l<<8 | Label(octet.(float64))
		}
		out = append(out, l)
	}
	return out
}

func netGauzeRD(v any) string {
	for kind, e := range v.(map[string]any) {
		m := e.(map[string]any)
		number, _ := m["number"].(float64)
		switch kind {
		case "As2Administrator":
			return fmt.Sprintf("%.0f:%.0f", m["asn2"], number)
		case "As4Administrator":
			return fmt.Sprintf("%.0f:%.0f", m["asn4"], number)
		case "Ipv4Administrator":
			return fmt.Sprintf("%v:%.0f", m["ip"], number)
		}
	}
	return fmt.Sprint(v)
}

// exaMembers says which member of ours is which of exabgp's.
var exaMembers = map[string]string{
	"code": "type", "arch": "architecture", "rd": "rd", "ethernet-tag": "ethernetTag", "mac": "mac", "ip": "ip", "address": "address",
	"source-as": "sourceAsn", "source": "source", "group": "group", "teid": "teid", "qfi": "qfi", "endpoint_ip": "endpoint",
}

// TestExaBGPAgrees compares the members of those NLRI of which exabgp's JSON has
// octets and values, and the lines for MPLS VPN.
func TestExaBGPAgrees(t *testing.T) {
	compared := 0
	for _, pattern := range []string{"bgp/exabgp-qa-decoding/*", "bgp/exabgp-qa-encoding/*"} {
		for _, file := range dataFiles(t, pattern) {
			for line := range strings.Lines(string(readWhole(t, file))) {
				at := strings.IndexByte(line, '{')
				if at < 0 || !strings.Contains(line, `"exabgp"`) {
					continue
				}
				var v any
				if err := json.Unmarshal([]byte(line[at:]), &v); err != nil {
					continue // some lines of exabgp's are no JSON
				}
				compared += exaNLRI(t, v, "")
			}
		}
	}
	if compared < 60 {
		t.Errorf("%d members compared", compared)
	}
	t.Logf("%d members compared", compared)
}

// exaNLRI compares what it finds below v; family is the nearest name of one.
func exaNLRI(t *testing.T, v any, family string) (compared int) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			compared += exaNLRI(t, e, family)
		}
	case map[string]any:
		for k, e := range v {
			name := family
			if _, ok := inet.FamilyByName(k); ok {
				name = k
			}
			compared += exaNLRI(t, e, name)
		}
		f, _ := inet.FamilyByName(family)
		raw, ok := v["raw"].(string)
		if !ok || typedFamilyOf(f) == nil {
			return compared
		}
		b := unhex(t, strings.ToLower(raw))
		var ours map[string]any
		if err := json.Unmarshal(AppendNLRIJSON(nil, f, b), &ours); err != nil {
			t.Fatal(err)
		}
		if ours["teidBits"] == 23.0 { // exabgp takes the octets of a part of a TEID for a number
			delete(v, "teid")
		}
		for theirs, our := range exaMembers {
			want, ok := v[theirs]
			if !ok || our == "ip" && ours["ip"] == nil {
				continue
			}
			if compared++; !strings.EqualFold(fmt.Sprint(want), fmt.Sprint(ours[our])) {
				t.Errorf("%s: %s is %v, exabgp has %v", raw, our, ours[our], want)
			}
		}
		if bits, ok := v["prefix_ip_len"]; ok {
			if compared++; ours["prefix"] != fmt.Sprintf("%v/%v", v["prefix_ip"], bits) {
				t.Errorf("%s: prefix %v, exabgp has %v/%v", raw, ours["prefix"], v["prefix_ip"], bits)
			}
		}
	}
	return compared
}
