package main

import (
	"strings"
	"testing"
	"time"
)

const input = `{"prefix":"192.0.2.0/25","peer":64500,"path":["AS64500","AS64501"],"more":true}
{"prefix":"198.51.100.0/24","peer":64500,"path":[64500]}
{"prefix":"2001:db8:1::/48","peer":"AS64500"}
{"prefix":"192.0.2.0/24","peer":64500,"path":[64500],"med":200}
{"prefix":"nonsense"}
{"prefix":"192.0.2.0/24","peer":64666,"path":[64666]}
{"prefix":"192.0.2.0/24","peer":64500,"path":[64500],"med":null}
`

const kept = `{"prefix":"192.0.2.0/25","peer":64500,"path":["AS64500","AS64501"],"more":true}
{"prefix":"192.0.2.0/24","peer":64500,"path":[64500],"med":null}
`

const reasons = `line 2: not ours
line 3: 2001:db8:1::/48 came without a path
line 4: MED 200
line 5: roto: schema Event: field prefix: "nonsense" is no Prefix
line 6: keep.roto:11:9: stopped because its time is over
`

func TestEvents(t *testing.T) {
	f, err := load("keep.roto", "prefix: Prefix, peer: Asn, path: List[Asn], med: u32?")
	if err != nil {
		t.Fatal(err)
	}
	var out, why strings.Builder
	if err := f.copy(&out, &why, strings.NewReader(input), 10*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if out.String() != kept {
		t.Errorf("kept\n%s", out.String())
	}
	if why.String() != reasons {
		t.Errorf("reasons\n%s", why.String())
	}
}

func TestFieldsAreChecked(t *testing.T) {
	if _, err := load("keep.roto", "prefix: Prefix, path: List[Asn]"); err == nil || !strings.Contains(err.Error(), "peer") {
		t.Error(err)
	}
}
