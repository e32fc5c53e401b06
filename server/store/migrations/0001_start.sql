-- Placeholders: {blob}, {ctext} (text compared by bytes), {norowid}. Times are microseconds since 1970, UTC. Booleans are 0 or 1.
-- A row of guards can never be kept: inserting one makes its whole batch fail under a name that the code knows.
CREATE TABLE guards (
  kind TEXT NOT NULL,
  CONSTRAINT guard_moved CHECK (kind <> 'moved'),
  CONSTRAINT guard_conflict CHECK (kind <> 'conflict'),
  CONSTRAINT guard_no_credits CHECK (kind <> 'no_credits')
);
CREATE TABLE projects (
  id {ctext} PRIMARY KEY,
  name TEXT NOT NULL,
  task TEXT NOT NULL,
  rev BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  label_seq BIGINT NOT NULL DEFAULT 0,
  asset_seq BIGINT NOT NULL DEFAULT 0,
  models_made BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE classes (
  project_id {ctext} NOT NULL REFERENCES projects(id),
  id {ctext} NOT NULL,
  position BIGINT NOT NULL,
  name TEXT NOT NULL,
  color TEXT NOT NULL,
  hotkey TEXT NOT NULL,
  archived BIGINT NOT NULL,
  PRIMARY KEY (project_id, id)
);
CREATE TABLE counts (
  project_id {ctext} NOT NULL REFERENCES projects(id),
  name {ctext} NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (project_id, name)
);
-- The current label is kept in the asset's row, so that one index serves filter and order. label holds it whole, as JSON;
-- state, source, confidence, model_id and rev repeat what is filtered by. uncertain is the confidence, 2 where there is none.
CREATE TABLE assets (
  id {ctext} PRIMARY KEY,
  project_id {ctext} NOT NULL REFERENCES projects(id),
  seq BIGINT NOT NULL,
  name TEXT NOT NULL,
  fold {ctext} NOT NULL,
  sha256 {ctext} NOT NULL,
  format TEXT NOT NULL,
  width BIGINT NOT NULL,
  height BIGINT NOT NULL,
  orientation BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  dhash TEXT NOT NULL,
  split TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  state {ctext} NOT NULL,
  source TEXT NOT NULL,
  confidence DOUBLE PRECISION NOT NULL,
  uncertain DOUBLE PRECISION NOT NULL,
  model_id TEXT NOT NULL,
  rev BIGINT NOT NULL,
  label TEXT NOT NULL
);
CREATE UNIQUE INDEX assets_sha ON assets (project_id, sha256);
CREATE INDEX assets_sha_only ON assets (sha256);
CREATE INDEX assets_by_created ON assets (project_id, state, seq);
CREATE INDEX assets_by_name ON assets (project_id, state, fold, seq);
CREATE INDEX assets_by_uncertain ON assets (project_id, state, uncertain, seq);
-- Which classes the current labels hold: states labelled and auto only.
CREATE TABLE label_classes (
  asset_id {ctext} NOT NULL,
  class_id {ctext} NOT NULL,
  project_id {ctext} NOT NULL,
  state {ctext} NOT NULL,
  seq BIGINT NOT NULL,
  fold {ctext} NOT NULL,
  uncertain DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (asset_id, class_id)
){norowid};
CREATE INDEX label_classes_by_created ON label_classes (project_id, class_id, state, seq);
CREATE INDEX label_classes_by_name ON label_classes (project_id, class_id, state, fold, seq);
CREATE INDEX label_classes_by_uncertain ON label_classes (project_id, class_id, state, uncertain, seq);
-- last_op is the operation whose events tell how the labels now are: itself, its undo, or its redo.
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
  last_op {ctext} NOT NULL,
  undo_of {ctext} NOT NULL
);
CREATE INDEX operations_by_seq ON operations (project_id, seq);
CREATE TABLE label_events (
  op_id {ctext} NOT NULL,
  asset_id {ctext} NOT NULL,
  project_id {ctext} NOT NULL,
  before TEXT NOT NULL,
  after TEXT NOT NULL,
  after_rev BIGINT NOT NULL,
  actor TEXT NOT NULL,
  model_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  part BIGINT NOT NULL,
  PRIMARY KEY (op_id, asset_id, part)
){norowid};
CREATE INDEX label_events_by_project ON label_events (project_id);
CREATE TABLE retained (
  project_id {ctext} NOT NULL,
  sha256 {ctext} NOT NULL,
  PRIMARY KEY (project_id, sha256)
);
CREATE INDEX retained_sha ON retained (sha256);
CREATE TABLE exports (
  id {ctext} PRIMARY KEY,
  project_id {ctext} NOT NULL REFERENCES projects(id),
  sha256 {ctext} NOT NULL,
  created_at BIGINT NOT NULL,
  data TEXT NOT NULL
);
CREATE INDEX exports_by_project ON exports (project_id, created_at);
CREATE TABLE models (
  id {ctext} PRIMARY KEY,
  project_id {ctext} NOT NULL REFERENCES projects(id),
  version BIGINT NOT NULL,
  sha256 {ctext} NOT NULL,
  head_sha {ctext} NOT NULL,
  created_at BIGINT NOT NULL,
  data TEXT NOT NULL,
  outcomes TEXT NOT NULL
);
CREATE INDEX models_by_project ON models (project_id, version);
CREATE TABLE jobs (
  id {ctext} PRIMARY KEY,
  project_id {ctext} NOT NULL,
  state TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  data TEXT NOT NULL
);
CREATE INDEX jobs_by_project ON jobs (project_id, created_at);
-- slot makes entries of a job unique: reserve once, close (settle or refund) once; a grant's slot is its id.
CREATE TABLE credits (
  id {ctext} PRIMARY KEY,
  kind TEXT NOT NULL,
  amount BIGINT NOT NULL,
  job_id {ctext} NOT NULL,
  slot TEXT NOT NULL,
  at BIGINT NOT NULL,
  UNIQUE (job_id, slot)
);
CREATE TABLE embeddings (
  backbone {ctext} NOT NULL,
  sha256 {ctext} NOT NULL,
  vec {blob} NOT NULL,
  PRIMARY KEY (backbone, sha256)
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
INSERT INTO settings (name, value) VALUES ('credits_lock', '0');
