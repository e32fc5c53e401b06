// Package client is the typed client of Irum's API, used by the UI and the CLI. It never knows which host answers: a
// Transport carries requests by fetch(), by postMessage to the device's API worker, or by net/http.
package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"sync"

	"github.com/irum-app/irum/server/domain"
)

// Request is one API call. Path starts with /api/ and may hold a query. File, when not nil, is sent as the body: a
// transport in the browser takes a js File or Blob wrapped by it, the CLI's an *os.File.
type Request struct {
	Method string
	Path   string
	Body   []byte
	File   any
	// Key makes it safe to send the request again (Idempotency-Key); "" for what may be sent again anyway, and for what may not.
	Key string
}

// Response is the whole answer.
type Response struct {
	Status      int
	ContentType string
	Body        []byte
}

// Transport carries one request to a host.
type Transport interface {
	Do(ctx context.Context, req Request) (Response, error)
}

// Client is the API.
type Client struct{ T Transport }

// New gives a client over t.
func New(t Transport) *Client { return &Client{T: t} }

// call sends in (nil for none) and decodes the answer into out (nil for none). A problem answer comes back as *domain.Problem.
func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	return c.send(ctx, Request{Method: method, Path: path}, in, out)
}

func (c *Client) send(ctx context.Context, req Request, in, out any) error {
	if in != nil {
		body, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encode request of %s: %w", req.Path, err)
		}
		req.Body = body
	}
	res, err := c.T.Do(ctx, req)
	if err != nil {
		return err
	}
	return decode(res, out)
}

func decode(res Response, out any) error {
	if res.Status >= 400 {
		p := &domain.Problem{}
		if json.Unmarshal(res.Body, p) != nil || p.Code == "" {
			return domain.Errorf(domain.CodeInternal, "The host answered with status %d.", res.Status)
		}
		return p
	}
	if out == nil {
		return nil
	}
	if raw, ok := out.(*[]byte); ok {
		*raw = res.Body
		return nil
	}
	return json.NewDecoder(bytes.NewReader(res.Body)).Decode(out)
}

func get[T any](ctx context.Context, c *Client, path string) (T, error) {
	var out T
	err := c.call(ctx, "GET", path, nil, &out)
	return out, err
}

// pages reads a whole list, page by page. place is the cursor behind an item.
func pages[T any](ctx context.Context, c *Client, path string, place func(T) string) ([]T, error) {
	all, err := get[[]T](ctx, c, path)
	for n := len(all); err == nil && n >= domain.MaxList; {
		var more []T
		more, err = get[[]T](ctx, c, path+"?cursor="+url.QueryEscape(place(all[len(all)-1])))
		all, n = append(all, more...), len(more)
	}
	return all, err
}

func post[T any](ctx context.Context, c *Client, path string, in any) (T, error) {
	var out T
	err := c.call(ctx, "POST", path, in, &out)
	return out, err
}

// once is post of what must not be done twice: when no answer came, and the user tries the same again, the host knows it for
// the same by its key.
func once[T any](ctx context.Context, c *Client, path string, in any) (T, error) {
	var out T
	text, err := json.Marshal(in)
	if err != nil {
		return out, fmt.Errorf("encode request of %s: %w", path, err)
	}
	what := path + "\n" + string(text)
	err = c.send(ctx, Request{Method: "POST", Path: path, Key: unanswered.key(what)}, json.RawMessage(text), &out)
	unanswered.settle(what, err)
	return out, err
}

// unanswered holds the keys of requests to which no answer came, by what was asked.
var unanswered = &keys{byWhat: map[string]string{}}

type keys struct {
	mu     sync.Mutex
	byWhat map[string]string
}

// key is the one that was tried before without an answer, or a new one.
func (k *keys) key(what string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	key := k.byWhat[what]
	if key == "" {
		key = rand.Text()
		k.byWhat[what] = key
	}
	return key
}

// settle forgets the key of what got an answer, be it a refusal. Whether what was broken off was done nobody knows.
func (k *keys) settle(what string, err error) {
	var p *domain.Problem
	if err != nil && (!errors.As(err, &p) || p.Code == domain.CodeUnavailable) {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.byWhat, what)
}

func p(id string) string { return "/api/projects/" + url.PathEscape(id) }

// Capabilities of the host.
func (c *Client) Capabilities(ctx context.Context) (domain.Capabilities, error) {
	return get[domain.Capabilities](ctx, c, "/api/capabilities")
}

// Projects lists all projects, newest first.
func (c *Client) Projects(ctx context.Context) ([]domain.Project, error) {
	return pages(ctx, c, "/api/projects", func(v domain.Project) string { return domain.ListCursor(v.CreatedAt, v.ID) })
}

// CreateProject makes a project of Name, Task and Classes (ids, colours and keys are filled in where empty).
func (c *Client) CreateProject(ctx context.Context, in domain.Project) (domain.Project, error) {
	path := "/api/projects"
	if in.Workspace != "" {
		path += "?workspace=" + url.QueryEscape(in.Workspace)
	}
	return once[domain.Project](ctx, c, path, in)
}

// Project with its classes and counts.
func (c *Client) Project(ctx context.Context, id string) (domain.Project, error) {
	return get[domain.Project](ctx, c, p(id))
}

// UpdateProject replaces name and classes; in.Rev must be the rev that was read. A class is dropped by Archived, never by absence.
func (c *Client) UpdateProject(ctx context.Context, in domain.Project) (domain.Project, error) {
	var out domain.Project
	err := c.call(ctx, "PUT", p(in.ID), in, &out)
	return out, err
}

// DeleteProject removes a project with all it holds.
func (c *Client) DeleteProject(ctx context.Context, id string) error {
	return c.call(ctx, "DELETE", p(id), nil, nil)
}

// FilterQuery is f as URL parameters.
func FilterQuery(f domain.Filter) url.Values {
	q := url.Values{}
	for _, v := range f.IDs {
		q.Add("ids", v)
	}
	for _, v := range f.Classes {
		q.Add("class", v)
	}
	if f.Exact && len(f.Classes) > 0 {
		q.Set("exact", "true")
	}
	for _, v := range f.States {
		q.Add("state", string(v))
	}
	for _, v := range f.Sources {
		q.Add("source", string(v))
	}
	for _, v := range f.Flags {
		q.Add("flag", string(v))
	}
	for _, v := range f.Issues {
		q.Add("issue", string(v))
	}
	if f.Comments != "" {
		q.Set("comments", f.Comments)
	}
	for _, v := range f.Verdicts {
		q.Add("verdict", string(v))
	}
	if f.Text != "" {
		q.Set("text", f.Text)
	}
	if f.Model != "" {
		q.Set("model", f.Model)
	}
	if f.MinConfidence != nil {
		q.Set("min_confidence", strconv.FormatFloat(*f.MinConfidence, 'g', -1, 64))
	}
	if f.MaxConfidence != nil {
		q.Set("max_confidence", strconv.FormatFloat(*f.MaxConfidence, 'g', -1, 64))
	}
	return q
}

// Assets gives one page: at most limit (<= 500) assets after cursor ("" for the first page).
func (c *Client) Assets(ctx context.Context, project string, f domain.Filter, sort, cursor string, limit int) (domain.AssetPage, error) {
	q := FilterQuery(f)
	if sort != "" {
		q.Set("sort", sort)
	}
	if cursor != "" {
		q.Set("cursor", cursor)
	}
	if limit > 0 {
		q.Set("limit", strconv.Itoa(limit))
	}
	return get[domain.AssetPage](ctx, c, p(project)+"/assets?"+q.Encode())
}

// AssetIDs gives the ids of all assets that f selects, in order of sort: a list that stays as it is while labels change.
// The grid and the annotate view walk along it and fetch what is seen by Filter.IDs, at most 200 at a time.
func (c *Client) AssetIDs(ctx context.Context, project string, f domain.Filter, sort string) ([]string, error) {
	q := FilterQuery(f)
	if sort != "" {
		q.Set("sort", sort)
	}
	return get[[]string](ctx, c, p(project)+"/asset-ids?"+q.Encode())
}

// SavedFilters lists the filters that are kept for a project, by name.
func (c *Client) SavedFilters(ctx context.Context, project string) ([]domain.SavedFilter, error) {
	return get[[]domain.SavedFilter](ctx, c, p(project)+"/filters")
}

// SaveFilter keeps f under its id, new or in place of what has that id. Another filter of the same name is a conflict.
func (c *Client) SaveFilter(ctx context.Context, project string, f domain.SavedFilter) (domain.SavedFilter, error) {
	var out domain.SavedFilter
	err := c.call(ctx, "PUT", p(project)+"/filters/"+url.PathEscape(f.ID), f, &out)
	return out, err
}

// DeleteSavedFilter removes a filter.
func (c *Client) DeleteSavedFilter(ctx context.Context, project, id string) error {
	return c.call(ctx, "DELETE", p(project)+"/filters/"+url.PathEscape(id), nil, nil)
}

// Asset by id.
func (c *Client) Asset(ctx context.Context, project, id string) (domain.Asset, error) {
	return get[domain.Asset](ctx, c, p(project)+"/assets/"+url.PathEscape(id))
}

// DeleteAssets moves what f selects into the trash and gives the operation, which Undo takes back, with its number.
func (c *Client) DeleteAssets(ctx context.Context, project string, f domain.Filter) (op string, n int, err error) {
	out, err := post[struct {
		Deleted int
		Op      string
	}](ctx, c, p(project)+"/assets/delete", f)
	return out.Op, out.Deleted, err
}

// PreviewBulk tells exactly what Bulk would do now.
func (c *Client) PreviewBulk(ctx context.Context, project string, in domain.BulkRequest) (domain.BulkPreview, error) {
	return post[domain.BulkPreview](ctx, c, p(project)+"/bulk/preview", in)
}

// Bulk starts a job that does one action to all that a filter selects, as one operation, which the job tells when it is done.
func (c *Client) Bulk(ctx context.Context, project string, in domain.BulkRequest) (domain.Job, error) {
	path := p(project) + "/bulk"
	switch {
	case in.Action == "delete":
		path += "/delete"
	case domain.VerdictOf(in.Action) != domain.VerdictNone:
		path += "/review"
	}
	return once[domain.Job](ctx, c, path, in)
}

// Trash tells what deletions could still be taken back.
func (c *Client) Trash(ctx context.Context, project string) (domain.Trash, error) {
	return get[domain.Trash](ctx, c, p(project)+"/trash")
}

// EmptyTrash removes what was deleted for good.
func (c *Client) EmptyTrash(ctx context.Context, project string) error {
	return c.call(ctx, "DELETE", p(project)+"/trash", nil, nil)
}

// ThumbPath is where the host serves an asset's thumbnail: JPEG, at most 256 pixels on the long side, oriented.
func ThumbPath(project, asset string) string {
	return p(project) + "/assets/" + url.PathEscape(asset) + "/thumb"
}

// ImagePath is where the host serves an asset for viewing, oriented, in a type every browser shows.
func ImagePath(project, asset string) string {
	return p(project) + "/assets/" + url.PathEscape(asset) + "/image"
}

// Label writes one user action. Verdicts go to their own address, which reviewers may use; an action is of one kind.
func (c *Client) Label(ctx context.Context, project string, in domain.LabelRequest) (domain.Operation, error) {
	path := p(project) + "/labels"
	if len(in.Changes) > 0 && domain.VerdictOf(in.Changes[0].Action) != domain.VerdictNone {
		path = p(project) + "/reviews"
	}
	return post[domain.Operation](ctx, c, path, in)
}

// Undo takes back operation op, or the newest one that is not undone when op is "". Answers 404 when there is none.
func (c *Client) Undo(ctx context.Context, project, op string) (domain.Operation, error) {
	return post[domain.Operation](ctx, c, p(project)+"/undo", map[string]string{"op": op})
}

// Redo applies the newest undone operation again. Answers 404 when there is none.
func (c *Client) Redo(ctx context.Context, project string) (domain.Operation, error) {
	return post[domain.Operation](ctx, c, p(project)+"/redo", struct{}{})
}

// Comments gives the comments of an image, thread by thread, each from its first to its last.
func (c *Client) Comments(ctx context.Context, project, asset string) ([]domain.Comment, error) {
	return get[[]domain.Comment](ctx, c, p(project)+"/assets/"+url.PathEscape(asset)+"/comments")
}

// AddComment says text about an image: in the thread that the comment thread begins, or in a new one where that is "". id is
// made by the caller: sending it twice says it once.
func (c *Client) AddComment(ctx context.Context, project, asset, id, thread, text string) (domain.Comment, error) {
	return post[domain.Comment](ctx, c, p(project)+"/assets/"+url.PathEscape(asset)+"/comments", map[string]string{"id": id, "thread": thread, "text": text})
}

// EditComment replaces what the caller has said.
func (c *Client) EditComment(ctx context.Context, project, id, text string) (domain.Comment, error) {
	var out domain.Comment
	err := c.call(ctx, "PUT", p(project)+"/comments/"+url.PathEscape(id), map[string]string{"text": text}, &out)
	return out, err
}

// ResolveThread says of the thread that comment id begins that it is settled, or that it is not.
func (c *Client) ResolveThread(ctx context.Context, project, id string, resolved bool) (domain.Comment, error) {
	return post[domain.Comment](ctx, c, p(project)+"/comments/"+url.PathEscape(id)+"/resolve", map[string]bool{"resolved": resolved})
}

// DeleteComment takes back what the caller has said, with the whole thread where it begins one.
func (c *Client) DeleteComment(ctx context.Context, project, id string) error {
	return c.call(ctx, "DELETE", p(project)+"/comments/"+url.PathEscape(id), nil, nil)
}

// ImportOptions: Labels is one of domain.LabelModes. auto takes what it finds and says so in Notes.
// VOC says in which dialect Pascal VOC boxes are; "" finds out, and falls back on what the project had before.
type ImportOptions struct {
	VOC    domain.VOC `json:"voc,omitempty"`
	Labels string     `json:"labels"`
}

// StartImport opens an import.
func (c *Client) StartImport(ctx context.Context, project string, o ImportOptions) (domain.ImportReport, error) {
	return once[domain.ImportReport](ctx, c, p(project)+"/imports", o)
}

// ImportFile sends one file of an import: an image, an archive, or a label file. path is relative, as the user dropped it.
// The report counts all files of the import so far.
func (c *Client) ImportFile(ctx context.Context, project, imp, path string, file any, body []byte) (domain.ImportReport, error) {
	res, err := c.T.Do(ctx, Request{
		Method: "POST", Path: p(project) + "/imports/" + imp + "/files?path=" + url.QueryEscape(path), File: file, Body: body,
	})
	var out domain.ImportReport
	if err == nil {
		err = decode(res, &out)
	}
	return out, err
}

// Import tells how far an import is, with the first lines of its report.
func (c *Client) Import(ctx context.Context, project, imp string) (domain.ImportReport, error) {
	return get[domain.ImportReport](ctx, c, p(project)+"/imports/"+imp)
}

// ImportRefused gives a page of what an import refused, behind cursor ("" the first).
func (c *Client) ImportRefused(ctx context.Context, project, imp, cursor string) (domain.ImportLines, error) {
	return get[domain.ImportLines](ctx, c, p(project)+"/imports/"+imp+"/lines?kind=refused&cursor="+url.QueryEscape(cursor))
}

// FinishImport attaches labels that arrived apart from their images (CSV, COCO...) and closes the import.
func (c *Client) FinishImport(ctx context.Context, project, imp string) (domain.ImportReport, error) {
	return once[domain.ImportReport](ctx, c, p(project)+"/imports/"+imp+"/finish", struct{}{})
}

// Exports lists Label Exports, newest first.
func (c *Client) Exports(ctx context.Context, project string) ([]domain.Export, error) {
	return pages(ctx, c, p(project)+"/exports", func(v domain.Export) string { return domain.ListCursor(v.CreatedAt, v.ID) })
}

// CreateExport takes an immutable snapshot of what f selects.
func (c *Client) CreateExport(ctx context.Context, project, name string, f domain.Filter) (domain.Export, error) {
	return once[domain.Export](ctx, c, p(project)+"/exports", map[string]any{"name": name, "filter": f})
}

// CheckExport tells what a format of domain.Formats does not hold of an export.
func (c *Client) CheckExport(ctx context.Context, project, export, format string) (domain.ExportCheck, error) {
	return c.CheckVOCExport(ctx, project, export, format, "")
}

// CheckVOCExport is CheckExport of Pascal VOC in another dialect than the project's, "" for that one.
func (c *Client) CheckVOCExport(ctx context.Context, project, export, format string, voc domain.VOC) (domain.ExportCheck, error) {
	return get[domain.ExportCheck](ctx, c, p(project)+"/exports/"+url.PathEscape(export)+"/check?format="+url.QueryEscape(format)+"&voc="+string(voc))
}

// DownloadPath is where an export is downloaded in a format of domain.Formats. With &voc= behind it, Pascal VOC is written in that
// dialect.
func DownloadPath(project, export, format string) string {
	return p(project) + "/exports/" + url.PathEscape(export) + "/download?format=" + url.QueryEscape(format)
}

// Estimate says what a training would cost.
func (c *Client) Estimate(ctx context.Context, project string, in domain.TrainRequest) (domain.Estimate, error) {
	return post[domain.Estimate](ctx, c, p(project)+"/estimate", in)
}

// Train reserves the credits and starts a training job.
func (c *Client) Train(ctx context.Context, project string, in domain.TrainRequest) (domain.Job, error) {
	return once[domain.Job](ctx, c, p(project)+"/train", in)
}

// Models lists a project's models, newest first, without Metrics.Outcomes.
func (c *Client) Models(ctx context.Context, project string) ([]domain.Model, error) {
	return pages(ctx, c, p(project)+"/models", func(v domain.Model) string { return strconv.Itoa(v.Version) })
}

// Model with all its metrics.
func (c *Client) Model(ctx context.Context, project, id string) (domain.Model, error) {
	return get[domain.Model](ctx, c, p(project)+"/models/"+url.PathEscape(id))
}

// DeleteModel removes a model; labels that it gave stay.
func (c *Client) DeleteModel(ctx context.Context, project, id string) error {
	return c.call(ctx, "DELETE", p(project)+"/models/"+url.PathEscape(id), nil, nil)
}

// Suspects gives the labels that a model was trained on and that are probably wrong: at most limit (<= 500) of the open ones.
func (c *Client) Suspects(ctx context.Context, project, model string, limit int) (domain.Suspects, error) {
	return get[domain.Suspects](ctx, c, p(project)+"/models/"+url.PathEscape(model)+"/suspects?limit="+strconv.Itoa(limit))
}

// Analytics tells how the labelling goes, in the time zone of so many minutes east of UTC.
func (c *Client) Analytics(ctx context.Context, project string, zone int) (domain.Analytics, error) {
	return get[domain.Analytics](ctx, c, p(project)+"/analytics?zone="+strconv.Itoa(zone))
}

// ModelFilePath is where the model is downloaded: one ONNX file, image in, class probabilities out.
func ModelFilePath(project, id string) string {
	return p(project) + "/models/" + url.PathEscape(id) + "/file"
}

// Apply starts an apply (or dry-run) job.
func (c *Client) Apply(ctx context.Context, project, model string, in domain.ApplyRequest) (domain.Job, error) {
	return once[domain.Job](ctx, c, p(project)+"/models/"+url.PathEscape(model)+"/apply", in)
}

// Cluster starts a job that groups images; the clustering has the job's id.
func (c *Client) Cluster(ctx context.Context, project string, in domain.ClusterRequest) (domain.Job, error) {
	return once[domain.Job](ctx, c, p(project)+"/cluster", in)
}

// Clusterings lists a project's clusterings, newest first, without their groups.
func (c *Client) Clusterings(ctx context.Context, project string) ([]domain.Clustering, error) {
	return pages(ctx, c, p(project)+"/clusterings", func(v domain.Clustering) string { return domain.ListCursor(v.CreatedAt, v.ID) })
}

// Clustering with its groups.
func (c *Client) Clustering(ctx context.Context, project, id string) (domain.Clustering, error) {
	return get[domain.Clustering](ctx, c, p(project)+"/clusterings/"+url.PathEscape(id))
}

// Jobs lists a project's jobs, newest first.
func (c *Client) Jobs(ctx context.Context, project string) ([]domain.Job, error) {
	return get[[]domain.Job](ctx, c, p(project)+"/jobs")
}

// Job by id.
func (c *Client) Job(ctx context.Context, id string) (domain.Job, error) {
	return get[domain.Job](ctx, c, "/api/jobs/"+url.PathEscape(id))
}

// PauseJob lets a training, labelling or grouping rest until ResumeJob; what it reserved stays.
func (c *Client) PauseJob(ctx context.Context, id string) (domain.Job, error) {
	return post[domain.Job](ctx, c, "/api/jobs/"+url.PathEscape(id)+"/pause", struct{}{})
}

// ResumeJob queues a paused job again.
func (c *Client) ResumeJob(ctx context.Context, id string) (domain.Job, error) {
	return post[domain.Job](ctx, c, "/api/jobs/"+url.PathEscape(id)+"/resume", struct{}{})
}

// CancelJob asks a job to stop; it ends as cancelled within a second or two, and what it reserved is refunded.
func (c *Client) CancelJob(ctx context.Context, id string) (domain.Job, error) {
	return post[domain.Job](ctx, c, "/api/jobs/"+url.PathEscape(id)+"/cancel", struct{}{})
}

// Credits of a workspace; of the caller's first one when it is "".
func (c *Client) Credits(ctx context.Context, workspace string) (domain.Credits, error) {
	return get[domain.Credits](ctx, c, "/api/credits?workspace="+url.QueryEscape(workspace))
}

// Backbones that this host knows, the default first.
func (c *Client) Backbones(ctx context.Context) ([]domain.Backbone, error) {
	return get[[]domain.Backbone](ctx, c, "/api/backbones")
}

// AddBackbone registers a network in one of the host's BackboneFormats, sent as file (or body), as a backbone under name.
func (c *Client) AddBackbone(ctx context.Context, name, source string, file any, body []byte) (domain.Backbone, error) {
	q := url.Values{"name": {name}, "source": {source}}
	res, err := c.T.Do(ctx, Request{Method: "POST", Path: "/api/backbones?" + q.Encode(), File: file, Body: body})
	var out domain.Backbone
	if err == nil {
		err = decode(res, &out)
	}
	return out, err
}

// TrySample makes a project of a sample; the job's ProjectID is the new project.
func (c *Client) TrySample(ctx context.Context, sample string) (domain.Job, error) {
	return once[domain.Job](ctx, c, "/api/samples/"+url.PathEscape(sample), struct{}{})
}

// Bytes fetches a path as it is: thumbnails and downloads where no URL can be given to the browser.
func (c *Client) Bytes(ctx context.Context, path string) ([]byte, string, error) {
	res, err := c.T.Do(ctx, Request{Method: "GET", Path: path})
	if err == nil && res.Status >= 400 {
		err = decode(res, nil)
	}
	return res.Body, res.ContentType, err
}
