package roto

import (
	"cmp"
	"slices"
)

// Cover is [Runtime.Compile] with counters, which make scripts slower: each
// [Worker] counts which lines it came to.
func (rt *Runtime) Cover(sources ...Source) (*Package, error) { return rt.compile(true, sources) }

// Line is how often control came to a line of a script.
type Line struct {
	File string
	Line int // from 1
	Hits uint64
}

// Coverage returns the lines that something can be done on, by file and line,
// and how often the workers did together. A line with several statements counts
// as often as its least one, so that 0 means that part of it was never reached.
// The package must come from [Runtime.Cover].
func (p *Package) Coverage(workers ...*Worker) []Line {
	type place struct {
		file string
		line int
	}
	least := map[place]uint64{}
	for id, span := range p.prog.Marks {
		hits := uint64(0)
		for _, w := range workers {
			if id < len(w.m.Hits) {
				hits += w.m.Hits[id]
			}
		}
		at := place{span.File.Name, span.File.Position(span.Start).Line}
		if seen, ok := least[at]; !ok || hits < seen {
			least[at] = hits
		}
	}
	out := make([]Line, 0, len(least))
	for at, hits := range least {
		out = append(out, Line{at.file, at.line, hits})
	}
	slices.SortFunc(out, func(a, b Line) int { return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line)) })
	return out
}
