"""`camwarden hub doctor`: what is well around a hub, what is not, and that unknown is never well; on real databases."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from delivery import NOW
from here_run import run_here
from hooked import hook
from logged_hub import Logged
from mosquitto import Broker, free_port
from patience import PATIENCE_S

from agent.contract.chain import utc_text
from agent.contract.signing_keys import load_or_create_signer
from agent.host.lock import lock
from agent.hub.doctor import PROBES, broker, files, kept
from agent.hub.doctor.model import Probe, Situation, examine
from agent.hub.domain.rows.webhooks import Progress
from agent.hub.stores.keeping.backup import back_up
from agent.hub.stores.keeping.backups import newest_backup
from agent.hub.stores.signing_key import KEY_NAME
from agent.hub.stores.store import Store
from agent.model import exits
from agent.model.finding import Message
from agent.model.outcome import Outcome, passed
from agent.site.config.site import Hub
from tests.text.test_text import CATALOGUE


@pytest.fixture
def hub(logged: Logged, tmp_path: Path) -> Situation:
    """A hub that has taken and logged four reports, and was backed up an hour ago."""
    logged.report(4)
    logged.append()
    (tmp_path / "backups").mkdir()
    back_up(logged.desk.directory, tmp_path / "backups" / "one", NOW - timedelta(hours=1))
    return Situation(logged.desk.directory, tmp_path / "backups", NOW + timedelta(minutes=1))


def look(situation: Situation) -> dict[str, Outcome]:
    return examine(situation, PROBES)


def one(situation: Situation, name: str) -> Outcome:
    return examine(situation, [probe for probe in PROBES if probe.id == name])[name]


def test_a_hub_in_order_is_told_so(hub: Situation) -> None:
    held = lock(hub.directory / "hub")
    with Broker(hub.directory.parent) as at:
        outcomes = look(replace(hub, broker=Hub("127.0.0.1", at.port, tls=False)))
    os.close(held)
    clock = outcomes.pop("clock")
    assert clock.status in ("pass", "fail")  # by the machine that tests run on
    room = outcomes.pop("disk")
    assert room.status in ("pass", "warn", "fail") and room.evidence["database_bytes"]
    not_here = [outcomes.pop(name).status for name in ("upgrade", "login", "server", "standby")]
    assert not_here == ["not_applicable"] * 4
    assert {name: one.status for name, one in outcomes.items()} == dict.fromkeys(outcomes, "pass"), outcomes
    assert len(outcomes) == len(PROBES) - 6


def test_where_no_hub_has_run_nothing_passes(tmp_path: Path) -> None:
    outcomes = look(Situation(tmp_path / "none", tmp_path / "backups", NOW))
    del outcomes["clock"], outcomes["disk"]
    assert {one.status for one in outcomes.values()} == {"fail", "not_applicable"}
    assert outcomes["data"].reason == "not-there" and outcomes["running"].reason == "not-running"


def test_every_row_has_its_name_in_both_languages() -> None:
    assert {probe.title for probe in PROBES} - set(CATALOGUE) == set()
    assert len({probe.id for probe in PROBES}) == len(PROBES)


@pytest.mark.parametrize(("name", "mode", "said"), [
    (KEY_NAME, 0o640, "chmod 0600"), ("hub.db", 0o644, "chmod 0600"), (".", 0o777, "chmod 0755"),
])  # fmt: skip
def test_what_others_may_read_or_write_is_told_with_its_command(
    name: str, mode: int, said: str, hub: Situation
) -> None:
    path = hub.directory / name
    path.chmod(mode)
    told = one(hub, "data")
    assert (told.status, told.reason) == ("fail", "wrong-modes")
    assert str(told.next_step) == f"as root: {said} {path}"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_that_root_left_in_the_hubs_folder_is_told(hub: Situation) -> None:
    for path in (hub.directory, *hub.directory.rglob("*")):
        os.chown(path, 65534, 65534)
    assert one(hub, "data").status == "pass"
    os.chown(hub.directory / "hub.db", 0, 0)
    assert "uid 0" in str(one(hub, "data").what)


def test_a_key_that_is_gone_another_or_no_key_fails(hub: Situation) -> None:
    path = hub.directory / KEY_NAME
    key = path.read_bytes()
    path.write_bytes(b"no key")
    assert one(hub, "key").reason == "unusable"
    path.unlink()
    assert one(hub, "key").reason == "lost"
    load_or_create_signer(path)
    assert one(hub, "key").reason == "another-key"
    path.write_bytes(key)
    assert one(hub, "key").status == "pass"


def damage(path: Path) -> None:
    """Overwrite the inner pages of a database that is closed."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    content[8192:] = os.urandom(len(content) - 8192)
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["hub.db", "log.db", "trust.db"])
def test_a_damaged_database_fails_and_is_named(name: str, hub: Situation, logged: Logged) -> None:
    logged.desk.store.close()
    logged.log.close()
    damage(hub.directory / name)
    told = one(hub, "databases")
    assert (told.status, told.reason) == ("fail", "damaged") and name in str(told.what)


def test_a_report_that_somebody_changed_fails(hub: Situation, logged: Logged) -> None:
    logged.desk.store.run("UPDATE report_row SET arrived_at = arrived_at - 1 WHERE seq = 2")
    assert one(hub, "databases").reason == "altered"


def test_databases_that_are_not_read_in_time_are_unknown_and_never_well(hub: Situation) -> None:
    read = threading.Event()
    slow = Probe("databases", "databases", lambda _: passed(Message(str(read.wait(PATIENCE_S)))), 0.1, kept.TOO_LARGE)
    told = examine(hub, [slow])["databases"]
    read.set()
    assert (told.status, told.reason) == ("unknown", "too-long")
    assert told.next_step == kept.TOO_LARGE


@pytest.mark.parametrize(("minutes", "status"), [(1, "pass"), (6, "warn"), (31, "fail")])
def test_what_waits_for_the_log_is_judged_by_the_age_of_the_oldest(
    minutes: int, status: str, hub: Situation, logged: Logged
) -> None:
    logged.report(2)
    told = one(replace(hub, now=NOW + timedelta(minutes=minutes)), "log")
    assert (told.status, told.evidence["waiting"]) == (status, 2)


def test_a_database_that_the_log_does_not_continue_fails_although_nothing_waits(hub: Situation, logged: Logged) -> None:
    logged.desk.store.run("DELETE FROM report_row WHERE seq > 2")
    assert one(hub, "log").reason == "log-other"


@pytest.mark.parametrize(
    ("after", "status", "reason"),
    [(timedelta(hours=30), "pass", ""), (timedelta(hours=40), "warn", "old-backup"),
     (timedelta(days=9), "fail", "old-backup"), (-timedelta(days=1), "fail", "from-the-future")],
)  # fmt: skip
def test_a_backup_is_judged_by_its_age(after: timedelta, status: str, reason: str, hub: Situation) -> None:
    told = one(replace(hub, now=NOW + after), "backup")
    assert (told.status, told.reason) == (status, reason)


@pytest.mark.parametrize(
    "content", [None, b"", b"{}", b"[1]", b"\xff", b'{"schema":"camwarden-hub-backup/1"}', b"[" * 100_000,
                b'{"schema":"camwarden-hub-backup/1","at":"soon"}', b'{"schema":"x","at":"2026-11-24T00:00:00.000Z"}'],
)  # fmt: skip
def test_what_is_no_backup_is_none(content: bytes | None, hub: Situation, tmp_path: Path) -> None:
    folder = tmp_path / "others"
    (folder / "two").mkdir(parents=True)
    if content is not None:
        (folder / "two" / "backup.json").write_bytes(content)
    (folder / "a-file").touch()
    assert newest_backup(folder) is None
    told = one(replace(hub, backups=folder), "backup")
    assert (told.status, told.reason) == ("fail", "no-backup")


def test_a_backup_that_was_ended_counts_as_none_and_the_newest_counts(hub: Situation, logged: Logged) -> None:
    back_up(hub.directory, hub.backups / "two", NOW)
    back_up(hub.directory, hub.backups / "three", NOW + timedelta(hours=1))
    (hub.backups / "three").rename(hub.backups / "three.part")
    newest = newest_backup(hub.backups)
    assert newest == (NOW, hub.backups / "two")


def test_a_broker_that_takes_no_connection_or_speaks_no_tls_fails(hub: Situation) -> None:
    port = free_port()
    assert broker.reached(replace(hub, broker=Hub("127.0.0.1", port, tls=False))).reason == "no-connection"
    with Broker(hub.directory.parent) as at:
        assert broker.reached(replace(hub, broker=Hub("127.0.0.1", at.port, tls=True))).reason == "tls"
    assert broker.reached(replace(hub, broker_wrong=Message("x"))).reason == "options"
    assert broker.reached(hub).status == "not_applicable"


def test_no_hub_on_the_data_is_told_and_its_lock_is_left_alone(hub: Situation) -> None:
    assert files.running(hub).reason == "not-running"
    held = lock(hub.directory / "hub")
    assert files.running(hub).status == "pass"
    assert files.running(hub).status == "pass"
    os.close(held)


def test_looking_changes_nothing(hub: Situation, logged: Logged) -> None:
    logged.desk.store.close()
    logged.log.close()
    before = {path.name: path.read_bytes() for path in hub.directory.iterdir() if path.is_file()}
    look(hub)
    after = {path.name: path.read_bytes() for path in hub.directory.iterdir() if path.is_file()}
    assert {name: data for name, data in after.items() if not name.endswith(("-wal", "-shm"))} == {
        name: data for name, data in before.items() if not name.endswith(("-wal", "-shm"))
    }


def asked(hub: Situation, *words: str | Path) -> tuple[int, str]:
    env = hub.directory.parent / "hub.env"
    done = run_here(
        "hub", "doctor", "--data", hub.directory, "--backups", hub.backups, "--env", env, *words, environ={}
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


def test_the_command_says_it_in_both_languages_and_as_json_and_its_code_is_that_of_the_outcomes(hub: Situation) -> None:
    code, text = asked(hub, "--json")
    told = json.loads(text)
    assert told["schema"] == "camwarden-hub-doctor/1" and code == exits.FAILS  # no hub runs
    assert [row["probe"] for row in told["probes"]] == [probe.id for probe in PROBES]
    assert asked(hub, "--quiet") == (exits.FAILS, "")
    assert "no hub runs on this data" in asked(hub)[1].replace("\n", "").replace("  ", "")
    chinese = asked(hub, "--lang", "zh_CN")[1]
    assert "数据目录" in chinese and "no hub runs" not in chinese


@pytest.mark.parametrize(
    ("line", "reason"),
    [("HUB_OPTIONS=--port nine", "options"), ("HUB_OPTIONS=--user x", "options"),
     ("HUB_OPTIONS=--tls --ca /nowhere.crt", "options"), ("HUB_OPTIONS=--port {port} --metrics 9464", "no-connection"),
     ('HUB_OPTIONS="--port {port}"', "no-connection"), ("\udcff", "options")],
)  # fmt: skip
def test_the_broker_is_the_one_of_the_units_options(line: str, reason: str, hub: Situation) -> None:
    text = f"# a comment\n{line.format(port=free_port())}\n"
    (hub.directory.parent / "hub.env").write_bytes(text.encode("utf-8", "surrogateescape"))
    rows = {row["probe"]: row for row in json.loads(asked(hub, "--json")[1])["probes"]}
    assert (rows["broker"]["status"], rows["broker"]["reason"]) == ("fail", reason)


def test_a_probe_that_breaks_is_unknown_and_the_others_go_on(hub: Situation) -> None:
    def broken(situation: Situation) -> Outcome:
        raise ValueError(situation)

    outcomes = examine(hub, [Probe("one", "one", broken), Probe("two", "two", lambda _: passed(Message("well")))])
    assert (outcomes["one"].status, outcomes["two"].status) == ("unknown", "pass")


def test_an_endpoint_that_takes_nothing_is_told_and_one_that_was_given_up_fails(hub: Situation) -> None:
    with closing(Store(hub.directory)) as store:
        for name in ("tickets", "off"):
            store.webhooks.keep(hook(name, disabled_at="" if name == "tickets" else utc_text(NOW)))
        assert one(hub, "webhooks").status == "pass"
        failing = Progress(failing_since=utc_text(NOW), tries=2)
        store.webhooks.keep_progress("tickets", failing)
        assert (one(hub, "webhooks").status, one(hub, "webhooks").reason) == ("warn", "failing")
        store.webhooks.keep_progress("off", replace(failing, stopped_at=utc_text(NOW)))
        assert one(hub, "webhooks").status == "warn", "nobody waits for one that is disabled"
        store.webhooks.keep_progress("tickets", replace(failing, stopped_at=utc_text(NOW)))
    outcome = one(hub, "webhooks")
    assert (outcome.status, outcome.reason, outcome.evidence["stopped"]) == ("fail", "stopped", ["tickets"])
    assert "SECRET" not in str(outcome)
