package gallery

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// parallel is how many files are on their way at the same time: while the host decodes one the next is read.
const parallel = 3

// importing is one import: it goes on while the user works in other screens. All fields are read and written with mu held.
type importing struct {
	mu      sync.Mutex
	client  *client.Client
	place   platform.Place
	project string
	files   []platform.File
	labels  string

	id      string
	next    int
	done    int
	bytes   int64 // of files that are done
	total   int64
	started time.Time
	report  domain.ImportReport
	lost    []domain.Refusal       // files that did not arrive at the host
	phase   *domain.ImportProgress // as the host told it last; nil while files are sent one by one
	cancel  bool
	ended   bool
	told    bool // the frame knows of the new counts
	failure error
	found   *domain.Triage // what may be wrong with the imported images; nil where nobody could tell
	notify  func()         // tells the screen that looks on; may be nil
	over    func()         // is called at the end, whatever screen there is
	notedAt time.Time
}

// imports are the running or last import of each project.
var imports = map[string]*importing{}

func importKey(p platform.Place, project string) string { return string(p) + "/" + project }

// newImporting sorts what is to be sent: archives and label files after the images, so that what they label is there.
func newImporting(c *client.Client, p platform.Place, project string, files []platform.File, labels string) *importing {
	im := &importing{client: c, place: p, project: project, files: slices.Clone(files), labels: labels, started: time.Now()}
	slices.SortStableFunc(im.files, func(a, b platform.File) int {
		return cmp.Or(cmp.Compare(kindOf(a.Path), kindOf(b.Path)), strings.Compare(a.Path, b.Path))
	})
	for _, f := range im.files {
		im.total += f.Size
	}
	return im
}

// kindOf orders files: 0 images, 1 archives, 2 files of labels.
func kindOf(name string) int {
	switch strings.ToLower(path.Ext(name)) {
	case ".zip", ".tfrecord", ".tfrecords", ".record":
		return 1
	case ".csv", ".tsv", ".json", ".xml", ".txt", ".yaml", ".yml", ".names", ".pbtxt":
		return 2
	}
	return 0
}

// hasLabels tells whether files may say more than images: folders, archives, label files. Then it is asked what to read.
func hasLabels(files []platform.File) bool {
	for _, f := range files {
		if kindOf(f.Path) > 0 || strings.Contains(f.Path, "/") {
			return true
		}
	}
	return false
}

// run sends all files and finishes the import. It ends early when it is cancelled; what was sent stays.
func (im *importing) run(ctx context.Context) {
	report, err := im.client.StartImport(ctx, im.project, client.ImportOptions{Labels: im.labels})
	if err != nil {
		im.end(report, err)
		return
	}
	im.mu.Lock()
	im.id = report.ID
	im.mu.Unlock()
	watching, seen := context.WithCancel(ctx)
	go im.watch(watching)
	defer seen()
	var workers sync.WaitGroup
	for range parallel {
		workers.Go(func() {
			for im.sendNext(ctx) {
			}
		})
	}
	workers.Wait()
	report, err = im.client.FinishImport(ctx, im.project, im.id)
	if err == nil && report.Imported > 0 {
		if found, err := im.client.Triage(ctx, im.project, im.id); err == nil { // the import is whole without it
			im.mu.Lock()
			im.found = &found
			im.mu.Unlock()
		}
	}
	im.end(report, err)
}

// watchEvery is how often the host is asked how far it is while a request takes long.
const watchEvery = time.Second

// watch tells how far the host is with an archive, or with the labels at the end: the answer comes when all of it is done.
func (im *importing) watch(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for done := -1; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		im.mu.Lock()
		slow := im.done == done
		done = im.done
		im.mu.Unlock()
		if !slow {
			continue
		}
		now, err := im.client.Import(ctx, im.project, im.id)
		if err != nil {
			continue
		}
		im.mu.Lock()
		im.report.Imported, im.phase = max(im.report.Imported, now.Imported), now.Progress
		im.mu.Unlock()
		im.tell(false)
	}
}

// sendNext sends one file; false where there is none left.
func (im *importing) sendNext(ctx context.Context) bool {
	im.mu.Lock()
	if im.cancel || im.next >= len(im.files) {
		im.mu.Unlock()
		return false
	}
	f := im.files[im.next]
	im.next++
	im.mu.Unlock()
	report, err := im.client.ImportFile(ctx, im.project, im.id, f.Path, f.Value, nil)
	im.mu.Lock()
	im.done++
	im.phase = nil
	im.bytes += f.Size
	switch {
	case err != nil:
		p := domain.AsProblem(err)
		im.lost = append(im.lost, domain.Refusal{Path: f.Path, Code: p.Code, Reason: p.Detail})
	case report.Imported+report.Duplicates >= im.report.Imported+im.report.Duplicates: // answers may overtake each other
		im.report = report
	}
	im.mu.Unlock()
	im.tell(false)
	return true
}

func (im *importing) end(report domain.ImportReport, err error) {
	im.mu.Lock()
	im.ended, im.failure = true, err
	if err == nil {
		im.report = report
	}
	im.mu.Unlock()
	if im.over != nil {
		im.over()
	}
	im.tell(true)
}

// progressEvery is how often progress is shown at most.
const progressEvery = 150 * time.Millisecond

func (im *importing) tell(now bool) {
	im.mu.Lock()
	notify := im.notify
	if !now && time.Since(im.notedAt) < progressEvery {
		notify = nil
	} else {
		im.notedAt = time.Now()
	}
	im.mu.Unlock()
	if notify != nil {
		notify()
	}
}

// left estimates the seconds that remain, by bytes; 0 where too little is known.
func (im *importing) left(now time.Time) float64 {
	spent := now.Sub(im.started).Seconds()
	if im.bytes == 0 || spent < 1 || im.done < 3 {
		return 0
	}
	return spent * float64(im.total-im.bytes) / float64(im.bytes)
}

// refused are all files that were not taken.
func (im *importing) refused() []domain.Refusal {
	return append(slices.Clone(im.lost), im.report.Refused...)
}

// text is the report as text, to be kept.
func (im *importing) text() string {
	var b strings.Builder
	for _, r := range append(im.refused(), im.report.Notes...) {
		b.WriteString(r.Path + "\t" + r.Code + "\t" + r.Reason + "\n")
	}
	return b.String()
}
