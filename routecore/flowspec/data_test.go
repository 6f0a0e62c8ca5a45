package flowspec

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/inet"
)

// flowNLRI finds the FlowSpec NLRI of an UPDATE: attributes 14 and 15.
func flowNLRI(msg []byte) (f inet.Family, nlri []byte) {
	if len(msg) < 23 || msg[18] != 2 {
		return 0, nil
	}
	withdrawn := int(binary.BigEndian.Uint16(msg[19:]))
	attrs := msg[min(23+withdrawn, len(msg)):]
	for len(attrs) > 4 {
		n, head := int(attrs[2]), 3
		if attrs[0]&0x10 != 0 {
			n, head = int(binary.BigEndian.Uint16(attrs[2:])), 4
		}
		if head+n > len(attrs) {
			break
		}
		v, code := attrs[head:head+n], attrs[1]
		attrs = attrs[head+n:]
		if code != 14 && code != 15 || len(v) < 3 {
			continue
		}
		f = inet.NewFamily(inet.AFI(binary.BigEndian.Uint16(v)), inet.SAFI(v[2]))
		if f.SAFI() != inet.SAFIFlowSpec && f.SAFI() != inet.SAFIFlowSpecVPN {
			return 0, nil
		}
		v = v[3:]
		if code == 14 && len(v) > 0 {
			v = v[min(2+int(v[0]), len(v)):]
		}
		return f, v
	}
	return 0, nil
}

// exaString turns our text into exabgp's: the distinguisher last, an offset in
// every IPv6 prefix.
func exaString(r Rule) string {
	words := strings.Fields(r.String())
	for i, w := range words {
		if ipv6(r.Family) && strings.Contains(w, ":") && strings.Count(w, "/") == 1 {
			words[i] += "/0"
		}
	}
	if words[0] == "rd" {
		words = append(slices.Clone(words[2:]), words[:2]...)
	}
	return "flow " + strings.Join(words, " ")
}

// exaFlows collects the "string" of all flows in a JSON message of exabgp.
func exaFlows(v any, out []string) []string {
	switch v := v.(type) {
	case map[string]any:
		if s, ok := v["string"].(string); ok && strings.HasPrefix(s, "flow ") {
			out = append(out, s)
		}
		for _, x := range v {
			out = exaFlows(x, out)
		}
	case []any:
		for _, x := range v {
			out = exaFlows(x, out)
		}
	}
	return out
}

func fromHex(t *testing.T, s string) []byte {
	b, err := hex.DecodeString(strings.NewReplacer(":", "", " ", "").Replace(strings.TrimSpace(s)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func bothWays(t *testing.T, line string, f inet.Family, nlri []byte, want []string) {
	t.Helper()
	for i := 0; len(nlri) > 0; i++ {
		n := Size(nlri)
		if n == 0 {
			t.Errorf("%s: broken", line)
			return
		}
		r, err := Parse(f, nlri[:n])
		if err != nil {
			t.Errorf("%s: %v", line, err)
			return
		}
		if got := mustAppend(t, r); !bytes.Equal(got, nlri[:n]) {
			t.Errorf("%s: built\n%x, was\n%x", line, got, nlri[:n])
		}
		back, err := ParseText(f, r.String())
		if err != nil || !bytes.Equal(mustAppend(t, back), nlri[:n]) {
			t.Errorf("%s: %s: %v", line, r, err)
		}
		if i < len(want) {
			list := want[i]
			if inner, ok := strings.CutPrefix(list, "flow tcp-flags [ "); ok && strings.Count(inner, " ") == 1 {
				list = "flow tcp-flags " + strings.TrimSuffix(inner, " ]") // a list of one
			}
			if got := exaString(r); got != list {
				t.Errorf("%s:\n got %s\nwant %s", line, got, list)
			}
			exa, err := ParseText(f, strings.TrimPrefix(want[i], "flow "))
			if err != nil || !bytes.Equal(mustAppend(t, exa), nlri[:n]) {
				t.Errorf("%s: %q: %v", line, want[i], err)
			}
		}
		nlri = nlri[n:]
	}
}

// TestExabgpFlows reads exabgp's vectors from octets to text and back. In one of
// them exabgp writes the whole address behind an offset, where RFC 8956 §3.1 has
// only the bits from the offset on: the octets behind are no component.
func TestExabgpFlows(t *testing.T) {
	b, err := os.ReadFile(testkit.Data(t, "flowspec", "exabgp", "conf-flow.ci"))
	if err != nil {
		t.Fatal(err)
	}
	lines, seen := strings.Split(string(b), "\n"), 0
	for i, line := range lines {
		raw, ok := strings.CutPrefix(line, "1:raw:")
		if !ok {
			continue
		}
		f, nlri := flowNLRI(fromHex(t, raw))
		if len(nlri) == 0 {
			continue // an End-of-RIB
		}
		var msg any
		var want []string
		if _, text, ok := strings.Cut(lines[i+1], ":{"); ok {
			if err := json.Unmarshal([]byte("{"+text), &msg); err != nil {
				t.Fatal(err)
			}
			want = exaFlows(msg, nil)
		}
		seen++
		if strings.Contains(line, "028078") {
			if err := Check(f, nlri); err == nil || !strings.Contains(err.Error(), "type 0 is reserved") {
				t.Errorf("%s: %v", line, err)
			}
			continue
		}
		if len(want) != 1 {
			t.Errorf("%s: %d strings", line, len(want))
		}
		bothWays(t, line, f, nlri, want)
	}
	if seen < 12 {
		t.Errorf("only %d rules", seen)
	}
}

func TestExabgpDecodedFlows(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(testkit.Data(t, "bgp", "exabgp-qa-decoding"), "*flow*"))
	if len(files) < 4 {
		t.Fatalf("%d files", len(files))
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitN(string(b), "\n", 3)
		var msg any
		if err := json.Unmarshal([]byte(lines[2]), &msg); err != nil {
			t.Fatal(err)
		}
		f, nlri := flowNLRI(fromHex(t, lines[1]))
		want := exaFlows(msg, nil)
		if len(nlri) == 0 || len(want) == 0 {
			t.Fatalf("%s: nothing to compare", file)
		}
		bothWays(t, filepath.Base(file), f, nlri, want)
	}
}

// TestVectorsOfOtherProjects builds every rule that other projects' tests contain
// as it was. One of routecore's is cut in the middle of a rule, on purpose.
func TestVectorsOfOtherProjects(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(testkit.Data(t, "bgp", "vectors"), "*.tsv"))
	seen := 0
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(string(b), "\n") {
			cells := strings.Split(line, "\t")
			msg, err := hex.DecodeString(strings.TrimSpace(cells[len(cells)-1]))
			if err != nil {
				continue
			}
			f, nlri := flowNLRI(msg)
			if len(nlri) == 0 || strings.Contains(line, "028078") {
				continue
			}
			if hex.EncodeToString(nlri) == "2b0000" {
				if Size(nlri) != 0 {
					t.Error("a cut rule has a size")
				}
				continue
			}
			seen++
			bothWays(t, strings.Join(cells[:min(3, len(cells))], " "), f, nlri, nil)
		}
	}
	if seen < 15 {
		t.Errorf("only %d rules", seen)
	}
}
