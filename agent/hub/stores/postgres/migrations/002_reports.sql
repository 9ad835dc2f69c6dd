-- A report is a row of report_row for ever, and a row of report_body in the partition of the month in which it arrived:
-- a month is let go by dropping its partition, and a report that comes again is known all the same. PostgreSQL can hold a
-- report to be there once only in a table without partitions, or by a key that has the month in it.

CREATE TABLE report_row (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- rises with the commits: one writes at a time
    site text NOT NULL, epoch text NOT NULL, stream text NOT NULL, seq bigint NOT NULL,
    digest text NOT NULL, prev text NOT NULL, fork smallint NOT NULL, month date NOT NULL,
    UNIQUE (site, epoch, stream, seq, digest)
);

CREATE TABLE report_body (
    month date NOT NULL, id bigint NOT NULL,
    city text NOT NULL, kid text NOT NULL, arrived_at text NOT NULL, jws text NOT NULL, payload bytea NOT NULL,
    made_at text NOT NULL, -- the site's own time; empty: no valid one
    PRIMARY KEY (month, id)
) PARTITION BY RANGE (month);

CREATE VIEW report AS
SELECT r.id, site, epoch, stream, seq, digest, prev, fork, city, kid, arrived_at, jws, payload, made_at
FROM report_row r LEFT JOIN report_body b ON b.month = r.month AND b.id = r.id;
