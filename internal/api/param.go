package api

import (
	"net/http"
	"net/url"
	"strings"

	"example.com/rotonda/conf"
)

// param is a parameter that an endpoint takes.
type param struct {
	name  string
	alias string // upstream's name; may be empty
	about string
	kind  string   // JSON type: string, integer
	enum  []string // allowed words; empty: any
	list  bool     // words separated by commas
	set   func(q *Query, value string) error
}

// values are the parameters of a request under their names, aliases resolved.
type values map[string]string

// check resolves aliases and refuses what is not in the table.
func check(params []param, raw url.Values) (values, *Problem) {
	out := values{}
	for key, given := range raw {
		p := find(params, key)
		if p == nil {
			return nil, unknown(params, key)
		}
		if _, twice := out[p.name]; twice || len(given) > 1 {
			return nil, wrong(key, "give it once", "the parameter stands there more than once")
		}
		if bad := p.checkWords(key, given[0]); bad != nil {
			return nil, bad
		}
		out[p.name] = given[0]
	}
	return out, nil
}

func find(params []param, key string) *param {
	for i := range params {
		if p := &params[i]; key == p.name || key == p.alias && key != "" {
			return p
		}
	}
	return nil
}

func unknown(params []param, key string) *Problem {
	var names []string
	for i := range params {
		names = append(names, params[i].name)
		if params[i].alias != "" {
			names = append(names, params[i].alias)
		}
	}
	right := "it takes no parameters"
	if len(names) > 0 {
		right = "the parameters are " + strings.Join(names, ", ")
	}
	if near, ok := conf.Nearest(key, names); ok {
		right = "did you mean " + near + "?"
	}
	return wrong(key, right, "there is no such parameter")
}

func (p *param) checkWords(key, value string) *Problem {
	if len(p.enum) == 0 {
		return nil
	}
	words := []string{value}
	if p.list {
		words = strings.Split(value, ",")
	}
	for _, w := range words {
		if !contains(p.enum, w) {
			right := "one of " + strings.Join(p.enum, ", ")
			if near, ok := conf.Nearest(w, p.enum); ok {
				right = "did you mean " + near + "?"
			}
			return wrong(key, right, "%q is not a value of it", w)
		}
	}
	return nil
}

func contains(words []string, word string) bool {
	for _, w := range words {
		if w == word {
			return true
		}
	}
	return false
}

// parameters reads the query string of a request and checks it.
func parameters(params []param, r *http.Request) (values, *Problem) {
	raw, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, problem(http.StatusBadRequest, "the query string cannot be read: %v", err)
	}
	return check(params, raw)
}
