package api

import (
	"net/http"
	"net/netip"
	"net/url"
	"strconv"

	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/store"
)

// upstream answers one of upstream's two endpoints of a family: the whole table,
// which is the default route with what is more specific, or one prefix.
func (a *API) upstream(f inet.Family, whole bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q, _, err := parseQuery(filterParams, r.URL.Query())
		if err != nil {
			fail(w, err)
			return
		}
		q.Families = []inet.Family{f}
		if whole {
			q.Prefix, q.Specifics = allOf(f), true
		} else if q.Prefix, err = pathPrefix(r, f); err != nil {
			fail(w, err)
			return
		}
		rib, bad := a.findRIB(defaultRIB)
		if bad != nil {
			bad.write(w)
			return
		}
		s, err := a.search(rib.rib, q)
		if err != nil {
			fail(w, err)
			return
		}
		a.end(r, s.document(a.open(w, "application/json"), r))
	}
}

func allOf(f inet.Family) netip.Prefix {
	if f.AFI() == inet.AFIIPv4 {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	return netip.PrefixFrom(netip.IPv6Unspecified(), 0)
}

func pathPrefix(r *http.Request, f inet.Family) (netip.Prefix, error) {
	addr, err := url.PathUnescape(r.PathValue("prefix"))
	if err != nil {
		addr = r.PathValue("prefix")
	}
	p, _, bad := parsePrefix(addr + "/" + r.PathValue("len"))
	if bad != nil {
		return p, bad
	}
	if !fits(p, f) {
		return p, wrong("prefix", "use the endpoint of its family", "%s is no prefix of %s", p, f)
	}
	return p, nil
}

// document writes the answer in upstream's form.
func (s *search) document(out *stream, r *http.Request) error {
	out.buf = append(out.buf, `{"meta":null,"data":`...)
	q := s.q
	s.q.Match = store.Exact
	if err := s.prefixes(out, r, true); err != nil {
		return err
	}
	out.buf = append(out.buf, `,"included":{`...)
	comma := ""
	for _, part := range []struct {
		wanted bool
		name   string
		match  store.Match
	}{{q.Specifics, "moreSpecifics", store.More}, {q.LessSpecifics, "lessSpecifics", store.Less}} {
		if !part.wanted {
			continue
		}
		out.buf = append(append(append(out.buf, comma...), '"'), part.name...)
		out.buf = append(out.buf, `":[`...)
		s.q.Match, s.q.ExcludeSelf = part.match, true
		if err := s.prefixes(out, r, false); err != nil {
			return err
		}
		out.buf = append(out.buf, ']')
		comma = ","
	}
	out.buf = append(out.buf, "}}\n"...)
	return out.flush()
}

// prefixes writes routes grouped by prefix. The exact match is there without
// routes too.
func (s *search) prefixes(out *stream, r *http.Request, exact bool) error {
	var last netip.Prefix
	head := func(dst []byte, p netip.Prefix) []byte {
		return append(p.AppendTo(append(dst, `{"nlri":"`...)), `","routes":[`...)
	}
	_, _, err := out.rows(r.Context(), s, func(dst []byte, e store.Entry) []byte {
		switch {
		case e.Prefix == last:
			dst = append(dst, ',')
		case last.IsValid():
			dst = head(append(dst, "]},\n"...), e.Prefix)
		default:
			dst = head(dst, e.Prefix)
		}
		last = e.Prefix
		return s.upstreamRow(dst, e)
	})
	if err != nil {
		return err
	}
	if !last.IsValid() && exact {
		out.buf, last = head(out.buf, s.q.Prefix), s.q.Prefix
	}
	if last.IsValid() {
		out.buf = append(out.buf, "]}"...)
	}
	return nil
}

func (s *search) upstreamRow(dst []byte, e store.Entry) []byte {
	dst = append(append(dst, `{"status":"`...), e.Status.String()...)
	dst = append(dst, `","ingress":`...)
	if i := s.api.opt.Ingress.Info(ingress.ID(e.Ingress)); i != nil {
		dst = i.AppendJSON(dst)
	} else {
		dst = append(strconv.AppendUint(append(dst, `{"id":`...), uint64(e.Ingress), 10), '}')
	}
	dst = append(append(dst, `,"rpki":{"rov":"`...), s.rov(e).String()...)
	dst = append(dst, `"},"pathAttributes":`...)
	dst = s.shown(e.Attrs).AppendJSON(dst, e.Family)
	return append(dst, '}')
}
