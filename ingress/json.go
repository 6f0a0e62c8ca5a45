package ingress

import (
	"encoding/json"
	"strconv"
)

// peerTypes are upstream's names of the BMP peer types (RFC 7854 §4.2, RFC 9069
// §4.1).
var peerTypes = [...]string{"GlobalInstance", "RdInstance", "LocalInstance", "LocalRibInstance"}

// MarshalJSON returns the description under upstream's field names. What is not
// known is left out; capabilities never appear.
func (i *Info) MarshalJSON() ([]byte, error) { return i.AppendJSON(nil), nil }

// AppendJSON appends what MarshalJSON returns.
func (i *Info) AppendJSON(dst []byte) []byte {
	dst = strconv.AppendUint(append(dst, `{"id":`...), uint64(i.ID), 10)
	dst = appendText(dst, "unit_name", i.Unit)
	dst = appendText(dst, "ingress_type", i.Kind.String())
	dst = appendNumber(dst, "parent_ingress", uint64(i.Parent))
	dst = appendText(dst, "state", i.State.String())
	if i.Addr.IsValid() {
		dst = appendText(dst, "remote_addr", i.Addr.String())
	}
	dst = appendNumber(dst, "remote_asn", uint64(i.ASN))
	dst = appendText(dst, "rib_type", i.View.RIBType())
	dst = appendText(dst, "peer_rib_type", i.View.String())
	file, name := i.Filename, i.Name
	if i.Kind == KindMRT {
		name = ""
		if file == "" {
			file = i.Name
		}
	}
	dst = appendText(dst, "filename", file)
	dst = appendText(dst, "name", name)
	dst = appendText(dst, "desc", i.Desc)
	dst = appendNumber(dst, "local_asn", uint64(i.LocalASN))
	if i.Kind == KindBGPInBMP && int(i.PeerType) < len(peerTypes) {
		dst = appendText(dst, "peer_type", peerTypes[i.PeerType])
	}
	if i.RD != [8]byte{} {
		dst = append(dst, `,"distinguisher":[`...)
		for n, b := range i.RD {
			if n > 0 {
				dst = append(dst, ',')
			}
			dst = strconv.AppendUint(dst, uint64(b), 10)
		}
		dst = append(dst, ']')
	}
	dst = appendText(dst, "vrf_name", i.VRF)
	return append(dst, '}')
}

func appendText(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	text, err := json.Marshal(value)
	if err != nil {
		return dst // a string always encodes
	}
	return append(append(append(append(dst, `,"`...), name...), `":`...), text...)
}

func appendNumber(dst []byte, name string, value uint64) []byte {
	if value == 0 {
		return dst
	}
	return strconv.AppendUint(append(append(append(dst, `,"`...), name...), `":`...), value, 10)
}
