package bgp

import (
	"fmt"
	"iter"

	"example.com/rotonda/routecore/inet"
)

// LSInfo returns the row of a BGP-LS TLV in the one table of them.
func LSInfo(typ uint16) (TLVInfo, bool) {
	if row := lsTable.row(typ); row != nil {
		return *row, true
	}
	return TLVInfo{}, false
}

// LSInfos yields every row, ascending by type.
func LSInfos() iter.Seq[TLVInfo] {
	return func(yield func(TLVInfo) bool) {
		for _, row := range lsTable.rows {
			if !yield(row) {
				return
			}
		}
	}
}

// ParseLSAttr cuts the value of a BGP-LS Attribute into its TLVs, which alias b
// (RFC 9552 §5.3). Only the framing is judged, as §8.2.2 asks: what is in a TLV
// matters to whoever uses it.
func ParseLSAttr(b []byte) ([]TLV, error) {
	list, err := frame22.parse(b, "RFC 9552 §8.2.2")
	if err != nil {
		return nil, fmt.Errorf("BGP-LS attribute: %w", err)
	}
	return list, nil
}

// AppendLSAttr appends the value of a BGP-LS Attribute. Values over 65535 octets
// do not fit a TLV and are an error.
func AppendLSAttr(dst []byte, list []TLV) ([]byte, error) {
	dst, err := encodeInner(dst, frame22, list)
	if err != nil {
		return nil, fmt.Errorf("BGP-LS attribute: %w", err)
	}
	return dst, nil
}

// DecodeLS reads the value of one BGP-LS TLV, descriptor or attribute, by its
// row. Types without a row and values that the row does not fit are errors:
// their octets are all there is to know.
func DecodeLS(t TLV) ([]Field, error) { return lsTable.decode(t) }

// EncodeLS makes a BGP-LS TLV of values, the reverse of [DecodeLS].
func EncodeLS(typ uint16, values ...Field) (TLV, error) { return lsTable.encode(typ, values) }

// AppendLSAttrText appends the value of a BGP-LS Attribute as one line of text.
func AppendLSAttrText(dst, v []byte) []byte {
	list, err := ParseLSAttr(v)
	if err != nil {
		return appendHexText(dst, v)
	}
	return lsTable.appendText(dst, list)
}

// checkBGPLS checks the framing of the TLVs: one that runs past the end makes
// the attribute malformed, and it is discarded (RFC 9552 §8.2.2).
func checkBGPLS(v []byte, _ Ctx) (Fault, int) { return frame22.fault(v) }

func jsonBGPLS(dst, v []byte, _ inet.Family) []byte {
	list, err := ParseLSAttr(v)
	if err != nil {
		return nil
	}
	return lsTable.appendJSON(dst, list)
}
