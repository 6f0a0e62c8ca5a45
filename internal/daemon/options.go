package daemon

import (
	"log/slog"

	"example.com/rotonda/internal/obs"
)

// Options are what the command line says; they win over the configuration.
type Options struct {
	Config   string // path; empty: the embedded default
	Verbose  int    // -v: one level more each
	Quiet    int    // -q: one level less each; twice is nothing
	LogFile  string // "-" is standard error
	Syslog   bool
	Facility string
	HTTP     []string // listen addresses in place of http_listen
}

func (o Options) overLog(c obs.LogConfig) obs.LogConfig {
	switch {
	case o.Quiet >= 2:
		c.Off = true
	case o.Quiet == 1:
		c.Level = slog.LevelError
	case o.Verbose == 1:
		c.Off, c.Level = false, slog.LevelDebug
	case o.Verbose >= 2:
		c.Off, c.Level = false, slog.LevelDebug-4
	}
	switch {
	case o.Syslog:
		c.Target = "syslog"
	case o.LogFile == "-":
		c.Target = "stderr"
	case o.LogFile != "":
		c.Target, c.File = "file", o.LogFile
	}
	if o.Facility != "" {
		c.Facility = o.Facility
	}
	return c
}
