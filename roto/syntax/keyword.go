package syntax

import (
	"maps"
	"slices"
)

// keywords are the reserved words, each with the edition that alone reserves it:
// Modern, or Legacy for all before; Auto where all do.
var keywords = map[string]Edition{
	"accept": Auto, "dep": Auto, "else": Auto, "filter": Auto, "filtermap": Auto, "fn": Auto, "if": Auto, "import": Auto,
	"in": Auto, "let": Auto, "match": Auto, "pkg": Auto, "reject": Auto, "return": Auto, "std": Auto, "super": Auto,
	"test": Auto, "while": Auto,
	"const": Modern, "enum": Modern, "for": Modern, "record": Modern,
	"function": Legacy, "not": Legacy, "type": Legacy, "variant": Legacy,
}

// keyword reports whether s is reserved in the edition.
func keyword(s string, e Edition) bool {
	by, ok := keywords[s]
	return ok && (by == Auto || (by == Modern) == (e == Modern))
}

// Keywords returns the words that cannot be names in an edition, in order: the
// keywords and the two truth values.
func Keywords(e Edition) []string {
	words := []string{"false", "true"}
	for s := range maps.Keys(keywords) {
		if keyword(s, e) {
			words = append(words, s)
		}
	}
	slices.Sort(words)
	return words
}

// almost maps words of other languages to the Roto word meant.
var almost = map[string]string{
	"loop": "", "struct": "record", "class": "record", "data": "record", "use": "import", "switch": "match",
	"var": "let", "local": "let", "function": "fn", "fun": "fn", "func": "fn", "def": "fn",
}
