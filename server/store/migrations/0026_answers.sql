-- What one person has, or had, of one image: an answer is found by it however much they did.
CREATE INDEX assignments_of_image ON assignments (project_id, asset_id, holder);
