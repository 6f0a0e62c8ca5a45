package webui

import (
	"net/http"
	"net/url"
	"strings"

	"example.com/rotonda/internal/api"
	"example.com/rotonda/routecore/inet"
)

// search is the form with its answer.
type search struct {
	Asked   bool
	Text    string // a prefix, an address or an AS
	Match   string
	Origin  string
	RIB     string
	Routes  []api.Route
	More    bool   // there are more than shown
	Problem string // why there is no answer
	Link    string // the same question to the API
}

// found is the most routes shown.
const found = 200

// search answers the form, where it was filled in.
func (p *page) search(r *http.Request) search {
	form := r.URL.Query()
	s := search{
		Text: strings.TrimSpace(form.Get("q")), Match: form.Get("match"), Origin: strings.TrimSpace(form.Get("origin")), RIB: form.Get("rib"),
	}
	if s.RIB == "" {
		s.RIB = "default"
	}
	if s.Asked = s.Text != "" || s.Origin != ""; !s.Asked {
		return s
	}
	params := s.params()
	s.Link = "/api/v1/ribs/" + url.PathEscape(s.RIB) + "/routes?" + params.Encode()
	if !p.api.Ready() {
		s.Problem = "The sources have not caught up yet; please try again in a moment."
		return s
	}
	q, err := api.ParseQuery(params)
	if err != nil {
		s.Problem = err.Error()
		return s
	}
	routes, more, err := p.api.Routes(r.Context(), s.RIB, q, found)
	if err != nil {
		s.Problem = err.Error()
		return s
	}
	s.Routes, s.More = routes, more
	return s
}

// params translates the form into those of the API. An AS in the first field is
// an origin.
func (s *search) params() url.Values {
	v := url.Values{}
	if s.Origin != "" {
		v.Set("originAsn", s.Origin)
	}
	if _, err := inet.ParseASN(s.Text); err == nil && s.Origin == "" && !strings.Contains(s.Text, ".") {
		v.Set("originAsn", s.Text)
		return v
	}
	if s.Text == "" {
		return v
	}
	v.Set("prefix", s.Text)
	if s.Match != "" {
		v.Set("match", s.Match)
	}
	return v
}
