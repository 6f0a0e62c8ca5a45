// Package interop holds tests against real implementations of others: BIRD from
// Debian peers with the daemon over loopback. They run with the build tag
// interop (make interop) and need no root but to install BIRD; nothing leaves
// the machine. The package has no code of its own.
//
// ROTONDA_BIN names the daemon to test. Where it is not set, and where a test
// needs a unit of its own, the test binary runs itself as the daemon. Start
// reading at peering_test.go.
package interop
