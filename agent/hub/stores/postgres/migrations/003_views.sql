-- What views, orders and housekeeping need, as the rooms beside this one describe it (STEP and TABLES there).

CREATE TABLE site_now (
    site text PRIMARY KEY, division text NOT NULL, epoch text NOT NULL, seq bigint NOT NULL,
    event_seq bigint NOT NULL, made_at text NOT NULL, cameras bigint NOT NULL, devices bigint NOT NULL
);

CREATE TABLE device_now (
    site text NOT NULL, device text NOT NULL, manufacturer text NOT NULL, model text NOT NULL, firmware text NOT NULL,
    PRIMARY KEY (site, device)
);

CREATE TABLE judged_now (
    site text NOT NULL, check_id text NOT NULL, model text NOT NULL, firmware text NOT NULL, subjects bigint NOT NULL,
    PRIMARY KEY (site, check_id, model, firmware)
);

CREATE TABLE finding_now (
    site text NOT NULL, check_id text NOT NULL, subject text NOT NULL, status text NOT NULL, reason text NOT NULL,
    severity text NOT NULL, level text NOT NULL, message text NOT NULL, caused_by text NOT NULL, model text NOT NULL,
    firmware text NOT NULL, maintainer text NOT NULL, division text NOT NULL, since text NOT NULL,
    PRIMARY KEY (site, check_id, subject)
);
CREATE INDEX finding_now_order ON finding_now (status, check_id, site, subject);
CREATE INDEX finding_now_model ON finding_now (status, model, check_id, site, subject);
CREATE INDEX finding_now_maintainer ON finding_now (status, maintainer, check_id, site, subject);
CREATE INDEX finding_now_division ON finding_now (status, division);
CREATE INDEX finding_now_since ON finding_now (status, since);

CREATE TABLE finding_history (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, site text NOT NULL, check_id text NOT NULL,
    subject text NOT NULL, status text NOT NULL, reason text NOT NULL, from_at text NOT NULL,
    to_at text NOT NULL DEFAULT ''
);
CREATE INDEX finding_history_subject ON finding_history (site, check_id, subject, to_at);
CREATE INDEX finding_history_end ON finding_history (to_at) WHERE to_at <> '';

CREATE TABLE word (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, site text NOT NULL, check_id text NOT NULL,
    subject text NOT NULL, kind text NOT NULL, said_by text NOT NULL, at text NOT NULL, assignee text NOT NULL,
    until text NOT NULL, text text NOT NULL, ended_at text NOT NULL DEFAULT ''
);
CREATE INDEX word_open ON word (site, check_id, subject, kind) WHERE ended_at = '';
CREATE INDEX word_assignee ON word (assignee) WHERE ended_at = '' AND assignee <> '';

CREATE TABLE operator (site text PRIMARY KEY, name text NOT NULL, said_by text NOT NULL, at text NOT NULL);
CREATE INDEX operator_name ON operator (name);

CREATE TABLE division_told (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, site text NOT NULL, division text NOT NULL,
    UNIQUE (site, division)
);

CREATE TABLE place_said (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, site text NOT NULL, division text NOT NULL,
    from_day text NOT NULL, said_by text NOT NULL, why text NOT NULL, at text NOT NULL, told bigint NOT NULL
);
CREATE INDEX place_said_site ON place_said (site, id);

CREATE TABLE site_division (
    site text NOT NULL, division text NOT NULL, standing text NOT NULL, PRIMARY KEY (site, division)
);
CREATE INDEX site_division_standing ON site_division (standing, division, site);

CREATE TABLE dispute (
    site text NOT NULL, id text NOT NULL, check_id text NOT NULL, subject text NOT NULL,
    status text NOT NULL, reason text NOT NULL, detected_at text NOT NULL, repaired_at text NOT NULL,
    disputed_by text NOT NULL, at text NOT NULL, why text NOT NULL, arrived_at text NOT NULL, ended_at text NOT NULL,
    outcome text NOT NULL DEFAULT '', decided_by text NOT NULL DEFAULT '', decided_why text NOT NULL DEFAULT '',
    decided_at text NOT NULL DEFAULT '', command text NOT NULL DEFAULT '',
    PRIMARY KEY (site, id)
);

CREATE TABLE command (
    id text PRIMARY KEY, site text NOT NULL, name text NOT NULL,
    created_at text NOT NULL, expires_at text NOT NULL, payload bytea NOT NULL, jws text NOT NULL,
    sent_at text NOT NULL DEFAULT '', status text NOT NULL DEFAULT '', reason text NOT NULL DEFAULT '',
    result_at text NOT NULL DEFAULT '', result_payload bytea, result_jws text NOT NULL DEFAULT ''
);
CREATE INDEX command_unsent ON command (site) WHERE sent_at = '';
CREATE INDEX command_open ON command (site) WHERE status = '';
CREATE INDEX command_waits ON command (site) WHERE status = 'waits';
CREATE INDEX command_created ON command (created_at, id);

CREATE TABLE desired (
    site text NOT NULL, version bigint NOT NULL, created_at text NOT NULL, payload bytea NOT NULL, jws text NOT NULL,
    sent_at text NOT NULL DEFAULT '',
    PRIMARY KEY (site, version)
);
CREATE INDEX desired_unsent ON desired (site) WHERE sent_at = '';

CREATE TABLE reported (
    site text PRIMARY KEY, at text NOT NULL, version bigint NOT NULL, refused text NOT NULL,
    payload bytea NOT NULL, jws text NOT NULL
);

CREATE TABLE upgrade (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, version text NOT NULL, scope text NOT NULL, name text NOT NULL,
    soak_s bigint NOT NULL, state text NOT NULL, wave bigint NOT NULL DEFAULT 0, wave_at text NOT NULL DEFAULT '',
    why text NOT NULL DEFAULT '', number bigint NOT NULL DEFAULT 0, among bigint NOT NULL DEFAULT 0,
    others_number bigint NOT NULL DEFAULT 0, others bigint NOT NULL DEFAULT 0
);

CREATE TABLE upgrade_site (
    upgrade bigint NOT NULL, site text NOT NULL, wave bigint NOT NULL DEFAULT 0, step text NOT NULL,
    policy bigint NOT NULL DEFAULT 0, named_at text NOT NULL DEFAULT '', runs_at text NOT NULL DEFAULT '',
    refused text NOT NULL DEFAULT '', tried bigint NOT NULL DEFAULT 0, excused bigint NOT NULL DEFAULT 0,
    silent bigint NOT NULL, bad bigint NOT NULL, PRIMARY KEY (upgrade, site)
);
CREATE INDEX upgrade_site_step ON upgrade_site (upgrade, step);

CREATE TABLE upgrade_word (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, upgrade bigint NOT NULL, at text NOT NULL, act text NOT NULL,
    said_by text NOT NULL, why text NOT NULL
);

CREATE TABLE webhook (
    name text PRIMARY KEY, url text NOT NULL, secret text NOT NULL, kinds text NOT NULL, scope text NOT NULL,
    made_at text NOT NULL, is_private smallint NOT NULL, ca text NOT NULL, disabled_at text NOT NULL,
    secret_before text NOT NULL, before_until text NOT NULL, next_no bigint NOT NULL DEFAULT 1,
    failing_since text NOT NULL DEFAULT '', tries bigint NOT NULL DEFAULT 0, next_at text NOT NULL DEFAULT '',
    stopped_at text NOT NULL DEFAULT '', last_at text NOT NULL DEFAULT '', last_status bigint NOT NULL DEFAULT 0,
    last_why text NOT NULL DEFAULT '', delivered bigint NOT NULL DEFAULT 0, given_up bigint NOT NULL DEFAULT 0
);

CREATE TABLE webhook_happened (
    no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text NOT NULL UNIQUE, kind text NOT NULL, at text NOT NULL,
    place text NOT NULL, told text NOT NULL
);

CREATE TABLE webhook_delivery (
    hook text NOT NULL, no bigint NOT NULL, id text NOT NULL, body bytea NOT NULL, made_at text NOT NULL,
    next_at text NOT NULL, tries bigint NOT NULL, PRIMARY KEY (hook, no)
);

CREATE TABLE webhook_state (name text PRIMARY KEY, since text NOT NULL);

CREATE TABLE hold (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, site text NOT NULL, from_at text NOT NULL, to_at text NOT NULL,
    kind text NOT NULL, held_by text NOT NULL, why text NOT NULL, at text NOT NULL, until text NOT NULL,
    ended_by text NOT NULL DEFAULT '', ended_why text NOT NULL DEFAULT '', ended_at text NOT NULL DEFAULT ''
);
CREATE INDEX hold_site ON hold (site) WHERE ended_at = '';

CREATE TABLE housekeeping (phase text PRIMARY KEY, after_id bigint NOT NULL);

CREATE TABLE body_held (phase text NOT NULL, report_id bigint NOT NULL, PRIMARY KEY (phase, report_id));

-- A sum of a day goes with each change of what it is of.
CREATE TABLE day_sum (by_what text NOT NULL, day text NOT NULL, told bytea NOT NULL, PRIMARY KEY (by_what, day));

CREATE FUNCTION drop_sum_of_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM day_sum d USING changed c WHERE (d.by_what, d.day) = (c.by_what, c.day);
    RETURN NULL;
END $$;
CREATE TRIGGER assessed_insert AFTER INSERT ON assessed REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION drop_sum_of_day();
CREATE TRIGGER assessed_update AFTER UPDATE ON assessed REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION drop_sum_of_day();
CREATE TRIGGER assessed_delete AFTER DELETE ON assessed REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION drop_sum_of_day();

CREATE FUNCTION drop_sums_of_site() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM day_sum WHERE by_what IN ('division', 'repairs') AND day IN (
        SELECT day FROM assessed WHERE site = coalesce(new.site, old.site) AND by_what IN ('division', 'repairs'));
    RETURN NULL;
END $$;
CREATE TRIGGER place_said_changed AFTER INSERT OR UPDATE OR DELETE ON place_said
    FOR EACH ROW EXECUTE FUNCTION drop_sums_of_site();
CREATE TRIGGER division_told_changed AFTER INSERT OR UPDATE OR DELETE ON division_told
    FOR EACH ROW EXECUTE FUNCTION drop_sums_of_site();

-- Names by which statements that both engines take know a type, three functions, and the list of tables.
CREATE DOMAIN blob AS bytea;
CREATE FUNCTION instr(whole text, part text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT
    RETURN strpos(whole, part);
CREATE FUNCTION julianday(at text) RETURNS double precision LANGUAGE sql STABLE STRICT
    RETURN extract(epoch FROM at::timestamptz) / 86400.0 + 2440587.5;
CREATE FUNCTION date(at text, later text) RETURNS text LANGUAGE sql STABLE STRICT
    RETURN to_char((nullif(at, '')::timestamptz AT TIME ZONE 'UTC') + later::interval, 'YYYY-MM-DD');
CREATE VIEW sqlite_master AS
    SELECT 'table' AS type, tablename AS name FROM pg_tables WHERE schemaname = current_schema();
