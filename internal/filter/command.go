package filter

import (
	"context"
	"log/slog"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"example.com/rotonda/roto"
)

// The bounds of programs that scripts run.
const (
	maxCommands       = 4                // at once, of all scripts
	maxCommandTime    = 10 * time.Second // of one; it is killed then
	maxCommandOutput  = 4 << 10          // octets that are logged, of one
	maxCommandAllowed = 64 << 10         // octets of arguments, of one
)

// host is what the functions of a runtime reach that belong to no value of the
// script: the running of programs, those that the configuration lists, a few at a
// time, and the log. Nil runs and logs nothing.
type host struct {
	allowed atomic.Pointer[[]string]
	running chan struct{}
	limit   time.Duration
	log     *slog.Logger
	refused atomic.Uint64
	unread  atomic.Uint64 // texts that are no community
}

func newHost(log *slog.Logger) *host {
	return &host{running: make(chan struct{}, maxCommands), limit: maxCommandTime, log: log}
}

// misread logs the first, second, fourth … text that could not be read.
func (c *host) misread(function, text string) {
	if c == nil {
		return
	}
	if n := c.unread.Add(1); n&(n-1) == 0 {
		c.log.Warn("a script reads a text that is none: the result is 0", "function", function, "text", strings.Clone(text), "times", n)
	}
}

// run runs a program without a shell, waits for it and reports whether it ended
// with 0. What it prints is logged.
func (c *host) run(program string, args roto.List[string]) bool {
	if c == nil {
		return false
	}
	if why := c.refusal(program, args); why != "" {
		if n := c.refused.Add(1); n&(n-1) == 0 { // the first, second, fourth …
			c.log.Warn("a script's command was not run", "program", program, "why", why, "refused", n)
		}
		return false
	}
	defer func() { <-c.running }()
	ctx, cancel := context.WithTimeout(context.Background(), c.limit)
	defer cancel()
	var text output
	cmd := exec.CommandContext(ctx, program)
	for a := range args.All() {
		cmd.Args = append(cmd.Args, strings.Clone(a))
	}
	cmd.Env, cmd.Dir = []string{"PATH=/usr/bin:/bin"}, "/" // nothing of the daemon's
	cmd.Stdout, cmd.Stderr = &text, &text
	cmd.WaitDelay = time.Second // for what it left running with its output open
	err := cmd.Run()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	c.log.Info("a script's command ran", "program", program, "error", err, "output", string(text.kept), "dropped", text.dropped)
	return err == nil
}

// refusal says why a program is not run; else it takes a place.
func (c *host) refusal(program string, args roto.List[string]) string {
	allowed := c.allowed.Load()
	if allowed == nil || !slices.Contains(*allowed, program) {
		return "it is not in roto_commands"
	}
	size := 0
	for a := range args.All() {
		size += len(a) + 1
		if strings.Contains(a, "\x00") {
			return "an argument has a zero octet"
		}
	}
	if size > maxCommandAllowed {
		return "its arguments are too long"
	}
	select {
	case c.running <- struct{}{}:
		return ""
	default:
		return "too many run already"
	}
}

// output keeps the beginning of what a program prints. It has one writer:
// package exec gives both streams to one goroutine where they are equal.
type output struct {
	kept    []byte
	dropped int
}

// Write never fails, so that the program does not notice.
func (o *output) Write(p []byte) (int, error) {
	room := min(len(p), maxCommandOutput-len(o.kept))
	o.kept = append(o.kept, p[:room]...)
	o.dropped += len(p) - room
	return len(p), nil
}

// AllowCommands sets which programs scripts may run with command, by the path
// that they name. At first it is none.
func (s *Scripts) AllowCommands(programs []string) {
	list := slices.Clone(programs)
	s.host.allowed.Store(&list)
}

// commandPath is how [roto.Func1.Uses] knows the function.
const commandPath = "command"

func bindCommand(rt *roto.Runtime, c *host) {
	rt.Func(commandPath, "Runs a program, waits for it and reports whether it ended with 0; what it prints is logged. Only programs that the setting roto_commands lists are run, "+
		"4 at once, for 10 seconds; else it is false. Each call holds up the routes of its session. Queries must not use it.",
		roto.Fn2(c.run), roto.Names("program", "arguments"), roto.Touches(tagNLRI))
}
