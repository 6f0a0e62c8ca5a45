package bgp

import (
	"encoding/hex"

	"example.com/rotonda/routecore/inet"
)

// nlriInfo is a row of the table of NLRI layouts. b is always without a path
// identifier. A row without text, json or key prints and is compared as octets.
type nlriInfo struct {
	// size returns the octets of the first NLRI in b, or 0 where it is broken.
	size func(f inet.Family, b []byte) int
	// check returns the offset of the first fault inside one whole NLRI, or -1.
	// Types that are not known have none: they are kept raw.
	check func(f inet.Family, b []byte) int
	// text appends one whole NLRI, which check found good, as one line.
	text func(dst []byte, f inet.Family, b []byte) []byte
	// json appends the same as a JSON object.
	json func(dst []byte, f inet.Family, b []byte) []byte
	// key appends what a withdrawal must have in common with the announcement.
	key func(dst []byte, f inet.Family, b []byte) []byte
}

// nlriTable is the one table of NLRI layouts, by SAFI; functions of a row look at
// the AFI where it matters. It is data, never modified. A family without a row
// cannot be cut: all its NLRI are one opaque piece.
var nlriTable = [256]nlriInfo{
	inet.SAFIUnicast:           {sizePrefix, checkPrefix, textPrefix, jsonPrefix, keyPrefix},
	inet.SAFIMulticast:         {sizePrefix, checkPrefix, textPrefix, jsonPrefix, keyPrefix},
	inet.SAFILabelled:          labelRow(parseLabelledPrefix, maxLabels),
	inet.SAFIMCASTVPN:          {sizeType1Length1, checkTyped, textTyped, jsonTyped, keyTyped},
	inet.SAFIVPLS:              {sizeLength2, checkVPLS, textVPLS, jsonVPLS, keyVPLS},
	inet.SAFIEVPN:              {sizeType1Length1, checkTyped, textTyped, jsonTyped, keyTyped},
	inet.SAFIBGPLS:             {sizeBGPLSNLRI, checkBGPLSNLRI, textBGPLSNLRI, jsonBGPLSNLRI, keyBGPLSNLRI},
	inet.SAFIBGPLSVPN:          {sizeBGPLSNLRI, checkBGPLSNLRI, textBGPLSNLRI, jsonBGPLSNLRI, keyBGPLSNLRI},
	inet.SAFIBGPLSSPF:          {sizeBGPLSNLRI, checkBGPLSNLRI, textBGPLSNLRI, jsonBGPLSNLRI, keyBGPLSNLRI}, // RFC 9815 §5.1
	inet.SAFISRPolicy:          {sizeSRPolicy, checkSRPolicy, textSRPolicy, jsonSRPolicy, keySRPolicy},
	inet.SAFIClassfulTransport: labelRow(parseVPNPrefix, maxLabels), // RFC 9832 §7
	inet.SAFIMUP:               {sizeMUP, checkTyped, textTyped, jsonTyped, keyTyped},
	inet.SAFIMPLSVPN:           labelRow(parseVPNPrefix, maxLabels),
	inet.SAFIMVPN:              labelRow(parseVPNPrefix, maxLabels),
	inet.SAFIRTC:               {sizeBits, checkRTC, textRTC, jsonRTC, keyRTC},
	inet.SAFIFlowSpec:          {sizeFlowSpec, checkFlowSpec, textFlowSpec, jsonFlowSpec, keyFlowSpec},
	inet.SAFIFlowSpecVPN:       {sizeFlowSpec, checkFlowSpec, textFlowSpec, jsonFlowSpec, keyFlowSpec},
}

// The rows of families with labels, where each NLRI has one.
var oneLabelled, oneVPN = labelRow(parseLabelledPrefix, 1), labelRow(parseVPNPrefix, 1)

// row is the row of the run.
func (n NLRI) row() *nlriInfo {
	switch {
	case !n.OneLabel || labelBit(n.Family) == 0:
		return &nlriTable[n.Family.SAFI()]
	case n.Family.SAFI() == inet.SAFILabelled:
		return &oneLabelled
	}
	return &oneVPN
}

// decodes tells whether the row of the family's SAFI is meant for its AFI. Where it
// is not, nobody can cut the NLRI.
func decodes(f inet.Family) bool {
	switch f.AFI() {
	case inet.AFIIPv4, inet.AFIIPv6:
		return f.SAFI() != inet.SAFIVPLS && f.SAFI() != inet.SAFIEVPN && !linkState(f.SAFI())
	case inet.AFIL2VPN, inet.AFIEthernet:
		switch f.SAFI() {
		case inet.SAFIVPLS, inet.SAFIEVPN, inet.SAFIFlowSpec, inet.SAFIFlowSpecVPN:
			return true
		}
		return false
	}
	return f.AFI() == inet.AFIBGPLS && linkState(f.SAFI())
}

// good is the row of the run if one whole NLRI is without a fault, else an empty one.
func (n NLRI) good(nlri []byte) *nlriInfo {
	if !decodes(n.Family) || n.Check(nlri) >= 0 {
		return &rawNLRI
	}
	return n.row()
}

// rawNLRI is the row of what cannot be decoded.
var rawNLRI nlriInfo

// Check returns the offset of the first fault inside one whole NLRI of the run,
// without path identifier, or -1. Families and types without a layout have none.
// Whoever keeps routes leaves out BGP-LS NLRI with a fault (RFC 9552 §8.2.2).
func (n NLRI) Check(nlri []byte) int {
	info := n.row()
	switch {
	case info.size == nil || !decodes(n.Family):
		return -1
	case info.size(n.Family, nlri) != len(nlri):
		return 0
	case info.check == nil:
		return -1
	}
	return info.check(n.Family, nlri)
}

// AppendText appends one whole NLRI of the run, without path identifier, as one line
// of text. What is broken or of no known layout is printed in hexadecimal.
func (n NLRI) AppendText(dst, nlri []byte) []byte {
	if info := n.good(nlri); info.text != nil {
		return info.text(dst, n.Family, nlri)
	}
	return hex.AppendEncode(append(dst, "0x"...), nlri)
}

// AppendJSON appends one whole NLRI of the run, without path identifier, as a JSON
// object. What is broken or of no known layout is {"raw": hexadecimal}.
func (n NLRI) AppendJSON(dst, nlri []byte) []byte {
	if info := n.good(nlri); info.json != nil {
		return info.json(dst, n.Family, nlri)
	}
	dst = append(dst, `{"raw":"`...)
	return append(hex.AppendEncode(dst, nlri), `"}`...)
}

// AppendKey appends the identity of one whole NLRI of the run, without path
// identifier: two NLRI of a family name the same route exactly if their keys are
// equal. It leaves out what a later announcement replaces and a withdrawal need not
// repeat, such as labels (RFC 8277 §2.4).
func (n NLRI) AppendKey(dst, nlri []byte) []byte {
	if info := n.good(nlri); info.key != nil {
		return info.key(dst, n.Family, nlri)
	}
	return append(dst, nlri...)
}

// CheckNLRI is [NLRI.Check] for an NLRI whose session is not known.
func CheckNLRI(f inet.Family, nlri []byte) int { return NLRI{Family: f}.Check(nlri) }

// AppendNLRIText is [NLRI.AppendText] for an NLRI whose session is not known.
func AppendNLRIText(dst []byte, f inet.Family, nlri []byte) []byte {
	return NLRI{Family: f}.AppendText(dst, nlri)
}

// AppendNLRIJSON is [NLRI.AppendJSON] for an NLRI whose session is not known.
func AppendNLRIJSON(dst []byte, f inet.Family, nlri []byte) []byte {
	return NLRI{Family: f}.AppendJSON(dst, nlri)
}

// AppendNLRIKey is [NLRI.AppendKey] for an NLRI whose session is not known.
func AppendNLRIKey(dst []byte, f inet.Family, nlri []byte) []byte {
	return NLRI{Family: f}.AppendKey(dst, nlri)
}

func sizePrefix(f inet.Family, b []byte) int       { return bitsSize(b, f.MaxBits()) }
func sizeBits(_ inet.Family, b []byte) int         { return bitsSize(b, 255) }
func sizeType1Length1(_ inet.Family, b []byte) int { return lengthSize(b, 1, 1) }
func sizeLength2(_ inet.Family, b []byte) int      { return lengthSize(b, 0, 2) }
func sizeMUP(_ inet.Family, b []byte) int          { return lengthSize(b, 3, 1) }
