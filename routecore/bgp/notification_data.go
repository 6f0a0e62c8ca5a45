package bgp

import (
	"encoding/binary"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// dataInfo is a row of notificationData: what stands in the data field behind a
// code and subcode.
type dataInfo struct {
	code, subcode uint8 // subcode 0 stands for all that have no row of their own
	name          string
	valid         func(d []byte) bool
	json          func(dst, d []byte) []byte
}

// notificationData lists the data fields that have a form. Everything else is raw.
var notificationData = [...]dataInfo{
	{CodeHeader, 2, "length", sized(2), jsonCount},
	{CodeHeader, 3, "type", sized(1), jsonCount},
	{CodeOpen, OpenVersion, "supportedVersion", sized(2), jsonCount},
	{CodeOpen, OpenCapability, "capabilities", wholeCapabilities, jsonCapabilities},
	{CodeUpdate, UpdateUnknownAttr, "attribute", wholeAttr, jsonRawAttr},
	{CodeUpdate, UpdateMissingAttr, "missing", sized(1), jsonCount},
	{CodeUpdate, UpdateAttrFlags, "attribute", wholeAttr, jsonRawAttr},
	{CodeUpdate, UpdateAttrLength, "attribute", wholeAttr, jsonRawAttr},
	{CodeUpdate, UpdateOrigin, "attribute", wholeAttr, jsonRawAttr},
	{CodeUpdate, UpdateNextHop, "attribute", wholeAttr, jsonRawAttr},
	{CodeUpdate, UpdateOptAttr, "attribute", wholeAttr, jsonRawAttr},
	{CodeFSM, 0, "unexpectedType", sized(1), jsonCount},
	{CodeCease, CeaseMaxPrefixes, "maxPrefixes", sized(7), jsonMaxPrefix},
	{CodeCease, CeaseShutdown, "communication", communication, jsonCommunication},
	{CodeCease, CeaseReset, "communication", communication, jsonCommunication},
	{CodeCease, CeaseHardReset, "inner", atLeastCodes, nil},
	{CodeRouteRefresh, 1, "message", anyData, jsonHex},
}

func (n Notification) dataInfo() *dataInfo {
	for i := range notificationData {
		if d := &notificationData[i]; d.code == n.Code && (d.subcode == n.Subcode || d.subcode == 0) {
			return d
		}
	}
	return nil
}

// DataName names what the data field holds behind this code and subcode, such as
// "maxPrefixes"; it is "" where nothing is defined or the data does not have the
// form of the definition.
func (n Notification) DataName() string {
	if d := n.dataInfo(); d != nil && len(n.Data) > 0 && d.valid(n.Data) {
		return d.name
	}
	return ""
}

// AppendJSON appends one object: both numbers, their names, and the data under its
// [Notification.DataName] or, where it has none, under "raw".
func (n Notification) AppendJSON(dst []byte) []byte { return n.appendJSON(dst, 0) }

func (n Notification) appendJSON(dst []byte, depth int) []byte {
	dst = strconv.AppendUint(append(dst, `{"code":`...), uint64(n.Code), 10)
	dst = strconv.AppendUint(append(dst, `,"subcode":`...), uint64(n.Subcode), 10)
	dst = append(append(append(dst, `,"name":"`...), n.String()...), '"')
	name := n.DataName()
	switch {
	case len(n.Data) == 0:
	case name == "" || name == "inner" && depth >= maxInner:
		dst = jsonHex(append(dst, `,"raw":`...), n.Data)
	case name == "inner":
		inner, _ := n.Inner()
		dst = inner.appendJSON(append(dst, `,"inner":`...), depth+1)
	default:
		dst = append(append(append(dst, `,"`...), name...), `":`...)
		dst = n.dataInfo().json(dst, n.Data)
	}
	return append(dst, '}')
}

// maxInner bounds how deep Hard Resets inside Hard Resets are shown.
const maxInner = 4

func sized(want int) func([]byte) bool { return func(d []byte) bool { return len(d) == want } }

func anyData([]byte) bool { return true }

func atLeastCodes(d []byte) bool { return len(d) >= 2 }

func communication(d []byte) bool { return int(d[0]) <= len(d)-1 }

func wholeCapabilities(d []byte) bool {
	_, err := ParseCapabilities(d)
	return err == nil
}

func wholeAttr(d []byte) bool {
	_, _, _, size := cutAttr(d)
	return size == len(d)
}

func jsonCount(dst, d []byte) []byte {
	n := uint64(0)
	for _, b := range d {
		n = n<<8 | uint64(b)
	}
	return strconv.AppendUint(dst, n, 10)
}

func jsonCapabilities(dst, d []byte) []byte {
	caps, _ := ParseCapabilities(d)
	dst = append(dst, '[')
	for i, c := range caps {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = c.AppendJSON(dst)
	}
	return append(dst, ']')
}

func jsonRawAttr(dst, d []byte) []byte {
	flags, code, value, _ := cutAttr(d)
	dst = strconv.AppendUint(append(dst, `{"code":`...), uint64(code), 10)
	dst = append(append(append(dst, `,"name":"`...), code.String()...), '"')
	dst = strconv.AppendUint(append(dst, `,"flags":`...), uint64(flags), 10)
	return append(jsonHex(append(dst, `,"value":`...), value), '}')
}

func jsonMaxPrefix(dst, d []byte) []byte {
	dst = append(jsonFamily(dst, wireFamily(d)), `,"limit":`...)
	return append(strconv.AppendUint(dst, uint64(binary.BigEndian.Uint32(d[3:])), 10), '}')
}

func jsonCommunication(dst, d []byte) []byte { return jsonText(dst, d[1:1+int(d[0])]) }

// MaxPrefix returns the family and the limit that a Cease with subcode 1 names (RFC
// 4486 §4). ok is false for another message and where the data, which is optional,
// is absent or malformed.
func (n Notification) MaxPrefix() (f inet.Family, limit uint32, ok bool) {
	if n.Code != CodeCease || n.Subcode != CeaseMaxPrefixes || len(n.Data) != 7 {
		return 0, 0, false
	}
	return wireFamily(n.Data), binary.BigEndian.Uint32(n.Data[3:]), true
}

// Unsupported returns the capabilities that the sender misses (RFC 5492 §5).
func (n Notification) Unsupported() ([]Capability, bool) {
	if n.Code != CodeOpen || n.Subcode != OpenCapability {
		return nil, false
	}
	caps, err := ParseCapabilities(n.Data)
	return caps, err == nil
}

// NewUnsupported is the OPEN error for a peer that lacks capabilities which this
// side insists on; they go along as they should have been announced (RFC 5492 §5).
func NewUnsupported(caps ...Capability) Notification {
	return Notification{CodeOpen, OpenCapability, AppendCapabilities(nil, caps)}
}

// NewHardReset wraps the true reason, so that the peer does not keep routes as it
// would for a graceful restart (RFC 8538 §3.1).
func NewHardReset(inner Notification) Notification {
	return Notification{CodeCease, CeaseHardReset, append([]byte{inner.Code, inner.Subcode}, inner.Data...)}
}

// Unexpected returns the type of the message that was not expected in the state
// that the subcode names (RFC 6608 §4).
func (n Notification) Unexpected() (MsgType, bool) {
	if n.Code != CodeFSM || len(n.Data) != 1 {
		return 0, false
	}
	return MsgType(n.Data[0]), true
}
