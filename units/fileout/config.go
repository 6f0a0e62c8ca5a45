package fileout

import (
	"example.com/rotonda/unit"
	"example.com/rotonda/unit/format"
)

// Config configures a file that events are written to, one a line.
type Config struct {
	// Filename is the file. It is created anew at start, unless append is set,
	// and opened again when it was renamed or removed.
	Filename string `conf:"filename" required:"true" nonempty:"true" path:"true" reload:"live"`
	// Format is how lines look. "events" writes each event as a JSON object with
	// the member event. The others are upstream's: "json" writes what scripts
	// emit as bare JSON records and, behind a RIB, the routes; "json-min" and
	// "csv" write only what scripts emit.
	Format string `conf:"format" default:"events" enum:"events|json|json-min|csv" reload:"live"`
	// Sources names the units whose events are written.
	Sources unit.Sources `conf:"sources" alias:"source" required:"true"`
	// Append goes on with a file that is there already at start.
	Append bool `conf:"append" default:"false" reload:"live"`
	// QueueFull says what is done when events come faster than they can be
	// written: "resync" writes the whole state anew later on, "drop" loses
	// events, "pause" makes the source wait. Where it is not set, formats with
	// routes have "resync" and those without have "drop".
	QueueFull string `conf:"queue_full" enum:"drop|resync|pause"`
}

// SourceList names the units before the target.
func (c Config) SourceList() unit.Sources { return c.Sources }

// QueuePolicy says what a full queue before the target does.
func (c Config) QueuePolicy() unit.Policy {
	if c.QueueFull != "" {
		return unit.Policy(c.QueueFull)
	}
	if c.style().Routes() {
		return unit.Resync
	}
	return unit.Drop
}

func (c Config) style() format.Style {
	s, _ := format.ParseStyle(c.Format)
	return s
}
