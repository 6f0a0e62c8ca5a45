package bgp

import "strconv"

// NOTIFICATION error codes (IANA "BGP Error (Notification) Codes").
const (
	CodeHeader       uint8 = 1
	CodeOpen         uint8 = 2
	CodeUpdate       uint8 = 3
	CodeHoldTimer    uint8 = 4
	CodeFSM          uint8 = 5
	CodeCease        uint8 = 6
	CodeRouteRefresh uint8 = 7 // RFC 7313
	CodeSendHold     uint8 = 8 // RFC 9687
	CodeLSDBSync     uint8 = 9 // RFC 9815
)

// Subcodes of OPEN errors (RFC 4271 §6.2) and UPDATE errors (§6.3).
const (
	OpenVersion       uint8 = 1
	OpenPeerAS        uint8 = 2
	OpenIdentifier    uint8 = 3
	OpenParameter     uint8 = 4
	OpenHoldTime      uint8 = 6
	OpenCapability    uint8 = 7  // RFC 5492
	OpenRoleMismatch  uint8 = 11 // RFC 9234
	UpdateAttrList    uint8 = 1  // malformed attribute list (RFC 4271 §6.3)
	UpdateUnknownAttr uint8 = 2  // unrecognised well-known attribute
	UpdateMissingAttr uint8 = 3
	UpdateAttrFlags   uint8 = 4
	UpdateAttrLength  uint8 = 5
	UpdateOrigin      uint8 = 6
	UpdateNextHop     uint8 = 8
	UpdateOptAttr     uint8 = 9
	UpdateNetwork     uint8 = 10
	UpdateASPath      uint8 = 11
)

// Subcodes of Cease (RFC 4486, RFC 8538, RFC 9384).
const (
	CeaseMaxPrefixes   uint8 = 1
	CeaseShutdown      uint8 = 2
	CeaseDeconfigured  uint8 = 3
	CeaseReset         uint8 = 4
	CeaseRejected      uint8 = 5
	CeaseConfigChange  uint8 = 6
	CeaseCollision     uint8 = 7
	CeaseOutOfResource uint8 = 8
	CeaseHardReset     uint8 = 9
	CeaseBFDDown       uint8 = 10
)

// CodeInfo is a row of [Codes].
type CodeInfo struct {
	Code uint8
	Name string
	RFC  string
	Subs []SubcodeInfo
}

// SubcodeInfo is a subcode within a [CodeInfo].
type SubcodeInfo struct {
	Subcode uint8
	Name    string
}

// Codes lists every NOTIFICATION code with its subcodes, deprecated ones
// included. It is data, never modified.
var Codes = [...]CodeInfo{
	{CodeHeader, "Message Header Error", "RFC 4271 §6.1", []SubcodeInfo{
		{1, "Connection Not Synchronized"}, {2, "Bad Message Length"}, {3, "Bad Message Type"}}},
	{CodeOpen, "OPEN Message Error", "RFC 4271 §6.2", []SubcodeInfo{
		{OpenVersion, "Unsupported Version Number"}, {OpenPeerAS, "Bad Peer AS"}, {OpenIdentifier, "Bad BGP Identifier"},
		{OpenParameter, "Unsupported Optional Parameter"}, {5, "Authentication Failure (deprecated)"},
		{OpenHoldTime, "Unacceptable Hold Time"}, {OpenCapability, "Unsupported Capability"},
		{8, "Grouping Conflict (deprecated)"}, {9, "Grouping Required (deprecated)"},
		{10, "Capability Value Mismatch (deprecated)"}, {OpenRoleMismatch, "Role Mismatch"}}},
	{CodeUpdate, "UPDATE Message Error", "RFC 4271 §6.3", []SubcodeInfo{
		{UpdateAttrList, "Malformed Attribute List"}, {UpdateUnknownAttr, "Unrecognized Well-known Attribute"},
		{UpdateMissingAttr, "Missing Well-known Attribute"}, {UpdateAttrFlags, "Attribute Flags Error"},
		{UpdateAttrLength, "Attribute Length Error"}, {UpdateOrigin, "Invalid ORIGIN Attribute"},
		{7, "AS Routing Loop (deprecated)"}, {UpdateNextHop, "Invalid NEXT_HOP Attribute"},
		{UpdateOptAttr, "Optional Attribute Error"}, {UpdateNetwork, "Invalid Network Field"},
		{UpdateASPath, "Malformed AS_PATH"}}},
	{CodeHoldTimer, "Hold Timer Expired", "RFC 4271 §6.5", nil},
	{CodeFSM, "Finite State Machine Error", "RFC 6608 §3", []SubcodeInfo{
		{1, "Receive Unexpected Message in OpenSent State"}, {2, "Receive Unexpected Message in OpenConfirm State"},
		{3, "Receive Unexpected Message in Established State"}}},
	{CodeCease, "Cease", "RFC 4486 §3", []SubcodeInfo{
		{CeaseMaxPrefixes, "Maximum Number of Prefixes Reached"}, {CeaseShutdown, "Administrative Shutdown"},
		{CeaseDeconfigured, "Peer De-configured"}, {CeaseReset, "Administrative Reset"},
		{CeaseRejected, "Connection Rejected"}, {CeaseConfigChange, "Other Configuration Change"},
		{CeaseCollision, "Connection Collision Resolution"}, {CeaseOutOfResource, "Out of Resources"},
		{CeaseHardReset, "Hard Reset"}, {CeaseBFDDown, "BFD Down"}}},
	{CodeRouteRefresh, "ROUTE-REFRESH Message Error", "RFC 7313 §5", []SubcodeInfo{{1, "Invalid Message Length"}}},
	{CodeSendHold, "Send Hold Timer Expired", "RFC 9687 §5", nil},
	{CodeLSDBSync, "Loss of LSDB Synchronization", "RFC 9815 §8.6", nil},
}

// CodeName returns the name of a NOTIFICATION code, or "code N".
func CodeName(code uint8) string {
	for i := range Codes {
		if Codes[i].Code == code {
			return Codes[i].Name
		}
	}
	return "code " + strconv.Itoa(int(code))
}

// SubcodeName returns the name of a subcode of code, "" for subcode 0 without a
// name, and "subcode N" otherwise.
func SubcodeName(code, subcode uint8) string {
	for i := range Codes {
		if Codes[i].Code != code {
			continue
		}
		for _, s := range Codes[i].Subs {
			if s.Subcode == subcode {
				return s.Name
			}
		}
	}
	if subcode == 0 {
		return ""
	}
	return "subcode " + strconv.Itoa(int(subcode))
}
