-- Who did what about accounts, members, projects and data: rows are only ever added. hash is the SHA-256 over the hash of the row
-- before and this row, so that a row that was changed, taken out or put in is found. workspace_id is '' for the server itself.
CREATE TABLE audit (
  seq BIGINT PRIMARY KEY,
  at BIGINT NOT NULL,
  workspace_id {ctext} NOT NULL,
  actor {ctext} NOT NULL,
  name TEXT NOT NULL,
  action TEXT NOT NULL,
  object TEXT NOT NULL,
  hash {ctext} NOT NULL
);
CREATE INDEX audit_by_workspace ON audit (workspace_id, seq);
