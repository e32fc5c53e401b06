-- Placeholders: {blob}, {ctext} (text compared by bytes), {norowid}. Times are microseconds since 1970, UTC. Booleans are 0 or 1.
-- A row of guards can never be kept: inserting one makes its whole batch fail under a name that the code knows.
CREATE TABLE guards (
  kind TEXT NOT NULL,
  CONSTRAINT guard_moved CHECK (kind <> 'moved')
);
-- classes and counts are JSON. counts is written with every change of a label, under label_seq, and never counted anew.
CREATE TABLE projects (
  id {ctext} PRIMARY KEY,
  name TEXT NOT NULL,
  task TEXT NOT NULL,
  classes TEXT NOT NULL,
  rev BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  label_seq BIGINT NOT NULL,
  asset_seq BIGINT NOT NULL,
  models_made BIGINT NOT NULL,
  counts TEXT NOT NULL
);
-- The current label is kept in the asset's row, so that one index serves filter and order. label holds it whole, as JSON
-- ('' for never labelled); state, source, uncertain, model_id repeat what is filtered by. rev grows with every write. version
-- is the label_seq of the write that this label comes from; an undo brings back the label and its version under a new rev.
-- fold is the name in lower case. uncertain is the confidence, 2 where no model gave one.
CREATE TABLE assets (
  id {ctext} PRIMARY KEY,
  project_id {ctext} NOT NULL REFERENCES projects(id),
  seq BIGINT NOT NULL,
  name TEXT NOT NULL,
  fold {ctext} NOT NULL,
  sha256 {ctext} NOT NULL,
  thumb_sha {ctext} NOT NULL,
  format TEXT NOT NULL,
  width BIGINT NOT NULL,
  height BIGINT NOT NULL,
  orientation BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  dhash TEXT NOT NULL,
  split TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  state {ctext} NOT NULL,
  source {ctext} NOT NULL,
  uncertain DOUBLE PRECISION NOT NULL,
  model_id {ctext} NOT NULL,
  rev BIGINT NOT NULL,
  version BIGINT NOT NULL,
  label TEXT NOT NULL
);
CREATE UNIQUE INDEX assets_sha ON assets (project_id, sha256);
CREATE INDEX assets_sha_only ON assets (sha256);
CREATE INDEX assets_thumb ON assets (thumb_sha);
CREATE INDEX assets_by_created ON assets (project_id, seq);
CREATE INDEX assets_by_name ON assets (project_id, fold, seq);
CREATE INDEX assets_by_state ON assets (project_id, state, seq);
CREATE INDEX assets_by_state_name ON assets (project_id, state, fold, seq);
CREATE INDEX assets_by_uncertain ON assets (project_id, state, uncertain, seq);
-- Which classes the current labels hold.
CREATE TABLE label_classes (
  asset_id {ctext} NOT NULL,
  class_id {ctext} NOT NULL,
  project_id {ctext} NOT NULL,
  PRIMARY KEY (asset_id, class_id)
){norowid};
CREATE INDEX label_classes_by_class ON label_classes (project_id, class_id);
-- undone: 0 as written, 1 undone and may be redone, 2 undone for good. undone_seq orders the redos. of_op names
-- the operation that an undo or redo is of; such rows are history and are never undone themselves.
CREATE TABLE operations (
  id {ctext} PRIMARY KEY,
  project_id {ctext} NOT NULL REFERENCES projects(id),
  seq BIGINT NOT NULL,
  kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  changed BIGINT NOT NULL,
  skipped BIGINT NOT NULL,
  at BIGINT NOT NULL,
  undone BIGINT NOT NULL,
  undone_seq BIGINT NOT NULL,
  of_op {ctext} NOT NULL
);
CREATE INDEX operations_by_seq ON operations (project_id, of_op, seq);
CREATE INDEX operations_by_undone ON operations (project_id, undone, undone_seq);
-- Every change of a label, never changed itself: what it was and what it became, with the versions of both.
CREATE TABLE label_events (
  op_id {ctext} NOT NULL,
  asset_id {ctext} NOT NULL,
  to_version BIGINT NOT NULL,
  from_version BIGINT NOT NULL,
  project_id {ctext} NOT NULL,
  before TEXT NOT NULL,
  after TEXT NOT NULL,
  actor TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (op_id, asset_id, to_version)
){norowid};
CREATE INDEX label_events_by_asset ON label_events (project_id, asset_id);
-- Images whose assets are gone, but which an export of the project may hold.
CREATE TABLE retained (
  project_id {ctext} NOT NULL,
  sha256 {ctext} NOT NULL,
  PRIMARY KEY (project_id, sha256)
){norowid};
CREATE INDEX retained_sha ON retained (sha256);
CREATE TABLE exports (
  id {ctext} PRIMARY KEY,
  project_id {ctext} NOT NULL REFERENCES projects(id),
  sha256 {ctext} NOT NULL,
  created_at BIGINT NOT NULL,
  data TEXT NOT NULL
);
CREATE INDEX exports_by_project ON exports (project_id, created_at);
CREATE INDEX exports_sha ON exports (sha256);
CREATE TABLE models (
  id {ctext} PRIMARY KEY,
  project_id {ctext} NOT NULL REFERENCES projects(id),
  version BIGINT NOT NULL,
  sha256 {ctext} NOT NULL,
  head_sha {ctext} NOT NULL,
  data TEXT NOT NULL,
  outcomes TEXT NOT NULL
);
CREATE INDEX models_by_project ON models (project_id, version);
CREATE INDEX models_sha ON models (sha256);
CREATE INDEX models_head_sha ON models (head_sha);
CREATE TABLE jobs (
  id {ctext} PRIMARY KEY,
  project_id {ctext} NOT NULL,
  state {ctext} NOT NULL,
  created_at BIGINT NOT NULL,
  data TEXT NOT NULL
);
CREATE INDEX jobs_by_project ON jobs (project_id, created_at);
CREATE INDEX jobs_by_state ON jobs (state);
-- The balance is kept beside its ledger, so that a reservation that is too large fails on the row itself. slot makes the
-- entries of a job unique: reserve once, close (settle or refund) once; a grant's slot is its id.
CREATE TABLE balance (
  id BIGINT PRIMARY KEY,
  n BIGINT NOT NULL,
  CONSTRAINT guard_no_credits CHECK (n >= 0)
);
CREATE TABLE credits (
  id {ctext} PRIMARY KEY,
  kind TEXT NOT NULL,
  amount BIGINT NOT NULL,
  job_id {ctext} NOT NULL,
  slot {ctext} NOT NULL,
  at BIGINT NOT NULL,
  UNIQUE (job_id, slot)
);
CREATE INDEX credits_by_time ON credits (at, id);
CREATE TABLE embeddings (
  sha256 {ctext} NOT NULL,
  backbone {ctext} NOT NULL,
  vec {blob} NOT NULL,
  PRIMARY KEY (sha256, backbone)
);
CREATE TABLE imports (
  id {ctext} PRIMARY KEY,
  project_id {ctext} NOT NULL REFERENCES projects(id),
  labels TEXT NOT NULL,
  imported BIGINT NOT NULL,
  labelled BIGINT NOT NULL,
  duplicates BIGINT NOT NULL,
  finished BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  pending {blob}
);
CREATE INDEX imports_by_project ON imports (project_id);
CREATE TABLE import_lines (
  id {ctext} PRIMARY KEY,
  import_id {ctext} NOT NULL REFERENCES imports(id),
  note BIGINT NOT NULL,
  path TEXT NOT NULL,
  code TEXT NOT NULL,
  reason TEXT NOT NULL
);
CREATE INDEX import_lines_by_import ON import_lines (import_id, id);
CREATE TABLE settings (
  name {ctext} PRIMARY KEY,
  value TEXT NOT NULL
);
