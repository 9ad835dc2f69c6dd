"""A device behind TLS gets no request unless the file that its configuration names vouches for its certificate."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from certificates import Authority
from devices import NOW, PASSWORD, USER, HttpDevice
from onvif_device import Script

from agent.observe.facts.facts import Facts, gather
from agent.observe.probe.devices import probe
from agent.site.config.load import load
from drivers.credentials import Credentials
from drivers.model import Identity, Masks

SITE = '[site]\nid = "datong017"\ncity = "datong"\ndivision = "140200"\n[probe]\ndeadline_s = 10\n'


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that a device signed itself, its key in the same file."""
    path = tmp_path_factory.mktemp("tls") / "device.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=camera -addext"
    made = subprocess.run(
        [*command.split(), "subjectAltName=IP:127.0.0.1", "-keyout", str(path), "-out", "-"],
        check=True,
        capture_output=True,
    )
    path.write_bytes(path.read_bytes() + made.stdout)
    return path


@pytest.fixture
def secured(own: Path) -> Iterator[HttpDevice]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own)
    served = Script(login="digest", channels=1).device()
    served.wrap = lambda sock: context.wrap_socket(sock, server_side=True)  # type: ignore[method-assign]
    with served:
        yield served


def read(folder: Path, served: HttpDevice, ca: Path | None, host: str = "127.0.0.1") -> Facts:
    """Read the device as a site file says, and return what came."""
    text = SITE + f'[[device]]\nid = "box"\nhost = "{host}"\nport = {served.port}\ntls = true\ncredential = "c"\n'
    text += f'ca = "{ca}"\n' if ca else ""
    (folder / "site.toml").write_text(text + '[[camera]]\nid = "gate"\ndevice = "box"\n')
    (folder / "secrets.toml").write_text(f'[credential.c]\nuser = "{USER}"\npassword = "{PASSWORD}"\n')
    (folder / "secrets.toml").chmod(0o600)
    site = load(folder / "site.toml", folder / "secrets.toml")
    return gather(probe(site, Credentials(None), lambda: NOW, paths={}).observations)


def test_a_device_that_signed_its_own_certificate_is_read_with_ca_and_unreachable_without(
    secured: HttpDevice, own: Path, tmp_path: Path
) -> None:
    without = read(tmp_path, secured, None)
    assert without.why_not("device:box", "identity").reason == "unreachable"
    assert "certificate" in without.why_not("device:box", "clock").detail
    assert secured.asked == []
    facts = read(tmp_path, secured, own)
    assert facts.one("device:box", Identity) is not None
    assert facts.one("camera:gate", Masks) is not None


def test_a_certificate_of_another_authority_gets_no_request(secured: HttpDevice, tmp_path: Path) -> None:
    facts = read(tmp_path, secured, Authority(tmp_path / "other").ca)
    why = facts.why_not("device:box", "identity")
    assert (why.reason, why.cause) == ("unreachable", "untrusted")
    assert secured.asked == []


def test_a_certificate_for_another_host_gets_no_request(secured: HttpDevice, own: Path, tmp_path: Path) -> None:
    facts = read(tmp_path, secured, own, host="localhost")
    why = facts.why_not("device:box", "identity")
    assert (why.reason, why.cause) == ("unreachable", "untrusted")
    assert secured.asked == []


def test_a_ca_file_that_is_damaged_gets_no_request(secured: HttpDevice, tmp_path: Path) -> None:
    damaged = tmp_path / "ca.pem"
    damaged.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    facts = read(tmp_path, secured, damaged)
    assert facts.why_not("device:box", "identity").reason == "unreachable"
    assert secured.asked == []
