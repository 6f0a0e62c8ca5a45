package obs

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestALogFileIsOpenedAnewByApply(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rotonda.log")
	l := Open()
	cfg := LogConfig{Level: slog.LevelInfo, Target: "file", File: path}
	if err := l.Apply(cfg); err != nil {
		t.Fatal(err)
	}
	log := slog.New(l.Handler()).With("unit", "bmp-in")
	log.Info("first", "peer", "192.0.2.1", "text", "two words")
	log.Debug("too low")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := l.Apply(cfg); err != nil {
		t.Fatal(err)
	}
	log.Warn("second")

	old, _ := os.ReadFile(path + ".1")
	now, _ := os.ReadFile(path)
	if got, want := string(old), `INFO first unit=bmp-in peer=192.0.2.1 text="two words"`+"\n"; !strings.HasSuffix(got, want) {
		t.Errorf("before the rotation: %q, want it to end in %q", got, want)
	}
	if got := string(now); !strings.HasSuffix(got, "WARN second unit=bmp-in\n") || strings.Contains(got, "first") {
		t.Errorf("after the rotation: %q", got)
	}
}

func TestApplyKeepsTheOldTargetOnError(t *testing.T) {
	l := Open()
	err := l.Apply(LogConfig{Target: "file", File: filepath.Join(t.TempDir(), "no", "such", "dir")})
	if err == nil {
		t.Fatal("a file in a folder that does not exist was accepted")
	}
	if l.out != os.Stderr {
		t.Error("the log no longer writes to standard error")
	}
	if err := l.Apply(LogConfig{Target: "syslog", Facility: "kitchen"}); err == nil || !strings.Contains(err.Error(), "kitchen") {
		t.Errorf("facility kitchen: %v", err)
	}
}

func TestParseLevelNamesWhatIsRight(t *testing.T) {
	if _, off, err := ParseLevel("OFF"); !off || err != nil {
		t.Errorf("OFF: off=%v, %v", off, err)
	}
	if _, _, err := ParseLevel("loud"); err == nil || !strings.Contains(err.Error(), "debug or trace") {
		t.Errorf("loud: %v", err)
	}
}
