package bgpspeaker

import (
	"net/netip"
	"strings"
	"testing"

	"example.com/rotonda/conf"
)

func decode(t *testing.T, text string) (Config, string) {
	t.Helper()
	f, errs := conf.Parse("rotonda.conf", []byte(text))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var cfg Config
	errs, _ = f.Root.Decode(&cfg)
	var lines []string
	for _, e := range errs {
		lines = append(lines, e.Error())
	}
	return cfg, strings.Join(lines, "\n")
}

func TestUpstreamConfigurationIsAccepted(t *testing.T) {
	cfg, errs := decode(t, `
listen = "192.0.2.254:179"
my_asn = 64512
my_bgp_id = [192, 0, 2, 254]
filter_name = "x"
[peers."192.0.2.1"]
name = "core-1"
remote_asn = 64513
hold_time = 180
protocols = ["Ipv4Unicast", "Ipv6Unicast"]
announce = [{prefix = "192.0.2.0/24", next_hop = "192.0.2.1"}]
[peers."198.51.100.0/24"]
name = "ixp-lan"
remote_asn = []
protocols = ["Ipv4Unicast", "Ipv4Multicast", "Ipv6Unicast"]
addpath = ["Ipv4Unicast"]
`)
	if errs != "" {
		t.Fatal(errs)
	}
	core := cfg.Peers[Neighbour{netip.MustParsePrefix("192.0.2.1/32"), true}]
	lan := cfg.Peers[Neighbour{netip.MustParsePrefix("198.51.100.0/24"), false}]
	if core.Name != "core-1" || core.HoldTime.Seconds() != 180 || len(core.Announce) != 1 || core.RemoteASN[0] != 64513 {
		t.Errorf("core is %+v", core)
	}
	if lan.HoldTime.Seconds() != 90 || len(lan.RemoteASN) != 0 || len(lan.Protocols) != 3 || cfg.MyBGPID.String() != "192.0.2.254" {
		t.Errorf("lan is %+v, id %s", lan, cfg.MyBGPID)
	}
}

func TestConfigurationErrorsNameThePlace(t *testing.T) {
	_, errs := decode(t, `listen = "192.0.2.254"
my_asn = 0
my_bgp_id = [192, 0, 2]
[peers."192.0.2.300"]
name = "a"
remote_asn = 1
[peers."192.0.2.1"]
name = "b"
remote_asn = 1
hold_time = 2
[peers."192.0.2.2"]
name = "c"
remote_asn = 1
protocols = ["IPv4"]
announce = [{prefix = "192.0.2.0/24", next_hop = "2001:db8::1"}]
`)
	for _, want := range []string{
		"rotonda.conf:1:", "rotonda.conf:2:", "rotonda.conf:3:", "rotonda.conf:4:", "neither an address nor a prefix",
		"rotonda.conf:10:", "RFC 4271", "rotonda.conf:14:", "rotonda.conf:15:", "cannot be the next hop",
	} {
		if !strings.Contains(errs, want) {
			t.Errorf("no %q in\n%s", want, errs)
		}
	}
}

func TestAddressBeforeLongestPrefix(t *testing.T) {
	peers := map[string]Peer{}
	for _, key := range []string{"0.0.0.0/0", "192.0.2.0/24", "192.0.2.128/25", "192.0.2.1/32", "192.0.2.1", "::/0", "2001:db8::/32"} {
		peers[key] = Peer{Name: key}
	}
	n := newNeighbours(settings(peers).Peers)
	for addr, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1", "192.0.2.2": "192.0.2.0/24", "192.0.2.200": "192.0.2.128/25",
		"198.51.100.1": "0.0.0.0/0", "2001:db8::1": "2001:db8::/32", "fe80::1%eth0": "::/0",
	} {
		if _, p, ok := n.find(netip.MustParseAddr(addr)); !ok || p.Name != want {
			t.Errorf("%s belongs to %q, want %q", addr, p.Name, want)
		}
	}
	if _, _, ok := newNeighbours(settings(onePeer).Peers).find(netip.MustParseAddr("192.0.2.2")); ok {
		t.Error("a peer is found for a stranger")
	}
}

func TestSettingsOfConnectionsAndRoles(t *testing.T) {
	const head = "listen = \"192.0.2.254:179\"\nmy_asn = 64512\nmy_bgp_id = [192, 0, 2, 254]\n"
	cfg, errs := decode(t, head+`[peers."192.0.2.1"]
name = "core"
remote_asn = 64513
[peers."192.0.2.2"]
name = "provider"
remote_asn = 64514
connect = true
port = 1179
source_address = "192.0.2.254"
md5_password = "swordfish"
ttl_security = 1
role = "Customer"
role_strict = true
allow_own_as = 1
enforce_first_as = true
graceful_restart = false
long_lived_stale_time = "1h"
`)
	if errs != "" {
		t.Fatal(errs)
	}
	core := cfg.Peers[Neighbour{netip.MustParsePrefix("192.0.2.1/32"), true}]
	if core.Connect || core.Port != 179 || !core.GracefulRestart || core.FirstAS || core.AllowOwnAS != 0 || core.TTLSecurity != 0 {
		t.Errorf("defaults: %+v", core)
	}
	up := cfg.Peers[Neighbour{netip.MustParsePrefix("192.0.2.2/32"), true}]
	if role, ok := up.role(); !up.Connect || up.Port != 1179 || !ok || role.String() != "customer" || up.sendTTL() != 255 || up.lowestTTL() != 255 || up.GracefulRestart || !up.FirstAS {
		t.Errorf("as written: %+v", up)
	}

	for _, c := range []struct{ key, set, want string }{
		{"192.0.2.0/24", "connect = true", "is a prefix"},
		{"192.0.2.1", `source_address = "192.0.2.254"`, "connections that we open"},
		{"192.0.2.1", "ttl = 1\nttl_security = 1", "255"},
		{"192.0.2.1", "ttl_security = 255", "254"},
		{"192.0.2.1", "role_strict = true", "role of our own"},
		{"192.0.2.1", `role = "friend"`, "rs-client"},
		{"192.0.2.1", `md5_password = "` + strings.Repeat("swordfish", 9) + `"`, "at most 80"},
	} {
		_, errs := decode(t, head+"[peers.\""+c.key+"\"]\nname = \"a\"\nremote_asn = 1\n"+c.set+"\n")
		if !strings.Contains(errs, c.want) {
			t.Errorf("%s: no %q in %q", c.set, c.want, errs)
		}
		if strings.Contains(errs, "swordfish") {
			t.Errorf("a password is shown: %s", errs)
		}
	}
}
