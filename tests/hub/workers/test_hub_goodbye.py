"""A goodbye counts until a health report says otherwise: it may be that of a restored or copied state folder."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import delivery
import pytest
from caseside import Day, health, write_files
from delivery import NOW, Maker
from hubdesk import Desk, trusted

from agent.hub.stores import trust
from agent.hub.views.status import find_silent, write_silent
from agent.hub.workers.imports import take_batch
from agent.hub.workers.intake import Intake
from agent.site.config.site import Hub

MINUTE = timedelta(minutes=1)


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site", delivery.site("S1", hub=Hub("127.0.0.1")))


def silent(desk: Desk, minutes: float) -> list[str]:
    told = write_silent(find_silent(desk.store, desk.intake.trust, NOW + minutes * MINUTE), NOW + minutes * MINUTE)
    return [site["why"] for site in told["sites"]]  # type: ignore[index,union-attr]


@pytest.mark.parametrize("goodbye", ["disconnected", "lost"])
def test_a_site_whose_restored_state_uses_a_number_twice_is_connected_once_its_health_is_verified(
    desk: Desk, maker: Maker, goodbye: str
) -> None:
    trusted(desk, maker)
    day = Day(maker)
    desk.send(day.report(NOW, health(NOW))[0])
    desk.birth(maker, "e1", 7)
    desk.birth(maker, "e1", 7, goodbye, at=NOW + MINUTE)
    desk.birth(maker, "e1", 7, at=NOW + 2 * MINUTE)  # the restored folder's connection: the number is over
    assert silent(desk, 3) == [goodbye]
    (report,) = day.report(NOW, health(NOW))
    assert desk.send(report, at=NOW + 3 * MINUTE)["event"] == "verified"
    assert silent(desk, 4) == []
    assert desk.status()["state"]["status"] == "ready"


def test_a_goodbye_after_the_health_report_counts(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    (report,) = Day(maker).report(NOW, health(NOW))
    desk.send(report)
    desk.birth(maker, "e1", 1, "disconnected", at=NOW + MINUTE)
    assert silent(desk, 2) == ["disconnected"]
    assert desk.send(report, at=NOW + 2 * MINUTE)["event"] == "duplicate"
    assert silent(desk, 3) == ["disconnected"]


def test_an_old_health_report_that_is_sent_again_does_not_bring_a_site_back(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    day = Day(maker)
    (first,), (second,) = day.report(NOW, health(NOW)), day.report(NOW, health(NOW))
    desk.send(second)
    desk.birth(maker, "e1", 1, "disconnected")
    assert desk.send(first, at=NOW + MINUTE)["event"] == "verified"
    assert silent(desk, 2) == ["disconnected"]


def test_a_health_report_that_was_carried_here_as_a_file_does_not_bring_a_site_back(
    desk: Desk, maker: Maker, tmp_path: Path
) -> None:
    trusted(desk, maker)
    desk.birth(maker, "e1", 1, "disconnected")
    made = Day(maker).report(NOW, health(NOW))
    carried = Intake(desk.store, trust.load(desk.directory), is_carried=True)
    done = take_batch(write_files(tmp_path / "batch", list(made)), desk.store, carried, desk.signer, NOW + MINUTE)
    assert done.counts["verified"] == 1
    assert silent(desk, 2) == ["disconnected"]


def test_a_health_report_of_an_older_epoch_does_not_bring_a_site_back(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    desk.birth(maker, "e2", 1)
    desk.birth(maker, "e2", 1, "disconnected")
    (report,) = Day(maker).report(NOW, health(NOW))
    assert desk.send(report, at=NOW + MINUTE)["event"] == "verified"
    assert silent(desk, 2) == ["not-started"]
