package daemon

import (
	"fmt"

	"example.com/rotonda/unit"
)

// Reload reads the configuration and the scripts again and applies what
// changed. Where anything in them is wrong, all of the old stays.
func (d *Daemon) Reload() error {
	if d.options.Config == "" {
		return errNoConfig
	}
	d.log.Info(fmt.Sprintf("SIGHUP signal received, re-reading configuration file '%s'", d.options.Config))
	config, notices, err := ReadConfig(d.options.Config, d.catalog)
	if err != nil {
		return err
	}
	notify(d.log, notices)
	lc, err := config.logging(d.options)
	if err != nil {
		return err
	}
	restore, before := d.filters.Keep(), d.filters.Fingerprint()
	d.filters.AllowCommands(config.RotoCommands)
	if err := d.filters.Load(config.RotoScript); err != nil {
		restore()
		return fmt.Errorf("scripts not changed, the old ones stay: %w", err)
	}
	if err := d.apply(config); err != nil {
		restore()
		return err
	}
	if err := d.logs.Apply(lc); err != nil {
		d.log.Error("log target not changed", "error", err)
	}
	if d.filters.Fingerprint() != before {
		d.refresh()
	}
	d.log.Info("Configuration changes applied")
	return nil
}

// refresh has the new scripts judge the routes that are held, as far as their
// peers send them again.
func (d *Daemon) refresh() {
	asked, unable := 0, 0
	for _, v := range d.graph.Units() {
		if r, ok := v.Unit.(unit.Refresher); ok {
			a, u := r.Refresh()
			asked, unable = asked+a, unable+u
		}
	}
	d.log.Info("the scripts changed: BGP peers were asked for their routes again; routes of other peers, and those of BMP and MRT, keep their verdict until they come again",
		"asked", asked, "unable", unable)
}
