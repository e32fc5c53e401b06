-- People. fold is the address in lower case: each has one account. password is an argon2id hash in PHC form, '' for nobody can
-- sign in by one. host says that they run the server. disabled_at is 0 for those who may sign in.
CREATE TABLE users (
  id {ctext} PRIMARY KEY,
  email TEXT NOT NULL,
  fold {ctext} NOT NULL UNIQUE,
  name TEXT NOT NULL,
  password TEXT NOT NULL,
  host BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  disabled_at BIGINT NOT NULL
);
-- Where people have signed in. Of tokens only the SHA-256 is kept: token is the one in use, next_token the one that was
-- offered to take its place, old_token the one before. secret is what next tokens and the CSRF token are derived by.
CREATE TABLE sessions (
  id {ctext} PRIMARY KEY,
  user_id {ctext} NOT NULL REFERENCES users(id),
  secret {ctext} NOT NULL,
  token {ctext} NOT NULL UNIQUE,
  next_token {ctext} NOT NULL,
  old_token {ctext} NOT NULL,
  agent TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  rotated_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id, seen_at);
CREATE INDEX sessions_next ON sessions (next_token);
CREATE INDEX sessions_old ON sessions (old_token);
