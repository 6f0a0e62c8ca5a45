package vm

// The functions of Option and Result. Both have two variants, tags 0 and 1, and
// the payload behind the tag.

// IsFirst is Option.is_some and Result.is_ok.
func IsFirst(m *M, r *RawCall, base *Slot) { base.W = 1 - r.Arg(base, 0).W }

// IsSecond is Option.is_none and Result.is_err.
func IsSecond(m *M, r *RawCall, base *Slot) { base.W = r.Arg(base, 0).W }

// UnwrapOr is unwrap_or(T) -> T of both.
func UnwrapOr(m *M, r *RawCall, base *Slot) {
	x, from := r.Arg(base, 0), r.Arg(base, 1)
	if x.W == 0 {
		from = slotAt(x, 1)
	}
	copySlots(base, from, r.Result.Slots)
}

// OkOr is Option.ok_or(E) -> Result[T, E].
func OkOr(m *M, r *RawCall, base *Slot) {
	x, e := r.Arg(base, 0), r.Arg(base, 1)
	from, n := slotAt(x, 1), payload(r, 0, 0)
	if x.W == 1 {
		from, n = e, r.Args[1].Slots
	}
	base.W = x.W
	copySlots(slotAt(base, 1), from, n)
}

// ResultOk is Result.ok() -> T?.
func ResultOk(m *M, r *RawCall, base *Slot) {
	x := r.Arg(base, 0)
	if base.W = x.W; x.W == 0 {
		copySlots(slotAt(base, 1), slotAt(x, 1), payload(r, 0, 0))
	}
}

// ResultErr is Result.err() -> E?.
func ResultErr(m *M, r *RawCall, base *Slot) {
	x := r.Arg(base, 0)
	if base.W = 1 - x.W; x.W == 1 {
		copySlots(slotAt(base, 1), slotAt(x, 1), payload(r, 0, 1))
	}
}

// OptionOr is Option.or(T?) -> T?.
func OptionOr(m *M, r *RawCall, base *Slot) {
	x := r.Arg(base, 0)
	if x.W == 1 {
		x = r.Arg(base, 1)
	}
	copySlots(base, x, r.Result.Slots)
}

// payload is the size of a variant's payload of an argument.
func payload(r *RawCall, arg, tag int) int { return r.Args[arg].Variants[tag][0].Type.Slots }
