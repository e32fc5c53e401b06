-- How far an import is, in a phase of its own words, and how many lines there are, so that no answer needs to read them all. late
-- marks lines that finishing the import made: they are made anew when it was interrupted.
ALTER TABLE imports ADD COLUMN refused BIGINT NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN noted BIGINT NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN phase TEXT NOT NULL DEFAULT '';
ALTER TABLE imports ADD COLUMN done BIGINT NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN total BIGINT NOT NULL DEFAULT 0;
ALTER TABLE import_lines ADD COLUMN late BIGINT NOT NULL DEFAULT 0;
UPDATE imports SET refused = (SELECT COUNT(*) FROM import_lines l WHERE l.import_id = imports.id AND l.note = 0),
  noted = (SELECT COUNT(*) FROM import_lines l WHERE l.import_id = imports.id AND l.note = 1);
