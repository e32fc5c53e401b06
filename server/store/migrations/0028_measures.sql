-- What vision.Measure says of an image, each -1 where it was not measured: what came before images were is measured when somebody asks.
ALTER TABLE assets ADD COLUMN sharp BIGINT NOT NULL DEFAULT -1;
ALTER TABLE assets ADD COLUMN light BIGINT NOT NULL DEFAULT -1;
ALTER TABLE assets ADD COLUMN shade BIGINT NOT NULL DEFAULT -1;
ALTER TABLE assets ADD COLUMN contrast BIGINT NOT NULL DEFAULT -1;
ALTER TABLE trash ADD COLUMN sharp BIGINT NOT NULL DEFAULT -1;
ALTER TABLE trash ADD COLUMN light BIGINT NOT NULL DEFAULT -1;
ALTER TABLE trash ADD COLUMN shade BIGINT NOT NULL DEFAULT -1;
ALTER TABLE trash ADD COLUMN contrast BIGINT NOT NULL DEFAULT -1;
-- Limits that the project's people set for what is an issue, as JSON by issue; '' for none.
ALTER TABLE projects ADD COLUMN triage TEXT NOT NULL DEFAULT '';
