package bgp

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"example.com/rotonda/routecore/inet"
)

// families draws a family with a row, or any other.
var anyFamily = rapid.Custom(func(t *rapid.T) inet.Family {
	if rapid.Bool().Draw(t, "known") {
		return inet.Families[rapid.IntRange(0, len(inet.Families)-1).Draw(t, "row")].Family
	}
	return inet.NewFamily(inet.AFI(rapid.Uint16().Draw(t, "afi")), inet.SAFI(rapid.Uint8().Draw(t, "safi")))
})

// drawFamilySet draws no more families than the 255 octets of a capability hold.
func drawFamilySet(t *rapid.T) FamilySet {
	return FamilySet(rapid.Uint64Range(0, 1<<min(len(inet.Families), 36)-1).Draw(t, "families"))
}

func drawUnique[T any](t *rapid.T, one func(f inet.Family) T) []T {
	var out []T
	for _, f := range rapid.SliceOfNDistinct(anyFamily, 1, 8, rapid.ID[inet.Family]).Draw(t, "families") {
		out = append(out, one(f))
	}
	return out
}

// typedCapabilities draws a value of each capability that has a type, and says how
// it reads back.
var typedCapabilities = map[string]func(t *rapid.T) (c Capability, want any, read func(Open) any){
	"multiprotocol": func(t *rapid.T) (Capability, any, func(Open) any) {
		f := anyFamily.Draw(t, "f")
		return NewMultiprotocol(f), []inet.Family{f}, func(o Open) (out any) {
			var fs []inet.Family
			for f := range o.AllFamilies() {
				fs = append(fs, f)
			}
			return fs
		}
	},
	"orf": func(t *rapid.T) (Capability, any, func(Open) any) {
		code := rapid.SampledFrom([]CapCode{CapORF, CapOldORF, CapCiscoORF}).Draw(t, "code")
		want := drawUnique(t, func(f inet.Family) ORFEntry {
			e := ORFEntry{Family: f}
			for range rapid.IntRange(0, 4).Draw(t, "types") {
				e.Types = append(e.Types, ORFSupport{rapid.Uint8().Draw(t, "type"), rapid.Bool().Draw(t, "r"), rapid.Bool().Draw(t, "s")})
			}
			return e
		})
		return NewORF(code, want...), want, func(o Open) any { return o.ORF(code) }
	},
	"extended next hop": func(t *rapid.T) (Capability, any, func(Open) any) {
		s := drawFamilySet(t)
		return NewExtendedNextHop(s), s, func(o Open) any { return o.ExtendedNextHop() }
	},
	"multiple labels": func(t *rapid.T) (Capability, any, func(Open) any) {
		want := drawUnique(t, func(f inet.Family) LabelLimit { return LabelLimit{f, rapid.Uint8Min(2).Draw(t, "count")} })
		return NewMultipleLabels(want...), want, func(o Open) any { return o.MultipleLabels() }
	},
	"role": func(t *rapid.T) (Capability, any, func(Open) any) {
		r := Role(rapid.Uint8().Draw(t, "role"))
		return NewRole(r), r, func(o Open) any { r, _ := o.Role(); return r }
	},
	"graceful restart": func(t *rapid.T) (Capability, any, func(Open) any) {
		s := drawFamilySet(t)
		g := GracefulRestart{rapid.Bool().Draw(t, "r"), rapid.Bool().Draw(t, "n"), rapid.Uint16Range(0, 4095).Draw(t, "time"), s, s & drawFamilySet(t)}
		return NewGracefulRestart(g), g, func(o Open) any { g, _ := o.GracefulRestart(); return g }
	},
	"asn4": func(t *rapid.T) (Capability, any, func(Open) any) {
		asn := inet.ASN(rapid.Uint32().Draw(t, "asn"))
		return NewASN4(asn), asn, func(o Open) any { return o.ASN() }
	},
	"dynamic": func(t *rapid.T) (Capability, any, func(Open) any) {
		codes := drawCodes(t)
		return NewDynamicCapability(codes...), codes, func(o Open) any { return o.DynamicCapabilities() }
	},
	"multisession": func(t *rapid.T) (Capability, any, func(Open) any) {
		codes, flags := drawCodes(t), rapid.Uint8().Draw(t, "flags")
		code := rapid.SampledFrom([]CapCode{CapMultisession, CapOldMultisession}).Draw(t, "code")
		return NewMultisession(code, flags, codes...), []any{flags, codes, true}, func(o Open) any {
			f, c, ok := o.Multisession(code)
			return []any{f, c, ok}
		}
	},
	"add-path": func(t *rapid.T) (Capability, any, func(Open) any) {
		s := AddPathSets{drawFamilySet(t), drawFamilySet(t)}
		for f := range (s.Receive | s.Send).All() {
			if (s.Receive | s.Send).Len() > 40 {
				s.Receive, s.Send = s.Receive.Without(f), s.Send.Without(f)
			}
		}
		return NewAddPath(s), s, func(o Open) any { return o.AddPath() }
	},
	"llgr": func(t *rapid.T) (Capability, any, func(Open) any) {
		want := drawUnique(t, func(f inet.Family) LLGR {
			return LLGR{f, rapid.Bool().Draw(t, "f"), rapid.Uint32Range(0, 1<<24-1).Draw(t, "time")}
		})
		return NewLLGR(want...), want, func(o Open) any { return o.LLGR() }
	},
	"fqdn": func(t *rapid.T) (Capability, any, func(Open) any) {
		h, d := rapid.StringMatching(`[a-z0-9-]{0,64}`).Draw(t, "host"), rapid.StringMatching(`[a-z.]{0,64}`).Draw(t, "domain")
		return NewFQDN(h, d), []any{h, d, true}, func(o Open) any { h, d, ok := o.FQDN(); return []any{h, d, ok} }
	},
	"software version": func(t *rapid.T) (Capability, any, func(Open) any) {
		s := rapid.StringMatching(`[A-Za-z0-9. "/\\]{0,64}`).Draw(t, "text")
		return NewSoftwareVersion(s), s, func(o Open) any { s, _ := o.SoftwareVersion(); return s }
	},
	"paths limit": func(t *rapid.T) (Capability, any, func(Open) any) {
		want := drawUnique(t, func(f inet.Family) PathsLimit { return PathsLimit{f, rapid.Uint16().Draw(t, "limit")} })
		return NewPathsLimit(want...), want, func(o Open) any { return o.PathsLimits() }
	},
	"boq role": func(t *rapid.T) (Capability, any, func(Open) any) {
		r, code := BoQRole(rapid.Uint8Range(0, 2).Draw(t, "role")), CapCode(rapid.Uint8Range(239, 254).Draw(t, "code"))
		return NewBoQRole(code, r), r, func(o Open) any { r, _ := o.BoQRole(code); return r }
	},
}

func drawCodes(t *rapid.T) []CapCode {
	var out []CapCode
	for _, b := range rapid.SliceOfN(rapid.Uint8(), 0, 20).Draw(t, "codes") {
		out = append(out, CapCode(b))
	}
	return out
}

// TestCapabilitiesRoundTrip sends every typed capability through an OPEN.
func TestCapabilitiesRoundTrip(t *testing.T) {
	for name, draw := range typedCapabilities {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				c, want, read := draw(t)
				if !c.Valid() {
					t.Fatalf("built an invalid value: %x", c.Value)
				}
				o := Open{Version: Version, AS: 64500, HoldTime: 90, ID: netip.MustParseAddr("192.0.2.1"), Caps: []Capability{{Code: 240, Value: []byte{1}}, c}}
				m, n, err := ReadMessage(o.Append(nil), MaxMessage)
				if err != nil || n == 0 {
					t.Fatal(err)
				}
				got, err := ParseOpen(m.Body())
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, read(got)); diff != "" {
					t.Fatalf("%x:\n%s", c.Value, diff)
				}
				text := c.AppendJSON(nil)
				if !json.Valid(text) || bytes.Contains(text, []byte(`"valid":false`)) {
					t.Fatalf("%s", text)
				}
			})
		})
	}
}

// drawOpen draws any OPEN that can be sent.
func drawOpen(t *rapid.T) Open {
	o := Open{Version: rapid.Uint8().Draw(t, "version"), AS: rapid.Uint16().Draw(t, "as"), HoldTime: rapid.Uint16().Draw(t, "hold"),
		ID: netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "id")))}
	for range rapid.IntRange(0, 12).Draw(t, "caps") {
		o.Caps = append(o.Caps, Capability{CapCode(rapid.Uint8().Draw(t, "code")), rapid.SliceOfN(rapid.Byte(), 0, 255).Draw(t, "value")})
	}
	for range rapid.IntRange(0, 3).Draw(t, "params") {
		typ := rapid.Uint8().Filter(func(b uint8) bool { return b != paramCapability && b != paramExtended }).Draw(t, "type")
		v := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "param")
		o.Params = append(append(o.Params, typ, byte(len(v))), v...)
	}
	return o
}

var compareCapability = cmp.Comparer(func(a, b Capability) bool { return a.Code == b.Code && bytes.Equal(a.Value, b.Value) })

func TestOpenParseOfAppendIsIdentity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawOpen(t)
		wire := o.Append(nil)
		m, n, err := ReadMessage(wire, MaxMessage)
		if err != nil || n != len(wire) || m.Type != MsgOpen {
			t.Fatalf("%v %d %v", err, n, m.Type)
		}
		got, err := ParseOpen(m.Body())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(o, got, compareAddr, compareCapability); diff != "" {
			t.Fatal(diff)
		}
		// Over 255 octets of parameters the long form is needed, below it is not used.
		extended := m.Body()[9] == 255 && m.Body()[10] == paramExtended
		if short := len(m.Body()) <= 10+255; extended == short {
			t.Fatalf("%d octets, long form: %t", len(m.Body()), extended)
		}
	})
}

// TestExtendedParameters reads the long form of RFC 9072 however the octet before
// the mark is set.
func TestExtendedParameters(t *testing.T) {
	for _, first := range []byte{255, 9, 1, 0} {
		body := append(unhex(t, "04fbf4005ac0000201"), first, 255, 0, 7, 2, 0, 4, 1, 2, 0xaa, 0xbb)
		o, err := ParseOpen(body)
		if err != nil || len(o.Caps) != 1 || o.Caps[0].Code != 1 || !bytes.Equal(o.Caps[0].Value, []byte{0xaa, 0xbb}) {
			t.Errorf("first length %d: %+v %v", first, o, err)
		}
	}
	if _, err := ParseOpen(append(unhex(t, "04fbf4005ac0000201"), 255, 255, 0, 8, 2, 0, 4, 1, 2, 0xaa, 0xbb)); err == nil {
		t.Error("a long form that runs past the end parses")
	}
}

// TestCapabilityForms checks what the table says about values, good and bad.
func TestCapabilityForms(t *testing.T) {
	tests := []struct {
		code  CapCode
		value string
		json  string // "" where the form is wrong
	}{
		{1, "00010001", `{"code":1,"name":"multiprotocol","value":{"family":"ipv4 unicast"}}`},
		{1, "000100", ""},
		{1, "0001000100", ""},
		{2, "", `{"code":2,"name":"route refresh"}`},
		{2, "00", ""},
		{3, "00010001014003", `{"code":3,"name":"outbound route filtering","value":[{"family":"ipv4 unicast","types":[{"type":64,"receive":true,"send":true}]}]}`},
		{3, "000100010240", ""},
		{4, "0102", `{"code":4,"name":"multiple routes (deprecated)","raw":"0102"}`},
		{5, "000100010002", `{"code":5,"name":"extended next hop","value":[{"family":"ipv4 unicast","nextHopAFI":2}]}`},
		{5, "0001000100", ""},
		{6, "", `{"code":6,"name":"extended message"}`},
		{8, "00010403", `{"code":8,"name":"multiple labels","value":[{"family":"ipv4 labelled","count":3}]}`},
		{8, "000104", ""},
		{9, "03", `{"code":9,"name":"role","value":"customer"}`},
		{9, "", ""},
		{64, "c07800010180", `{"code":64,"name":"graceful restart","value":{"time":120,"restarted":true,"notification":true,"families":[{"family":"ipv4 unicast","forwarding":true}]}}`},
		{64, "0078", `{"code":64,"name":"graceful restart","value":{"time":120,"restarted":false,"notification":false,"families":[]}}`},
		{64, "007800", ""},
		{65, "00030d40", `{"code":65,"name":"4-octet AS number","value":200000}`},
		{65, "0003", ""},
		{67, "0141", `{"code":67,"name":"dynamic capability","value":[1,65]}`},
		{68, "8001", `{"code":68,"name":"multisession","value":{"flags":128,"capabilities":[1]}}`},
		{69, "0001010300020102", `{"code":69,"name":"add-path","value":[{"family":"ipv4 unicast","receive":true,"send":true},{"family":"ipv6 unicast","receive":false,"send":true}]}`},
		{69, "00010104", `{"code":69,"name":"add-path","value":[{"family":"ipv4 unicast","receive":false,"send":false}]}`},
		{71, "00010180015180", `{"code":71,"name":"long-lived graceful restart","value":[{"family":"ipv4 unicast","forwarding":true,"time":86400}]}`},
		{71, "000101800151", ""},
		{73, "0272310361", ""},
		{73, "0272310161", `{"code":73,"name":"fqdn","value":{"host":"r1","domain":"a"}}`},
		{75, "022241", `{"code":75,"name":"software version","value":"\"A"}`},
		{75, "0341", ""},
		{76, "000101000a", `{"code":76,"name":"paths limit","value":[{"family":"ipv4 unicast","limit":10}]}`},
		{77, "", `{"code":77,"name":"link-local next hop"}`},
		{128, "", `{"code":128,"name":"route refresh (pre-standard)"}`},
		{130, "00010001018002", `{"code":130,"name":"outbound route filtering (pre-standard, Cisco)","value":[{"family":"ipv4 unicast","types":[{"type":128,"receive":false,"send":true}]}]}`},
		{131, "", `{"code":131,"name":"multisession (pre-standard)","value":{"flags":0,"capabilities":[]}}`},
		{240, "dead", `{"code":240,"raw":"dead"}`},
	}
	for _, tt := range tests {
		c := Capability{tt.code, unhex(t, tt.value)}
		if c.Valid() != (tt.json != "") {
			t.Errorf("%v %s: valid %t", tt.code, tt.value, c.Valid())
		}
		got := string(c.AppendJSON(nil))
		if tt.json != "" && got != tt.json {
			t.Errorf("%v\n got %s\nwant %s", tt.code, got, tt.json)
		}
		if tt.json == "" && !bytes.Contains([]byte(got), []byte(`"valid":false,"raw":"`+tt.value+`"`)) {
			t.Errorf("%v: a broken value hides its octets: %s", tt.code, got)
		}
	}
}

// TestRepeatedCapabilities fixes what the comment of [Open.Capability] says.
func TestRepeatedCapabilities(t *testing.T) {
	v4 := NewFamilySet(inet.IPv4Unicast)
	o := Open{AS: 1, Caps: []Capability{
		NewMultiprotocol(inet.IPv4Unicast), NewMultiprotocol(inet.IPv6Unicast), NewMultiprotocol(inet.IPv4Unicast),
		NewASN4(7), NewASN4(8), NewFlag(CapRouteRefresh), NewFlag(CapRouteRefresh),
		NewAddPath(AddPathSets{Receive: v4}), NewAddPath(AddPathSets{Send: v4}),
		NewMultipleLabels(LabelLimit{inet.IPv4Labelled, 2}), NewMultipleLabels(LabelLimit{inet.IPv4Labelled, 4}, LabelLimit{inet.IPv6Labelled, 1}),
	}}
	if o.Families() != v4and6 || o.ASN() != 8 || o.AddPath() != (AddPathSets{Send: v4}) {
		t.Errorf("families %v, AS %v, add-path %+v", o.Families(), o.ASN(), o.AddPath())
	}
	if diff := cmp.Diff([]LabelLimit{{inet.IPv4Labelled, 4}}, o.MultipleLabels()); diff != "" {
		t.Error(diff)
	}
	recv, _ := Negotiate(o, o)
	if !recv.Labels.Has(inet.IPv4Labelled) || recv.Labels.Has(inet.IPv6Labelled) || recv.Labels.Has(inet.IPv4Unicast) {
		t.Errorf("labels %b", recv.Labels)
	}
	if one, _ := Negotiate(o, Open{AS: 2}); one.Labels != 0 {
		t.Error("several labels want both ends")
	}
}

func TestRolesThatMatch(t *testing.T) {
	pairs := map[[2]Role]bool{{RoleProvider, RoleCustomer}: true, {RoleCustomer, RoleProvider}: true, {RoleRS, RoleRSClient}: true, {RoleRSClient, RoleRS}: true, {RolePeer, RolePeer}: true}
	for a := range Role(7) {
		for b := range Role(7) {
			if a.Matches(b) != pairs[[2]Role{a, b}] {
				t.Errorf("%v with %v: %t", a, b, a.Matches(b))
			}
		}
	}
}

func FuzzCapabilities(f *testing.F) {
	f.Add(AppendCapabilities(nil, fullOpen().Caps))
	f.Add([]byte{73, 3, 1, 'a', 9, 3, 7, 0, 1, 0, 1, 1, 64, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		caps, err := ParseCapabilities(b)
		for _, c := range caps {
			if text := c.AppendJSON(nil); !json.Valid(text) {
				t.Fatalf("%s", text)
			}
			o := Open{Caps: []Capability{c}}
			o.ORF(c.Code)
			o.Multisession(c.Code)
			o.MultipleLabels()
			o.PathsLimits()
			o.FQDN()
			o.SoftwareVersion()
		}
		if again := AppendCapabilities(nil, caps); err == nil && !bytes.Equal(again, b) {
			t.Fatalf("%x came back as %x", b, again)
		}
	})
}
