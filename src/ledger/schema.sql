-- Schema 1. A later schema is a file of its own, run after this one; this one never changes.
-- Times are ticks: 100 ns since 0001-01-01. Ids of incidents ignore case: ARM writes GUIDs in either.

CREATE TABLE ledger (
  one          INTEGER PRIMARY KEY CHECK (one = 1),
  tenant       TEXT NOT NULL,
  subscription TEXT NOT NULL,
  workspace    TEXT NOT NULL
) STRICT;

-- Ids are never used again: the journal names them after the pair is gone.
CREATE TABLE pair (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  defender    TEXT NOT NULL COLLATE NOCASE UNIQUE,
  sentinel    TEXT NOT NULL COLLATE NOCASE UNIQUE,
  joined      TEXT NOT NULL,
  since       INTEGER NOT NULL,
  base        TEXT,
  version     INTEGER NOT NULL DEFAULT 0,
  settled     INTEGER,
  frozen      TEXT,
  frozen_at   INTEGER,
  unlinked    TEXT,
  unlinked_at INTEGER,
  CHECK ((base IS NULL) = (settled IS NULL)),
  CHECK ((frozen IS NULL) = (frozen_at IS NULL)),
  CHECK ((unlinked IS NULL) = (unlinked_at IS NULL))
) STRICT;

-- Every change of a field against the one before, and every reopening (field is then null).
CREATE TABLE turn (
  pair  INTEGER NOT NULL REFERENCES pair (id) ON DELETE CASCADE,
  field TEXT,
  at    INTEGER NOT NULL
) STRICT;
CREATE INDEX turn_at ON turn (pair, field, at);

CREATE TABLE echo (
  pair   INTEGER NOT NULL REFERENCES pair (id) ON DELETE CASCADE,
  side   TEXT NOT NULL CHECK (side IN ('defender', 'sentinel')),
  field  TEXT NOT NULL,
  digest TEXT NOT NULL,
  op     TEXT NOT NULL,
  PRIMARY KEY (pair, side, field)
) STRICT, WITHOUT ROWID;

CREATE TABLE snapshot (
  side        TEXT NOT NULL CHECK (side IN ('defender', 'sentinel')),
  incident    TEXT NOT NULL COLLATE NOCASE,
  body        TEXT NOT NULL,
  digest      TEXT NOT NULL,
  last_update TEXT,
  comments    INTEGER NOT NULL,
  read_at     INTEGER NOT NULL,
  gone        INTEGER NOT NULL DEFAULT 0 CHECK (gone IN (0, 1)),
  changed     INTEGER NOT NULL UNIQUE,
  decided     INTEGER NOT NULL DEFAULT 0,
  UNIQUE (side, incident)
) STRICT;
CREATE INDEX snapshot_queue ON snapshot (changed) WHERE decided < changed;

CREATE TABLE poll (
  side      TEXT PRIMARY KEY CHECK (side IN ('defender', 'sentinel')),
  watermark INTEGER,
  ok_at     INTEGER,
  error     TEXT,
  error_at  INTEGER
) STRICT, WITHOUT ROWID;

-- The journal: a head for every entry, and its kind's own table. `pair` is no reference: an entry outlives its pair.
CREATE TABLE journal (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  at       INTEGER NOT NULL,
  kind     TEXT NOT NULL CHECK (kind IN ('write', 'decided', 'note')),
  pair     INTEGER,
  defender TEXT COLLATE NOCASE,
  sentinel TEXT COLLATE NOCASE
) STRICT;
CREATE INDEX journal_at ON journal (at);
CREATE INDEX journal_defender ON journal (defender) WHERE defender IS NOT NULL;
CREATE INDEX journal_sentinel ON journal (sentinel) WHERE sentinel IS NOT NULL;
CREATE INDEX journal_writes ON journal (pair, at) WHERE kind = 'write';

CREATE TABLE intent (
  journal      INTEGER PRIMARY KEY REFERENCES journal (id) ON DELETE CASCADE,
  op           TEXT NOT NULL UNIQUE,
  side         TEXT NOT NULL CHECK (side IN ('defender', 'sentinel')),
  incident     TEXT NOT NULL COLLATE NOCASE,
  kind         TEXT NOT NULL CHECK (kind IN ('patch', 'put', 'comment')),
  body         TEXT NOT NULL,
  fingerprint  TEXT,
  base_version INTEGER NOT NULL
) STRICT;
CREATE INDEX intent_incident ON intent (incident);

-- How a write ended. `unknown` may come first; one ending is for good.
CREATE TABLE closing (
  journal INTEGER NOT NULL REFERENCES intent (journal) ON DELETE CASCADE,
  at      INTEGER NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('done', 'refused', 'unknown', 'recovered')),
  body    TEXT NOT NULL
) STRICT;
CREATE INDEX closing_journal ON closing (journal);
CREATE UNIQUE INDEX closing_once ON closing (journal) WHERE outcome <> 'unknown';

CREATE TABLE decision (
  journal     INTEGER PRIMARY KEY REFERENCES journal (id) ON DELETE CASCADE,
  rule        TEXT NOT NULL,
  rule_digest TEXT NOT NULL,
  input       TEXT NOT NULL,
  outcome     TEXT NOT NULL,
  losers      TEXT NOT NULL,
  holds       TEXT NOT NULL
) STRICT;

CREATE TABLE note (
  journal INTEGER PRIMARY KEY REFERENCES journal (id) ON DELETE CASCADE,
  text    TEXT NOT NULL,
  data    TEXT NOT NULL
) STRICT;

CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER intent_no_update BEFORE UPDATE ON intent BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER intent_no_delete BEFORE DELETE ON intent BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER closing_no_update BEFORE UPDATE ON closing BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER closing_no_delete BEFORE DELETE ON closing BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER decision_no_update BEFORE UPDATE ON decision BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER decision_no_delete BEFORE DELETE ON decision BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER note_no_update BEFORE UPDATE ON note BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER note_no_delete BEFORE DELETE ON note BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

CREATE TABLE hold (
  pair     INTEGER NOT NULL REFERENCES pair (id) ON DELETE CASCADE,
  field    TEXT NOT NULL,
  reason   TEXT NOT NULL,
  facts    TEXT NOT NULL,
  since    INTEGER NOT NULL,
  question TEXT NOT NULL,
  answer   TEXT,
  by       TEXT,
  answered INTEGER,
  PRIMARY KEY (pair, field),
  CHECK ((answer IS NULL) = (by IS NULL) AND (answer IS NULL) = (answered IS NULL))
) STRICT;

-- The same body for the same incident is one letter, however often it was refused.
CREATE TABLE letter (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  pair     INTEGER,
  side     TEXT NOT NULL CHECK (side IN ('defender', 'sentinel')),
  incident TEXT NOT NULL COLLATE NOCASE,
  kind     TEXT NOT NULL CHECK (kind IN ('patch', 'put', 'comment')),
  body     TEXT NOT NULL,
  digest   TEXT NOT NULL,
  error    TEXT NOT NULL,
  tries    INTEGER NOT NULL DEFAULT 1,
  first    INTEGER NOT NULL,
  last     INTEGER NOT NULL,
  retry_at INTEGER,
  UNIQUE (side, incident, kind, digest)
) STRICT;

CREATE TABLE outbox (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  tab    TEXT NOT NULL,
  row    TEXT NOT NULL,
  digest TEXT NOT NULL
) STRICT;

-- At most one batch is out at a time: rows up to `last`.
CREATE TABLE batch (
  id   INTEGER PRIMARY KEY AUTOINCREMENT,
  last INTEGER NOT NULL
) STRICT;
