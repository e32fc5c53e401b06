-- A clustering's groups are a blob; data is what lists tell.
CREATE TABLE clusterings (
  id {ctext} PRIMARY KEY,
  project_id {ctext} NOT NULL REFERENCES projects(id),
  sha256 {ctext} NOT NULL,
  created_at BIGINT NOT NULL,
  data TEXT NOT NULL
);
CREATE INDEX clusterings_by_project ON clusterings (project_id, created_at);
CREATE INDEX clusterings_sha ON clusterings (sha256);
