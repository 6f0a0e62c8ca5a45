// Command rotonda runs the daemon, asks a running one, and works on files of
// routes without one. Each sub-command stands in a file of its own.
package main

import (
	"os"

	"example.com/rotonda/internal/daemon"
	"example.com/rotonda/units/all"
)

func main() {
	root := daemon.Command(all.Units())
	root.AddCommand(
		dumpCommand(), decodeCommand(), simulateCommand(),
		queryCommand(), statusCommand(), ribsCommand(), routersCommand(), peersCommand(), statsCommand(), reloadCommand(),
	)
	os.Exit(daemon.Execute(root))
}
