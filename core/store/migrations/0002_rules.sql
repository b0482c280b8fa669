-- How far each rule has come (its place is in cursors, as rule:<name>), and what became of the events that
-- matched it.
CREATE TABLE rules(
  name TEXT PRIMARY KEY,
  since INTEGER NOT NULL,
  begun INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE rule_matches(
  rule TEXT NOT NULL,
  seq INTEGER NOT NULL,
  decision TEXT NOT NULL,
  why TEXT,
  run INTEGER,
  at INTEGER NOT NULL,
  until INTEGER,
  PRIMARY KEY(rule, seq)
) WITHOUT ROWID;

CREATE INDEX rule_matches_by_seq ON rule_matches(seq);

-- A host that starts asks for the runs that are not over, and they are few among all tasks.
CREATE INDEX tasks_open ON tasks(seq) WHERE state<>'finished';
