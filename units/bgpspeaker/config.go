package bgpspeaker

import (
	"net/netip"
	"strconv"
	"time"

	"example.com/rotonda/conf"
	"example.com/rotonda/routecore/inet"
)

// Config configures a BGP speaker that waits for its peers: it listens, keeps
// the sessions and turns what the peers send into routes. It never dials.
type Config struct {
	// Listen is the address that peers connect to; a list listens on several.
	Listen []netip.AddrPort `conf:"listen" required:"true" nonempty:"true" oneormany:"true"`
	// MyASN is our AS number.
	MyASN inet.ASN `conf:"my_asn" required:"true" range:"1..4294967295"`
	// MyBGPID is our BGP identifier: four octets, as a list of numbers or as an IPv4 address.
	MyBGPID netip.Addr `conf:"my_bgp_id" required:"true" octets:"true"`
	// FilterName is accepted for compatibility.
	FilterName string `conf:"filter_name" notice:"has no effect; the hook is the function bgp_in of the script"`
	// Peers are the neighbours, by address ("192.0.2.1") or by prefix
	// ("192.0.2.0/24"). An address wins over a prefix, a longer prefix over a
	// shorter one. Who matches none is dropped.
	Peers map[Neighbour]Peer `conf:"peers" reload:"live"`
}

// Peer is what is agreed with a neighbour, or with all in a prefix.
type Peer struct {
	// Name is a label for people.
	Name string `conf:"name" required:"true"`
	// RemoteASN lists the AS numbers accepted, as one number or a list; an
	// empty list accepts any.
	RemoteASN []inet.ASN `conf:"remote_asn" required:"true" oneormany:"true"`
	// HoldTime is the hold time that we propose; the lower of both ends counts.
	// 0 switches KEEPALIVE messages and the hold timer off.
	HoldTime time.Duration `conf:"hold_time" default:"90" unit:"s" range:"0s..65535s"`
	// Protocols lists the families to offer. None offers no capability for it,
	// which means IPv4 unicast.
	Protocols []string `conf:"protocols" oneormany:"true" enum:"Ipv4Unicast|Ipv6Unicast|Ipv4Multicast|Ipv6Multicast|Ipv4MplsUnicast|Ipv6MplsUnicast|Ipv4MplsVpnUnicast|Ipv6MplsVpnUnicast|Ipv4FlowSpec|Ipv6FlowSpec|Ipv4FlowSpecVpn|Ipv6FlowSpecVpn|Ipv4RouteTarget|L2VpnVpls|L2VpnEvpn|BgpLs"`
	// AddPath lists the families in which the peer may send several paths for
	// a prefix (RFC 7911).
	AddPath []string `conf:"addpath" oneormany:"true" enum:"Ipv4Unicast|Ipv6Unicast|Ipv4Multicast|Ipv6Multicast|Ipv4MplsUnicast|Ipv6MplsUnicast|Ipv4MplsVpnUnicast|Ipv6MplsVpnUnicast"`
	// MaxPrefix is how many prefixes (with ADD-PATH: paths) of one family the
	// peer may send; one more ends the session. 0 means any number.
	MaxPrefix uint32 `conf:"max_prefix" default:"0"`
	// MaxPrefixRestart is how long such a peer is then refused. 0 refuses it
	// until its settings change or the unit restarts.
	MaxPrefixRestart time.Duration `conf:"max_prefix_restart" default:"0" unit:"s" range:"0s.."`
	// Announce lists static routes that are sent to the peer.
	Announce []Static `conf:"announce"`
}

// Static is a route that we announce ourselves.
type Static struct {
	// Prefix is announced.
	Prefix netip.Prefix `conf:"prefix" required:"true"`
	// NextHop is where the peer sends traffic for it.
	NextHop netip.Addr `conf:"next_hop" required:"true"`
}

// Neighbour is the key of a peer: an address or a prefix.
type Neighbour struct {
	Prefix netip.Prefix
	Exact  bool // an address was written
}

// String returns the key as it was written, host bits aside.
func (n Neighbour) String() string {
	if n.Exact {
		return n.Prefix.Addr().String()
	}
	return n.Prefix.String()
}

// MarshalText is String.
func (n Neighbour) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads an address or a prefix.
func (n *Neighbour) UnmarshalText(b []byte) error {
	text := string(b)
	if a, err := netip.ParseAddr(text); err == nil {
		a = a.Unmap()
		*n = Neighbour{netip.PrefixFrom(a.WithZone(""), a.BitLen()), true}
		return nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return &badNeighbour{text}
	}
	*n = Neighbour{p.Masked(), false}
	return nil
}

type badNeighbour struct{ text string }

func (e *badNeighbour) Error() string {
	return strconv.Quote(e.text) + " is neither an address nor a prefix"
}

// ValidateConf checks what concerns several keys.
func (c *Config) ValidateConf(n *conf.Node) error {
	if !c.MyBGPID.Is4() || c.MyBGPID.IsUnspecified() {
		return n.KeyErrorf("my_bgp_id", "want an IPv4 address other than 0.0.0.0, or a list of its four octets", "%s is no BGP identifier", c.MyBGPID)
	}
	return nil
}

// ValidateConf checks what a type alone cannot.
func (p *Peer) ValidateConf(n *conf.Node) error {
	if p.HoldTime == time.Second || p.HoldTime == 2*time.Second {
		return n.KeyErrorf("hold_time", "want 0, or at least 3 seconds", "RFC 4271 §4.2 forbids a hold time of %s", p.HoldTime)
	}
	for _, as := range p.RemoteASN {
		if as == 0 {
			return n.KeyErrorf("remote_asn", "want numbers from 1, or an empty list for any", "0 is no AS number")
		}
	}
	return nil
}

// ValidateConf checks that prefix and next hop go together.
func (s *Static) ValidateConf(n *conf.Node) error {
	if s.NextHop.IsUnspecified() || s.NextHop.IsMulticast() || s.NextHop.Zone() != "" {
		return n.KeyErrorf("next_hop", "want the address of a router", "%s cannot forward", s.NextHop)
	}
	if s.Prefix.Addr().Is4() != s.NextHop.Unmap().Is4() {
		return n.KeyErrorf("next_hop", "want an address of the prefix's family", "%s cannot be the next hop of %s", s.NextHop, s.Prefix)
	}
	if s.Prefix != s.Prefix.Masked() {
		return n.KeyErrorf("prefix", "write "+s.Prefix.Masked().String(), "%s has bits set behind its length", s.Prefix)
	}
	return nil
}
