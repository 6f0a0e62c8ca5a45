package rtr

import (
	"bytes"
	"errors"
	"net/netip"
	"testing"
	"time"
)

func TestANotifyBeforeTheVersionIsKnownMeansNothing(t *testing.T) {
	c := NewClient(2)
	c.Start(nil)
	notify := Message{Version: 0, Type: SerialNotify, Session: 1, Serial: 1}.Append(nil)
	if reply, _, err := feed(t, c, notify); err != nil || len(reply) > 0 {
		t.Fatalf("% x, %v", reply, err)
	}
	// The same once the version is settled is an error.
	if _, _, err := feed(t, c, appendEnd(appendHeader(nil, 2, CacheResponse, 1, 8), 2, 1, 5)); err != nil {
		t.Fatal(err)
	}
	var e *Error
	if _, _, err := feed(t, c, notify); !errors.As(err, &e) || e.Code != UnexpectedVersion {
		t.Errorf("%v, want an unexpected version", err)
	}
}

func TestACacheThatAnswersInALowerVersionIsFollowed(t *testing.T) {
	c := NewClient(2)
	c.Start(nil)
	if _, u, err := feed(t, c, appendEnd(appendHeader(nil, 0, CacheResponse, 1, 8), 0, 1, 5)); err != nil || len(u) != 1 || c.Version() != 0 {
		t.Fatalf("%v, version %d", err, c.Version())
	}
	if want := AppendSerialQuery(nil, 0, 1, 5); !bytes.Equal(c.Start(nil), want) {
		t.Error("the next query is not one of version 0")
	}
}

func TestSerialNumbersAreThoseOfOneVersion(t *testing.T) {
	c := NewClient(2)
	c.Start(nil)
	if _, _, err := feed(t, c, appendEnd(appendHeader(nil, 2, CacheResponse, 1, 8), 2, 1, 5)); err != nil {
		t.Fatal(err)
	}
	c.Start(nil) // a Serial Query, which a cache of version 1 answers by chance
	var e *Error
	if _, _, err := feed(t, c, appendHeader(nil, 1, CacheResponse, 1, 8)); !errors.As(err, &e) || e.Code != UnexpectedVersion {
		t.Errorf("%v, want an unexpected version", err)
	}
	if got := c.Start(nil); !bytes.Equal(got, AppendResetQuery(nil, 2)) {
		t.Errorf("then % x, want a reset query", got)
	}
}

// TestACacheThatAlwaysResetsIsLeft: each Cache Reset would ask for the next.
func TestACacheThatAlwaysResetsIsLeft(t *testing.T) {
	reset := appendHeader(nil, 1, CacheReset, 0, 8)
	for name, in := range map[string][]byte{"at once": reset, "in an answer": append(appendHeader(nil, 1, CacheResponse, 1, 8), reset...)} {
		c := NewClient(1)
		c.Start(nil)
		var e *Error
		if reply, _, err := feed(t, c, in); !errors.As(err, &e) || e.Code != CorruptData || PDU(reply).Type() != ErrorReport {
			t.Errorf("%s: % x, %v", name, reply, err)
		}
	}
}

func TestWhichErrorsAreFatal(t *testing.T) {
	report := func(version uint8, code ErrorCode) []byte { return AppendError(nil, version, code, nil, "x") }
	for name, c := range map[string]struct {
		in     []byte
		fatal  bool
		synced bool // the next query is for changes only
	}{
		"corrupt data":            {report(2, CorruptData), true, false},
		"no data":                 {report(2, NoDataAvailable), false, true},
		"another version":         {report(1, UnsupportedVersion), false, false},
		"a restart":               {report(2, CacheRestart), false, true},
		"a shutdown":              {report(2, CacheShutdown), true, false},
		"a code of nobody":        {report(2, 99), true, false},
		"what we find":            {appendHeader(nil, 2, ResetQuery, 0, 8), true, false},
		"the report is broken":    {append(appendHeader(nil, 2, ErrorReport, 2, 16), 0, 0, 0, 9, 0, 0, 0, 0), true, false},
		"a version that is to be": {appendHeader(nil, 7, CacheReset, 0, 8), false, false},
	} {
		cl := NewClient(2)
		cl.Start(nil)
		if _, _, err := feed(t, cl, appendEnd(appendHeader(nil, 2, CacheResponse, 1, 8), 2, 1, 5)); err != nil {
			t.Fatal(err)
		}
		cl.Start(nil)
		_, _, err := feed(t, cl, c.in)
		if err == nil || Fatal(err) != c.fatal {
			t.Errorf("%s: %v, fatal %v", name, err, Fatal(err))
		}
		if got := PDU(cl.Start(nil)).Type() == SerialQuery; got != c.synced {
			t.Errorf("%s: asks for changes %v", name, got)
		}
	}
	if Fatal(nil) || Fatal(errors.New("the network is gone")) {
		t.Error("a lost connection is fatal")
	}
	// One that speaks none of our versions is asked from the top again.
	c := NewClient(2)
	for _, want := range []uint8{1, 0, 2} {
		c.Start(nil)
		if _, _, err := feed(t, c, report(9, UnsupportedVersion)); err == nil || c.Version() != want {
			t.Errorf("%v, then version %d, want %d", err, c.Version(), want)
		}
	}
}

func TestASilentCacheIsTriedWithALowerVersion(t *testing.T) {
	c := NewClient(2)
	for want := uint8(1); ; want-- {
		c.Start(nil)
		if !c.Closed() || c.Version() != want {
			t.Fatalf("version %d, want %d", c.Version(), want)
		}
		if want == 0 {
			break
		}
	}
	c.Start(nil)
	if c.Closed() || c.Version() != 2 {
		t.Errorf("a cache that is down is asked in version %d, want 2", c.Version())
	}
}

func TestANotifyOfOldNewsIsIgnored(t *testing.T) {
	c := NewClient(1)
	c.Start(nil)
	if _, _, err := feed(t, c, appendEnd(appendHeader(nil, 1, CacheResponse, 1, 8), 1, 1, 0xffffffff)); err != nil {
		t.Fatal(err)
	}
	for serial, want := range map[uint32]bool{0xffffffff: false, 0xfffffff0: false, 0: true, 5: true} {
		c.asked = false
		reply, _, err := feed(t, c, Message{Version: 1, Type: SerialNotify, Session: 1, Serial: serial}.Append(nil))
		if err != nil || (len(reply) > 0) != want {
			t.Errorf("serial %#x: asks %v, %v", serial, len(reply) > 0, err)
		}
	}
	c.asked = false
	if reply, _, _ := feed(t, c, Message{Version: 1, Type: SerialNotify, Session: 2, Serial: 1}.Append(nil)); !bytes.Equal(reply, AppendResetQuery(nil, 1)) {
		t.Errorf("another session: % x, want a reset query", reply)
	}
}

func TestErrorReportsAreNeverAnswered(t *testing.T) {
	broken := AppendError(nil, 1, CorruptData, nil, "x")
	broken[11] = 200
	for name, b := range map[string][]byte{"broken": broken, "internal": AppendError(nil, 1, InternalError, nil, "x"), "other version": AppendError(nil, 7, InternalError, nil, "x")} {
		c := NewClient(1)
		c.Start(nil)
		if reply, _, err := feed(t, c, b); err == nil || len(reply) > 0 {
			t.Errorf("%s: % x, %v", name, reply, err)
		}
	}
	_, _, err := ReadPDU(appendHeader(nil, 1, ErrorReport, 0, 9))
	if got := AppendProblem(nil, 1, appendHeader(nil, 1, ErrorReport, 0, 9), err); err == nil || len(got) > 0 {
		t.Errorf("% x, %v", got, err)
	}
	_, _, err = ReadPDU(appendHeader(nil, 1, ResetQuery, 0, 9))
	if p, _, perr := ReadPDU(AppendProblem(nil, 1, appendHeader(nil, 1, ResetQuery, 0, 9), err)); perr != nil || p.Session() != uint16(CorruptData) {
		t.Errorf("% x, %v", p, perr)
	}
}

func TestSchedule(t *testing.T) {
	var s Schedule
	at := func(n int) time.Time { return time.Unix(int64(n), 0) }
	if !s.Next().IsZero() || !s.Expires().IsZero() {
		t.Error("without data it does not ask at once")
	}
	s.Failed(at(100))
	if got := s.Next(); got != at(700) || !s.Expires().IsZero() {
		t.Errorf("after a failure at %v", got)
	}
	s.Updated(at(1000), Intervals{20 * time.Second, 5 * time.Second, time.Hour})
	if s.Next() != at(1020) || s.Expires() != at(4600) {
		t.Errorf("after an answer at %v, expires %v", s.Next(), s.Expires())
	}
	s.Failed(at(1020))
	if s.Next() != at(1025) || s.Expires() != at(4600) {
		t.Errorf("after a failure at %v, expires %v", s.Next(), s.Expires())
	}
	if got := (Intervals{time.Hour, time.Minute, 10 * time.Minute}).bounded(); got != (Intervals{5 * time.Minute, time.Minute, 10 * time.Minute}) {
		t.Errorf("data that expires before it is refreshed: %v", got)
	}
	if got := (Intervals{0, 90000 * time.Second, 0}).bounded(); got != (Intervals{time.Second, 7200 * time.Second, 600 * time.Second}) {
		t.Errorf("bounds %v", got)
	}
}

func TestAnAnswerWithoutEndIsGivenUp(t *testing.T) {
	c := NewClient(1)
	c.most = 5 * 20
	c.Start(nil)
	handle := func(m Message) error {
		p, _, err := ReadPDU(m.Append(nil))
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = c.Handle(nil, p)
		return err
	}
	if err := handle(Message{Version: 1, Type: CacheResponse, Session: 7}); err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		prefix := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i)}), 16)
		err := handle(Message{Version: 1, Type: IPv4Prefix, VRP: VRP{prefix, 16, 64500, true}})
		if (err != nil) != (i == 5) {
			t.Fatalf("VRP %d: %v", i, err)
		}
	}
	if len(c.pending.VRPs) != 0 {
		t.Error("the VRPs are kept")
	}
}
