package autolabel

import (
	"cmp"
	"context"
	"slices"

	"github.com/irum-app/irum/server/domain"
)

// plan is a training that was checked: which images teach which classes.
type plan struct {
	project    domain.Project // as the export has it
	request    domain.TrainRequest
	backbone   backboneFile
	classes    []domain.Class // that are learnt, in the order of the head's outputs
	assets     []domain.Asset
	labels     [][]int // class indices of each asset
	group      []int   // the same number for near-duplicates, once that is known
	small      []string
	everywhere []string // ids of classes that all labelled images have, or all but one: multi-label only
	warnings   []string
}

// plan reads the export. Only labels that people gave, corrected or accepted teach; a model's own proposals never do.
func (s *Service) plan(ctx context.Context, project string, r domain.TrainRequest) (*plan, error) {
	p, err := s.cfg.Store.Project(ctx, project)
	if err != nil {
		return nil, err
	}
	switch {
	case p.Task == domain.TaskBoxes && s.cfg.Boxes == nil:
		return nil, domain.Errorf(domain.CodeUnsupported, "This host trains Auto-label AIs of whole images only. This project labels boxes: use a server.").In("task")
	case r.ExportID == "":
		return nil, domain.Errorf(domain.CodeInvalid, "Say which Label Export to train on.").In("export")
	case len(r.Name) > 200:
		return nil, domain.Errorf(domain.CodeInvalid, "The name of an Auto-label AI has at most 200 bytes.").In("name")
	}
	if _, err := s.level(r.Level); err != nil {
		return nil, err
	}
	r.Level = cmp.Or(r.Level, levelHead)
	if p.Task == domain.TaskBoxes && !slices.Contains(s.tasksOf(r.Level), p.Task) {
		return nil, domain.Errorf(domain.CodeUnsupported, "This host does not learn boxes at the level %q. Use head, or whole on a server.", r.Level).In("level")
	}
	b, err := s.backbone(ctx, r.Backbone)
	if err != nil {
		return nil, err
	}
	snap, err := s.cfg.Transfer.Snapshot(ctx, project, r.ExportID)
	if err != nil {
		return nil, err
	}
	if snap.Project.Task != p.Task {
		return nil, otherTask("export", snap.Project.Name)
	}
	snap.Project.Workspace = p.Workspace // who pays now
	out := &plan{project: snap.Project, request: r, backbone: b}
	out.choose(snap.Assets)
	out.warn()
	return out, out.checkPool()
}

// choose picks the classes that can be learnt and the images that teach them.
func (p *plan) choose(all []domain.Asset) {
	boxes := p.project.Task == domain.TaskBoxes
	multi := p.project.Task == domain.TaskMulti || boxes
	var labelled []domain.Asset
	positive := map[string]int{}
	for _, a := range all {
		if a.Label.State != domain.StateLabelled || (!multi && len(a.Label.Classes) != 1) {
			continue
		}
		labelled = append(labelled, a)
		for _, id := range distinctClasses(a.Label) {
			positive[id]++
		}
	}
	index := map[string]int{}
	for _, c := range p.project.Classes {
		n := positive[c.ID]
		switch {
		case c.Archived:
		case n >= domain.MinPerClass && (!multi || boxes || len(labelled)-n >= domain.MinPerClass):
			index[c.ID] = len(p.classes)
			p.classes = append(p.classes, c)
		case n >= domain.MinPerClass: // nothing shows what it is not
			p.everywhere = append(p.everywhere, c.ID)
		case n > 0: // a class that no image holds is not missed
			p.small = append(p.small, c.ID)
		}
	}
	for _, a := range labelled {
		var list []int
		for _, id := range distinctClasses(a.Label) {
			if c, ok := index[id]; ok {
				list = append(list, c)
			}
		}
		if !multi && len(list) == 0 {
			continue // its class is not learnt; for multi-label it still shows what the others are not
		}
		slices.Sort(list)
		p.assets, p.labels = append(p.assets, a), append(p.labels, list)
	}
}

func distinctClasses(l domain.Label) []string {
	ids := make([]string, 0, len(l.Classes))
	for _, b := range l.Boxes {
		if !slices.Contains(ids, b.ClassID) {
			ids = append(ids, b.ClassID)
		}
	}
	for _, c := range l.Classes {
		if !slices.Contains(ids, c.ClassID) {
			ids = append(ids, c.ClassID)
		}
	}
	return ids
}

func (p *plan) warn() {
	if len(p.assets) < domain.AdvisedLabels {
		p.warnings = append(p.warnings, "few_labels")
	}
	for _, id := range p.small {
		p.warnings = append(p.warnings, "class_too_small:"+id)
	}
	for _, id := range p.everywhere {
		p.warnings = append(p.warnings, "class_everywhere:"+id)
	}
	if !p.learnable() {
		p.warnings = append(p.warnings, "one_class")
	}
}

func (p *plan) learnable() bool {
	if p.project.Task != domain.TaskSingle {
		return len(p.classes) >= 1
	}
	return len(p.classes) >= 2
}

// check refuses what cannot be trained at all.
func (p *plan) check() error {
	if p.learnable() {
		return nil
	}
	switch p.project.Task {
	case domain.TaskBoxes:
		return domain.Errorf(domain.CodeInvalid, "No class can be learnt from this export: a class needs boxes in %d labelled images.", domain.MinPerClass).In("export")
	case domain.TaskMulti:
		return domain.Errorf(domain.CodeInvalid, "No class can be learnt from this export: a class needs %d labelled images with it and %d without.",
			domain.MinPerClass, domain.MinPerClass).In("export")
	}
	return domain.Errorf(domain.CodeInvalid, "This export has %d classes with at least %d labelled images; 2 are needed. Label more images and export again.",
		len(p.classes), domain.MinPerClass).In("export")
}

// only is the plan of some of its images, by their indices.
func (p *plan) only(images []int) *plan {
	out := *p
	out.assets, out.labels, out.group = nil, nil, nil
	for _, i := range images {
		out.assets, out.labels = append(out.assets, p.assets[i]), append(out.labels, p.labels[i])
		if p.group != nil {
			out.group = append(out.group, p.group[i])
		}
	}
	return &out
}
