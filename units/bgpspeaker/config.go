package bgpspeaker

import (
	"net/netip"
	"strconv"
	"time"

	"example.com/rotonda/conf"
	"example.com/rotonda/routecore/inet"
)

// Config configures a BGP speaker: it waits for its peers, and connects to those
// that say so, keeps the sessions and turns what the peers send into routes.
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
	// Connect has us open the connection too, not only wait for the peer's. It
	// takes a peer with an address; those in a prefix are always waited for. An
	// attempt that fails is followed by a pause, first of 5 s and longer with each
	// failure, up to 160 s.
	Connect bool `conf:"connect" default:"false"`
	// Port is where the peer listens, for connect.
	Port uint16 `conf:"port" default:"179" range:"1..65535"`
	// SourceAddress is our end of connections that we open. The system chooses
	// where it is not given.
	SourceAddress netip.Addr `conf:"source_address"`
	// MD5Password signs every segment of the connections (TCP-MD5, RFC 2385). The
	// peer needs the same. With a prefix it is the password of all in it.
	MD5Password string `conf:"md5_password" secret:"true"`
	// TTL is the time to live, or hop limit, of what we send: 1 reaches only
	// neighbours, more is multihop. 0 leaves it to the system, which reaches far.
	TTL uint8 `conf:"ttl" default:"0"`
	// TTLSecurity is how many hops the peer is away at most: what came from
	// farther is dropped, and we send with the highest TTL (GTSM, RFC 5082). The
	// peer has to do the same. 1 is a neighbour on the same link, 0 is off.
	TTLSecurity uint8 `conf:"ttl_security" default:"0" range:"0..254"`
	// Role is our own role on the session (RFC 9234): it is announced, the
	// peer's has to fit, and routes that leak are treated as withdrawn.
	Role string `conf:"role" enum:"provider|rs|rs-client|customer|peer"`
	// RoleStrict refuses a peer that announces no role.
	RoleStrict bool `conf:"role_strict" default:"false"`
	// RouteServer says that the peer is a route server, which leaves its own AS
	// number out of the paths. Role rs-client says so too.
	RouteServer bool `conf:"route_server" default:"false"`
	// FirstAS treats routes of an external peer as withdrawn whose path does not
	// begin with its AS number (RFC 4271 §6.3). It is off because a collector also
	// listens to route servers, which leave theirs out.
	FirstAS bool `conf:"enforce_first_as" default:"false"`
	// AllowOwnAS is how often our own AS number may stand in a path. With more
	// it is a loop, and the route is treated as withdrawn.
	AllowOwnAS int `conf:"allow_own_as" default:"0" range:"0..255"`
	// GracefulRestart offers to keep the peer's routes while it restarts (RFC
	// 4724, RFC 8538): they are stale for the time it asked for, and go when it
	// is back and has sent all others.
	GracefulRestart bool `conf:"graceful_restart" default:"true"`
	// LongLivedStaleTime offers to keep them on after that (RFC 9494), with the
	// community LLGR_STALE and for as long as the peer asks, but at most this
	// long. 0 does not.
	LongLivedStaleTime time.Duration `conf:"long_lived_stale_time" default:"0" unit:"s" range:"0s..16777215s"`
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
	for key, p := range c.Peers {
		if p.Connect && !key.Exact {
			return n.KeyErrorf("peers", "name an address, or leave connect out", "%s is a prefix: there is no one to connect to", key)
		}
	}
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
	switch {
	case p.SourceAddress.IsValid() && !p.Connect:
		return n.KeyErrorf("source_address", "add connect = true, or leave it out", "only connections that we open have a source address to choose")
	case p.TTL > 0 && p.TTLSecurity > 0:
		return n.KeyErrorf("ttl", "leave one of the two out", "ttl_security sends with TTL 255")
	case p.RoleStrict && p.Role == "":
		return n.KeyErrorf("role_strict", "add role = ..., or leave it out", "it needs a role of our own")
	case len(p.MD5Password) > maxMD5:
		return n.KeyErrorf("md5_password", "want at most "+strconv.Itoa(maxMD5)+" octets", "the password is too long for the system")
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
