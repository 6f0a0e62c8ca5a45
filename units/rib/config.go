package rib

import (
	"time"

	"example.com/rotonda/conf"
	"example.com/rotonda/unit"
)

// Config configures a RIB: the unit that keeps routes, answers queries about
// them and tells those behind it what changed.
type Config struct {
	// Sources are the units whose routes are kept. An RTR unit is listed like
	// any other.
	Sources unit.Sources `conf:"sources" alias:"source" required:"true"`
	// FilterName is the function of the Roto script that judges each route before
	// it is kept, in place of rib_in_pre: so two RIBs can hold different views.
	FilterName string `conf:"filter_name"`
	// Storage is where routes are kept. This version keeps them in memory.
	Storage string `conf:"storage" default:"memory" enum:"memory"`
	// Directory names the store. RIBs with the same directory share one, which
	// holds equal attribute sets and prefixes once.
	Directory string `conf:"directory" path:"true"`
	// MemoryLimit is the most memory that the store may take. At the limit new
	// routes are refused and counted; withdrawals go on. 0 is no limit.
	MemoryLimit int64 `conf:"memory_limit" default:"0" unit:"bytes" range:"0..1099511627776" reload:"live"`
	// KeepWithdrawn is how long a withdrawn route can still be asked for.
	KeepWithdrawn time.Duration `conf:"keep_withdrawn" default:"1h" unit:"s" range:"0s..8760h"`
	// StaleTime is how long routes of an earlier session are kept when the peer is
	// back and sends no End-of-RIB. While it is away its source says how long.
	StaleTime time.Duration `conf:"stale_time" default:"6m" unit:"s" range:"1s..24h" reload:"live"`
	// QueryLimits are limits of upstream that its last releases do not enforce.
	QueryLimits QueryLimits `conf:"query_limits" notice:"has no effect: answers are streamed in constant memory, so short prefixes need no limit; use limit=N in a query"`

	KeepUnfiltered bool     `conf:"keep_unfiltered" notice:"has no effect: after a change of the script BGP peers are asked for their routes again; those of BMP and MRT keep their verdict"`
	Sync           string   `conf:"sync" notice:"has no effect with storage = \"memory\", the only one of this version"`
	Retention      string   `conf:"retention" notice:"has no effect with storage = \"memory\", the only one of this version"`
	Indexes        []string `conf:"indexes" oneormany:"true" notice:"has no effect in this version: queries walk the table"`

	RIBType  string  `conf:"rib_type" notice:"has no effect: every RIB keeps its routes; for a filtered view use a second RIB with filter_name"`
	APIPath  string  `conf:"http_api_path" notice:"has no effect: the RIB answers under /api/v1/ribs/NAME/routes"`
	Keys     ignored `conf:"rib_keys" notice:"has no effect: routes are keyed by prefix, ingress and path id"`
	Upstream string  `conf:"vrib_upstream" notice:"has no effect: name the other RIB in sources"`
}

// QueryLimits is upstream's table of that name.
type QueryLimits struct {
	// MoreSpecifics limits queries for more specific prefixes.
	MoreSpecifics struct {
		// ShortestPrefixIPv4 is a prefix length.
		ShortestPrefixIPv4 int `conf:"shortest_prefix_ipv4" default:"8" range:"0..32"`
		// ShortestPrefixIPv6 is a prefix length.
		ShortestPrefixIPv6 int `conf:"shortest_prefix_ipv6" default:"19" range:"0..128"`
	} `conf:"more_specifics"`
}

// ignored takes any value.
type ignored struct{}

// UnmarshalConf accepts what is there.
func (*ignored) UnmarshalConf(*conf.Node) error { return nil }

// SourceList returns where the routes come from.
func (c *Config) SourceList() unit.Sources { return c.Sources }

// FilterFunction returns the function that the incoming edges run.
func (c *Config) FilterFunction() string { return c.FilterName }
