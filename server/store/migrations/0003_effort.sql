-- What a person's decision took: seconds (0: not measured), and whether a suggestion was in sight ('', shown, accepted). Events
-- of undo and redo have none of their own; those of operations that were undone do not count.
ALTER TABLE label_events ADD COLUMN seconds DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE label_events ADD COLUMN suggestion TEXT NOT NULL DEFAULT '';
