package filter

import (
	"os"
	"path/filepath"

	"example.com/rotonda/roto"
	"example.com/rotonda/roto/syntax"
)

// dialect is what scripts of an older Rotonda see otherwise than those of today.
// The zero value is today: Rotonda 0.5 and later, whose members do not clash.
type dialect struct {
	numbers bool // before 0.4: a community is a u32
	narrow  bool // before 0.5: messages count their routes in u32
	origin  bool // 0.2: aspath_origin(Asn) -> bool
}

// dialectOf tells by the syntax of a script (roto 0.3 and 0.4 are Rotonda 0.2
// and 0.3) and by the types that its functions take: those of 0.2 are handed
// their Log, those before 0.5 a Provenance.
func dialectOf(text string) (d dialect) {
	var diags syntax.Diagnostics
	tree := syntax.Parse(syntax.NewFile("", text), syntax.Auto, &diags)
	d.numbers = tree.Edition == syntax.Oldest
	d.narrow = d.numbers
	for _, decl := range tree.Decls {
		f, ok := decl.(*syntax.Func)
		if !ok {
			continue
		}
		for _, p := range f.Params {
			switch p.Type.At().Text() {
			case "Log", "RouteContext":
				d.narrow, d.origin = true, true
			case "Provenance":
				d.narrow = true
			}
		}
	}
	return d
}

// dialectAt is dialectOf for a script on disk. What cannot be read is today's:
// compiling it says why.
func dialectAt(path string) dialect {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, "pkg.roto")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return dialect{}
	}
	return dialectOf(string(text))
}

// RuntimeOf is [Runtime] for the script at a path, with the types and members
// of the Rotonda that it was written for.
func RuntimeOf(path string) (*roto.Runtime, error) { return dialectAt(path).runtime(nil) }

// judge is a hook about a message or a route in any of the shapes that it has
// had: with who it comes from (0.3 and later), before that with the output as
// its first parameter (0.2), or alone (rib_in_pre of 0.3 and 0.4).
type judge[M any] struct {
	fn    *roto.Func2[M, *Ingress, roto.Verdict]
	log   *roto.Func3[*Log, M, *Ingress, roto.Verdict]
	alone *roto.Func1[M, roto.Verdict]
}

// newJudge takes a hook out of a script. The error shows the type it has today.
func newJudge[M any](pkg *roto.Package, name string) (*judge[M], error) {
	var j judge[M]
	var err error
	if j.fn, err = roto.Get2[func(M, *Ingress) roto.Verdict](pkg, name); err == nil {
		return &j, nil
	}
	var old error
	if j.log, old = roto.Get3[func(*Log, M, *Ingress) roto.Verdict](pkg, name); old == nil {
		return &j, nil
	}
	if name == defaultEdge {
		if j.alone, old = roto.Get1[func(M) roto.Verdict](pkg, name); old == nil {
			return &j, nil
		}
	}
	return nil, err
}

// call runs the hook.
func (j *judge[M]) call(w *worker, m M, from *Ingress) (roto.Verdict, *roto.Fault) {
	switch {
	case j.fn != nil:
		return j.fn.Call2(w.roto, m, from)
	case j.log != nil:
		return j.log.Call3(w.roto, w.world.Output, m, from)
	}
	return j.alone.Call1(w.roto, m)
}

// uses reports whether the hook calls a function with the tag, also through
// others.
func (j *judge[M]) uses(tag string) bool {
	switch {
	case j.fn != nil:
		return j.fn.Uses(tag)
	case j.log != nil:
		return j.log.Uses(tag)
	}
	return j.alone.Uses(tag)
}
