package bgp

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"example.com/rotonda/routecore/inet"
)

// TestMessageInTheFormat follows the message of docs/formats/attributes.md through
// canonical form to another peer: the page is right to the octet.
func TestMessageInTheFormat(t *testing.T) {
	doc, err := os.ReadFile("../../docs/formats/attributes.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(doc), "## From a message and back")
	if !ok {
		t.Fatal("no such section")
	}
	var blocks [][]byte
	for i, block := range strings.Split(section, "```") {
		if i%2 == 0 || len(blocks) == 3 {
			continue
		}
		var digits strings.Builder
		for line := range strings.Lines(block) {
			octets, _, _ := strings.Cut(strings.TrimSpace(line), "   ")
			digits.WriteString(strings.ReplaceAll(octets, " ", ""))
		}
		blocks = append(blocks, unhex(t, digits.String()))
	}
	if len(blocks) != 3 {
		t.Fatalf("%d blocks", len(blocks))
	}
	var u Update
	ParseUpdate(&u, blocks[0], Ctx{})
	if u.Verdict.Action != Accept {
		t.Fatal(u.Verdict.Text())
	}
	a := Attrs(u.AppendAttrs(nil, inet.IPv6Unicast))
	if !bytes.Equal(a, blocks[1]) {
		t.Errorf("the page says %x, the code %x", blocks[1], []byte(a))
	}
	n, _ := u.MPReach()
	m, _, err := ReadMessage(AppendUpdates(nil, Ctx{ASN4: true}, a, n), MaxMessage)
	if err != nil || !bytes.Equal(m.Body(), blocks[2]) {
		t.Errorf("the page says %x, the code %x, %v", blocks[2], m.Body(), err)
	}
}
