"""The unit is one that systemd accepts, locked in as far as a network service can be, and agrees with the program."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import upgrade
from package_table import AGENT

from agent.host.paths import CONFIG, SECRETS_NAME, UPGRADE_OUTCOME
from agent.model import exits
from agent.service.orders.wanted_version import FILE_NAME
from agent.site.config.sections import DEVICES_AT_ONCE_MAX
from agent.site.config.site import Storage

FOLDER = Path(__file__).parents[2] / "systemd"
UNIT = FOLDER / "camwarden.service"
EXPOSURE_MAX = 1.2
UNKNOWN_BEFORE_254 = ("RestartSteps", "RestartMaxDelaySec", "ImportCredential")


def systemd(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)


def settings(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if match := re.fullmatch(r"([A-Za-z]+)=(.*)", line):
            found.setdefault(match[1], []).append(match[2])
    return found


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that exists here, all else as shipped."""
    text = UNIT.read_text("utf-8")
    changed = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", text)
    assert changed != text
    path = tmp_path / "camwarden.service"
    path.write_text(changed.replace("Documentation=man:camwarden(1)\n", ""))
    return path


def complaints(unit: Path) -> list[str]:
    done = systemd("systemd-analyze", "verify", "--man=no", str(unit))
    own = [line for line in (done.stdout + done.stderr).splitlines() if "camwarden" in line]
    return [line for line in own if not any(f"'{key}'" in line for key in UNKNOWN_BEFORE_254)]


def test_systemd_accepts_every_line(unit: Path) -> None:
    assert complaints(unit) == []


def test_a_wrong_line_would_be_noticed(unit: Path) -> None:
    unit.write_text(unit.read_text().replace("PrivateTmp=yes", "PrivateTemp=yes\nWatchdogSec=soon"))
    assert len(complaints(unit)) == 2


def exposure(unit: Path) -> float:
    done = systemd("systemd-analyze", "security", "--offline=true", "--no-pager", str(unit))
    match = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert match, done.stdout + done.stderr
    return float(match[1])


def test_the_service_is_locked_in(unit: Path) -> None:
    assert exposure(unit) <= EXPOSURE_MAX


def test_an_opened_door_would_be_noticed(unit: Path) -> None:
    unit.write_text(unit.read_text().replace("CapabilityBoundingSet=\n", ""))
    assert exposure(unit) > EXPOSURE_MAX


def test_the_unit_agrees_with_the_program() -> None:
    unit = settings(UNIT.read_text("utf-8"))
    assert unit["ExecStart"] == [f"/usr/lib/camwarden/bin/camwarden run --config {CONFIG}"]
    assert unit["Type"] == ["notify"]
    assert unit["RestartPreventExitStatus"] == [str(exits.CONFIG)]
    assert unit["LoadCredential"] == [f"{SECRETS_NAME}:{CONFIG.parent / SECRETS_NAME}"]
    storage = Storage()
    assert f"/var/lib/{unit['StateDirectory'][0]}" == str(storage.directory)
    assert f"/run/{unit['RuntimeDirectory'][0]}" == str(storage.runtime)
    assert int(unit["TasksMax"][0]) >= DEVICES_AT_ONCE_MAX + 32
    assert int(unit["TimeoutStopSec"][0]) > 5
    assert "PYTHONSAFEPATH=1" in unit["Environment"][0]
    assert unit["PrivateMounts"] == ["yes"], "systemd 252 rates the unit 0.2 worse without"


def test_the_worker_may_lock_itself_in_and_the_host_figures_stay_readable() -> None:
    unit = settings(UNIT.read_text("utf-8"))
    allowed = unit["SystemCallFilter"][0].split()
    assert {"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "seccomp"} < set(allowed)
    assert "@sandbox" not in allowed, "systemd 252 ignores a set that it does not know"
    assert unit["SystemCallFilter"][1].startswith("~")
    assert not {"@sandbox", "seccomp"} & set(unit["SystemCallFilter"][1].lstrip("~").split())
    assert "ProcSubset" not in unit


def test_the_user_and_the_modes_are_those_that_the_unit_relies_on(tmp_path: Path) -> None:
    """Both files are applied by the programs that read them, into an empty root."""
    (tmp_path / "etc/camwarden").mkdir(parents=True)
    (tmp_path / "etc/camwarden/site.toml").touch(0o666)
    made = systemd("systemd-sysusers", f"--root={tmp_path}", str(FOLDER / "camwarden.sysusers"))
    assert made.returncode == 0, made.stderr
    passwd = (tmp_path / "etc/passwd").read_text()
    assert re.search(r"(?m)^camwarden:x:\d+:\d+:camwarden agent:/var/lib/camwarden:/usr/sbin/nologin$", passwd)
    applied = systemd("systemd-tmpfiles", f"--root={tmp_path}", "--create", str(FOLDER / "camwarden.tmpfiles"))
    assert applied.returncode == 0, applied.stderr
    modes = {
        name: (tmp_path / "etc/camwarden" / name).stat().st_mode & 0o777 for name in ("", "site.toml", SECRETS_NAME)
    }
    assert modes == {"": 0o750, "site.toml": 0o640, SECRETS_NAME: 0o600}


def test_systemd_accepts_the_upgrade_and_its_timer_starts_it(tmp_path: Path) -> None:
    for name in ("camwarden-upgrade.service", "camwarden-upgrade.timer"):
        text = (FOLDER / name).read_text("utf-8")
        (tmp_path / name).write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", text))
    for name in ("camwarden-upgrade.service", "camwarden-upgrade.timer"):
        assert complaints(tmp_path / name) == []
    assert settings((FOLDER / "camwarden-upgrade.timer").read_text("utf-8"))["WantedBy"] == ["timers.target"]


def test_the_upgrade_looks_where_the_service_writes_and_writes_where_it_looks() -> None:
    unit = settings((FOLDER / "camwarden-upgrade.service").read_text("utf-8"))
    assert unit["ConditionPathExists"] == [str(Storage().directory / FILE_NAME)]
    assert Storage().directory / FILE_NAME == upgrade.WANTED
    assert unit["ExecStart"] == [f"/{AGENT.shipped['packaging/upgrade.py']}"]
    assert f"/var/lib/{unit['StateDirectory'][0]}" == str(UPGRADE_OUTCOME.parent) == str(upgrade.STATE)
    assert (UPGRADE_OUTCOME.name, CONFIG) == (upgrade.OUTCOME_NAME, upgrade.SITE)
    assert unit["StateDirectoryMode"] == ["0755"], "the service's user reads the outcome"
    assert (unit["Type"], unit["TimeoutStartSec"]) == (["oneshot"], ["infinity"])


def test_a_package_that_is_upgraded_does_not_end_the_upgrade() -> None:
    rules = (FOLDER.parent / "packaging/debian/rules").read_text("utf-8")
    assert "--exclude=camwarden-upgrade.service" in rules
    assert "WantedBy" not in (FOLDER / "camwarden-upgrade.service").read_text("utf-8")
