package rpki

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"

	"example.com/rotonda/routecore/inet"
)

// SLURM are an operator's exceptions to what was validated (RFC 8416; version 2
// adds ASPAs, draft-ietf-sidrops-aspa-slurm): filters take records away, then
// assertions add some.
type SLURM struct {
	PrefixFilters []PrefixFilter
	KeyFilters    []KeyFilter
	ASPAFilters   []inet.ASN // customers
	Assertions    Data
}

// PrefixFilter matches VRPs of and inside a prefix, of an AS, or both (RFC 8416
// §3.3.1). An invalid prefix and a nil AS match any.
type PrefixFilter struct {
	Prefix netip.Prefix
	ASN    *inet.ASN
}

// Matches tells whether the filter takes a VRP away.
func (f PrefixFilter) Matches(v VRP) bool {
	if f.ASN != nil && *f.ASN != v.ASN {
		return false
	}
	return !f.Prefix.IsValid() || f.Prefix.Bits() <= v.Prefix.Bits() && f.Prefix.Contains(v.Prefix.Addr())
}

// KeyFilter matches router keys of an AS, with a subject key identifier, or both
// (RFC 8416 §3.3.2). What is nil matches any.
type KeyFilter struct {
	ASN *inet.ASN
	SKI *[20]byte
}

// Matches tells whether the filter takes a router key away.
func (f KeyFilter) Matches(k RouterKey) bool {
	return (f.ASN == nil || *f.ASN == k.ASN) && (f.SKI == nil || *f.SKI == k.SKI)
}

// Apply returns data with the exceptions applied. Assertions are not filtered
// (RFC 8416 §4.1). An asserted ASPA replaces that of its customer.
func (s *SLURM) Apply(d Data) Data {
	out := Data{
		VRPs: slices.DeleteFunc(slices.Clone(d.VRPs), func(v VRP) bool {
			return slices.ContainsFunc(s.PrefixFilters, func(f PrefixFilter) bool { return f.Matches(v) })
		}),
		Keys: slices.DeleteFunc(slices.Clone(d.Keys), func(k RouterKey) bool {
			return slices.ContainsFunc(s.KeyFilters, func(f KeyFilter) bool { return f.Matches(k) })
		}),
		ASPAs: slices.DeleteFunc(slices.Clone(d.ASPAs), func(a ASPA) bool {
			return slices.Contains(s.ASPAFilters, a.Customer) ||
				slices.ContainsFunc(s.Assertions.ASPAs, func(b ASPA) bool { return a.Customer == b.Customer })
		}),
	}
	out.VRPs = append(out.VRPs, s.Assertions.VRPs...)
	out.Keys = append(out.Keys, s.Assertions.Keys...)
	out.ASPAs = append(out.ASPAs, s.Assertions.ASPAs...)
	return out
}

type slurmFile struct {
	Version *int `json:"slurmVersion"`
	Filters *struct {
		Prefix []slurmPrefix `json:"prefixFilters"`
		Keys   []slurmKey    `json:"bgpsecFilters"`
		ASPAs  []slurmASPA   `json:"aspaFilters"`
	} `json:"validationOutputFilters"`
	Assertions *struct {
		Prefix []slurmPrefix `json:"prefixAssertions"`
		Keys   []slurmKey    `json:"bgpsecAssertions"`
		ASPAs  []slurmASPA   `json:"aspaAssertions"`
	} `json:"locallyAddedAssertions"`
}

type slurmPrefix struct {
	Prefix  *netip.Prefix `json:"prefix"`
	ASN     *inet.ASN     `json:"asn"`
	MaxLen  *int          `json:"maxPrefixLength"`
	Comment string        `json:"comment"`
}

type slurmKey struct {
	ASN     *inet.ASN `json:"asn"`
	SKI     string    `json:"SKI"`
	Key     string    `json:"routerPublicKey"`
	Comment string    `json:"comment"`
}

// slurmASPA has the names of the draft's several revisions.
type slurmASPA struct {
	CustomerASID *inet.ASN  `json:"customerAsid"`
	CustomerASN  *inet.ASN  `json:"customerAsn"`
	ProviderASNs []inet.ASN `json:"providerAsns"`
	ProviderSet  []inet.ASN `json:"providerSet"`
	Comment      string     `json:"comment"`
}

func (j slurmASPA) customer() (inet.ASN, error) {
	switch {
	case j.CustomerASN != nil:
		return *j.CustomerASN, nil
	case j.CustomerASID != nil:
		return *j.CustomerASID, nil
	}
	return 0, errors.New("customerAsn is missing")
}

// ParseSLURM reads a file of exceptions. As RFC 8416 §3.1 wants it, a file with
// anything wrong in it is refused as a whole, members that nobody defined
// included; the error names the element, counted from 0.
func ParseSLURM(r io.Reader) (*SLURM, error) {
	var f slurmFile
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("rpki: SLURM at byte %d: %w", d.InputOffset(), err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("rpki: SLURM at byte %d: there is something after the object", d.InputOffset())
	}
	s, err := f.slurm()
	if err != nil {
		return nil, fmt.Errorf("rpki: SLURM: %w", err)
	}
	return s, nil
}

func (f *slurmFile) slurm() (*SLURM, error) {
	switch {
	case f.Version == nil:
		return nil, errors.New("slurmVersion is missing")
	case *f.Version != 1 && *f.Version != 2:
		return nil, fmt.Errorf("slurmVersion %d is not 1 or 2", *f.Version)
	case f.Filters == nil || f.Assertions == nil:
		return nil, errors.New("validationOutputFilters and locallyAddedAssertions must both be there")
	case *f.Version == 1 && (f.Filters.ASPAs != nil || f.Assertions.ASPAs != nil):
		return nil, errors.New("version 1 has no ASPAs")
	}
	s := new(SLURM)
	return s, errors.Join(
		each("prefixFilters", f.Filters.Prefix, s.prefixFilter), each("bgpsecFilters", f.Filters.Keys, s.keyFilter),
		each("aspaFilters", f.Filters.ASPAs, s.aspaFilter), each("prefixAssertions", f.Assertions.Prefix, s.assertPrefix),
		each("bgpsecAssertions", f.Assertions.Keys, s.assertKey), each("aspaAssertions", f.Assertions.ASPAs, s.assertASPA),
	)
}

// each takes the elements of a list, and stops at the first that is wrong.
func each[T any](name string, list []T, take func(T) error) error {
	for i, x := range list {
		if err := take(x); err != nil {
			return fmt.Errorf("%s %d: %w", name, i, err)
		}
	}
	return nil
}

func (s *SLURM) prefixFilter(j slurmPrefix) error {
	f := PrefixFilter{ASN: j.ASN}
	switch {
	case j.MaxLen != nil:
		return errors.New("a filter has no maxPrefixLength")
	case j.Prefix != nil:
		f.Prefix = *j.Prefix
	case j.ASN == nil:
		return errors.New("there is neither prefix nor asn")
	}
	if f.Prefix.IsValid() && f.Prefix != f.Prefix.Masked() {
		return fmt.Errorf("prefix %s has host bits", f.Prefix)
	}
	s.PrefixFilters = append(s.PrefixFilters, f)
	return nil
}

func (s *SLURM) assertPrefix(j slurmPrefix) error {
	if j.Prefix == nil || j.ASN == nil {
		return errors.New("an assertion needs prefix and asn")
	}
	v := VRP{Prefix: *j.Prefix, ASN: *j.ASN, MaxLen: uint8(max(j.Prefix.Bits(), 0))}
	if j.MaxLen != nil {
		if *j.MaxLen < 0 || *j.MaxLen > 128 {
			return fmt.Errorf("maxPrefixLength %d is not from 0 to 128", *j.MaxLen)
		}
		v.MaxLen = uint8(*j.MaxLen)
	}
	if v.Prefix != v.Prefix.Masked() {
		return fmt.Errorf("prefix %s has host bits", v.Prefix)
	}
	s.Assertions.VRPs = append(s.Assertions.VRPs, v)
	return v.Check()
}

// ski reads 20 octets in base64 (RFC 8416 §3.3.2).
func (j slurmKey) ski() (*[20]byte, error) {
	b, err := decodeBase64(j.SKI)
	if err != nil || len(b) != 20 {
		return nil, fmt.Errorf("SKI %q is not 20 octets in base64", j.SKI)
	}
	return (*[20]byte)(bytes.Clone(b)), nil
}

func (s *SLURM) keyFilter(j slurmKey) error {
	f := KeyFilter{ASN: j.ASN}
	switch {
	case j.Key != "":
		return errors.New("a filter has no routerPublicKey")
	case j.SKI != "":
		ski, err := j.ski()
		if err != nil {
			return err
		}
		f.SKI = ski
	case j.ASN == nil:
		return errors.New("there is neither asn nor SKI")
	}
	s.KeyFilters = append(s.KeyFilters, f)
	return nil
}

func (s *SLURM) assertKey(j slurmKey) error {
	if j.ASN == nil {
		return errors.New("an assertion needs asn")
	}
	ski, err := j.ski()
	if err != nil {
		return err
	}
	spki, err := decodeBase64(j.Key)
	if err != nil || len(spki) == 0 {
		return fmt.Errorf("routerPublicKey %q is no base64", j.Key)
	}
	s.Assertions.Keys = append(s.Assertions.Keys, RouterKey{SKI: *ski, ASN: *j.ASN, SPKI: string(spki)})
	return nil
}

func (s *SLURM) aspaFilter(j slurmASPA) error {
	customer, err := j.customer()
	if err == nil && (j.ProviderASNs != nil || j.ProviderSet != nil) {
		err = errors.New("a filter has no providers")
	}
	s.ASPAFilters = append(s.ASPAFilters, customer)
	return err
}

func (s *SLURM) assertASPA(j slurmASPA) error {
	customer, err := j.customer()
	if err != nil {
		return err
	}
	a := ASPA{Customer: customer, Providers: providers(slices.Concat(j.ProviderASNs, j.ProviderSet))}
	if len(a.Providers) == 0 {
		return fmt.Errorf("%s has no providers; AS 0 would say so", customer)
	}
	s.Assertions.ASPAs = append(s.Assertions.ASPAs, a)
	return nil
}
