-- The first schema. SCHEMA.md explains it. A migration that was released is never changed.
CREATE TABLE events(
  seq INTEGER PRIMARY KEY,
  id BLOB NOT NULL,
  source TEXT NOT NULL,
  type TEXT NOT NULL,
  scope TEXT,
  subject TEXT,
  time INTEGER NOT NULL,
  received INTEGER NOT NULL,
  key TEXT,
  task_id TEXT,
  state TEXT,
  result TEXT,
  head INTEGER NOT NULL,
  body TEXT NOT NULL
);
CREATE UNIQUE INDEX events_by_key ON events(source, key) WHERE key IS NOT NULL;
CREATE INDEX events_by_task ON events(task_id, seq) WHERE task_id IS NOT NULL;

CREATE TABLE bodies(
  seq INTEGER PRIMARY KEY REFERENCES events(seq) ON DELETE CASCADE,
  body BLOB NOT NULL
);

CREATE TABLE tasks(
  id TEXT PRIMARY KEY,
  attempt INTEGER NOT NULL,
  kind TEXT NOT NULL,
  scope TEXT,
  sha TEXT,
  parent TEXT,
  state TEXT NOT NULL,
  result TEXT,
  seq INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  body TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX tasks_by_seq ON tasks(seq);
CREATE INDEX tasks_by_parent ON tasks(parent) WHERE parent IS NOT NULL;

CREATE TABLE cursors(
  name TEXT PRIMARY KEY,
  seq INTEGER NOT NULL,
  updated INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE plugin_values(
  owner TEXT NOT NULL,
  key TEXT NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY(owner, key)
) WITHOUT ROWID;
