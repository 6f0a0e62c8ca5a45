package rib

import (
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/rotonda/conf"
	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/store"
	"example.com/rotonda/unit"
)

func TestStateAndMetricsCountWhatIsHeld(t *testing.T) {
	env := newEnv("rib", newSharing())
	r := open(t, Config{KeepWithdrawn: time.Hour}, env)
	p := up(r, 1, 1)
	announce(r, p, "attribute set", 1, 2, 3)
	announce(r, p, "another", 1)
	announce(r, up(r, 2, 1), "attribute set", 1)
	b := new(unit.Batch)
	b.Add(&unit.PeerDown{Peer: unit.Peer{Ingress: 2, Session: 1}, Time: 9})
	b.Add(&unit.PeerDown{Peer: unit.Peer{Ingress: 2, Session: 1}, Time: 9})
	_ = r.Handle(ctx, b)
	st := r.State().(State)
	want := FamilyState{Prefixes: 3, Routes: 3, Withdrawn: 1, Peers: 1}
	if st.Families["ipv4 unicast"] != want || len(st.Families) != 1 || st.Peers != 2 || st.Up != 1 || st.Late != 1 || st.Memory == 0 {
		t.Errorf("%+v", st)
	}
	got := map[string]float64{}
	for m := range r.Metrics() {
		if _, twice := got[m.Name]; twice || m.Help == "" {
			t.Errorf("metric %s comes twice or without help", m.Name)
		}
		got[m.Name] = m.Value
	}
	for name, want := range map[string]float64{
		"rib_unit_num_routes_announced_total": 4, "rib_unit_num_modified_route_announcements_total": 1,
		"rib_unit_num_routes_withdrawn_total": 1, "rib_unit_num_late_events_total": 1, "rib_unit_num_items_total": 4,
		"rib_unit_num_unique_prefixes_total": 3, "rib_routes": 3, "rib_prefixes": 3, "rib_routes_stale": 0,
	} {
		if v, ok := got[name]; !ok || v != want {
			t.Errorf("%s is %v, want %v", name, v, want)
		}
	}
	if f := r.Families(); !slices.Equal(f, []inet.Family{inet.IPv4Unicast}) || r.PeerStats(1)[inet.IPv4Unicast].Routes() != 3 || r.PeerStats(9) != nil {
		t.Errorf("families %v, of peer 1: %v", f, r.PeerStats(1))
	}
}

func TestReloadTakesLimitsAndRefusesWhatNeedsARestart(t *testing.T) {
	r := open(t, Config{}, newEnv("rib", newSharing()))
	if err := r.Reload(Config{MemoryLimit: 1 << 20, StaleTime: time.Second}); err != nil || r.StoreStats().Limit != 1<<20 {
		t.Errorf("limit %d, %v", r.StoreStats().Limit, err)
	}
	if err := r.Reload(Config{Directory: "elsewhere"}); err == nil || !strings.Contains(err.Error(), "restart") {
		t.Error(err)
	}
}

func TestWhatARIBLeavesIsWithdrawn(t *testing.T) {
	s := newSharing()
	r := open(t, Config{}, newEnv("rib", s))
	announce(r, up(r, 1, 1), "attribute set", 1)
	r.leave()
	again := open(t, Config{}, newEnv("rib", s))
	if n := len(held(t, again)); n != 0 {
		t.Errorf("%d routes of the RIB that ended", n)
	}
	announce(again, up(again, 1, 1), "attribute set", 2)
	if got := held(t, again); len(got) != 1 {
		t.Errorf("%v", got)
	}
}

func decode(t *testing.T, text string) (Config, conf.Errors, []conf.Notice) {
	t.Helper()
	f, errs := conf.Parse("rib.conf", []byte(text))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var c Config
	errs, notices := f.Root.Decode(&c)
	return c, errs, notices
}

func TestUpstreamsKeysAreTakenWithANotice(t *testing.T) {
	c, errs, notices := decode(t, `
sources = ["bmp-in", "rtr"]
filter_name = "rib-in-pre"
rib_type = "Physical"
rib_keys = ["PeerIp"]
keep_unfiltered = true
[query_limits.more_specifics]
shortest_prefix_ipv4 = 8
`)
	if len(errs) > 0 || len(c.Sources) != 2 || c.Storage != "memory" || c.KeepWithdrawn != time.Hour || c.FilterFunction() != "rib-in-pre" {
		t.Errorf("%+v, %v", c, errs)
	}
	if len(notices) != 4 {
		t.Errorf("%d notices: %v", len(notices), notices)
	}
}

func TestAnotherStorageIsRefusedWithTheOneThatActs(t *testing.T) {
	_, errs, _ := decode(t, "sources = \"bmp-in\"\nstorage = \"write-ahead\"\n")
	if len(errs) != 1 || !strings.Contains(errs[0].Error(), "rib.conf:2:") || !strings.Contains(errs[0].Error(), "memory") {
		t.Error(errs)
	}
}

var _ interface {
	unit.Receiver
	unit.Replayer
	unit.Stater
	unit.Measurer
	Table() store.Table
	PeerStats(ingress.ID) map[inet.Family]store.LaneStats
} = (*RIB)(nil)
