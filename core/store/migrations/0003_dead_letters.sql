-- Events that a sink will not take. The event's JSON is kept here, so that retention of the log does not lose it.
CREATE TABLE dead_letters(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sink TEXT NOT NULL,
  seq INTEGER NOT NULL,
  event BLOB NOT NULL,
  code TEXT NOT NULL,
  reason TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  head INTEGER NOT NULL,
  body TEXT NOT NULL
);
CREATE UNIQUE INDEX dead_letters_by_event ON dead_letters(sink, event);
