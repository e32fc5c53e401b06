package domain

import "testing"

func TestFlagged(t *testing.T) {
	label := Label{State: StateLabelled, Source: SourceModel, Classes: []ClassScore{{ClassID: "cat", Score: .5}}, ModelID: "m"}
	unsure := label
	unsure.Flag = FlagUnsure
	skipped := Label{State: StateSkipped, Source: SourceHuman}
	skippedUnsure, bad := skipped, skipped
	skippedUnsure.Flag, bad.Flag = FlagUnsure, FlagBad
	none := Label{State: StateUnlabelled}
	for _, test := range []struct {
		name string
		l    Label
		flag Flag
		want Label
	}{
		{"unsure of a label", label, FlagUnsure, unsure},
		{"sure after all", unsure, FlagNone, label},
		{"unsure, without a label", none, FlagUnsure, skippedUnsure},
		{"unsure of a proposal", Label{State: StateAuto, Source: SourceModel}, FlagUnsure, skippedUnsure},
		{"skipped, and unsure", skipped, FlagUnsure, skippedUnsure},
		{"bad, though labelled", label, FlagBad, bad},
		{"bad, though unsure", unsure, FlagBad, bad},
		{"not bad after all", bad, FlagNone, none},
		{"no flag, no change", skipped, FlagNone, skipped},
		{"the same flag", bad, FlagBad, bad},
	} {
		got := test.l.Flagged(test.flag)
		if got.State != test.want.State || got.Flag != test.want.Flag || len(got.Classes) != len(test.want.Classes) || got.ModelID != test.want.ModelID || got.Source != test.want.Source {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
		if !got.State.Takes(got.Flag) {
			t.Errorf("%s: %s may not be %s", test.name, got.State, got.Flag)
		}
	}
	if StateAuto.Takes(FlagUnsure) || StateLabelled.Takes(FlagBad) || StateSkipped.Takes("odd") {
		t.Error("a state takes a flag that it has no use for")
	}
}
