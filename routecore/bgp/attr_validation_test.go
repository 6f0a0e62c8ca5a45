package bgp

import "testing"

func TestValidationState(t *testing.T) {
	const valid, notFound, invalid, odd = "4300000000000000", "4300000000000001", "4300000000000002", "4300000000000003"
	for _, tt := range []struct {
		name, value string
		external    bool
		want        ValidationState
		ok          bool
	}{
		{"one", notFound, false, ValidationNotFound, true},
		{"of an external peer", invalid, true, 0, false},
		{"the greatest of several", valid + invalid + notFound, false, ValidationInvalid, true},
		{"valid is a state too", valid, false, ValidationValid, true},
		{"a value that is not defined", odd, false, 0, false},
		{"a value that is not defined beside another", odd + notFound, false, ValidationNotFound, true},
		{"with reserved octets set", "4300010203040502", false, ValidationInvalid, true},
		{"another opaque community", "0300000000000002" + "4301000000000002", false, 0, false},
	} {
		a := set(t, AttrOrigin, "00", AttrExtCommunities, tt.value)
		if got, ok := a.ValidationState(tt.external); got != tt.want || ok != tt.ok {
			t.Errorf("%s: %v %t, want %v %t", tt.name, got, ok, tt.want, tt.ok)
		}
	}
	if _, ok := set(t, AttrOrigin, "00").ValidationState(false); ok {
		t.Error("a route without communities has a state")
	}
	for s, name := range map[ValidationState]string{ValidationValid: "valid", ValidationNotFound: "not-found", ValidationInvalid: "invalid", 3: "unknown"} {
		if s.String() != name {
			t.Errorf("%d is %q", s, s)
		}
		if e := s.ExtCommunity(); s <= ValidationInvalid && e.String() != "validation:"+name {
			t.Errorf("%v is built as %v", s, e)
		}
	}
}
