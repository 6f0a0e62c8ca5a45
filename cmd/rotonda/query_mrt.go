package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"example.com/rotonda/routecore/mrt"
)

// saveMRT writes an answer that is an MRT file to a file, and counts its routes.
// The file appears when it is whole; one that broke off leaves what was there.
func saveMRT(name string, body io.Reader) (routes int, err error) {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*.part")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name()) // does nothing once it has its name
	routes, err = countMRT(io.TeeReader(body, f))
	if err != nil {
		err = fmt.Errorf("the answer broke off after %d routes; %s is not written: %w", routes, name, err)
	}
	if err == nil {
		err = f.Chmod(0o644)
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	return routes, err
}

// countMRT reads to the end and counts the routes.
func countMRT(src io.Reader) (routes int, err error) {
	in := mrt.NewReader(src)
	for {
		rec, err := in.Next()
		if err == io.EOF {
			return routes, nil
		}
		if err != nil {
			return routes, err
		}
		if !rec.IsRIB() {
			continue
		}
		rib, err := mrt.ParseRIB(&rec)
		if err != nil {
			return routes, err
		}
		routes += rib.Count
	}
}
