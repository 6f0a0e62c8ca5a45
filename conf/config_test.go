package conf_test

import (
	_ "embed"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"example.com/rotonda/conf"
)

//go:embed config_test.go
var source []byte

// daemon is the top level of a configuration in these tests.
type daemon struct {
	RotoScript string                     `conf:"roto_script" path:"true"`
	HTTPListen []netip.AddrPort           `conf:"http_listen" oneormany:"true"`
	LogLevel   string                     `conf:"log_level" default:"info" enum:"off|error|warn|info|debug|trace"`
	LogTarget  string                     `conf:"log_target" default:"default" enum:"default|stderr|syslog|file"`
	Compress   *bool                      `conf:"compress_responses" notice:"has no effect; answers are compressed when the client asks"`
	Scripts    string                     `conf:"roto_scripts_path" notice:"has no effect; name one entry point with roto_script"`
	Units      map[string]*conf.Node      `conf:"units" required:"true"`
	Targets    map[string]*conf.Node      `conf:"targets" required:"true"`
	Everything *everything                `conf:"everything"`
	Networks   map[netip.Prefix]time.Time `conf:"networks"`
}

// speaker waits for BGP peers.
//
// A second paragraph.
type speaker struct {
	// Listen is the address peers connect to.
	Listen netip.AddrPort        `conf:"listen" required:"true"`
	ASN    uint32                `conf:"my_asn" required:"true" range:"1.."`
	ID     netip.Addr            `conf:"my_bgp_id" required:"true" octets:"true"`
	Filter string                `conf:"filter_name" notice:"has no effect; the hook is bgp_in"`
	Peers  map[netip.Prefix]peer `conf:"-"`
	ByName map[string]peer       `conf:"peers"`
}

// peer is one neighbour.
type peer struct {
	Name string `conf:"name" required:"true" reload:"live"`
	// ASNs are the AS numbers accepted; empty means any.
	ASNs      []uint32      `conf:"remote_asn" required:"true" oneormany:"true"`
	Hold      time.Duration `conf:"hold_time" default:"90" unit:"s" range:"3..65535" reload:"live"`
	Protocols []string      `conf:"protocols" enum:"Ipv4Unicast|Ipv6Unicast|Ipv4Multicast|Ipv6Multicast"`
	Key       string        `conf:"md5_key" secret:"true"`
	Announce  []route       `conf:"announce"`
}

type route struct {
	Prefix  netip.Prefix `conf:"prefix" required:"true"`
	NextHop netip.Addr   `conf:"next_hop"`
}

type router struct {
	Listen  netip.AddrPort `conf:"listen" required:"true"`
	Tracing string         `conf:"tracing_mode" default:"Off" enum:"Off|IfRequested|On"`
	Label   string         `conf:"router_id_template" default:"{sys_name}"`
}

type mrt struct {
	Files []string `conf:"filename" required:"true" oneormany:"true" nonempty:"true" path:"true"`
}

type rtr struct {
	Remote  string        `conf:"remote" required:"true"`
	Retry   time.Duration `conf:"retry" default:"60" unit:"s"`
	Version uint8         `conf:"initial_version" default:"2" enum:"0|1|2"`
}

type rib struct {
	Sources []string `conf:"sources" required:"true" nonempty:"true"`
	Limits  struct {
		More struct {
			V4 int `conf:"shortest_prefix_ipv4" default:"8" range:"0..32"`
			V6 int `conf:"shortest_prefix_ipv6" default:"19" range:"0..128"`
		} `conf:"more_specifics"`
	} `conf:"query_limits"`
	Memory int64 `conf:"memory_limit" default:"0" unit:"bytes" range:"0..1TiB"`
}

type target struct {
	Sources  []string `conf:"sources" oneormany:"true" alias:"source" required:"true" nonempty:"true"`
	Format   string   `conf:"format" enum:"csv|json|json-min"`
	Filename string   `conf:"filename" path:"true"`
	Dest     string   `conf:"destination"`
	Client   string   `conf:"client_id"`
	Topic    string   `conf:"topic_template" default:"rotonda/{id}"`
	QoS      int      `conf:"qos" default:"2" range:"0..2"`
}

// everything has one field of each kind.
type everything struct {
	base
	Text    string          `conf:"text" nonempty:"true"`
	Small   int8            `conf:"small"`
	Count   uint16          `conf:"count" default:"7"`
	Ratio   float64         `conf:"ratio" default:"0.5" range:"0..1"`
	Yes     bool            `conf:"yes" default:"true"`
	Wait    time.Duration   `conf:"wait" default:"1m30s" range:"1s..1h"`
	Size    int             `conf:"size" default:"1MiB" unit:"bytes" range:"4KiB..16MiB"`
	Address netip.Addr      `conf:"address" default:"::1"`
	Prefix  netip.Prefix    `conf:"prefix"`
	When    time.Time       `conf:"when"`
	Four    [4]uint8        `conf:"four"`
	Words   []string        `conf:"words" default:"a, b"`
	Grid    [][]int         `conf:"grid"`
	Secret  string          `conf:"secret" secret:"true" enum:"open|sesame"`
	Any     any             `conf:"any"`
	Even    even            `conf:"even" default:"2"`
	Pointer *int            `conf:"pointer"`
	Table   map[string]bool `conf:"table" nonempty:"true"`
	Low     int             `conf:"low" default:"1"`
	High    int             `conf:"high" default:"2"`
}

type base struct {
	Inherited string `conf:"inherited" default:"yes" reload:"live" alias:"handed_down"`
}

func (e *everything) ValidateConf(n *conf.Node) error {
	if e.Low > e.High {
		return n.KeyErrorf("low", "want at most the value of high", "%d is more than high = %d", e.Low, e.High)
	}
	return nil
}

// even is an even number.
type even int

func (e *even) UnmarshalConf(n *conf.Node) error {
	var x int
	if _, err := fmt.Sscan(n.Text, &x); err != nil || x%2 != 0 {
		return fmt.Errorf("%s is not even", n.Text)
	}
	*e = even(x)
	return nil
}

var unitTypes = map[string]func() any{
	"bmp-tcp-in":  func() any { return &router{} },
	"bgp-tcp-in":  func() any { return &speaker{} },
	"mrt-file-in": func() any { return &mrt{} },
	"rtr-tcp-in":  func() any { return &rtr{} },
	"rib":         func() any { return &rib{} },
	"null-out":    func() any { return &target{} },
	"file-out":    func() any { return &target{} },
	"mqtt-out":    func() any { return &target{} },
}

// loaded is a whole configuration, decoded as a daemon would.
type loaded struct {
	top   daemon
	units map[string]any
	said  []string // errors and notices, one a line
}

func load(path string, src []byte) loaded {
	l := loaded{units: map[string]any{}}
	file, errs := conf.Parse(path, src)
	if len(errs) == 0 {
		var notices []conf.Notice
		errs, notices = file.Root.Decode(&l.top)
		for _, set := range []map[string]*conf.Node{l.top.Units, l.top.Targets} {
			for _, name := range slices.Sorted(maps.Keys(set)) {
				e, more := l.unit(name, set[name])
				errs, notices = append(errs, e...), append(notices, more...)
			}
		}
		errs.Sort()
		for _, n := range notices {
			l.said = append(l.said, "notice: "+n.String())
		}
	}
	for _, e := range errs {
		l.said = append(l.said, e.Error())
	}
	return l
}

func (l *loaded) unit(name string, n *conf.Node) (conf.Errors, []conf.Notice) {
	kind := n.At("type")
	if kind == nil {
		return conf.Errors{n.KeyErrorf("type", "", "is missing")}, nil
	}
	make, ok := unitTypes[kind.Text]
	if !ok {
		return conf.Errors{kind.Errorf("", "%q is no type of unit", kind.Text)}, nil
	}
	cfg := make()
	l.units[name] = cfg
	return n.Without("type").Decode(cfg)
}

func lines(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return strings.Join(list, "\n") + "\n"
}
