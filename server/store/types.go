package store

import "github.com/irum-app/irum/server/domain"

// Query is one page of a list. Sort is domain.SortCreated (default), SortName (case-insensitive) or SortUncertain.
// Cursor is what the page before gave as NextCursor, "" for the first. Limit is 1..500, 100 when 0.
type Query struct {
	Filter domain.Filter
	Sort   string
	Cursor string
	Limit  int
}

// LabelWrite is one user action. OpID may be "" (one is made); a write whose OpID was written before changes nothing and
// answers what that one did, unless Append is set: then the changes join that operation, so that an import that arrives
// file by file is undone in one step.
type LabelWrite struct {
	OpID    string
	Kind    string // label, bulk, apply, import
	Actor   string
	Append  bool
	Changes []Change
	// SkipConflicts leaves out changes whose IfRev does not match, and counts them in Operation.Skipped, where
	// otherwise the whole write fails with CodeConflict.
	SkipConflicts bool
}

// Change sets the label of one asset. Label's Rev and UpdatedAt are given by the store; its Actor is LabelWrite.Actor when
// empty. A change that changes nothing is not written. IfRev, when not nil, is the rev the label must still have.
type Change struct {
	AssetID string
	Label   domain.Label
	IfRev   *int64
	Effort  domain.Effort // of the person; the zero value where nobody measured
}

// AddResult answers AddAssets: Assets[i] is the asset of the i-th input, new where New[i], else the one of the same bytes
// that the project had already.
type AddResult struct {
	Assets []domain.Asset
	New    []bool
	Added  int
}

// ModelRecord is a model with the digest of its head, which training keeps beside the ONNX file (Model.SHA256).
type ModelRecord struct {
	domain.Model
	HeadSHA string `json:"-"`
}

// ImportRecord is an import under way. Labels is client.ImportOptions.Labels; Pending is the caller's, for labels that
// arrived before their images.
type ImportRecord struct {
	domain.ImportReport
	ProjectID string
	Labels    string
	AskedVOC  domain.VOC // client.ImportOptions.VOC; "" finds out
	Pending   []byte
}
