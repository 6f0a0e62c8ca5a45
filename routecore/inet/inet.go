// Package inet holds the values that every routing protocol shares: AS numbers,
// address families, prefixes in wire form, and bounds-checked reading and
// appending of bytes.
//
// It knows no protocol: path attributes, messages and sessions live in
// routecore/bgp. Start reading at [Family] and [Reader].
//
// Sources: RFC 4760 (address families), RFC 6793 (4-octet AS numbers), RFC 5396
// (textual form of AS numbers), RFC 4271 §4.3 (prefix encoding), RFC 7911 §3
// (path identifiers), RFC 4364 §4.2 (route distinguishers).
package inet
