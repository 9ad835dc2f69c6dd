-- From here on nothing in a month refers to a row of another one, so that each goes by itself (`../months.py`). No release could choose PostgreSQL before: a database that has reports is made anew.

DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM report_row) THEN
        RAISE EXCEPTION 'reports of a version before the first release on PostgreSQL: name an empty database';
    END IF;
END $$;
