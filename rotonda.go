// Package rotonda is the only door to the daemon. A program that adds a
// connector of its own has a main function such as
//
//	func main() { os.Exit(rotonda.Main(append(all.Units(), mine.Unit)...)) }
//
// and is then a complete Rotonda with one more unit type. The libraries
// (routecore, roto, store, rpki) can be imported without this package and know
// nothing of it.
package rotonda

import (
	"example.com/rotonda/internal/daemon"
	"example.com/rotonda/unit"
)

// Main runs the daemon with the given kinds of units, on the arguments of the
// process, until a signal ends it, and returns the exit code: 0 well, 1 failed,
// 2 wrong usage.
func Main(units ...unit.Def) int { return daemon.Main(units) }
