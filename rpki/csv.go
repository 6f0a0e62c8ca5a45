package rpki

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// ParseCSV reads VRPs from the CSV output of validators: a first line that names
// the columns, of which "ASN", "IP Prefix" and "Max Length" count, wherever they
// stand. The error names the line.
func ParseCSV(r io.Reader) ([]VRP, error) {
	c := csv.NewReader(r)
	c.FieldsPerRecord = -1 // lines are checked by what they hold
	head, err := c.Read()
	if err != nil {
		return nil, fmt.Errorf("rpki: CSV: %w", err)
	}
	asn, prefix, length := slices.Index(head, "ASN"), slices.Index(head, "IP Prefix"), slices.Index(head, "Max Length")
	if asn < 0 || prefix < 0 || length < 0 {
		return nil, errors.New("rpki: CSV: the first line names no columns ASN, IP Prefix and Max Length")
	}
	list := []VRP{}
	for {
		f, err := c.Read()
		if err == io.EOF {
			return list, nil
		}
		line, _ := c.FieldPos(0)
		if err == nil {
			var v VRP
			if v, err = csvVRP(f, asn, prefix, length); err == nil {
				list = append(list, v)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("rpki: CSV line %d: %w", line, err)
		}
	}
}

func csvVRP(f []string, asn, prefix, length int) (v VRP, err error) {
	if len(f) <= max(asn, prefix, length) {
		return VRP{}, fmt.Errorf("%d columns", len(f))
	}
	if v.ASN, err = inet.ParseASN(f[asn]); err != nil {
		return VRP{}, err
	}
	if v.Prefix, err = netip.ParsePrefix(f[prefix]); err != nil {
		return VRP{}, err
	}
	v.MaxLen = uint8(v.Prefix.Bits())
	if f[length] != "" {
		n, err := strconv.ParseUint(f[length], 10, 8)
		if err != nil {
			return VRP{}, fmt.Errorf("maximum length %q is no number", f[length])
		}
		v.MaxLen = uint8(n)
	}
	return v, v.Check()
}
