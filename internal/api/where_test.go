package api

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseWhere(t *testing.T) {
	for text, want := range map[string]map[string][]string{
		"":                                  {},
		"a=b":                               {"a": {"b"}},
		" a = b  AND c==d ":                 {"a": {"b"}, "c": {"d"}},
		`family="ipv4 unicast" and b=and`:   {"family": {"ipv4 unicast"}, "b": {"and"}},
		"filter[originAsn]=64500 and x=a=b": {"filter[originAsn]": {"64500"}, "x": {"a=b"}},
	} {
		got, err := ParseWhere(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if diff := cmp.Diff(want, map[string][]string(got)); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
	for text, want := range map[string]string{
		"a":               "KEY=VALUE",
		"a=":              "write a value",
		"=b":              "KEY=VALUE",
		"a=b and":         "KEY=VALUE",
		"a=b or c=d":      "join terms with and",
		"a=b and a=c":     "give it once",
		`a="b`:            "end it with",
		"originAsn 64500": "KEY=VALUE",
	} {
		if got, err := ParseWhere(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v, want %q", text, got, err, want)
		}
	}
}
