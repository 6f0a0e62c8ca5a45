package bgp

import "iter"

// Routes yields the sections that hold NLRI, and whether each is announced or
// withdrawn, after the verdict: with TreatAsWithdraw everything is withdrawn, and with
// Reset nothing counts. Withdrawals come first, so that a route that stands in both
// is there afterwards (RFC 4271 §4.3).
func (u *Update) Routes() iter.Seq2[NLRI, bool] {
	return func(yield func(NLRI, bool) bool) {
		if u.Verdict.Action == Reset {
			return
		}
		announced := u.Verdict.Action != TreatAsWithdraw
		unreach, _ := u.MPUnreach()
		reach, _ := u.MPReach()
		for i, n := range [...]NLRI{u.Withdrawn(), unreach, u.Announced(), reach} {
			if len(n.Bytes) > 0 && !yield(n, i >= 2 && announced) {
				return
			}
		}
	}
}

// String returns the names of the guesses with a vertical bar between, "none" for 0.
func (g Guess) String() string {
	switch g {
	case 0:
		return "none"
	case GuessAddPath:
		return "pathId"
	case GuessASNWidth:
		return "asnWidth"
	}
	return "pathId|asnWidth"
}
