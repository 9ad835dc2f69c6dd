"""Who can read the passwords and the report key: the service alone, and neither its picture worker nor its traces."""

from __future__ import annotations

import json
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path

import gateway
import pytest
from conftest import Gateway
from machine import as_user, drop_in, main_pid, said, wait_for
from places import PEERS, RUNTIME, SECRETS_TOML, SITE_FILES, SITE_TOML, STATE, TOKEN, UNIT, USER

HANDED_OVER = Path("/run/credentials") / UNIT / "secrets.toml"
REPORT_KEY = STATE / "report-key.pem"
ATTEMPTS = PEERS / "attempts.json"
SECRETS_CRED = Path("/etc/camwarden/secrets.cred")
KEY_CRED = Path("/etc/credstore.encrypted/camwarden.report-key")
WRITTEN_TO = ("/etc", "/var", "/run", "/tmp", "/dev/shm", "/root", "/home")  # noqa: S108 - where files come and go


def secrets() -> list[str]:
    """Return every password of the site, as the operator has them."""
    logins = tomllib.loads((SITE_FILES / "secrets.toml").read_text())["credential"]
    return [login["password"] for login in logins.values()]


@pytest.mark.parametrize("path", [SECRETS_TOML, HANDED_OVER, REPORT_KEY], ids=["file", "credential", "report-key"])
def test_another_user_cannot_read(service: Gateway, path: Path) -> None:
    assert path.read_bytes(), "root sees nothing there either"
    tried = as_user("nobody", "cat", path)
    assert tried.returncode == 1 and "Permission denied" in tried.stderr


def test_the_file_of_passwords_is_closed_even_to_the_services_user(service: Gateway) -> None:
    """The service reads the copy that systemd hands over, so what takes it over cannot change the file."""
    assert (SECRETS_TOML.stat().st_uid, stat.S_IMODE(SECRETS_TOML.stat().st_mode)) == (0, 0o600)
    assert as_user("camwarden", "cat", SECRETS_TOML).returncode == 1
    assert {stat.S_IMODE(path.stat().st_mode) for path in (STATE, RUNTIME)} == {0o700, 0o750}


def test_no_password_nor_token_is_in_its_traces(service: Gateway) -> None:
    """Arguments and environment of its processes, the journal, status, and every file that it keeps."""
    texts = {f"{process}/{name}": text for process, files in at_work().items() for name, text in files.items()}
    assert len(texts) == 6
    texts["journal"] = said("journalctl", "--no-pager", "--output=export")
    for folder in (STATE, RUNTIME):
        texts |= {str(path): data.decode("latin-1") for path, data in gateway.files_of(folder).items()}
    wanted = [*secrets(), TOKEN.read_text()]
    assert len(wanted) == 4 and all(len(secret) > 8 for secret in wanted)
    assert [name for name, text in texts.items() if any(secret in text for secret in wanted)] == []


def at_work() -> dict[str, dict[str, str]]:
    """Start the service anew; return what /proc says of it and of its picture worker, which lives for a look.

    It fails where no worker comes that is locked in further than the service: by one filter of its own.
    """
    said("systemctl", "restart", UNIT, within_s=90)
    pid = main_pid()

    def look() -> dict[str, dict[str, str]]:
        try:
            found = {"service": _proc(pid), "worker": _proc(_children(pid)[0])}
        except (OSError, IndexError):  # not yet there, or just gone
            return {}
        outer, inner = (int(_kernel_status(one["status"])["Seccomp_filters"]) for one in found.values())
        return found if inner > outer else {}  # until it is locked in it loads what it needs

    return wait_for("the picture worker, locked in", look)


def _proc(pid: int) -> dict[str, str]:
    names = ("cmdline", "environ", "status")
    return {name: Path(f"/proc/{pid}/{name}").read_bytes().decode("latin-1") for name in names}


def _children(pid: int) -> list[int]:
    found = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return [int(child) for children in found for child in children]


def test_the_picture_worker_is_locked_in_further_than_the_service(service: Gateway) -> None:
    """The one that runs: nothing is left that it could not give up, and its filters are more than the unit's."""
    status = json.loads((RUNTIME / "status.json").read_text())
    assert (status["worker_limits"], status["worker_open"]) == ([], [])
    found = at_work()
    outer, inner = (_kernel_status(found[one]["status"]) for one in ("service", "worker"))
    assert int(outer["Seccomp_filters"]) > 0
    assert (inner["NoNewPrivs"], inner["CapEff"], inner["CapBnd"]) == ("1", "0" * 16, outer["CapBnd"])
    assert int(outer["CapEff"], 16) == 0


def _kernel_status(text: str) -> dict[str, str]:
    return {name: value.strip() for name, value in (line.split(":", 1) for line in text.splitlines())}


def test_between_looks_nothing_of_the_picture_worker_is_there(service: Gateway) -> None:
    gateway.wait_until_seen()
    wait_for("the end of the picture worker", lambda: not _children(main_pid()))


@pytest.fixture
def put_back() -> Iterator[None]:
    """Bring the plain files back after a test, whatever became of it."""
    key, was_there = REPORT_KEY.read_bytes(), KEY_CRED.parent.exists()
    yield
    said("systemctl", "stop", UNIT)
    REPORT_KEY.write_bytes(key)
    REPORT_KEY.chmod(0o600)
    said("chown", f"{USER}:{USER}", REPORT_KEY)
    for path in (SECRETS_CRED, KEY_CRED):
        path.unlink(missing_ok=True)
    if not was_there:
        KEY_CRED.parent.rmdir()


def test_it_starts_from_encrypted_passwords_and_key_and_they_are_nowhere_on_the_disk(
    service: Gateway, put_back: None
) -> None:
    """As systemd/README.md has it: both encrypted for this machine, the plain files destroyed."""
    confirmed = gateway.wait_until_confirmed()["confirmed"]
    key_body = REPORT_KEY.read_text().splitlines()[1]
    said("systemd-creds", "encrypt", "--name=secrets.toml", SECRETS_TOML, SECRETS_CRED)
    KEY_CRED.parent.mkdir(mode=0o700, exist_ok=True)
    said("systemd-creds", "encrypt", "--name=camwarden.report-key", REPORT_KEY, KEY_CRED)
    said("systemctl", "stop", UNIT)
    said("shred", "-u", SECRETS_TOML, REPORT_KEY)
    SITE_TOML.write_text(SITE_TOML.read_text() + '\n[key]\nsource = "systemd"\n')
    drop_in(
        "encrypted", "LoadCredential=", f"LoadCredentialEncrypted=secrets.toml:{SECRETS_CRED}",
        f"LoadCredentialEncrypted=camwarden.report-key:{KEY_CRED}",
    )  # fmt: skip
    said("systemctl", "start", UNIT, within_s=90)
    gateway.wait_until_seen()
    gateway.wait_until_confirmed(more_than=confirmed)
    assert {row["online"] for row in json.loads((RUNTIME / "status.json").read_text())["cameras"]} == {"pass"}
    wanted = [*secrets(), key_body]
    grep = ("grep", "--recursive", "--files-with-matches", "--fixed-strings")
    found = said(*grep, *(f"--regexp={secret}" for secret in wanted), *WRITTEN_TO, codes=(0, 2))
    assert set(found.splitlines()) == {f"{HANDED_OVER.parent}/{name}" for name in ("secrets.toml", KEY_CRED.name)}


def test_what_the_unit_and_the_worker_inside_it_may_do(service: Gateway) -> None:
    """A program takes the service's place, under every line of its unit, and tries."""
    command = f"/usr/bin/python3 -IB {Path(__file__).with_name('inside_the_unit.py')}"
    drop_in(
        "attempts", "Type=oneshot", "Restart=no", "WatchdogSec=0", "ExecStart=", f"ExecStart={command}",
        f"StandardOutput=truncate:{ATTEMPTS}",
    )  # fmt: skip
    said("systemctl", "restart", UNIT)
    told = json.loads(ATTEMPTS.read_text())
    assert told["limits"] == []
    assert set(told["worker"].values()) <= {"EPERM", "EACCES"} and {"read", "connect"} <= told["worker"].keys(), told
    assert told["worker_key"]["read"] in ("EPERM", "EACCES")
    assert told["reads"] == {"credential": "done", "report key": "done", "file of passwords": "EACCES"}
    assert told["writes"].pop(str(STATE)) == told["writes"].pop(str(RUNTIME)) == "done"
    assert set(told["writes"].values()) <= {"EROFS", "EACCES", "EPERM", "ENOENT"}, told["writes"]
