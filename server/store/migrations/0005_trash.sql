-- Assets that were deleted and can come back: the columns are those of assets, at is when they were deleted.
CREATE TABLE trash (
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
  label TEXT NOT NULL,
  flag {ctext} NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX trash_by_project ON trash (project_id, at);
CREATE INDEX trash_sha ON trash (sha256);
CREATE INDEX trash_thumb ON trash (thumb_sha);
-- Which assets an operation deleted, whether they are in the trash or came back.
CREATE TABLE deletions (
  op_id {ctext} NOT NULL,
  asset_id {ctext} NOT NULL,
  project_id {ctext} NOT NULL,
  PRIMARY KEY (op_id, asset_id)
){norowid};
CREATE INDEX deletions_by_project ON deletions (project_id, asset_id);
