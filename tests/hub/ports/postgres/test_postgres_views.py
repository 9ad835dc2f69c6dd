"""Views read from a standby that is near enough, whoever writes never does, and where not is shown."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from every_command import run
from hub_web import add_person, serving
from portside import Sender
from postgres_pair import PostgresPair

from agent.hub.domain.rows.keeping import ReadFrom, WhyElsewhere
from agent.hub.stores.engines import open_people
from agent.hub.stores.postgres import views
from agent.hub.stores.postgres.store import Store
from agent.hub.web.readers import Readers
from agent.model.errors import StoreWaits


@pytest.fixture(scope="module")
def pair() -> Iterator[PostgresPair]:
    folder = Path(tempfile.mkdtemp(prefix="pair-"))  # short: a socket lies there
    with PostgresPair(folder) as running:
        yield running
    shutil.rmtree(folder)


@pytest.fixture
def hub(pair: PostgresPair, tmp_path: Path) -> Path:
    """Return the folder of a hub that knows one site, and names both servers, for views too."""
    folder = tmp_path / "hub"
    folder.mkdir()
    ((schema,),) = pair.query("SELECT 'place' || count(*) FROM pg_namespace")
    pair.query(f"CREATE SCHEMA {schema}")
    for name in ("postgres.conninfo", views.NAME):
        (folder / name).write_text(pair.conninfo(0, 1, path=schema))
    with closing(Store(folder)) as store:
        Sender("S1").meet(store)
    pair.awaits_copy()
    return folder


def names(hub: Path, host: str) -> None:
    """Have views read from another host."""
    told = (hub / views.NAME).read_text().split()
    (hub / views.NAME).write_text(" ".join([host, *told[2:]]))


def sites(store: Store) -> list[str]:
    return [row.site for row in store.sites.rows()]


def test_views_read_from_the_standby_and_whoever_writes_from_the_primary(hub: Path) -> None:
    with closing(Store(hub, read_only=True)) as read, closing(Store(hub)) as written:
        assert read.all("SELECT pg_is_in_recovery()") == [(True,)] and sites(read) == ["S1"]
        assert written.all("SELECT pg_is_in_recovery()") == [(False,)] and written.read_from() is None
        assert read.read_from() == ReadFrom(True, 0.0, "")


def test_an_idle_primary_makes_no_lag(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "FAR_S", 0.0)
    with closing(Store(hub, read_only=True)) as store:
        assert store.read_from() == ReadFrom(True, 0.0, "")
        assert store.is_current()


def test_a_standby_that_is_far_behind_is_left_and_taken_again(
    pair: PostgresPair, hub: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    open_people(hub).close()
    readers = Readers()
    with readers.lent(hub) as (_, store):
        assert store.read_from() == ReadFrom(True, 0.0, "")
    pair.query("SELECT pg_wal_replay_pause()", pair.standby)
    try:
        with closing(Store(hub)) as written:
            Sender("S2").meet(written)
        ((at,),) = pair.query("SELECT pg_current_wal_lsn()")
        pair.awaits_on_standby(f"SELECT pg_last_wal_receive_lsn() >= '{at}'")
        with readers.lent(hub) as (_, store):
            assert sites(store) == ["S1"], "not a minute behind yet"
            told = store.read_from()
            assert told is not None and told.is_standby and (told.lag_s or 0) > 0
        monkeypatch.setattr(views, "FAR_S", 0.0)
        monkeypatch.setattr(views, "AGAIN_S", 0.0)
        for _ in range(2):
            with readers.lent(hub) as (_, store):
                assert sites(store) == ["S1", "S2"]
                assert store.read_from() == ReadFrom(False, None, "far-behind")
    finally:
        pair.query("SELECT pg_wal_replay_resume()", pair.standby)
    pair.awaits_copy()
    for _ in range(2):
        with readers.lent(hub) as (_, store):
            assert store.read_from() == ReadFrom(True, 0.0, "") and sites(store) == ["S1", "S2"]
    readers.close()
    assert [record.getMessage() for record in caplog.records] == [
        "read from the primary server: the standby is more than a minute behind", "read from the standby, 0 s behind",
    ]  # fmt: skip


@pytest.mark.parametrize("why", ["no-answer", "no-standby"])
def test_what_does_not_answer_or_is_no_standby_is_not_read_from(
    pair: PostgresPair, hub: Path, why: WhyElsewhere
) -> None:
    names(hub, "host=/nowhere" if why == "no-answer" else f"host={pair.directory} port={5432 + pair.primary}")
    with closing(Store(hub, read_only=True)) as store:
        assert store.read_from() == ReadFrom(False, None, why) and sites(store) == ["S1"]


def test_a_standby_with_the_reports_of_another_hub_is_not_believed(
    pair: PostgresPair, hub: Path, tmp_path: Path
) -> None:
    """It answers, it is a standby, it is near, its tables are of this version: and its sites are of another city."""
    pair.query("CREATE SCHEMA elsewhere")
    (tmp_path / "other").mkdir()
    for folder, name in ((tmp_path / "other", "postgres.conninfo"), (hub, views.NAME)):
        (folder / name).write_text(pair.conninfo(0, 1, path="elsewhere"))
    with closing(Store(tmp_path / "other")) as other:
        Sender("S9").meet(other)
    pair.awaits_copy()
    with closing(Store(hub, read_only=True)) as store:
        assert sites(store) == ["S1"] and store.read_from() == ReadFrom(False, None, "another-hub")


def test_where_the_primary_is_gone_the_standby_is_read_from_and_says_so(
    pair: PostgresPair, hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair.kill(pair.primary)
    try:
        pair.awaits_on_standby("SELECT count(*) = 0 FROM pg_stat_wal_receiver")
        with closing(Store(hub, read_only=True)) as store:
            told = store.read_from()
            assert sites(store) == ["S1"] and told is not None
            assert (told.is_standby, told.why) == (True, "no-primary") and (told.lag_s or 0) > 0, (
                "it no longer receives"
            )
        monkeypatch.setattr(views, "FAR_S", 0.0)
        with closing(Store(hub, read_only=True)) as store:
            told = store.read_from()
            assert sites(store) == ["S1"] and told is not None and (told.is_standby, told.why) == (True, "far-behind")
        names(hub, "host=/nowhere")
        with pytest.raises(StoreWaits):
            Store(hub, read_only=True)
    finally:
        pair.promote()
        pair.rejoin()


def test_status_metrics_and_doctor_say_where_they_read(hub: Path) -> None:
    def told(*words: str) -> str:
        return run(["hub", *words, "--data", str(hub)], "en")[1]

    assert json.loads(told("status", "--json"))["read_from"] == {"is_standby": True, "lag_s": 0.0, "why": ""}
    assert told("status").endswith("read from the standby, 0 s behind\n")
    page = told("metrics")
    assert "\ncamwarden_hub_views_on_standby 1" in page and "\ncamwarden_hub_views_lag_seconds 0" in page
    (row,) = (one for one in json.loads(told("doctor", "--json"))["probes"] if one["probe"] == "standby")
    assert (row["status"], row["what"]) == ("pass", "read from the standby, 0 s behind")
    names(hub, "host=/nowhere")
    (row,) = (one for one in json.loads(told("doctor", "--json"))["probes"] if one["probe"] == "standby")
    assert (row["status"], row["reason"]) == ("warn", "no-answer")
    page = told("metrics")
    assert "\ncamwarden_hub_views_on_standby 0" in page and "\ncamwarden_hub_views_lag_seconds " not in page
    (hub / views.NAME).unlink()
    assert json.loads(told("status", "--json"))["read_from"] is None
    assert "camwarden_hub_views" not in told("metrics")


def test_each_page_says_where_it_was_read_and_no_stranger_is_told(hub: Path) -> None:
    add_person(hub, "Zhao", "viewer")
    with serving(hub) as browser:
        assert "standby" not in browser.get("/login").text
        person = browser.let_in("Zhao")
        for path in ("/", "/findings", "/silent"):
            assert "read from the standby, 0 s behind" in person.get(path).text
        assert "数据读自备库" in person.get("/?lang=zh_CN").text
    (hub / views.NAME).unlink()
    with serving(hub) as browser:
        assert "standby" not in browser.let_in("Zhao").get("/").text
