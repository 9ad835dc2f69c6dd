"""The hub's units are ones that systemd accepts, locked in, and agree with the program and its folders."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import time
from pathlib import Path

import pytest

from agent.cli import full_parser
from agent.hub.enroll.place import FOLDER, SETTINGS_NAME
from agent.hub.stores.store import NAME
from agent.model import exits

ROOT = Path(__file__).parents[2]
SYSTEMD = ROOT / "systemd"
UNITS = (
    "camwarden-hub.service",
    "camwarden-hub-enroll.service",
    "camwarden-hub-backup.service",
    "camwarden-hub-serve.service",
)
DATA = Path("/var/lib/camwarden-hub")
BACKUPS = Path("/var/lib/camwarden-hub-backup")
EXPOSURE_MAX = 1.5
UNKNOWN_BEFORE_254 = ("RestartSteps", "RestartMaxDelaySec")


def systemd(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)


def settings(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (SYSTEMD / name).read_text("utf-8").splitlines():
        if match := re.fullmatch(r"([A-Za-z]+)=(.*)", line):
            found.setdefault(match[1], []).append(match[2])
    return found


def placed(name: str, folder: Path) -> Path:
    """Write a unit with a program that exists here, all else as shipped."""
    text = (SYSTEMD / name).read_text("utf-8")
    path = folder / name
    path.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", text))
    return path


def complaints(unit: Path) -> list[str]:
    done = systemd("systemd-analyze", "verify", "--man=no", unit)
    own = [line for line in (done.stdout + done.stderr).splitlines() if "camwarden" in line]
    return [line for line in own if not any(f"'{key}'" in line for key in UNKNOWN_BEFORE_254)]


@pytest.mark.parametrize("name", UNITS)
def test_systemd_accepts_every_line(name: str, tmp_path: Path) -> None:
    assert complaints(placed(name, tmp_path)) == []


def test_systemd_accepts_the_timer_and_it_starts_the_backup(tmp_path: Path) -> None:
    placed("camwarden-hub-backup.service", tmp_path)
    assert complaints(placed("camwarden-hub-backup.timer", tmp_path)) == []
    assert settings("camwarden-hub-backup.timer")["Persistent"] == ["yes"]


def test_a_wrong_line_would_be_noticed(tmp_path: Path) -> None:
    unit = placed(UNITS[0], tmp_path)
    unit.write_text(unit.read_text().replace("PrivateTmp=yes", "PrivateTemp=yes"))
    assert len(complaints(unit)) == 1


def exposure(unit: Path) -> float:
    done = systemd("systemd-analyze", "security", "--offline=true", "--no-pager", unit)
    match = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert match, done.stdout + done.stderr
    return float(match[1])


@pytest.mark.parametrize("name", UNITS)
def test_each_service_is_locked_in(name: str, tmp_path: Path) -> None:
    assert exposure(placed(name, tmp_path)) <= EXPOSURE_MAX


@pytest.mark.parametrize("name", UNITS)
def test_opened_doors_would_be_noticed(name: str, tmp_path: Path) -> None:
    unit = placed(name, tmp_path)
    opened = r"(?m)^(CapabilityBoundingSet|RestrictAddressFamilies|SystemCallFilter|PrivateUsers|PrivateNetwork)=.*\n"
    unit.write_text(re.sub(opened, "", unit.read_text()))
    assert exposure(unit) > EXPOSURE_MAX


def test_the_units_call_the_program_as_it_is_called() -> None:
    run = shlex.split(settings(UNITS[0])["ExecStart"][0])
    assert run[0] == "/usr/lib/camwarden-hub/bin/camwarden-hub" and run[-1] == "$HUB_OPTIONS"
    options = re.search(r"(?m)^HUB_OPTIONS=(.*)$", (ROOT / "packaging/hub/hub.env.sample").read_text("utf-8"))
    assert options
    args = full_parser().parse_args(["hub", *run[1:-1], *options[1].split()])
    assert (args.action, args.data, args.tls, args.metrics) == ("run", DATA, True, ("127.0.0.1", 9464))
    assert {args.ca.parent, args.certificate.parent, args.key.parent} == {DATA / FOLDER}
    serve = shlex.split(settings(UNITS[1])["ExecStart"][0])
    args = full_parser().parse_args(["hub", *serve[1:]])
    assert (args.action, args.enroll_action, args.data) == ("enroll", "serve", DATA)
    page = shlex.split(settings(UNITS[3])["ExecStart"][0])
    options = re.search(r"(?m)^WEB_OPTIONS=(.*)$", (ROOT / "packaging/hub/web.env.sample").read_text("utf-8"))
    assert options and page[-1] == "$WEB_OPTIONS"
    args = full_parser().parse_args(["hub", *page[1:-1], *options[1].split()])
    assert (args.action, args.data, args.port, args.trusted_proxy) == ("serve", DATA, 8480, "127.0.0.1")


def test_the_sample_of_a_proxy_hands_on_to_where_the_page_listens_as_the_page_expects_it() -> None:
    proxy = (ROOT / "packaging/hub/nginx.conf").read_text("utf-8")
    (page,) = re.findall(r"(?s)location / \{(.*?)\n        \}", proxy)
    said = dict(re.findall(r"proxy_set_header (\S+) (.*);", page))
    assert "proxy_pass http://127.0.0.1:8480;" in page and "proxy_http_version 1.1;" in page
    assert said == {
        "Connection": "close", "Host": "$http_host", "X-Forwarded-For": "$remote_addr", "X-Remote-User": '""',
    }  # fmt: skip


def test_a_service_waits_for_what_it_needs_and_is_not_started_again_for_what_does_not_mend_itself() -> None:
    assert settings(UNITS[0])["ConditionPathExists"] == ["/etc/camwarden-hub/hub.env"]
    assert settings(UNITS[1])["ConditionPathExists"] == [str(DATA / FOLDER / SETTINGS_NAME)]
    assert settings(UNITS[2])["ConditionPathExists"] == [str(DATA / NAME)]
    assert settings(UNITS[3])["ConditionPathExists"] == ["/etc/camwarden-hub/web.env", str(DATA / NAME)]
    for name in (*UNITS[:2], *UNITS[3:]):
        unit = settings(name)
        assert unit["Restart"] == ["on-failure"]
        assert unit["RestartPreventExitStatus"] == [f"{exits.USAGE} {exits.CONFIG}"]
    for name in UNITS:
        unit = settings(name)
        assert (unit["User"], unit["Group"]) == (["camwarden-hub"], ["camwarden-hub"])
        assert unit["StateDirectoryMode"] == ["0700"]
        assert unit["StateDirectory"][0].split()[0] == DATA.name


def test_the_user_and_the_modes_are_those_that_the_units_rely_on(tmp_path: Path) -> None:
    """Both files are applied by the programs that read them, into an empty root."""
    (tmp_path / "etc/camwarden-hub").mkdir(parents=True)
    for name in ("hub.env", "web.env"):
        (tmp_path / "etc/camwarden-hub" / name).touch(0o666)
    made = systemd("systemd-sysusers", f"--root={tmp_path}", SYSTEMD / "camwarden-hub.sysusers")
    assert made.returncode == 0, made.stderr
    passwd = (tmp_path / "etc/passwd").read_text()
    assert re.search(r"(?m)^camwarden-hub:x:\d+:\d+:camwarden hub:/var/lib/camwarden-hub:/usr/sbin/nologin$", passwd)
    applied = systemd("systemd-tmpfiles", f"--root={tmp_path}", "--create", SYSTEMD / "camwarden-hub.tmpfiles")
    assert applied.returncode == 0, applied.stderr
    files = tuple(f"etc/camwarden-hub/{name}.env" for name in ("hub", "web"))
    places = ("etc/camwarden-hub", *files, *(f"var/lib/camwarden-hub{end}" for end in ("", "-backup")))
    modes = [(tmp_path / place).stat().st_mode & 0o777 for place in places]
    assert modes == [0o750, 0o640, 0o640, 0o700, 0o700]


def test_the_hub_may_write_nothing_beside_its_data() -> None:
    unit = settings("camwarden-hub.service")
    assert (unit["StateDirectory"], unit["ProtectSystem"]) == (["camwarden-hub"], ["strict"])
    assert "ReadWritePaths" not in unit


BACKUP = (ROOT / "packaging/hub/backup.sh").read_text("utf-8")


def backed_up(folder: Path, kept: str, program: str) -> subprocess.CompletedProcess[str]:
    """Run the script of the timer with another program in the hub's place."""
    tool = folder.parent / "tool"
    tool.write_text(f"#!/bin/sh\n{program}\n")
    tool.chmod(0o755)
    text = BACKUP.replace("/usr/lib/camwarden-hub/bin/camwarden-hub", str(tool))
    return subprocess.run(["sh", "-c", text, "backup", folder, kept], capture_output=True, text=True, check=False)


def test_the_newest_backups_are_kept_and_nothing_else_is_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    for name in ("20260101T000000Z", "20260102T000000Z", "20260103T000000Z", "x.part", "by-hand"):
        (folder / name).mkdir(parents=True)
    (folder / "20250101T000000Z").touch()  # a file of that name is none of ours
    done = backed_up(folder, "2", 'mkdir "$2"')
    assert done.returncode == 0, done.stderr
    names = sorted(path.name for path in folder.iterdir())
    assert names[:3] == ["20250101T000000Z", "20260103T000000Z", names[2]]
    assert re.fullmatch(r"\d{8}T\d{6}Z", names[2]) and names[3:] == ["by-hand", "x.part"]


def test_a_backup_that_was_ended_goes_on_and_its_part_does_not_stay_for_ever(tmp_path: Path) -> None:
    """A part holds private keys."""
    folder = tmp_path / "backups"
    for name, hours in (("20260101T000000Z", 9), ("20260102T000000Z", 1), ("20260103T000000Z", 25)):
        part = folder / f"{name}.part"
        part.mkdir(parents=True)
        os.utime(part, (0, time.time() - 3600 * hours))
    done = backed_up(folder, "2", 'mv "$2.part" "$2"')
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["20260101T000000Z.part", "20260102T000000Z"]


def test_a_backup_that_failed_deletes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    for name in ("20260101T000000Z", "20260102T000000Z"):
        (folder / name).mkdir(parents=True)
    assert backed_up(folder, "1", "exit 78").returncode == 78
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("kept", ["0", "", "-1", "x", "07"])
def test_a_number_of_backups_that_would_keep_none_is_refused(kept: str, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    (folder / "20260101T000000Z").mkdir(parents=True)
    assert backed_up(folder, kept, 'mkdir "$2"').returncode == 64
    assert len(list(folder.iterdir())) == 1
