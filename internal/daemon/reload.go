package daemon

import (
	"fmt"
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
	restore := d.filters.Keep()
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
	if config.RotoScript != "" {
		d.log.Info("the scripts judge what comes from now on; routes held already keep their verdict until their peers send them again")
	}
	d.log.Info("Configuration changes applied")
	return nil
}
