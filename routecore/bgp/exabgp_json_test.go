package bgp

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/inet"
)

// exaField is a row of testdata/exabgp-fields.tsv.
type exaField struct{ path, how, what string }

func exaFields(t *testing.T) []exaField {
	t.Helper()
	var out []exaField
	for _, c := range testkit.Table(t, "testdata/exabgp-fields.tsv", 3) {
		if c[1] != "check" && c[1] != "ignore" || c[2] == "" {
			t.Fatalf("%q", c)
		}
		out = append(out, exaField{c[0], c[1], c[2]})
	}
	return out
}

// matches tells whether the path of a field is that of the row.
func (f exaField) matches(path []string) bool {
	want := strings.Split(f.path, "/")
	if len(want) != len(path) {
		return false
	}
	for i := range want {
		if want[i] != "*" && want[i] != path[i] {
			return false
		}
	}
	return true
}

// exaReading is what we read in a message, for the checks.
type exaReading struct {
	open   Open
	update *Update
	attrs  Attrs
	typ    MsgType
}

// TestExaBGPJSON holds every field of exabgp's reading against ours by the map in
// testdata; a field without a row fails.
func TestExaBGPJSON(t *testing.T) {
	fields := exaFields(t)
	used := map[string]int{}
	read := 0
	for _, c := range exaMessages(t) {
		if c.json == nil {
			continue
		}
		read++
		r := exaReading{update: new(Update)}
		m, _, err := ReadMessage(c.raw, MaxExtMessage)
		if err != nil {
			t.Fatal(err)
		}
		r.typ = m.Type
		if m.Type == MsgOpen {
			r.open, _ = ParseOpen(m.Body())
		} else {
			ParseUpdate(r.update, m.Body(), c.ctx())
			n := r.update.Announced()
			if mp, ok := r.update.MPReach(); ok {
				n = mp
			}
			r.attrs = r.update.AppendAttrs(nil, n.Family)
		}
		exaWalk(t, c.name, fields, used, &r, nil, c.json)
		r.routes(t, c.name, c.json)
	}
	for _, f := range fields {
		if used[f.path] == 0 && !strings.HasSuffix(f.path, "/pmsi") {
			t.Errorf("no message has %s", f.path)
		}
	}
	if read < 40 {
		t.Errorf("only %d messages", read)
	}
}

func exaWalk(t *testing.T, name string, fields []exaField, used map[string]int, r *exaReading, path []string, v any) {
	t.Helper()
	for _, f := range fields {
		if !f.matches(path) {
			continue
		}
		used[f.path]++
		if f.how == "check" {
			if want, got := exaText(v), r.check(f.what, path, v); got != want {
				t.Errorf("%s: %s is %s, we read %s", name, strings.Join(path, "/"), want, got)
			}
		}
		return
	}
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			exaWalk(t, name, fields, used, r, append(path[:len(path):len(path)], key), inner)
		}
	case []any:
		for i, inner := range v {
			exaWalk(t, name, fields, used, r, append(path[:len(path):len(path)], strconv.Itoa(i)), inner)
		}
	default:
		t.Errorf("%s: no row for %s", name, strings.Join(path, "/"))
	}
}

// exaText is a value as JSON with sorted keys.
func exaText(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// check returns our reading in the form of the other program.
func (r *exaReading) check(what string, path []string, v any) string {
	number := func(n uint32, ok bool) string {
		if !ok {
			return "nothing"
		}
		return strconv.FormatUint(uint64(n), 10)
	}
	if code, ok := strings.CutPrefix(what, "present:"); ok {
		n, _ := strconv.Atoi(code)
		if r.attrs.Has(AttrCode(n)) {
			return exaText(v)
		}
		return "absent"
	}
	switch what {
	case "type":
		return strconv.Quote(strings.ToLower(r.typ.String()))
	case "version":
		return strconv.Itoa(int(r.open.Version))
	case "asn":
		return strconv.Itoa(int(r.open.ASN()))
	case "hold time":
		return strconv.Itoa(int(r.open.HoldTime))
	case "identifier":
		return strconv.Quote(r.open.ID.String())
	case "capabilities":
		return r.capabilities()
	case "origin":
		o, _ := r.attrs.Origin()
		return strconv.Quote(strings.ToLower(o.String()))
	case "med":
		return number(r.attrs.MED())
	case "local-preference":
		return number(r.attrs.LocalPref())
	case "originator-id":
		return strconv.Quote(r.attrs.OriginatorID().String())
	case "nlri", "path-information":
		return r.prefix(what, path)
	}
	return r.list(what, path)
}

func (r *exaReading) list(what string, path []string) string {
	out := []any{}
	switch what {
	case "as-path":
		segments := map[string]any{}
		for s := range r.attrs.ASPath().Segments() {
			var asns []uint32
			for i := range s.ASNs.Len() {
				asns = append(asns, uint32(s.ASNs.At(i)))
			}
			element := strings.ReplaceAll(strings.ToLower(s.Type.String()), "_", "-")
			segments[strconv.Itoa(len(segments))] = map[string]any{"element": element, "value": asns}
		}
		return exaText(segments)
	case "community":
		for c := range r.attrs.Communities() {
			out = append(out, []uint32{uint32(c) >> 16, uint32(c) & 0xffff})
		}
	case "large-community":
		for c := range r.attrs.LargeCommunities() {
			out = append(out, []uint32{c.Global, c.Local1, c.Local2})
		}
	case "extended-community":
		v, _ := r.attrs.Get(AttrExtCommunities)
		if at, _ := strconv.Atoi(path[len(path)-2]); len(v) >= 8*at+8 {
			return strconv.FormatUint(binary.BigEndian.Uint64(v[8*at:]), 10)
		}
		return "nothing"
	case "cluster-list":
		for c := range r.attrs.ClusterList() {
			out = append(out, netip.AddrFrom4(c).String())
		}
	case "generic":
		for a := range r.update.RawAttrs() {
			if strings.HasPrefix(path[len(path)-1], fmt.Sprintf("attribute-0x%02x-", uint8(a.Code))) {
				return fmt.Sprintf(`"0x%s"`, strings.ToUpper(hex.EncodeToString(a.Value)))
			}
		}
		return "nothing"
	}
	return exaText(out)
}

func (r *exaReading) capabilities() string {
	out := map[string]any{}
	for _, c := range r.open.Caps {
		key := strconv.Itoa(int(c.Code))
		switch c.Code {
		case CapMultiprotocol:
			var families []string
			for f := range r.open.AllFamilies() {
				families = append(families, strings.ReplaceAll(f.String(), " ", "/"))
			}
			out[key] = map[string]any{"name": "multiprotocol", "families": families}
		case CapASN4:
			out[key] = map[string]any{"name": "asn4", "asn4": r.open.ASN()}
		case CapSoftwareVersion:
			v, _ := r.open.SoftwareVersion()
			out[key] = map[string]any{"software": v}
		}
	}
	return exaText(out)
}

// exaFamilies are the names that the other program has for families where they differ.
var exaFamilies = map[string]string{"bgp-ls bgp-ls": "bgp-ls", "ipv4 flow": "ipv4 flowspec", "ipv6 flow": "ipv6 flowspec",
	"ipv4 flow-vpn": "ipv4 flowspec-vpn", "ipv6 flow-vpn": "ipv6 flowspec-vpn", "ipv4 nlri-mpls": "ipv4 labelled", "ipv6 nlri-mpls": "ipv6 labelled", "ipv4 mcast-vpn": "ipv4 mcast-vpn"}

func (r *exaReading) section(family string, down bool) NLRI {
	if name, ok := exaFamilies[family]; ok {
		family = name
	}
	f, _ := inet.FamilyByName(family)
	mp, ok := r.update.MPReach()
	plain := r.update.Announced()
	if down {
		mp, ok = r.update.MPUnreach()
		plain = r.update.Withdrawn()
	}
	if ok && mp.Family == f {
		return mp
	}
	if f == inet.IPv4Unicast {
		return plain
	}
	return NLRI{}
}

// prefix finds the NLRI that a path in the JSON counts.
func (r *exaReading) prefix(what string, path []string) string {
	n := r.section(path[4], false)
	at, _ := strconv.Atoi(path[6])
	i := 0
	for raw := range n.All() {
		if i++; i <= at {
			continue
		}
		if what == "path-information" {
			return strconv.Quote(netip.AddrFrom4([4]byte(raw[:4])).String())
		}
		if n.AddPath {
			raw = raw[4:]
		}
		// The prefix is the last word in our text of labelled and VPN routes too.
		for _, word := range slices.Backward(strings.Fields(string(AppendNLRIText(nil, n.Family, raw)))) {
			if p, err := netip.ParsePrefix(word); err == nil {
				return strconv.Quote(p.String())
			}
		}
		return strconv.Quote(string(AppendNLRIText(nil, n.Family, raw)))
	}
	return "nothing"
}

// routes checks families, next hops and numbers of routes.
func (r *exaReading) routes(t *testing.T, name string, doc map[string]any) {
	t.Helper()
	neighbor, _ := doc["neighbor"].(map[string]any)
	message, _ := neighbor["message"].(map[string]any)
	update, _ := message["update"].(map[string]any)
	announce, _ := update["announce"].(map[string]any)
	for family, hops := range announce {
		n := r.section(family, false)
		for hop, list := range hops.(map[string]any) {
			if want := len(list.([]any)); n.Len() != want {
				t.Errorf("%s: %d routes of %s, want %d", name, n.Len(), family, want)
			}
			got := Attrs(r.update.AppendAttrs(nil, n.Family)).NextHop().String()
			if hop == "no-nexthop" {
				hop = netip.Addr{}.String()
			}
			if got != hop {
				t.Errorf("%s: next hop %s, want %s", name, got, hop)
			}
		}
	}
	withdraw, _ := update["withdraw"].(map[string]any)
	for family, list := range withdraw {
		if n := r.section(family, true); n.Len() != len(list.([]any)) {
			t.Errorf("%s: %d withdrawals of %s, want %d", name, n.Len(), family, len(list.([]any)))
		}
	}
}
