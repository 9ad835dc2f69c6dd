"""Where the report key is: a file, a credential of systemd that wins over nothing silently, or a token."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

import delivery
import pytest
from delivery import NOW, Maker

from agent.contract.envelope import read_header
from agent.contract.signing_keys import create_key, load_signer
from agent.deliver.keys.place import CREDENTIAL_NAME, NEXT, KeyHolder, place_of
from agent.deliver.keys.rotate import settle
from agent.model.errors import ConfigurationError, Forbidden, UsageError
from agent.site.config.site import KeyPlace, Site, Storage

UNIT = Path(__file__).parents[3] / "systemd/camwarden.service"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return replace(delivery.site(), key=KeyPlace("systemd"), storage=Storage(tmp_path / "state"))


@pytest.fixture
def handed(tmp_path: Path) -> Path:
    folder = tmp_path / "credentials"
    folder.mkdir()
    create_key(folder / CREDENTIAL_NAME)
    return folder


def keys_of(site: Site, handed: Path) -> KeyHolder:
    return place_of(site, {"CREDENTIALS_DIRECTORY": str(handed)})


def test_the_key_of_systemd_is_used_and_no_file_is_made(site: Site, handed: Path) -> None:
    create_key(site.storage.directory / "report-key.pem")  # an older key in the state directory does not count
    signer = settle(site, keys_of(site, handed), lambda: NOW)
    assert signer.kid == load_signer(handed / CREDENTIAL_NAME).kid
    assert signer.kid != load_signer(site.storage.directory / "report-key.pem").kid


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o600])
def test_the_modes_that_systemd_gives_are_accepted(site: Site, handed: Path, mode: int) -> None:
    (handed / CREDENTIAL_NAME).chmod(mode)
    assert keys_of(site, handed).current() is not None


@pytest.mark.parametrize("mode", [0o444, 0o460, 0o666, 0o401])
def test_wider_modes_are_refused(site: Site, handed: Path, mode: int) -> None:
    (handed / CREDENTIAL_NAME).chmod(mode)
    with pytest.raises(Forbidden, match=f"mode {mode:04o} opens the private key"):
        keys_of(site, handed).current()


def test_a_credential_that_was_not_handed_over_is_no_first_start(site: Site, handed: Path) -> None:
    (handed / CREDENTIAL_NAME).unlink()
    with pytest.raises(ConfigurationError, match="systemd did not hand the report key over") as caught:
        settle(site, keys_of(site, handed), lambda: NOW)
    assert caught.value.exit_code == 78
    assert not site.storage.directory.exists()


def test_outside_of_the_service_one_line_says_why_there_is_no_key(site: Site) -> None:
    with pytest.raises(ConfigurationError, match="only the service gets the key"):
        place_of(site, {}).current()


def test_a_new_key_of_systemd_takes_over_and_stays_when_it_gets_the_old_ones_name(site: Site, handed: Path) -> None:
    maker = Maker(handed, site, CREDENTIAL_NAME)
    maker.directory = site.storage.directory
    maker.directory.mkdir()
    with closing(maker.open()) as spool:
        maker.cycle(spool)
    create_key(handed / (CREDENTIAL_NAME + NEXT))
    new = load_signer(handed / (CREDENTIAL_NAME + NEXT)).kid
    for _ in range(2):  # the second start finds both still there, and the hand-over in the chain
        maker.signer = settle(site, keys_of(site, handed), lambda: NOW)
        assert maker.signer.kid == new
        with closing(maker.open()) as spool:
            maker.cycle(spool)
    (handed / (CREDENTIAL_NAME + NEXT)).rename(handed / CREDENTIAL_NAME)
    assert settle(site, keys_of(site, handed), lambda: NOW).kid == new
    with closing(maker.open()) as spool:
        rows = sorted(spool.pending(100, NOW), key=lambda row: row.id)
    assert [b'"rotation"' in row.payload for row in rows].count(True) == 1
    assert {read_header(row.jws).kid for row in rows[-4:]} == {new}


def test_a_key_of_systemd_is_not_rotated_from_here(site: Site, handed: Path) -> None:
    with pytest.raises(UsageError, match=re.escape(f"hand it over as {CREDENTIAL_NAME}{NEXT}")):
        keys_of(site, handed).create_waiting()


def test_the_unit_imports_the_key_and_its_successor() -> None:
    (pattern,) = re.findall(r"(?m)^ImportCredential=(.*)$", UNIT.read_text())
    assert fnmatch(CREDENTIAL_NAME, pattern)
    assert fnmatch(CREDENTIAL_NAME + NEXT, pattern)
    assert not fnmatch("secrets.toml", pattern)


def test_the_daemon_loads_the_library_of_tokens_only_where_one_is_configured() -> None:
    code = "import sys, agent.service.daemon.loop, agent.commands.keys; print('pkcs11' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
