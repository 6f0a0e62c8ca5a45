package bmpin

import "net/netip"

// Config configures a BMP station: it waits for routers and turns their feed into
// routes.
type Config struct {
	// Listen is the address that routers connect to; a list listens on several.
	Listen []netip.AddrPort `conf:"listen" required:"true" nonempty:"true" oneormany:"true"`
	// MaxMessage is the longest BMP message accepted, in bytes. A longer one ends
	// the connection before memory is taken for it.
	MaxMessage int `conf:"max_message" default:"1048576" range:"4096..16777216" unit:"bytes" reload:"live"`
	// RouterIDTemplate labels a router in metrics; {sys_name}, {router_ip} and
	// {router_port} stand for what they say.
	RouterIDTemplate string `conf:"router_id_template" default:"{sys_name}" reload:"live"`
	// TLVCodePoints says how the TLVs of BMP version 4, which is still a draft, are
	// numbered: as in its revision 19 (what routers have), 20 or 21, or as each router's
	// own messages show. A change counts for routers that connect after it.
	TLVCodePoints string `conf:"tlv_code_points" enum:"auto|tlv19|tlv20|tlv21" default:"auto" reload:"live"`
	// TracingMode is accepted for compatibility.
	TracingMode string `conf:"tracing_mode" enum:"Off|IfRequested|On" notice:"has no effect: /api/v1/status shows the last messages of each router that were in error"`
	// FilterName is accepted for compatibility.
	FilterName string `conf:"filter_name" notice:"has no effect; the hook is the function bmp_in of the script"`
	// HTTPAPIPath is accepted for compatibility.
	HTTPAPIPath string `conf:"http_api_path" notice:"has no effect; routers are listed under /api/v1 and by rotonda routers"`
}
