package bmp

import (
	"encoding/binary"
	"iter"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// StatInfo is a row of [Stats].
type StatInfo struct {
	Name  string // as in JSON and metrics
	Gauge bool
	RFC   string
}

// Stats lists the statistics by type number (IANA "BMP Statistics Types"). Numbers that
// are not assigned have no name. It is data, never modified.
var Stats = [...]StatInfo{
	0:  {"rejectedByInboundPolicy", false, "RFC 7854"},
	1:  {"duplicatePrefixes", false, "RFC 7854"},
	2:  {"duplicateWithdraws", false, "RFC 7854"},
	3:  {"clusterListLoops", false, "RFC 7854"},
	4:  {"asPathLoops", false, "RFC 7854"},
	5:  {"originatorIdLoops", false, "RFC 7854"},
	6:  {"asConfedLoops", false, "RFC 7854"},
	7:  {"adjRibInRoutes", true, "RFC 7854"},
	8:  {"locRibRoutes", true, "RFC 7854"},
	9:  {"adjRibInRoutesPerFamily", true, "RFC 7854"},
	10: {"locRibRoutesPerFamily", true, "RFC 7854"},
	11: {"updatesTreatedAsWithdraw", false, "RFC 7854"},
	12: {"prefixesTreatedAsWithdraw", false, "RFC 7854"},
	13: {"duplicateUpdates", false, "RFC 7854"},
	14: {"adjRibOutPreRoutes", true, "RFC 8671"},
	15: {"adjRibOutPostRoutes", true, "RFC 8671"},
	16: {"adjRibOutPreRoutesPerFamily", true, "RFC 8671"},
	17: {"adjRibOutPostRoutesPerFamily", true, "RFC 8671"},
	18: {"adjRibInPreRoutes", true, "RFC 9972"},
	19: {"adjRibInPreRoutesPerFamily", true, "RFC 9972"},
	20: {"adjRibInPostRoutes", true, "RFC 9972"},
	21: {"adjRibInPostRoutesPerFamily", true, "RFC 9972"},
	22: {"rejectedByInboundPolicyPerFamily", true, "RFC 9972"},
	23: {"acceptedByInboundPolicyPerFamily", true, "RFC 9972"},
	26: {"suppressedRoutesPerFamily", true, "RFC 9972"},
	27: {"staleRoutesPerFamily", true, "RFC 9972"},
	28: {"longLivedStaleRoutesPerFamily", true, "RFC 9972"},
	29: {"roomBeforePrefixLimit", true, "RFC 9972"},
	30: {"roomBeforePrefixLimitPerFamily", true, "RFC 9972"},
	31: {"roomBeforeLicenceLimit", true, "RFC 9972"},
	32: {"roomBeforeLicenceLimitPerFamily", true, "RFC 9972"},
	33: {"rejectedForAsPathLength", true, "RFC 9972"},
	34: {"rejectedForAsPathLengthPerFamily", true, "RFC 9972"},
	35: {"rovInvalidPerFamily", true, "RFC 9972"},
	36: {"rovValidPerFamily", true, "RFC 9972"},
	37: {"rovNotFoundPerFamily", true, "RFC 9972"},
	38: {"adjRibOutRejectedPerFamily", true, "RFC 9972"},
	39: {"adjRibOutAsPathLength", true, "RFC 9972"},
	40: {"adjRibOutAsPathLengthPerFamily", true, "RFC 9972"},
	41: {"adjRibOutRovInvalidPerFamily", true, "RFC 9972"},
	42: {"adjRibOutRovValidPerFamily", true, "RFC 9972"},
	43: {"adjRibOutRovNotFoundPerFamily", true, "RFC 9972"},
}

// Stat is one statistic of a report. Its form follows the length, never the
// type: 4 or 8 octets are a number, 11 a family and a number; else only Raw is set.
type Stat struct {
	Type       uint16
	Enterprise uint32      // private enterprise number of version 4; Type has [EnterpriseBit] then
	Family     inet.Family // 0 where the figure is for all
	Value      uint64
	Raw        []byte // the value in octets, behind the enterprise number
}

// Name returns the statistic's name, or "type N".
func (s Stat) Name() string {
	if s.Enterprise == 0 && int(s.Type) < len(Stats) && Stats[s.Type].Name != "" {
		return Stats[s.Type].Name
	}
	return "type " + strconv.Itoa(int(s.Type))
}

// Plain reports whether Value is what the statistic says: Raw had a length that
// is known.
func (s Stat) Plain() bool { return len(s.Raw) == 4 || len(s.Raw) == 8 || len(s.Raw) == 11 }

// ParseStats yields the statistics that follow the per-peer header. They end
// where the octets do, whatever the count in front of them says.
func ParseStats(b []byte) iter.Seq[Stat] { return parseStats(Version, b) }

func parseStats(version uint8, b []byte) iter.Seq[Stat] {
	return func(yield func(Stat) bool) {
		if len(b) < 4 {
			return
		}
		for v := range TLVs(b[4:]).All() {
			if !yield(statOf(version, v)) {
				return
			}
		}
	}
}

// ParseStats4 yields the statistics of a report of version 4, which stand in a
// TLV of their own, and returns the TLVs of the message. Routers that write them
// bare as in version 3 are understood: a count begins with two zeros, the TLV does not
// (draft-ietf-grow-bmp-tlv §5.4).
func ParseStats4(b []byte) (iter.Seq[Stat], TLVs) {
	if len(b) >= 2 && b[0] == 0 && b[1] == 0 {
		return parseStats(Version4, b), nil
	}
	counted, _ := TLVs(b).Find(StatsTLV)
	return parseStats(Version4, counted), TLVs(b)
}

// statsFault says what is wrong with the framing of statistics: a count that
// does not match, or a TLV that is cut.
func statsFault(b []byte, at int) error {
	if len(b) < 4 {
		return fault(at, "statistics: no count in %d octets", len(b))
	}
	if err := TLVs(b[4:]).errAt(at + 4); err != nil {
		return err
	}
	have := uint32(0)
	for range TLVs(b[4:]).All() {
		have++
	}
	if want := binary.BigEndian.Uint32(b); want != have {
		return odd(at, "statistics: the count is %d, there are %d", want, have)
	}
	return nil
}

func statOf(version uint8, v TLV) Stat {
	s := Stat{Type: v.Type, Raw: v.Value}
	// The number 0 is reserved: it is nobody's, and stays in the value.
	if pen, _, value, ok := v.Enterprise(); ok && pen != 0 && version == Version4 {
		s.Enterprise, s.Raw = pen, value
	}
	switch len(s.Raw) {
	case 4:
		s.Value = uint64(binary.BigEndian.Uint32(s.Raw))
	case 8:
		s.Value = binary.BigEndian.Uint64(s.Raw)
	case 11:
		s.Family = inet.NewFamily(inet.AFI(binary.BigEndian.Uint16(s.Raw)), inet.SAFI(s.Raw[2]))
		s.Value = binary.BigEndian.Uint64(s.Raw[3:])
	}
	return s
}

// AppendStats appends a Statistics Report of version 3. Where a statistic has no
// Raw, a family makes the figure one of 11 octets, a gauge one of 8, the rest counters
// of 4.
func AppendStats(dst []byte, h PeerHeader, stats ...Stat) []byte {
	start := len(dst)
	return finish(appendStats(h.append(begin(dst, StatsReport)), stats), start)
}

func appendStats(dst []byte, stats []Stat) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(stats)))
	for _, s := range stats {
		dst = AppendTLV(dst, s.tlv())
	}
	return dst
}

func (s Stat) tlv() TLV {
	value := s.Raw
	switch {
	case value != nil:
	case s.Family != 0:
		value = binary.BigEndian.AppendUint16(nil, uint16(s.Family.AFI()))
		value = binary.BigEndian.AppendUint64(append(value, byte(s.Family.SAFI())), s.Value)
	case int(s.Type) < len(Stats) && Stats[s.Type].Gauge:
		value = binary.BigEndian.AppendUint64(nil, s.Value)
	default:
		value = binary.BigEndian.AppendUint32(nil, uint32(s.Value))
	}
	if s.Enterprise != 0 {
		return EnterpriseTLV(s.Enterprise, s.Type&^EnterpriseBit, value)
	}
	return TLV{Type: s.Type, Value: value}
}
