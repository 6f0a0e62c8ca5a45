package roto

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Source is where a script's text comes from, or where its dependencies do.
type Source struct {
	files func() ([]file, error)
	dep   func(name string) (Source, bool) // instead of files
}

// Dependencies gives the packages that a script names with `dep.NAME`, and those
// that they name in turn. Each is asked for once.
func Dependencies(find func(name string) (Source, bool)) Source { return Source{dep: find} }

// DependencyDir looks for the dependency NAME in a directory: NAME.roto, or NAME
// with a pkg.roto in it. The directory need not be there.
func DependencyDir(dir string) Source {
	return Dependencies(func(name string) (Source, bool) {
		for _, try := range []string{name + ".roto", name} {
			path := filepath.Join(dir, try)
			if _, err := os.Stat(path); err == nil {
				return Path(path), true
			}
		}
		return Source{}, false
	})
}

// Script is a script on disk as programs find it: [Path], and dependencies from the
// directory dep beside it.
func Script(name string) []Source {
	dir := filepath.Dir(name)
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		dir = name
	}
	return []Source{Path(name), DependencyDir(filepath.Join(dir, "dep"))}
}

// file is one module's text and its place in the package.
type file struct {
	name, text string
	module     []string
}

// Text is a script held in memory; name stands in messages.
func Text(name, text string) Source {
	return Source{files: func() ([]file, error) { return []file{{name: name, text: text}}, nil }}
}

// TextModule is a module of a package held in memory: "lists.names" is the
// module names inside lists. The root is a [Text].
func TextModule(module, name, text string) Source {
	return Source{files: func() ([]file, error) { return []file{{name, text, strings.Split(module, ".")}}, nil }}
}

// Path is a file, or a directory with a pkg.roto: a script of several modules.
func Path(name string) Source {
	return Source{files: func() ([]file, error) {
		info, err := os.Stat(name)
		if err != nil {
			return nil, fmt.Errorf("could not read file `%s`: %w", name, errors.Unwrap(err))
		}
		if info.IsDir() {
			return directory(os.DirFS(name), ".", name, nil)
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("could not read file `%s`: %w", name, errors.Unwrap(err))
		}
		return []file{{name: name, text: string(text)}}, nil
	}}
}

// FS is a directory of a file system that holds a pkg.roto.
func FS(fsys fs.FS, dir string) Source {
	return Source{files: func() ([]file, error) { return directory(fsys, dir, dir, nil) }}
}

// entry names the files that are a directory's own module: the root's and a
// sub-directory's, as the original's code and its manual have them.
func entry(module []string) []string {
	if module == nil {
		return []string{"pkg.roto", "lib.roto"}
	}
	return []string{"mod.roto", "lib.roto"}
}

// directory reads a module and those below it. Directories without an entry
// file are ignored below the root.
func directory(fsys fs.FS, dir, shown string, module []string) ([]file, error) {
	var out []file
	for _, name := range entry(module) {
		text, err := fs.ReadFile(fsys, path.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if len(out) > 0 {
			return nil, fmt.Errorf("%s: both %s and %s: which one is the module?", shown, out[0].name, name)
		}
		out = append(out, file{filepath.Join(shown, name), string(text), module})
	}
	if len(out) == 0 {
		if module == nil {
			return nil, fmt.Errorf("%s: a directory that is a script has a file pkg.roto", shown)
		}
		return nil, nil
	}
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		more, err := child(fsys, dir, shown, module, e)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

func child(fsys fs.FS, dir, shown string, module []string, e fs.DirEntry) ([]file, error) {
	name := e.Name()
	inner := append(module[:len(module):len(module)], strings.TrimSuffix(name, ".roto"))
	switch {
	case e.IsDir():
		return directory(fsys, path.Join(dir, name), filepath.Join(shown, name), inner)
	case !strings.HasSuffix(name, ".roto"), name == "pkg.roto", name == "mod.roto", name == "lib.roto":
		return nil, nil
	}
	text, err := fs.ReadFile(fsys, path.Join(dir, name))
	return []file{{filepath.Join(shown, name), string(text), inner}}, err
}

// Overlay is a source with the texts of some files replaced, by their names in
// messages: what is in an editor and not saved yet.
func Overlay(s Source, texts map[string]string) Source {
	return Source{files: func() ([]file, error) {
		files, err := s.files()
		for i, f := range files {
			if text, ok := texts[f.name]; ok {
				files[i].text = text
			}
		}
		return files, err
	}}
}
