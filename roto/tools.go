package roto

import (
	"fmt"

	"example.com/rotonda/roto/syntax"
)

// Format returns the text of one file in the one style; name stands in messages.
// A text that does not parse is a [*Report]; one of the oldest edition is refused.
func Format(name, text string) (string, error) {
	var diags syntax.Diagnostics
	tree := syntax.Parse(syntax.NewFile(name, text), syntax.Auto, &diags)
	if diags.Failed() {
		diags.Sort()
		return "", &Report{diags.List}
	}
	if tree.Edition == syntax.Oldest {
		return "", fmt.Errorf("%s: a file of the oldest edition has no style of its own; rewrite it with roto migrate", name)
	}
	return syntax.Format(tree), nil
}

// Migrate returns the text of one file in today's language, whatever edition it
// is of, and what its author should look at. Of a file of today it is the same
// text. A text that does not parse is a [*Report].
func Migrate(name, text string) (string, []syntax.Diagnostic, error) {
	var diags syntax.Diagnostics
	tree := syntax.Parse(syntax.NewFile(name, text), syntax.Auto, &diags)
	diags.Sort()
	if diags.Failed() {
		return "", nil, &Report{diags.List}
	}
	return syntax.Migrate(tree), diags.List, nil
}
