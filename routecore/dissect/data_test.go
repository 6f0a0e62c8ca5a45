package dissect

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// contexts are the sessions that each message is read in.
var contexts = []bgp.Ctx{
	{ASN4: true, MaxLen: bgp.MaxExtMessage},
	{IBGP: true},
	{ASN4: true, AddPath: bgp.NewFamilySet(inet.IPv4Unicast, inet.IPv6Unicast, inet.IPv4MPLSVPN, inet.L2VPNEVPN)},
	bgp.MonitorCtx(true),
}

// tiles fails unless the leaves of r cover the input, and children their parents.
func tiles(t testing.TB, r Result) {
	t.Helper()
	at := 0
	for _, f := range r.Leaves() {
		if f.Offset != at || f.Length <= 0 {
			t.Fatalf("%s %s: octet %d: the next leaf is %+v: %x", r.Protocol, r.Type, at, f, r.Data)
		}
		at = f.End()
	}
	if at != len(r.Data) {
		t.Fatalf("%s %s: leaves end at %d of %d: %x", r.Protocol, r.Type, at, len(r.Data), r.Data)
	}
	var open []Field
	for _, f := range r.Fields {
		open = open[:min(f.Depth, len(open))]
		if len(open) != f.Depth {
			t.Fatalf("%+v is deeper than its parent by more than one", f)
		}
		if len(open) > 0 && (f.Offset < open[len(open)-1].Offset || f.End() > open[len(open)-1].End()) {
			t.Fatalf("%+v lies outside of %+v", f, open[len(open)-1])
		}
		if f.Name == "" {
			t.Fatalf("%+v has no name: %x", f, r.Data)
		}
		open = append(open, f)
	}
}

// explain reads msg as everything it could be and checks each result.
func explain(t testing.TB, msg []byte) Result {
	t.Helper()
	for _, ctx := range contexts[1:] {
		tiles(t, Any(msg, ctx))
	}
	for _, r := range []Result{BGP(msg, contexts[0]), BMP(msg, contexts[0]), MRT(msg, contexts[0]), RTR(msg)} {
		tiles(t, r)
	}
	r := Any(msg, contexts[0])
	tiles(t, r)
	return r
}

// judged fails unless the verdict about a whole UPDATE is that of the parser.
func judged(t testing.TB, r Result, ctx bgp.Ctx) {
	t.Helper()
	m, n, err := bgp.ReadMessage(r.Data, bgp.MaxExtMessage)
	if err != nil || n != len(r.Data) || m.Type != bgp.MsgUpdate {
		return
	}
	var u bgp.Update
	bgp.ParseUpdate(&u, m.Body(), ctx)
	want := Verdict{}
	if v := u.Verdict; v.Action != bgp.Accept {
		want = Verdict{v.Action, int(v.Code), int(v.Subcode), int(v.Attr), bgp.HeaderLen + int(v.Offset), v.RFC(), v.Text()}
	}
	if r.Verdict != want {
		t.Errorf("verdict %+v, the parser says %+v: %x", r.Verdict, want, r.Data)
	}
}

func column(t testing.TB, file, name string) (out [][]byte) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	at := -1
	for i, title := range strings.Split(lines[0], "\t") {
		if title == name {
			at = i
		}
	}
	for _, line := range lines[1:] {
		cells := strings.Split(line, "\t")
		if at < 0 || len(cells) <= at {
			t.Fatalf("%s: no column %q in %q", file, name, line)
		}
		b, err := hex.DecodeString(cells[at])
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		out = append(out, b)
	}
	return out
}

func TestEveryOctetOfTheVectorsHasAName(t *testing.T) {
	for protocol, dir := range map[string]string{"BGP": "bgp", "BMP": "bmp"} {
		count, named := 0, 0
		files, err := filepath.Glob(filepath.Join(testkit.Data(t, dir, "vectors"), "*.tsv"))
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			for _, msg := range column(t, file, "hex") {
				r := explain(t, msg)
				if r.Protocol == protocol {
					named++
				}
				judged(t, r, contexts[0])
				count++
			}
		}
		t.Logf("%s: %d vectors", protocol, count)
		if count < 20 || named < count*9/10 {
			t.Errorf("%s: %d vectors, of which %d are found to be %s", dir, count, named, protocol)
		}
	}
}

func TestMalformedCorporaAreExplained(t *testing.T) {
	count, actions := 0, map[string]int{}
	err := filepath.Walk(testkit.Data(t, "malformed"), func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() || strings.HasSuffix(path, ".pcap") {
			return err
		}
		msg, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		msg = msg[:min(len(msg), 70000)]
		r := explain(t, msg)
		actions[r.Verdict.Action.String()]++
		if out := r.AppendText(nil, Style{}); len(out) == 0 {
			t.Errorf("%s: no text", path)
		}
		count++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files: %v", count, actions)
	if count < 100 || actions["reset"] == 0 {
		t.Errorf("%d files: %v", count, actions)
	}
}

func TestStreamsOfRTRAreExplained(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testkit.Data(t, "rtr", "stayrtr-0.5.1"), "*.rtr*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	types := map[string]int{}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		var in io.Reader = f
		if strings.HasSuffix(file, ".gz") {
			if in, err = gzip.NewReader(f); err != nil {
				t.Fatal(err)
			}
		}
		b, err := io.ReadAll(bufio.NewReader(in))
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; len(b) >= 8 && i < 3000; i++ {
			n := int(binary.BigEndian.Uint32(b[4:]))
			if n < 8 || n > len(b) {
				t.Fatalf("%s: PDU of %d octets", file, n)
			}
			r := Any(b[:n], bgp.Ctx{})
			tiles(t, r)
			if r.Protocol != "RTR" || r.Verdict.Action != bgp.Accept || r.Err != nil {
				t.Fatalf("%s: %+v", file, r)
			}
			types[r.Type]++
			b = b[n:]
		}
	}
	t.Log(types)
	if len(types) < 4 || types["IPv4 Prefix"] == 0 {
		t.Errorf("only %v", types)
	}
}

// TestRecordsOfArchivesAreExplained takes the first records of every plain MRT file.
func TestRecordsOfArchivesAreExplained(t *testing.T) {
	types := map[string]int{}
	err := filepath.Walk(testkit.Data(t, "mrt"), func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		var in io.Reader = f
		if strings.HasSuffix(path, ".gz") {
			if in, err = gzip.NewReader(f); err != nil {
				return nil // damaged on purpose
			}
		} else if strings.HasSuffix(path, ".bz2") {
			return nil
		}
		b, _ := io.ReadAll(io.LimitReader(in, 1<<20))
		for i := 0; len(b) >= 12 && i < 200; i++ {
			n := 12 + int(binary.BigEndian.Uint32(b[8:]))
			if n > len(b) || n > 1<<18 {
				break
			}
			r := Any(b[:n], contexts[0])
			tiles(t, r)
			types[r.Protocol+" "+r.Type]++
			b = b[n:]
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(types)
	if len(types) < 8 {
		t.Errorf("only %v", types)
	}
}

func TestCapturedStreamsOfBMPAreExplained(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testkit.Data(t, "bmp_raw"), "*.bmp"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	types := map[string]int{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; len(b) >= 6 && i < 300; i++ {
			n := int(binary.BigEndian.Uint32(b[1:]))
			if n < 6 || n > len(b) {
				break
			}
			r := Any(b[:n], contexts[0])
			tiles(t, r)
			if r.Protocol != "BMP" {
				t.Errorf("%s: found to be %s", file, r.Protocol)
			}
			if r.Verdict.Action != bgp.Accept {
				types["not accepted: "+r.Verdict.Text]++
			}
			types[r.Type]++
			b = b[n:]
		}
	}
	t.Log(types)
	if len(types) < 6 {
		t.Errorf("only %v", types)
	}
}

func TestVerdictsAreThoseOfTheParser(t *testing.T) {
	seen := map[bgp.Action]int{}
	for _, c := range testkit.Table(t, "../bgp/testdata/verdicts.tsv", 9) {
		body, err := hex.DecodeString(c[3])
		if err != nil || len(body) > 60000 {
			continue
		}
		ctx := bgp.Ctx{ASN4: strings.Contains(c[2], "asn4"), IBGP: strings.Contains(c[2], "ibgp"), Monitor: strings.Contains(c[2], "monitor"),
			Confed: strings.Contains(c[2], "confed"), MaxLen: bgp.MaxExtMessage}
		msg := append(bytes.Repeat([]byte{0xff}, 16), byte((len(body)+19)>>8), byte(len(body)+19), 2)
		r := BGP(append(msg, body...), ctx)
		tiles(t, r)
		judged(t, r, ctx)
		seen[r.Verdict.Action]++
		if r.Verdict.Action != bgp.Accept {
			if !bytes.Contains(r.AppendText(nil, Style{}), []byte("<-- here")) {
				t.Errorf("%s: no field is marked: %+v", c[1], r.Verdict)
			}
		}
	}
	t.Log(seen)
	if len(seen) != 4 || seen[bgp.TreatAsWithdraw] < 20 {
		t.Errorf("only %v", seen)
	}
}

func TestEveryTruncation(t *testing.T) {
	for _, c := range cases(t) {
		for n := range c.msg {
			tiles(t, Any(c.msg[:n], c.ctx))
			switch c.want.Protocol {
			case "BGP":
				if r := BGP(c.msg[:n], c.ctx); c.want.Err == nil && hasMarker(c.msg) && len(c.want.Notes) == 0 && r.Err == nil {
					t.Errorf("%s cut at %d is no error", c.name, n)
				}
			case "BMP":
				tiles(t, BMP(c.msg[:n], c.ctx))
			case "MRT":
				tiles(t, MRT(c.msg[:n], c.ctx))
			case "RTR":
				tiles(t, RTR(c.msg[:n]))
			}
		}
	}
}

func FuzzAny(f *testing.F) {
	for _, c := range cases(f) {
		f.Add(c.msg)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 4096 {
			return
		}
		r := explain(t, b)
		judged(t, r, contexts[0])
		r.AppendText(nil, Style{Color: true, Width: 80})
		r.AppendJSON(nil)
	})
}
