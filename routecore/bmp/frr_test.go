package bmp

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// frrPeerTypes are FRR's words, by type.
var frrPeerTypes = []string{"global instance", "route distinguisher instance", "local instance", "loc-rib instance"}

func text(o obj, key string) string {
	s, _ := o[key].(string)
	return s
}

func number(o obj, key string) int {
	n, _ := o[key].(float64)
	return int(n)
}

// frrHeader builds the per-peer header of a reading.
func frrHeader(t *testing.T, o obj) PeerHeader {
	t.Helper()
	h := PeerHeader{ASN: inet.ASN(number(o, "peer_asn")), ID: netip.MustParseAddr(text(o, "peer_bgp_id")), Addr: netip.IPv4Unspecified(), RD: frrRD(text(o, "peer_distinguisher")), Time: 1}
	for i, name := range frrPeerTypes {
		if name == text(o, "peer_type") {
			h.Type = PeerType(i)
		}
	}
	if ip := text(o, "peer_ip"); ip != "" {
		h.Addr = netip.MustParseAddr(ip)
	}
	if ipv6, _ := o["ipv6"].(bool); ipv6 {
		h.Flags |= FlagIPv6
	}
	if text(o, "policy") == "post-policy" {
		h.Flags |= FlagPostPolicy
	}
	return h
}

// frrRD reads "AS:number".
func frrRD(s string) (rd inet.RD) {
	a, b, _ := strings.Cut(s, ":")
	asn, _ := strconv.Atoi(a)
	n, _ := strconv.Atoi(b)
	binary.BigEndian.PutUint16(rd[2:], uint16(asn))
	binary.BigEndian.PutUint32(rd[4:], uint32(n))
	return rd
}

// frrUpdate builds the UPDATE of a reading: in MP_REACH_NLRI or MP_UNREACH_NLRI where
// it names a family.
func frrUpdate(o obj) []byte {
	p := netip.MustParsePrefix(text(o, "ip_prefix"))
	nlri := inet.AppendPrefix(nil, p)
	if number(o, "safi") == 128 {
		label, rd := uint32(number(o, "label"))<<4, frrRD(text(o, "rd"))
		bits := nlri[0] + 24 + 64
		vpn := append([]byte{bits, byte(label >> 16), byte(label >> 8), byte(label)}, rd[:]...)
		if text(o, "bmp_log_type") == "update" {
			vpn[3] |= 1
		}
		nlri = append(vpn, nlri[1:]...)
	}
	var attrs, withdrawn, announced []byte
	attr := func(flags, code byte, value []byte) {
		attrs = append(append(attrs, flags, code, byte(len(value))), value...)
	}
	family := []byte{0, byte(number(o, "afi")), byte(number(o, "safi"))}
	update := text(o, "bmp_log_type") == "update"
	if update {
		attr(0x40, 1, []byte{0})
		var path []byte
		if n, err := strconv.Atoi(text(o, "as_path")); err == nil {
			path = binary.BigEndian.AppendUint32([]byte{2, 1}, uint32(n))
		}
		attr(0x40, 2, path)
	}
	switch _, mp := o["afi"]; {
	case !mp && update:
		hop := netip.MustParseAddr(text(o, "bgp_nexthop")).As4()
		attr(0x40, 3, hop[:])
		announced = nlri
	case !mp:
		withdrawn = nlri
	case update:
		hop := netip.MustParseAddr(text(o, "nxhp_ip")).AsSlice()
		if _, ok := o["nxhp_rd"]; ok {
			hop = append(make([]byte, 8), hop...)
		}
		if _, ok := o["nxhp_rd1"]; ok {
			hop = append(append(make([]byte, 8), hop...), append(make([]byte, 8), netip.MustParseAddr("fe80::1").AsSlice()...)...)
		}
		attr(0x80, 14, append(append(append(family, byte(len(hop))), hop...), append([]byte{0}, nlri...)...))
	default:
		attr(0x80, 15, append(family, nlri...))
	}
	body := append(binary.BigEndian.AppendUint16(nil, uint16(len(withdrawn))), withdrawn...)
	body = append(binary.BigEndian.AppendUint16(body, uint16(len(attrs))), attrs...)
	return raw(append(body, announced...))
}

// frrReading renders one route as FRR's collector does.
func frrReading(h PeerHeader, view View, u *bgp.Update) obj {
	out := obj{"peer_type": frrPeerTypes[h.Type], "peer_asn": h.ASN, "peer_bgp_id": h.ID.String(),
		"peer_distinguisher": fmt.Sprintf("%d:%d", binary.BigEndian.Uint16(h.RD[2:]), binary.BigEndian.Uint32(h.RD[4:]))}
	switch view {
	case Loc:
		out["policy"], out["is_filtered"] = "loc-rib", h.Filtered()
	default:
		out["policy"] = map[View]string{InPre: "pre-policy", InPost: "post-policy"}[view]
		out["peer_ip"], out["ipv6"] = h.Addr.String(), h.IPv6()
	}
	reach, announced := u.MPReach()
	unreach, gone := u.MPUnreach()
	for _, n := range []bgp.NLRI{u.Announced(), u.Withdrawn(), reach, unreach} {
		for _, r := range gauzeNLRI(n) {
			route := r.(obj)
			out["ip_prefix"] = route["network"]
			if stack, ok := route["label_stack"].([]any); ok {
				l := stack[0].([]any)
				out["label"] = (int(l[0].(byte))<<16 | int(l[1].(byte))<<8 | int(l[2].(byte))) >> 4
				rd := route["rd"].(obj)["As2Administrator"].(obj)
				out["rd"] = fmt.Sprintf("%v:%v", rd["asn2"], rd["number"])
			}
		}
		if announced || gone {
			if len(n.Bytes) > 0 {
				out["afi"], out["safi"] = n.Family.AFI(), n.Family.SAFI()
			}
		}
	}
	out["bmp_log_type"] = "withdraw"
	if origin, ok := u.Get(bgp.AttrOrigin); ok {
		out["bmp_log_type"], out["origin"], out["as_path"] = "update", strings.ToUpper(bgp.Origin(origin[0]).String()), ""
		if path, ok := u.Get(bgp.AttrASPath); ok && len(path) == 6 {
			out["as_path"] = fmt.Sprint(binary.BigEndian.Uint32(path[2:]))
		}
	}
	if hop, ok := u.Get(bgp.AttrNextHop); ok {
		out["bgp_nexthop"] = netip.AddrFrom4([4]byte(hop)).String()
	}
	switch hop := u.MPNextHop(); len(hop) {
	case 16, 4:
		a, _ := netip.AddrFromSlice(hop)
		out["nxhp_ip"] = a.String()
	case 12, 24:
		a, _ := netip.AddrFromSlice(hop[8:])
		out["nxhp_ip"], out["nxhp_rd"] = a.String(), "0:0"
	case 48:
		a, _ := netip.AddrFromSlice(hop[8:24])
		out["nxhp_ip"], out["nxhp_rd1"], out["nxhp_rd2"] = a.String(), "0:0", "0:0"
	}
	return out
}

func TestFRRsReadingsSurviveTheStation(t *testing.T) {
	dir := testkit.Data(t)
	rules := fieldMap(t, "frr.tsv")
	files, err := filepath.Glob(filepath.Join(dir, "bmp_expected", "frr", "*__bmp-*.json"))
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	readings := 0
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var views map[string]map[string]map[string]obj
		if err := json.Unmarshal(b, &views); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, kinds := range views {
			for _, routes := range kinds {
				for _, want := range routes {
					readings++
					frrRoundTrip(t, filepath.Base(name), rules, want)
				}
			}
		}
	}
	if readings < 50 {
		t.Errorf("only %d readings", readings)
	}
}

// frrRoundTrip builds one message of a reading, in both versions, and reads it.
func frrRoundTrip(t *testing.T, name string, rules []*rule, want obj) {
	t.Helper()
	b := AppendRouteMonitoring(nil, frrHeader(t, want), frrUpdate(want))
	four, err := Upgrade(nil, one(t, b), Revision19, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{b, four} {
		m := one(t, b)
		h, _, _ := ParsePeerHeader(m.Body())
		actions := NewStation().Step(nil, m)
		last := actions[len(actions)-1]
		if last.Kind != ActRoutes || last.Update.Verdict.Action != bgp.Accept {
			t.Errorf("%s: %v is read as %+v", name, want, last)
			continue
		}
		var got any
		rendered, _ := json.Marshal(frrReading(h, last.View.View, last.Update))
		_ = json.Unmarshal(rendered, &got)
		w, g := map[string]string{}, map[string]string{}
		for k, v := range want {
			flat(w, k, v)
		}
		for k, v := range got.(obj) {
			flat(g, k, v)
		}
		if diff := compareFlat(rules, w, g); len(diff) > 0 {
			t.Errorf("%s: %s\nof %v", name, strings.Join(diff, "\n"), want)
		}
	}
}
