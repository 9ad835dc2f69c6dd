"""`camwarden doctor`: what is well, what is not, and what must not be disturbed; on a real broker, spool and worker."""

from __future__ import annotations

import json
import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from delivery import Maker, site
from gateway_place import CANARY, Place, box, statuses

from agent.cli import main
from agent.host.lock import holder, lock
from agent.model import exits
from agent.model.finding import Message
from agent.model.outcome import Outcome, exit_code, passed
from agent.onsite.doctor import PROBES, host
from agent.onsite.doctor.model import Probe
from agent.onsite.doctor.survey import examine, survey
from agent.service.alerts import outbox_file
from agent.service.alerts.notices import Outbox
from agent.service.alerts.status_file import write
from drivers.credentials import Credentials
from tests.text.test_text import CATALOGUE

HALF_FREE = SimpleNamespace(total=2**40, used=2**39, free=2**39)
"""The disk of the machine that tests run on may be nearly full."""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with socket.create_server(("127.0.0.1", 0)) as device:
        yield Place(tmp_path, device.getsockname()[1])


def test_a_site_in_order_is_told_so(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: HALF_FREE)
    maker = Maker(place.state, site("S1"))
    spool = maker.open()
    maker.cycle(spool, datetime.now(UTC))
    spool.close()
    Credentials(place.state / "credentials.json").accepted(box(), datetime.now(UTC))
    with place.broker:
        outcomes = place.look()
    found = statuses(outcomes)
    assert found.pop("service") in ("not_applicable", "fail")  # a machine of tests runs no unit of ours
    assert found.pop("names") == "not_applicable"
    assert found.pop("notify") == "not_applicable"
    assert found.pop("worker") in ("pass", "warn")  # by the kernel that tests run on
    assert set(found.values()) == {"pass"}, {n: str(o.what) for n, o in outcomes.items()}
    assert len(outcomes) == len(PROBES)


def test_doctor_names_every_row_in_both_languages() -> None:
    assert {probe.title for probe in PROBES} - set(CATALOGUE) == set()
    assert len({probe.id for probe in PROBES}) == len(PROBES)


def test_a_held_spool_is_a_running_service_and_is_left_alone(place: Place) -> None:
    """The lock stays with its holder, and nothing in the folder changes."""
    maker = Maker(place.state, site("S1"))
    spool = maker.open()
    try:
        maker.cycle(spool, datetime.now(UTC))
        before = {path.name: path.stat().st_mtime_ns for path in place.state.iterdir() if path.suffix != ".db-shm"}
        with place.broker:
            found = place.look()
            assert "as doctor" not in place.broker.log
        assert found["broker-login"].status == "unknown"
        assert found["broker-login"].reason == "not-told"
        assert found["queue"].status == "pass"
        assert "2 reports wait" in str(found["queue"].what)
        after = {path.name: path.stat().st_mtime_ns for path in place.state.iterdir() if path.suffix != ".db-shm"}
        assert after == before
        maker.cycle(spool, datetime.now(UTC))  # and it works on
    finally:
        spool.close()


def test_a_lock_is_seen_without_being_touched(tmp_path: Path) -> None:
    assert holder(tmp_path / "spool.db") is None
    descriptor = lock(tmp_path / "spool.db")
    assert holder(tmp_path / "spool.db") == os.getpid()
    beside = lock(tmp_path / "other.db")
    (tmp_path / "third.db.lock").write_text(f"{os.getpid()}\n")
    assert holder(tmp_path / "third.db") is None, "this process holds locks, and none of this file"
    os.close(beside)
    os.close(descriptor)
    # The number of a process that is long gone stays in the file, and may be another's by now.
    (tmp_path / "spool.db.lock").write_text("4194305\n")
    assert holder(tmp_path / "spool.db") is None
    (tmp_path / "spool.db.lock").write_text("nobody\n")
    assert holder(tmp_path / "spool.db") is None


@pytest.mark.parametrize(
    ("name", "mode", "said"),
    [
        ("state", 0o755, "chmod 0700"),
        ("secrets.toml", 0o644, "chmod 0600"),
        ("state/report-key.pem", 0o640, "chmod 0600"),
        ("site.toml", 0o666, "chmod 0644"),
        ("authority/S1.key", 0o604, "chmod 0600"),
    ],
)
def test_a_mode_that_is_too_open_is_told_with_its_command(name: str, mode: int, said: str, place: Place) -> None:
    assert place.one("permissions").status == "pass"
    (place.folder / name).chmod(mode)
    outcome = place.one("permissions")
    assert outcome.status == "fail"
    assert str(outcome.next_step) == f"as root: {said} {place.folder / name}"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_that_root_left_in_the_services_folder_is_told(place: Place) -> None:
    os.chown(place.state, 65534, 65534)
    os.chown(place.state / "report-key.pem", 65534, 65534)
    assert place.one("permissions").status == "pass"
    (place.state / "spool.db").touch(0o600)
    outcome = place.one("permissions")
    assert (outcome.status, str(outcome.next_step)) == ("fail", f"as root: chown -R 65534 {place.state}")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become the service's user")
def test_as_the_services_user_what_is_roots_is_unknown_and_the_rest_is_judged() -> None:
    with tempfile.TemporaryDirectory() as name, socket.create_server(("127.0.0.1", 0)) as device:
        folder = Path(name)
        folder.chmod(0o755)
        place = Place(folder, device.getsockname()[1])
        for path in (place.state, *place.state.iterdir(), place.authority.directory / "S1.key"):
            os.chown(path, 65534, 65534)
        os.setegid(65534)
        os.seteuid(65534)
        try:
            found = place.look("configuration", "permissions", "report-key", "certificate", "devices", "queue")
        finally:
            os.seteuid(0)
            os.setegid(0)
    assert statuses(found) == {
        "configuration": "unknown",
        "permissions": "pass",
        "report-key": "pass",
        "certificate": "pass",
        "queue": "not_applicable",
        "devices": "pass",
    }
    assert "secrets.toml" in str(found["configuration"].what)


def test_a_wrong_configuration_is_one_failure_and_the_rest_is_looked_at(place: Place) -> None:
    place.change("[policy]", "[polcy]")
    found = place.look()
    assert found["configuration"].status == "fail"
    assert 'unknown key "polcy"' in str(found["configuration"].what)
    needing = {name for name, outcome in found.items() if outcome.reason == "no-configuration"}
    assert needing == {
        *("report-key", "time-zone", "names", "broker-connection", "broker-tls", "certificate"),
        *("broker-login", "devices", "notify"),
    }
    assert found["disk"].status in ("pass", "warn")


def test_a_receiver_that_was_not_reached_is_named_with_why_and_how_to_try(place: Place) -> None:
    robots = "".join(
        f'[[notify]]\nname = "{name}"\nkind = "wecom"\ncredential = "robot"\n' for name in ("duty", "night", "office")
    )
    place.change("[policy]", f"{robots}[policy]")
    secrets = place.config.parent / "secrets.toml"
    address = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=TOKEN-1"
    secrets.write_text(f'{secrets.read_text()}[credential.robot]\nuser = "robot"\npassword = "{address}"\n')
    assert place.one("notify").status == "pass"
    why = Message(
        "the robot does not know this address (number {number})", {"number": 93000}, next_step="copy it again"
    )
    for name in ("night", "office"):
        outbox_file.write(outbox_file.path_of(place.state, name), Outbox(tries=2, why=why))
    outcome = place.one("notify")
    assert outcome.status == "warn"
    assert str(outcome.what).startswith("night and 1 more were not told: the robot does not know this address")
    assert str(outcome.next_step) == "try it: camwarden notify test night"
    assert "TOKEN-1" not in str(outcome)


def test_a_damaged_spool_is_unknown_and_not_set_aside(place: Place) -> None:
    (place.state / "spool.db").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    (place.state / "spool.db").chmod(0o600)
    outcome = place.one("queue")
    assert outcome.status == "unknown"
    assert "spool.db" in str(outcome.what)
    assert [path.name for path in place.state.glob("spool*")] == ["spool.db"]


@pytest.mark.parametrize(
    ("age", "status"), [(timedelta(hours=1), "pass"), (timedelta(hours=3), "warn"), (timedelta(days=2), "fail")]
)
def test_reports_that_wait_too_long_are_told(age: timedelta, status: str, place: Place) -> None:
    maker = Maker(place.state, site("S1"))
    spool = maker.open(now=datetime.now(UTC) - age)
    maker.cycle(spool, datetime.now(UTC) - age)
    spool.close()
    assert place.one("queue").status == status


def test_a_refused_login_waits_for_a_person(place: Place) -> None:
    Credentials(place.state / "credentials.json").refused(box("wrong"), datetime.now(UTC))
    before = (place.state / "credentials.json").read_bytes()
    outcome = place.one("credentials")
    assert (outcome.status, outcome.refused) == ("fail", True)
    assert str(outcome.next_step).endswith("camwarden credentials retry gate")
    assert (place.state / "credentials.json").read_bytes() == before


def test_damaged_credential_states_are_unknown_and_stay_where_they_are(place: Place) -> None:
    (place.state / "credentials.json").write_text("{")
    assert place.one("credentials").status == "unknown"
    assert (place.state / "credentials.json").read_text() == "{"


def test_dead_devices_and_unknown_names_are_named(place: Place) -> None:
    dead = '[[device]]\nid = "yard"\nhost = "127.0.0.1"\nport = 9\n'
    nobody = '[[device]]\nid = "roof"\nhost = "nobody.invalid"\n'
    place.write(place.text + dead + nobody)
    found = place.look("devices", "names")
    assert found["devices"].evidence["devices"].keys() == {"yard"}  # type: ignore[union-attr]
    assert "1 of 3" in str(found["devices"].what)
    assert found["names"].evidence["names"] == ["nobody.invalid"]
    place.write(place.text + nobody)
    assert place.one("devices").status == "unknown"  # the cause is told in the row of names


def test_a_key_that_others_can_read_is_one_failure(place: Place) -> None:
    (place.state / "report-key.pem").chmod(0o644)
    assert statuses(place.look("permissions", "report-key")) == {"permissions": "fail", "report-key": "unknown"}


def test_a_stopped_service_whose_status_is_fresh_is_not_called_running(place: Place) -> None:
    """Nor is a login tried: it could work in another container, out of sight."""
    place.running()
    with place.broker:
        found = place.look("broker-login", "service")
        assert "as doctor" not in place.broker.log
    assert found["broker-login"].reason == "not-sure"
    assert found["service"].status != "pass"


def test_a_probe_that_hangs_or_breaks_is_unknown_and_holds_nobody_up(place: Place) -> None:
    forever = threading.Event()

    def hang(_: object) -> Outcome:
        forever.wait()
        return passed(Message("never"))

    def breaks(_: object) -> Outcome:
        raise ZeroDivisionError

    probes = [Probe("a", "a", hang, 0.2), Probe("b", "b", breaks), Probe("c", "c", lambda _: passed(Message("well")))]
    try:
        found = examine(survey(place.config, datetime.now(UTC), {}), probes)
    finally:
        forever.set()
    assert statuses(found) == {"a": "unknown", "b": "unknown", "c": "pass"}
    assert (found["a"].reason, found["b"].reason) == ("too-long", "failed")


def test_the_exit_code_is_1_before_4_before_3() -> None:
    well, unknown = Outcome("pass", Message("")), Outcome("unknown", Message(""))
    fails, refused = Outcome("fail", Message("")), Outcome("fail", Message(""), refused=True)
    assert exit_code([well, replace(well, status="warn")]) == 0
    assert exit_code([well, unknown]) == 3
    assert exit_code([unknown, refused]) == 4
    assert exit_code([unknown, refused, fails]) == 1


def test_the_command_shows_rows_next_steps_and_json_without_secrets(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["doctor", "--config", str(place.config), "--no-color"])
    shown = capsys.readouterr().out
    assert code == exits.FAILS  # the broker does not run
    assert "broker: connection" in shown
    assert "-> check route, firewall" in shown
    assert main(["doctor", "--json", "--config", str(place.config)]) == exits.FAILS
    answer = json.loads(capsys.readouterr().out)
    assert answer["schema"] == "camwarden-doctor/1"
    assert [row["probe"] for row in answer["probes"]] == [probe.id for probe in PROBES]
    main(["doctor", "--lang", "zh_CN", "--config", str(place.config)])
    assert "报告签名密钥" in capsys.readouterr().out
    assert CANARY not in shown + json.dumps(answer)


@pytest.mark.parametrize(
    ("said", "age", "status", "reason"),
    [
        ("active", timedelta(0), "pass", ""),
        ("inactive", timedelta(0), "fail", "not-active"),
        ("failed", timedelta(0), "fail", "not-active"),
        ("active", timedelta(days=1), "fail", "stale"),
        ("active", None, "warn", "no-status"),
    ],
)
def test_where_there_is_a_systemd_its_word_counts_and_the_age_of_the_last_look(
    said: str, age: timedelta | None, status: str, reason: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = place.folder / "programs"
    programs.mkdir()
    (programs / "systemctl").write_text(f"#!/bin/sh\n[ $1 = is-active ] && echo {said}\n")
    (programs / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setattr(host, "_SYSTEMD", programs)
    if age is not None:
        at = datetime.now(UTC) - age
        due = (at + timedelta(seconds=900)).isoformat()
        write(place.folder / "run", {"at": at.isoformat(), "next_due_at": due})
    outcome = place.one("service")
    assert (outcome.status, outcome.reason) == (status, reason)
