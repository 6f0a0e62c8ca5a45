package flowspec

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"example.com/rotonda/routecore/inet"
)

// TextError says where a text is not a rule.
type TextError struct {
	Offset int    // octets from the start of the text
	Token  string // the word there, "" at the end
	Text   string // what is wrong, or what is wanted
}

// Error names the place, the word and what is wanted.
func (e *TextError) Error() string {
	at := "at the end"
	if e.Token != "" {
		at = "at " + strconv.Quote(e.Token)
	}
	return "flowspec: offset " + strconv.Itoa(e.Offset) + " " + at + ": " + e.Text
}

// ParseText reads a rule of a FlowSpec family. The grammar, in which words are
// separated by spaces:
//
//	rule      = { "rd" RD | component | "raw" HEX }
//	component = ("destination" | "source") PREFIX
//	          | NAME list
//	list      = run { "," run } | "[" run { run } "]"   one of the runs holds
//	run       = term { "&" term }                       all of its terms hold
//	numeric   = [ "=" | "!=" | "<" | "<=" | ">" | ">=" ] VALUE [ width ]
//	          | ( "true" | "false" ) [ ":" VALUE ] [ width ]
//	          | VALUE "-" VALUE                         both included
//	bitmask   = [ "!" ] [ "=" ] BIT { "+" BIT } [ width ]
//	width     = "@" ("1" | "2" | "4" | "8")
//
// RD and NAME are as [inet.RD] and [Type] print them; destination and source may
// have "-ipv4" or "-ipv6" behind them, and both "protocol" and "next-header",
// "dscp" and "traffic-class" are known in both families. Names may be in any case.
// PREFIX is ADDRESS/LENGTH, in IPv6 also ADDRESS/LENGTH/OFFSET. VALUE is a number,
// decimal or 0x and hexadecimal, or in protocol a name such as tcp. BIT is a flag (fin,
// syn, rst, push, ack, urgent, ece, cwr, ns; dont-fragment, is-fragment,
// first-fragment, last-fragment) or a number. A bitmask without "=" holds where
// any bit is set, with it where all are; "!" inverts that. The width is the octets
// of the value on the wire, where not as many as [Term] says. Components may come in
// any order, each once. Errors are [*TextError].
func ParseText(f inet.Family, s string) (Rule, error) {
	p := textParser{family: f, s: s}
	rule := Rule{Family: f}
	hasRD := false
	for p.next() {
		switch name := strings.ToLower(p.token); {
		case name == "rd":
			if err := p.rd(&rule, hasRD); err != nil {
				return Rule{}, err
			}
			hasRD = true
		case name == "raw":
			if err := p.raw(&rule); err != nil {
				return Rule{}, err
			}
		default:
			if err := p.component(&rule); err != nil {
				return Rule{}, err
			}
		}
	}
	if vpn(f) && !hasRD {
		return Rule{}, p.end("want rd RD: the family has route distinguishers")
	}
	slices.SortFunc(rule.Components, func(a, b Component) int { return int(a.Type) - int(b.Type) })
	if _, err := rule.append(nil); err != nil {
		return Rule{}, p.end(err.Text)
	}
	return rule, nil
}

type textParser struct {
	family inet.Family
	s      string
	at     int // behind the current word
	from   int // start of the current word
	token  string
}

// next moves to the next word; brackets are words of their own.
func (p *textParser) next() bool {
	for p.at < len(p.s) && (p.s[p.at] == ' ' || p.s[p.at] == '\t' || p.s[p.at] == '\n' || p.s[p.at] == ',') {
		p.at++
	}
	p.from = p.at
	if p.at == len(p.s) {
		p.token = ""
		return false
	}
	if n := strings.IndexAny(p.s[p.at:], " \t\n,[]"); n < 0 {
		p.at = len(p.s)
	} else {
		p.at += max(n, 1)
	}
	p.token = p.s[p.from:p.at]
	return true
}

func (p *textParser) fault(text string) error { return &TextError{p.from, p.token, text} }
func (p *textParser) end(text string) error   { return &TextError{len(p.s), "", text} }

func (p *textParser) rd(rule *Rule, again bool) error {
	if !vpn(p.family) {
		return p.fault("the family has no route distinguishers")
	}
	if again {
		return p.fault("stands twice")
	}
	p.next()
	rd, err := inet.ParseRD(p.token)
	if err != nil {
		return p.fault("want ASN:NUMBER or IPV4:NUMBER")
	}
	rule.RD = rd
	return nil
}

func (p *textParser) raw(rule *Rule) error {
	p.next()
	digits, ok := strings.CutPrefix(p.token, "0x")
	b, err := hex.DecodeString(digits)
	if !ok || err != nil || len(b) == 0 || rule.Raw != nil {
		return p.fault("want 0x and hexadecimal digits, once")
	}
	rule.Raw = b
	return nil
}

// find looks a component up by any of its names.
func find(f inet.Family, name string) Type {
	name = strings.ToLower(name)
	for t := range table {
		row := info(f, Type(t))
		if row.kind == unknown || name == "" {
			continue
		}
		if name == row.text(f) || row.kind != prefix && (name == row.name || name == row.name6) || row.kind == prefix && name == row.json {
			return Type(t)
		}
	}
	return 0
}

func (p *textParser) component(rule *Rule) error {
	t := find(p.family, p.token)
	if t == 0 {
		text := "no component of " + p.family.String() + " has this name"
		if len(rule.Components) > 0 && strings.ContainsAny(p.token[:1], "=!<>&0123456789") {
			text += "; several values of one component are written A,B or [ A B ]"
		}
		return p.fault(text)
	}
	if _, twice := rule.Component(t); twice {
		return p.fault("stands twice")
	}
	c := Component{Type: t}
	row := info(p.family, t)
	if !p.next() {
		return p.end("want a value of " + row.text(p.family))
	}
	if row.kind == prefix {
		var fault string
		if c.Prefix, fault = parsePrefix(p.family, p.token); fault != "" {
			return p.fault(fault)
		}
		rule.Components = append(rule.Components, c)
		return nil
	}
	parse := p.commas
	if p.token == "[" {
		parse = p.list
	}
	if err := parse(row, &c); err != nil {
		return err
	}
	rule.Components = append(rule.Components, c)
	return nil
}

// commas reads the current word and those that follow a comma at once.
func (p *textParser) commas(row *row, c *Component) error {
	for {
		if err := p.run(row, c); err != nil {
			return err
		}
		if p.at == len(p.s) || p.s[p.at] != ',' {
			return nil
		}
		if !p.next() {
			return p.end("want a term behind the comma")
		}
	}
}

func (p *textParser) list(row *row, c *Component) error {
	for {
		if !p.next() {
			return p.end("want ]")
		}
		if p.token == "]" {
			if len(c.Terms) == 0 {
				return p.fault("want a term")
			}
			return nil
		}
		if err := p.run(row, c); err != nil {
			return err
		}
	}
}

// run reads one word of terms joined by &.
func (p *textParser) run(row *row, c *Component) error {
	for i, word := range strings.Split(p.token, "&") {
		var terms []Term
		var fault string
		if row.kind == bitmask {
			terms, fault = row.parseBits(word)
		} else {
			terms, fault = row.parseNumber(word)
		}
		if fault == "" {
			fault = checkTerms(row, terms)
		}
		if fault != "" {
			return p.fault(fault)
		}
		if i > 0 {
			terms[0].Op |= And
		}
		c.Terms = append(c.Terms, terms...)
	}
	return nil
}

// cutWidth takes the width off a term's end.
func cutWidth(word string) (rest string, width uint8, ok bool) {
	rest, digits, has := strings.Cut(word, "@")
	if !has {
		return rest, 0, true
	}
	switch digits {
	case "1", "2", "4", "8":
		return rest, digits[0] - '0', true
	}
	return rest, 0, false
}

func (r *row) parseNumber(word string) ([]Term, string) {
	want := "want an operator and a number"
	if r.values != nil {
		want += " or a name such as " + r.values[0].name
	}
	word, width, ok := cutWidth(word)
	if !ok {
		return nil, "want @1, @2, @4 or @8"
	}
	for _, op := range []Op{0, Less | Greater | Equal} {
		if rest, found := strings.CutPrefix(word, operators[op]); found {
			if rest == "" {
				return []Term{r.sized(op, width, 0)}, ""
			}
			v, ok := r.number(strings.TrimPrefix(rest, ":"))
			if !ok || rest[0] != ':' {
				return nil, want
			}
			return []Term{r.sized(op, width, v)}, ""
		}
	}
	if low, high, ok := strings.Cut(word, "-"); ok {
		from, okFrom := r.number(low)
		to, okTo := r.number(high)
		if okFrom && okTo && from <= to {
			return []Term{r.sized(Greater|Equal, width, from), r.sized(And|Less|Equal, width, to)}, ""
		}
	}
	op := Equal
	for _, o := range []Op{Less | Greater, Less | Equal, Greater | Equal, Less, Greater, Equal} {
		if rest, found := strings.CutPrefix(word, operators[o]); found {
			op, word = o, rest
			break
		}
	}
	v, ok := r.number(word)
	if !ok {
		return nil, want
	}
	return []Term{r.sized(op, width, v)}, ""
}

// sized fills in the width that will be on the wire.
func (r *row) sized(op Op, width uint8, v uint64) Term {
	t := Term{op, width, v}
	if width == 0 {
		t.Width = uint8(r.widthOf(t))
	}
	return t
}

func (r *row) number(word string) (uint64, bool) {
	for _, v := range r.values {
		if strings.EqualFold(v.name, word) {
			return v.value, true
		}
	}
	base := 10
	if digits, ok := strings.CutPrefix(word, "0x"); ok {
		word, base = digits, 16
	}
	v, err := strconv.ParseUint(word, base, 64)
	return v, err == nil
}

func (r *row) parseBits(word string) ([]Term, string) {
	word, width, ok := cutWidth(word)
	if !ok {
		return nil, "want @1 or @2"
	}
	op := Op(0)
	if rest, found := strings.CutPrefix(word, "!"); found {
		op, word = op|Not, rest
	}
	if rest, found := strings.CutPrefix(word, "="); found {
		op, word = op|MatchAll, rest
	}
	var value uint64
	for bit := range strings.SplitSeq(word, "+") {
		v, ok := r.number(bit)
		if !ok {
			return nil, "want [!][=] and bits joined by +, such as " + r.values[0].name + " or 0x10"
		}
		value |= v
	}
	return []Term{r.sized(op, width, value)}, ""
}
