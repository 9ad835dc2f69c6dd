"""Two lives of one site: a clone, an older copy of the spool, a replaced key, a hub that lost its memory."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from delivery import Maker
from hubside import RunningHub, clock, maker_on, publishing, site_on
from mosquitto import Broker
from patience import PATIENCE_S, waits

from agent.contract.signing_keys import Signer
from agent.hub.stores import trust
from agent.model.finding import Envelope


def vouched(tmp_path: Path, broker: Broker) -> Maker:
    maker = maker_on(tmp_path, broker)
    trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
    return maker


def unaccounted(hub_data: Path, made: list[Envelope], reasons: tuple[str, ...]) -> list[Envelope]:
    """Return what the hub neither has, byte for byte, nor finds named in a gap for one of these reasons."""
    database = sqlite3.connect(hub_data / "hub.db")
    digests = {digest for (digest,) in database.execute("SELECT digest FROM report")}
    database.close()
    named = given_up(hub_data, reasons)
    reports = [envelope.report for envelope in made]
    left = {r.digest for r in reports if r.digest not in digests and (r.epoch, r.stream, r.seq) not in named}
    return [envelope for envelope in made if envelope.report.digest in left]


def given_up(hub_data: Path, reasons: tuple[str, ...]) -> set[tuple[str, str, int]]:
    """Return epoch, stream and number of what gap records name at the hub for one of these reasons."""
    database = sqlite3.connect(hub_data / "hub.db")
    gaps = database.execute("SELECT epoch, stream, from_seq, to_seq, reason FROM gap").fetchall()
    database.close()
    return {
        (epoch, stream, seq)
        for epoch, stream, first, last, reason in gaps
        if reason in reasons
        for seq in range(first, last + 1)
    }


def test_a_spool_restored_from_yesterdays_backup_begins_a_new_epoch_and_names_what_it_gives_up(
    tmp_path: Path, broker: Broker, hub_signer: Signer
) -> None:
    maker, made = vouched(tmp_path, broker), []
    spool = maker.open()
    made += maker.cycle(spool, clock())
    spool.close()
    shutil.copy(maker.directory / "spool.db", tmp_path / "yesterday.db")
    spool = maker.open()
    first_epoch = spool.epoch
    with RunningHub(tmp_path / "hub", site_on(broker)) as hub:
        with publishing(maker, spool, hub_signer) as publisher:
            for _ in range(5):
                made += maker.cycle(spool, clock())
            publisher.wake()
            assert publisher.drained(PATIENCE_S)
        for side in maker.directory.glob("spool.db-*"):
            side.unlink()
        shutil.copy(tmp_path / "yesterday.db", maker.directory / "spool.db")
        spool = maker.open()
        again = maker.cycle(spool, clock())  # under numbers that the hub knows otherwise
        made += again
        with publishing(maker, spool, hub_signer) as publisher:
            waits(lambda: set(publisher.status().ignored_watermarks) & {"ahead", "fork"})
            assert [incident.kind for incident in spool.begin(clock())] == ["spool-restored"]
            assert spool.epoch != first_epoch
            made += maker.cycle(spool, clock())
            publisher.wake()
            assert publisher.drained(PATIENCE_S)
        assert hub.tell.of("tamper") == []
    assert unaccounted(tmp_path / "hub", made, ("spool-restored",)) == []
    numbers = {(one.report.epoch, one.report.stream, one.report.seq) for one in again}
    assert numbers <= given_up(tmp_path / "hub", ("spool-restored",)), "also what the hub got of it, as a fork"


def test_a_clone_beside_the_original_begins_an_epoch_of_its_own_and_neither_loses_a_report(
    tmp_path: Path, broker: Broker, hub_signer: Signer
) -> None:
    """Somebody copied a whole gateway: the same key, the same numbers, two stories."""
    maker = vouched(tmp_path, broker)
    spool = maker.open()
    made = list(maker.cycle(spool, clock()))
    spool.close()
    shutil.copytree(maker.directory, tmp_path / "clone")
    twin = Maker(tmp_path / "clone", maker.site)
    spool, other = maker.open(), twin.open()
    with (
        RunningHub(tmp_path / "hub", site_on(broker)),
        publishing(maker, spool, hub_signer) as original,
        publishing(twin, other, hub_signer) as clone,
    ):
        for _ in range(3):
            made += maker.cycle(spool, clock(), filling=1)
            made += twin.cycle(other, clock(), filling=2)
            original.wake()
            clone.wake()
        waits(lambda: original.status().connects + clone.status().connects > 2, 30)

        def settled() -> bool:
            """Both go on with their cycles until nothing of either waits."""
            for one, site, agent in ((spool, maker, original), (other, twin, clone)):
                if not one.drained() or spool.epoch == other.epoch:
                    made.extend(site.cycle(one, clock()))
                    agent.wake()
                    agent.drained(0.5)
            return spool.drained() and other.drained() and spool.epoch != other.epoch

        waits(settled, 40)
    assert unaccounted(tmp_path / "hub", made, ("spool-restored",)) == []


def test_a_replaced_key_file_is_not_believed_until_somebody_vouches_for_it(
    tmp_path: Path, broker: Broker, hub_signer: Signer
) -> None:
    maker = vouched(tmp_path, broker)
    spool = maker.open()
    with RunningHub(tmp_path / "hub", site_on(broker)) as hub:
        with publishing(maker, spool, hub_signer) as publisher:
            maker.cycle(spool, clock())
            publisher.wake()
            assert publisher.drained(PATIENCE_S)
        (maker.directory / "report-key.pem").unlink()
        stranger = Maker(maker.directory, maker.site)  # makes a key of its own
        assert stranger.signer.kid != maker.signer.kid
        spool = stranger.open()
        with publishing(stranger, spool, hub_signer) as publisher:
            stranger.cycle(spool, clock())
            publisher.wake()
            hub.tell.wait(lambda _: len(hub.tell.of("untrusted")) >= 3)  # birth and two reports
            assert len(hub.tell.of("verified")) == 2
            assert not spool.drained()
            trust.add(tmp_path / "hub", "S1", stranger.signer.kid, clock())
            assert publisher.drained(PATIENCE_S)
            assert len(hub.tell.of("verified")) == 4
            assert hub.tell.of("tamper") == hub.tell.of("fork") == []


def test_a_hub_that_lost_its_database_goes_on_and_says_what_it_had_confirmed_before(
    tmp_path: Path, broker: Broker, hub_signer: Signer
) -> None:
    maker, made = vouched(tmp_path, broker), []
    spool = maker.open()
    with publishing(maker, spool, hub_signer) as publisher:
        with RunningHub(tmp_path / "hub", site_on(broker)):
            for _ in range(5):
                made += maker.cycle(spool, clock())
            publisher.wake()
            assert publisher.drained(PATIENCE_S)
        for lost in (tmp_path / "hub").glob("hub.db*"):
            lost.unlink()
        broker.kill()  # and what the broker kept went with it
        waits(lambda: publisher.status().link == "offline")
        broker.start()
        with RunningHub(tmp_path / "hub", site_on(broker)) as hub:
            made += maker.cycle(spool, clock())
            publisher.wake()
            assert publisher.drained(PATIENCE_S)
            assert hub.tell.of("tamper") == hub.tell.of("fork") == []
    assert unaccounted(tmp_path / "hub", made, ("confirmed-before",)) == []
    assert unaccounted(tmp_path / "hub", made[-2:], ()) == []
