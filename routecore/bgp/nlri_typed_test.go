package bgp

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"example.com/rotonda/routecore/inet"
)

func rebuildTyped(f inet.Family, b []byte) ([]byte, error) {
	n, err := ParseTypedNLRI(f, b)
	return AppendTypedNLRI(nil, f, n), err
}

var (
	ipv4MCASTVPN = inet.NewFamily(inet.AFIIPv4, inet.SAFIMCASTVPN)
	ipv6MCASTVPN = inet.NewFamily(inet.AFIIPv6, inet.SAFIMCASTVPN)
	ipv4MUP      = inet.NewFamily(inet.AFIIPv4, inet.SAFIMUP)
	ipv6MUP      = inet.NewFamily(inet.AFIIPv6, inet.SAFIMUP)
)

func drawAnyAddr(t *rapid.T, name string, sizes ...int) netip.Addr {
	n := rapid.SampledFrom(sizes).Draw(t, name+" width")
	return inet.AddrFromWire(rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, name))
}

// draw fills the field of n with anything that the wire form can carry.
func (n *TypedNLRI) draw(t *rapid.T, f inet.Family, field typedField) {
	label := func() Label { return Label(rapid.Uint32Range(0, 1<<24-1).Draw(t, "label")) }
	switch field {
	case fieldRD:
		n.RD = drawRD(t)
	case fieldESI:
		n.ESI = ESI(rapid.SliceOfN(rapid.Byte(), 10, 10).Draw(t, "esi"))
	case fieldEthernetTag:
		n.EthernetTag = rapid.Uint32().Draw(t, "tag")
	case fieldMAC:
		n.MAC = MAC(rapid.SliceOfN(rapid.Byte(), 6, 6).Draw(t, "mac"))
	case fieldIP:
		n.IP = drawAnyAddr(t, "ip", 0, 4, 16)
	case fieldLabel:
		n.Labels = StackOf(label())
	case fieldLabels:
		if n.Labels = StackOf(label()); rapid.Bool().Draw(t, "two") {
			n.Labels = StackOf(label(), label())
		}
	case fieldOriginator, fieldLastOriginator:
		n.Originator = drawAnyAddr(t, "originator", 4, 16)
	case fieldWidePrefix:
		n.Prefix = drawPrefixOf(t, rapid.SampledFrom([]inet.Family{inet.IPv4Unicast, inet.IPv6Unicast}).Draw(t, "width"))
	case fieldGateway:
		n.Gateway = drawAnyAddr(t, "gateway", n.Prefix.Addr().BitLen()/8)
	case fieldSource:
		n.Source = drawAnyAddr(t, "source", 0, 4, 16)
	case fieldGroup:
		n.Group = drawAnyAddr(t, "group", 0, 4, 16)
	case fieldFlags:
		n.Flags = rapid.Uint8().Draw(t, "flags")
	case fieldLateFlags:
		if n.Older = rapid.Bool().Draw(t, "older"); !n.Older {
			n.Flags = rapid.Uint8().Draw(t, "flags")
		}
	case fieldLeaveNumber:
		n.LeaveNumber = rapid.Uint32().Draw(t, "number")
	case fieldMaxResponse:
		n.MaxResponse = rapid.Uint8().Draw(t, "response")
	case fieldRegionID:
		n.RegionID = [8]byte(drawRD(t))
	case fieldRouteKey:
		n.RouteKey = string(AppendTypedNLRI(nil, f, TypedNLRI{Type: 3, RD: drawRD(t), Originator: drawAnyAddr(t, "inner", 4, 16)}))
	case fieldSourceAS:
		n.SourceAS = inet.ASN(rapid.Uint32().Draw(t, "as"))
	case fieldPrefix:
		n.Prefix = drawPrefixOf(t, f)
	case fieldLastAddress:
		n.IP = drawAnyAddr(t, "address", 4, 16)
	case fieldTEID:
		n.TEID, n.TEIDBits = rapid.Uint32().Draw(t, "teid"), 32
	case fieldQFI:
		n.QFI = rapid.Uint8().Draw(t, "qfi")
	case fieldEndpoint:
		n.Endpoint = drawAnyAddr(t, "endpoint", 4, 16)
	case fieldTunnelSource:
		if n.Older = rapid.Bool().Draw(t, "older"); !n.Older {
			n.TunnelSource = drawAnyAddr(t, "source", 0, 4, 16)
		}
	case fieldEndpointTEID:
		n.Endpoint, n.TEIDBits = drawAnyAddr(t, "endpoint", 4, 16), rapid.Uint8Range(0, 32).Draw(t, "bits")
		n.TEID = rapid.Uint32().Draw(t, "teid") &^ uint32(uint64(0xffffffff)>>n.TEIDBits)
	default:
		t.Fatalf("field %d is drawn by nobody", field)
	}
}

func TestTypedNLRIComesBack(t *testing.T) {
	for _, f := range []inet.Family{inet.L2VPNEVPN, ipv4MCASTVPN, ipv6MCASTVPN, ipv4MUP, ipv6MUP} {
		for _, l := range typedFamilyOf(f).types {
			t.Run(f.String()+" "+l.name, func(t *testing.T) {
				rapid.Check(t, func(t *rapid.T) {
					n := TypedNLRI{Arch: typedFamilyOf(f).wanted, Type: l.code}
					for _, p := range l.fields {
						n.draw(t, f, p.field)
					}
					wire := AppendTypedNLRI(nil, f, n)
					got, err := ParseTypedNLRI(f, wire)
					if err != nil || got != n {
						t.Fatalf("%x: %v\n got %+v\nwant %+v", wire, err, got, n)
					}
				})
			})
		}
	}
	if got := AppendTypedNLRI(nil, inet.L2VPNEVPN, TypedNLRI{Type: 249, Raw: "abc"}); string(got) != "\xf9\x03abc" {
		t.Errorf("%x", got)
	}
	if got := AppendTypedNLRI(nil, inet.L2VPNEVPN, TypedNLRI{Type: 249, Raw: string(make([]byte, 256))}); len(got) != 0 {
		t.Errorf("%x", got)
	}
	for _, n := range []TypedNLRI{{Type: EVPNInclusiveMulticast}, {Type: EVPNIPPrefix}, {Type: EVPNLeaf, RouteKey: "abc"}} {
		if got := AppendTypedNLRI([]byte{7}, inet.L2VPNEVPN, n); len(got) != 1 {
			t.Errorf("%+v makes no route but is built as %x", n, got)
		}
	}
	if _, err := ParseTypedNLRI(inet.IPv4Unicast, []byte{0, 0}); err == nil || AppendTypedNLRI(nil, inet.IPv4Unicast, TypedNLRI{}) != nil {
		t.Error("IPv4 unicast has route types")
	}
}

// TestKeysOfTypedNLRI changes one field at a time: the key changes exactly where
// the table of layouts says so.
func TestKeysOfTypedNLRI(t *testing.T) {
	for _, f := range []inet.Family{inet.L2VPNEVPN, ipv4MCASTVPN, ipv6MUP} {
		for _, l := range typedFamilyOf(f).types {
			rapid.Check(t, func(t *rapid.T) {
				n := TypedNLRI{Arch: typedFamilyOf(f).wanted, Type: l.code}
				for _, p := range l.fields {
					n.draw(t, f, p.field)
				}
				wire := AppendTypedNLRI(nil, f, n)
				p := rapid.SampledFrom(l.fields).Draw(t, "field")
				other := n
				other.draw(t, f, p.field)
				if p.field == fieldWidePrefix && other.Prefix.Addr().BitLen() != n.Prefix.Addr().BitLen() {
					other.Gateway = netip.Addr{}
				}
				otherWire := AppendTypedNLRI(nil, f, other)
				same := string(AppendNLRIKey(nil, f, wire)) == string(AppendNLRIKey(nil, f, otherWire))
				if want := !p.key || string(wire) == string(otherWire); same != want {
					t.Fatalf("%s with another %s: same key %t\n%x\n%x", l.name, typedFields[p.field].name, same, wire, otherWire)
				}
			})
		}
	}
}
