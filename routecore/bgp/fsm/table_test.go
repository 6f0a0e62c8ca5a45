package fsm

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/rotonda/routecore/bgp"
)

// The table of RFC 4271 §8.2.2 as expected by hand, one row an event. A cell
// lists the actions, then the state that follows and what happens to the
// ConnectRetryCounter:
//
//   - nothing at all          D  Dial      r  Refuse     x  Close
//     o  Send OPEN               k  Send KEEPALIVE          nC/S  Send NOTIFICATION
//     u  Up     m  Deliver       d  Down
//     >I >C >A >S >F >E          the next state (S OpenSent, F OpenConfirm)
//   - one more failure        0  counter to zero         =  counter as it was
//
// "+D" columns have the DelayOpenTimer running, and thus a connection.
const expected = `
event                  Idle    Connect  Connect+D   Active  Active+D    OpenSent    OpenConfirm Established
1  ManualStart         D>C0    -        -           -       -           -           -           -
2  ManualStop          -       x>I0     x>I0        x>I0    n6/2,x>I0   n6/2,x>I0   n6/2,x>I0   n6/2,d,x>I0
3  AutomaticStart      D>C0    -        -           -       -           -           -           -
4  ManualPassive       >A0     -        -           -       -           -           -           -
5  AutomaticPassive    >A0     -        -           -       -           -           -           -
6  Damped              D>C=    -        -           -       -           -           -           -
7  DampedPassive       >A=     -        -           -       -           -           -           -
8  AutomaticStop       -       x>I+     x>I+        x>I+    x>I+        n6/2,x>I+   n6/2,x>I+   n6/2,d,x>I+
9  ConnectRetry        -       x,D>C=   x,D>C=      D>C=    D>C=        n5/0,x>I+   n5/0,x>I+   n5/0,d,x>I+
10 Hold                -       x>I+     x>I+        x>I+    x>I+        n4/0,x>I+   n4/0,x>I+   n4/0,d,x>I+
11 Keepalive           -       x>I+     x>I+        x>I+    x>I+        n5/0,x>I+   k>F=        k>E=
12 DelayOpen           -       o>S=     o>S=        o>S=    o>S=        n5/0,x>I+   n5/0,x>I+   n5/0,d,x>I+
13 IdleHold            D>C=    x>I+     x>I+        x>I+    x>I+        n5/0,x>I+   n5/0,x>I+   n5/0,d,x>I+
14 TCPValid            r>I=    -        -           -       -           -           -           -
15 TCPInvalid          -       r>C=     r>C=        r>A=    r>A=        r>S=        r>F=        r>E=
16 TCPAcked            r>I=    o>S=     >C=         o>S=    >A=         -           -           -
17 TCPConfirmed        r>I=    o>S=     >C=         o>S=    >A=         -           -           -
18 TCPFails            -       x>I+     >A=         x>I+    x>I+        x>A=        x>I+        d,x>I+
19 Open                -       x>I+     x>I+        x>I+    x>I+        k>F=        n5/2,x>I+   n5/3,d,x>I+
20 OpenDelayed         -       o,k>F=   o,k>F=      o,k>F=  o,k>F=      n5/1,x>I+   n5/2,x>I+   n5/3,d,x>I+
21 HeaderErr           -       x>I+     n1/2,x>I+   x>I+    n1/2,x>I+   n1/2,x>I+   n1/2,x>I+   n1/2,d,x>I+
22 OpenErr             -       x>I+     n2/2,x>I+   x>I+    n2/2,x>I+   n2/2,x>I+   n2/2,x>I+   n5/3,d,x>I+
23 CollisionDump       -       x>I+     x>I+        x>I+    x>I+        n6/7,x>I+   n6/7,x>I+   n6/7,d,x>I+
24 NotifVersionErr     -       x>I+     x>I=        x>I+    x>I=        x>I=        x>I=        d,x>I+
25 Notif               -       x>I+     x>I+        x>I+    x>I+        x>I+        x>I+        d,x>I+
26 KeepaliveMsg        -       x>I+     x>I+        x>I+    x>I+        n5/1,x>I+   u>E=        >E=
27 Update              -       x>I+     x>I+        x>I+    x>I+        n5/1,x>I+   n5/2,x>I+   m>E=
28 UpdateErr           -       x>I+     x>I+        x>I+    x>I+        n5/1,x>I+   n5/2,x>I+   n3/1,d,x>I+
29 SendHold            -       x>I+     x>I+        x>I+    x>I+        x>I+        x>I+        d,x>I+
30 RouteRefresh        -       x>I+     x>I+        x>I+    x>I+        n5/1,x>I+   n5/2,x>I+   m>E=
`

// passiveDiffers lists the cells that are different for a passive session.
const passiveDiffers = `
9  ConnectRetry   Active     -
9  ConnectRetry   Active+D   -
13 IdleHold       Idle       >A=
18 TCPFails       OpenSent   x>I+
`

func TestEveryEventInEveryState(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(expected), "\n")
	columns := strings.Fields(lines[0])[1:]
	cells := 0
	for _, line := range lines[1:] {
		f := strings.Fields(line)
		var k Kind
		fmt.Sscan(f[0], &k)
		for i, column := range columns {
			cells++
			checkCell(t, false, k, column, f[2+i])
		}
	}
	if want := int(RouteRefreshMsg) * 8; cells != want {
		t.Fatalf("checked %d cells, want %d", cells, want)
	}
}

func TestPassiveSessionsDifferOnlyWhereTheyWouldDial(t *testing.T) {
	differs := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(passiveDiffers), "\n") {
		f := strings.Fields(line)
		differs[f[0]+" "+f[2]] = f[3]
	}
	lines := strings.Split(strings.TrimSpace(expected), "\n")
	columns := strings.Fields(lines[0])[1:]
	for _, line := range lines[1:] {
		f := strings.Fields(line)
		var k Kind
		fmt.Sscan(f[0], &k)
		for i, column := range columns {
			if strings.HasPrefix(column, "Connect") {
				continue // a passive session never gets there
			}
			want := f[2+i]
			if w, ok := differs[f[0]+" "+column]; ok {
				want = w
			}
			checkCell(t, true, k, column, want)
		}
	}
}

// in returns a session in the state of a column, with two failures counted.
func in(t *testing.T, passive bool, column string, now time.Time) *Session {
	t.Helper()
	cfg := config(64500, "192.0.2.1")
	cfg.Passive = passive
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
	path := map[string][]Event{
		"Idle": nil, "Connect": {{Kind: start}}, "Active": {{Kind: start}},
		"OpenSent":    {{Kind: start}, {Kind: TCPConfirmed}},
		"OpenConfirm": {{Kind: start}, {Kind: TCPConfirmed}, received(peer.Append(nil))},
		"Established": {{Kind: start}, {Kind: TCPConfirmed}, received(peer.Append(nil)), received(bgp.AppendKeepalive(nil))},
	}[state]
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

func checkCell(t *testing.T, passive bool, k Kind, column, want string) {
	t.Helper()
	now := time.Unix(1_000_000, 0)
	s := in(t, passive, column, now)
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
	got += ">" + map[State]string{Idle: "I", Connect: "C", Active: "A", OpenSent: "S", OpenConfirm: "F", Established: "E"}[s.state] + counter
	if want == "-" {
		want = ">" + got[strings.Index(got, ">")+1:]
		if s.state != from || s.failures != 2 || s.due != due {
			t.Errorf("passive=%v %s: %v changes something: %s", passive, column, k, got)
		}
	}
	if got != want {
		t.Errorf("passive=%v %s: %v gives %s, want %s", passive, column, k, got, want)
	}
	checkTimers(t, s, fmt.Sprintf("after %v in %s", k, column))
}

// checkTimers holds the rules about which timers may run in which state.
func checkTimers(t *testing.T, s *Session, where string) {
	t.Helper()
	allowed := map[State][]timer{
		Idle: {idleHold}, Connect: {connectRetry, delayOpen, sendHold}, Active: {connectRetry, delayOpen, sendHold},
		OpenSent: {hold, sendHold}, OpenConfirm: {hold, keepalive, sendHold}, Established: {hold, keepalive, sendHold},
	}[s.state]
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
