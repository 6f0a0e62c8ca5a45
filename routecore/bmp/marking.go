package bmp

import (
	"encoding/binary"
	"strings"
)

// PathStatus is what the router made of a path, bit by bit
// (draft-ietf-grow-bmp-path-marking-tlv §3.1).
type PathStatus uint32

// The bits.
const (
	PathInvalid      PathStatus = 1 << iota
	PathBest                    // chosen by the decision process
	PathNonselected             // seen by the decision process and not chosen
	PathPrimary                 // forwards
	PathBackup                  // will forward when the primary is gone
	PathNoninstalled            // not in the forwarding table
	PathBestExternal
	PathAddPath // advertised beside others
	PathFilteredIn
	PathFilteredOut
	PathStale
	PathSuppressed

	pathStatusCount = 12
)

var pathStatusNames = [pathStatusCount]string{"invalid", "best", "nonselected", "primary", "backup", "noninstalled",
	"bestExternal", "addPath", "filteredIn", "filteredOut", "stale", "suppressed"}

// Names returns the names of the bits that are set and have one.
func (s PathStatus) Names() []string {
	var out []string
	for i, name := range pathStatusNames {
		if s>>i&1 != 0 {
			out = append(out, name)
		}
	}
	return out
}

// String returns the names with a vertical bar between.
func (s PathStatus) String() string { return strings.Join(s.Names(), "|") }

// PathReasons lists why a path is invalid or was not chosen
// (draft-ietf-grow-bmp-path-marking-tlv §3.2).
var PathReasons = Registry{
	{1, "invalidASLoop", "Invalid due to AS loop", "draft-ietf-grow-bmp-path-marking-tlv"},
	{2, "invalidNextHop", "Invalid due to unresolvable next hop", "draft-ietf-grow-bmp-path-marking-tlv"},
	{3, "localPref", "Not preferred for local preference", "draft-ietf-grow-bmp-path-marking-tlv"},
	{4, "asPathLength", "Not preferred for AS Path Length", "draft-ietf-grow-bmp-path-marking-tlv"},
	{5, "origin", "Not preferred for origin", "draft-ietf-grow-bmp-path-marking-tlv"},
	{6, "med", "Not preferred for MED", "draft-ietf-grow-bmp-path-marking-tlv"},
	{7, "peerType", "Not preferred for peer type", "draft-ietf-grow-bmp-path-marking-tlv"},
	{8, "igpCost", "Not preferred for IGP cost", "draft-ietf-grow-bmp-path-marking-tlv"},
	{9, "routerId", "Not preferred for router ID", "draft-ietf-grow-bmp-path-marking-tlv"},
	{10, "peerAddress", "Not preferred for peer address", "draft-ietf-grow-bmp-path-marking-tlv"},
	{11, "aigp", "Not preferred for AIGP", "draft-ietf-grow-bmp-path-marking-tlv"},
}

// PathMarking is the value of a Path Marking TLV. It is comparable.
type PathMarking struct {
	Status    PathStatus
	Reason    uint16 // see [PathReasons]; means nothing without HasReason
	HasReason bool
}

// ParsePathMarking reads the value of a Path Marking TLV, 4 or 6 octets.
func ParsePathMarking(value []byte) (PathMarking, error) {
	switch len(value) {
	case 4:
		return PathMarking{Status: PathStatus(binary.BigEndian.Uint32(value))}, nil
	case 6:
		return PathMarking{PathStatus(binary.BigEndian.Uint32(value)), binary.BigEndian.Uint16(value[4:]), true}, nil
	}
	return PathMarking{}, fault(HeaderLen+PeerHeaderLen, "path marking of %d octets, not 4 or 6", len(value))
}

// AppendPathMarking appends the value of a Path Marking TLV.
func AppendPathMarking(dst []byte, m PathMarking) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(m.Status))
	if m.HasReason {
		dst = binary.BigEndian.AppendUint16(dst, m.Reason)
	}
	return dst
}

// Timestamp is the value of a Timestamp TLV (draft-ietf-grow-bmp-tlv §5.6.1).
type Timestamp struct {
	Kind uint8
	Time int64 // Unix microseconds
	Fine bool  // the microseconds were given
}

// ParseTimestamp reads the value of a Timestamp TLV, 5 or 9 octets.
func ParseTimestamp(value []byte) (Timestamp, error) {
	if len(value) != 5 && len(value) != 9 {
		return Timestamp{}, fault(HeaderLen+PeerHeaderLen, "timestamp of %d octets, not 5 or 9", len(value))
	}
	t := Timestamp{Kind: value[0], Time: int64(binary.BigEndian.Uint32(value[1:])) * 1e6, Fine: len(value) == 9}
	if t.Fine {
		t.Time += int64(binary.BigEndian.Uint32(value[5:])) % 1e6
	}
	return t, nil
}

// AppendTimestamp appends the value of a Timestamp TLV.
func AppendTimestamp(dst []byte, t Timestamp) []byte {
	dst = binary.BigEndian.AppendUint32(append(dst, t.Kind), uint32(t.Time/1e6))
	if t.Fine {
		dst = binary.BigEndian.AppendUint32(dst, uint32(t.Time%1e6))
	}
	return dst
}
