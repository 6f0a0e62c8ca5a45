package webui

import (
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/rotonda/internal/api"
)

func (p *page) functions() template.FuncMap {
	return template.FuncMap{
		"uptime":      func(t time.Time) string { return age(p.now(), &t) },
		"age":         func(t *time.Time) string { return age(p.now(), t) },
		"micros":      func(us int64) string { t := time.UnixMicro(us); return age(p.now(), &t) },
		"stamp":       func(us int64) string { return time.UnixMicro(us).UTC().Format(time.RFC3339) },
		"count":       count,
		"bytes":       size,
		"path":        path,
		"origin":      origin,
		"communities": communities,
		"lower":       strings.ToLower,
		"sorted":      func(m map[string]api.FamilyFigures) []string { return slices.Sorted(maps.Keys(m)) },
		"clip":        clip,
		"base":        base,
	}
}

// age is how long ago something was, in its largest two units.
func age(now time.Time, t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	s := int64(now.Sub(*t) / time.Second)
	switch {
	case s < 0:
		return "in the future"
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min", s/60)
	case s < 86400:
		return fmt.Sprintf("%d h %d min", s/3600, s%3600/60)
	}
	if days := s / 86400; days >= 365 {
		return fmt.Sprintf("%d y %d d", days/365, days%365)
	}
	return fmt.Sprintf("%d d %d h", s/86400, s%86400/3600)
}

// count puts a thin blank between groups of three digits.
func count(n any) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "\u202f" + digits[i:]
	}
	return digits
}

func size(n int64) string {
	v, units := float64(n), []string{"B", "KiB", "MiB", "GiB", "TiB"}
	i := 0
	for ; v >= 1024 && i < len(units)-1; i++ {
		v /= 1024
	}
	if i == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + "\u202f" + units[i]
}

func path(r api.Route) string { return r.Attrs.ASPath().String() }

func origin(r api.Route) string {
	if a, ok := r.Attrs.OriginAS(); ok {
		return a.String()
	}
	return ""
}

func communities(r api.Route) string {
	var words []string
	for c := range r.Attrs.Communities() {
		words = append(words, c.String())
	}
	for c := range r.Attrs.LargeCommunities() {
		words = append(words, c.String())
	}
	return strings.Join(words, " ")
}

// base is a name without the folders of a file's path.
func base(s string) string {
	if !strings.HasPrefix(s, "/") {
		return clip(s)
	}
	return clip(s[strings.LastIndexByte(s, '/')+1:])
}

// clip bounds what a name from the network can take of the page.
func clip(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
