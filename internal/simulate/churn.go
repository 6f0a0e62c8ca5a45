package simulate

// churn draws what happens to a view next.
type churn struct {
	dice    dice
	tick    int
	pending []comeback // ordered by due
}

// comeback is a withdrawn prefix that will be announced again.
type comeback struct {
	due   int // tick
	index uint32
}

// How the changes of a busy neighbour are spread, in percent: most are one
// prefix whose path or attributes change, and most of those are the same few
// unstable prefixes again and again.
const (
	percentWithdraw = 9
	percentOrigin   = 6 // all prefixes of an origin's policy move together
	percentTags     = 25
	percentUnstable = 75
	unstableOneIn   = 60
)

// Next returns the next UPDATE message of the neighbour: a path that changed, a
// withdrawal, a prefix that comes back. It is valid until the next call, and nil
// where the neighbour has no routes at all.
func (v *View) Next() []byte {
	c := &v.churn
	c.tick++
	if len(c.pending) > 0 && c.pending[0].due <= c.tick {
		i := c.pending[0].index
		c.pending = c.pending[1:]
		v.setGone(i, false)
		if c.dice.chance(0.3) {
			v.turn(i)
		}
		return v.tell(i)
	}
	i, ok := v.pick()
	if !ok {
		return nil
	}
	switch what := c.dice.below(100); {
	case what < percentWithdraw:
		return v.withdraw(i)
	case what < percentWithdraw+percentOrigin:
		return v.move(i)
	case what < percentWithdraw+percentOrigin+percentTags:
		v.turns[i] ^= turnTags
	default:
		v.turn(i)
	}
	return v.tell(i)
}

// pick chooses a prefix that is announced at the moment.
func (v *View) pick() (uint32, bool) {
	d, n := &v.churn.dice, len(v.world.prefixes)
	i := d.below(n)
	if unstable := n / unstableOneIn; d.below(100) < percentUnstable && unstable > 0 {
		u := d.unit()
		i = int(u*u*float64(unstable))*unstableOneIn + int(v.world.seed%unstableOneIn)
	}
	for range n {
		if i %= n; v.has(uint32(i)) {
			return uint32(i), true
		}
		i++
	}
	return 0, false
}

// turn moves a prefix to its next path. Bits above those of turnPath count on,
// so that a MED that follows the path changes too.
func (v *View) turn(i uint32) {
	t := v.turns[i]
	v.turns[i] = t&turnTags | (t&turnPath+1)&turnPath
}

// tell announces one prefix as it is now.
func (v *View) tell(i uint32) []byte {
	v.run = append(v.run[:0], v.world.prefixes[i])
	msg, _ := v.announce(v.turns[i], v.run)
	return msg
}

// move announces a prefix and all that share its origin and policy on their next
// path, as after a failure near the origin. More than a message holds stay as they were.
func (v *View) move(i uint32) []byte {
	v.turn(i)
	turn := v.turns[i]
	at := v.world.orderOf(i)
	v.run = v.run[:0]
	for _, j := range v.world.order[at:min(at+200, len(v.world.order))] {
		if !v.world.sameRun(i, j) {
			break
		}
		if v.has(j) {
			v.turns[j] = turn
			v.run = append(v.run, v.world.prefixes[j])
		}
	}
	msg, _ := v.announce(turn, v.run)
	return msg
}

// withdraw takes back one prefix. Most are back after a moment, some much later.
func (v *View) withdraw(i uint32) []byte {
	d := &v.churn.dice
	v.setGone(i, true)
	wait := 1 + d.below(40)
	if d.chance(0.1) {
		wait = 500 + d.below(3000)
	}
	v.churn.schedule(comeback{due: v.churn.tick + wait, index: i})
	v.run = append(v.run[:0], v.world.prefixes[i])
	v.out = appendWithdraw(v.out[:0], v.run)
	return v.out
}

// schedule keeps pending in order; it holds a few hundred entries at most.
func (c *churn) schedule(b comeback) {
	at := len(c.pending)
	for at > 0 && c.pending[at-1].due > b.due {
		at--
	}
	c.pending = append(c.pending, comeback{})
	copy(c.pending[at+1:], c.pending[at:])
	c.pending[at] = b
}

// orderOf finds the place of a prefix in the order of transfer.
func (w *Internet) orderOf(i uint32) int {
	low, high := 0, len(w.order)
	for low < high {
		mid := int(uint(low+high) / 2)
		if w.compareRuns(w.order[mid], i) < 0 {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}
