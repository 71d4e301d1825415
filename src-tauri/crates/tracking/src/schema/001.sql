-- Version 1. A migration is never edited once released: change the schema by adding the next file.

CREATE TABLE experiments (
    no         INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE code_states (
    no        INTEGER PRIMARY KEY,
    commit_id TEXT    NOT NULL,
    dirty     INTEGER NOT NULL,
    diff      TEXT    NOT NULL,
    UNIQUE (commit_id, dirty, diff)
) STRICT;

CREATE TABLE sweeps (
    no         INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    status     TEXT    NOT NULL,
    method     TEXT    NOT NULL,
    objective  TEXT    NOT NULL,
    planned    INTEGER NOT NULL,
    parallel   INTEGER NOT NULL,
    space      TEXT    NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER
) STRICT;

-- Times are milliseconds since 1970, UTC.
CREATE TABLE runs (
    no         INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    experiment INTEGER NOT NULL REFERENCES experiments (no),
    cell       TEXT    NOT NULL,
    sweep      TEXT             REFERENCES sweeps (id),
    status     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at   INTEGER,
    code       INTEGER NOT NULL REFERENCES code_states (no),
    dataset    TEXT    NOT NULL,
    split      TEXT    NOT NULL,
    kernel     TEXT    NOT NULL,
    algorithm  TEXT    NOT NULL,
    model      TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    machine    TEXT    NOT NULL,
    warnings   TEXT    NOT NULL
) STRICT;
CREATE INDEX runs_by_name ON runs (name);
CREATE INDEX runs_by_status ON runs (status);
CREATE INDEX runs_by_sweep ON runs (sweep) WHERE sweep IS NOT NULL;

-- The value keeps its own type: a whole number, a real number (NULL is NaN), text; a bool is 0 or 1.
CREATE TABLE params (
    run   INTEGER NOT NULL REFERENCES runs (no) ON DELETE CASCADE,
    key   TEXT    NOT NULL,
    kind  TEXT    NOT NULL,
    value ANY,
    PRIMARY KEY (run, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE tags (
    run   INTEGER NOT NULL REFERENCES runs (no) ON DELETE CASCADE,
    key   TEXT    NOT NULL,
    value TEXT    NOT NULL,
    PRIMARY KEY (run, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE metric_keys (
    no   INTEGER PRIMARY KEY,
    name TEXT    NOT NULL UNIQUE
) STRICT;

-- The history; NULL is NaN. The last value written for a step counts.
CREATE TABLE points (
    run   INTEGER NOT NULL REFERENCES runs (no) ON DELETE CASCADE,
    key   INTEGER NOT NULL REFERENCES metric_keys (no),
    step  INTEGER NOT NULL,
    value REAL,
    time  INTEGER NOT NULL,
    PRIMARY KEY (run, key, step)
) STRICT, WITHOUT ROWID;

-- What a run is judged by: the value at the highest step, until a final one is set.
CREATE TABLE latest (
    run   INTEGER NOT NULL REFERENCES runs (no) ON DELETE CASCADE,
    key   INTEGER NOT NULL REFERENCES metric_keys (no),
    step  INTEGER NOT NULL,
    value REAL,
    final INTEGER NOT NULL,
    PRIMARY KEY (run, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE artifacts (
    run        INTEGER NOT NULL REFERENCES runs (no) ON DELETE CASCADE,
    name       TEXT    NOT NULL,
    digest     TEXT    NOT NULL,
    size_bytes INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX artifacts_by_digest ON artifacts (digest);

CREATE TABLE trials (
    sweep         INTEGER NOT NULL REFERENCES sweeps (no) ON DELETE CASCADE,
    number        INTEGER NOT NULL,
    run           TEXT             REFERENCES runs (id) ON DELETE SET NULL,
    state         TEXT    NOT NULL,
    has_value     INTEGER NOT NULL,
    value         REAL,
    params        TEXT    NOT NULL,
    started_at    TEXT    NOT NULL,
    duration_secs REAL    NOT NULL,
    offset_secs   REAL    NOT NULL,
    worker        INTEGER NOT NULL,
    reason        TEXT    NOT NULL,
    PRIMARY KEY (sweep, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE nodes (
    id         TEXT    PRIMARY KEY,
    kind       TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    digest     TEXT    NOT NULL,
    stale      INTEGER NOT NULL,
    missing    INTEGER NOT NULL,
    figure     TEXT    NOT NULL,
    created_at TEXT    NOT NULL,
    details    TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- Which contents went by a name, counted from 1.
CREATE TABLE versions (
    kind    TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    version INTEGER NOT NULL,
    digest  TEXT    NOT NULL,
    PRIMARY KEY (kind, name, version),
    UNIQUE (kind, name, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE edges (
    source TEXT NOT NULL REFERENCES nodes (id) ON DELETE CASCADE,
    target TEXT NOT NULL REFERENCES nodes (id) ON DELETE CASCADE,
    kind   TEXT NOT NULL,
    PRIMARY KEY (source, target, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX edges_by_target ON edges (target);
