-- Images that the queue of the most useful has handed out to be labelled. chance is 1 where chance alone has chosen, so that labels of
-- such images are a sample of the project; place is the image's in what was handed out at once.
CREATE TABLE picks (
  project_id {ctext} NOT NULL,
  asset_id {ctext} NOT NULL,
  chance BIGINT NOT NULL,
  actor TEXT NOT NULL,
  at BIGINT NOT NULL,
  place BIGINT NOT NULL,
  PRIMARY KEY (project_id, asset_id)
){norowid};
