"""Who edits his own site cannot take back what he has signed: each trick shows in what the hub lays side by side."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from delivery import DAY, NOW, Maker
from hubdesk import Desk, trusted

from agent.commands.hub import command as hub_command
from agent.commands.hub.view import CHANGED
from agent.hub.views.changes import NAMED_MAX, Change, ConfigReport, changes
from agent.model.finding import Draft, Head, StreamName

Body = dict[str, Any]
MASKS = "a" * 64


def body() -> Body:
    """What a site of two cameras reports."""
    return {
        "division": "140200",
        "agent": {"version": "0.1.0"},
        "devices": [
            {"id": f"box{n}", "driver": "onvif", "identity": {"model": "N8", "serial": f"S-{n}"}} for n in (1, 2)
        ],
        "cameras": [
            {
                "id": f"gate{n}",
                "code": None,
                "provisional": True,
                "name": "Gate",
                "device": f"box{n}",
                "channel": 1,
                "masks_digest": MASKS,
                "approval": {"by": "Li Na", "at": "2026-10-01T08:00:00Z", "why": "acceptance", "masks_digest": MASKS,
                             "zones_digest": MASKS, "no_private_area": False},
                "retention": {"oldest_at": None, "spans": 1, "sealed_days": 30, "sealed_head": "b" * 64},
            }
            for n in (1, 2)
        ],
        "findings": [
            finding("privacy-mask-present", "camera:gate1", {"zones": ["window", "door"]}),
            finding("declarations", "site", {"open": [{"duty": "acceptance-date", "state": "missing"}]}),
        ],
        "digests": {"config": "c" * 64, "desired": None},
        "policy": {"period_s": 900, "retention_floor_days": 30, "retention_ceiling_days": 60, "clock_fail_s": 30},
        "rules": {"profile": "full", "packs": [{"id": "cn-799", "version": 1, "digest": "d" * 64}], "floors": []},
        "answers": [],
    }  # fmt: skip


def finding(check: str, subject: str, evidence: Body) -> Body:
    return {"check": check, "subject": subject, "status": "pass", "severity": "minor", "reason": "", "message": "x",
            "source": {"document": "x", "article": "1"}, "evidence": evidence, "caused_by": ""}  # fmt: skip


def found(trick: Callable[[Body], object], days: float = 20) -> set[tuple[str, tuple[str, ...]]]:
    """Return what is told when the site reported honestly, and `days` later what the trick makes of it."""
    after = body()
    trick(after)
    earlier, later = (ConfigReport("e1", at, True, told) for at, told in ((NOW, body()), (NOW + days * DAY, after)))
    return {(change.kind, change.what) for change in changes(earlier, later)}


def test_a_site_that_changes_nothing_is_told_of_by_nothing() -> None:
    assert found(lambda told: None) == set()


def test_a_camera_that_is_dropped_is_missed_by_name() -> None:
    assert found(lambda told: told["cameras"].pop()) == {("cameras-fewer", ("gate2",))}


def test_a_camera_read_from_another_channel_is_asked_about() -> None:
    assert found(lambda told: told["cameras"][0].update(channel=2)) == {("camera-elsewhere", ("gate1",))}


def test_another_box_under_the_same_name_is_told() -> None:
    assert found(lambda told: told["devices"][0]["identity"].update(serial="S-9")) == {("device-replaced", ("box1",))}


def test_two_ids_on_one_camera_are_one_box() -> None:
    assert ("one-box-as-several", ("box1", "box2")) in found(
        lambda told: told["devices"][1]["identity"].update(serial="S-1")
    )


@pytest.mark.parametrize(
    ("name", "value", "is_told"),
    [
        ("clock_fail_s", 300, True),
        ("clock_fail_s", 10, False),
        ("retention_floor_days", 10, True),
        ("retention_floor_days", 90, False),
        ("retention_ceiling_days", 90, True),
        ("retention_ceiling_days", 0, True),
        ("retention_ceiling_days", 40, False),
        ("period_s", 3600, False),
        ("clock_fail_s", None, False),
    ],
)
def test_a_figure_that_is_less_strict_is_told_and_a_stricter_one_is_not(
    name: str, value: float | None, is_told: bool
) -> None:
    assert found(lambda told: told["policy"].update({name: value})) == (
        {("threshold-loosened", (name,))} if is_told else set()
    )


def test_a_zone_that_is_no_longer_declared_is_told() -> None:
    assert found(lambda told: told["findings"][0]["evidence"].update(zones=["door"])) == {("zones-fewer", ("gate1",))}


def test_a_wide_open_view_that_somebody_approves_is_told_with_the_new_name() -> None:
    def approve(told: Body) -> None:
        told["cameras"][0]["approval"].update(by="Wang", masks_digest="0" * 64)

    assert found(approve) == {("masks-approved-anew", ("gate1",)), ("approver-new", ("Wang",))}


def test_a_sealed_index_that_begins_anew_is_told() -> None:
    assert found(lambda told: told["cameras"][0]["retention"].update(sealed_days=2)) == {
        ("index-restarted", ("gate1",))
    }


def test_an_edited_rule_pack_of_the_same_version_is_told_and_a_new_version_is_not() -> None:
    assert found(lambda told: told["rules"]["packs"][0].update(digest="e" * 64)) == {("rules-edited", ("cn-799",))}
    assert found(lambda told: told["rules"]["packs"][0].update(digest="e" * 64, version=2)) == set()
    assert found(lambda told: told["rules"]["packs"].clear()) == {("rules-fewer", ("cn-799",))}


@pytest.mark.parametrize(("at", "is_told"), [("2026-11-01", True), ("2026-11-23", False), ("2026-11-30", False)])
def test_a_declaration_dated_before_a_report_that_missed_it_is_told(at: str, is_told: bool) -> None:
    def backdate(told: Body) -> None:
        told["findings"][1]["evidence"] = {"declared": [{"duty": "acceptance-date", "state": "declared", "at": at}]}

    assert found(backdate) == ({("declaration-backdated", ("acceptance-date",))} if is_told else set())


def test_a_clock_that_went_back_is_told() -> None:
    assert found(lambda told: None, days=-1) == {("clock-back", ())}


def test_an_edited_configuration_is_told_whatever_was_edited_in_it() -> None:
    assert found(lambda told: told["digests"].update(config="f" * 64)) == {("configuration-edited", ())}


@pytest.mark.parametrize("key", sorted(body()))
@pytest.mark.parametrize("nonsense", [None, [], {}, "x", [{"id": {}}], 7])
def test_a_report_of_another_shape_is_no_reason_to_fall(key: str, nonsense: object) -> None:
    found(lambda told: told.update({key: deepcopy(nonsense)}))


def test_every_kind_has_its_question_to_the_site() -> None:
    source = (Path(__file__).parents[2] / "agent/hub/views/changes.py").read_text("utf-8")
    made = re.findall(r'(?:yield Change|_changed)\("([a-z-]+)"', source)
    assert sorted(made) == sorted(CHANGED)


class Site:
    """A trusted site that reports its configuration to a hub."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk(folder / "hub")
        self.maker = Maker(folder / "site")
        self.heads: dict[StreamName, Head] = {}
        trusted(self.desk, self.maker)

    def report(self, told: Body, at: datetime, clock: datetime | None = None) -> None:
        """Report at a time; `clock` is what the site's own clock says then."""
        drafts = [Draft("config", told)]
        (envelope,), self.heads = self.maker.envelopes(drafts, self.heads, "e1", clock or at)
        assert self.desk.send(envelope, at=at)["event"] == "verified"

    def status(self, capsys: pytest.CaptureFixture[str], json_out: bool = False) -> str:
        parser = argparse.ArgumentParser()
        parser.set_defaults(json=json_out, lang="en", quiet=False)
        hub_command.add_arguments(parser)
        assert hub_command.run(parser.parse_args(["status", "--data", str(self.desk.directory)])) == 0
        return capsys.readouterr().out


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.desk.store.close()


def dropped(many: int = 1) -> Body:
    told = body()
    del told["cameras"][-many:]
    return told


def test_hub_status_says_it_with_a_question_and_in_json(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.report(body(), NOW)
    assert json.loads(site.status(capsys, json_out=True))["sites"]["S1"]["changes"] is None
    site.report(dropped(), NOW + 9 * DAY)
    line = "2026-11-24 -> 2026-12-03  cameras are no longer reported, ask whether they were taken down: gate2 (2 -> 1)"
    assert line in site.status(capsys)
    (change,) = json.loads(site.status(capsys, json_out=True))["sites"]["S1"]["changes"]["kinds"]
    assert change == {"kind": "cameras-fewer", "what": ["gate2"], "count": 1, "before": "2", "after": "1"}


def test_after_a_month_what_was_asked_about_is_no_longer_told(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.report(body(), NOW)
    site.report(dropped(), NOW + 9 * DAY)
    site.report(dropped(), NOW + 33 * DAY)
    assert "no longer reported" not in site.status(capsys)


def test_a_site_that_turns_its_clock_is_held_against_the_time_of_arrival(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.report(body(), NOW)
    site.report(dropped(), NOW + 2 * DAY, clock=NOW - 200 * DAY)
    said = site.status(capsys)
    assert "cameras are no longer reported" in said
    assert "the site's clock went back" in said


def test_names_that_a_site_makes_up_reach_no_terminal_raw(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    told = body()
    told["cameras"] += [{**told["cameras"][0], "id": f"\x1b[2J{n}"} for n in range(NAMED_MAX + 2)]
    site.report(told, NOW)
    site.report(body(), NOW + DAY)
    said = site.status(capsys)
    assert "\x1b" not in said and ", ... (" in said


def test_a_site_that_was_rebuilt_from_nothing_is_compared_with_what_it_was() -> None:
    """Deleting every state file begins a new epoch; the old reports stay, so that nothing is won by it."""
    later = ConfigReport("e2", NOW + DAY, True, dropped())
    assert Change("cameras-fewer", ("gate2",), "2", "1") in changes(ConfigReport("e1", NOW, True, body()), later)


def test_a_site_that_names_people_by_ids_from_now_on_has_nobody_new_by_that() -> None:
    first, second = ("author-S1-0000000000000001", "author-S1-0000000000000002")

    def approved(by: str) -> ConfigReport:
        told = body()
        for one in told["cameras"]:
            one["approval"] = {**one["approval"], "by": by}
        return ConfigReport("e1", NOW, True, told)

    pairs = ("Li Na", first), (first, second), ("Li Na", "Wang")
    kinds = [{one.kind for one in changes(approved(before), approved(after))} for before, after in pairs]
    assert ["approver-new" in one for one in kinds] == [False, True, True]
