package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/term"
)

// longFile is how many bytes a file has for which progress is shown.
const longFile = 8 << 20

// progress shows on a terminal how much of a file has been read, by its bytes as they
// are stored. It is erased at the end.
type progress struct {
	src     io.Reader
	screen  io.Writer
	name    string
	size    int64
	done    int64
	percent int64
}

// withProgress returns src, which shows its progress on stderr if that is a terminal
// and nothing else is written there, and the file is long.
func withProgress(f *os.File, stdout, stderr io.Writer) io.Reader {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() < longFile || !isTerminal(stderr) || isTerminal(stdout) {
		return f
	}
	return &progress{src: f, screen: stderr, name: filepath.Base(f.Name()), size: info.Size(), percent: -1}
}

// isTerminal tells about a reader or a writer.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Read reads on, and writes where a whole percent was reached.
func (p *progress) Read(b []byte) (int, error) {
	n, err := p.src.Read(b)
	p.done += int64(n)
	switch now := p.done * 100 / p.size; {
	case err != nil:
		fmt.Fprint(p.screen, "\r\x1b[K")
	case now != p.percent:
		p.percent = now
		fmt.Fprintf(p.screen, "\r%s: %d %%\x1b[K", p.name, now)
	}
	return n, err
}
