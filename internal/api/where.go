package api

import (
	"net/url"
	"strings"
)

// ParseWhere reads an expression: terms KEY=VALUE joined by "and", values with
// blanks in double quotes, keys as the parameters of a request. The result is
// such parameters; a key that stands twice is an error.
//
//	originAsn=64500 and community=64500:1 and status=active
func ParseWhere(text string) (url.Values, error) {
	values := url.Values{}
	s := scanner{rest: text}
	for first := true; ; first = false {
		s.blanks()
		if s.rest == "" && first {
			return values, nil
		}
		key, value, err := s.term()
		if err != nil {
			return nil, err
		}
		if values.Has(key) {
			return nil, wrong("where", "give it once", "the key %s stands there twice", key)
		}
		values.Set(key, value)
		s.blanks()
		if s.rest == "" {
			return values, nil
		}
		if word := s.word(" \t\n"); !strings.EqualFold(word, "and") {
			return nil, wrong("where", "join terms with and", "%q stands where and or the end was expected", word)
		}
	}
}

type scanner struct{ rest string }

func (s *scanner) blanks() { s.rest = strings.TrimLeft(s.rest, " \t\n") }

// word cuts off what stands before one of the characters of stop.
func (s *scanner) word(stop string) string {
	i := strings.IndexAny(s.rest, stop)
	if i < 0 {
		i = len(s.rest)
	}
	w := s.rest[:i]
	s.rest = s.rest[i:]
	return w
}

func (s *scanner) term() (key, value string, err error) {
	key = s.word(" \t\n=")
	s.blanks()
	if key == "" || !strings.HasPrefix(s.rest, "=") {
		return "", "", wrong("where", "write KEY=VALUE, such as originAsn=64500", "a term begins with %q and has no =", key)
	}
	s.rest = strings.TrimPrefix(s.rest[1:], "=")
	s.blanks()
	if !strings.HasPrefix(s.rest, `"`) {
		if value = s.word(" \t\n"); value == "" {
			return "", "", wrong("where", "write a value behind the =", "%s has no value", key)
		}
		return key, value, nil
	}
	value, rest, closed := strings.Cut(s.rest[1:], `"`)
	if !closed {
		return "", "", wrong("where", `end it with "`, "the value of %s has no closing quote", key)
	}
	s.rest = rest
	return key, value, nil
}
