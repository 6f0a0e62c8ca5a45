package fsm

import (
	"errors"
	"fmt"
	"testing"

	"example.com/rotonda/routecore/bgp"
)

func TestAProblemTellsThePeerWhatIsWrong(t *testing.T) {
	_, _, header := bgp.ReadMessage(make([]byte, 19), bgp.MaxMessage)
	for _, test := range []struct {
		kind Kind
		err  error
		want string
	}{
		{HeaderErr, header, "1/1"},
		{HeaderErr, fmt.Errorf("read: %w", header), "1/1"},
		{HeaderErr, errors.New("other"), "1/0"},
		{OpenMsgErr, errors.New("other"), "2/0"},
		{UpdateMsgErr, errors.New("other"), "3/0"},
	} {
		ev := Problem(test.kind, test.err)
		if got := fmt.Sprintf("%d/%d", ev.Note.Code, ev.Note.Subcode); got != test.want || ev.Kind != test.kind {
			t.Errorf("%v, %v: got %v %s, want %s", test.kind, test.err, ev.Kind, got, test.want)
		}
	}
	if KeepBoth.String() != "keep both" || Outcome(9).String() != "unknown outcome" {
		t.Error("an outcome has no name")
	}
}
