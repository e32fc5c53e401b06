-- Tokens by which programs act for a person. Of the token its SHA-256 is kept. scopes is a JSON list of rights; the person's own
-- rights limit them. workspace_id is '' for all of the person's. expires_at is 0 for never.
CREATE TABLE tokens (
  id {ctext} PRIMARY KEY,
  user_id {ctext} NOT NULL REFERENCES users(id),
  workspace_id {ctext} NOT NULL,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  token {ctext} NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL
);
CREATE INDEX tokens_by_user ON tokens (user_id, created_at);
