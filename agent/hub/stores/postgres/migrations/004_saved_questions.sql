-- Saved questions, their schedules (JSON, empty: none), and how their exports went.

CREATE TABLE question (
    name text PRIMARY KEY, named text NOT NULL, saved_by text NOT NULL, saved_at text NOT NULL, schedule text NOT NULL,
    due_at text NOT NULL DEFAULT '', made_at text NOT NULL DEFAULT '', missed bigint NOT NULL DEFAULT 0,
    failing_since text NOT NULL DEFAULT '', why text NOT NULL DEFAULT '');
