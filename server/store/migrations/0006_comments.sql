-- thread is the id of the first comment of a thread; whether the thread is resolved its first comment says (resolved_at, 0
-- for not). The counts in assets are kept with every write, so that one index serves the filter.
CREATE TABLE comments (
  id {ctext} NOT NULL,
  project_id {ctext} NOT NULL REFERENCES projects(id),
  asset_id {ctext} NOT NULL,
  thread {ctext} NOT NULL,
  author {ctext} NOT NULL,
  author_name TEXT NOT NULL,
  text TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  edited_at BIGINT NOT NULL,
  resolved_at BIGINT NOT NULL,
  resolved_by {ctext} NOT NULL,
  resolver_name TEXT NOT NULL,
  PRIMARY KEY (project_id, id)
);
CREATE INDEX comments_by_asset ON comments (project_id, asset_id, created_at, id);
ALTER TABLE assets ADD COLUMN comments BIGINT NOT NULL DEFAULT 0;
ALTER TABLE assets ADD COLUMN open_threads BIGINT NOT NULL DEFAULT 0;
CREATE INDEX assets_commented ON assets (project_id, seq) WHERE comments > 0;
CREATE INDEX assets_discussed ON assets (project_id, seq) WHERE open_threads > 0;
ALTER TABLE trash ADD COLUMN comments BIGINT NOT NULL DEFAULT 0;
ALTER TABLE trash ADD COLUMN open_threads BIGINT NOT NULL DEFAULT 0;
