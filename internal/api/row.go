package api

import (
	"net/http"
	"strconv"
	"time"

	"example.com/rotonda/ingress"
	"example.com/rotonda/store"
)

// row appends a route in our own form.
func (s *search) row(dst []byte, e store.Entry) []byte {
	dst = append(dst, `{"prefix":"`...)
	dst = e.Prefix.AppendTo(dst)
	dst = append(dst, `","pathId":`...)
	if e.HasPathID {
		dst = strconv.AppendUint(dst, uint64(e.PathID), 10)
	} else {
		dst = append(dst, "null"...)
	}
	dst = strconv.AppendUint(append(dst, `,"ingress":`...), uint64(e.Ingress), 10)
	dst = s.peer(dst, e.Ingress)
	dst = append(dst, `,"received":"`...)
	dst = time.UnixMicro(e.Time).UTC().AppendFormat(dst, time.RFC3339Nano)
	dst = append(append(dst, `","status":"`...), e.Status.String()...)
	dst = append(append(dst, `","rov":"`...), s.rov(e).String()...)
	dst = append(dst, `","attributes":`...)
	dst = s.shown(e.Attrs).AppendJSON(dst, e.Family)
	return append(dst, '}')
}

// peer appends what the register knows; null where it knows nothing.
func (s *search) peer(dst []byte, id uint32) []byte {
	i := s.api.opt.Ingress.Info(ingress.ID(id))
	if i == nil {
		return append(dst, `,"peerAsn":null,"peerAddress":null,"view":null`...)
	}
	dst = strconv.AppendUint(append(dst, `,"peerAsn":`...), uint64(i.ASN), 10)
	dst = append(dst, `,"peerAddress":`...)
	if i.Addr.IsValid() {
		dst = append(i.Addr.AppendTo(append(dst, '"')), '"')
	} else {
		dst = append(dst, "null"...)
	}
	dst = append(dst, `,"view":`...)
	if v := i.View.String(); v != "" {
		return append(append(append(dst, '"'), v...), '"')
	}
	return append(dst, "null"...)
}

// routes answers /api/v1/ribs/{rib}/routes.
func (a *API) routes(w http.ResponseWriter, r *http.Request) {
	q, err := ParseQuery(r.URL.Query())
	if err != nil {
		fail(w, err)
		return
	}
	rib, bad := a.findRIB(r.PathValue("rib"))
	if bad != nil {
		bad.write(w)
		return
	}
	s, err := a.search(rib.rib, q)
	if err != nil {
		fail(w, err)
		return
	}
	if q.Lines {
		out := a.open(w, "application/jsonl")
		_, _, err = out.rows(r.Context(), s, func(dst []byte, e store.Entry) []byte { return append(s.row(dst, e), '\n') })
		a.end(r, err)
		return
	}
	if q.MRT {
		a.table(w, r, s)
		return
	}
	a.object(w, r, s)
}

func (a *API) object(w http.ResponseWriter, r *http.Request, s *search) {
	out := a.open(w, "application/json")
	out.buf = append(out.buf, `{"data":[`...)
	comma := false
	count, next, err := out.rows(r.Context(), s, func(dst []byte, e store.Entry) []byte {
		if comma {
			dst = append(dst, ',')
		}
		comma = true
		return s.row(append(dst, '\n'), e)
	})
	if err == nil {
		out.buf = append(out.buf, "\n],\"meta\":{\"next\":"...)
		if text := next.String(); text != "" {
			out.buf = strconv.AppendQuote(out.buf, text)
		} else {
			out.buf = append(out.buf, "null"...)
		}
		out.buf = strconv.AppendInt(append(out.buf, `,"count":`...), int64(count), 10)
		out.buf = append(out.buf, "}}\n"...)
		err = out.flush()
	}
	a.end(r, err)
}

// end breaks an answer off that could not be finished, so that the client does
// not take it for a whole one.
func (a *API) end(r *http.Request, err error) {
	if err == nil || r.Context().Err() != nil { // done, or nobody waits for it
		return
	}
	a.opt.Log.Warn("http: an answer was broken off", "path", r.URL.Path, "client", r.RemoteAddr, "error", err)
	panic(http.ErrAbortHandler) // the documented way to do so; net/http recovers it
}

func fail(w http.ResponseWriter, err error) {
	p, ok := err.(*Problem)
	if !ok {
		p = problem(http.StatusInternalServerError, "%v", err)
	}
	p.write(w)
}
