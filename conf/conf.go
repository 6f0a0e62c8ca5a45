// Package conf turns a TOML file into the structs of the units, and those
// structs into documentation: one struct with tags gives strict decoding,
// defaults, ranges, schema and manual page.
//
// It is not a general TOML library: it reads configuration files whole, keeps
// the place of every key and value, and reports all that is wrong at once as
//
//	FILE:LINE:COL: KEY: what is wrong; what would be right
//
// It never reads files, environment or clocks. Start reading at [Parse] for the
// way from text to [Node], at [Node.Decode] for the way to a struct, and at
// [Describe] for the way to a schema.
//
// # Tags
//
//	conf:"name"         the key; conf:"-" leaves a field out, an embedded struct is flattened
//	default:"text"      the value where the key is absent, written as in the file without quotes; lists split at commas
//	required:"true"     the key must be present
//	nonempty:"true"     a string, list or table must not be empty
//	range:"1..65535"    bounds of a number, duration ("1s..1h") or size ("4KiB.."); of each element in a list
//	enum:"a|b"          the only words (any case is accepted and written as here) or numbers
//	unit:"s"            a bare number is accepted for a duration and counts seconds ("ms", "s", "m", "h")
//	unit:"bytes"        an integer that may be written "64MiB", "1GB" or bare
//	oneormany:"true"    a single value stands for a list of one
//	octets:"true"       an IPv4 address may be written as a list of four numbers
//	path:"true"         a file name, relative to the folder of the configuration file
//	secret:"true"       never printed: errors and schemas leave the value out
//	reload:"live"       a change needs no restart of the unit
//	alias:"old_name"    former names, separated by commas; their use is a notice
//	notice:"text"       logged when the key is present (legacy keys)
//
// Sources: TOML 1.0.0 (https://toml.io/en/v1.0.0).
package conf
