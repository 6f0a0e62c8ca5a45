package inet

import (
	"fmt"
	"strconv"
	"strings"
)

// ASN is an autonomous system number of four octets (RFC 6793). The zero value
// is AS 0, which identifies no network (RFC 7607).
type ASN uint32

// ASTrans stands in for a 4-octet AS number in fields of two octets (RFC 6793 §9).
const ASTrans ASN = 23456

// String returns the number with the prefix "AS" in asplain form (RFC 5396).
func (a ASN) String() string { return "AS" + strconv.FormatUint(uint64(a), 10) }

// AppendText appends the form of String to dst.
func (a ASN) AppendText(dst []byte) ([]byte, error) {
	return strconv.AppendUint(append(dst, "AS"...), uint64(a), 10), nil
}

// ParseASN reads "64500", "AS64500" (any case) or asdot "1.10" (RFC 5396).
func ParseASN(s string) (ASN, error) {
	digits := s
	if len(s) > 2 && strings.EqualFold(s[:2], "AS") {
		digits = s[2:]
	}
	if high, low, dotted := strings.Cut(digits, "."); dotted {
		h, errHigh := strconv.ParseUint(high, 10, 16)
		l, errLow := strconv.ParseUint(low, 10, 16)
		if errHigh != nil || errLow != nil {
			return 0, fmt.Errorf("AS number %q: both halves of the dotted form go from 0 to 65535", s)
		}
		return ASN(h<<16 | l), nil
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("AS number %q: want 0 to 4294967295, with or without AS before it", s)
	}
	return ASN(n), nil
}
