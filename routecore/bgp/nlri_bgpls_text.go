package bgp

import (
	"encoding/hex"
	"net/netip"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// ReachPrefix reads IP Reachability Information, host bits masked. The TLV does not
// say of which family it is; the NLRI's type does (RFC 9552 §5.2.3.2).
func (n LSNLRI) ReachPrefix() (netip.Prefix, bool) {
	for _, t := range n.Rest {
		if t.Type == typeReach && (n.Type == LSPrefix4 || n.Type == LSPrefix6) {
			_, p, size := NextPrefix(t.Value, n.Type == LSPrefix6, false)
			return p, size > 0 && size == len(t.Value)
		}
	}
	return netip.Prefix{}, false
}

// AppendText appends n in the form that routers show: type, protocol and
// identifier, then each node, then what is left, in brackets:
//
//	[V][L2][I0x0][N[s0000.0000.0002.00]]
//	[E][O][I0x0][N[c65001][b0.0.0.0][a0.0.0.0][s10.1.1.1]][R[...]][L[i10.1.1.1][n10.1.1.2]]
//	[T][L2][I0x0][N[s0000.0000.0002.00]][P[t0x0002][p10.0.1.0/24]]
//
// Types without a layout are [T249] and octets in hexadecimal.
func (n LSNLRI) AppendText(dst []byte) []byte {
	info := n.Type.info()
	if n.RD != (inet.RD{}) {
		dst, _ = n.RD.AppendText(append(dst, "[RD"...))
		dst = append(dst, ']')
	}
	if info == nil {
		dst = strconv.AppendUint(append(dst, "[T"...), uint64(n.Type), 10)
		return append(appendHexText(append(dst, "]["...), n.Raw), ']')
	}
	dst = append(append(dst, '[', info.letter), "]["...)
	if p := int(n.Protocol); p > 0 && p < len(lsProtocols) {
		dst = append(dst, lsProtocols[p].sign...)
	} else {
		dst = strconv.AppendInt(append(dst, 'U'), int64(p), 10)
	}
	dst = strconv.AppendUint(append(dst, "][I0x"...), n.Identifier, 16)
	dst = append(n.appendTLVsText(append(dst, "][N"...), n.Local), ']')
	if info.remote {
		dst = append(n.appendTLVsText(append(dst, "[R"...), n.Remote), ']')
	}
	if len(n.Rest) > 0 {
		dst = append(n.appendTLVsText(append(dst, '[', info.sign), n.Rest), ']')
	}
	return dst
}

// lsSign is the letter of a descriptor in text, 0 where it has none. The two
// addresses of a link share theirs between the families.
func lsSign(typ uint16) byte {
	const links, nodes = "inin-rp", "cbasqmv" // from types 259 and 512 on
	switch {
	case typ >= 512 && int(typ) < 512+len(nodes):
		return nodes[typ-512]
	case typ >= 259 && int(typ) < 259+len(links) && links[typ-259] != '-':
		return links[typ-259]
	}
	return 0
}

func (n LSNLRI) appendTLVsText(dst []byte, list []TLV) []byte {
	for _, t := range list {
		dst = append(n.appendTLVText(append(dst, '['), t), ']')
	}
	return dst
}

func (n LSNLRI) appendTLVText(dst []byte, t TLV) []byte {
	if p, ok := n.ReachPrefix(); ok && t.Type == typeReach {
		return p.AppendTo(append(dst, 'p'))
	}
	values, err := DecodeLS(t)
	sign := lsSign(t.Type)
	switch {
	case err != nil || t.Type == typeReach:
		return appendHexText(append(strconv.AppendUint(append(dst, 'u'), uint64(t.Type), 10), ' '), t.Value)
	case t.Type == typeTopology:
		for i := 0; i < len(t.Value); i += 2 {
			dst = append(comma(dst, len(dst)-i), "t0x"...)
			dst = hex.AppendEncode(dst, t.Value[i:i+2])
		}
		return dst
	case t.Type == typeLinkIDs:
		dst = strconv.AppendUint(append(dst, 'l'), values[0].Value.(uint64), 10)
		return strconv.AppendUint(append(dst, '/'), values[1].Value.(uint64), 10)
	case t.Type == typeLSID:
		return netip.AddrFrom4([4]byte(t.Value)).AppendTo(append(dst, sign))
	case t.Type == typeRouterID:
		return appendRouterID(append(dst, sign), t.Value)
	case sign != 0:
		return appendValueText(append(dst, sign), nil, values[0].Value)
	}
	return lsTable.appendOneText(dst, t)
}

// appendRouterID prints a router id of IS-IS with its pseudonode always there,
// as routers do.
func appendRouterID(dst, b []byte) []byte {
	dst = (&field{kind: kindRouterID}).appendID(dst, b)
	if len(b) == 6 {
		return append(dst, ".00"...)
	}
	return dst
}

func textBGPLSNLRI(dst []byte, f inet.Family, b []byte) []byte {
	n, err := ParseLSNLRI(f, b)
	if err != nil {
		return appendHexText(dst, b)
	}
	return n.AppendText(dst)
}

// jsonBGPLSNLRI prints
//
//	{"type": "link", "protocol": "OSPFv2", "protocolId": 3, "identifier": 0,
//	 "localNodeDescriptors": {...}, "remoteNodeDescriptors": {...}, "linkDescriptors": {...}}
//
// with "rd" first for SAFI 72. Types without a layout are {"type": N, "raw": "hex"}.
func jsonBGPLSNLRI(dst []byte, f inet.Family, b []byte) []byte {
	n, err := ParseLSNLRI(f, b)
	if err != nil {
		return append(jsonHex(append(dst, `{"raw":`...), b), '}')
	}
	dst = append(dst, `{"type":`...)
	info := n.Type.info()
	if info == nil {
		dst = strconv.AppendUint(dst, uint64(n.Type), 10)
	} else {
		dst = append(append(append(dst, '"'), info.name...), '"')
	}
	if f.SAFI() == inet.SAFIBGPLSVPN {
		dst, _ = n.RD.AppendText(append(dst, `,"rd":"`...))
		dst = append(dst, '"')
	}
	if info == nil {
		return append(jsonHex(append(dst, `,"raw":`...), n.Raw), '}')
	}
	dst = append(append(append(dst, `,"protocol":"`...), n.Protocol.String()...), '"')
	dst = strconv.AppendUint(append(dst, `,"protocolId":`...), uint64(n.Protocol), 10)
	dst = strconv.AppendUint(append(dst, `,"identifier":`...), n.Identifier, 10)
	dst = lsTable.appendJSON(append(dst, `,"localNodeDescriptors":`...), n.Local)
	if info.remote {
		dst = lsTable.appendJSON(append(dst, `,"remoteNodeDescriptors":`...), n.Remote)
	}
	if len(n.Rest) > 0 {
		dst = append(append(append(dst, `,"`...), info.rest...), `":{`...)
		dst = append(n.appendRestJSON(dst), '}')
	}
	return append(dst, '}')
}

// appendRestJSON appends the members of the last descriptors; reachability is one
// prefix where it is whole.
func (n LSNLRI) appendRestJSON(dst []byte) []byte {
	from := len(dst)
	rest := n.Rest
	if p, ok := n.ReachPrefix(); ok {
		dst = append(p.AppendTo(append(dst, `"prefix":"`...)), '"')
		rest = nil
		done := false
		for _, t := range n.Rest {
			if t.Type != typeReach || done {
				rest = append(rest, t)
				continue
			}
			done = true
		}
	}
	return lsTable.appendMembers(dst, from, rest)
}
