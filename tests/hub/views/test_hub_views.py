"""One site never blinds the hub for the others: whatever it had stored, it is shown as such and the rest stands."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import delivery
import pytest
from delivery import NOW, Maker
from hostile_bodies import AT, config_body, hostile, old_hub, payload, put_good, put_report, put_site
from hubdesk import Desk, chain_of, trusted

from agent.__main__ import main
from agent.contract.chain import utc_text
from agent.contract.envelope import REPORT_TYP, sign_payload
from agent.contract.signing_keys import load_or_create_signer
from agent.contract.topics import topic
from agent.hub.case.case import write_case
from agent.hub.stores import schema
from agent.hub.stores.keeping import older_rows
from agent.hub.stores.store import Store
from agent.hub.views.assessment import assess
from agent.hub.views.metrics import write_metrics
from agent.hub.views.status import find_silent, write_orders, write_silent, write_status
from agent.model.errors import UsageError
from agent.model.finding import Json
from agent.verify.bindings import Trust

HOSTILE = {name: (stream, data) for name, stream, data in hostile()}
LATER = datetime(2026, 11, 24, 15, 10, tzinfo=UTC)


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site")


def views(store: Store, now: datetime = LATER) -> dict[str, Json]:
    """Return what every view shows of all sites."""
    yesterday = now.date()
    assess(store, "division", yesterday, yesterday, now)
    assess(store, "model", yesterday, yesterday, now)
    assert "camwarden_hub_sites" in write_metrics(store, Trust(), store.directory, now)
    shown = {
        **write_status(store),
        "silent": write_silent(find_silent(store, Trust(), now), now),
        "orders": write_orders(store, None, now),
    }
    json.dumps(shown, ensure_ascii=False).encode()
    return shown


def test_status_comes_in_pages_by_name_and_says_what_is_left(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("S1", "S2", "S3"):
        trusted(desk, Maker(tmp_path / name, delivery.site(name)))
    desk.hand_in("nonsense", b"", "")
    desk.store.close()
    words = ["hub", "status", "--data", str(desk.directory)]
    for most, wanted in (("2", [["", "S1"], ["S2", "S3"]]), ("1", [[""], ["S1"], ["S2"], ["S3"]])):
        pages: list[list[str]] = []
        after: list[str] = []
        while len(pages) < 9:
            assert main([*words, "--json", "--limit", most, *after]) == 0
            told = json.loads(capsys.readouterr().out)
            assert told["total"] == 4
            pages.append(list(told["sites"]))
            if told["next"] is None:
                break
            after = ["--after", told["next"]]
        assert pages == wanted
    assert main([*words, "S2", "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)["sites"]) == ["S2"]
    assert main([*words, "--limit", "3"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "4 sites in all; the next ones: the same with --after S2"
    assert main([*words, "S9"]) == 2
    assert "'S9' is not known here" in capsys.readouterr().err


@pytest.mark.parametrize("ts", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_signed_report_of_no_year_is_refused_and_every_site_is_shown(
    desk: Desk, maker: Maker, capsys: pytest.CaptureFixture[str], ts: str
) -> None:
    trusted(desk, maker)
    for seq in (1, 2):
        (made,), _ = maker.envelopes([delivery.config_report()], {}, "e1")
        data = json.dumps({**json.loads(made.report.payload), "ts": ts, "seq": seq}).encode()
        event = desk.hand_in(topic("datong", "S1", "config"), data, sign_payload(data, maker.signer, REPORT_TYP))
        assert (event["event"], event["reason"]) == ("rejected", "time")
    assert desk.send(chain_of(maker, 1)[0])["event"] == "verified"
    for command in ("status", "metrics"):
        assert main(["hub", command, "--data", str(desk.directory)]) == 0
    assert main(["hub", "silent", "--data", str(desk.directory), "--json"]) in (0, 1)
    capsys.readouterr()


def test_a_signed_report_nested_3000_deep_is_refused_and_every_site_is_shown(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    (made,), _ = maker.envelopes([delivery.health()], {}, "e1")
    data = made.report.payload[:-1] + b',"more":' + b"[" * 3000 + b"]" * 3000 + b"}"
    event = desk.hand_in(topic("datong", "S1", "health"), data, sign_payload(data, maker.signer, REPORT_TYP))
    assert (event["event"], event["reason"]) == ("rejected", "too-deep")
    assert views(desk.store)["sites"]["S1"]["not_shown"] is None


def test_there_are_hostile_bodies_enough_to_say_so() -> None:
    assert len(HOSTILE) >= 300


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, list[str]]]:
    """A hub of release 0.1 with a good site and one site for each hostile body, brought up to date."""
    directory = tmp_path_factory.mktemp("city")
    db = old_hub(directory)
    db.execute("BEGIN")
    put_good(db, "good", AT)
    names = []
    for number, (stream, data) in enumerate(HOSTILE.values(), 1):
        site = f"x{number}"
        put_good(db, site, AT)
        put_report(db, site, stream, 3, data, utc_text(LATER))
        names.append(site)
    db.execute("COMMIT")
    db.close()
    store = Store(directory)
    yield store, names
    store.close()


def test_every_view_of_a_city_survives_every_hostile_body_of_release_0_1(city: tuple[Store, list[str]]) -> None:
    store, names = city
    shown = views(store)
    sites = shown["sites"]
    assert set(sites) == {"good", *names}
    assert sites["good"]["not_shown"] is None
    assert sites["good"]["changes"]["kinds"] == []
    assert {site for site in names if sites[site]["not_shown"] not in (None, "config")} == set()
    of_config = {f"x{n}" for n, (stream, _) in enumerate(HOSTILE.values(), 1) if stream == "config"}
    unreadable = {site for site in names if sites[site]["not_shown"] == "config"}
    assert unreadable and unreadable <= of_config
    assert {one["site"] for one in shown["silent"]["sites"]} >= {"good"}


def test_a_case_of_every_site_with_a_hostile_body_is_written(city: tuple[Store, list[str]], tmp_path: Path) -> None:
    store, names = city
    signer = load_or_create_signer(tmp_path / "key.pem")
    begin, end = datetime(2026, 11, 24, tzinfo=UTC), datetime(2026, 11, 25, tzinfo=UTC)
    for site in names:
        written = write_case(store, Trust(), signer, site, "privacy-mask-present", begin, end)
        assert written.envelopes >= 4


def test_a_report_that_cannot_be_read_is_told_in_a_case_as_one_of_which_nothing_is_known(
    city: tuple[Store, list[str]], tmp_path: Path
) -> None:
    store, _ = city
    deep = next(f"x{n}" for n, name in enumerate(HOSTILE, 1) if name == "event [3000")
    signer = load_or_create_signer(tmp_path / "key.pem")
    begin, end = datetime(2026, 11, 24, tzinfo=UTC), datetime(2026, 11, 25, tzinfo=UTC)
    case = write_case(store, Trust(), signer, deep, "privacy-mask-present", begin, end)
    assert b'"reason": "unreadable"' in case.data


@pytest.mark.parametrize("command", ["status", "silent", "metrics", "orders"])
def test_each_command_over_hostile_sites_ends_as_usual_and_says_which_cannot_be_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    db = old_hub(tmp_path)
    put_good(db, "good", AT)
    put_good(db, "bad", AT)
    put_report(db, "bad", "config", 3, payload("config", config_body(), "9999-12-31T23:59:59-12:00"), utc_text(LATER))
    db.close()
    Store(tmp_path).close()
    assert main(["hub", command, "--data", str(tmp_path)]) == (1 if command == "silent" else 0)
    said = capsys.readouterr().out
    assert ("cannot be shown" in said) is (command == "status")
    if command == "status":
        assert said.index("bad: ") < said.index("cannot be shown") < said.index("good: ")


def test_a_site_whose_rows_nobody_foresaw_is_shown_as_such_and_the_others_stand(tmp_path: Path) -> None:
    db = old_hub(tmp_path)
    for site in ("a", "b", "c"):
        put_good(db, site, AT)
    db.close()
    store = Store(tmp_path)
    of_b = "SELECT config FROM report_row JOIN lane ON lane.id = lane WHERE site = 'b'"
    store.run(f"UPDATE config_said SET config = '5' WHERE id IN ({of_b})")  # noqa: S608
    store.run("UPDATE site SET health_at = 'soon', state_at = '' WHERE site = 'b'")
    shown = views(store)
    store.close()
    assert [shown["sites"][site]["not_shown"] for site in ("a", "b", "c")] == [None, "TypeError", None]
    assert set(shown["sites"]["a"]) == set(shown["sites"]["b"])
    (told,) = [one for one in shown["silent"]["sites"] if one["site"] == "b"]
    assert (told["kind"], told["why"]) == ("late", "not-shown")


def test_an_older_database_is_filled_some_reports_at_a_time_and_goes_on_where_it_was_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = old_hub(tmp_path)
    put_site(db, "S1", AT)
    for seq in range(1, 26):
        put_report(db, "S1", "config", seq, payload("config", config_body(), seq=seq), AT)
    monkeypatch.setattr(older_rows, "MOST", 10)
    filled = schema._fill
    ended = iter((False, False, True))

    def fill(db: sqlite3.Connection) -> bool:
        if next(ended, False):
            raise KeyboardInterrupt
        return filled(db)

    monkeypatch.setattr(schema, "_fill", fill)
    with pytest.raises(KeyboardInterrupt):
        Store(tmp_path)
    assert db.execute("SELECT count(*) FROM report_row").fetchone() == (20,)
    assert db.execute("PRAGMA user_version").fetchone() == (5,), "no hub takes it for one of today, nor for its own"
    with pytest.raises(sqlite3.OperationalError, match="view"):  # an older hub, that was started in between
        put_report(db, "S1", "config", 26, payload("config", config_body(), seq=26), AT)
    store = Store(tmp_path)
    assert store.all("SELECT count(*), count(DISTINCT made_at) FROM report WHERE config <> ''") == [(25, 1)]
    assert views(store)["sites"]["S1"]["not_shown"] is None
    store.close()
    db.close()


def test_a_case_of_a_site_without_any_report_in_time_says_so(city: tuple[Store, list[str]], tmp_path: Path) -> None:
    store, _ = city
    signer = load_or_create_signer(tmp_path / "key.pem")
    with pytest.raises(UsageError):
        write_case(store, Trust(), signer, "nobody", "privacy-mask-present", NOW, LATER)


@pytest.mark.parametrize("bad", [b"\xff", b"", b"[]", payload("config", config_body(), "9999-12-31T23:59:59-12:00")])
def test_a_report_between_two_good_ones_that_nobody_can_read_ends_no_case(tmp_path: Path, bad: bytes) -> None:
    db = old_hub(tmp_path)
    put_good(db, "S1", AT)
    put_report(db, "S1", "config", 3, bad, AT)
    put_report(db, "S1", "config", 4, payload("config", config_body(), seq=4), AT)
    db.close()
    store = Store(tmp_path)
    signer = load_or_create_signer(tmp_path / "key.pem")
    begin, end = datetime(2026, 11, 24, tzinfo=UTC), datetime(2026, 11, 25, tzinfo=UTC)
    case = write_case(store, Trust(), signer, "S1", "privacy-mask-present", begin, end)
    store.close()
    assert (case.envelopes, case.missing) == (5 if bad == b"\xff" else 6, 1)
    assert b'"reason": "unreadable"' in case.data
    assert [row.subject for row in case.rows] == ["camera:gate"]
