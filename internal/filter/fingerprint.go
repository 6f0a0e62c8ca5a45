package filter

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Fingerprint tells one state of the scripts from another by their text; empty:
// there is no script.
func (s *Scripts) Fingerprint() string {
	if cur := s.cur.Load(); cur != nil {
		return cur.sum
	}
	return ""
}

// fingerprint sums up a script on disk: the file or all files of the folder, and
// its dependencies, which stand in the folder dep. What cannot be read is left
// out: compiling says why.
func fingerprint(path string) string {
	roots := []string{path}
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		roots = append(roots, filepath.Join(filepath.Dir(path), "dep"))
	}
	sum := sha256.New()
	for _, root := range roots {
		_ = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || name != path && filepath.Ext(name) != ".roto" {
				return nil
			}
			if text, err := os.ReadFile(name); err == nil {
				fmt.Fprintf(sum, "%d %s %d ", len(name), name, len(text))
				sum.Write(text)
			}
			return nil
		})
	}
	return string(sum.Sum(nil))
}
