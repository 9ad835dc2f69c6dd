"""What a person accepted by name stays unknown, is no open item, and comes back: for one box, until one day."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sites import NOW, camera, healthy, observed, site

from agent.judge.checks.table import run_checks
from agent.model import exits
from agent.model.finding import ACCEPTED, Finding
from agent.model.matters import shown
from agent.observe.facts.facts import gather
from agent.site.config.site import Site
from agent.site.declarations.accepted import Accepted
from drivers.model import Identity

WORD = Accepted(
    item="disks-not-told", device="box", box="SN-1", by="Li Na", why="its firmware lists no disks",
    at=date(2026, 11, 1), until=date(2026, 12, 1),
)  # fmt: skip
FORECAST = "retention-forecast device:box"


def judged(*words: Accepted, serial: str = "SN-1", days: int = 0) -> dict[str, Finding]:
    a_site: Site = replace(site(camera()), accepted=words)
    seen = tuple(one for one in healthy() if not isinstance(one.value, Identity))
    seen += observed("device:box", Identity("Demo", "D-1", "1.0", serial))
    shifted = tuple(replace(one, taken_at=one.taken_at + timedelta(days=days)) for one in seen)
    return {f.key: f for f in run_checks(a_site, gather(shifted), NOW + timedelta(days=days))}


def test_what_nobody_accepted_is_one_open_item_of_its_device() -> None:
    found = judged()
    assert (found[FORECAST].status, found[FORECAST].reason, bool(shown([found[FORECAST]]))) == (
        "unknown", "disks-not-told", True,
    )  # fmt: skip
    assert found["storage-health device:box"].caused_by == FORECAST


def test_what_was_accepted_stays_unknown_and_is_no_open_item() -> None:
    found = judged(WORD)[FORECAST]
    assert (found.status, bool(shown([found]))) == ("unknown", False)
    assert found.evidence[ACCEPTED] == {
        "by": "Li Na", "why": "its firmware lists no disks", "at": "2026-11-01", "until": "2026-12-01",
    }  # fmt: skip
    assert "Li Na accepted it until 2026-12-01" in str(found.message)
    assert exits.exit_code((found,)) == exits.OK


@pytest.mark.parametrize(
    ("word", "serial", "days"),
    [
        (WORD, "SN-1", 8),
        (replace(WORD, at=date(2026, 11, 30)), "SN-1", 0),
        (WORD, "SN-2", 0),
        (WORD, "", 0),
        (replace(WORD, device="other"), "SN-1", 0),
        (replace(WORD, item="sound-not-told"), "SN-1", 0),
    ],
    ids=["its day is over", "its day is to come", "another box", "a box without a number", "another device", "else"],
)
def test_it_holds_for_nothing_else(word: Accepted, serial: str, days: int) -> None:
    found = judged(word, serial=serial, days=days)[FORECAST]
    assert ACCEPTED not in found.evidence and shown([found])


def test_no_fault_and_no_pass_is_accepted() -> None:
    before, after = judged(), judged(WORD)
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {FORECAST, "storage-health device:box"}
    assert {key: one.status for key, one in before.items()} == {key: one.status for key, one in after.items()}
