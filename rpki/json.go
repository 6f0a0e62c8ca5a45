package rpki

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"

	"example.com/rotonda/routecore/inet"
)

// jsonVRP is an element of "roas" as rpki-client, Routinator and StayRTR write
// it: the AS is a number, digits in quotes, or "AS" and digits.
type jsonVRP struct {
	ASN       jsonASN      `json:"asn"`
	Prefix    netip.Prefix `json:"prefix"`
	MaxLength *int         `json:"maxLength"`
}

type jsonASN struct {
	asn inet.ASN
	set bool
}

// UnmarshalJSON reads any of the forms of an AS number.
func (a *jsonASN) UnmarshalJSON(text []byte) error {
	asn, err := inet.ParseASN(string(bytes.Trim(text, `"`)))
	a.asn, a.set = asn, err == nil
	return err
}

func (j jsonVRP) vrp() (VRP, error) {
	if !j.ASN.set {
		return VRP{}, errors.New("asn is missing")
	}
	v := VRP{Prefix: j.Prefix, MaxLen: uint8(max(j.Prefix.Bits(), 0)), ASN: j.ASN.asn}
	if j.MaxLength != nil {
		if *j.MaxLength < 0 || *j.MaxLength > 255 {
			return VRP{}, fmt.Errorf("maxLength %d is not from 0 to 128", *j.MaxLength)
		}
		v.MaxLen = uint8(*j.MaxLength)
	}
	return v, v.Check()
}

// ParseJSON reads the VRPs of a validator's JSON output: an object with a list
// "roas", or such a list alone. Without maxLength an element allows the length
// of its prefix only (RFC 6482 §3.3). The error names the element, counted from
// 0, and the byte offset.
func ParseJSON(r io.Reader) ([]VRP, error) {
	d := json.NewDecoder(r)
	first, err := d.Token()
	if err != nil {
		return nil, fmt.Errorf("rpki: JSON at byte %d: %w", d.InputOffset(), err)
	}
	switch first {
	case json.Delim('['):
		return parseList(d)
	case json.Delim('{'):
		return parseObject(d)
	}
	return nil, fmt.Errorf("rpki: JSON at byte %d: want an object with roas, or a list of VRPs", d.InputOffset())
}

func parseObject(d *json.Decoder) ([]VRP, error) {
	var list []VRP
	found := false
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("rpki: JSON at byte %d: %w", d.InputOffset(), err)
		}
		if key != "roas" {
			var skipped json.RawMessage
			if err := d.Decode(&skipped); err != nil {
				return nil, fmt.Errorf("rpki: JSON member %v at byte %d: %w", key, d.InputOffset(), err)
			}
			continue
		}
		if open, err := d.Token(); err != nil || open != json.Delim('[') {
			return nil, fmt.Errorf("rpki: JSON at byte %d: roas is no list", d.InputOffset())
		}
		more, err := parseList(d)
		if err != nil {
			return nil, err
		}
		list, found = append(list, more...), true
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("rpki: JSON at byte %d: %w", d.InputOffset(), err)
	}
	if !found {
		return nil, errors.New("rpki: JSON: there is no list roas")
	}
	return list, nil
}

// parseList reads elements up to the bracket that closes the list.
func parseList(d *json.Decoder) ([]VRP, error) {
	list := []VRP{}
	for d.More() {
		var j jsonVRP
		err := d.Decode(&j)
		var v VRP
		if err == nil {
			v, err = j.vrp()
		}
		if err != nil {
			return nil, fmt.Errorf("rpki: JSON: VRP %d before byte %d: %w", len(list), d.InputOffset(), err)
		}
		list = append(list, v)
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("rpki: JSON at byte %d: %w", d.InputOffset(), err)
	}
	return list, nil
}
