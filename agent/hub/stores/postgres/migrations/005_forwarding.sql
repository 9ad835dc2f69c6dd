-- What forwarding stores: agent/hub/stores/forwarding/tables.py says what the tables are.

CREATE TABLE lower_hub (
    kid text PRIMARY KEY, name text NOT NULL UNIQUE, jwk text NOT NULL, divisions text NOT NULL,
    added_at text NOT NULL, added_by text NOT NULL, why text NOT NULL, revoked_at text NOT NULL
);

CREATE TABLE vouched (
    site text PRIMARY KEY, hub text NOT NULL, division text NOT NULL, number bigint NOT NULL, at text NOT NULL
);
CREATE INDEX vouched_hub ON vouched (hub, site);

CREATE TABLE forwarded (
    site text NOT NULL, epoch text NOT NULL, stream text NOT NULL, seq bigint NOT NULL, digest text NOT NULL,
    at text NOT NULL,
    PRIMARY KEY (site, epoch, stream)
);

CREATE TABLE forward_site (
    site text PRIMARY KEY, ack_no bigint NOT NULL, refused text NOT NULL, held text NOT NULL
);

CREATE TABLE forward_order (
    id text NOT NULL, site text NOT NULL, name text NOT NULL, at text NOT NULL, outcome text NOT NULL,
    answered_at text NOT NULL,
    PRIMARY KEY (id, site)
);

CREATE TABLE forward_link (
    id bigint PRIMARY KEY, upper text NOT NULL, connected_at text NOT NULL, failing_since text NOT NULL,
    why text NOT NULL
);
