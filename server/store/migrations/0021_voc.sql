-- How the pixels of Pascal VOC boxes are counted: one, zero, or nothing where no such boxes have come. Of a project as its last
-- import told; of an import as it was asked for, and as its boxes were read.
ALTER TABLE projects ADD COLUMN voc TEXT NOT NULL DEFAULT '';
ALTER TABLE imports ADD COLUMN voc_asked TEXT NOT NULL DEFAULT '';
ALTER TABLE imports ADD COLUMN voc TEXT NOT NULL DEFAULT '';
