"""Each declared duty broken once at a site where all else is in order: its own finding changes, and no other status.

What hangs on the same cause may change with it, and names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import pytest
from duty_sites import IN_USE, TODAY, declared_site, word
from sites import NOW, camera, gateway, healthy_camera, healthy_device, observed

from agent.judge.checks.table import run_checks
from agent.judge.memory.memory import Memory
from agent.judge.memory.transitions import transitions
from agent.observe.facts.facts import Facts, gather
from agent.observe.facts.filed_system import FiledDevice, Filing
from agent.site.config.site import Site
from drivers.footage import PlatformLink, PlatformServer
from drivers.model import CAMERA_FACTS, Camera, Unavailable

CODES = ((1, "14020000001320000001"), (2, "14020000001320000002"))
CAMERAS = (
    camera("gate", camera=Camera("gate", "box", "Gate", CODES[0][1], placement="main gate")),
    camera("yard", camera=Camera("yard", "box", "Yard", CODES[1][1], 2, "back yard")),
)
NAMES = {"gate": "School gate", "yard": "School yard"}
FILED = Filing("dt0001", IN_USE, ("gate", "yard"), 30, (FiledDevice("box", "N8", "42"),), NAMES)


def seen(
    registered: bool = True, enabled: bool = True, codes: tuple[tuple[int, str], ...] = CODES, lost: bool = False
) -> Facts:
    """Return what a look shows of a recorder that is linked to the police platform."""
    link = PlatformLink((PlatformServer("GB28181", enabled, registered, heartbeat_s=60, codes=codes),))
    yard = observed("camera:yard", *(Unavailable(fact, "unreachable") for fact in CAMERA_FACTS)) if lost else ()
    facts = gather(
        gateway() + healthy_device() + observed("device:box", link) + healthy_camera("gate")
        + (yard or healthy_camera("yard"))
    )  # fmt: skip
    return replace(facts, filed=FILED)


def whole(*rows: object, without: tuple[str, ...] = (), **changes: object) -> Site:
    """Return a linked site with a required point, for which everything is declared."""
    given = (word("linked", True), word("required-points", ("P1",)), word("required-point", "P1", cameras=("yard",)))
    kept = tuple(row for row in given if row.duty not in {one.duty for one in rows})  # type: ignore[attr-defined]
    return declared_site(*kept, *rows, without=without, **{"cameras": CAMERAS, **changes})  # type: ignore[arg-type]


def later(days: int) -> date:
    return IN_USE + timedelta(days=days)


SITE_BREACHES: Mapping[str, Site] = {
    "forbidden-zone-declaration": whole(word("zone-type", "toilet")),
    "forbidden-zone-name-hint": whole(
        cameras=(CAMERAS[0], replace(CAMERAS[1], camera=replace(CAMERAS[1].camera, name="女更衣室")))
    ),
    "required-point-covered": whole(word("required-points", ("P1", "P2"))),
    "commissioning-order": whole(word("main-project-date", later(-5))),
    "acceptance-before-use": whole(word("trial-from", later(-10))),
    "filing-deadline-datong": whole(word("filing-datong", document_at=later(31))),
    "filing-deadline-national": whole(word("filing-national", document_at=later(31))),
    "filing-facts-match": whole(word("filed-storage-days", 20)),
    "maintenance-interval": whole(word("maintenance-last", TODAY - timedelta(days=40))),
    "access-register-match": whole(word("access-register", False)),
    "view-library-keepalive": whole(word("view-library", True)),
}
"""The check that must notice -> the site that breaks its duty by what is declared."""

SEEN_BREACHES: Mapping[str, Facts] = {
    "platform-interface-configured": seen(enabled=False),
    "platform-registered": seen(registered=False),
    "platform-catalog-complete": seen(codes=CODES[:1]),
    "filing-change-pending": replace(seen(), filed=replace(FILED, storage_days=60)),
    "filing-device-list-match": replace(seen(), filed=replace(FILED, devices=(FiledDevice("box", "N8", "7"),))),
    "camera-online": seen(lost=True),
}
"""The check that must notice -> what a look at the site in order shows then."""


def statuses(a_site: Site, facts: Facts) -> dict[str, tuple[str, str, str]]:
    return {f.key: (f.status, f.reason, f.caused_by) for f in run_checks(a_site, facts, NOW)}


def noticed(a_site: Site, facts: Facts) -> set[str]:
    """Return the checks whose findings are told of another status, after as many looks as each of them asks."""
    before = run_checks(whole(), seen(), NOW)
    _, memory = transitions(before, Memory(), NOW)
    told = set()
    for look in range(1, 4):
        now = NOW + look * timedelta(minutes=15)
        changed, memory = transitions(run_checks(a_site, facts, NOW), memory, now)
        told |= {one.finding.check for one in changed if one.told}
    return told


def test_the_site_in_order_has_nothing_to_tell_but_what_nobody_reads_yet() -> None:
    loud = {k: v for k, v in statuses(whole(), seen()).items() if v[0] not in ("pass", "not_applicable") and not v[2]}
    assert {key for key, (_, reason, _) in loud.items() if reason == "not-read-yet"} == {
        "platform-keepalive site", "export-log-present site", "osd-compliant site",
    }  # fmt: skip
    assert {key: found for key, found in loud.items() if found[0] != "unknown"} == {}


@pytest.mark.parametrize("check", SITE_BREACHES)
def test_a_breach_by_what_is_declared_is_noticed_and_nothing_else_changes(check: str) -> None:
    assert noticed(SITE_BREACHES[check], seen()) == {check}


@pytest.mark.parametrize("check", SEEN_BREACHES)
def test_a_breach_that_is_seen_is_noticed_and_nothing_else_changes(check: str) -> None:
    assert noticed(whole(), SEEN_BREACHES[check]) == {check}


@pytest.mark.parametrize(
    "duty",
    ["scope", "secret", "supervising-organ", "national-class", "place-category", "signage", "neighbour-consent",
     "contractor-build", "device-certificates", "outsourcing-agreement", "secure-device-level", "paper-design-review",
     "paper-contract", "paper-construction", "legal-unit", "maintenance-last", "view-library", "access-register"],
)  # fmt: skip
def test_a_word_that_is_missing_is_noticed_as_the_one_open_item(duty: str) -> None:
    assert noticed(whole(without=(duty,)), seen()) == {"declarations"}
