package unit

import (
	"fmt"
)

// Def is a kind of unit, as listed in units/all: its type name, its settings
// and how to make one. Use [Define] to make a Def.
type Def struct {
	// Type is the name in the configuration: type = "bmp-tcp-in".
	Type string
	// Source is the Go source of the config struct, embedded by the unit. It is
	// parsed only for schema, help and manual.
	Source []byte
	// Config returns a pointer to an empty config struct.
	Config func() any
	// New makes an inert unit from what Config returned, decoded.
	New func(cfg any, env Env) (Unit, error)
	// Reload applies a changed config to a running unit. It reports false where
	// the unit cannot, and has to be restarted.
	Reload func(u Unit, cfg any) (bool, error)
	// Instead is set for a kind that upstream has and this version has not: what
	// to use in its place. Such a unit is accepted in the configuration, named in
	// a notice, and left out.
	Instead string
	// Reloads reports whether the unit has a Reload.
	Reloads func(u Unit) bool
}

// Define makes a Def from a constructor. The type of the settings is inferred
// from it. A unit with a method Reload(C) error takes changes while it runs.
func Define[C any, U Unit](typ string, make func(C, Env) (U, error), source []byte) Def {
	return Def{
		Type:   typ,
		Source: source,
		Config: func() any { return new(C) },
		New: func(cfg any, env Env) (Unit, error) {
			c, ok := cfg.(*C)
			if !ok {
				return nil, fmt.Errorf("unit %s: settings are a %T, want %T", typ, cfg, c)
			}
			return make(*c, env)
		},
		Reloads: func(u Unit) bool {
			_, ok := u.(interface{ Reload(C) error })
			return ok
		},
		Reload: func(u Unit, cfg any) (bool, error) {
			r, ok := u.(interface{ Reload(C) error })
			c, same := cfg.(*C)
			if !ok || !same {
				return false, nil
			}
			return true, r.Reload(*c)
		},
	}
}

// Sourced is a config of a unit that takes batches from others.
type Sourced interface {
	// SourceList names where the batches come from, in the order written.
	SourceList() Sources
}

// Filtered is a config of a receiver that names the script function to be run
// on its incoming edges in place of rib_in_pre. Empty: the default name.
type Filtered interface {
	FilterFunction() string
}

// Queued is a config of a target, whose incoming edges have a queue.
type Queued interface {
	QueuePolicy() Policy
}

// Policy says what a queue does when it is full.
type Policy string

// The policies. PeerUp, PeerDown, EndOfRIB and VRPs are never dropped.
const (
	// Resync forgets what the target was told and replays the source's state:
	// for targets that hold state.
	Resync Policy = "resync"
	// Drop loses batches, counted and shown: for event logs.
	Drop Policy = "drop"
	// Pause blocks the source: only for sources that can wait.
	Pause Policy = "pause"
)
