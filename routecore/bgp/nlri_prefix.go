package bgp

import "example.com/rotonda/routecore/inet"

// textPrefix is for plain unicast and multicast (RFC 4271 §4.3). A family of
// another AFI has no prefixes and is one opaque piece, which check refuses.
func textPrefix(dst []byte, f inet.Family, b []byte) []byte {
	return inet.PrefixFromWire(f, b[0], b[1:]).AppendTo(dst)
}

func jsonPrefix(dst []byte, f inet.Family, b []byte) []byte {
	return append(textPrefix(append(dst, `{"prefix":"`...), f, b), `"}`...)
}

// keyPrefix masks the irrelevant bits.
func keyPrefix(dst []byte, f inet.Family, b []byte) []byte {
	return inet.AppendPrefix(dst, inet.PrefixFromWire(f, b[0], b[1:]))
}

func checkPrefix(f inet.Family, b []byte) int {
	if len(b) == 0 || !inet.PrefixFromWire(f, b[0], b[1:]).IsValid() {
		return 0
	}
	return -1
}
