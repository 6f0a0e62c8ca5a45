package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"example.com/rotonda/internal/daemon"
)

// sample is an UPDATE of one IPv4 prefix, from AS 64500 and 64501.
const sample = "ffffffffffffffffffffffffffffffff00330200000018400101004002" +
	"0a02020000fbf40000fbf5400304c000020118c63364"

func runDecode(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	cmd := decodeCommand()
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	cmd.SetIn(strings.NewReader(stdin))
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	err := cmd.Execute()
	return out.String(), err
}

func TestDecodePrintsJSONOfTheFace(t *testing.T) {
	out, err := runDecode(t, "", "--json", sample)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Type   string
		Fields []struct {
			Offset, Length   int
			Name, Value, RFC string
		}
		Verdict struct {
			Action                           string
			Code, Subcode, Attribute, Offset *int
			RFC, Text                        *string
		}
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	v := got.Verdict
	if got.Type != "UPDATE" || v.Action != "accept" || v.Code == nil || v.Subcode == nil || v.Attribute == nil || v.Offset == nil || v.RFC == nil || v.Text == nil {
		t.Errorf("%s", out)
	}
	named := map[string]string{}
	covered := 0
	for _, f := range got.Fields {
		if _, ok := named[f.Name]; !ok {
			named[f.Name] = f.Value
		}
		covered = max(covered, f.Offset+f.Length)
	}
	for name, value := range map[string]string{"ORIGIN": "IGP (0)", "AS_PATH": "64500 64501", "NEXT_HOP": "192.0.2.1", "prefix": "198.51.100.0/24"} {
		if named[name] != value {
			t.Errorf("%s is %q, want %q", name, named[name], value)
		}
	}
	if covered != len(sample)/2 {
		t.Errorf("%d octets of %d", covered, len(sample)/2)
	}
}

func TestDecodeTakesTheSessionFromItsFlags(t *testing.T) {
	with := func(old, new string) string { return strings.Replace(sample, old, new, 1) }
	asn2 := with("0033", "002f")
	asn2 = strings.Replace(strings.Replace(asn2, "0018400101", "0014400101", 1), "0a02020000fbf40000fbf5", "060202fbf4fbf5", 1)
	paths := strings.Replace(with("0033", "0037"), "18c63364", "0000000118c63364", 1)
	const ones = "ffffffffffffffffffffffffffffffff"
	label := ones + "0024" + "02" + "0000000d800f0a000104" + "30123456cb0071"
	labels := ones + "003b0200000024400101004002060201" + "0000fde8900e001300010404c00002010048000640000c81c63364"
	local := strings.Replace(strings.Replace(with("0033", "003a"), "0018400101", "001f400101", 1), "18c63364", "4005040000006418c63364", 1)
	for _, test := range []struct {
		name, hex string
		flags     []string
		want      string
	}{
		{"two octets with four expected", asn2, nil, "verdict: withdraw"},
		{"two octets", asn2, []string{"--asn4=0"}, "verdict: accept"},
		{"path identifiers unexpected", paths, nil, "0.0.0.0/0"},
		{"path identifiers by short name", paths, []string{"--addpath=ipv4"}, "198.51.100.0/24, path 1"},
		{"path identifiers by name", paths, []string{"--addpath", "ipv6,ipv4 unicast"}, "198.51.100.0/24, path 1"},
		{"path identifiers by upstream's name", paths, []string{"--addpath=Ipv4Unicast"}, "198.51.100.0/24, path 1"},
		{"a label field without meaning", label, nil, "203.0.113.0/24 label 74565"},
		{"several labels", labels, nil, "198.51.100.0/24 label 100/200"},
		{"several labels are agreed on", labels, nil, "RFC 8277 §2.1"},
		{"several labels are accepted", labels, nil, "verdict: accept"},
		{"LOCAL_PREF from outside", local, nil, "verdict: discard"},
		{"LOCAL_PREF from inside", local, []string{"--session", "ibgp"}, "verdict: accept"},
	} {
		out, err := runDecode(t, "", append(test.flags, test.hex)...)
		if err != nil || !strings.Contains(out, test.want) {
			t.Errorf("%s: %v: no %q in\n%s", test.name, err, test.want, out)
		}
	}
}

func TestDecodeTellsUsageFromInput(t *testing.T) {
	for _, test := range []struct {
		args    []string
		stdin   string
		failure bool
		text    string
	}{
		{nil, "", false, "wants hexadecimal digits"},
		{[]string{"--asn4=2", sample}, "", false, "want 0 or 1"},
		{[]string{"--session=peer", sample}, "", false, "want ibgp or ebgp"},
		{[]string{"--addpath=ipv5", sample}, "", false, `no family "ipv5"`},
		{nil, "ffff", true, "offset 2: a BGP header has 19 octets"},
		{[]string{"zz"}, "", true, "offset 0"},
		{[]string{"-"}, "ff ff f", true, "offset 2"},
		{[]string{"-"}, "", true, "offset 0"},
		{[]string{"0102030405"}, "", true, "offset 0"},
		{[]string{sample[:80]}, "", true, "offset 16: message length 51"},
	} {
		_, err := runDecode(t, test.stdin, test.args...)
		var failure daemon.Failure
		if err == nil || errors.As(err, &failure) != test.failure || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%q: %v", test.args, err)
		}
	}
}

func TestHexComesInManyForms(t *testing.T) {
	want, err := hex.DecodeString(sample)
	if err != nil {
		t.Fatal(err)
	}
	var spaced, colons, prefixed, escaped, od, octal, hexdump, xxd, tcpdump, wireshark, middle strings.Builder
	for i, b := range want {
		two := hex.EncodeToString([]byte{b})
		spaced.WriteString(strings.ToUpper(two) + " \n"[i%2:i%2+1])
		colons.WriteString(two + ":")
		prefixed.WriteString("0x" + two + ", ")
		escaped.WriteString(`\x` + two)
	}
	for at := 0; at < len(want); at += 16 {
		line := want[at:min(at+16, len(want))]
		offset := hex.EncodeToString([]byte{0, 0, byte(at >> 8), byte(at)})
		pairs, singles, ascii := "", "", ""
		for i, b := range line {
			singles += " " + hex.EncodeToString([]byte{b})
			if i == 7 {
				singles += " "
			}
			if i%2 == 0 {
				pairs += " "
			}
			pairs += hex.EncodeToString([]byte{b})
			if b > ' ' && b < 0x7f {
				ascii += string(rune(b))
			} else {
				ascii += "."
			}
		}
		od.WriteString(offset[2:] + singles + "\n")
		fmt.Fprintf(&octal, "%07o%s\n", at, singles)
		plain := strings.ReplaceAll(singles, "  ", " ")
		wireshark.WriteString(offset[4:] + "  " + plain + strings.Repeat("   ", 16-len(line)) + "   face " + ascii + "\n")
		middle.WriteString(offset[4:] + " " + singles + strings.Repeat("   ", 16-len(line)) + "   face " + ascii + "\n")
		hexdump.WriteString(offset + " " + singles + "  |" + ascii + "|\n")
		xxd.WriteString(offset + ":" + pairs + "  " + "face " + ascii + "\n")
		tcpdump.WriteString("\t0x" + offset[4:] + ": " + pairs + "\n")
	}
	for name, text := range map[string]string{
		"plain": sample, "words": spaced.String(), "colons": colons.String(), "0x": "0x" + sample, "0x each": prefixed.String(), "escapes": escaped.String(),
		"Wireshark": wireshark.String(), "Wireshark with a gap": middle.String(), "od in octal": octal.String() + "0000063\n",
		"a comment": "# of what it is\n" + sample, "C": "{" + prefixed.String() + "};", "quotes": `"` + escaped.String() + `"`,
		"od": od.String(), "hexdump -C": hexdump.String(), "xxd": xxd.String(), "tcpdump -x": tcpdump.String(),
		"tcpdump with its line": "12:00:00.000000 IP 10.0.0.1.179 > 10.0.0.2.40000: Flags [P.]\n" + tcpdump.String(),
		"hexdump with its end":  hexdump.String() + "00000033\n",
	} {
		got, err := readHex(text)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v\n got %x\nwant %x\n%s", name, err, got, want, text)
		}
	}
}

func FuzzReadHex(f *testing.F) {
	f.Add(sample)
	f.Add("00000000: ffff ffff  ....\n00000004: 0102\n")
	f.Add("000000  ff 00  |..|\n")
	f.Fuzz(func(t *testing.T, s string) {
		if b, err := readHex(s); err == nil && len(b) > len(s)/2 {
			t.Errorf("%d octets of %d digits", len(b), len(s))
		}
		if len(s) < 1000 {
			if b, err := readHex(hex.EncodeToString([]byte(s))); err != nil || string(b) != s {
				t.Errorf("%q, %v", b, err)
			}
		}
	})
}
