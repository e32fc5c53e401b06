-- The project's label_seq when the row was written last, so that what is kept in memory of a large project finds what has changed.
ALTER TABLE assets ADD COLUMN touched BIGINT NOT NULL DEFAULT 0;
ALTER TABLE trash ADD COLUMN touched BIGINT NOT NULL DEFAULT 0;
CREATE INDEX assets_by_touched ON assets (project_id, touched);
CREATE INDEX trash_by_touched ON trash (project_id, touched);
