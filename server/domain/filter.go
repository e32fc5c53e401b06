package domain

import "slices"

// CheckFilter tells what is wrong with f, wherever it came from; nil if nothing is.
func CheckFilter(f Filter) *Problem {
	for _, v := range f.States {
		switch v {
		case StateUnlabelled, StateAuto, StateLabelled, StateSkipped:
		default:
			return Errorf(CodeInvalid, "There is no state %q. Use unlabelled, auto, labelled or skipped.", v).In("state")
		}
	}
	for _, v := range f.Sources {
		switch v {
		case SourceNone, SourceHuman, SourceImport, SourceModel:
		default:
			return Errorf(CodeInvalid, "There is no source %q. Use human, import or model.", v).In("source")
		}
	}
	for _, v := range f.Flags {
		if v != FlagNone && !slices.Contains(Flags, v) {
			return Errorf(CodeInvalid, "There is no flag %q. Use unsure or bad.", v).In("flag")
		}
	}
	for _, v := range f.Issues {
		if p := CheckIssue(v); p != nil {
			return p
		}
	}
	if f.Comments != "" && f.Comments != CommentsOpen && f.Comments != CommentsAny {
		return Errorf(CodeInvalid, "There are no comments %q. Use open or any.", f.Comments).In("comments")
	}
	for _, v := range f.Verdicts {
		if v != VerdictNone && !slices.Contains(Verdicts, v) {
			return Errorf(CodeInvalid, "There is no verdict %q. Use approved or returned.", v).In("verdict")
		}
	}
	for _, bound := range []struct {
		name string
		v    *float64
	}{{"min_confidence", f.MinConfidence}, {"max_confidence", f.MaxConfidence}} {
		if bound.v != nil && !(*bound.v >= 0 && *bound.v <= 1) { // NaN too
			return Errorf(CodeInvalid, "A confidence is a number from 0 to 1.").In(bound.name)
		}
	}
	return nil
}
