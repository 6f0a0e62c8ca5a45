package daemon

import (
	"context"
	"os"
	"path/filepath"
	"time"
)

// registerPause gathers the ids of a burst of new sessions into one save.
const registerPause = time.Second

// registerAge is how long an ingress that nobody holds is remembered.
const registerAge = 90 * 24 * time.Hour

// keepRegister saves the register when ids were made, and at the end.
func (d *Daemon) keepRegister(ctx context.Context) {
	expiry := time.NewTicker(time.Hour)
	defer expiry.Stop()
	pause := registerPause
	for {
		select {
		case <-ctx.Done():
			d.saveRegister(true)
			return
		case now := <-expiry.C:
			d.register.Expire(now, registerAge)
		case <-d.register.Changed():
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
			// The file is written as a whole: a large one for each new id would keep
			// the disk busy.
			begun := time.Now()
			d.saveRegister(false)
			pause = max(registerPause, 20*time.Since(begun))
		}
	}
}

func (d *Daemon) saveRegister(last bool) {
	dir := d.stateDirectory()
	if dir == "" {
		return
	}
	err := os.MkdirAll(dir, 0o755)
	path := filepath.Join(dir, registerFile)
	switch {
	case err != nil:
	case last:
		err = d.register.Close(path)
	default:
		err = d.register.Save(path)
	}
	if err != nil {
		d.log.Error("ingress ids are not saved and may change at the next start", "error", err)
	}
}

func (d *Daemon) stateDirectory() string {
	d.confMu.Lock()
	defer d.confMu.Unlock()
	if d.config == nil {
		return ""
	}
	return d.config.StateDirectory
}
