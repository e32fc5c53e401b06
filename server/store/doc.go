// Package store keeps Irum's projects, assets, labels, exports, models, jobs, credits and embeddings in SQL. It works over
// database/sql alone, in SQLite's and Postgres' dialect, so that one code serves the browser (SQLite WASM), the server
// (SQLite file or Postgres) and the edge (D1).
//
// Rules that the whole package keeps:
//
//   - A method writes by one statement or one Batch. What a batch depends on is read before and named in a guard: a statement
//     that makes the whole batch fail when that has moved on (D1 has batches but no transactions to read in).
//   - Every write that touches the labels or the assets of a project bumps projects.label_seq and is guarded by the value it
//     read, so counts, which are kept and never counted, stay exact. Without IfRev such a write is retried by itself.
//   - A label is an event in label_events, never changed, and the current columns of its asset, written in one batch.
//   - Errors that people can act on are *domain.Problem (CodeNotFound, CodeConflict, CodeNoCredits, CodeInvalid).
//
// Signatures, by subject:
//
//	Open(ctx, *sql.DB, SQLite|Postgres) (*Store, error)        migrates; grants the first credits
//	OpenDB(ctx, DB, dialect) (*Store, error)                   over another DB seam: D1(ask)
//	SQLiteDSN(path) string                                     DSN for modernc.org/sqlite with the pragmas we need
//	NewID() string                                             26 characters, sorts by time
//
//	CreateProject(ctx, domain.Project) (domain.Project, error)
//	Projects(ctx) ([]domain.Project, error)                    newest first
//	Project(ctx, id) (domain.Project, error)
//	UpdateProject(ctx, domain.Project) (domain.Project, error) Rev must match
//	DeleteProject(ctx, id) (freed []string, error)             freed: blobs nobody needs any more
//	RecountProject(ctx, id) error
//	PreviewTask, ChangeTask(ctx, project, domain.TaskRequest)   one class an image or several
//	PreviewMerge, MergeClasses(ctx, project, domain.MergeRequest)
//	Changes(ctx, project) ([]domain.ProjectChange, error); UndoChange, RedoChange(ctx, project, op)
//
//	AddAssets(ctx, project, []domain.Asset, LabelWrite) (AddResult, error)   labels come in Asset.Label
//	Asset(ctx, project, id) (domain.Asset, error)
//	Assets(ctx, project, Query) (domain.AssetPage, error)
//	EachAsset(ctx, project, Query, visit func([]domain.Asset) error) error
//	AssetIDs(ctx, project, domain.Filter, sort) ([]string, error)
//	CountAssets(ctx, project, domain.Filter) (int, error)
//	AssetsByName(ctx, project, names) (map[string]domain.Asset, error)
//	AssetsBySHA(ctx, project, shas) (map[string]domain.Asset, error)
//	SetSplit(ctx, project, map[asset]split) (changed int, err error)
//	DeleteAssets(ctx, project, domain.Filter, op, actor) (domain.Operation, error)   into the trash
//	Trash(ctx, project) (domain.Trash, error); EmptyTrash(ctx, project, before) (n int, freed []string, err error)
//
//	WriteLabels(ctx, project, LabelWrite) (domain.Operation, error)
//	Undo(ctx, project, op) / Redo(ctx, project) (domain.Operation, error); UndoOf, RedoOf: among what one actor did
//	LabelHours(ctx, project) ([]domain.LabelsMade, error); Decisions(ctx, project, limit) ([]Decision, error)
//	Efforts(ctx, project, since) ([]EffortEvent, error)         what decisions took, of operations that are not undone
//	Operations(ctx, project, limit) ([]domain.Operation, error)
//
//	SavedFilters(ctx, project) ([]domain.SavedFilter, error); SaveFilter(ctx, project, domain.SavedFilter) (domain.SavedFilter, error); DeleteSavedFilter(ctx, project, id) error
//	SaveExport(ctx, domain.Export) (domain.Export, error); Exports(ctx, project); Export(ctx, project, id)
//	SaveModel(ctx, ModelRecord) (ModelRecord, error); Models(ctx, project) ([]ModelRecord, error); Model(ctx, project, id); DeleteModel(ctx, project, id) (freed []string, err error)
//	SaveMap(ctx, MapRecord) (freed []string, err error); Map(ctx, project) (MapRecord, error)
//	SaveClustering(ctx, ClusteringRecord) (freed []string, err error); Clusterings(ctx, project) ([]ClusteringRecord, error); Clustering(ctx, project, id)
//	AddJob(ctx, JobRecord, credits, lease) error; Job(ctx, id); JobRecord(ctx, id); Jobs(ctx, project); OpenJobs(ctx)
//	ClaimJob(ctx, label, worker, lease, hold) (JobRecord, ok bool, err error): the next job, under a lease. Of whoever has it:
//	UpdateJob, RenewJob, KeepCheckpoint, ReleaseJob, EndJob (refunds what is not settled); others: WishJob, MoveJob
//	RequeueLost, LostJobs, RequeueRunning, RefundEnded: after processes that were lost; SeeWorker, DropWorker, Workers; Waiting
//	Grant(ctx, amount) error; Reserve(ctx, job, amount) error; Settle(ctx, job, actual) error; Refund(ctx, job) error; Credits(ctx) (domain.Credits, error)
//	Unembedded(ctx, project, backbone, after, limit) (assets, last, error); CountEmbedded(ctx, project, backbone) (int, error)
//	Watch(func(LabelsMoved)) (end func()); LabelSeq(ctx, project) (domain.Project, int64, error)
//	PutEmbeddings(ctx, backbone, map[sha][]float32) error; Embeddings(ctx, backbone, []sha) (map[sha][]float32, error); HaveEmbeddings(ctx, backbone, []sha) (map[sha]bool, error)
//	CreateImport(ctx, ImportRecord) (ImportRecord, error); AddToImport(ctx, project, id, delta domain.ImportReport, late) error
//	SetImportPending(ctx, project, id, pending []byte) error; FinishingImport, FinishImport(ctx, project, id) error
//	Import(ctx, project, id) (ImportRecord, error): without lines; ImportReport(ctx, project, id, lines); ImportLines(ctx, project, id, notes, cursor, limit)
//	HasUsers(ctx); AddFirstUser(ctx, UserRecord); User(ctx, id); UserByEmail(ctx, email); RenameUser, SetPassword
//	AddSession(ctx, SessionRecord); SessionByToken(ctx, sha); OfferToken, RotateSession, TouchSession; Sessions(ctx, user); DeleteSession, DeleteSessions, DropSessions
//	AddToken(ctx, user, domain.Token, sha); Tokens(ctx, user); TokenBySum(ctx, sha); TouchToken; DeleteToken
//	Audit(ctx, domain.AuditEntry); AuditLog(ctx, workspace, before, limit); VerifyAudit(ctx): append-only, each entry hashed with the one before
//	CreateWorkspace(ctx, name, owner); Workspace(ctx, id); RenameWorkspace; WorkspaceOf(ctx, project); Memberships(ctx, user)
//	Members(ctx, workspace); Member(ctx, workspace, user); SetRole; RemoveMember
//	AddInvitation; Invitations; InvitationByToken; DeleteInvitation; AcceptAs(ctx, invitation, user); AcceptNew(ctx, invitation, UserRecord)
//	GrantTo(ctx, workspace, amount); CreditsOf(ctx, workspace): Grant and Credits are of HomeWorkspace
//	Lease(ctx, project, Lease); Release(ctx, project, actor); Answer(ctx, project, Answer); UndoAnswer: shared work (servers only)
//	Assign, Withdraw, QueueCounts, AnsweredBy; Votes, BallotCounts, Disputes; MarkGold, Gold, GoldAnswers
//	Setting(ctx, key) (value string, ok bool, err error); SetSetting(ctx, key, value) error; Settings(ctx, prefix) (map[string]string, error)
//	AddRows(ctx, TableRows) error; Usage(ctx) (assets, bytes, err)   for the edge host
//	ReferencedBlobs(ctx) ([]string, error)                      for blob.Sweep, backup and verify
//
// Freed blobs are deleted by blob.Discard, which leaves those alone that somebody has just put again.
package store
