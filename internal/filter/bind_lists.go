package filter

import (
	"log/slog"
	"maps"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gaissmai/bart"

	"example.com/rotonda/roto"
	"example.com/rotonda/routecore/inet"
)

// named is a map from name to list, read without a lock and replaced whole by
// add.
type named[L any] struct {
	mu    sync.Mutex // held by add
	lists atomic.Pointer[map[string]L]
	log   *slog.Logger
}

func (n *named[L]) get(name string) (l L, ok bool) {
	if m := n.lists.Load(); m != nil {
		l, ok = (*m)[name]
	}
	return l, ok
}

func (n *named[L]) put(name string, l L) {
	n.mu.Lock()
	defer n.mu.Unlock()
	next := map[string]L{}
	if m := n.lists.Load(); m != nil {
		maps.Copy(next, *m)
	}
	next[strings.Clone(name)] = l
	n.lists.Store(&next)
}

// ASNLists are the named lists of AS numbers of a script.
type ASNLists struct{ named[map[inet.ASN]struct{}] }

// add reads AS numbers separated by white space; a name used before is replaced.
func (l *ASNLists) add(name, items string) {
	set := map[inet.ASN]struct{}{}
	for _, item := range strings.Fields(items) {
		a, err := inet.ParseASN(item)
		if err != nil {
			l.log.Warn("not an AS number, left out of the list", "list", name, "item", item)
			continue
		}
		set[a] = struct{}{}
	}
	l.put(name, set)
}

func (l *ASNLists) contains(name string, a inet.ASN) bool {
	set, _ := l.get(name)
	_, ok := set[a]
	return ok
}

func (l *ASNLists) containsOrigin(name string, o originASN) bool {
	a, ok := o.asn()
	return ok && l.contains(name, a)
}

// PrefixLists are the named lists of prefixes of a script.
type PrefixLists struct{ named[*bart.Lite] }

// add reads prefixes separated by white space; a name used before is replaced.
func (l *PrefixLists) add(name, items string) {
	table := new(bart.Lite)
	for _, item := range strings.Fields(items) {
		p, err := netip.ParsePrefix(item)
		if err != nil || p != p.Masked() {
			l.log.Warn("not a prefix, left out of the list", "list", name, "item", item)
			continue
		}
		table.Insert(p)
	}
	l.put(name, table)
}

func (l *PrefixLists) contains(name string, p netip.Prefix) bool {
	table, ok := l.get(name)
	return ok && table.Get(p)
}

// covers reports whether an entry is equal to or less specific than p.
func (l *PrefixLists) covers(name string, p netip.Prefix) bool {
	table, ok := l.get(name)
	return ok && table.LookupPrefix(p)
}

func bindLists(rt *roto.Runtime) {
	roto.Type[*ASNLists](rt, "AsnLists", "Named lists of AS numbers (Rotonda 0.5); constant lists of AsnRange take their place.").
		Method("add", "Makes or replaces a list from AS numbers separated by blanks.", roto.Proc3((*ASNLists).add), roto.Names("name", "items")).
		Method("contains", "Whether a list has an AS number; false for an unknown list.", roto.Fn3((*ASNLists).contains), roto.Names("name", "asn"), roto.Pure()).
		Method("contains_origin", "Whether a list has an origin AS (Rotonda 0.5).", roto.Fn3((*ASNLists).containsOrigin), roto.Names("name", "origin"), roto.Pure())
	roto.Type[*PrefixLists](rt, "PrefixLists", "Named lists of prefixes (Rotonda 0.5); constant lists of Prefix take their place.").
		Method("add", "Makes or replaces a list from prefixes separated by blanks.", roto.Proc3((*PrefixLists).add), roto.Names("name", "items")).
		Method("contains", "Whether a list has exactly this prefix; false for an unknown list.", roto.Fn3((*PrefixLists).contains), roto.Names("name", "prefix"), roto.Pure()).
		Method("covers", "Whether a list has a prefix equal to or less specific than this.", roto.Fn3((*PrefixLists).covers), roto.Names("name", "prefix"), roto.Pure())
}
