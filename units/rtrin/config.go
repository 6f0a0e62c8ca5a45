package rtrin

import "time"

// Config configures a client of an RPKI cache, which keeps the validated ROA
// payloads that scripts and queries check routes against.
type Config struct {
	// Remote is the address of the cache, "host:port".
	Remote string `conf:"remote" required:"true"`
	// Retry is the pause between two attempts to connect.
	Retry time.Duration `conf:"retry" default:"60s" unit:"s" range:"1s..1h"`
	// InitialVersion is the version of the protocol to start with; lower ones
	// are tried when the cache does not speak it.
	InitialVersion int `conf:"initial_version" default:"2" range:"0..2"`
}
