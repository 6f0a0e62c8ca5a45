package daemon

import (
	_ "embed"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"

	"example.com/rotonda/conf"
	"example.com/rotonda/internal/graph"
	"example.com/rotonda/internal/obs"
	"example.com/rotonda/unit"
)

// Global are the settings at the top level of the configuration file.
type Global struct {
	// RotoScript is the file or folder of the Roto scripts. Without it there
	// are no filters and everything is accepted.
	RotoScript string `conf:"roto_script" path:"true"`
	// RotoCommands are the programs that scripts may run with command, each by its
	// absolute path. Without any it runs nothing.
	RotoCommands []string `conf:"roto_commands" oneormany:"true"`
	// HTTPListen are the addresses of the API, the page and the metrics. Without
	// any there is no HTTP.
	HTTPListen []netip.AddrPort `conf:"http_listen" oneormany:"true"`
	// LogLevel is the least that is logged: off, error, warn, info, debug or trace.
	LogLevel string `conf:"log_level" default:"info"`
	// LogTarget is where log lines go.
	LogTarget string `conf:"log_target" default:"default" enum:"default|stderr|syslog|file"`
	// LogFile is the file for the target file; "-" is standard error.
	LogFile string `conf:"log_file" path:"true"`
	// LogFacility is the syslog facility for the target syslog.
	LogFacility string `conf:"log_facility" default:"daemon"`
	// MemoryLimit bounds the memory of the process. Near it the garbage
	// collector works harder; then new routes are refused and counted, while
	// withdrawals and sessions go on. 0 is no limit.
	MemoryLimit int64 `conf:"memory_limit" unit:"bytes" default:"0" range:"0..1099511627776"`
	// StateDirectory is where the register of ingresses is kept, so that their
	// ids are the same after a restart. The default is the folder rotonda.state
	// beside the configuration file.
	StateDirectory string `conf:"state_directory" path:"true"`
	// Simulate plays a small Internet into this daemon's own listeners.
	Simulate *Simulate `conf:"simulate"`
}

// Simulate are the settings of the built-in Internet.
type Simulate struct {
	// Seed decides everything: the same seed plays the same Internet.
	Seed int64 `conf:"seed" default:"1"`
	// Prefixes is the size of the table.
	Prefixes int `conf:"prefixes" default:"20000" range:"1000..1000000"`
	// Routers is the number of BMP routers.
	Routers int `conf:"routers" default:"3" range:"0..250"`
	// Peers is the number of BGP peers of each of them.
	Peers int `conf:"peers" default:"2" range:"1..250"`
	// Speakers is the number of peers that speak BGP to the daemon itself.
	Speakers int `conf:"speakers" default:"2" range:"0..100"`
	// Rate is the number of changes a second that each peer sends after its table.
	Rate int `conf:"rate" default:"5" range:"0..100000"`
}

// Config is a whole configuration, decoded and checked.
type Config struct {
	Global
	Path string
	Plan *graph.Plan
}

//go:embed default.conf
var defaultConfig []byte

// DefaultConfig returns the text of the configuration that runs where none is
// named.
func DefaultConfig() []byte { return defaultConfig }

// ReadConfig reads and checks a configuration file; the empty path is the
// embedded default. All errors are returned at once.
func ReadConfig(path string, catalog []unit.Def) (*Config, []conf.Notice, error) {
	text, shown := defaultConfig, "default.conf"
	if path != "" {
		var err error
		if text, err = os.ReadFile(path); err != nil {
			return nil, nil, fmt.Errorf("configuration: %w", err)
		}
		shown = path
	}
	file, errs := conf.Parse(shown, text)
	if len(errs) > 0 {
		return nil, nil, errs
	}
	c := &Config{Path: path}
	global, notices := file.Root.Without("units", "targets").Decode(&c.Global)
	plan, more, unused := graph.ReadPlan(file.Root, catalog)
	errs = append(global, more...)
	errs = append(errs, c.check(file)...)
	errs.Sort()
	if len(errs) > 0 {
		return nil, notices, errs
	}
	c.Plan = plan
	if c.StateDirectory == "" && path != "" {
		c.StateDirectory = filepath.Join(file.Dir, "rotonda.state")
	}
	return c, append(notices, unused...), nil
}

func (c *Config) check(file *conf.File) conf.Errors {
	var errs conf.Errors
	if _, _, err := obs.ParseLevel(c.LogLevel); err != nil && c.LogLevel != "" {
		errs = append(errs, file.Root.KeyErrorf("log_level", "want off, error, warn, info, debug or trace", "there is no level %q", c.LogLevel))
	}
	if c.LogTarget == "file" && c.LogFile == "" {
		errs = append(errs, file.Root.KeyErrorf("log_target", "add log_file = \"…\"", "the target file needs a file name"))
	}
	if _, err := os.Stat(c.RotoScript); c.RotoScript != "" && err != nil {
		errs = append(errs, file.Root.KeyErrorf("roto_script", "name a .roto file or a folder with pkg.roto", "%s cannot be read: %s", c.RotoScript, reason(err)))
	}
	for _, program := range c.RotoCommands {
		if !filepath.IsAbs(program) {
			errs = append(errs, file.Root.KeyErrorf("roto_commands", "write the whole path, such as \"/usr/bin/logger\"", "%q is not an absolute path", program))
		}
	}
	if file.Root.At("units") == nil {
		errs = append(errs, file.Root.KeyErrorf("units", "add at least one table such as [units.bmp-in]", "there is no unit"))
	}
	return errs
}

// reason is an error of the file system without the name of the file.
func reason(err error) string {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

func (c *Config) logging(o Options) (obs.LogConfig, error) {
	level, off, err := obs.ParseLevel(c.LogLevel)
	if err != nil {
		return obs.LogConfig{}, err
	}
	lc := obs.LogConfig{Level: level, Off: off, Target: c.LogTarget, File: c.LogFile, Facility: c.LogFacility}
	return o.overLog(lc), nil
}
