-- Filters that people keep under a name, for all who see the project. fold is the name in lower case; data is the whole.
CREATE TABLE saved_filters (
  project_id {ctext} NOT NULL REFERENCES projects(id),
  id {ctext} NOT NULL,
  fold {ctext} NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (project_id, id),
  UNIQUE (project_id, fold)
);
