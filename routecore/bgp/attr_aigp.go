package bgp

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// aigpMetric is the type of the only TLV that RFC 7311 §3 defines.
const aigpMetric = 1

// AIGP returns the accumulated metric of the first AIGP TLV (RFC 7311 §3).
func (a Attrs) AIGP() (uint64, bool) {
	v, _ := a.Get(AttrAIGP)
	return aigpOf(v)
}

func aigpOf(v []byte) (uint64, bool) {
	for len(v) > 0 {
		t, size := frame12All.cut(v)
		if size == 0 {
			break
		}
		if t.Type == aigpMetric && len(t.Value) == 8 {
			return binary.BigEndian.Uint64(t.Value), true
		}
		v = v[size:]
	}
	return 0, false
}

// ParseAIGP cuts the value of an AIGP attribute into its TLVs, which alias b.
func ParseAIGP(b []byte) ([]TLV, error) {
	list, err := frame12All.parse(b, "RFC 7311 §3.2")
	if err != nil {
		return nil, fmt.Errorf("AIGP: %w", err)
	}
	return list, nil
}

// AppendAIGPTLVs appends the value of an AIGP attribute.
func AppendAIGPTLVs(dst []byte, list []TLV) ([]byte, error) {
	dst, err := encodeInner(dst, frame12All, list)
	if err != nil {
		return nil, fmt.Errorf("AIGP: %w", err)
	}
	return dst, nil
}

// AppendAIGP appends the value of an AIGP attribute that says nothing but the metric.
func AppendAIGP(dst []byte, metric uint64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, aigpMetric, 0, 11), metric)
}

// checkAIGP checks the framing, and the length of the first AIGP TLV, which is
// the one that counts; other types are no concern of ours (RFC 7311 §3).
func checkAIGP(v []byte, _ Ctx) (Fault, int) {
	seen := false
	for at := 0; at < len(v); {
		t, size := frame12All.cut(v[at:])
		if size == 0 {
			return FaultTLV, at
		}
		if t.Type == aigpMetric && !seen {
			if len(t.Value) != 8 {
				return FaultLength, at
			}
			seen = true
		}
		at += size
	}
	return FaultNone, 0
}

// jsonAIGP prints {"metric": N}, and TLVs of other types under "raw".
func jsonAIGP(dst, v []byte, _ inet.Family) []byte {
	list, err := ParseAIGP(v)
	if err != nil {
		return nil
	}
	dst = append(dst, '{')
	from := len(dst)
	rest := list
	if metric, ok := aigpOf(v); ok {
		dst = strconv.AppendUint(append(dst, `"metric":`...), metric, 10)
		rest = nil
		for i, t := range list {
			if t.Type == aigpMetric {
				rest = append(append(rest, list[:i]...), list[i+1:]...)
				break
			}
		}
	}
	return append(appendRawJSON(dst, from, rest), '}')
}
