package bgp

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"example.com/rotonda/routecore/inet"
)

// TestForeignTLVsHaveAForm reads every attribute made of TLVs in captures and in
// the vectors of other projects: none may be left as octets, and each is built
// again with the octets that it came with.
func TestForeignTLVsHaveAForm(t *testing.T) {
	seen := map[AttrCode]int{}
	add := func(file string, body []byte) {
		var u Update
		ParseUpdate(&u, body, MonitorCtx(true))
		for rest := u.bytes(u.attrs); len(rest) > 0; {
			_, code, v, size := cutAttr(rest)
			if size == 0 {
				return
			}
			rest = rest[size:]
			info := &attrTable[code]
			switch code {
			case AttrTunnelEncap, AttrAIGP, AttrBGPLS, AttrPrefixSID:
			default:
				continue
			}
			if fault, _ := info.checkValue(v, u.ctx); fault != FaultNone {
				if !strings.HasSuffix(file, "gobgp.tsv") {
					t.Errorf("%s: %v: fault %d in %x", filepath.Base(file), code, fault, v)
				}
				continue
			}
			seen[code]++
			out := info.json(nil, v, inet.IPv4Unicast)
			if !json.Valid(out) || bytes.Contains(out, []byte(`"raw"`)) {
				t.Errorf("%s: %v: %s", filepath.Base(file), code, out)
			}
			if again := rebuild(t, code, v); !bytes.Equal(again, v) {
				t.Errorf("%s: %v: built %x of %x", filepath.Base(file), code, again, v)
			}
		}
	}
	for _, file := range dataFiles(t, "bmp_raw/*.bmp") {
		for _, body := range bmpUpdates(readWhole(t, file)) {
			add(file, body)
		}
	}
	for _, file := range dataFiles(t, "pcap/*/*.pcap") {
		for _, body := range markedUpdates(readWhole(t, file)) {
			add(file, body)
		}
	}
	for _, pattern := range []string{"bgp/exabgp-qa-decoding/*", "bgp/exabgp-qa-encoding/*", "bgp/vectors/*.tsv"} {
		for _, file := range dataFiles(t, pattern) {
			for _, body := range hexUpdates(readWhole(t, file)) {
				add(file, body)
			}
		}
	}
	t.Logf("%v", seen)
	if seen[AttrPrefixSID] < 400 || seen[AttrTunnelEncap] < 5 || seen[AttrAIGP] < 4 || seen[AttrBGPLS] < 4 {
		t.Errorf("only %v", seen)
	}
}

// rebuild parses an attribute made of TLVs and builds it again.
func rebuild(t *testing.T, code AttrCode, v []byte) []byte {
	t.Helper()
	var out []byte
	var err error
	switch code {
	case AttrTunnelEncap:
		var list []Tunnel
		if list, err = ParseTunnels(v); err == nil {
			out, err = AppendTunnels(nil, list)
		}
	case AttrAIGP:
		var list []TLV
		if list, err = ParseAIGP(v); err == nil {
			out, err = AppendAIGPTLVs(nil, list)
		}
	case AttrBGPLS:
		var list []TLV
		if list, err = ParseLSAttr(v); err == nil {
			out, err = AppendLSAttr(nil, list)
		}
	case AttrPrefixSID:
		var list []TLV
		if list, err = ParsePrefixSID(v); err == nil {
			out, err = AppendPrefixSID(nil, list)
		}
	}
	if err != nil {
		t.Error(err)
	}
	return out
}
