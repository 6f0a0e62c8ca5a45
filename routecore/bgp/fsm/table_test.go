package fsm

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// row is an event of a table in testdata and what it does, by column.
type row struct {
	kind  Kind
	cells map[string]string
}

// table reads a file of testdata; tcp.tsv says how cells are written.
func table(t *testing.T, name string) []row {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var columns []string
	var rows []row
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		switch {
		case strings.HasPrefix(line, "#"):
			continue
		case columns == nil:
			columns = f
			continue
		case len(f) != len(columns):
			t.Fatalf("%s: %d cells in %q, want %d", name, len(f), line, len(columns))
		}
		var k Kind
		fmt.Sscan(f[0], &k)
		r := row{k, map[string]string{}}
		for i, c := range columns[2:] {
			r.cells[c] = f[2+i]
		}
		rows = append(rows, r)
	}
	return rows
}

// complete fails where a table leaves out an event.
func complete(t *testing.T, name string, rows []row, columns int) {
	t.Helper()
	for i, r := range rows {
		if r.kind != Kind(i+1) || len(r.cells) != columns {
			t.Errorf("%s: row %d is event %d with %d cells", name, i+1, r.kind, len(r.cells))
		}
	}
	if len(rows) != int(RouteRefreshMsg) {
		t.Errorf("%s has %d events, want %d", name, len(rows), RouteRefreshMsg)
	}
}

func TestEveryEventInEveryState(t *testing.T) {
	rows := table(t, "tcp.tsv")
	complete(t, "tcp.tsv", rows, 8)
	for _, r := range rows {
		for column, want := range r.cells {
			checkCell(t, Whole, false, r.kind, column, want)
		}
	}
}

// passiveDiffers lists the cells that are different for a passive session.
var passiveDiffers = map[string]string{
	"9 Active": "-", "9 Active+D": "-", "13 Idle": ">A=", "18 OpenSent": "x>I+",
}

func TestPassiveSessionsDifferOnlyWhereTheyWouldDial(t *testing.T) {
	for _, r := range table(t, "tcp.tsv") {
		for column, want := range r.cells {
			if strings.HasPrefix(column, "Connect") {
				continue // a passive session never gets there
			}
			if w, ok := passiveDiffers[fmt.Sprintf("%d %s", r.kind, column)]; ok {
				want = w
			}
			checkCell(t, Whole, true, r.kind, column, want)
		}
	}
}

func TestTheControlChannelDiffersOnlyInRoutesAndItsStream(t *testing.T) {
	differs := map[Kind]map[string]string{}
	for _, r := range table(t, "control.tsv") {
		differs[r.kind] = r.cells
	}
	if len(differs) != 2 {
		t.Fatalf("%d events differ, want 2", len(differs))
	}
	for _, r := range table(t, "tcp.tsv") {
		cells := r.cells
		if d, ok := differs[r.kind]; ok {
			cells = d
		}
		for column, want := range cells {
			checkCell(t, Control, false, r.kind, column, want)
		}
	}
}

func TestEveryEventInEveryStateOfAFunctionChannel(t *testing.T) {
	for ch, columns := range map[Channel]int{Sender: 6, Receiver: 4} {
		name := ch.String() + ".tsv"
		rows := table(t, name)
		complete(t, name, rows, columns)
		for _, r := range rows {
			for column, want := range r.cells {
				checkCell(t, ch, false, r.kind, column, want)
			}
		}
	}
}

// in returns a session in the state of a column, with two failures counted.
func in(t *testing.T, ch Channel, passive bool, column string, now time.Time) *Session {
	t.Helper()
	cfg := config(64500, "192.0.2.1")
	cfg.Channel, cfg.Passive = ch, passive
	cfg.NotifyWithoutOpen = true
	state, delayed := strings.CutSuffix(column, "+D")
	if delayed {
		cfg.DelayOpen = 10 * time.Second
	}
	s := New(cfg)
	start := ManualStart
	if passive || state == "Active" {
		start = ManualStartPassive
	}
	peer := config(64501, "192.0.2.2").Local
	switch ch {
	case Control:
		peer.Caps = append(peer.Caps, bgp.Capability{Code: DefaultPoints.Capability, Value: []byte{0}})
	case Sender, Receiver:
		s = New(withFamily(cfg))
		peer = functionOpen(peer, 90, inet.IPv6Unicast, nil)
	}
	path := map[string][]Event{
		"Idle": nil, "Connect": {{Kind: start}}, "Active": {{Kind: start}},
		"OpenSent":    {{Kind: start}, {Kind: TCPConfirmed}},
		"OpenConfirm": {{Kind: start}, {Kind: TCPConfirmed}, received(peer.Append(nil))},
		"Established": {{Kind: start}, {Kind: TCPConfirmed}, received(peer.Append(nil)), received(bgp.AppendKeepalive(nil))},
	}[state]
	first := Event{Kind: StreamOpened}
	switch ch {
	case Receiver:
		path = map[string][]Event{"Idle": nil, "Active": {first}, "OpenConfirm": {first, received(peer.Append(nil))},
			"Established": {first, received(peer.Append(nil)), received(bgp.AppendKeepalive(nil))}}[state]
	case Sender:
		path = map[string][]Event{
			"Idle": nil, "Connect": {{Kind: start}}, "OpenSent": {{Kind: start}, first},
			"OpenConfirm": {{Kind: start}, first, received(peer.Append(nil))},
			"Established": {{Kind: start}, first, received(peer.Append(nil)), received(bgp.AppendKeepalive(nil))},
			"Terminating": {{Kind: start}, first, {Kind: ManualStop}},
		}[state]
	}
	if delayed {
		path = append(path, Event{Kind: TCPConfirmed})
	}
	for _, ev := range path {
		s.Step(nil, now, ev)
	}
	if s.State().String() != state {
		t.Fatalf("set-up led to %v, want %s", s.State(), state)
	}
	s.failures = 2
	// Events of messages that are fed without a message need what the message
	// would have left.
	s.remote, s.raw = peer, peer.Append(nil)
	return s
}

func checkCell(t *testing.T, ch Channel, passive bool, k Kind, column, want string) {
	t.Helper()
	now := time.Unix(1_000_000, 0)
	s := in(t, ch, passive, column, now)
	from, due := s.state, s.due
	ev := Event{Kind: k}
	switch k {
	case HeaderErr:
		ev.Note = bgp.Notification{Code: 1, Subcode: 2}
	case OpenMsgErr:
		ev.Note = bgp.Notification{Code: 2, Subcode: 2}
	case UpdateMsgErr:
		ev.Note = bgp.Notification{Code: 3, Subcode: 1}
	}
	got := render(s.Step(nil, now.Add(time.Second), ev))
	counter := map[int]string{0: "0", 2: "=", 3: "+"}[s.failures]
	got += ">" + map[State]string{Idle: "I", Connect: "C", Active: "A", OpenSent: "S", OpenConfirm: "F", Established: "E", Terminating: "T"}[s.state] + counter
	if want == "-" {
		want = ">" + got[strings.Index(got, ">")+1:]
		if s.state != from || s.failures != 2 || s.due != due {
			t.Errorf("%v passive=%v %s: %v changes something: %s", ch, passive, column, k, got)
		}
	}
	if got != want {
		t.Errorf("%v passive=%v %s: %v gives %s, want %s", ch, passive, column, k, got, want)
	}
	checkTimers(t, s, fmt.Sprintf("%v: after %v in %s", ch, k, column))
}

// withFamily turns a configuration into that of a function channel.
func withFamily(cfg Config) Config {
	cfg.Local = functionOpen(cfg.Local, cfg.Local.HoldTime, inet.IPv6Unicast, nil)
	return cfg
}

// checkTimers holds the rules about which timers may run in which state.
func checkTimers(t *testing.T, s *Session, where string) {
	t.Helper()
	allowed := map[State][]timer{
		Idle: {idleHold}, Connect: {connectRetry, delayOpen, sendHold}, Active: {connectRetry, delayOpen, sendHold},
		OpenSent: {hold, sendHold}, OpenConfirm: {hold, keepalive, sendHold}, Established: {hold, keepalive, sendHold}, Terminating: {hold},
	}[s.state]
	if s.cfg.Channel == Receiver && s.state == Active {
		allowed = []timer{hold}
	}
	for i, at := range s.due {
		ok := at.IsZero()
		for _, a := range allowed {
			ok = ok || a == timer(i)
		}
		if !ok {
			t.Errorf("%s: timer of %v runs in %v", where, timerEvents[i], s.state)
		}
	}
	if s.state == OpenSent && s.due[hold].IsZero() {
		t.Errorf("%s: no hold timer in OpenSent", where)
	}
}

func received(raw []byte) Event {
	return Event{Kind: Received, Message: bgp.Message{Type: bgp.MsgType(raw[18]), Raw: raw}}
}

// render writes actions in the letters of the table.
func render(actions []Action) string {
	var words []string
	for _, a := range actions {
		switch a.Kind {
		case Dial:
			words = append(words, "D")
		case Refuse:
			words = append(words, "r")
		case Close:
			words = append(words, "x")
		case Up:
			words = append(words, "u")
		case Down:
			words = append(words, "d")
		case Deliver:
			words = append(words, "m")
		case Pace:
			words = append(words, "p")
		case Send:
			switch bgp.MsgType(a.Bytes[18]) {
			case bgp.MsgOpen:
				words = append(words, "o")
			case bgp.MsgKeepalive:
				words = append(words, "k")
			default:
				words = append(words, fmt.Sprintf("n%d/%d", a.Bytes[19], a.Bytes[20]))
			}
		}
	}
	return strings.Join(words, ",")
}
