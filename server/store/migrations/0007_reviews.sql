-- What a reviewer said of the label: '' for nothing.
ALTER TABLE assets ADD COLUMN verdict {ctext} NOT NULL DEFAULT '';
ALTER TABLE trash ADD COLUMN verdict {ctext} NOT NULL DEFAULT '';
CREATE INDEX assets_by_verdict ON assets (project_id, verdict, seq);
