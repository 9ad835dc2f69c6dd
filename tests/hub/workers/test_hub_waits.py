"""The hub waits where it ended before: a held database, a full disk. It keeps its key, and its evidence."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Collection
from pathlib import Path

import pytest
from delivery import NOW, Maker
from hubdesk import Desk, chain_of, trusted
from hubside import PATIENCE_S, Recorder, RunningHub, clock, maker_on, publishing, site_on
from mosquitto import Broker
from patience import waits

from agent.__main__ import main
from agent.contract.envelope import STATE_TYP, sign_payload
from agent.contract.presence import write_state
from agent.contract.signing_keys import Signer
from agent.contract.topics import topic
from agent.hub.stores import database, evidence, signing_key, trust
from agent.hub.stores.keeping.encoded import whole
from agent.hub.stores.store import Store
from agent.hub.workers import opening
from agent.hub.workers.alive import Alive
from agent.hub.workers.leading import duties
from agent.model.errors import ConfigurationError, StoreWaits


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site")


def held(path: Path) -> sqlite3.Connection:
    """Hold the write lock of a database, as a backup that hangs does."""
    db = sqlite3.connect(path, isolation_level=None, timeout=PATIENCE_S)
    db.execute("BEGIN IMMEDIATE")
    return db


def test_a_running_hub_waits_for_a_database_that_is_held_and_loses_nothing(
    tmp_path: Path, broker: Broker, hub_signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_S", 0.1)
    maker = maker_on(tmp_path, broker)
    trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
    spool = maker.open()
    with RunningHub(tmp_path / "hub", site_on(broker)) as hub, publishing(maker, spool, hub_signer) as publisher:
        hub.tell.wait(lambda _: bool(hub.tell.of("state")))
        other = held(tmp_path / "hub" / "hub.db")
        maker.cycle(spool, clock(), events=5)
        publisher.wake()
        hub.tell.wait(lambda _: bool(hub.tell.of("store-waits")))
        assert hub.tell.of("verified") == []
        assert spool.confirmed()["event"].seq == 0, "nothing is confirmed that is not committed"
        other.execute("ROLLBACK")
        other.close()
        hub.tell.wait(lambda _: bool(hub.tell.of("store-works")))
        assert publisher.drained(PATIENCE_S)
        assert len(hub.tell.of("store-waits")) == 1, "said once"
        assert hub.tell.of("fork") == hub.tell.of("tamper") == hub.tell.of("rejected") == []


def test_a_running_hub_waits_for_room_on_the_disk_and_loses_nothing(
    tmp_path: Path, broker: Broker, hub_signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite says the same of a file that may have no more pages."""
    maker = maker_on(tmp_path, broker)
    trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
    spool = maker.open()
    room = threading.Event()
    transaction = Store.transaction

    def within(self: Store, sites: Collection[str] = ()) -> object:
        ((pages,),) = self.all("PRAGMA page_count")
        self.all(f"PRAGMA max_page_count = {2**30 if room.is_set() else pages}")
        return transaction(self, sites)

    with RunningHub(tmp_path / "hub", site_on(broker)) as hub, publishing(maker, spool, hub_signer) as publisher:
        hub.tell.wait(lambda _: bool(hub.tell.of("state")))
        monkeypatch.setattr(Store, "transaction", within)
        envelopes = maker.cycle(spool, clock(), filling=20_000, events=60)
        publisher.wake()
        hub.tell.wait(lambda _: bool(hub.tell.of("store-waits")))
        room.set()
        hub.tell.wait(lambda _: bool(hub.tell.of("store-works")))
        assert publisher.drained(PATIENCE_S)
        assert {event["seq"] for event in hub.tell.of("verified") if event["stream"] == "event"} == set(range(1, 61))
    database = Store(tmp_path / "hub")
    assert database.all("SELECT count(*) FROM report") == [(len(envelopes),)]
    database.close()


class Full(Exception):
    """Ends a transaction as a full disk does."""


def test_a_key_that_was_shown_in_a_batch_that_was_taken_back_is_kept_with_the_next_try(
    desk: Desk, maker: Maker
) -> None:
    desk.vouch(maker)
    payload = write_state(
        maker.presence(),
        "ready",
        NOW,
    )
    jws = sign_payload(payload, maker.signer, STATE_TYP)
    with pytest.raises(Full), desk.store.transaction():
        assert desk.intake.take(topic("datong", "S1", "state"), payload, jws, NOW)["event"] == "state"
        raise Full
    desk.intake.forget()
    assert desk.birth(maker, "e1")["event"] == "state"
    assert desk.store.key(maker.signer.kid) is not None


def test_a_hub_that_starts_beside_a_held_database_waits_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store(tmp_path).close()
    db = sqlite3.connect(tmp_path / "hub.db", isolation_level=None)
    db.execute("PRAGMA user_version=3")  # it has something to write at its start
    db.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr(database, "BUSY_S", 0.05)
    monkeypatch.setattr(opening, "AGAIN_S", 0.02)
    with pytest.raises(StoreWaits):
        Store(tmp_path)
    told, opened = Recorder(), []

    def run() -> None:
        made = opening.open_store(tmp_path, threading.Event(), told, Alive(0))
        opened.append(made)
        if made is not None:
            made.close()

    thread = threading.Thread(target=run)
    thread.start()
    told.wait(lambda _: bool(told.of("store-waits")))
    db.execute("ROLLBACK")
    db.close()
    thread.join(PATIENCE_S)
    assert [event["event"] for event in told.events] == ["store-waits", "store-works"]
    assert opened != [None]


def test_a_hub_that_is_stopped_while_it_waits_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store(tmp_path).close()
    db = sqlite3.connect(tmp_path / "hub.db", isolation_level=None)
    db.execute("PRAGMA user_version=3")
    db.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr(database, "BUSY_S", 0.05)
    stop = threading.Event()

    def tell(event: dict[str, object]) -> None:
        stop.set()

    assert opening.open_store(tmp_path, stop, tell, Alive(0)) is None  # type: ignore[arg-type]
    db.close()


def test_a_missing_key_beside_a_filled_database_ends_with_78_and_makes_none(
    desk: Desk, maker: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    trusted(desk, maker)
    key = desk.directory / signing_key.KEY_NAME
    key.unlink()
    for words in (["run", "--host", "127.0.0.1", "--port", "1"], ["jwks"]):
        assert main(["hub", *words, "--data", str(desk.directory)]) == 78
        said = capsys.readouterr().err
        assert said.count("\n") == 1 and "is missing beside a database that knows sites" in said
        assert not key.exists()


def test_a_new_hub_makes_its_key_also_beside_an_empty_database(tmp_path: Path) -> None:
    Store(tmp_path).close()
    assert signing_key.hub_signer(tmp_path).kid == signing_key.hub_signer(tmp_path).kid
    with pytest.raises(ConfigurationError):
        (tmp_path / signing_key.KEY_NAME).write_text("x")
        signing_key.hub_signer(tmp_path)


OTHER = whole(b'{"status": "pass"}').hex()
ALTERED = {
    "payload": (f"UPDATE body SET payload = x'{OTHER}' WHERE id = 2", "payload"),  # noqa: S608
    "plain": ("UPDATE body SET payload = x'7b7d' WHERE id = 2", "payload"),
    "a text": ("UPDATE body SET payload = substr(payload, 1, 30) || x'00ff' WHERE id = 2", "payload"),
    "a byte less": ("UPDATE body SET payload = substr(payload, 1, length(payload) - 1) WHERE id = 2", "payload"),
    "empty": ("UPDATE body SET payload = x'' WHERE id = 2", "payload"),
    "gone": ("DELETE FROM body WHERE id = 2", "payload"),
    "time of arrival": ("UPDATE report_row SET arrived_at = 1577836800000 WHERE seq = 2", "row"),
    "the same time as a text": ("UPDATE report_row SET arrived_at = arrived_at || '' WHERE seq = 2", "row"),
    "signature": ("UPDATE report_row SET signature = CAST(signature || x'00' AS BLOB) WHERE seq = 2", "row"),
    "signature as a text": ("UPDATE report_row SET signature = 'x' WHERE seq = 2", "row"),
    "the one before": ("UPDATE report_row SET prev = 4 WHERE seq = 2", "row"),
    "one before that is not there": ("UPDATE report_row SET prev = 99 WHERE seq = 2", "row"),
    "chain": ("UPDATE report_row SET prev = x'00' WHERE seq = 2", "row"),
    "who signed": ("UPDATE report_row SET origin = origin + 1 WHERE seq = 2", "row"),
    "what views see": ("UPDATE report_row SET made_at = '' WHERE seq = 2", "row"),
    "what cases see": ("UPDATE report_row SET clock_synced = 0 WHERE seq = 2", "row"),
    "no seal": ("UPDATE report_row SET seal = NULL WHERE seq = 2", "seal"),
}


@pytest.mark.parametrize("name", ALTERED)
def test_a_row_that_was_changed_is_found_by_check(
    desk: Desk, maker: Maker, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    trusted(desk, maker)
    for one in chain_of(maker, 5):
        desk.send(one)
    words = ["hub", "check", "--data", str(desk.directory)]
    for more in ([], ["--sample", "2"], ["--sample", "100"], ["--quiet"]):
        assert main([*words, *more]) == 0
    capsys.readouterr()
    statement, what = ALTERED[name]
    assert desk.store.run(statement) == 1
    assert main([*words, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["reports"], told["checked"], told["altered"]) == ("camwarden-hub-check/1", 5, 5, 1)
    assert told["rows"] == [{"site": "S1", "epoch": "e1", "stream": "event", "seq": 2, "what": what}]
    assert main([*words, "--sample", "5"]) == 1
    assert "event 2 of epoch e1 is not what was stored" in capsys.readouterr().out


def test_a_fork_that_becomes_what_counts_is_no_change(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    desk.send(chain_of(maker, 1)[0])
    desk.store.run("UPDATE report_row SET fork = 1")
    assert evidence.check(desk.store, None)["altered"] == 0


@pytest.mark.parametrize("sample", ["0", "-1", "x"])
def test_a_sample_is_a_number_above_zero(tmp_path: Path, sample: str) -> None:
    assert main(["hub", "check", "--data", str(tmp_path), "--sample", sample]) == 2


def test_a_hub_that_starts_finds_what_was_changed_while_it_was_away(
    tmp_path: Path, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duties, "_LOOK_S", 0.01)
    monkeypatch.setattr(duties, "_EVIDENCE_AT_ONCE", 2)
    desk, maker = Desk(tmp_path / "hub"), Maker(tmp_path / "site")
    trusted(desk, maker)
    for one in chain_of(maker, 9):
        desk.send(one)
    desk.store.run("UPDATE body SET payload = x'7b7d' WHERE id IN (3, 8)")
    desk.store.close()
    with RunningHub(tmp_path / "hub", site_on(broker)) as hub:
        waits(lambda: len(hub.tell.of("altered")) >= 2)
    assert [(event["seq"], event["what"]) for event in hub.tell.of("altered")] == [(3, "payload"), (8, "payload")]
