-- Where the images of a project lie in the plane: the places are a blob, data is what is told of it. A project has one map.
CREATE TABLE maps (
  project_id {ctext} PRIMARY KEY REFERENCES projects(id),
  id {ctext} NOT NULL,
  sha256 {ctext} NOT NULL,
  created_at BIGINT NOT NULL,
  data TEXT NOT NULL
);
CREATE INDEX maps_sha ON maps (sha256);
