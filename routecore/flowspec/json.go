package flowspec

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"example.com/rotonda/routecore/inet"
)

// AppendJSON appends the rule as an object: "type", which is "flowspec" or
// "flowspec-vpn"; "afi" as a number; "rd"; one key for each component, which is
// a prefix or the list of runs of which one has to hold, in the forms of
// [ParseText]; "raw" for what is not understood, with "usable" false.
//
//	{"type":"flowspec","afi":1,"destination":"192.0.2.0/24","protocol":["=tcp"],"port":["=80",">8080&<8088"]}
func (r Rule) AppendJSON(dst []byte) []byte {
	if vpn(r.Family) {
		dst = append(dst, `{"type":"flowspec-vpn","afi":`...)
	} else {
		dst = append(dst, `{"type":"flowspec","afi":`...)
	}
	dst = fmt.Append(dst, int(r.Family.AFI()))
	if vpn(r.Family) {
		dst, _ = r.RD.AppendText(append(dst, `,"rd":"`...))
		dst = append(dst, '"')
	}
	for _, c := range r.Components {
		row := info(r.Family, c.Type)
		dst = append(append(append(dst, `,"`...), row.key(r.Family)...), `":`...)
		if row.kind == prefix {
			dst = append(append(append(dst, '"'), c.Prefix.String()...), '"')
			continue
		}
		open := byte('[')
		for run := range row.runs(c.Terms) {
			dst = row.appendRun(append(dst, open, '"'), run)
			dst = append(dst, '"')
			open = ','
		}
		dst = append(dst, ']')
	}
	if len(r.Raw) > 0 {
		dst = hex.AppendEncode(append(dst, `,"usable":false,"raw":"`...), r.Raw)
		dst = append(dst, '"')
	}
	return append(dst, '}')
}

// MarshalJSON gives the form of AppendJSON, or the error of Append where the
// rule could not be sent.
func (r Rule) MarshalJSON() ([]byte, error) {
	if _, err := r.Append(nil); err != nil {
		return nil, err
	}
	return r.AppendJSON(nil), nil
}

// UnmarshalJSON reads the form of AppendJSON. Keys that it does not know are
// errors.
func (r *Rule) UnmarshalJSON(b []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil {
		return fmt.Errorf("flowspec: %w", err)
	}
	var kind string
	var afi uint16
	safi := inet.SAFIFlowSpec
	if err := json.Unmarshal(fields["type"], &kind); err != nil || kind != "flowspec" && kind != "flowspec-vpn" {
		return fmt.Errorf("flowspec: type: want flowspec or flowspec-vpn")
	}
	if kind == "flowspec-vpn" {
		safi = inet.SAFIFlowSpecVPN
	}
	if err := json.Unmarshal(fields["afi"], &afi); err != nil {
		return fmt.Errorf("flowspec: afi: want a number")
	}
	out := Rule{Family: inet.NewFamily(inet.AFI(afi), safi)}
	for key, value := range fields {
		if err := out.setJSON(key, value); err != nil {
			return err
		}
	}
	if _, ok := fields["rd"]; ok != vpn(out.Family) {
		return fmt.Errorf("flowspec: rd: belongs to flowspec-vpn and to nothing else")
	}
	slices.SortFunc(out.Components, func(a, b Component) int { return int(a.Type) - int(b.Type) })
	if _, err := out.Append(nil); err != nil {
		return err
	}
	*r = out
	return nil
}

func (r *Rule) setJSON(key string, value json.RawMessage) error {
	text := func() string {
		var s string
		if json.Unmarshal(value, &s) != nil {
			return ""
		}
		return s
	}
	switch key {
	case "type", "afi", "usable":
		return nil
	case "rd":
		rd, err := inet.ParseRD(text())
		if err != nil {
			return fmt.Errorf("flowspec: rd: %w", err)
		}
		r.RD = rd
		return nil
	case "raw":
		b, err := hex.DecodeString(text())
		if err != nil || len(b) == 0 {
			return fmt.Errorf("flowspec: raw: want hexadecimal digits")
		}
		r.Raw = b
		return nil
	}
	for t := range table {
		row := info(r.Family, Type(t))
		if row.kind == unknown || row.key(r.Family) != key {
			continue
		}
		c := Component{Type: Type(t)}
		p := textParser{family: r.Family, s: text()}
		if row.kind != prefix {
			var runs []string
			if err := json.Unmarshal(value, &runs); err != nil || len(runs) == 0 {
				return fmt.Errorf("flowspec: %s: want a list of strings", key)
			}
			for _, run := range runs {
				p.token = run
				if err := p.run(row, &c); err != nil {
					return fmt.Errorf("flowspec: %s: %w", key, err)
				}
			}
			r.Components = append(r.Components, c)
			return nil
		}
		var fault string
		if c.Prefix, fault = parsePrefix(r.Family, p.s); fault != "" {
			return fmt.Errorf("flowspec: %s: %s", key, fault)
		}
		r.Components = append(r.Components, c)
		return nil
	}
	return fmt.Errorf("flowspec: %s: no such key in rules of %v", key, r.Family)
}
