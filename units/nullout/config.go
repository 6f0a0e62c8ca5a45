package nullout

import "example.com/rotonda/unit"

// Config configures a target that discards everything.
type Config struct {
	// Sources names the units whose events are discarded.
	Sources unit.Sources `conf:"sources" alias:"source" required:"true"`
}

// SourceList names the units before the target.
func (c Config) SourceList() unit.Sources { return c.Sources }
