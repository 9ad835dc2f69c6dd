"""A site holds what the hub shows of its log, only where that continues what it held; and tells what does not."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import delivery
import pytest
from delivery import DAY, NOW, Maker
from hubside import RunningHub, clock, maker_on, publishing, site_on
from lying_logs import Shown, grown, honest, restored, rewrites
from mosquitto import Broker
from patience import PATIENCE_S

from agent.contract.signing_keys import Signer, load_or_create_signer
from agent.contract.topics import topic
from agent.deliver.publish.pace import Pace
from agent.deliver.publish.received import Receiver
from agent.deliver.publish.window import Window
from agent.deliver.spool.spool import Spool
from agent.hub.log import running
from agent.hub.log.mirror import read_checkpoint_file
from agent.hub.stores import trust
from agent.judge.checks.service import delivery as checks
from agent.model.finding import Finding
from agent.observe.facts.delivery import Delivery
from agent.observe.facts.delivery_status import DeliveryStatus, StatusBoard
from agent.observe.facts.facts import gather
from agent.report.health import health_body
from agent.site.config.site import Hub
from agent.verify.log_message import proof_json, write_message
from agent.verify.receipt import FIRST_LINE


class Ear:
    """A site's receiver on a real spool with one report, and what a hub would send it."""

    def __init__(self, folder: Path, hub: Signer, digest: str = "") -> None:
        self.folder, self.hub = folder, hub
        site = delivery.site(hub=Hub("hub.example.org"))
        self.maker = Maker(folder, site)
        self.spool: Spool = self.maker.open()
        self.digest = digest or self.maker.cycle(self.spool, NOW, events=1)[0].report.digest
        self.now = NOW
        self.board = StatusBoard(DeliveryStatus("connected", NOW - 9 * DAY), lambda: self.now)
        window = Window(self.spool, Pace(), lambda: self.now, False)
        self.ear = Receiver(site, self.spool, window, self.board, {hub.kid: hub.public}, lambda: self.now)

    @contextmanager
    def again(self) -> Iterator[Ear]:
        """Give the site another process."""
        self.spool.close()
        other = Ear(self.folder, self.hub, self.digest)
        other.now = self.now
        yield other
        self.spool = other.spool

    def logged(self, shown: Shown, again: bool = False) -> Shown:
        """Return a log with this site's report as its newest entry; `again`: the one that was shown last."""
        if again:
            return self.last
        entry = os.urandom(16) + bytes.fromhex(self.digest)
        return replace(shown, entries=(*shown.entries, entry))

    def hear(self, shown: Shown, old: int = 0, site: str = "S1") -> DeliveryStatus:
        """Take what a hub sends of a log, with a proof from a size; return the status then.

        The receipt is of this site's report, which becomes the newest entry where the log does not end with it.
        """
        if not shown.entries[-1].endswith(bytes.fromhex(self.digest)):
            shown = self.logged(shown)
        self.last = shown
        folder = self.folder / f"shown-{os.urandom(4).hex()}"
        shown.write(folder)
        size, tree = len(shown.entries), shown.tree
        (path,) = tree.inclusion(size - 1, size)
        receipt = (
            f"{FIRST_LINE}\nextra {base64.b64encode(shown.entries[-1]).decode()}\nindex {size - 1}\n{path}\n"
            f"{read_checkpoint_file(folder)}"
        )
        proofs = f"[{proof_json(old, size, tree.consistency(old))}]" if 0 < old < size else "[]"
        statements = str(list(shown.statements)).replace("'", '"') if shown.statements else "[]"
        self.ear.take(topic("datong", "S1", "receipt"), write_message(site, receipt, proofs, statements), "")
        return self.board.read()


def delivered(ear: Ear) -> Finding:
    """Return what the site finds of its delivery now, while the hub goes on confirming."""
    status = replace(ear.board.read(), watermark_at=ear.now, unconnected_since=None)
    facts = replace(gather((), own_clock_trusted=True), delivery=replace(Delivery(), status=status))
    site = delivery.site(hub=Hub("hub.example.org"))
    (finding,) = checks.DELIVERY.run(checks.DELIVERY, site, facts, ear.now)
    return finding


@pytest.fixture
def hub(tmp_path: Path) -> Signer:
    return load_or_create_signer(tmp_path / "hub.pem")


@pytest.fixture
def ear(tmp_path: Path, hub: Signer) -> Iterator[Ear]:
    made = Ear(tmp_path / "site", hub)
    yield made
    made.spool.close()


def test_a_site_gets_its_receipt_from_a_real_hub_and_holds_how_the_log_goes_on(
    tmp_path: Path, broker: Broker, hub_signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "LOOK_S", 0.05)
    maker = maker_on(tmp_path, broker)
    trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
    spool = maker.open()
    with RunningHub(tmp_path / "hub", site_on(broker)), publishing(maker, spool, hub_signer) as publisher:
        sizes: list[int] = []
        for _ in range(3):
            before = publisher.status().log_size or 0
            health = delivery.health()
            drafts = [delivery.event(len(sizes)), replace(health, body={"log_size": before, **health.body})]
            envelopes, _ = maker.envelopes(drafts, spool.heads(), spool.epoch, clock())
            spool.commit(envelopes, "{}", clock())
            publisher.wake()
            board = publisher._board
            assert board.wait_for(lambda: (board.read().log_size or 0) > before, PATIENCE_S)  # noqa: B023
            sizes.append(publisher.status().log_size or 0)
        assert sizes == sorted(set(sizes)) and sizes[-1] >= 6
        assert spool.read_log().split("\n")[1] == str(sizes[-1])
        assert publisher.status().refused_publishes == {}


def test_a_log_that_goes_on_is_held_from_where_the_site_said_and_survives_a_restart(ear: Ear, hub: Signer) -> None:
    first = ear.logged(honest(5, hub))
    assert ear.hear(first).log_size == 6
    ear.now = NOW + timedelta(hours=3)
    second = ear.logged(grown(first))
    status = ear.hear(second, 6)
    assert (status.log_size, status.log_at, status.log_refused) == (12, ear.now, "")
    with ear.again() as later:  # a fresh process holds the same
        assert later.hear(grown(second), 6).log_refused == "log-unproven"
        assert later.hear(grown(second), 12).log_size == 18


@pytest.mark.parametrize("size", [3, 9, 256])
def test_no_rewriting_moves_what_a_site_holds(ear: Ear, hub: Signer, tmp_path: Path, size: int) -> None:
    held = honest(size - 1, hub)
    ear.hear(held)
    held = ear.logged(held, again=True)
    note = ear.spool.read_log()
    for name, shown in rewrites(held, load_or_create_signer(tmp_path / "stranger.pem")):
        if not name.startswith("tile-edited"):  # a site reads no tiles
            status = ear.hear(shown, size)
            assert (ear.spool.read_log(), status.log_size) == (note, size), name
            assert status.log_refused or name.startswith(("shrunk", "old")), name


def test_two_logs_of_one_size_are_told_at_once_and_what_is_not_shown_for_a_day_then(ear: Ear, hub: Signer) -> None:
    ear.hear(honest(5, hub))
    assert delivered(ear).reason == ""
    ear.hear(honest(5, hub))
    assert delivered(ear).reason == "hub-log-forked"
    ear.now += 3 * DAY
    assert delivered(ear).reason == "hub-log-not-shown"
    assert delivered(ear).evidence["why"] == "log-forked"


def test_a_hub_that_never_showed_a_log_is_an_older_one_and_nothing_is_told(ear: Ear) -> None:
    ear.now += 9 * DAY
    assert delivered(ear).reason == ""


def test_a_stated_restore_is_taken_told_for_a_day_and_no_alarm_then(ear: Ear, hub: Signer) -> None:
    log = ear.logged(honest(5, hub))
    ear.hear(log)
    back = restored(log, 3)
    status = ear.hear(back, 3)  # the hub proves from where the restored log goes on
    assert (status.log_size, status.log_restored) == (4, "Li Wei: disk broke")
    assert (delivered(ear).status, delivered(ear).reason) == ("warn", "hub-restored")
    ear.now += timedelta(hours=25)
    ear.hear(grown(ear.logged(back, again=True)), 4)
    assert delivered(ear).reason == ""


def test_what_a_broker_or_another_site_puts_there_moves_nothing(ear: Ear, hub: Signer) -> None:
    log = honest(5, hub)
    ear.hear(log, site="S2")
    assert (ear.board.read().log_size, ear.board.read().log_refused) == (None, "site")
    ear.digest = "ab" * 32  # a true receipt of a report that is none of ours
    assert ear.hear(log).log_size is None
    for junk in (b"{}", b"[]", b"\xff", b'{"schema":"vss-receipt/1"}', b"x" * 100_000, b"[" * 5000):
        ear.ear.take(topic("datong", "S1", "receipt"), junk, "")
    assert ear.board.read().log_size is None and ear.spool.read_log() == ""


@pytest.mark.parametrize("member", ["schema", "site", "receipt", "proofs", "restored"])
@pytest.mark.parametrize("value", ["gone", None, 7, [], {}, [[]], [{"from": [], "to": {}, "path": 1}]], ids=str)
def test_a_retained_message_with_a_member_that_is_missing_or_of_another_kind_stops_no_delivery(
    ear: Ear, member: str, value: object
) -> None:
    """Anybody whom the broker lets publish there could else hold up a site: nobody signs the message itself."""
    sound = json.loads(write_message("S1", "receipt", "[]", "[]"))
    bad = {name: one for name, one in sound.items() if name != member}
    if value != "gone":
        bad[member] = value
    ear.ear.take(topic("datong", "S1", "receipt"), json.dumps(bad).encode(), "")
    assert ear.spool.read_log() == ""


def test_a_health_report_says_what_is_held_of_the_log() -> None:
    site = delivery.site("S" * 23, "c" * 64)
    status = replace(DeliveryStatus("connected", NOW), log_size=2**53 - 1)
    facts = replace(gather((), own_clock_trusted=True), delivery=replace(Delivery(), status=status))
    assert health_body(site, facts, (), NOW, {})["log_size"] == 2**53 - 1
    assert "log_size" not in health_body(site, replace(facts, delivery=Delivery()), (), NOW, {})
