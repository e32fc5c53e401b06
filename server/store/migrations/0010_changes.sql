-- What an operation changed of the project itself, its task or its classes, as JSON; '' for operations about labels and images.
ALTER TABLE operations ADD COLUMN detail TEXT NOT NULL DEFAULT '';
