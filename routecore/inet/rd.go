package inet

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// RD is a route distinguisher in its eight octets (RFC 4364 §4.2). It is
// comparable; the zero value prints as "0:0" and stands for none.
type RD [8]byte

// String prints types 0 and 2 as ASN:NUMBER and type 1 as IPV4:NUMBER. Type 2 is
// marked by its AS number being over 65535 or, where it is not, by the prefix
// "2:". Other types print as "0x" and sixteen hexadecimal digits.
func (d RD) String() string {
	b, _ := d.AppendText(nil)
	return string(b)
}

// AppendText appends the form of String to dst.
func (d RD) AppendText(dst []byte) ([]byte, error) {
	switch binary.BigEndian.Uint16(d[:]) {
	case 0:
		dst = strconv.AppendUint(dst, uint64(binary.BigEndian.Uint16(d[2:])), 10)
		return strconv.AppendUint(append(dst, ':'), uint64(binary.BigEndian.Uint32(d[4:])), 10), nil
	case 1:
		dst = netip.AddrFrom4([4]byte(d[2:6])).AppendTo(dst)
		return strconv.AppendUint(append(dst, ':'), uint64(binary.BigEndian.Uint16(d[6:])), 10), nil
	case 2:
		asn := binary.BigEndian.Uint32(d[2:])
		if asn <= 65535 {
			dst = append(dst, "2:"...)
		}
		dst = strconv.AppendUint(dst, uint64(asn), 10)
		return strconv.AppendUint(append(dst, ':'), uint64(binary.BigEndian.Uint16(d[6:])), 10), nil
	}
	return hex.AppendEncode(append(dst, "0x"...), d[:]), nil
}

// ParseRD reads every form that String prints.
func ParseRD(s string) (RD, error) {
	bad := func() (RD, error) {
		return RD{}, fmt.Errorf("route distinguisher %q: want ASN:NUMBER or IPV4:NUMBER", s)
	}
	var d RD
	if digits, ok := strings.CutPrefix(s, "0x"); ok {
		if n, err := hex.Decode(d[:], []byte(digits[:min(len(digits), 16)])); err != nil || n != 8 || len(digits) != 16 {
			return bad()
		}
		return d, nil
	}
	wide := false
	if strings.Count(s, ":") == 2 && strings.HasPrefix(s, "2:") {
		s, wide = s[2:], true
	}
	left, right, ok := strings.Cut(s, ":")
	if !ok {
		return bad()
	}
	if a, err := netip.ParseAddr(left); err == nil && a.Is4() {
		n, err := strconv.ParseUint(right, 10, 16)
		if err != nil {
			return bad()
		}
		d[1] = 1
		ip := a.As4()
		copy(d[2:], ip[:])
		binary.BigEndian.PutUint16(d[6:], uint16(n))
		return d, nil
	}
	asn, err := strconv.ParseUint(left, 10, 32)
	if err != nil {
		return bad()
	}
	if wide || asn > 65535 {
		n, err := strconv.ParseUint(right, 10, 16)
		if err != nil {
			return bad()
		}
		d[1] = 2
		binary.BigEndian.PutUint32(d[2:], uint32(asn))
		binary.BigEndian.PutUint16(d[6:], uint16(n))
		return d, nil
	}
	n, err := strconv.ParseUint(right, 10, 32)
	if err != nil {
		return bad()
	}
	binary.BigEndian.PutUint16(d[2:], uint16(asn))
	binary.BigEndian.PutUint32(d[4:], uint32(n))
	return d, nil
}
