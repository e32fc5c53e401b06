-- How many labels were made in which hour (since 1970, UTC) and by whom: people, auto (a model) or import. It is written with
-- every write of labels and its undo, and never counted anew, so that progress over time costs as much as it has hours.
CREATE TABLE label_hours (
  project_id {ctext} NOT NULL,
  hour BIGINT NOT NULL,
  who {ctext} NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (project_id, hour, who)
){norowid};
INSERT INTO label_hours (project_id, hour, who, n)
  SELECT project_id, at / 3600000000, CASE kind WHEN 'apply' THEN 'auto' WHEN 'import' THEN 'import' ELSE 'people' END, SUM(changed)
  FROM operations WHERE of_op = '' AND undone = 0 AND changed > 0 AND kind IN ('label', 'bulk', 'apply', 'import') GROUP BY 1, 2, 3;
