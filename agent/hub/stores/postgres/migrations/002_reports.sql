-- A report is one row, in the partition of the month in which it arrived, in few bytes: where it belongs (`lane`) and
-- who signed it (`origin`) stand once, digests and signatures are binary, times are milliseconds: of arrival since 1970,
-- the others from there on. No column of a row is null, which would cost each row eight bytes. What does not come back
-- exactly from its column stands in `odd`, as a text by the name of the column in the view; nearly always there is none.
-- That a report is there once is seen to by whoever writes it, with the row of its site locked: a unique index over
-- site, number and digest would be as large as all the rest.

CREATE SEQUENCE report_id; -- given out while one alone may: ids rise with the commits

-- `base` and `base_seq`: the report of the stream whose body is whole and to which the next ones are differences.
CREATE TABLE lane (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, site text NOT NULL, epoch text NOT NULL, stream text NOT NULL,
    base bigint NOT NULL DEFAULT 0, base_seq bigint NOT NULL DEFAULT 0,
    UNIQUE (site, epoch, stream)
);

CREATE TABLE origin (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, city text NOT NULL, kid text NOT NULL, protected text NOT NULL,
    UNIQUE (kid, city, protected)
);

-- The columns of configuration reports, deflated; those of a stream that say the same have the same.
CREATE TABLE config_said (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lane integer NOT NULL, digest bytea NOT NULL,
    config bytea NOT NULL,
    UNIQUE (lane, digest)
);
ALTER TABLE config_said ALTER COLUMN config SET STORAGE EXTERNAL;

-- `prev` empty: the digest of the report that counts under the number before. `made_after`, `due_after`: milliseconds
-- from `arrived_at`, the least of all numbers where there is no such time. `config`: 0 for none. `event_head`: -1 for
-- none. `payload`: as agent/hub/stores/keeping/encoded.py writes it, without the digest before, which the row has; empty
-- once it was dropped.
CREATE TABLE report_row (
    id bigint NOT NULL, arrived_at bigint NOT NULL, seq bigint NOT NULL, lane integer NOT NULL, origin integer NOT NULL,
    config integer NOT NULL, made_after integer NOT NULL, due_after integer NOT NULL, event_head integer NOT NULL,
    fork smallint NOT NULL, clock_synced smallint NOT NULL, digest bytea NOT NULL, prev bytea NOT NULL,
    signature bytea NOT NULL, seal bytea NOT NULL, odd text NOT NULL, payload bytea NOT NULL
) PARTITION BY RANGE (arrived_at);
ALTER TABLE report_row ALTER COLUMN payload SET STORAGE EXTERNAL; -- compressed already
CREATE INDEX report_number ON report_row (id) WITH (fillfactor = 100); -- each is the highest
CREATE INDEX report_place ON report_row (lane, seq);

CREATE FUNCTION time_text(at bigint, after integer) RETURNS text LANGUAGE sql STABLE
    RETURN CASE WHEN after = -2147483648 THEN '' ELSE to_char(
        timestamp '1970-01-01' + (at + after) * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') END;

CREATE FUNCTION odd_text(odd text, name text) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN odd = '' THEN NULL ELSE odd::json ->> name END;

CREATE FUNCTION digest_before(in_lane integer, its_seq bigint, its_prev bytea) RETURNS bytea LANGUAGE sql STABLE
    RETURN CASE WHEN its_prev <> '' THEN its_prev ELSE (SELECT p.digest FROM report_row p WHERE p.lane = in_lane
        AND p.seq = its_seq - 1 AND p.fork = 0 LIMIT 1) END;

CREATE FUNCTION with_digest(payload bytea, prev bytea) RETURNS bytea LANGUAGE sql STABLE
    RETURN CASE substr(payload, 1, 1) WHEN '\x04' THEN substr(payload, 1, 9) || prev || substr(payload, 10)
        ELSE payload END;

-- As the other engine shows it. The JWS of a row that has it whole stands in `protected`, with no signature beside it.
CREATE VIEW report AS
SELECT r.id, l.site, l.epoch, l.stream, r.seq, coalesce(odd_text(odd, 'digest'), encode(r.digest, 'hex')) AS digest,
    coalesce(odd_text(odd, 'prev'), encode(digest_before(r.lane, r.seq, r.prev), 'hex')) AS prev,
    r.fork, o.city, o.kid, coalesce(odd_text(odd, 'arrived_at'), time_text(r.arrived_at, 0)) AS arrived_at,
    coalesce(odd_text(odd, 'jws'), o.protected) AS protected,
    CASE WHEN odd_text(odd, 'jws') IS NULL THEN r.signature END AS signature,
    with_digest(r.payload, digest_before(r.lane, r.seq, r.prev)) AS payload,
    coalesce(odd_text(odd, 'made_at'), time_text(r.arrived_at, r.made_after)) AS made_at,
    coalesce(c.config, '') AS config, r.clock_synced,
    coalesce(odd_text(odd, 'due_at'), time_text(r.arrived_at, r.due_after)) AS due_at,
    coalesce(odd_text(odd, 'event_head')::bigint, nullif(r.event_head, -1)) AS event_head, r.seal
FROM report_row r JOIN lane l ON l.id = r.lane LEFT JOIN origin o ON o.id = r.origin
LEFT JOIN config_said c ON c.id = r.config;

CREATE VIEW body AS SELECT id, with_digest(payload, digest_before(lane, seq, prev)) AS payload
FROM report_row WHERE payload <> '';
CREATE RULE body_update AS ON UPDATE TO body DO INSTEAD
    UPDATE report_row SET payload = new.payload WHERE id = old.id; -- with a whole one

CREATE TABLE finding (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, site text NOT NULL, digest text NOT NULL,
    check_id text NOT NULL, subjects text NOT NULL, status text NOT NULL, reason text NOT NULL, message text NOT NULL,
    evidence text NOT NULL, document text NOT NULL, article text NOT NULL,
    UNIQUE (site, digest)
);

CREATE TABLE telling_finding (
    report_id bigint NOT NULL, finding_id bigint NOT NULL, PRIMARY KEY (report_id, finding_id)
);
