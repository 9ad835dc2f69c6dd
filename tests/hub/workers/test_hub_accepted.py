"""A person accepts what a site no longer has: the chain goes on, and nobody takes it for verified."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import delivery
import pytest
from delivery import NOW, Maker
from hubdesk import Desk, chain_of, trusted
from hubside import RunningHub, clock
from mosquitto import Broker

from agent.hub.stores.intake.accepted import accepted
from agent.hub.stores.store import Store
from agent.hub.workers.chains.accepted_loss import accept_loss
from agent.hub.workers.resend import QUIET
from agent.model.errors import UsageError
from agent.model.finding import Draft, Envelope
from agent.site.config.site import Hub
from tests.hub.workers.test_hub_resend import answer, asked


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site", delivery.site(hub=Hub("127.0.0.1", 1883, tls=False)))


def with_a_loss(desk: Desk, maker: Maker, count: int, come: tuple[int, ...], lost: tuple[int, int]) -> list[Envelope]:
    """Have some of so many reports, and the site's word that a run is gone; return all of them."""
    trusted(desk, maker)
    reports = chain_of(maker, count)
    for number in come:
        desk.send(reports[number - 1])
    desk.look(NOW + QUIET)
    assert answer(desk, maker, str(asked(desk)[-1]["id"]), (lost,))["event"] == "answered"
    return reports


def take(desk: Desk) -> list[str]:
    """Do what the running hub does each second."""
    with desk.store.transaction():
        return [str(event["event"]) for event in desk.intake.take_accepted(NOW)]


def accept(desk: Desk, first: int, last: int, by: str = "Li Wei", why: str = "disk replaced") -> None:
    accept_loss(desk.store, "S1", "e1", "event", first, last, by, why, NOW)


def test_the_watermark_goes_on_over_an_accepted_loss_that_stays_visible(desk: Desk, maker: Maker) -> None:
    with_a_loss(desk, maker, 6, (1, 4, 5, 6), (2, 3))
    assert desk.watermark("e1") == {"event": 1}
    accept(desk, 2, 3)
    desk.intake.dirty.clear()
    assert take(desk) == ["loss-accepted"]
    assert desk.watermark("e1") == {"event": 6}
    assert ("S1", "e1") in desk.intake.dirty
    assert take(desk) == []
    (one,) = accepted(desk.store, "S1")
    assert (one.first, one.last, one.by, one.why, one.closed) == (2, 3, "Li Wei", "disk replaced", True)
    gaps = desk.status()["gaps"]
    assert gaps["missing"] == gaps["lost"] == []
    assert [(gap["from_seq"], gap["to_seq"], gap["reason"]) for gap in gaps["explained"]] == [(2, 3, "accepted-loss")]
    assert desk.status()["verified"] == 4
    assert desk.look(NOW + timedelta(days=9)) == []


def test_without_a_next_report_that_names_what_came_before_nothing_moves(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    reports = chain_of(maker, 5)
    desk.send(reports[0])
    desk.send(reports[4])
    desk.look(NOW + QUIET)
    answer(desk, maker, str(asked(desk)[0]["id"]), ((2, 3),))
    accept(desk, 2, 3)
    assert take(desk) == ["loss-accepted"]
    assert desk.watermark("e1") == {"event": 1}  # 4 is only missing
    (one,) = accepted(desk.store, "S1")
    assert not one.closed
    desk.send(reports[3])
    assert desk.watermark("e1") == {"event": 5}
    assert accepted(desk.store, "S1")[0].closed


def test_what_comes_after_all_before_the_chain_closes_is_linked(desk: Desk, maker: Maker) -> None:
    reports = with_a_loss(desk, maker, 6, (1, 6), (2, 4))
    accept(desk, 2, 4)
    desk.send(reports[2])
    take(desk)
    assert desk.watermark("e1") == {"event": 3}
    desk.send(reports[4])
    assert desk.watermark("e1") == {"event": 6}
    rows = desk.store.all("SELECT from_seq, to_seq FROM gap WHERE reason = 'accepted-loss' ORDER BY 1")
    assert rows == [(2, 2), (4, 4)]


def test_a_forged_neighbour_is_still_found_after_an_accepted_loss(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    reports = chain_of(maker, 4)
    strays, _ = maker.envelopes([delivery.event(50 + n) for n in range(5)], {}, "e1")
    for one in (reports[0], reports[3], strays[4]):
        desk.send(one)
    desk.look(NOW + QUIET)
    answer(desk, maker, str(asked(desk)[0]["id"]), ((2, 3),))
    accept(desk, 2, 3)
    assert take(desk) == ["loss-accepted", "tamper"]
    assert desk.watermark("e1") == {"event": 4}  # 5 does not continue 4
    assert desk.status()["tampered"] == 1


def test_a_fork_of_the_neighbour_does_not_say_what_came_before(desk: Desk, maker: Maker) -> None:
    with_a_loss(desk, maker, 4, (1, 4), (2, 3))
    strays, _ = maker.envelopes([delivery.event(50 + n) for n in range(4)], {}, "e1")
    assert desk.send(strays[3])["event"] == "fork"
    first, fork = desk.store.all("SELECT prev FROM report WHERE seq = 4 ORDER BY fork")
    with desk.store.transaction():  # SQLite may find either first
        desk.store.run("UPDATE report_row SET id = -1 WHERE seq = 4 AND fork = 1")
        desk.store.run(
            "UPDATE report_row SET digest = CAST(x'00' || substr(digest, 2) AS BLOB) WHERE seq = 4 AND fork = 1"
        )
    accept(desk, 2, 3)
    assert take(desk) == ["loss-accepted"]
    assert desk.watermark("e1") == {"event": 4}
    ((digest,),) = desk.store.all("SELECT last_digest FROM gap")
    assert (digest,) == first != fork


def test_losses_next_to_each_other_and_to_a_gap_record_are_closed_together(desk: Desk, maker: Maker) -> None:
    reports = with_a_loss(desk, maker, 7, (1, 7), (2, 5))
    accept(desk, 2, 3)
    accept(desk, 4, 5)
    take(desk)
    assert desk.watermark("e1") == {"event": 1}
    body = {"stream": "event", "epoch": "e1", "from_seq": 6, "to_seq": 6, "count": 1, "reason": "damaged"}
    (record,), _ = maker.envelopes([Draft("gap", {**body, "last_digest": reports[5].report.digest})], {}, "e1")
    desk.send(record)
    assert desk.watermark("e1") == {"event": 7, "gap": 1}


@pytest.mark.parametrize(("first", "last"), [(1, 2), (2, 4), (3, 2), (0, 2), (5, 9)])
def test_only_what_the_site_said_it_no_longer_has_can_be_accepted(
    desk: Desk, maker: Maker, first: int, last: int
) -> None:
    with_a_loss(desk, maker, 5, (1, 4, 5), (2, 3))
    with pytest.raises(UsageError, match=r"event 2-3"):
        accept(desk, first, last)
    assert accepted(desk.store, "S1") == []


def test_who_and_why_must_be_said_and_once_is_enough(desk: Desk, maker: Maker) -> None:
    with_a_loss(desk, maker, 5, (1, 4, 5), (2, 3))
    for by, why in (("", "x"), ("x", " "), ("x" * 201, "x"), ("x", "y" * 1001), ("a\nb", "x")):
        with pytest.raises(UsageError, match="who accepts it, and why"):
            accept(desk, 2, 3, by, why)
    accept(desk, 2, 3)
    with pytest.raises(UsageError, match="Li Wei has accepted it"):
        accept(desk, 2, 3, "Zhao", "again")


def test_a_running_hub_confirms_over_what_a_person_has_just_accepted(tmp_path: Path) -> None:
    options = Hub("127.0.0.1", 1883, tls=False)
    maker, desk = Maker(tmp_path / "site", delivery.site(hub=options)), Desk(tmp_path / "hub")
    with_a_loss(desk, maker, 5, (1, 4, 5), (2, 3))
    desk.store.close()
    with (
        Broker(tmp_path / "broker") as broker,
        RunningHub(tmp_path / "hub", Hub("127.0.0.1", broker.port, tls=False)) as hub,
    ):
        hub.tell.wait(lambda _: [e["streams"] for e in hub.tell.of("confirmed")] == [{"event": 1}])
        store = Store(tmp_path / "hub")
        accept_loss(store, "S1", "e1", "event", 2, 3, "Li Wei", "disk replaced", clock())
        store.close()
        hub.tell.wait(lambda _: any(e["streams"] == {"event": 5} for e in hub.tell.of("confirmed")))
