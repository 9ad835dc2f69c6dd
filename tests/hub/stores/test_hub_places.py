"""An older hub's file knows where its sites lay; and where a site lies is said and listed by command."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import delivery
import pytest
from caseside import Day, at, finding
from delivery import Maker
from here_run import run_here
from hubdesk import Desk, trusted

from agent.hub.domain.rows.findings import Wanted
from agent.hub.domain.rows.places import Differing
from agent.hub.domain.scope import EVERYTHING, below
from agent.hub.stores import schema
from agent.hub.stores.intake import places
from agent.hub.stores.store import Store
from agent.site.config.site import Hub
from tests.hub.stores.test_hub_current import config

TABLES = ("division_told", "place_said", "site_division")
HERE, THERE = "140202", "150102"


@pytest.fixture
def day(desk: Desk, tmp_path: Path) -> Day:
    maker = Maker(tmp_path / "site", delivery.site(hub=Hub("127.0.0.1")))
    trusted(desk, maker)
    return Day(maker)


def report(desk: Desk, day: Day, hour: float, division: str) -> None:
    desk.send(day.report(at(hour), config(finding("camera:c0", "fail"), division=division))[0])


def older(desk: Desk) -> None:
    """Take today's tables out of the file, as a hub of version 15 has it."""
    desk.store.run("UPDATE finding_now SET division = (SELECT division FROM site_now)")
    for name in TABLES:
        desk.store.run(f"DROP TABLE {name}")
    desk.store.run("PRAGMA user_version=15")
    desk.store.close()


def test_a_file_of_version_15_gives_a_site_back_to_where_its_days_were(desk: Desk, day: Day) -> None:
    """It had left already, as the version before let it: what it told of each day is known."""
    report(desk, day, 0, THERE)
    told = '{"140202":{"online":[0,1,0,0]}}'
    for number, of in enumerate((told, told.replace(HERE, THERE))):
        when = (at(0) + timedelta(days=number)).date().isoformat()
        desk.store.run("INSERT INTO assessed (by_what, day, site, epoch, seq, told) VALUES ('division', ?, 'S1',"
                       " (SELECT epoch FROM site), 0, ?)", when, of)  # fmt: skip
    older(desk)
    store = Store(desk.directory)
    assert store.all("PRAGMA user_version") == [(schema.VERSION,)]
    assert [row.division for row in store.findings.page(Wanted())] == [HERE]
    assert store.places.differing() == [Differing(site="S1", division=HERE, said_by="", told=(THERE,))]
    assert store.all("SELECT DISTINCT group_name FROM v1_assessed_day WHERE grouped_by = 'division'") == [(HERE,)]
    assert store.all("SELECT division FROM v1_site") == store.all("SELECT division FROM v1_finding") == [(HERE,)]
    store.close()


def test_a_migration_that_is_ended_leaves_a_file_that_goes_on(
    desk: Desk, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(desk, day, 0, HERE)
    older(desk)

    def ended(rows: object) -> None:
        places.fill(rows)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(schema, "_LATER", (ended, *schema._LATER[1:]))
        with pytest.raises(KeyboardInterrupt):
            Store(desk.directory)
    store = Store(desk.directory)
    assert store.all("SELECT site, division, standing FROM site_division") == [("S1", HERE, "main")]
    store.close()


def test_where_a_site_lies_is_said_by_command_and_what_differs_is_listed(desk: Desk, day: Day) -> None:
    def ran(*words: str, code: int = 0) -> str:
        answer = run_here("hub", *words, "--data", desk.directory, environ={})
        assert answer.returncode == code, answer.stderr
        return answer.stdout + answer.stderr

    report(desk, day, 0, HERE)
    assert "each site tells the division that counts" in ran("places")
    report(desk, day, 1, THERE)
    assert f"told {HERE} first, so that counts; reports tell {THERE} too" in ran("places")
    assert f"its reports tell division {THERE}, but {HERE} counts" in ran("site", "S1")
    words = ("place", "S1", "--by", "Li", "--why", "seen on site", "--division")
    assert f"site S1 lies in {THERE}" in ran(*words, THERE)
    assert json.loads(ran("places", "--json")) == {"schema": "camwarden-hub-places/1", "sites": []}
    assert f"lies in {HERE}, as Li said; reports tell {THERE}" in (ran(*words, HERE) and ran("places"))
    told = json.loads(ran("site", "S1", "--json"))
    assert (told["division"], told["division_told"], told["division_said_by"]) == (HERE, THERE, "Li")
    assert "nothing verified has come" in ran("place", "S9", *words[2:], HERE)
    assert "six digits" in ran(*words, "Datong", code=2)
    assert "still to come" in ran(*words, HERE, "--since", "2999-01-01", code=2)


def test_where_each_site_lies_is_looked_up_by_its_name_and_not_among_all(desk: Desk) -> None:
    asked: list[str] = []
    real = desk.store.all

    def noted(statement: str, *values: object) -> list[object]:
        if "site_division d ON" in statement:
            plan = real(f"EXPLAIN QUERY PLAN {statement}", *values)
            asked.extend(row[3] for row in plan if " d " in f"{row[3]} ")
        return real(statement, *values)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Store, "all", lambda _, statement, *values: noted(statement, *values))
        desk.store.seen.divisions(EVERYTHING)
        desk.store.seen.listed(EVERYTHING, below(""), "", 9)
        desk.store.seen.counted(EVERYTHING, below("140200"))
        desk.store.findings.site("S1")
    plan = [row[3] for row in real("EXPLAIN QUERY PLAN SELECT * FROM v1_site") if " d " in f"{row[3]} "]
    assert len(asked) == 4 and len(plan) == 1
    assert all("PRIMARY KEY (site" in one for one in (*asked, *plan)), (asked, plan)
