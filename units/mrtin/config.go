package mrtin

// Config configures a source that reads MRT files: RIB dumps and logs of BGP
// messages, plain or compressed with gzip, bzip2, xz or zstd.
type Config struct {
	// Filename lists the files, which are read in this order, one after the
	// other. What a file is, its content tells, not its name.
	Filename []string `conf:"filename" required:"true" nonempty:"true" oneormany:"true" path:"true"`
	// UpdatePath is accepted for compatibility.
	UpdatePath string `conf:"update_path" path:"true" notice:"has no effect: files are no longer queued over HTTP; list them in filename"`
}
