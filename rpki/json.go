package rpki

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"

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

// jsonASPA is an element of "aspas": rpki-client has customer_asid, Routinator
// customer.
type jsonASPA struct {
	CustomerASID jsonASN   `json:"customer_asid"`
	Customer     jsonASN   `json:"customer"`
	Providers    []jsonASN `json:"providers"`
}

func (j jsonASPA) aspa(afi uint8) (ASPA, error) {
	a := ASPA{Customer: j.Customer.asn, AFI: afi}
	switch {
	case j.CustomerASID.set:
		a.Customer = j.CustomerASID.asn
	case !j.Customer.set:
		return ASPA{}, errors.New("customer is missing")
	}
	for _, p := range j.Providers {
		a.Providers = append(a.Providers, p.asn)
	}
	if len(a.Providers) == 0 {
		return ASPA{}, fmt.Errorf("%s has no providers; AS 0 would say so", a.Customer)
	}
	return a, nil
}

// jsonKey is an element of "bgpsec_keys" (rpki-client) or "routerKeys"
// (Routinator).
type jsonKey struct {
	ASN             jsonASN `json:"asn"`
	SKI             string  `json:"ski"` // also matches SKI
	PubKey          string  `json:"pubkey"`
	RouterPublicKey string  `json:"routerPublicKey"`
}

func (j jsonKey) key() (RouterKey, error) {
	if !j.ASN.set {
		return RouterKey{}, errors.New("asn is missing")
	}
	ski, err := hex.DecodeString(j.SKI)
	if err != nil || len(ski) != 20 {
		return RouterKey{}, fmt.Errorf("SKI %q is not 20 octets in hexadecimal", j.SKI)
	}
	text := j.PubKey
	if text == "" {
		text = j.RouterPublicKey
	}
	spki, err := decodeBase64(text)
	if err != nil || len(spki) == 0 {
		return RouterKey{}, fmt.Errorf("public key %q is no base64", text)
	}
	return RouterKey{SKI: [20]byte(ski), ASN: j.ASN.asn, SPKI: string(spki)}, nil
}

// decodeBase64 reads either alphabet, with or without padding.
func decodeBase64(text string) ([]byte, error) {
	text = strings.TrimRight(text, "=")
	if strings.ContainsAny(text, "-_") {
		return base64.RawURLEncoding.DecodeString(text)
	}
	return base64.RawStdEncoding.DecodeString(text)
}

// ParseJSON reads the VRPs of a validator's JSON output: an object with a list
// "roas", or such a list alone. Without maxLength an element allows the length
// of its prefix only (RFC 6482 §3.3). The error names the element, counted from
// 0, and the byte offset.
func ParseJSON(r io.Reader) ([]VRP, error) {
	p := parser{d: json.NewDecoder(r), vrpsOnly: true}
	if err := p.parse(); err != nil {
		return nil, err
	}
	if p.out.VRPs == nil {
		return nil, errors.New("rpki: JSON: there is no list roas")
	}
	return p.out.VRPs, nil
}

// ParseDump reads all that a validator's JSON output says: VRPs ("roas"), ASPAs
// ("aspas", or by family in "provider_authorizations") and router keys
// ("bgpsec_keys" of rpki-client, "routerKeys" of Routinator). There must be one
// of these at least. Errors are as those of [ParseJSON].
func ParseDump(r io.Reader) (Data, error) {
	p := parser{d: json.NewDecoder(r)}
	if err := p.parse(); err != nil {
		return Data{}, err
	}
	if !p.found {
		return Data{}, errors.New("rpki: JSON: there are no roas, aspas or router keys")
	}
	return p.out, nil
}

// parser walks the output of a validator, which is too long to hold in memory
// twice.
type parser struct {
	d        *json.Decoder
	vrpsOnly bool
	found    bool
	out      Data
}

func errorf(format string, args ...any) error {
	return fmt.Errorf("rpki: JSON "+format, args...)
}

func (p *parser) parse() error {
	first, err := p.d.Token()
	if err != nil {
		return errorf("at byte %d: %w", p.d.InputOffset(), err)
	}
	switch first {
	case json.Delim('['):
		p.found = true
		return p.vrps()
	case json.Delim('{'):
		return p.object(p.member)
	}
	return errorf("at byte %d: want an object with roas, or a list of VRPs", p.d.InputOffset())
}

// object hands each member of an object that is open to a function.
func (p *parser) object(member func(key string) error) error {
	for p.d.More() {
		key, err := p.d.Token()
		if err != nil {
			return errorf("at byte %d: %w", p.d.InputOffset(), err)
		}
		if err := member(key.(string)); err != nil {
			return err
		}
	}
	if _, err := p.d.Token(); err != nil {
		return errorf("at byte %d: %w", p.d.InputOffset(), err)
	}
	return nil
}

func (p *parser) member(key string) error {
	if key != "roas" && p.vrpsOnly {
		return p.skip(key)
	}
	switch key {
	case "roas":
		return p.list(key, p.vrps)
	case "aspas":
		return p.list(key, func() error { return p.aspas(0) })
	case "provider_authorizations":
		if open, err := p.d.Token(); err != nil || open != json.Delim('{') {
			return errorf("at byte %d: %s is no object", p.d.InputOffset(), key)
		}
		return p.object(func(family string) error {
			afi := uint8(1)
			if family == "ipv6" {
				afi = 2
			}
			return p.list(family, func() error { return p.aspas(afi) })
		})
	case "bgpsec_keys", "routerKeys":
		return p.list(key, p.keys)
	}
	return p.skip(key)
}

func (p *parser) skip(key string) error {
	var skipped json.RawMessage
	if err := p.d.Decode(&skipped); err != nil {
		return errorf("member %s at byte %d: %w", key, p.d.InputOffset(), err)
	}
	return nil
}

func (p *parser) list(key string, elements func() error) error {
	if open, err := p.d.Token(); err != nil || open != json.Delim('[') {
		return errorf("at byte %d: %s is no list", p.d.InputOffset(), key)
	}
	p.found = true
	return elements()
}

func (p *parser) vrps() error {
	if p.out.VRPs == nil {
		p.out.VRPs = []VRP{}
	}
	return elements(p, "VRP", &p.out.VRPs, jsonVRP.vrp)
}

func (p *parser) aspas(afi uint8) error {
	return elements(p, "ASPA", &p.out.ASPAs, func(j jsonASPA) (ASPA, error) { return j.aspa(afi) })
}

func (p *parser) keys() error { return elements(p, "router key", &p.out.Keys, jsonKey.key) }

// elements reads elements up to the bracket that closes the list.
func elements[J, T any](p *parser, what string, list *[]T, convert func(J) (T, error)) error {
	for p.d.More() {
		var j J
		err := p.d.Decode(&j)
		var v T
		if err == nil {
			v, err = convert(j)
		}
		if err != nil {
			return errorf("at %s %d before byte %d: %w", what, len(*list), p.d.InputOffset(), err)
		}
		*list = append(*list, v)
	}
	if _, err := p.d.Token(); err != nil {
		return errorf("at byte %d: %w", p.d.InputOffset(), err)
	}
	return nil
}
