package domain

// Flagged gives l as it is with flag instead of the flag that it has. A bad image is skipped. One that somebody is unsure of
// keeps the label that a person stands by, and is skipped where there is none, so that it does not come up again as if nobody
// had looked. Without a flag, what was skipped for it is unlabelled again.
func (l Label) Flagged(flag Flag) Label {
	switch {
	case flag == l.Flag:
		return l
	case l.State == StateLabelled && flag != FlagBad:
		l.Flag, l.Actor = flag, ""
		return l
	case flag != FlagNone:
		return Label{State: StateSkipped, Source: SourceHuman, Flag: flag}
	}
	return Label{State: StateUnlabelled}
}

// OfLabel is f where it says something about a label, so that it stays when the label is worked on; else none.
func (f Flag) OfLabel() Flag {
	if f == FlagUnsure {
		return f
	}
	return FlagNone
}

// Takes tells whether a label of state s may have the flag.
func (s State) Takes(flag Flag) bool {
	switch flag {
	case FlagNone:
		return true
	case FlagUnsure:
		return s == StateLabelled || s == StateSkipped
	case FlagBad:
		return s == StateSkipped
	}
	return false
}
