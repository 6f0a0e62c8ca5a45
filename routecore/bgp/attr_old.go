package bgp

import (
	"encoding/binary"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// jsonConnector shows the address of a Connector, which stands alone or behind
// type and route distinguisher (RFC 6037 §5.2.1).
func jsonConnector(dst, v []byte, f inet.Family) []byte {
	if len(v) != 4 && len(v) != 14 {
		return nil
	}
	return jsonAddr(dst, v[len(v)-4:], f)
}

func jsonASPathLimit(dst, v []byte, _ inet.Family) []byte {
	if len(v) != 5 {
		return nil
	}
	dst = strconv.AppendUint(append(dst, `{"upper_bound":`...), uint64(v[0]), 10)
	dst = strconv.AppendUint(append(dst, `,"attacher":`...), uint64(binary.BigEndian.Uint32(v[1:])), 10)
	return append(dst, '}')
}

func jsonReserved(dst, v []byte, _ inet.Family) []byte {
	return append(jsonBytes(append(dst, `{"raw":`...), v), '}')
}
