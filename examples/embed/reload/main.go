// Command reload judges the addresses of its standard input with a script that
// can be changed while it runs: SIGHUP reads it again. A script with a mistake
// leaves the old one in force.
package main

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"

	"example.com/rotonda/roto"
)

// program is a compiled script; it never changes.
type program struct {
	pkg   *roto.Package
	allow *roto.Func1[netip.Addr, bool]
}

// host holds the program in force. Its zero value has none.
type host struct {
	path string
	cur  atomic.Pointer[program]
}

// reload compiles the script and puts it in force. After an error nothing has
// changed.
func (h *host) reload() error {
	pkg, err := roto.New().Compile(roto.Script(h.path)...)
	if err != nil {
		return err
	}
	for _, test := range pkg.Tests() {
		if pass, fault := test.Run(pkg.Worker(roto.Limits{})); !pass {
			return fmt.Errorf("test %s fails: %v", test.Name, fault)
		}
	}
	allow, err := roto.Get1[func(netip.Addr) bool](pkg, "allow")
	if err != nil {
		return err
	}
	h.cur.Store(&program{pkg, allow})
	return nil
}

// judge is one goroutine's view of a host: a worker for the program it last saw.
type judge struct {
	host   *host
	seen   *program
	worker *roto.Worker
}

// allow asks the script in force now. A call that runs while the script is changed
// ends with the old one.
func (j *judge) allow(a netip.Addr) (bool, *roto.Fault) {
	if cur := j.host.cur.Load(); cur != j.seen {
		j.seen, j.worker = cur, cur.pkg.Worker(roto.Limits{Fuel: 100_000})
	}
	return j.seen.allow.Call1(j.worker, a)
}

// serve judges the lines of in, several at a time.
func (h *host) serve(out io.Writer, in io.Reader, goroutines int) error {
	lines := make(chan string)
	var wg sync.WaitGroup
	var mu sync.Mutex // of out
	for range goroutines {
		wg.Go(func() {
			j := judge{host: h}
			for line := range lines {
				answer := j.answer(line)
				mu.Lock()
				fmt.Fprintln(out, line, answer)
				mu.Unlock()
			}
		})
	}
	s := bufio.NewScanner(in)
	for s.Scan() {
		lines <- s.Text()
	}
	close(lines)
	wg.Wait()
	return s.Err()
}

func (j *judge) answer(line string) string {
	a, err := netip.ParseAddr(line)
	if err != nil {
		return err.Error()
	}
	ok, fault := j.allow(a)
	switch {
	case fault != nil:
		return "denied: " + fault.Error()
	case ok:
		return "allowed"
	}
	return "denied"
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "Usage: reload SCRIPT < addresses")
		os.Exit(2)
	}
	h := &host{path: os.Args[1]}
	if err := h.reload(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	go func() {
		for range hup {
			if err := h.reload(); err != nil {
				fmt.Fprintln(os.Stderr, "the old script stays:", err)
			}
		}
	}()
	if err := h.serve(os.Stdout, os.Stdin, 4); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
