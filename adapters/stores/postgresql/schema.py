"""The tables, and the way from every older version of them to the newest."""

from __future__ import annotations

from attrs import frozen

SCHEMA = "galley"
PARTITIONS = 16

_FIRST = f"""
CREATE FUNCTION lease_now() RETURNS timestamptz STABLE LANGUAGE sql AS 'SELECT now()';
COMMENT ON FUNCTION lease_now IS 'The clock that leases go by: this server''s, whatever the workers'' clocks say.';

CREATE TABLE contents (
    hash text COLLATE "C" PRIMARY KEY,
    content bytea NOT NULL
);

CREATE TABLE runs (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text COLLATE "C" NOT NULL UNIQUE,
    owner text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL DEFAULT 'queued',
    success boolean,
    cancel_requested boolean NOT NULL DEFAULT false,
    epoch bigint NOT NULL DEFAULT 0,
    tail bigint NOT NULL DEFAULT 1,
    tail_epoch bigint NOT NULL DEFAULT 0,
    worker text,
    claim uuid,
    lease_until timestamptz,
    touched_at timestamptz NOT NULL DEFAULT lease_now(),
    created_at timestamptz NOT NULL,
    finished_at timestamptz
) WITH (fillfactor = 60);
COMMENT ON TABLE runs IS 'What changes: narrow, with room in each page, so that an append moves no index entry.';
CREATE INDEX runs_by_owner ON runs (owner, key);
CREATE INDEX runs_queued ON runs (owner, key) WHERE status = 'queued';
CREATE INDEX runs_running ON runs (owner) WHERE status = 'running';
CREATE INDEX runs_by_lease ON runs (lease_until) WHERE status = 'running';
CREATE INDEX runs_by_end ON runs (finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE requests (
    run bigint PRIMARY KEY REFERENCES runs (key) ON DELETE CASCADE,
    owner text COLLATE "C" NOT NULL,
    content text COLLATE "C" NOT NULL REFERENCES contents (hash),
    prompt text COLLATE "C" NOT NULL,
    idempotency_key text COLLATE "C",
    fingerprint text COLLATE "C" NOT NULL,
    search text NOT NULL,
    spec bytea NOT NULL
);
COMMENT ON TABLE requests IS 'What was asked for with a run: wide, and never changed.';
CREATE UNIQUE INDEX requests_by_idempotency_key ON requests (owner, idempotency_key)
    WHERE idempotency_key IS NOT NULL;
CREATE INDEX requests_by_content ON requests (content);

CREATE TABLE events (
    run bigint NOT NULL,
    seq bigint NOT NULL,
    epoch bigint NOT NULL,
    time timestamptz NOT NULL,
    type text COLLATE "C" NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (run, seq)
) PARTITION BY HASH (run);
DO $$
BEGIN
    FOR part IN 0..{PARTITIONS - 1} LOOP
        EXECUTE format(
            'CREATE TABLE events_%s PARTITION OF events FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER %s)',
            part, part
        );
    END LOOP;
END $$;
CREATE TABLE removed_runs (
    run bigint PRIMARY KEY,
    events bigint NOT NULL
);

CREATE TABLE prompt_versions (
    name text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    hash text COLLATE "C" NOT NULL,
    content bytea NOT NULL,
    source text NOT NULL,
    author text NOT NULL,
    published_at timestamptz NOT NULL,
    PRIMARY KEY (name, version)
);
CREATE TABLE prompt_labels (
    name text COLLATE "C" NOT NULL,
    label text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (name, label),
    FOREIGN KEY (name, version) REFERENCES prompt_versions
);

CREATE TABLE users (
    id text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    folded_name text COLLATE "C" NOT NULL UNIQUE,
    password_hash text NOT NULL,
    roles text NOT NULL,
    created_at timestamptz NOT NULL,
    is_disabled boolean NOT NULL
);
CREATE TABLE sessions (
    id text COLLATE "C" PRIMARY KEY,
    user_id text COLLATE "C" NOT NULL,
    token_id text COLLATE "C" NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE reservations (
    run text COLLATE "C" NOT NULL,
    epoch bigint NOT NULL,
    call bigint NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    day date NOT NULL,
    tokens bigint NOT NULL,
    nanodollars bigint NOT NULL,
    PRIMARY KEY (run, epoch, call)
);
CREATE INDEX reservations_by_user ON reservations (user_id, day);
CREATE TABLE spendings (
    user_id text COLLATE "C" NOT NULL,
    day date NOT NULL,
    tokens bigint NOT NULL,
    nanodollars bigint NOT NULL,
    PRIMARY KEY (user_id, day)
);
"""


_SECOND = """
CREATE TABLE deliveries (
    run bigint PRIMARY KEY REFERENCES runs (key) ON DELETE CASCADE,
    owner text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL DEFAULT 'pending',
    tries bigint NOT NULL DEFAULT 0,
    failure text,
    due_at timestamptz NOT NULL DEFAULT lease_now()
);
COMMENT ON TABLE deliveries IS 'Owed to the webhooks of runs once those have ended; due_at goes by lease_now().';
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE status = 'pending';
"""


_THIRD = """
ALTER TABLE runs ADD COLUMN born_at timestamptz NOT NULL DEFAULT lease_now();
COMMENT ON COLUMN runs.born_at IS 'The creation by lease_now(): deadlines count from here, not from created_at.';
"""


@frozen(kw_only=True)
class Migration:
    """Statements that lead to the next version; programs that know version `usable_from` or a later one can use it.

    While a deploy is under way old processes go on beside the new tables, so a migration takes nothing away that the
    release before still reads or writes.
    """

    sql: str
    usable_from: int


MIGRATIONS: tuple[Migration, ...] = (
    Migration(sql=_FIRST, usable_from=1),
    Migration(sql=_SECOND, usable_from=1),
    Migration(sql=_THIRD, usable_from=1),
)
"""Number n brings version n to n + 1. Released ones never change."""
