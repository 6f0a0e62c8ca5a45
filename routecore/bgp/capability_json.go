package bgp

import (
	"encoding/hex"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// AppendJSON appends one object: code, name where there is one, what the value
// says under "value", and the octets under "raw" where nobody here reads them or
// they do not have the form of the definition ("valid" is false then).
func (c Capability) AppendJSON(dst []byte) []byte {
	info := c.Code.info()
	dst = strconv.AppendUint(append(dst, `{"code":`...), uint64(c.Code), 10)
	if info.Name != "" {
		dst = append(append(append(dst, `,"name":"`...), info.Name...), '"')
	}
	switch {
	case !c.Valid():
		dst = append(dst, `,"valid":false`...)
		dst = jsonHex(append(dst, `,"raw":`...), c.Value)
	case info.json != nil:
		dst = info.json(append(dst, `,"value":`...), c.Value)
	case len(c.Value) > 0:
		dst = jsonHex(append(dst, `,"raw":`...), c.Value)
	}
	return append(dst, '}')
}

// String returns the name, or "capability N", and what the value says as in
// AppendJSON, if anything: "4-octet AS number 64500". Octets that nobody here reads,
// or that do not have the form of the definition, are in hexadecimal.
func (c Capability) String() string {
	info := c.Code.info()
	b := []byte(c.Code.String())
	switch {
	case c.Valid() && info.json != nil:
		b = info.json(append(b, ' '), c.Value)
	case len(c.Value) > 0:
		b = hex.AppendEncode(append(b, " 0x"...), c.Value)
	}
	return string(b)
}

func jsonFamily(dst []byte, f inet.Family) []byte {
	return append(append(append(dst, `{"family":"`...), f.String()...), '"')
}

func jsonBool(dst []byte, name string, b bool) []byte {
	return strconv.AppendBool(append(append(append(dst, `,"`...), name...), `":`...), b)
}

func jsonCapMultiprotocol(dst, v []byte) []byte {
	return append(jsonFamily(dst, wideFamily(v)), '}')
}

func jsonCapExtendedNextHop(dst, v []byte) []byte {
	return jsonEntries(dst, v, 6, func(dst, v []byte) []byte {
		dst = append(jsonFamily(dst, wideFamily(v)), `,"nextHopAFI":`...)
		return append(strconv.AppendUint(dst, uint64(v[4])<<8|uint64(v[5]), 10), '}')
	})
}

func jsonCapMultipleLabels(dst, v []byte) []byte {
	return jsonEntries(dst, v, 4, func(dst, v []byte) []byte {
		dst = append(jsonFamily(dst, wireFamily(v)), `,"count":`...)
		return append(strconv.AppendUint(dst, uint64(v[3]), 10), '}')
	})
}

func jsonCapRole(dst, v []byte) []byte {
	return append(append(append(dst, '"'), Role(v[0]).String()...), '"')
}

func jsonCapASN4(dst, v []byte) []byte { return jsonNumber(dst, v, 0) }

func jsonCapGracefulRestart(dst, v []byte) []byte {
	dst = append(dst, `{"time":`...)
	dst = strconv.AppendUint(dst, uint64(v[0]&0x0f)<<8|uint64(v[1]), 10)
	dst = jsonBool(dst, "restarted", v[0]&0x80 != 0)
	dst = jsonBool(dst, "notification", v[0]&0x40 != 0)
	dst = jsonEntries(append(dst, `,"families":`...), v[2:], 4, func(dst, v []byte) []byte {
		return append(jsonBool(jsonFamily(dst, wireFamily(v)), "forwarding", v[3]&0x80 != 0), '}')
	})
	return append(dst, '}')
}

func jsonCapLLGR(dst, v []byte) []byte {
	return jsonEntries(dst, v, 7, func(dst, v []byte) []byte {
		dst = jsonBool(jsonFamily(dst, wireFamily(v)), "forwarding", v[3]&0x80 != 0)
		dst = append(dst, `,"time":`...)
		return append(strconv.AppendUint(dst, uint64(v[4])<<16|uint64(v[5])<<8|uint64(v[6]), 10), '}')
	})
}

func jsonCapAddPath(dst, v []byte) []byte {
	return jsonEntries(dst, v, 4, func(dst, v []byte) []byte {
		dst = jsonBool(jsonFamily(dst, wireFamily(v)), "receive", v[3] == 1 || v[3] == 3)
		return append(jsonBool(dst, "send", v[3] == 2 || v[3] == 3), '}')
	})
}

func jsonCapPathsLimit(dst, v []byte) []byte {
	return jsonEntries(dst, v, 5, func(dst, v []byte) []byte {
		dst = append(jsonFamily(dst, wireFamily(v)), `,"limit":`...)
		return append(strconv.AppendUint(dst, uint64(v[3])<<8|uint64(v[4]), 10), '}')
	})
}

func jsonCapFQDN(dst, v []byte) []byte {
	host, domain := cutFQDN(v)
	dst = jsonText(append(dst, `{"host":`...), host)
	return append(jsonText(append(dst, `,"domain":`...), domain), '}')
}

func jsonCapSoftwareVersion(dst, v []byte) []byte { return jsonText(dst, v[1:1+int(v[0])]) }

func jsonCapCodes(dst, v []byte) []byte { return jsonBytes(dst, v) }

func jsonCapMultisession(dst, v []byte) []byte {
	if len(v) == 0 {
		return append(dst, `{"flags":0,"capabilities":[]}`...)
	}
	dst = strconv.AppendUint(append(dst, `{"flags":`...), uint64(v[0]), 10)
	return append(jsonBytes(append(dst, `,"capabilities":`...), v[1:]), '}')
}

func jsonCapORF(dst, v []byte) []byte {
	dst = append(dst, '[')
	from := len(dst)
	for f, types := range orfEntries(v) {
		dst = append(jsonFamily(comma(dst, from), f), `,"types":`...)
		dst = jsonEntries(dst, types, 2, func(dst, v []byte) []byte {
			dst = strconv.AppendUint(append(dst, `{"type":`...), uint64(v[0]), 10)
			dst = jsonBool(dst, "receive", v[1] == 1 || v[1] == 3)
			return append(jsonBool(dst, "send", v[1] == 2 || v[1] == 3), '}')
		})
		dst = append(dst, '}')
	}
	return append(dst, ']')
}
