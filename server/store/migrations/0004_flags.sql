-- What a person noted beside the label; '' for nothing.
ALTER TABLE assets ADD COLUMN flag {ctext} NOT NULL DEFAULT '';
CREATE INDEX assets_by_flag ON assets (project_id, flag, seq);
