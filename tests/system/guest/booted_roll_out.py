"""Ansible puts a gateway into use from the signed folder, changes nothing when run again, and shows no secret."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import tomllib
from pathlib import Path
from typing import Final

import gateway
import peers
import pytest
from machine import main_pid, prop
from places import CHECKOUT, PACKAGES, PEERS, SECRETS_TOML, SITE_FILES, SITE_TOML, UNIT

ROLE: Final = CHECKOUT / "packaging" / "ansible"
ANSIBLE: Final = Path("/srv/ansible")
HOME: Final = PEERS / "ansible"
RECAP: Final = re.compile(r"ok=\d+ +changed=(\d+) +unreachable=0 +failed=0 ")


def played(variables: dict[str, str]) -> tuple[int, str]:
    """Run the playbook on this machine; return how many tasks changed something, and all that was shown."""
    HOME.mkdir(exist_ok=True)
    given = HOME / "given.json"
    given.write_text(json.dumps(variables))
    given.chmod(0o600)
    hosts = HOME / "hosts.ini"
    hosts.write_text("[gateways]\nhere ansible_connection=local ansible_python_interpreter=/usr/bin/python3\n")
    command = ["/usr/bin/python3", "-m", "ansible", "playbook", "--inventory", hosts, "--extra-vars", f"@{given}"]
    environ = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(HOME), "PYTHONPATH": str(ANSIBLE)}
    environ["ANSIBLE_PIPELINING"] = "1"  # one process for each task instead of three
    done = subprocess.run(
        [*command, "-vvv", "--diff", ROLE / "site.yml"],
        capture_output=True, text=True, timeout=300, env=environ, cwd=ROLE,
    )  # fmt: skip
    shown = done.stdout + done.stderr
    recap = RECAP.search(shown)
    assert done.returncode == 0 and recap, shown[-6000:]
    return int(recap[1]), shown


def site_text() -> str:
    return gateway.as_rendered((SITE_FILES / "site.toml").read_text())


@pytest.mark.usefixtures("gateway")
def test_the_role_puts_a_bare_gateway_into_use_once_and_shows_no_secret() -> None:
    peers.start_broker()
    gateway.forget()
    shutil.rmtree("/etc/apt/sources.list.d", ignore_errors=True)  # nobody is reached from here
    Path("/etc/apt/sources.list").unlink(missing_ok=True)
    Path("/etc/apt/sources.list.d").mkdir()
    confirmed, token = peers.counts()["confirmed"], peers.token()
    secrets = (SITE_FILES / "secrets.toml").read_text()
    given = {
        "camwarden_repository": f"file:{PACKAGES / 'apt'}",
        "camwarden_repository_key": str(PACKAGES / "apt" / "camwarden-archive-keyring.asc"),
        "camwarden_site_toml": site_text(), "camwarden_secrets_toml": secrets, "camwarden_token": token,
    }  # fmt: skip
    changed, shown = played(given)
    passwords = [one["password"] for one in tomllib.loads(secrets)["credential"].values()]
    assert passwords and not [one for one in (*passwords, token) if one in shown]
    assert changed > 5 and prop("ActiveState") == "active" and prop("UnitFileState") == "enabled"
    gateway.wait_until_confirmed(more_than=confirmed)
    assert (stat.S_IMODE(SECRETS_TOML.stat().st_mode), SECRETS_TOML.owner()) == (0o600, "root")
    assert (stat.S_IMODE(SITE_TOML.stat().st_mode), SITE_TOML.group()) == (0o640, "camwarden")
    hub, pid = tomllib.loads(SITE_TOML.read_text())["hub"], main_pid()

    given["camwarden_site_toml"] = site_text().replace('name = "', 'name = "Renamed ', 1)
    assert played(given)[0] > 0
    written = tomllib.loads(SITE_TOML.read_text())
    assert written["hub"] == hub and written["site"]["name"].startswith("Renamed ")
    assert main_pid() not in (0, pid) and prop("ActiveState", UNIT) == "active"

    pid = main_pid()
    assert played(given)[0] == 0
    assert main_pid() == pid, "a run that changes nothing restarts nothing"
