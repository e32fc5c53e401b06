-- Work that is handed out image by image. A row is one image to be labelled by one person: an image that several label
-- independently has as many rows of one round. assignee is '' for anybody. holder has, or had, the image; others may take it over
-- once expires_at is past, unless it is done (done_at > 0). fresh rows are over as soon as the image is labelled otherwise. version
-- is that of the label that the answer wrote, 0 where it wrote none; label and op_id are the answer. Rows of round 0 are gold:
-- images whose label is known, one row for each person who was given them. rank orders the queue, the least first.
CREATE TABLE assignments (
  id {ctext} PRIMARY KEY,
  project_id {ctext} NOT NULL REFERENCES projects(id),
  asset_id {ctext} NOT NULL,
  round BIGINT NOT NULL,
  wanted BIGINT NOT NULL,
  assignee {ctext} NOT NULL,
  rank BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  fresh BIGINT NOT NULL,
  holder {ctext} NOT NULL,
  taken_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  done_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  op_id {ctext} NOT NULL,
  label TEXT NOT NULL
);
CREATE INDEX assignments_waiting ON assignments (project_id, assignee, rank, seq, id) WHERE done_at = 0;
CREATE UNIQUE INDEX assignments_once ON assignments (project_id, asset_id, round, holder) WHERE holder <> '';
CREATE INDEX assignments_by_asset ON assignments (asset_id);
CREATE INDEX assignments_by_holder ON assignments (project_id, holder, done_at);
CREATE INDEX assignments_by_op ON assignments (op_id) WHERE op_id <> '';
-- How the votes of one round about an image stand: a row is written with every vote. agreement is the share of pairs of votes that
-- agree. base is the version that the image's label had before the votes could decide it: they, or somebody, have decided when
-- the label has a later one, so that an undo opens the question again.
CREATE TABLE ballots (
  project_id {ctext} NOT NULL,
  asset_id {ctext} NOT NULL,
  round BIGINT NOT NULL,
  wanted BIGINT NOT NULL,
  votes BIGINT NOT NULL,
  agreement DOUBLE PRECISION NOT NULL,
  base BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (project_id, asset_id)
){norowid};
CREATE INDEX ballots_by_agreement ON ballots (project_id, agreement, asset_id);
CREATE INDEX ballots_by_asset ON ballots (asset_id);
-- Every vote and every vote taken back (label ''), never changed.
CREATE TABLE votes (
  id {ctext} PRIMARY KEY,
  project_id {ctext} NOT NULL,
  asset_id {ctext} NOT NULL,
  round BIGINT NOT NULL,
  actor {ctext} NOT NULL,
  label TEXT NOT NULL,
  seconds DOUBLE PRECISION NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX votes_by_project ON votes (project_id, at);
CREATE INDEX votes_by_asset ON votes (asset_id);
-- Images whose label is known to be right, by which labellers are measured.
CREATE TABLE gold (
  project_id {ctext} NOT NULL,
  asset_id {ctext} NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (project_id, asset_id)
){norowid};
CREATE INDEX gold_by_asset ON gold (asset_id);
