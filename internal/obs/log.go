// Package obs writes what the daemon has to say about itself: log lines in
// the form upstream's users know, to standard error, a file or syslog.
//
// Metrics are not collected here: units yield them (unit.Measurer) and
// internal/api shows them. Start reading at [Open].
package obs

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"log/syslog"
	"os"
	"strings"
	"sync"
	"time"
)

// LogConfig says where log lines go. The zero value is standard error at level
// info.
type LogConfig struct {
	Level    slog.Level
	Off      bool
	Target   string // "", "default" and "stderr"; "file"; "syslog"
	File     string // for target file; "-" is standard error
	Facility string // for target syslog; empty: daemon
}

// Levels maps the names in the configuration to levels; trace is below debug.
var levels = map[string]slog.Level{
	"error": slog.LevelError, "warn": slog.LevelWarn, "info": slog.LevelInfo, "debug": slog.LevelDebug, "trace": slog.LevelDebug - 4,
}

// ParseLevel reads a level by its name, any case. "off" is no level: off is true.
func ParseLevel(name string) (level slog.Level, off bool, err error) {
	name = strings.ToLower(name)
	if name == "off" {
		return 0, true, nil
	}
	if level, ok := levels[name]; ok {
		return level, false, nil
	}
	return 0, false, fmt.Errorf("log level %q: want off, error, warn, info, debug or trace", name)
}

// Log is a slog handler whose target can be changed while it is in use, which
// a reload does, and which opens its file anew for log rotation.
type Log struct {
	mu   sync.Mutex
	cfg  LogConfig
	out  io.Writer
	sys  *syslog.Writer
	file *os.File
}

// Open returns a log to standard error at level warn, for the time before the
// configuration was read.
func Open() *Log { return &Log{cfg: LogConfig{Level: slog.LevelWarn}, out: os.Stderr} }

// Apply changes where and what the log writes; the file is opened anew. On an
// error the log stays as it was.
func (l *Log) Apply(cfg LogConfig) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var file *os.File
	var sys *syslog.Writer
	var out io.Writer = os.Stderr
	switch {
	case cfg.Target == "syslog":
		w, err := openSyslog(cfg.Facility)
		if err != nil {
			return err
		}
		sys, out = w, nil
	case cfg.Target == "file" && cfg.File != "-":
		f, err := os.OpenFile(cfg.File, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return fmt.Errorf("log file: %w", err)
		}
		file, out = f, f
	}
	if l.file != nil {
		l.file.Close()
	}
	if l.sys != nil {
		l.sys.Close()
	}
	l.cfg, l.out, l.sys, l.file = cfg, out, sys, file
	return nil
}

var facilities = map[string]syslog.Priority{
	"kern": syslog.LOG_KERN, "user": syslog.LOG_USER, "mail": syslog.LOG_MAIL, "daemon": syslog.LOG_DAEMON, "auth": syslog.LOG_AUTH,
	"syslog": syslog.LOG_SYSLOG, "lpr": syslog.LOG_LPR, "news": syslog.LOG_NEWS, "uucp": syslog.LOG_UUCP, "cron": syslog.LOG_CRON,
	"authpriv": syslog.LOG_AUTHPRIV, "ftp": syslog.LOG_FTP, "local0": syslog.LOG_LOCAL0, "local1": syslog.LOG_LOCAL1,
	"local2": syslog.LOG_LOCAL2, "local3": syslog.LOG_LOCAL3, "local4": syslog.LOG_LOCAL4, "local5": syslog.LOG_LOCAL5,
	"local6": syslog.LOG_LOCAL6, "local7": syslog.LOG_LOCAL7,
}

func openSyslog(name string) (*syslog.Writer, error) {
	if name == "" {
		name = "daemon"
	}
	facility, ok := facilities[strings.ToLower(strings.TrimPrefix(strings.ToLower(name), "log_"))]
	if !ok {
		return nil, fmt.Errorf("syslog facility %q is not known; want daemon, user, local0 … local7 or another of syslog(3)", name)
	}
	w, err := syslog.New(facility|syslog.LOG_INFO, "rotonda")
	if err != nil {
		return nil, fmt.Errorf("syslog: %w", err)
	}
	return w, nil
}

// Handler returns the log as a handler for slog.
func (l *Log) Handler() slog.Handler { return &handler{log: l} }

type handler struct {
	log   *Log
	attrs []slog.Attr
	group string
}

func (h *handler) Enabled(_ context.Context, level slog.Level) bool {
	h.log.mu.Lock()
	defer h.log.mu.Unlock()
	return !h.log.cfg.Off && level >= h.log.cfg.Level
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	n := *h
	n.attrs = append(append([]slog.Attr(nil), h.attrs...), attrs...)
	return &n
}

func (h *handler) WithGroup(name string) slog.Handler {
	n := *h
	n.group += name + "."
	return &n
}

func (h *handler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	b.WriteString(r.Message)
	write := func(a slog.Attr) bool {
		v := a.Value.Resolve().String()
		if a.Value.Kind() == slog.KindTime {
			v = a.Value.Time().UTC().Format(time.RFC3339)
		}
		if v == "" || strings.ContainsAny(v, " \"=") && !strings.Contains(v, "\n") {
			v = fmt.Sprintf("%q", v)
		}
		fmt.Fprintf(&b, " %s%s=%s", h.group, a.Key, v)
		return true
	}
	for _, a := range h.attrs {
		write(a)
	}
	r.Attrs(write)

	h.log.mu.Lock()
	defer h.log.mu.Unlock()
	switch {
	case h.log.sys != nil:
		return h.log.toSyslog(r.Level, b.String())
	case h.log.file != nil:
		_, err := fmt.Fprintf(h.log.out, "[%s] %s %s\n", r.Time.Format(time.DateTime), name(r.Level), b.String())
		return err
	}
	_, err := fmt.Fprintf(h.log.out, "%-5s %s\n", name(r.Level), b.String())
	return err
}

func name(level slog.Level) string {
	if level < slog.LevelDebug {
		return "TRACE"
	}
	return level.String()
}

func (l *Log) toSyslog(level slog.Level, line string) error {
	switch {
	case level >= slog.LevelError:
		return l.sys.Err(line)
	case level >= slog.LevelWarn:
		return l.sys.Warning(line)
	case level >= slog.LevelInfo:
		return l.sys.Info(line)
	}
	return l.sys.Debug(line)
}
