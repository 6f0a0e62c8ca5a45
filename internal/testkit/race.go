//go:build race

package testkit

// Race reports that the race detector is on: it allocates, and makes what runs in
// one goroutine six times as slow for nothing.
const Race = true
