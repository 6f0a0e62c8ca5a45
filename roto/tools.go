package roto

import "example.com/rotonda/roto/syntax"

// Format returns the text of one file in the one style; name stands in messages.
// A text that does not parse is a [*Report].
func Format(name, text string) (string, error) {
	var diags syntax.Diagnostics
	tree := syntax.Parse(syntax.NewFile(name, text), syntax.Auto, &diags)
	if diags.Failed() {
		diags.Sort()
		return "", &Report{diags.List}
	}
	return syntax.Format(tree), nil
}
