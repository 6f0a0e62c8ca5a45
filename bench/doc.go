// Package bench runs our benchmarks beside other projects' libraries, in one
// process and one run, on the same input. It is a module of its own, so that no
// user of the libraries ever downloads theirs:
//
//	cd bench && go test -run '^$' -bench .
//
// The last part of a name is the library (ours, gobgp, bgpfix, expr, …); the
// metric "ratio" on another library's line is its time divided by ours. Both
// must agree on what they read before they are timed: the tests compare them.
package bench
