package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"example.com/rotonda/roto"
)

func fmtCommand() *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use:     "fmt FILE_OR_DIR…|-",
		Short:   "Rewrite scripts in the one style; print the names of those that changed",
		Long:    "Rewrite scripts in the one style and print the names of those that changed. Of a folder, every .roto file in it.\n- reads standard input and writes standard output.",
		Example: "  roto fmt filters.roto\n  roto fmt --check .",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return rewrite(cmd, args, check, func(name, text string) (string, error) { return roto.Format(name, text) })
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "change nothing, exit 1 where a file would change")
	return cmd
}

// rewrite gives each file a new text and prints the names of those that it
// changed, or with check would change. A file that cannot be read hinders no
// other.
func rewrite(cmd *cobra.Command, args []string, check bool, next func(name, text string) (string, error)) error {
	if len(args) == 1 && args[0] == "-" {
		text, err := io.ReadAll(cmd.InOrStdin())
		if err != nil {
			return err
		}
		got, err := next("<stdin>", string(text))
		if err != nil {
			return err
		}
		if check {
			if got != string(text) {
				return errSilent
			}
			return nil
		}
		_, err = io.WriteString(cmd.OutOrStdout(), got)
		return err
	}
	files, err := scriptFiles(args)
	if err != nil {
		return err
	}
	failed := false
	for _, name := range files {
		changed, err := rewriteFile(name, check, next)
		var r *roto.Report
		switch {
		case errors.As(err, &r):
			fmt.Fprint(cmd.ErrOrStderr(), r.Render(isTerminal(cmd.ErrOrStderr())))
		case err != nil:
			fmt.Fprintln(cmd.ErrOrStderr(), "Error:", err)
		case changed:
			fmt.Fprintln(cmd.OutOrStdout(), name)
		}
		failed = failed || err != nil || check && changed
	}
	if failed {
		return errSilent
	}
	return nil
}

// rewriteFile replaces a file by way of another beside it, so that it is never
// half written.
func rewriteFile(name string, check bool, next func(name, text string) (string, error)) (changed bool, err error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return false, err
	}
	got, err := next(name, string(text))
	if err != nil || got == string(text) {
		return false, err
	}
	if check {
		return true, nil
	}
	info, err := os.Stat(name)
	if err != nil {
		return false, err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".roto-*")
	if err != nil {
		return false, err
	}
	defer os.Remove(f.Name()) // gone already when all went well
	_, err = f.WriteString(got)
	if err = errors.Join(err, f.Chmod(info.Mode().Perm()), f.Close()); err != nil {
		return false, err
	}
	return true, os.Rename(f.Name(), name)
}

// scriptFiles lists the files named, and those in the folders named.
func scriptFiles(args []string) (files []string, err error) {
	for _, name := range args {
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, name)
			continue
		}
		err = filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && filepath.Ext(path) == ".roto" {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}
