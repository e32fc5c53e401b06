package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/irum-app/irum/server/domain"
)

// taskCmd changes what a project's labels are.
type taskCmd struct {
	Project string      `help:"Project by id or name." required:"" placeholder:"P"`
	To      domain.Task `help:"single: one class an image; multi: several." required:"" enum:"single,multi"`
	Rule    domain.Rule `help:"Which class an image keeps that has several: first, confident, common, review or unlabelled." placeholder:"RULE"`
	Preview bool        `help:"Only tell what would change."`
}

type taskResult struct {
	Preview   domain.TaskPreview `json:"preview"`
	Operation *domain.Operation  `json:"operation,omitempty"`
}

// Run previews, and unless that is all, changes exactly that.
func (c taskCmd) Run(a *app) error {
	return a.with(func(s *session) error {
		p, err := s.project(a, c.Project)
		if err != nil {
			return err
		}
		in := domain.TaskRequest{Task: c.To, Rule: c.Rule}
		var out taskResult
		if out.Preview, err = s.PreviewTask(a, p.ID, in); err != nil {
			return err
		}
		if !c.Preview {
			if out.Preview.Several > 0 && c.Rule == "" {
				return domain.Errorf(domain.CodeInvalid, "%d images have several classes. Say which one they keep: --rule first, confident, common, review or unlabelled.", out.Preview.Several).In("rule")
			}
			in.Expect = &out.Preview.Changed
			if out.Operation, err = s.changed(a, func() (domain.Job, error) { return s.ChangeTask(a, p.ID, in) }); err != nil {
				return err
			}
		}
		return a.print(out, func(w io.Writer) { out.text(w, p) })
	})
}

func (r taskResult) text(w io.Writer, p domain.Project) {
	t := r.Preview
	_, _ = fmt.Fprintf(w, "%s: %s -> %s. Of %d images %d keep their label as it is, %d have several classes, %d are labelled as none.\n", p.Name, t.From, t.To, t.Images, t.Kept, t.Several, t.None)
	names := map[string]string{}
	for _, c := range p.Classes {
		names[c.ID] = c.Name
	}
	for _, c := range t.Classes {
		_, _ = fmt.Fprintf(w, "  %s: %d -> %d\n", names[c.ClassID], c.Before, c.After)
	}
	var old []string
	for _, n := range slices.Concat(t.Models, t.Exports) {
		old = append(old, n.Name)
	}
	if len(old) > 0 {
		_, _ = fmt.Fprintf(w, "Models and exports that do not fit then: %s.\n", strings.Join(old, ", "))
	}
	if r.Operation != nil {
		_, _ = fmt.Fprintf(w, "Done: %d labels changed. Undo: irum changes --project %s --undo %s\n", r.Operation.Changed, p.ID, r.Operation.ID)
	}
}

// changed runs a job and gives what it did.
func (s *session) changed(a *app, start func() (domain.Job, error)) (*domain.Operation, error) {
	j, err := start()
	if err == nil {
		j, err = s.wait(a, j)
	}
	return j.Operation, err
}

// classesCmd shows how a project's classes are nested, and merges them.
type classesCmd struct {
	Project string   `help:"Project by id or name." required:"" placeholder:"P"`
	Merge   []string `help:"Classes that become one with --into." placeholder:"CLASS"`
	Into    string   `help:"The class that they become." placeholder:"CLASS"`
	Move    string   `help:"Class that goes under --under." placeholder:"CLASS"`
	Under   string   `help:"The class that it goes under; none for the top." placeholder:"CLASS"`
	Preview bool     `help:"Only tell what a merge would change."`
}

type classesResult struct {
	Classes   []domain.Class       `json:"classes"`
	Merge     *domain.MergePreview `json:"merge,omitempty"`
	Operation *domain.Operation    `json:"operation,omitempty"`
}

// Run does what is asked, and shows the classes.
func (c classesCmd) Run(a *app) error {
	return a.with(func(s *session) error {
		p, err := s.project(a, c.Project)
		if err != nil {
			return err
		}
		var out classesResult
		if c.Move != "" {
			if p, err = c.move(a, s, p); err != nil {
				return err
			}
		}
		if len(c.Merge) > 0 {
			if err := c.merge(a, s, p, &out); err != nil {
				return err
			}
			if p, err = s.Project(a, p.ID); err != nil {
				return err
			}
		}
		out.Classes = p.Classes
		return a.print(out, func(w io.Writer) { out.text(w, p) })
	})
}

func (c classesCmd) move(a *app, s *session, p domain.Project) (domain.Project, error) {
	id, err := classNamed(p, c.Move)
	if err != nil {
		return p, err
	}
	under := ""
	if c.Under != "" {
		if under, err = classNamed(p, c.Under); err != nil {
			return p, err
		}
	}
	for i := range p.Classes {
		if p.Classes[i].ID == id {
			p.Classes[i].Parent = under
		}
	}
	return s.UpdateProject(a, p)
}

func (c classesCmd) merge(a *app, s *session, p domain.Project, out *classesResult) error {
	in := domain.MergeRequest{}
	for _, name := range c.Merge {
		id, err := classNamed(p, name)
		if err != nil {
			return err
		}
		in.From = append(in.From, id)
	}
	var err error
	if in.Into, err = classNamed(p, c.Into); err != nil {
		return err
	}
	told, err := s.PreviewMerge(a, p.ID, in)
	if out.Merge = &told; err != nil || c.Preview {
		return err
	}
	in.Expect = &told.Changed
	out.Operation, err = s.changed(a, func() (domain.Job, error) { return s.MergeClasses(a, p.ID, in) })
	return err
}

// classNamed finds a class by name or id.
func classNamed(p domain.Project, name string) (string, error) {
	i := slices.IndexFunc(p.Classes, func(c domain.Class) bool { return c.ID == name || c.Name == name })
	if i < 0 {
		return "", domain.Errorf(domain.CodeNotFound, "The project %q has no class %q.", p.Name, name)
	}
	return p.Classes[i].ID, nil
}

func (r classesResult) text(w io.Writer, p domain.Project) {
	if r.Merge != nil {
		_, _ = fmt.Fprintf(w, "Merging changes the labels of %d images; %d of them had both.\n", r.Merge.Changed, r.Merge.Both)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "CLASS\tIMAGES\tID")
	for _, row := range domain.TreeOf(p.Classes).Rows() {
		c := p.Classes[row.Place]
		name := strings.Repeat("  ", row.Depth) + c.Name
		if c.Archived {
			name += " (archived)"
		}
		_, _ = fmt.Fprintf(t, "%s\t%d\t%s\n", name, p.Counts.ByClass[c.ID]+p.Counts.AutoClass[c.ID], c.ID)
	}
	_ = t.Flush()
}

// changesCmd lists what changed a project itself, and takes it back.
type changesCmd struct {
	Project string `help:"Project by id or name." required:"" placeholder:"P"`
	Undo    string `help:"Take this change back." placeholder:"ID" xor:"turn"`
	Redo    string `help:"Do this change again." placeholder:"ID" xor:"turn"`
}

// Run lists, after what is asked was done.
func (c changesCmd) Run(a *app) error {
	return a.with(func(s *session) error {
		p, err := s.project(a, c.Project)
		if err != nil {
			return err
		}
		if c.Undo != "" {
			_, err = s.UndoChange(a, p.ID, c.Undo)
		} else if c.Redo != "" {
			_, err = s.RedoChange(a, p.ID, c.Redo)
		}
		if err != nil {
			return err
		}
		list, err := s.Changes(a, p.ID)
		if err != nil {
			return err
		}
		return a.print(map[string][]domain.ProjectChange{"changes": list}, func(w io.Writer) {
			t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
			_, _ = fmt.Fprintln(t, "CHANGE\tKIND\tAT\tLABELS\tUNDONE")
			for _, l := range list {
				_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%v\n", l.ID, l.Kind, l.At.Local().Format("2006-01-02 15:04"), l.Changed, l.Undone)
			}
			_ = t.Flush()
		})
	})
}
