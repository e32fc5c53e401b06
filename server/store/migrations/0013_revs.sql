-- rev grows with every change of a comment or a kept filter, so that a change can name the one that it read.
ALTER TABLE comments ADD COLUMN rev BIGINT NOT NULL DEFAULT 1;
ALTER TABLE saved_filters ADD COLUMN rev BIGINT NOT NULL DEFAULT 0;
