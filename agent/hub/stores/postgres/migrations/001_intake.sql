-- What intake stores. Times are RFC 3339 texts in UTC with milliseconds, as in the other engine, so that they sort; an
-- empty one has not happened yet. The columns mean what agent/hub/stores/schema.py says of those of the same name.

CREATE TABLE site (
    site text PRIMARY KEY, city text NOT NULL, epoch text NOT NULL, connection_no bigint NOT NULL,
    status text NOT NULL, state_at text NOT NULL, ack_no bigint NOT NULL,
    arrived_at text NOT NULL DEFAULT '', health_at text NOT NULL DEFAULT '', next_due_at text NOT NULL DEFAULT '',
    backlog_at text NOT NULL DEFAULT '', kid text NOT NULL DEFAULT '', confirm text NOT NULL DEFAULT '',
    protocol text NOT NULL DEFAULT '', holes_at text NOT NULL DEFAULT ''
) WITH (fillfactor = 50); -- a row changes with each report: its next version stands in the same page, and the last one goes

CREATE TABLE epoch (
    site text NOT NULL, epoch text NOT NULL, first_at text NOT NULL, connection_no bigint NOT NULL DEFAULT 0,
    verdict text NOT NULL DEFAULT 'first',
    PRIMARY KEY (site, epoch)
);
CREATE INDEX epoch_open ON epoch (site, epoch) WHERE verdict = '';

CREATE TABLE key (kid text PRIMARY KEY, site text NOT NULL, jwk jsonb NOT NULL);
CREATE INDEX key_site ON key (site);

CREATE TABLE waiting (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site text NOT NULL, kid text NOT NULL, digest text NOT NULL,
    topic text NOT NULL, arrived_at text NOT NULL, jws text NOT NULL, payload bytea NOT NULL,
    UNIQUE (site, kid, digest)
);

CREATE TABLE chain (
    site text NOT NULL, epoch text NOT NULL, stream text NOT NULL,
    seq bigint NOT NULL, digest text NOT NULL, position_seq bigint NOT NULL, position_digest text NOT NULL,
    broken bigint NOT NULL, expected bigint NOT NULL,
    PRIMARY KEY (site, epoch, stream)
) WITH (fillfactor = 50);

CREATE TABLE gap (
    site text NOT NULL, epoch text NOT NULL, stream text NOT NULL, from_seq bigint NOT NULL, to_seq bigint NOT NULL,
    reason text NOT NULL, last_digest text NOT NULL,
    PRIMARY KEY (site, epoch, stream, from_seq, to_seq)
);

CREATE TABLE hole (
    site text NOT NULL, epoch text NOT NULL, stream text NOT NULL, from_seq bigint NOT NULL, to_seq bigint NOT NULL,
    kind text NOT NULL, asked_at text NOT NULL, times bigint NOT NULL, state text NOT NULL,
    PRIMARY KEY (site, epoch, stream, from_seq)
);

CREATE TABLE accepted (
    site text NOT NULL, epoch text NOT NULL, stream text NOT NULL, from_seq bigint NOT NULL, to_seq bigint NOT NULL,
    accepted_by text NOT NULL, why text NOT NULL, accepted_at text NOT NULL, seen_at text NOT NULL DEFAULT '',
    PRIMARY KEY (site, epoch, stream, from_seq)
);

CREATE TABLE refused (
    site text NOT NULL, epoch text NOT NULL, stream text NOT NULL, seq bigint NOT NULL, digest text NOT NULL,
    reason text NOT NULL, at text NOT NULL,
    PRIMARY KEY (site, epoch, digest)
);

CREATE TABLE refused_key (site text PRIMARY KEY, kid text NOT NULL, reason text NOT NULL);

CREATE TABLE count (site text NOT NULL, name text NOT NULL, n bigint NOT NULL, PRIMARY KEY (site, name))
    WITH (fillfactor = 50);

CREATE TABLE log_held (site text PRIMARY KEY, size bigint NOT NULL);

CREATE TABLE assessed (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    by_what text NOT NULL, day text NOT NULL, site text NOT NULL, epoch text NOT NULL, seq bigint NOT NULL,
    told text NOT NULL,
    UNIQUE (by_what, day, site, epoch)
);
CREATE INDEX assessed_site ON assessed (site, by_what, day);
