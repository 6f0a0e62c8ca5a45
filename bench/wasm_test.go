package bench

// wasmModule assembles by hand what a compiler makes of the predicate and of
// fib: exports p(a, b, c, d, e) and fib(n), all i32.
func wasmModule() []byte {
	const (
		i32, end, els, block = 0x7f, 0x0b, 0x05, 0x04
		get, konst, call     = 0x20, 0x41, 0x10
		eq, ne, lt, gt       = 0x46, 0x47, 0x49, 0x4b
		le, ge, add, sub     = 0x4d, 0x4f, 0x6a, 0x6b
		and                  = 0x71
	)
	term := func(local byte, value int32, op byte) []byte {
		return append(append([]byte{get, local, konst}, sleb(value)...), op)
	}
	predicate := []byte{0}
	for i, t := range [][]byte{term(0, 64500, eq), term(1, 100, gt), term(2, 24, le), term(3, 8, ge), term(4, 174, ne)} {
		predicate = append(predicate, t...)
		if i > 0 {
			predicate = append(predicate, and)
		}
	}
	predicate = append(predicate, end)
	fib := append([]byte{0}, term(0, 2, lt)...)
	fib = append(fib, block, i32, get, 0, els)
	fib = append(append(fib, term(0, 1, sub)...), call, 1)
	fib = append(append(fib, term(0, 2, sub)...), call, 1)
	fib = append(fib, add, end, end)

	m := []byte("\x00asm\x01\x00\x00\x00")
	m = section(m, 1, []byte{2, 0x60, 5, i32, i32, i32, i32, i32, 1, i32, 0x60, 1, i32, 1, i32})
	m = section(m, 3, []byte{2, 0, 1})
	m = section(m, 7, []byte{2, 1, 'p', 0, 0, 3, 'f', 'i', 'b', 0, 1})
	code := []byte{2}
	for _, f := range [][]byte{predicate, fib} {
		code = append(append(code, byte(len(f))), f...)
	}
	return section(m, 10, code)
}

func section(m []byte, id byte, body []byte) []byte {
	return append(append(m, id, byte(len(body))), body...)
}

// sleb encodes a signed LEB128 number.
func sleb(v int32) (out []byte) {
	for {
		b := byte(v & 0x7f)
		v >>= 7
		if v == 0 && b&0x40 == 0 || v == -1 && b&0x40 != 0 {
			return append(out, b)
		}
		out = append(out, b|0x80)
	}
}
