package rtr

import "time"

// Intervals say when to ask a cache again (RFC 8210 §6).
type Intervals struct{ Refresh, Retry, Expire time.Duration }

// DefaultIntervals hold until a cache gave others.
var DefaultIntervals = Intervals{time.Hour, 10 * time.Minute, 2 * time.Hour}

// bounded holds the intervals within the bounds of RFC 8210 §6. A cache whose
// data would expire before it is asked again, which is forbidden, is asked halfway.
func (i Intervals) bounded() Intervals {
	clamp := func(d, low, high time.Duration) time.Duration { return min(max(d, low*time.Second), high*time.Second) }
	i = Intervals{clamp(i.Refresh, 1, 86400), clamp(i.Retry, 1, 7200), clamp(i.Expire, 600, 172800)}
	if i.Refresh >= i.Expire {
		i.Refresh = i.Expire / 2
	}
	return i
}

// Schedule is the timers of a router (RFC 8210 §6). The zero value is that of a
// router that has no data yet and may ask at once.
type Schedule struct {
	Intervals Intervals // zero: DefaultIntervals
	updated   time.Time
	failed    time.Time
}

// Updated is told that an answer became complete, with the cache's intervals.
func (s *Schedule) Updated(now time.Time, i Intervals) {
	s.Intervals, s.updated, s.failed = i, now, time.Time{}
}

// Failed is told that a query, or an attempt to connect, came to nothing.
func (s *Schedule) Failed(now time.Time) { s.failed = now }

// Next returns when to ask: the retry time after a failure, else the refresh
// time after the last answer.
func (s *Schedule) Next() time.Time {
	i := s.intervals()
	switch {
	case !s.failed.IsZero():
		return s.failed.Add(i.Retry)
	case !s.updated.IsZero():
		return s.updated.Add(i.Refresh)
	}
	return time.Time{}
}

// Expires returns when the data must not be used any longer, the zero time where
// there is none.
func (s *Schedule) Expires() time.Time {
	if s.updated.IsZero() {
		return time.Time{}
	}
	return s.updated.Add(s.intervals().Expire)
}

func (s *Schedule) intervals() Intervals {
	if s.Intervals == (Intervals{}) {
		return DefaultIntervals
	}
	return s.Intervals
}
