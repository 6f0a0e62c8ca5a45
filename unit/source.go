package unit

import (
	"fmt"
	"strconv"
	"strings"

	"example.com/rotonda/conf"
)

// DefaultDepth is the bound of a queue, in batches, where none is given.
const DefaultDepth = 1024

// Source is one entry of a sources list: "bmp-in" or, with the depth of the
// queue before a target in batches, "bmp-in:256".
type Source struct {
	Name  string
	Depth int // 0: DefaultDepth
}

// Sources is a list of sources; in the file a list of strings or one string.
type Sources []Source

// UnmarshalConf reads a string or a list of strings.
func (s *Sources) UnmarshalConf(n *conf.Node) error {
	items := []*conf.Node{n}
	if n.Kind == conf.KindList {
		items = n.List
	}
	if len(items) == 0 {
		return fmt.Errorf("the list is empty; name at least one unit")
	}
	*s = nil
	for _, item := range items {
		if item.Kind != conf.KindString {
			return fmt.Errorf("a source is a string; write the name of a unit in quotes")
		}
		src, err := parseSource(item.Text)
		if err != nil {
			return err
		}
		*s = append(*s, src)
	}
	return nil
}

func parseSource(text string) (Source, error) {
	name, depth, found := strings.Cut(text, ":")
	if name == "" {
		return Source{}, fmt.Errorf("source %q has no name; write the name of a unit", text)
	}
	if !found {
		return Source{Name: name}, nil
	}
	n, err := strconv.Atoi(depth)
	if err != nil || n < 1 || n > 1<<20 {
		return Source{}, fmt.Errorf("source %q: the queue depth %q is not from 1 to %d batches", text, depth, 1<<20)
	}
	return Source{Name: name, Depth: n}, nil
}
