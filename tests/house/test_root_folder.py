"""The service in a root folder of its own is locked in as the package's; no system is promised what was not tried."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from patience import PATIENCE_S

ROOT = Path(__file__).parents[2]
DROP_IN = ROOT / "systemd/camwarden-rootdirectory.conf"
SCRIPTS = ROOT / "packaging/rootfs"
EXPOSURE_MAX = 1.2
POSIX_ONLY = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}


def test_in_the_folder_the_service_is_as_locked_in_as_without(tmp_path: Path) -> None:
    unit = (ROOT / "systemd/camwarden.service").read_text("utf-8")
    unit = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", unit).replace("Documentation=man:camwarden(1)\n", "")
    path = tmp_path / "camwarden.service"
    inside = DROP_IN.read_text("utf-8").split("[Service]\n")[1]
    path.write_text(unit.replace("[Service]\n", "[Service]\n" + inside.replace("/opt/camwarden/root", str(tmp_path))))
    told = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(path)]
    done = subprocess.run(told, capture_output=True, text=True, timeout=60, check=False)
    match = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert match, done.stdout + done.stderr
    assert float(match[1]) <= EXPOSURE_MAX
    assert "RootDirectory" in done.stdout


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, Path]:
    """A gateway of folders, with programs that write down how they were called."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("systemctl", "systemd-sysusers", "systemd-tmpfiles", "chown", "chroot"):
        (programs / name).write_text(f'#!/bin/sh\necho "{name} $*" >> "{tmp_path}/calls"\n')
    (programs / "systemctl").write_text(
        '#!/bin/sh\ncase "$1" in --version) echo "systemd $FAKE_SYSTEMD (x)";; --quiet) exit "$FAKE_STOPPED";; esac\n'
        f'echo "systemctl $*" >> "{tmp_path}/calls"\n'
    )
    for path in programs.iterdir():
        path.chmod(0o755)
    tree = tmp_path / "tree"
    for name in ("usr/lib/systemd/system/camwarden.service", "usr/lib/sysusers.d/camwarden.conf"):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text("")
    (tree / "usr/lib/camwarden/root-folder").mkdir(parents=True)
    for source in (DROP_IN, SCRIPTS / "camwarden"):
        shutil.copy(source, tree / "usr/lib/camwarden/root-folder")
    script = (SCRIPTS / "install.sh").read_text("utf-8")
    for folder in ("/opt/camwarden", "/etc/systemd/system", "/usr/local/bin", "/etc/camwarden", "/var/lib/camwarden"):
        script = re.sub(rf"(?<![\w$}}\"])(?<!\w){re.escape(folder)}", f"{tmp_path}{folder}", script)
    (tmp_path / "install.sh").write_text(script)
    subprocess.run(
        ["tar", "--create", f"--file={tmp_path}/root.tar", f"--directory={tree}", "."], check=True, timeout=PATIENCE_S
    )
    return {"home": tmp_path, "programs": programs}


def install(machine: dict[str, Path], systemd: str = "247", stopped: str = "1") -> subprocess.CompletedProcess[str]:
    home = machine["home"]
    path = f"{machine['programs']}:/usr/bin:/bin"
    environment = {"PATH": path, "FAKE_SYSTEMD": systemd, "FAKE_STOPPED": stopped}
    told = ["sh", str(home / "install.sh"), str(home / "root.tar")]
    return subprocess.run(told, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_it_is_laid_out_with_mount_points_that_the_service_may_pass(machine: dict[str, Path]) -> None:
    done = install(machine)
    assert done.returncode == 0, done.stderr
    home = machine["home"]
    root = home / "opt/camwarden/root"
    assert (root / "run/systemd").stat().st_mode & 0o777 == 0o755, "systemd 247 would make it 0700: no READY=1"
    assert (root / "run/systemd/notify").is_file()
    drop_in = home / "etc/systemd/system/camwarden.service.d/rootdirectory.conf"
    assert drop_in.read_text() == DROP_IN.read_text()
    assert (home / "usr/local/bin/camwarden").stat().st_mode & 0o111
    calls = (home / "calls").read_text()
    assert "systemctl daemon-reload" in calls and "systemctl start" not in calls


def test_a_renewal_starts_again_what_was_running_and_leaves_nothing_of_the_old(machine: dict[str, Path]) -> None:
    install(machine)
    root = machine["home"] / "opt/camwarden/root"
    (root / "old").write_text("")
    (machine["home"] / "etc/camwarden/site.toml").write_text("kept")
    done = install(machine, stopped="0")
    assert done.returncode == 0, done.stderr
    assert not (root / "old").exists() and not root.with_name("root.new").exists()
    assert (machine["home"] / "etc/camwarden/site.toml").read_text() == "kept"
    calls = (machine["home"] / "calls").read_text()
    assert calls.index("systemctl stop camwarden.service") < calls.index("systemctl start camwarden.service")


def test_a_systemd_that_cannot_hand_over_secrets_is_refused_before_anything_changes(machine: dict[str, Path]) -> None:
    done = install(machine, systemd="246")
    assert done.returncode == 69 and "246 is too old" in done.stderr
    assert not (machine["home"] / "opt").exists()


def test_the_readme_names_each_module_that_needs_posix() -> None:
    """The row about Windows says which files import what Windows has not."""
    found = set()
    for package in ("agent", "drivers", "masking"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                if POSIX_ONLY.intersection(name.split(".")[0] for name in names):
                    found.add(path.relative_to(ROOT).as_posix())
    row = next(line for line in (ROOT / "packaging/README.md").read_text("utf-8").splitlines() if "| Windows" in line)
    assert set(re.findall(r"`([\w/]+\.py)`", row)) == found, "packaging/README.md, Elsewhere, Windows"
