package conf_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"example.com/rotonda/conf"
)

func TestSchemas(t *testing.T) {
	for name, cfg := range map[string]any{"speaker": speaker{}, "everything": &everything{}, "target": target{}} {
		t.Run(name, func(t *testing.T) {
			s := conf.Describe(cfg, source)
			golden(t, "testdata/"+name+".schema.toml.want", string(s.AppendTOML(nil, "units.NAME", `type = "`+name+`"`)))
			golden(t, "testdata/"+name+".schema.md.want", string(s.AppendMarkdown(nil, "`"+name+"`", 2)))
			var pretty bytes.Buffer
			if err := json.Indent(&pretty, s.AppendJSONSchema(nil, map[string]string{"type": name}), "", "  "); err != nil {
				t.Fatal(err)
			}
			golden(t, "testdata/"+name+".schema.json.want", pretty.String()+"\n")
		})
	}
}

func TestTOMLExampleIsValid(t *testing.T) {
	text := conf.Describe(target{}, source).AppendTOML(nil, "")
	f, errs := conf.Parse("example", text)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var got target
	if errs, _ := f.Root.Decode(&got); len(errs) > 0 {
		t.Errorf("%v in\n%s", errs, text)
	}
}

func TestDescribeWithoutSource(t *testing.T) {
	s := conf.Describe(&speaker{}, nil)
	if s.Doc != "" || len(s.Keys) != 5 {
		t.Errorf("%+v", s)
	}
	if s := conf.Describe(3, nil); len(s.Keys) != 0 {
		t.Errorf("a number has keys: %+v", s)
	}
	if s := conf.Describe(speaker{}, []byte("not Go")); s.Doc != "" {
		t.Errorf("doc %q", s.Doc)
	}
}
