package metrics

// Cohen gives Cohen's kappa of two people's answers to the same questions: kappa = (po - pe) / (1 - pe), po the share of
// answers that are the same, pe the share that would be by chance, of each one's own frequencies (Cohen 1960, "A coefficient of
// agreement for nominal scales", Educational and Psychological Measurement 20, 37-46). a and b hold a category each, 0 and up. ok
// is false where it is not defined: there is no answer, or both have always given the same single one.
func Cohen(a, b []int) (kappa float64, ok bool) {
	if len(a) == 0 || len(a) != len(b) {
		return 0, false
	}
	na, nb := map[int]float64{}, map[int]float64{}
	same := 0.0
	for i := range a {
		na[a[i]]++
		nb[b[i]]++
		if a[i] == b[i] {
			same++
		}
	}
	n := float64(len(a))
	chance := 0.0
	for c, count := range na {
		chance += count * nb[c]
	}
	po, pe := same/n, chance/(n*n)
	if pe == 1 {
		return 0, false
	}
	return (po - pe) / (1 - pe), true
}

// Fleiss gives Fleiss' kappa of several people's answers: counts[i][c] is how many gave question i the category c, and all questions
// have as many answers, two or more. kappa = (P - Pe) / (1 - Pe), P the mean over the questions of the share of pairs of answers
// that agree, Pe the sum of the squared shares of the categories (Fleiss 1971, "Measuring nominal scale agreement among many
// raters", Psychological Bulletin 76, 378-382). ok is false where it is not defined: there is no question, the numbers of
// answers differ, or only one category was ever given.
func Fleiss(counts [][]int) (kappa float64, ok bool) {
	if len(counts) == 0 {
		return 0, false
	}
	raters := 0
	for _, n := range counts[0] {
		raters += n
	}
	if raters < 2 {
		return 0, false
	}
	shares := make([]float64, len(counts[0]))
	mean := 0.0
	for _, row := range counts {
		all := 0
		for c, n := range row {
			all += n
			shares[c] += float64(n)
		}
		if all != raters {
			return 0, false
		}
		mean += Pairs(row)
	}
	mean /= float64(len(counts))
	chance := 0.0
	for _, s := range shares {
		p := s / float64(raters*len(counts))
		chance += p * p
	}
	if chance == 1 {
		return 0, false
	}
	return (mean - chance) / (1 - chance), true
}

// Pairs gives the share of pairs of answers to one question that agree, of how many gave each category: Fleiss' P_i. It is 1 where
// there are less than two answers.
func Pairs(counts []int) float64 {
	n, same := 0, 0
	for _, k := range counts {
		n += k
		same += k * (k - 1)
	}
	if n < 2 {
		return 1
	}
	return float64(same) / float64(n*(n-1))
}

// Krippendorff gives Krippendorff's alpha for nominal data: counts[i][c] is how many gave question i the category c; questions may
// have any number of answers, those with one are left out. alpha = 1 - (n - 1) * sum of o(c,k) / sum of n(c)*n(k), both over c not k,
// of the matrix of coincidences o, in which a question of m answers counts each of its ordered pairs as 1/(m - 1), with its sums
// n(c) and n (Krippendorff 2011, "Computing Krippendorff's alpha-reliability", sections B and C). ok is false where it is not defined: no two
// answers can be paired, or all of them are of one category.
func Krippendorff(counts [][]int) (alpha float64, ok bool) {
	var sums []float64
	total, apart := 0.0, 0.0
	for _, row := range counts {
		m := 0
		for _, n := range row {
			m += n
		}
		if m < 2 {
			continue
		}
		for len(sums) < len(row) {
			sums = append(sums, 0)
		}
		for c, n := range row {
			sums[c] += float64(n)
			apart += float64(n*(m-n)) / float64(m-1)
		}
		total += float64(m)
	}
	expected := 0.0
	for _, n := range sums {
		expected += n * (total - n)
	}
	if expected == 0 {
		return 0, false
	}
	return 1 - (total-1)*apart/expected, true
}
