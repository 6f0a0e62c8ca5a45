// Package check gives names and types to a parsed Roto program.
//
// Its input are trees of package syntax and a [Universe] of what the host
// bound; its output is a typed tree (typed.go) in which every name is resolved
// and every type variable has a value. It reports all errors it finds. It does
// not know how values are laid out or executed.
//
// Inference is bidirectional: an expression is checked against the type its
// place wants, by unification, with no generalisation and no subtyping.
//
// Start reading at [Check], then infer.go.
package check
