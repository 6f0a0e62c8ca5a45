package bmp

import "strconv"

// CodeInfo is a row of a [Registry].
type CodeInfo struct {
	Code  uint16
	Name  string // as in JSON
	Title string // as IANA has it
	RFC   string
}

// Registry is a table of code points of one namespace. The rows are in the order of
// their codes. It is data, never modified.
type Registry []CodeInfo

// Lookup returns the row of a code.
func (r Registry) Lookup(code uint16) (CodeInfo, bool) {
	for _, info := range r {
		if info.Code == code {
			return info, true
		}
	}
	return CodeInfo{}, false
}

// Name returns the name of a code, or the number where it has none.
func (r Registry) Name(code uint16) string {
	if info, ok := r.Lookup(code); ok {
		return info.Name
	}
	return strconv.Itoa(int(code))
}

// MessageTypes lists the message types (RFC 7854 §10.1).
var MessageTypes = Registry{
	{0, "RouteMonitoring", "Route Monitoring", "RFC 7854"},
	{1, "Stats", "Statistics Report", "RFC 7854"},
	{2, "PeerDown", "Peer Down Notification", "RFC 7854"},
	{3, "PeerUp", "Peer Up Notification", "RFC 7854"},
	{4, "Initiation", "Initiation Message", "RFC 7854"},
	{5, "Termination", "Termination Message", "RFC 7854"},
	{6, "Mirroring", "Route Mirroring Message", "RFC 7854"},
}

// PeerTypes lists the kinds of RIB owners (RFC 7854 §10.2, RFC 9069 §8.1).
var PeerTypes = Registry{
	{0, "GlobalInstance", "Global Instance Peer", "RFC 7854"},
	{1, "RdInstance", "RD Instance Peer", "RFC 7854"},
	{2, "LocalInstance", "Local Instance Peer", "RFC 7854"},
	{3, "LocalRibInstance", "Loc-RIB Instance Peer", "RFC 9069"},
}

// PeerFlags lists the bits of the peer flags for the types 0 to 2, by position
// from the highest (RFC 7854 §4.2, RFC 8671 §4).
var PeerFlags = Registry{
	{0, "ipv6", "V flag", "RFC 7854"},
	{1, "postPolicy", "L flag", "RFC 7854"},
	{2, "legacyASPath", "A flag", "RFC 7854"},
	{3, "adjRibOut", "O flag", "RFC 8671"},
}

// LocRIBFlags lists the same for Loc-RIB peers (RFC 9069 §4.2).
var LocRIBFlags = Registry{{0, "filtered", "F flag", "RFC 9069"}}

// InitiationTLVs lists the TLVs of Initiation messages (RFC 7854 §4.4, RFC 9736 §3).
var InitiationTLVs = Registry{
	{0, "string", "String", "RFC 7854"},
	{1, "sysDescr", "sysDescr", "RFC 7854"},
	{2, "sysName", "sysName", "RFC 7854"},
}

// PeerUpTLVs lists the TLVs of Peer Up messages, a namespace of their own since
// RFC 9736 §3. A Peer Down of reason 6 and those of version 4 use it too (RFC 9069 §5.3).
var PeerUpTLVs = Registry{
	{0, "string", "String", "RFC 9736"},
	{3, "tableName", "VRF/Table Name", "RFC 9069"},
	{4, "adminLabel", "Admin Label", "RFC 8671"},
}

// TerminationTLVs lists the TLVs of Termination messages (RFC 7854 §4.5).
var TerminationTLVs = Registry{
	{0, "string", "String", "RFC 7854"},
	{1, "reason", "Reason", "RFC 7854"},
}

// TerminationReasons lists the codes inside the reason TLV (RFC 7854 §4.5).
var TerminationReasons = Registry{
	{0, "session administratively closed", "Administratively closed", "RFC 7854"},
	{1, "unspecified reason", "Unspecified reason", "RFC 7854"},
	{2, "out of resources", "Out of resources", "RFC 7854"},
	{3, "redundant connection", "Redundant connection", "RFC 7854"},
	{4, "session permanently administratively closed", "Permanently administratively closed", "RFC 7854"},
}

// DownReasons lists the reasons of Peer Down messages (RFC 7854 §4.9, RFC 9069 §5.3).
var DownReasons = Registry{
	{1, "closed by the router with a NOTIFICATION", "Local system closed, NOTIFICATION PDU follows", "RFC 7854"},
	{2, "closed by the router", "Local system closed, FSM Event follows", "RFC 7854"},
	{3, "closed by the peer with a NOTIFICATION", "Remote system closed, NOTIFICATION PDU follows", "RFC 7854"},
	{4, "closed by the peer", "Remote system closed, no data", "RFC 7854"},
	{5, "no longer monitored", "Peer de-configured", "RFC 7854"},
	{6, "Loc-RIB closed", "Local system closed, TLV data follows", "RFC 9069"},
}

// MirroringTLVs lists the TLVs of Route Mirroring messages (RFC 7854 §4.7).
var MirroringTLVs = Registry{
	{0, "bgpMessage", "BGP Message", "RFC 7854"},
	{1, "information", "Information", "RFC 7854"},
}

// MirroringInformation lists the codes inside the information TLV (RFC 7854 §4.7).
var MirroringInformation = Registry{
	{0, "erroredPDU", "Errored PDU", "RFC 7854"},
	{1, "messagesLost", "Messages Lost", "RFC 7854"},
}
