package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"example.com/rotonda/internal/daemon"
)

const twoRoutes = `{"prefix":"192.0.2.0/24","pathId":null,"ingress":5,"peerAsn":64500,"peerAddress":"198.51.100.1","view":"inPre","received":"2026-03-01T12:00:00Z","status":"active","rov":"valid","attributes":[{"origin":"Igp"},{"asPath":["AS64500","AS_SET(AS1, AS2)"]},{"conventionalNextHop":"198.51.100.1"},{"standardCommunities":["AS64500:7"]},{"largeCommunities":["1:2:3"]}]}
{"prefix":"2001:db8::/32","pathId":7,"ingress":6,"peerAsn":null,"peerAddress":null,"view":null,"received":"2026-03-01T12:00:00Z","status":"stale","rov":"notChecked","attributes":[{"mpReachNlri":{"nextHop":{"ipv6LL":{"global":"2001:db8::1","linkLocal":"fe80::1"}}}}]}
`

// fakeDaemon answers by path and keeps the last query.
func fakeDaemon(t *testing.T, answers map[string]string) (address string, asked *string) {
	asked = new(string)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = r.Method + " " + r.URL.Path + "?" + r.URL.RawQuery
		text, ok := answers[r.URL.Path]
		switch {
		case !ok:
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"detail":"there is no such parameter","parameter":"foo\u001b[31m","right":"did you mean foo?"}`)
		case strings.HasSuffix(text, "BROKEN"):
			_, _ = io.WriteString(w, strings.TrimSuffix(text, "BROKEN"))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		default:
			_, _ = io.WriteString(w, text)
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL, asked
}

func runCommand(cmd *cobra.Command, args ...string) (string, error) {
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(io.Discard)
	cmd.SetArgs(args)
	err := cmd.Execute()
	return out.String(), err
}

func failed(err error) bool {
	var f daemon.Failure
	return errors.As(err, &f)
}

func TestQueryPrintsRoutesInThreeForms(t *testing.T) {
	addr, asked := fakeDaemon(t, map[string]string{"/api/v1/ribs/default/routes": twoRoutes})
	for _, c := range []struct {
		args []string
		want []string
		ask  string
	}{
		{[]string{"192.0.2.1"}, []string{"prefix ", "64500 AS_SET(1, 2)", "AS64500:7 1:2:3", "2001:db8::1 "}, "?format=jsonl&prefix=192.0.2.1"},
		{[]string{"10.0.0.0/8", "--more", "originAsn=64500", "and", "status=active", "--limit", "3"}, nil, "?format=jsonl&limit=3&match=more&prefix=10.0.0.0%2F8&where=originAsn%3D64500+and+status%3Dactive"},
		{[]string{"view=inPre", "--json"}, []string{twoRoutes}, "?format=jsonl&where=view%3DinPre"},
		{[]string{"--csv"}, []string{"prefix,status,peerAsn", "\n192.0.2.0/24,active,64500,198.51.100.1,inPre,valid,198.51.100.1,\"64500 AS_SET(1, 2)\"", ",6,7\n"}, "?format=jsonl"},
	} {
		out, err := runCommand(queryCommand(), append(c.args, "--server", addr)...)
		if err != nil {
			t.Errorf("%v: %v", c.args, err)
		}
		for _, w := range c.want {
			if !strings.Contains(out, w) {
				t.Errorf("%v lacks %q:\n%s", c.args, w, out)
			}
		}
		if !strings.HasSuffix(*asked, c.ask) {
			t.Errorf("%v asked %s, want %s", c.args, *asked, c.ask)
		}
	}
}

func TestQueryFailsWithTheRightCode(t *testing.T) {
	addr, _ := fakeDaemon(t, map[string]string{
		"/api/v1/ribs/default/routes": "", "/api/v1/ribs/cut/routes": twoRoutes + `{"prefix":"10.0BROKEN`,
	})
	for _, c := range []struct {
		name    string
		args    []string
		failure bool // exit 1, else 2
		want    string
	}{
		{"an answer that is required", []string{"--require", "--server", addr}, true, "no route fits"},
		{"a problem", []string{"--rib", "other", "--server", addr}, true, "foo\uFFFD[31m: there is no such parameter; did you mean foo?"},
		{"an answer that broke off", []string{"--rib", "cut", "--json", "--server", addr}, true, "broke off after"},
		{"no daemon", []string{"--server", "http://127.0.0.1:1"}, true, "is the daemon running"},
		{"no address", []string{"--server", "x"}, false, "http://127.0.0.1:8080"},
		{"a match without a prefix", []string{"--more", "originAsn=1"}, false, "--more needs a PREFIX"},
		{"two matches", []string{"10.0.0.0/8", "--more", "--less"}, false, "more"},
		{"a limit below zero", []string{"--limit", "-1"}, false, "--limit"},
	} {
		_, err := runCommand(queryCommand(), c.args...)
		if err == nil || failed(err) != c.failure || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q, failure %v", c.name, err, c.want, c.failure)
		}
	}
	if _, err := runCommand(queryCommand(), "--server", addr); err != nil {
		t.Errorf("an empty answer that is not required: %v", err)
	}
}

func TestListingsPrintEveryElement(t *testing.T) {
	addr, asked := fakeDaemon(t, map[string]string{
		"/api/v1/routers": `{"data":[{"id":1,"name":"a\u001b[2Jb","address":"192.0.2.1","state":"Connected","peers":2,"peersUp":1,"routes":9,"since":null,"unit":"bmp-in"}]}`,
		"/api/v1/peers":   `{"data":[{"id":2,"asn":64500,"address":"198.51.100.1","view":"inPre","state":"Connected","routes":9,"since":"2026-03-01T12:00:00Z","routerName":"a"}]}`,
		"/api/v1/ribs":    `{"data":[{"name":"rib","families":{"ipv6 unicast":{"prefixes":1,"routes":2,"peers":1},"ipv4 unicast":{"prefixes":3,"routes":4,"peers":1}},"memory":4096}]}`,
		"/api/v1/stats":   `{"data":[{"name":"rotonda_x","kind":"gauge","labels":{"b":"2","a":"1"},"value":12345678}]}`,
		"/api/v1/status":  `{"version":"1.2","started":"2026-03-01T12:00:00Z","ready":true,"units":[{"name":"rib","type":"rib","state":"failed","sent":3,"error":"why"}]}`,
		"/api/v1/reload":  `{"data":"reloaded"}`,
	})
	for _, c := range []struct {
		make  func() *cobra.Command
		table []string
		csv   string
	}{
		{routersCommand, []string{"a\uFFFD[2Jb", "192.0.2.1"}, "1,a\x1b[2Jb,192.0.2.1,Connected,2,1,9,,bmp-in,"},
		{peersCommand, []string{"64500", "2026-03-01T12:00:00Z"}, "2,64500,198.51.100.1,inPre,Connected,9,2026-03-01T12:00:00Z,a,,"},
		{ribsCommand, []string{"ipv4 unicast"}, "rib,ipv4 unicast,3,4,0,0,1,4096\nrib,ipv6 unicast,1,2"},
		{statsCommand, []string{"a=1 b=2", "12345678"}, "rotonda_x,a=1 b=2,12345678"},
		{statusCommand, []string{"version  1.2", "ready    true", "why"}, "rib,rib,failed,3,,why,"},
		{reloadCommand, []string{"reloaded"}, "reloaded"},
	} {
		name := c.make().Name()
		if c.make().Example == "" {
			t.Errorf("%s has no example", name)
		}
		out, err := runCommand(c.make(), "--server", addr)
		for _, w := range c.table {
			if err != nil || !strings.Contains(out, w) {
				t.Errorf("%s lacks %q: %v\n%s", name, w, err, out)
			}
		}
		out, err = runCommand(c.make(), "--server", addr, "--csv")
		if err != nil || !strings.Contains(out, c.csv) {
			t.Errorf("%s --csv lacks %q: %v\n%s", name, c.csv, err, out)
		}
		out, err = runCommand(c.make(), "--server", addr, "--json")
		if err != nil || strings.Count(out, "\n") != 1 || !strings.HasPrefix(out, "{") {
			t.Errorf("%s --json: %v\n%s", name, err, out)
		}
	}
	if *asked != "POST /api/v1/reload?" {
		t.Errorf("the last request was %s", *asked)
	}
}

func TestTablesOfAnyLengthAreStreamed(t *testing.T) {
	var out bytes.Buffer
	p := (&client{}).printer(&out, []string{"a", "b"})
	for range 10_000 {
		if err := p.row([]string{"x", "y"}); err != nil {
			t.Fatal(err)
		}
	}
	if held := len(p.(*tablePrinter).rows); held > sampled {
		t.Errorf("%d rows are held", held)
	}
	if err := p.close(); err != nil || strings.Count(out.String(), "\n") != 10_001 {
		t.Errorf("%v, %d lines", err, strings.Count(out.String(), "\n"))
	}
}
