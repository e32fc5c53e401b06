// Package risk chooses what a classifier may answer by itself when only a share of wrong answers is allowed, with a bound that
// holds for any classifier, however badly it knows its own limits, and for any number of images.
//
// # The promise
//
// Choose is given held-out answers, of which it is known whether they are wrong, and a batch of answers of which nobody knows
// that. Of the batch it accepts the surest ones, by a threshold. The promise: with a probability of Options.Confidence or more, of
// the m accepted answers of each part at most Budget x m are wrong, and so of all accepted ones together. It is about these very
// images, not about a mean over many batches, and holds under one assumption: exchangeability. Held-out images and batch have to be
// alike, as if both had been drawn by lot from one pile and nobody had known which would be which.
//
// # Why it holds
//
// Take both as one pile, sorted by confidence. Then the number K of wrong answers among the first N of the pile is fixed, and by
// exchangeability those of them that are held out are a draw without replacement: the number k that is seen is hypergeometric.
// The first N, for rising N, are a sequence of nested candidates, and for each of them the hypothesis that K is over a limit
// is tested, from strict to loose, each at the whole level, up to the first that cannot be rejected. Limits and sequence depend on the
// counts of the pile alone, not on what is wrong, so that the first true hypothesis is the same whatever the lot; to accept too
// much, that one has to be rejected, which happens with a probability of 1 - Confidence at most (fixed-sequence testing: Bauer 1991;
// for risks of thresholds: Angelopoulos, Bates, Candès, Jordan and Lei 2021, "Learn then Test", arXiv:2110.01052; thresholds with
// a binomial bound: Geifman and El-Yaniv 2017, arXiv:1705.08500). With K bounded, K - k of the batch are wrong at most. For a batch
// of endless size the test is the exact binomial one (Clopper and Pearson 1934): N answers without an error are enough at
// (1 - Budget)^N <= 1 - Confidence, which Needed tells.
//
// Classes with answers enough are tested for themselves, so that a good class cannot hide a bad one; the others together. The level
// is split evenly over these parts (Bonferroni).
package risk
