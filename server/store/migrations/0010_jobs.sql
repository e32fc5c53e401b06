-- What it takes to run a job in any process that has the database, and again when the one that ran it was lost. request is '' for
-- work that only the process can do that was asked. lease names one run of the job, and lease_until, started and due are by the
-- clock of the database. lost counts the runs that were lost since the last checkpoint, wish is what the one who runs it is asked for.
ALTER TABLE jobs ADD COLUMN workspace_id {ctext} NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN request TEXT NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN label {ctext} NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN due BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN started BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN starts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN lease {ctext} NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN lease_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN worker TEXT NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN wish {ctext} NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN checkpoint {ctext} NOT NULL DEFAULT '';
CREATE INDEX jobs_checkpoint ON jobs (checkpoint);
CREATE INDEX jobs_by_workspace ON jobs (workspace_id, started);
-- Processes that run jobs, with the labels that they offer.
CREATE TABLE workers (
  id {ctext} PRIMARY KEY,
  name TEXT NOT NULL,
  labels TEXT NOT NULL,
  version TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  seen_until BIGINT NOT NULL
);
