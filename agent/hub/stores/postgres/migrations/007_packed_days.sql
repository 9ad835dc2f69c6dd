-- Bad camera-days, packed by day, and the sites whose rows are to be read instead (`agent/hub/stores/asking/packed_days.py`).

CREATE TABLE bunch (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, site text NOT NULL, place bigint NOT NULL,
    named text NOT NULL, UNIQUE (site, place), UNIQUE (site, named)
);

CREATE TABLE bad_day (day text PRIMARY KEY, told bytea NOT NULL);
ALTER TABLE bad_day ALTER COLUMN told SET STORAGE EXTERNAL;  -- it is compressed

CREATE TABLE bad_day_left (
    day text NOT NULL, site text NOT NULL, is_changed bigint NOT NULL, PRIMARY KEY (day, site)
);

CREATE FUNCTION note_bad_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO bad_day_left AS l
        SELECT DISTINCT c.day, c.site, 1 FROM changed c JOIN bad_day d ON d.day = c.day
        WHERE c.by_what IN ('failing', 'maintainer') ORDER BY c.day, c.site
        ON CONFLICT (day, site) DO UPDATE SET is_changed = 1 WHERE l.is_changed = 0;
    RETURN NULL;
END $$;
CREATE TRIGGER assessed_bad_insert AFTER INSERT ON assessed REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_bad_days();
CREATE TRIGGER assessed_bad_from AFTER UPDATE ON assessed REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_bad_days();
CREATE TRIGGER assessed_bad_to AFTER UPDATE ON assessed REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_bad_days();
CREATE TRIGGER assessed_bad_delete AFTER DELETE ON assessed REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_bad_days();

-- A column as one value, by the name that both engines know: psycopg takes more time over each row than the server does.
CREATE AGGREGATE json_group_array(text) (
    sfunc = array_append, stype = text[], initcond = '{}', finalfunc = array_to_json
);
CREATE AGGREGATE json_group_array(bigint) (
    sfunc = array_append, stype = bigint[], initcond = '{}', finalfunc = array_to_json
);
