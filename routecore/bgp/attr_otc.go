package bgp

import "example.com/rotonda/routecore/inet"

// OTC returns the AS number of Only to Customer (RFC 9234 §5).
func (a Attrs) OTC() (inet.ASN, bool) {
	n, ok := a.number(AttrOTC)
	return inet.ASN(n), ok
}

func jsonOTC(dst, v []byte, _ inet.Family) []byte {
	asn := inet.ASN(v[0])<<24 | inet.ASN(v[1])<<16 | inet.ASN(v[2])<<8 | inet.ASN(v[3])
	dst, _ = asn.AppendText(append(dst, '"'))
	return append(dst, '"')
}
