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
	Type   uint16
	Family inet.Family // 0 where the figure is for all
	Value  uint64
	Raw    []byte
}

// Name returns the statistic's name, or "type N".
func (s Stat) Name() string {
	if int(s.Type) < len(Stats) && Stats[s.Type].Name != "" {
		return Stats[s.Type].Name
	}
	return "type " + strconv.Itoa(int(s.Type))
}

// ParseStats yields the statistics that follow the per-peer header. They end
// where the octets do, whatever the count in front of them says.
func ParseStats(b []byte) iter.Seq[Stat] {
	return func(yield func(Stat) bool) {
		if len(b) < 4 {
			return
		}
		for v := range TLVs(b[4:]).All() {
			if !yield(statOf(v)) {
				return
			}
		}
	}
}

func statOf(v TLV) Stat {
	s := Stat{Type: v.Type, Raw: v.Value}
	switch len(v.Value) {
	case 4:
		s.Value = uint64(binary.BigEndian.Uint32(v.Value))
	case 8:
		s.Value = binary.BigEndian.Uint64(v.Value)
	case 11:
		s.Family = inet.NewFamily(inet.AFI(binary.BigEndian.Uint16(v.Value)), inet.SAFI(v.Value[2]))
		s.Value = binary.BigEndian.Uint64(v.Value[3:])
	}
	return s
}

// AppendStats appends a Statistics Report: a family makes the figure one of 11
// octets, a gauge one of 8, the rest counters of 4. Raw is not used.
func AppendStats(dst []byte, h PeerHeader, stats ...Stat) []byte {
	start := len(dst)
	dst = h.append(begin(dst, StatsReport))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(stats)))
	for _, s := range stats {
		var value [11]byte
		n := 4
		binary.BigEndian.PutUint32(value[:], uint32(s.Value))
		switch {
		case s.Family != 0:
			n = 11
			binary.BigEndian.PutUint16(value[:], uint16(s.Family.AFI()))
			value[2] = byte(s.Family.SAFI())
			binary.BigEndian.PutUint64(value[3:], s.Value)
		case int(s.Type) < len(Stats) && Stats[s.Type].Gauge:
			n = 8
			binary.BigEndian.PutUint64(value[:], s.Value)
		}
		dst = AppendTLV(dst, TLV{Type: s.Type, Value: value[:n]})
	}
	return finish(dst, start)
}
