// Package filter is what Roto sees of the daemon: the types, methods and hooks
// of Rotonda 0.5 and 0.6, bound to our own values, and the running of hooks on
// messages and batches.
//
//	script ──compile──► Scripts.cur (immutable set, swapped whole)
//	                        │
//	edge ──Filter(batch)────┤   rib_in_pre, per route or once per attribute set
//	unit ──Judge(message)───┘   bgp_in, bmp_in
//
// It knows no unit and no graph: they call it through unit.Filter and
// unit.Hook. State of a call lives with the caller's batch or hook, so nothing
// here is locked on the data path. A fault rejects announcements and is
// counted; a rejected withdrawal is hidden from outputs but still takes the
// route away.
//
// Start reading at [Scripts], then edge.go. What scripts can use is bound in
// the files named bind….
package filter
