-- Answers to requests that came with a key (Idempotency-Key), so that a request that is sent again is answered and not done again.
-- name is the key; request the SHA-256 of what was asked; status 0 while it is being done, by the server process of that id. at
-- is when it began.
CREATE TABLE idempotency (
  caller {ctext} NOT NULL,
  name {ctext} NOT NULL,
  request {ctext} NOT NULL,
  process {ctext} NOT NULL,
  at BIGINT NOT NULL,
  status BIGINT NOT NULL,
  kind TEXT NOT NULL,
  body {blob},
  PRIMARY KEY (caller, name)
);
CREATE INDEX idempotency_by_time ON idempotency (at);
