"""The current tables say what the newest reports say, in the transaction that commits them, and nothing older."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import delivery
import pytest
from caseside import Day, at, event, finding
from delivery import Maker
from hubdesk import Desk, trusted
from older_hub import as_of_version

from agent.hub.domain.rows.findings import FindingRow, Stretch, Wanted
from agent.hub.stores import current, schema
from agent.hub.stores.findings import findings, fleet, history, site_facts
from agent.hub.stores.keeping.expiry import delete_beside
from agent.hub.stores.store import Store
from agent.model.finding import Draft, Json
from agent.site.config.site import Hub

MASK = "privacy-mask-present"


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site", delivery.site(hub=Hub("127.0.0.1")))


def config(*found: Mapping[str, Json], model: str = "DS-1", firmware: str = "5.7", **more: Json) -> Draft:
    """Return a report of a site with two cameras on one recorder."""
    identity = {"manufacturer": "m", "model": model, "firmware": firmware, "serial": "1"}
    body = {
        **delivery.config_report().body,
        "devices": [{"id": "nvr", "driver": "isapi", "identity": identity}],
        "cameras": [
            {"id": name, "device": "nvr", "channel": 1, "name": name, "maintainer": "Anfang Ltd"}
            for name in ("c0", "c1")
        ],
        "findings": [dict(one) for one in found],
        **more,
    }
    return Draft("config", body)


def shown(store: Store, **wanted: str) -> list[tuple[str, str, str, str]]:
    return [(one.check, one.subject, one.status, one.since) for one in findings(store, Wanted(**wanted))]


def since(hours: float) -> str:
    return at(hours).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def test_a_configuration_report_replaces_what_stood_and_what_goes_on_keeps_its_beginning(
    desk: Desk, maker: Maker
) -> None:
    trusted(desk, maker)
    day = Day(maker)
    fail, warn = finding("camera:c0", "fail"), finding("camera:c1", "warn", MASK)
    desk.send(day.report(at(0), config(fail, finding("camera:c1", "pass")))[0])
    assert shown(desk.store) == [("camera-online", "camera:c0", "fail", since(0))]
    desk.send(day.report(at(1), config(fail, warn))[0])
    assert shown(desk.store) == [
        ("camera-online", "camera:c0", "fail", since(0)),
        (MASK, "camera:c1", "warn", since(1)),
    ]
    desk.send(day.report(at(2), config(finding("camera:c0", "pass"), {**warn, "status": "fail"}))[0])
    assert shown(desk.store) == [(MASK, "camera:c1", "fail", since(2))]
    assert history(desk.store, "S1", 10) == [
        Stretch(MASK, "camera:c1", "fail", "unreachable", since(2), ""),
        Stretch(MASK, "camera:c1", "warn", "unreachable", since(1), since(2)),
        Stretch("camera-online", "camera:c0", "fail", "unreachable", since(0), since(2)),
    ]
    facts = site_facts(desk.store, "S1")
    assert facts is not None
    assert (facts.division, facts.cameras, facts.made_at) == ("140200", 2, since(2))
    assert facts.devices == (("nvr", "m", "DS-1", "5.7"),)
    (row,) = findings(desk.store, Wanted())
    assert (row.model, row.firmware, row.maintainer) == ("DS-1", "5.7", "Anfang Ltd")
    assert site_facts(desk.store, "S9") is None


def test_an_event_changes_one_finding_between_configuration_reports(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    day = Day(maker)
    desk.send(day.report(at(0), config(finding("camera:c0", "fail")))[0])
    desk.send(day.report(at(1), event("camera:c0", "fail", "pass"))[0])
    assert shown(desk.store) == []
    desk.send(day.report(at(2), event("camera:c1", "pass", "fail"))[0])
    assert shown(desk.store) == [("camera-online", "camera:c1", "fail", since(2))]
    assert history(desk.store, "S1", 1)[0].from_at == since(2)


def test_what_is_older_than_what_stands_changes_nothing_however_late_it_comes(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    day = Day(maker)
    (old,) = day.report(at(0), config(finding("camera:c0", "fail")))
    (late,) = day.report(at(1), event("camera:c0", "pass", "fail"))
    (new,) = day.report(at(2), config(finding("camera:c0", "pass")))
    for one in (new, old, late):
        assert desk.send(one)["event"] == "verified"
    assert shown(desk.store) == []
    facts = site_facts(desk.store, "S1")
    assert facts is not None and facts.made_at == since(2)


def test_a_fork_and_a_report_of_a_life_that_is_over_change_nothing(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    good = Day(maker).report(at(0), config(finding("camera:c0", "pass")))[0]
    fork = Day(maker).report(at(1), config(finding("camera:c0", "fail")))[0]
    assert [desk.send(one)["event"] for one in (good, fork)] == ["verified", "fork"]
    assert shown(desk.store) == []
    desk.birth(maker, "e2")
    over = Day(maker, "e1", dict(Day(maker).heads))
    over.report(at(0), config())
    assert desk.send(over.report(at(3), config(finding("camera:c0", "fail")))[0])["event"] in ("verified", "tamper")
    assert shown(desk.store) == []


def test_a_new_life_goes_on_from_what_stood_and_ends_what_it_no_longer_tells(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    desk.send(Day(maker).report(at(0), config(finding("camera:c0", "fail"), finding("camera:c1", "fail")))[0])
    desk.birth(maker, "e2")
    assert len(shown(desk.store)) == 2
    desk.send(Day(maker, "e2").report(at(5), config(finding("camera:c0", "fail")))[0])
    assert shown(desk.store) == [("camera-online", "camera:c0", "fail", since(0))]


def test_nothing_stands_of_a_report_that_was_rolled_back(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    (report,) = Day(maker).report(at(0), config(finding("camera:c0", "fail")))
    with pytest.raises(RuntimeError), desk.store.transaction():
        desk.intake.take("vss/v1/datong/S1/report/config", report.report.payload, report.jws, at(0))
        assert len(shown(desk.store)) == 1
        raise RuntimeError
    assert shown(desk.store) == []
    assert site_facts(desk.store, "S1") is not None


@pytest.mark.parametrize(
    "more",
    [
        {"findings": [{"check": "x" * 9000, "subject": "\n\x00", "status": "fail"}]},
        {"findings": [{"check": 7, "subject": [], "status": "fail", "message": {}}]},
        {"findings": [{"check": "a", "subject": "b", "status": "odd"}] * 3},
        {"devices": [{"id": "nvr", "identity": 7}, {"id": "nvr"}, 5], "cameras": [7, {"id": [], "device": {}}]},
        {"findings": "none", "devices": None, "cameras": {}},
    ],
    ids=str,
)
def test_a_malformed_report_is_stored_and_harms_no_view(desk: Desk, maker: Maker, more: dict[str, Json]) -> None:
    trusted(desk, maker)
    assert desk.send(Day(maker).report(at(0), config(**more))[0])["event"] == "verified"
    for row in findings(desk.store, Wanted()):
        assert isinstance(row, FindingRow) and len(row.check) <= 200
    assert fleet(desk.store, "", "", 1) is not None


def sites(desk: Desk, tmp_path: Path, kinds: list[tuple[str, str, str, str]]) -> None:
    """Have a site for each of firmware, division, status of c0 and of c1."""
    for number, (firmware, division, *statuses) in enumerate(kinds):
        name = f"S{number}"
        maker = Maker(tmp_path / name, delivery.site(name, hub=Hub("127.0.0.1")))
        trusted(desk, maker)
        found = [finding(f"camera:c{place}", status, MASK) for place, status in enumerate(statuses)]
        report = Day(maker).report(at(number), config(*found, firmware=firmware, division=division))[0]
        assert desk.send(report, name)["event"] == "verified"


def test_filters_and_what_fails_at_many_boxes_of_one_kind(desk: Desk, tmp_path: Path) -> None:
    kinds = [
        ("5.7", "140200", "fail", "fail"), ("5.7", "140211", "fail", "pass"), ("5.7", "140300", "pass", "unknown"),
        ("5.8", "150000", "pass", "pass"), ("5.8", "140200", "fail", "not_applicable"),
    ]  # fmt: skip
    sites(desk, tmp_path, kinds)

    def found(**wanted: str) -> list[tuple[str, str]]:
        return [(one.site, one.subject) for one in findings(desk.store, Wanted(**wanted))]

    assert found(status="unknown") == [("S2", "camera:c1")]
    assert found(division="140200", status="fail") == [
        ("S0", "camera:c0"), ("S0", "camera:c1"), ("S1", "camera:c0"), ("S4", "camera:c0"),
    ]  # fmt: skip
    assert found(division="140211") == [("S1", "camera:c0")]
    assert len(found(division="140000")) == len(found()) == 5
    assert found(division="150000") == found(model="DS-2") == found(check="camera-online") == []
    assert found(since=since(2)) == [("S4", "camera:c0"), ("S2", "camera:c1")]
    assert found(site="S1", maintainer="Anfang Ltd", model="DS-1", check=MASK) == [("S1", "camera:c0")]
    assert found(site="S1' OR '1' = '1") == []
    rows = [(r.firmware, r.failing, r.subjects, r.sites_failing, r.sites) for r in fleet(desk.store, MASK, "", 2)]
    assert rows == [("5.7", 3, 6, 2, 3)]
    assert [r.firmware for r in fleet(desk.store, "", "DS-1", 1)] == ["5.7", "5.8"]
    assert fleet(desk.store, "camera-online", "", 1) == fleet(desk.store, "", "DS-2", 1) == []


def test_an_older_database_is_filled_from_the_stored_reports_as_intake_would_have(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the hub is ended in between: a portion is one transaction."""
    sites(
        desk,
        tmp_path,
        [("5.7", "140200", "fail", "pass"), ("5.8", "140200", "pass", "warn"), ("5.8", "1", "pass", "pass")],
    )
    tables = ("site_now", "device_now", "judged_now", "finding_now", "finding_history")
    kept = {name: desk.store.all(f"SELECT * FROM {name} ORDER BY 1, 2") for name in tables}  # noqa: S608
    for name in tables:
        desk.store.run(f"DROP TABLE {name}")
    desk.store.close()
    as_of_version(desk.directory, 7)
    monkeypatch.setattr(current, "_SITES_AT_ONCE", 1)
    real, times = current.fill, []

    def interrupted(db: object) -> bool:
        times.append(1)
        if len(times) == 2:
            raise KeyboardInterrupt
        return real(db)  # type: ignore[arg-type]

    monkeypatch.setattr(current, "fill", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Store(desk.directory)
    store = Store(desk.directory)
    assert {name: store.all(f"SELECT * FROM {name} ORDER BY 1, 2") for name in tables} == kept  # noqa: S608
    assert store.all("PRAGMA user_version") == [(schema.VERSION,)]
    store.close()


def test_a_report_with_a_body_that_no_reader_takes_does_not_stop_the_migration(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    day = Day(maker)
    for hour in (0, 1):
        desk.send(day.report(at(hour), config(finding("camera:c0", "fail")))[0])
    desk.store.run("UPDATE body SET payload = ? WHERE id = 1", b"[" * 3000)
    desk.store.run("UPDATE body SET payload = ? WHERE id = 2", json.dumps({"ts": "2026", "body": 7}).encode())
    for name in ("site_now", "device_now", "judged_now", "finding_now", "finding_history"):
        desk.store.run(f"DELETE FROM {name}")  # noqa: S608
    desk.store.close()
    as_of_version(desk.directory, 7)
    store = Store(desk.directory)
    assert findings(store, Wanted()) == []
    store.close()


def test_what_ended_before_the_limit_is_deleted_and_what_lasts_stays(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    day = Day(maker)
    desk.send(day.report(at(0), config(finding("camera:c0", "fail"), finding("camera:c1", "fail")))[0])
    desk.send(day.report(at(1), config(finding("camera:c1", "fail")))[0])
    delete_beside(desk.store, (at(1) + timedelta(days=1)).isoformat())
    assert [(one.subject, one.to_at) for one in history(desk.store, "S1", 9)] == [("camera:c1", "")]
