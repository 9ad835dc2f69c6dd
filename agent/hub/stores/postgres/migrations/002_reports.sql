-- A report is a row of report_row for ever, and its bytes are in report_body, in the partition of the month in which it
-- arrived: a month is let go by dropping its partition, and what proves a report stays. PostgreSQL can hold a report to
-- be there once only in a table without partitions, or by a key that has the month in it.

CREATE SEQUENCE report_id; -- given out while one alone may: ids rise with the commits
CREATE SEQUENCE report_body_no; -- given out to whoever asks: bodies are written before it is one's turn

CREATE TABLE report_row (
    id bigint PRIMARY KEY,
    site text NOT NULL, epoch text NOT NULL, stream text NOT NULL, seq bigint NOT NULL,
    digest text NOT NULL, prev text NOT NULL, fork smallint NOT NULL,
    city text NOT NULL, kid text NOT NULL, arrived_at text NOT NULL, jws text NOT NULL,
    made_at text NOT NULL, config text NOT NULL, clock_synced smallint NOT NULL, due_at text NOT NULL, event_head bigint,
    seal bytea NOT NULL, month date NOT NULL, body bigint NOT NULL,
    UNIQUE (site, epoch, stream, seq, digest)
);

CREATE TABLE report_body (month date NOT NULL, no bigint NOT NULL, payload bytea NOT NULL, PRIMARY KEY (month, no))
    PARTITION BY RANGE (month);

-- As the other engine shows it: no bytes where they were dropped, and the whole JWS in the place of its two parts.
CREATE VIEW report AS
SELECT r.id, site, epoch, stream, seq, digest, prev, fork, city, kid, arrived_at, jws, '' AS protected, jws AS signature,
    coalesce(b.payload, '') AS payload, made_at, config, clock_synced, due_at, event_head, seal
FROM report_row r LEFT JOIN report_body b ON b.month = r.month AND b.no = r.body;

CREATE TABLE finding (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, site text NOT NULL, digest text NOT NULL,
    check_id text NOT NULL, subjects text NOT NULL, status text NOT NULL, reason text NOT NULL, message text NOT NULL,
    evidence text NOT NULL, document text NOT NULL, article text NOT NULL,
    UNIQUE (site, digest)
);

CREATE TABLE telling_finding (
    report_id bigint NOT NULL, finding_id bigint NOT NULL, PRIMARY KEY (report_id, finding_id)
);
