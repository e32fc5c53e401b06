-- Every project is in a workspace, which people are members of. 'home' is there from the start: what was made before there were
-- accounts is in it.
CREATE TABLE workspaces (
  id {ctext} PRIMARY KEY,
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
INSERT INTO workspaces (id, name, created_at) VALUES ('home', '', 0);
CREATE TABLE members (
  workspace_id {ctext} NOT NULL REFERENCES workspaces(id),
  user_id {ctext} NOT NULL REFERENCES users(id),
  role {ctext} NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, user_id)
){norowid};
CREATE INDEX members_by_user ON members (user_id);
INSERT INTO members (workspace_id, user_id, role, created_at) SELECT 'home', id, 'owner', created_at FROM users WHERE host = 1;
-- Links by which people become members, each once. token is the SHA-256 of what the link holds; email is '' for whoever has it.
CREATE TABLE invitations (
  id {ctext} PRIMARY KEY,
  workspace_id {ctext} NOT NULL REFERENCES workspaces(id),
  role {ctext} NOT NULL,
  email TEXT NOT NULL,
  token {ctext} NOT NULL UNIQUE,
  created_by {ctext} NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_by {ctext} NOT NULL
);
CREATE INDEX invitations_by_workspace ON invitations (workspace_id, created_at);
-- Writes that must be the only ones of their kind take a row here: the invitation that is used, by its id.
CREATE TABLE once (
  what {ctext} PRIMARY KEY
){norowid};
ALTER TABLE projects ADD COLUMN workspace_id {ctext} NOT NULL DEFAULT 'home';
CREATE INDEX projects_by_workspace ON projects (workspace_id, created_at);
-- Each workspace has credits of its own. The table balance, of one row, is left as it was.
CREATE TABLE balances (
  workspace_id {ctext} PRIMARY KEY,
  n BIGINT NOT NULL,
  CONSTRAINT guard_no_credits CHECK (n >= 0)
);
INSERT INTO balances (workspace_id, n) SELECT 'home', n FROM balance WHERE id = 1;
ALTER TABLE credits ADD COLUMN workspace_id {ctext} NOT NULL DEFAULT 'home';
CREATE INDEX credits_by_workspace ON credits (workspace_id, at, id);
