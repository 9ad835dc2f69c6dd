"""Open findings come in pages that are whole and in order, by whatever filter; an older table gets its divisions."""

from __future__ import annotations

import sqlite3
from itertools import pairwise
from pathlib import Path

import pytest
from hubdesk import Desk

from agent.hub.domain.rows.findings import Place, Wanted, place_of, place_text, read_place
from agent.hub.stores import schema
from agent.hub.stores.findings import findings, total
from agent.hub.stores.store import NAME, Store
from tests.hub.stores.test_hub_current import sites

KINDS = [
    ("5.7", "140200", "fail", "warn"), ("5.7", "140211", "fail", "unknown"), ("5.7", "140300", "warn", "unknown"),
    ("5.8", "150000", "fail", "fail"),
]  # fmt: skip
FILTERS = [
    {}, {"status": "fail"}, {"division": "140000"}, {"maintainer": "Anfang Ltd"}, {"model": "DS-1"}, {"since": "2020"},
    {"check": "privacy-mask-present"}, {"site": "S3"}, {"model": "DS-1", "division": "140200"},
]  # fmt: skip


@pytest.mark.parametrize("wanted", FILTERS, ids=str)
@pytest.mark.parametrize("few", [True, False], ids=["few", "many"])
def test_pages_put_together_are_the_whole_list(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: dict[str, str], few: bool
) -> None:
    """By the filter's own index, and by that of the order."""
    monkeypatch.setattr("agent.hub.stores.findings._SORTED_MOST", 5000 if few else 0)
    sites(desk, tmp_path, KINDS)
    asked, after, pages = Wanted(**wanted), None, []
    while page := findings(desk.store, asked, after, 1):
        pages += page
        after = read_place(place_text(place_of(page[-1])))
    assert pages == findings(desk.store, asked)
    assert len(pages) == total(desk.store, asked) > 1
    keys = [(("fail", "warn", "unknown").index(one.status), one.check, one.site, one.subject) for one in pages]
    assert all(earlier < later for earlier, later in pairwise(keys))


def test_a_page_goes_on_behind_a_finding_that_is_over(desk: Desk, tmp_path: Path) -> None:
    sites(desk, tmp_path, KINDS)
    whole = findings(desk.store, Wanted())
    gone = place_of(whole[1])
    desk.store.run("DELETE FROM finding_now WHERE site = ? AND subject = ?", gone.site, gone.subject)
    assert findings(desk.store, Wanted(), gone) == whole[2:]
    assert findings(desk.store, Wanted(status="fail"), Place("unknown", "", "", "")) == []


@pytest.mark.parametrize("word", ["", "x", "fail/a/b", "fail/a/b/c/d", "pass/a/b/c", "fail/a/b/%ff", "/a/b/c"])
def test_a_word_that_ends_no_page_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match=r"no place|decode"):
        read_place(word)


def test_a_place_with_any_sign_is_one_word() -> None:
    place = Place("fail", "a b", "S1", "camera:\u5927/%\n'\"")
    assert read_place(place_text(place)) == place
    assert place_text(place).isascii() and not set(" '\"\n") & set(place_text(place))


def test_a_database_of_version_8_keeps_its_findings_and_gets_their_divisions(tmp_path: Path) -> None:
    """Also where it had been begun, and where nothing has to be read anew."""
    db = sqlite3.connect(tmp_path / NAME)
    for step in schema._STEPS[:8]:
        for statement in step.split(";"):
            db.execute(statement)
    db.execute("INSERT INTO site_now VALUES ('S1', '140200', 'e1', 4, 0, '2026-11-24T00:00:00.000Z', 2, 1)")
    row = ("S1", "camera-online", "camera:c0", "fail", "r", "major", "seen", "m", "", "DS-1", "5.7", "A", "2026-11-23")
    db.execute("INSERT INTO finding_now VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    db.execute("CREATE TABLE finding_next (x)")
    db.execute("PRAGMA user_version=8")
    db.commit()
    db.close()
    store = Store(tmp_path)
    (found,) = findings(store, Wanted(division="140000"))
    assert (found.site, found.division, found.model, found.since) == ("S1", "140200", "DS-1", "2026-11-23")
    assert store.all("SELECT seq FROM site_now") == [(4,)]
    store.close()
