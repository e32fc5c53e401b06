package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

type importCmd struct {
	Project string `help:"Project, by name or id. It is made when there is none of that name and --task is given." required:"" placeholder:"P"`
	Task    string `help:"Task of a new project: single, multi or boxes." placeholder:"TASK"`
	Labels  string `help:"Where labels come from: ${enum}. auto takes what it finds." enum:"${labels}" default:"auto"`
	VOC     string `help:"How the pixels of Pascal VOC boxes are counted: one (from 1) or zero. It is found out where nothing is said." enum:"one,zero,," default:"" placeholder:"DIALECT"`
	Path    string `arg:"" help:"Folder, ZIP archive or file."`
}

type importResult struct {
	Imported int       `json:"imported"`
	Refused  []refusal `json:"refused"`
	// Issues counts the images of this import that may be of little use.
	Issues  map[domain.Issue]int `json:"issues,omitempty"`
	report  domain.ImportReport
	project domain.Project
}

type refusal struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// Run imports.
func (c importCmd) Run(a *app) error {
	files, err := walk(c.Path)
	if err != nil {
		return err
	}
	return a.with(func(s *session) error {
		p, err := c.project(a, s)
		if err != nil {
			return err
		}
		result, err := s.importFiles(a, p, client.ImportOptions{Labels: c.Labels, VOC: domain.VOC(c.VOC)}, files)
		if err != nil {
			return err
		}
		if err := a.print(result, result.text); err != nil {
			return err
		}
		if len(result.Refused) > 0 {
			return errRefused
		}
		return nil
	})
}

// project finds the project or makes it.
func (c importCmd) project(ctx context.Context, s *session) (domain.Project, error) {
	p, err := s.project(ctx, c.Project)
	var problem *domain.Problem
	switch {
	case err == nil && c.Task != "" && p.Task != domain.Task(c.Task):
		return p, domain.Errorf(domain.CodeInvalid, "Project %q has the task %s, not %s.", p.Name, p.Task, c.Task).In("task")
	case err == nil || !errors.As(err, &problem) || problem.Code != domain.CodeNotFound:
		return p, err
	case c.Task == "":
		return p, domain.Errorf(domain.CodeNotFound, "There is no project %q. Give --task single, multi or boxes to make it.", c.Project).In("project")
	}
	return s.CreateProject(ctx, domain.Project{Name: c.Project, Task: domain.Task(c.Task)})
}

// source is one file on disk and its path as the import sees it.
type source struct {
	disk, path string
}

// walk lists the files to import in a fixed order. Hidden files and what systems leave in folders are left out.
func walk(root string) ([]source, error) {
	info, err := os.Stat(root)
	if err != nil {
		return nil, domain.Errorf(domain.CodeNotFound, "%s cannot be read: %v.", root, errors.Unwrap(err)).In("path")
	}
	if !info.IsDir() {
		return []source{{root, filepath.Base(root)}}, nil
	}
	var out []source
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("look through the folder: %w", err)
		}
		if path != root && ignored(d.Name()) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() {
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		out = append(out, source{path, filepath.ToSlash(rel)})
		return nil
	})
	if err == nil && len(out) == 0 {
		err = domain.Errorf(domain.CodeInvalid, "%s holds no files.", root).In("path")
	}
	return out, err
}

func ignored(name string) bool {
	return strings.HasPrefix(name, ".") || name == "__MACOSX" || name == "Thumbs.db" || name == "desktop.ini"
}

// importFiles sends files one after the other, so that classes are found in the same order every time.
func (s *session) importFiles(a *app, p domain.Project, how client.ImportOptions, files []source) (importResult, error) {
	report, err := s.StartImport(a, p.ID, how)
	if err != nil {
		return importResult{}, err
	}
	id := report.ID
	unread := []refusal{} // never sent
	show := a.progress("import")
	defer show.end()
	defer s.watchImport(a, show, p.ID, id)()
	for i, f := range files {
		show.at("", i, len(files))
		_, err := s.importFile(a, p.ID, id, f)
		var local *os.PathError
		if errors.As(err, &local) {
			unread = append(unread, refusal{f.path, "It cannot be read: " + local.Err.Error() + "."})
			continue
		}
		if err != nil {
			return importResult{}, fmt.Errorf("%s: %w", f.path, err)
		}
	}
	if report, err = s.FinishImport(a, p.ID, id); err != nil {
		return importResult{}, err
	}
	out := importResult{Imported: report.Imported, Refused: unread, report: report, project: p}
	for cursor := ""; len(out.Refused) < len(unread)+report.RefusedCount; { // the report holds the first of them
		page, err := s.ImportRefused(a, p.ID, id, cursor)
		if err != nil {
			return importResult{}, err
		}
		for _, r := range page.Items {
			out.Refused = append(out.Refused, refusal{r.Path, r.Reason})
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	out.Issues, err = s.issues(a, p.ID, id)
	return out, err
}

// issues counts the images that came with an import by what may be wrong with them; nil for nothing.
func (s *session) issues(ctx context.Context, project, id string) (map[domain.Issue]int, error) {
	t, err := s.Triage(ctx, project, id)
	if err != nil || t.Any == 0 {
		return nil, err
	}
	out := map[domain.Issue]int{}
	for _, i := range t.Issues {
		if i.Count > 0 {
			out[i.Issue] = i.Count
		}
	}
	return out, nil
}

// issueTexts say what images look like that have an issue.
var issueTexts = map[domain.Issue]string{
	domain.IssueBlurred: "blurred", domain.IssueDark: "dark", domain.IssueBright: "over-exposed", domain.IssueBlank: "blank", domain.IssueTiny: "tiny",
	domain.IssueNarrow: "long and narrow", domain.IssueDuplicate: "nearly the same as others",
}

// watchImport shows what the host tells of an import while a request is on its way, until stop.
func (s *session) watchImport(ctx context.Context, show *progress, project, id string) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		last := domain.ImportProgress{}
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			report, err := s.Import(ctx, project, id)
			if err != nil || report.Progress == nil || *report.Progress == last { // it goes on, however it can be watched
				continue
			}
			last = *report.Progress
			show.at(last.Phase, last.Done, last.Total)
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

// watchEvery is how often the host is asked how far an import is.
const watchEvery = time.Second

var errNoFile = errors.New("not a regular file")

func (s *session) importFile(ctx context.Context, project, id string, f source) (domain.ImportReport, error) {
	info, err := os.Stat(f.disk)
	if err == nil && !info.Mode().IsRegular() {
		err = &os.PathError{Op: "open", Path: f.disk, Err: errNoFile} // a pipe would block for ever
	}
	if err != nil {
		return domain.ImportReport{}, err
	}
	file, err := os.Open(f.disk)
	if err != nil {
		return domain.ImportReport{}, err
	}
	defer func() { _ = file.Close() }()
	return s.ImportFile(ctx, project, id, f.path, file, nil)
}

func (r importResult) text(w io.Writer) {
	_, _ = fmt.Fprintf(w, "%s: %d images imported, %d labelled, %d were there already.\n", r.project.Name, r.Imported, r.report.Labelled, r.report.Duplicates)
	var found []string
	for _, issue := range domain.Issues {
		if n := r.Issues[issue]; n > 0 {
			found = append(found, fmt.Sprintf("%d %s", n, issueTexts[issue]))
		}
	}
	if len(found) > 0 {
		_, _ = fmt.Fprintf(w, "Some may be of little use: %s. `irum export --filter issue=blurred` and the project's page Check show which.\n", strings.Join(found, ", "))
	}
	for _, n := range r.report.Notes {
		_, _ = fmt.Fprintf(w, "  %s: %s\n", n.Path, n.Reason)
	}
	if len(r.Refused) > 0 {
		_, _ = fmt.Fprintf(w, "%d files were refused:\n", len(r.Refused))
	}
	for _, f := range r.Refused {
		_, _ = fmt.Fprintf(w, "  %s: %s\n", f.Path, f.Reason)
	}
}
