-- Workspaces that begin with credits for a trial, of amount, which end at a time: what was not spent by then expires.
CREATE TABLE trials (
  workspace_id {ctext} PRIMARY KEY REFERENCES workspaces(id),
  amount BIGINT NOT NULL,
  ends BIGINT NOT NULL
);
