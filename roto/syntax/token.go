package syntax

// Kind is the kind of a token.
type Kind uint8

// The kinds of tokens. Punctuation and keywords carry their text.
const (
	EOF Kind = iota
	Invalid
	Ident
	Keyword
	Punct
	Int
	Float
	Hex
	String
	Char
	ASN
	IPv4
	IPv6
	Bool
	FStart // f"
	FText  // text between interpolations, unescaped in Value
	FOpen  // { inside an f-string
	FClose // }
	FEnd   // closing quote
)

// Token is one lexical unit.
type Token struct {
	Kind  Kind
	Text  string // as written
	Value string // strings, chars and f-string text: unescaped
	Span  Span
}

// is reports whether the token is this punctuation or keyword.
func (t Token) is(text string) bool {
	return (t.Kind == Punct || t.Kind == Keyword) && t.Text == text
}

// Comment is a comment with its marker, kept for formatting.
type Comment struct {
	Span Span
	Text string
}

// Edition is the dialect of a file.
type Edition uint8

// The editions. Auto asks for detection from the file's own evidence.
const (
	Auto   Edition = iota
	Modern         // roto 0.11 and later: //, =>, !, const, left-associative arithmetic
	Legacy         // roto 0.5 to 0.10: #, not, ->, |, right-associative arithmetic
	Oldest         // roto 0.3 and 0.4: Legacy with hyphens in names, filter-map, define and apply
)

// String returns the name used in pragmas and messages.
func (e Edition) String() string {
	switch e {
	case Legacy:
		return "0.7"
	case Oldest:
		return "0.3"
	case Modern:
		return "0.12"
	}
	return "auto"
}
