package domain

// Add counts n more labels like l (n is -1 to take one away). Assets and Discussed are left alone: they are about images.
func (c *Counts) Add(l Label, n int) {
	switch l.Flag {
	case FlagUnsure:
		c.Unsure += n
	case FlagBad:
		c.Bad += n
	}
	switch l.Verdict() {
	case VerdictApproved:
		c.Approved += n
	case VerdictReturned:
		c.Returned += n
	}
	switch l.State {
	case StateLabelled:
		c.Labelled += n
	case StateAuto:
		c.Auto += n
	case StateSkipped:
		c.Skipped += n
	default:
		c.Unlabelled += n
	}
	c.AddClasses(l, n)
}

// AddClasses is Add for the classes of l alone.
func (c *Counts) AddClasses(l Label, n int) {
	switch l.State {
	case StateLabelled:
		addClasses(&c.ByClass, l, n)
	case StateAuto:
		addClasses(&c.AutoClass, l, n)
	}
}

func addClasses(by *map[string]int, l Label, n int) {
	for _, class := range l.ClassIDs() {
		if *by == nil {
			*by = map[string]int{}
		}
		(*by)[class] += n
		if (*by)[class] == 0 {
			delete(*by, class)
		}
	}
}

// ClassIDs are the ids of the classes that l holds, of the whole image or of boxes, each once.
func (l Label) ClassIDs() []string {
	out := make([]string, 0, len(l.Classes)+len(l.Boxes))
	seen := make(map[string]bool, cap(out))
	add := func(id string) {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	for _, c := range l.Classes {
		add(c.ClassID)
	}
	for _, b := range l.Boxes {
		add(b.ClassID)
	}
	return out
}
