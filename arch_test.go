package rotonda

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "example.com/rotonda"

// allowed says what the packages of a folder may import from this module; the
// longest folder that matches counts. The test reads the files themselves: one
// that asked the go command would be served from the test cache and stay green
// after a rule was broken.
var allowed = map[string][]string{
	"routecore/inet":         {},
	"routecore/flowspec":     {"routecore/inet"},
	"routecore/bgp":          {"routecore/flowspec", "routecore/inet"},
	"routecore/bgpsec":       {"routecore/bgp", "routecore/inet"},
	"routecore/dissect":      {"routecore/bgp", "routecore/bmp", "routecore/mrt", "routecore/rtr", "routecore/flowspec", "routecore/inet"},
	"routecore/pcap":         {"routecore/inet"},
	"routecore/bgp/fsm":      {"routecore/bgp", "routecore/inet"},
	"routecore/bmp":          {"routecore/bgp", "routecore/inet"},
	"routecore/mrt":          {"routecore/bgp", "routecore/inet"},
	"routecore/rtr":          {"routecore/inet"},
	"routecore/mrt/compress": {},
	"rpki":                   {"routecore/inet"},
	"roto/syntax":            {"routecore/inet"},
	"roto":                   {"roto/syntax", "roto/internal", "routecore/inet"},
	"roto/internal":          {"roto/syntax", "roto/internal", "routecore/inet"},
	"store":                  {"store/internal", "routecore/bgp", "routecore/flowspec", "routecore/inet"},
	"store/internal":         {"store/internal", "routecore/bgp", "routecore/inet"},
	"conf":                   {},
	"ingress":                {"routecore/inet"},
	"unit":                   {"conf", "ingress", "rpki", "routecore/bgp", "routecore/inet"},
	"unit/format":            {"unit", "ingress", "routecore"},
	"units":                  {"unit", "unit/format", "conf", "ingress", "routecore"},
	"units/rib":              {"unit", "unit/format", "conf", "ingress", "routecore", "store", "rpki"},
	"units/rtrin":            {"unit", "conf", "ingress", "routecore", "rpki"},
	"units/all":              {"unit", "units"},
	"internal/filter":        {"roto", "store", "unit", "ingress", "rpki", "routecore"},
	"internal/graph":         {"unit", "conf", "ingress", "internal/filter", "routecore/bgp", "routecore/inet"},
	"internal/api":           {"internal/graph", "internal/filter", "internal/api", "unit", "unit/format", "ingress", "store", "conf", "rpki", "routecore"},
	"internal/webui":         {"internal/api", "routecore/inet"},
	"internal/obs":           {"unit"},
	"internal/lsp":           {"roto"},
	"internal/simulate":      {"routecore", "internal/simulate"},
	"internal/testkit":       {},
	"internal/testkit/fake":  {"unit", "ingress"},
	"internal/daemon":        {"internal", "unit", "units/all", "ingress", "conf", "rpki", "store", "routecore"},
	"":                       {"internal/daemon", "unit"},
	"cmd/rotonda":            {"", "internal", "units/all", "unit/format", "conf", "routecore"},
	"cmd/roto":               {"roto", "internal/filter", "internal/lsp", "routecore", "ingress", "unit", "unit/format", "units/mrtin"}, // roto run --hook reads MRT as the daemon does
	"examples":               {"roto", "routecore/inet"},
	"interop":                {"*"},
}

// thirdParty lists the folders where modules of others may be imported.
var thirdParty = []string{"units", "conf", "routecore/mrt/compress", "store/internal", "internal", "cmd"}

// long lists the files over 800 lines, with the reason.
var long = map[string]string{}

type source struct {
	path, dir string
	file      *ast.File
	lines     int
	test      bool
}

func sources(t *testing.T) []source {
	var all []source
	fset := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); path != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "bin") {
				return filepath.SkipDir
			}
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil && path != "." {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(fset, path, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		if dir == "." {
			dir = ""
		}
		all = append(all, source{path, dir, f, strings.Count(string(text), "\n"), strings.HasSuffix(path, "_test.go")})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("only %d files found: the test looks in the wrong place", len(all))
	}
	return all
}

func within(path string, dirs []string) bool {
	return slices.ContainsFunc(dirs, func(d string) bool {
		return d == "*" || path == d || d != "" && strings.HasPrefix(path, d+"/")
	})
}

// rule finds the entry for a folder: its own, or that of the nearest folder above.
func rule(dir string) ([]string, bool) {
	for d := dir; ; {
		if r, ok := allowed[d]; ok && (d != "" || dir == "") {
			return r, true
		}
		i := strings.LastIndexByte(d, '/')
		if i < 0 {
			return nil, false
		}
		d = d[:i]
	}
}

func TestImportsFollowTheArchitecture(t *testing.T) {
	for _, s := range sources(t) {
		rules, known := rule(s.dir)
		if !known {
			t.Errorf("%s: no rule for folder %q: add it to the map with its reason in docs/ARCHITECTURE.md", s.path, s.dir)
			continue
		}
		if s.test {
			continue // tests may reach further: twins, captures, fakes
		}
		for _, spec := range s.file.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			inside, own := strings.CutPrefix(path, module)
			inside = strings.TrimPrefix(inside, "/")
			switch {
			case own:
				if inside != s.dir && !within(inside, rules) {
					t.Errorf("%s imports %s: not allowed for %s", s.path, path, s.dir)
				}
				if inside == "roto/internal/twin" {
					t.Errorf("%s imports the reference interpreter, which is for tests", s.path)
				}
				if strings.HasPrefix(s.dir, "units/") && s.dir != "units/all" && strings.HasPrefix(inside, "units/") {
					t.Errorf("%s imports another unit", s.path)
				}
			case strings.Contains(strings.SplitN(path, "/", 2)[0], "."):
				if !within(s.dir, thirdParty) && !strings.HasPrefix(s.dir, "interop") {
					t.Errorf("%s imports the third-party module %s: not allowed there", s.path, path)
				}
			}
		}
	}
}

func TestEveryPackageHasAComment(t *testing.T) {
	documented := map[string]bool{}
	for _, s := range sources(t) {
		if !s.test {
			documented[s.dir] = documented[s.dir] || s.file.Doc != nil
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(documented)) {
		if !documented[dir] {
			t.Errorf("package in %q has no package comment", dir)
		}
	}
}

func TestFilesStayShort(t *testing.T) {
	for _, s := range sources(t) {
		if s.lines > 800 && long[s.path] == "" {
			t.Errorf("%s has %d lines; split it by noun, or list it with a reason", s.path, s.lines)
		}
	}
}

func TestLibrariesReadNoClockAndWriteNoLog(t *testing.T) {
	pure := []string{"routecore", "rpki", "roto", "store"}
	for _, s := range sources(t) {
		if s.test || !within(s.dir, pure) {
			continue
		}
		for _, spec := range s.file.Imports {
			if path, _ := strconv.Unquote(spec.Path.Value); path == "log" || path == "log/slog" || path == "net" {
				t.Errorf("%s imports %s: libraries have no logs and no sockets", s.path, path)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && sel.Sel.Name == "Now" {
				t.Errorf("%s reads the clock: time is an argument", s.path)
			}
			return true
		})
	}
}

// TestExportedNamesAreDocumented: a library is read through go doc. Methods that a
// type has only to be one of a kind (At, Type, String) need no words of their own.
func TestExportedNamesAreDocumented(t *testing.T) {
	libraries := []string{"routecore", "rpki", "roto", "store", "unit", "ingress", "conf"}
	plain := []string{"At", "Type", "String", "Error"}
	names := 0
	for _, s := range sources(t) {
		if s.test || !within(s.dir, libraries) || strings.Contains(s.dir, "internal") {
			continue
		}
		for _, d := range s.file.Decls {
			for _, name := range undocumented(d, &names) {
				if !slices.Contains(plain, name) {
					t.Errorf("%s: %s has no documentation", s.path, name)
				}
			}
		}
	}
	if names < 1000 {
		t.Errorf("only %d exported names", names)
	}
}

// undocumented returns the exported names of a declaration without a comment, and
// counts all exported ones.
func undocumented(d ast.Decl, names *int) (out []string) {
	note := func(name *ast.Ident, documented bool) {
		if !name.IsExported() {
			return
		}
		if *names++; !documented {
			out = append(out, name.Name)
		}
	}
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil || receiver(d).IsExported() {
			note(d.Name, d.Doc != nil)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				note(spec.Name, spec.Doc != nil || d.Doc != nil)
			case *ast.ValueSpec:
				for _, n := range spec.Names {
					note(n, spec.Doc != nil || d.Doc != nil || spec.Comment != nil)
				}
			}
		}
	}
	return out
}

// receiver is the name of the type that a method belongs to.
func receiver(d *ast.FuncDecl) *ast.Ident {
	name := &ast.Ident{Name: "_"}
	ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && name.Name == "_" {
			name = id
		}
		return true
	})
	return name
}
