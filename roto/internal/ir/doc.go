// Package ir is Roto's typed intermediate form: what a checked program does,
// with every value laid out in slots and every early exit a statement.
//
// Expressions here have no control flow but && || and a plain conditional;
// `return`, `?`, `match` and blocks inside expressions are hoisted into
// statements over temporaries, in evaluation order. All types are concrete:
// generic ones have one layout for each set of arguments.
//
// A slot holds a word and a pointer. Numbers use the word, texts and host
// values both; addresses, records and enums take several slots:
//
//	u32, bool, Asn …   [w]
//	String             [len,ptr]
//	IpAddr             [high] [low] [family]          family: 4 or 6
//	Prefix             [high] [low] [family<<8|length]
//	record             its fields, one after the other
//	enum               [tag] then the fields of the variant, all variants overlaid
//
// Start reading at [Lower].
package ir
