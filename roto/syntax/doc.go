// Package syntax turns Roto source text into a tree with positions.
//
// It is a scanner, a recursive-descent parser and the tree itself, for the
// union of the dialects in circulation; what a file's dialect changes is told
// by its [Edition]. Diagnostics and their printed form live here too, because
// every later stage reports through them. The package knows nothing of types
// or execution.
//
// Start reading at [Parse], then tree.go.
package syntax
