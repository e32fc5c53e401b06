-- Labels that were drawn at random from what a model labelled under a budget of errors, so that people tell how much is wrong of it.
-- op_id is the operation that wrote them; promise and sample are JSON: what was promised, and the classes that the model gave to
-- each image, by its id.
CREATE TABLE spot_checks (
  op_id {ctext} PRIMARY KEY,
  project_id {ctext} NOT NULL,
  model_id {ctext} NOT NULL,
  at BIGINT NOT NULL,
  promise TEXT NOT NULL,
  sample TEXT NOT NULL
);
CREATE INDEX spot_checks_by_model ON spot_checks (project_id, model_id, at);
