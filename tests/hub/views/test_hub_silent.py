"""Sites that are late, offline, wedged or never enrolled are named with since when; the others are not."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import delivery
import pytest
from caseside import Day, health
from delivery import NOW, Maker
from hubdesk import Desk

from agent.contract.envelope import STATE_TYP, sign_payload
from agent.contract.presence import write_state
from agent.contract.topics import topic
from agent.hub.domain.rows.sites import SiteRow, WaitingRow
from agent.hub.stores import trust
from agent.hub.stores.reading import queries
from agent.hub.views.silent import Silent, silent_sites, standing
from agent.hub.views.status import find_silent, write_silent
from agent.site.config.site import Hub

MINUTE = timedelta(minutes=1)
NOBODY = trust.Trust()


def row(**changes: str) -> SiteRow:
    at = "2026-11-24T15:00:00.000Z"
    made: dict[str, object] = {
        "site": "S1",
        "city": "datong",
        "epoch": "e1",
        "connection_no": 1,
        "status": "ready",
        "state_at": at,
        "arrived_at": at,
        "health_at": at,
        "next_due_at": "2026-11-24T15:15:00Z",
        "kid": "k",
        "confirm": "hub",
        "protocol": "mqtt5",
        "health_made_at": at,
    }
    return SiteRow(**{**made, **changes})  # type: ignore[arg-type]


def at(minutes: float) -> datetime:
    """Return so long after the health report of `row`, which was due again after 15 minutes."""
    return datetime.fromisoformat("2026-11-24T15:00:00Z") + minutes * MINUTE


def judged(of: SiteRow, now: datetime) -> tuple[str, str, datetime] | None:
    found = silent_sites([of], [], NOBODY, now)
    return (found[0].kind, found[0].why, found[0].since) if found else None


def test_a_site_is_late_half_a_period_after_it_was_due_and_wedged_after_two_more() -> None:
    assert judged(row(), at(22.5)) is None
    assert judged(row(), at(22.6)) == ("late", "no-health", at(15))
    assert judged(row(), at(45)) == ("late", "no-health", at(15))
    assert judged(row(), at(45.1)) == ("wedged", "no-health", at(15))
    assert judged(row(status="unknown"), at(45.1)) == ("late", "no-health", at(15))


def test_a_site_that_said_goodbye_or_whose_will_was_spoken_is_offline_since_then() -> None:
    assert judged(row(status="lost", state_at=at(3).isoformat()), at(5)) == ("offline", "lost", at(3))
    assert judged(row(status="disconnected", state_at=at(3).isoformat()), at(5)) == ("offline", "disconnected", at(3))


def test_a_wrong_clock_of_the_site_changes_nothing() -> None:
    wrong = {"health_made_at": "1970-01-01T00:00:00.000Z", "next_due_at": "1970-01-01T00:15:00Z"}
    assert judged(row(**wrong), at(22)) is None
    assert judged(row(**wrong), at(23)) == ("late", "no-health", at(15))


@pytest.mark.parametrize("due", ["", "soon", "2026-11-24T15:15:00", "9999-01-01T00:00:00Z"])
def test_a_due_time_that_says_nothing_or_far_too_much_counts_as_a_day(due: str) -> None:
    assert judged(row(next_due_at=due), at(36 * 60)) is None
    assert judged(row(next_due_at=due, status="unknown"), at(36 * 60 + 1)) == ("late", "no-health", at(24 * 60))


def test_a_due_time_in_the_past_does_not_excuse_a_site_and_does_not_flap() -> None:
    past = row(next_due_at="2020-01-01T00:00:00Z")
    assert judged(past, at(1.9)) is None
    assert judged(past, at(2.1)) == ("late", "no-health", at(1))


def test_a_site_that_is_connected_and_never_sends_health_is_wedged_after_an_hour() -> None:
    silent = row(health_at="", next_due_at="", health_made_at="")
    assert judged(silent, at(60)) is None
    assert judged(silent, at(61)) == ("wedged", "no-health-yet", at(0))


def test_a_site_whose_reports_are_carried_here_is_late_after_a_week_only() -> None:
    carried = row(confirm="file", status="ready")
    assert judged(carried, at(7 * 24 * 60)) is None
    assert judged(carried, at(7 * 24 * 60 + 1)) == ("late", "no-batch", at(7 * 24 * 60))


def test_who_sends_with_a_key_that_nobody_vouches_for_and_who_is_vouched_for_and_never_sent_is_told() -> None:
    binding = trust.Binding("K" * 43, "S8", "2026-11-20T00:00:00.000Z")
    revoked = trust.Binding("R" * 43, "S7", "2026-11-20T00:00:00.000Z", revoked_at="2026-11-21T00:00:00.000Z")
    waiting = [
        WaitingRow("S9", "U" * 43, 3, "2026-11-24T14:00:00.000Z", True),
        WaitingRow("S1", "V" * 43, 3, "2026-11-24T14:00:00.000Z", True),  # S1 is known by another key
        WaitingRow("", "W" * 43, 3, "2026-11-24T14:00:00.000Z", True),
    ]
    believed = trust.Trust({b.kid: b for b in (binding, revoked)})
    assert silent_sites([row()], waiting, believed, at(1)) == (
        Silent("S8", "", "never-enrolled", "never-sent", datetime.fromisoformat(binding.added_at), "K" * 43),
        Silent("S9", "", "never-enrolled", "untrusted-key", at(-60), "U" * 43),
    )
    shown = [WaitingRow("S8", "K" * 43, 1, "2026-11-24T14:00:00.000Z", False)]
    assert [s.why for s in silent_sites([], shown, trust.Trust({binding.kid: binding}), at(1))] == ["key-not-shown"]


def test_a_site_whose_keys_this_hub_has_revoked_or_that_have_ended_is_told_so_whatever_its_state() -> None:
    gone = trust.Binding("R" * 43, "S1", "2026-11-20T00:00:00.000Z", revoked_at=at(2).isoformat())
    ended = trust.Binding("E" * 43, "S1", "2026-11-20T00:00:00.000Z", until=at(1).isoformat())
    good = trust.Binding("G" * 43, "S1", "2026-11-20T00:00:00.000Z")
    for status in ("ready", "disconnected", "lost"):
        of = row(status=status, state_at=at(3).isoformat())
        believed = trust.Trust({one.kid: one for one in (gone, ended)})
        assert silent_sites([of], [], believed, at(5)) == (
            Silent("S1", "datong", "revoked", "revoked-key", at(2), "R" * 43),
        )
        assert standing(of, (gone, ended), at(5)) == "revoked"
    assert silent_sites([row()], [], trust.Trust({"E": ended}), at(5))[0].why == "expired-key"
    assert silent_sites([row()], [], trust.Trust({"E": ended}), at(0.5)) == ()
    believed = trust.Trust({one.kid: one for one in (gone, ended, good)})
    assert silent_sites([row()], [], believed, at(5)) == ()
    assert standing(row(), believed.bindings.values(), at(5)) is None


def test_a_site_that_was_enrolled_and_whose_service_never_ran_is_not_started() -> None:
    enrolled = row(status="disconnected", state_at=at(3).isoformat(), health_at="", next_due_at="", health_made_at="")
    assert judged(enrolled, at(5)) == ("not-started", "not-started", at(3))
    assert standing(enrolled, (), at(5)) == "not-started"
    binding = trust.Binding("K" * 43, "S8", "2026-11-20T00:00:00.000Z", by="enrollment")
    (found,) = silent_sites([], [], trust.Trust({binding.kid: binding}), at(1))
    assert (found.kind, found.why) == ("not-started", "not-started")


def test_the_silent_are_sorted_by_kind_then_by_how_long() -> None:
    sites = [
        row(site="A", status="ready"),
        row(site="B", status="lost", state_at=at(9).isoformat()),
        row(site="C", status="lost", state_at=at(8).isoformat()),
        row(site="D", status="unknown"),
    ]
    assert [(s.site, s.kind) for s in silent_sites(sites, [], NOBODY, at(60))] == [
        ("C", "offline"),
        ("B", "offline"),
        ("A", "wedged"),
        ("D", "late"),
    ]


def test_silence_is_read_from_what_really_came(desk: Desk, tmp_path: Path) -> None:
    broker = Hub("127.0.0.1")
    well, gone, strange = (Maker(tmp_path / name, delivery.site(name, hub=broker)) for name in ("S1", "S2", "S3"))
    for maker in (well, gone):
        desk.vouch(maker)
        desk.birth(maker, "e1")
        for envelope in Day(maker).report(NOW, health(NOW)):
            assert desk.send(envelope, maker.site.id)["event"] == "verified"
    desk.birth(gone, "e1", status="lost", at=NOW + 2 * MINUTE)
    desk.birth(strange, "e1", at=NOW + MINUTE)
    desk.intake.trust = trust.add(desk.directory, "S4", "A" * 43, NOW)
    told = write_silent(find_silent(desk.store, desk.intake.trust, NOW + 3 * MINUTE), NOW + 3 * MINUTE)
    assert [(s["site"], s["kind"], s["silent_s"]) for s in told["sites"]] == [  # type: ignore[index,union-attr]
        ("S4", "never-enrolled", 180),
        ("S3", "never-enrolled", 120),
        ("S2", "offline", 60),
    ]
    later = write_silent(find_silent(desk.store, desk.intake.trust, NOW + 60 * MINUTE), NOW + 60 * MINUTE)
    assert ("S1", "wedged") in [(s["site"], s["kind"]) for s in later["sites"]]  # type: ignore[index,union-attr]


def test_a_birth_that_says_file_is_known_as_such(desk: Desk, tmp_path: Path) -> None:
    maker = Maker(tmp_path / "S1")
    desk.vouch(maker)
    payload = write_state(
        maker.presence(),
        "ready",
        NOW,
    )
    desk.hand_in(topic("datong", "S1", "state"), payload, sign_payload(payload, maker.signer, STATE_TYP))
    (site,) = queries.site_rows(desk.store)
    assert site.confirm == "file"  # a site without a hub in its configuration
