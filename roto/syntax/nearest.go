package syntax

// Nearest returns the known name closest to a misspelled one: one edit away, or as
// many as a third of its letters. "" where there is none.
func Nearest(name string, known []string) string {
	best, limit := "", min(len(name), max(1, len(name)/3)+1)
	for _, k := range known {
		if k == "!" {
			continue
		}
		if d := distance(name, k, limit); d < limit {
			best, limit = k, d
		}
	}
	return best
}

// distance is the edit distance of two names, at most limit. Two letters that
// changed places are one edit.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	two, one, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		two, one, row = one, row, two
		row[0] = i
		for j := 1; j <= len(b); j++ {
			row[j] = min(one[j]+1, row[j-1]+1, one[j-1])
			if a[i-1] != b[j-1] {
				row[j] = min(one[j], row[j-1], one[j-1]) + 1
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], two[j-2]+1)
			}
		}
	}
	return min(row[len(b)], limit)
}
