package dissect

import (
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"example.com/rotonda/routecore/inet"
)

// The texts of values, all with the same shape so that [part.leaf] takes them.

func decimal(b []byte) string { return strconv.FormatUint(uintOf(b), 10) }

func asn(b []byte) string { return decimal(b) }

func hexText(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return "0x" + hex.EncodeToString(b)
}

func seconds(b []byte) string { return decimal(b) + " s" }

func bits(b []byte) string { return plural(b, "bit") }

func octets(b []byte) string { return plural(b, "octet") }

func plural(b []byte, unit string) string {
	if uintOf(b) == 1 {
		return "1 " + unit
	}
	return decimal(b) + " " + unit + "s"
}

// addr is for addresses of 4 or 16 octets.
func addr(b []byte) string {
	if a := inet.AddrFromWire(b); a.IsValid() {
		return a.String()
	}
	return hexText(b)
}

// paddedAddr is for a field of 16 octets with an IPv4 address in its last four.
func paddedAddr(b []byte) string { return addr(b[len(b)-4:]) }

func rd(b []byte) string { return inet.RD(b).String() }

func mac(b []byte) string {
	text := make([]string, len(b))
	for i := range b {
		text[i] = hex.EncodeToString(b[i : i+1])
	}
	return strings.Join(text, ":")
}

func zero(b []byte) string {
	for _, c := range b {
		if c != 0 {
			return hexText(b) + " (should be 0)"
		}
	}
	return "0"
}

// printable is text from a peer made safe for terminals, in quotes.
func printable(b []byte) string {
	return strconv.Quote(strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(string(b), "\ufffd")))
}

func unixTime(b []byte) string {
	if uintOf(b) == 0 {
		return "0 (unknown)"
	}
	return decimal(b) + " (" + time.Unix(int64(uintOf(b)), 0).UTC().Format(time.RFC3339) + ")"
}

func afi(b []byte) string {
	switch a := inet.AFI(uintOf(b)); a {
	case inet.AFIIPv4:
		return "IPv4 (1)"
	case inet.AFIIPv6:
		return "IPv6 (2)"
	case inet.AFIL2VPN:
		return "L2VPN (25)"
	case inet.AFIBGPLS:
		return "BGP-LS (16388)"
	}
	return decimal(b)
}

// safi names the SAFI by the family that it makes with a.
func safi(a inet.AFI) func([]byte) string {
	return func(b []byte) string {
		name := inet.NewFamily(a, inet.SAFI(b[len(b)-1])).String()
		if strings.HasPrefix(name, "afi ") {
			return decimal(b)
		}
		if _, after, ok := strings.Cut(name, " "); ok {
			name = after
		}
		return name + " (" + decimal(b) + ")"
	}
}

// family reads AFI and SAFI with reserved octets between them.
func (p *part) family(reserved int, safiLen int, rfc string) inet.Family {
	a := inet.AFI(uintOf(p.leaf(2, "AFI", rfc, afi)))
	if reserved > 0 {
		p.leaf(reserved, "reserved", rfc, zero)
	}
	s := p.leaf(safiLen, "SAFI", rfc, safi(a))
	if s == nil {
		return 0
	}
	return inet.NewFamily(a, inet.SAFI(s[safiLen-1]))
}

// named gives a number a name from a list; names may be empty.
func named(names ...string) func([]byte) string {
	return func(b []byte) string {
		if v := uintOf(b); v < uint64(len(names)) && names[v] != "" {
			return names[v] + " (" + decimal(b) + ")"
		}
		return decimal(b)
	}
}

// bit is one flag with its name.
type bit struct {
	mask uint64
	name string
}

// flags names the bits that are set; others are given as a number.
func flags(names ...bit) func([]byte) string {
	return func(b []byte) string {
		v := uintOf(b)
		out, rest := "", v
		for _, f := range names {
			if v&f.mask != 0 {
				out = joined(out, f.name)
				rest &^= f.mask
			}
		}
		if rest != 0 {
			out = joined(out, "undefined 0x"+strconv.FormatUint(rest, 16))
		}
		if out == "" {
			return "0x" + hex.EncodeToString(b) + " (none)"
		}
		return "0x" + hex.EncodeToString(b) + " (" + out + ")"
	}
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + ", " + b
}

func spaced(list []string) string { return strings.Join(list, " ") }

// float is for an IEEE number of four octets, such as a bandwidth in octets a second.
func float(b []byte) string {
	if len(b) != 4 {
		return hexText(b)
	}
	return strconv.FormatFloat(float64(math.Float32frombits(uint32(uintOf(b)))), 'g', -1, 32)
}
