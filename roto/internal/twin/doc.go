// Package twin runs checked Roto programs slowly and obviously, and writes
// random ones.
//
// It is support for tests: package roto runs each of its cases and thousands of
// random programs on the engine and on this twin, and wants the same text or the
// same fault. No other code may import it. It shares the checker with the engine
// and nothing behind it: no layout, no lowering, no closures, no library. Where
// the two could be built alike, the twin takes the plainer way: integers are
// big numbers cut to their width, records are immutable and a store makes a new
// one, variables are entries of a map, leaving a function is a panic.
//
// Start reading at [Run], then eval.go; [Program] writes the random programs.
package twin
