"""What tests of enrollment share: a desk with its authority, and gateways that ask it, without a site's files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hubside import Recorder, RunningHub
from mosquitto import SampleBroker, free_port

from agent.cli import main
from agent.contract.enrollment import Grant, Refusal, Request, read_answer, write_request
from agent.contract.enrollment_token import Token, read_token, write_token
from agent.contract.signing_keys import load_or_create_signer
from agent.deliver.keys.tls_certificate import certificate_request
from agent.hub.enroll import desk as enrollment
from agent.hub.enroll import place
from agent.hub.enroll.place import CA_NAME, CRL_NAME, DeskFolder, Settings
from agent.hub.enroll.server import serving
from agent.hub.stores.enroll import EnrollStore
from agent.service.enroll.channel import ask
from agent.site.config.site import Hub

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def clock() -> datetime:
    return datetime.now(UTC)


class EnrollDesk:
    """An enrollment desk on disk, and its open database."""

    def __init__(self, data: Path, port: int = 1, broker_port: int = 8883, now: datetime | None = None) -> None:
        settings = Settings("127.0.0.1", port, "127.0.0.1", broker_port)
        self.place: DeskFolder = place.make(data, settings, (), b"", now or clock())
        self.store = EnrollStore(self.place.directory)

    def token(self, site: str = "S1", now: datetime = NOW, valid: timedelta = DAY) -> Token:
        """Make a token."""
        ((token, line),) = enrollment.make_tokens(self.place, self.store, [site], valid, now)
        assert read_token(line) == token
        return token

    def answer(self, data: bytes, now: datetime = NOW) -> Grant | Refusal:
        """Have it decide a request."""
        return enrollment.answer(self.place, self.store, data, now)[0]

    def reason(self, data: bytes, now: datetime = NOW) -> str:
        """Return why it gives nothing, empty where it gives."""
        said = self.answer(data, now)
        return said.reason if isinstance(said, Refusal) else ""

    def granted(self, data: bytes, now: datetime = NOW) -> Grant:
        """Return what it gives."""
        said = self.answer(data, now)
        assert isinstance(said, Grant), said
        return said

    @contextmanager
    def serving(self) -> Iterator[tuple[int, Recorder]]:
        """Serve it; yield its port and what it tells."""
        told = Recorder()
        with serving(self.place, self.store, ("127.0.0.1", 0), told, clock) as port:
            yield port, told


class Gateway:
    """The two keys of a gateway, and what it asks with them."""

    def __init__(self, directory: Path, site: str = "S1") -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.site = site
        self.tls_key = directory / "site-key.pem"
        self.signer = load_or_create_signer(directory / "report-key.pem")

    def request(self, token: Token, site: str = "", csr: bytes = b"") -> bytes:
        """Return a request with a token."""
        csr = csr or certificate_request(self.tls_key, self.site)
        asked = Request(site or self.site, csr.decode(), self.signer.public, NOW, token.secret)
        return write_request(asked, self.signer)

    def renewal(self, following: str = "next.pem", csr: bytes = b"") -> bytes:
        """Return a request for a certificate of the following TLS key, which the one that is there vouches for."""
        csr = csr or certificate_request(self.tls_key.with_name(following), self.site)
        before = load_or_create_signer(self.tls_key)
        return write_request(Request(self.site, csr.decode(), self.signer.public, NOW), self.signer, before)

    def ask(self, token: Token, port: int) -> Grant | Refusal:
        """Ask over the wire."""
        return read_answer(ask("127.0.0.1", port, token.pin, self.request(token)))


SITE = (
    '[site]\nid = "{id}"\ncity = "datong"\ndivision = "140200"\n\n[storage]\ndirectory = "state"\nruntime = "state"\n'
)


@dataclass(frozen=True)
class City:
    """What the hub's team runs: desk, broker and hub."""

    desk: EnrollDesk
    broker: SampleBroker
    hub: RunningHub

    def token(self, site: str = "S1", valid: timedelta = timedelta(hours=1)) -> str:
        """Make a token."""
        return write_token(self.desk.token(site, clock(), valid))


@contextmanager
def city_in(tmp_path: Path) -> Iterator[City]:
    """Run desk, broker and hub."""
    broker_files, data = tmp_path / "broker-files", tmp_path / "hub"
    broker_files.mkdir(mode=0o755)
    desk_port = free_port()
    broker = SampleBroker(tmp_path / "broker", broker_files, revocations=True)
    desk = EnrollDesk(data, desk_port, broker.port)
    for name in (CA_NAME, CRL_NAME, "broker.crt", "broker.key"):
        (broker_files / name).symlink_to(desk.place.path(name))
    own = desk.place.directory
    hub = Hub("127.0.0.1", broker.port, True, own / CA_NAME, own / "hub.crt", own / "hub.key")
    with (
        broker,
        serving(desk.place, desk.store, ("127.0.0.1", desk_port), lambda event: None, clock),
        RunningHub(data, hub) as running,
    ):
        yield City(desk, broker, running)
    desk.store.close()


def site_file(folder: Path, site: str, more: str = "") -> Path:
    """Write the site.toml of a fresh gateway."""
    folder.mkdir()
    path = folder / "site.toml"
    path.write_text(SITE.replace("{id}", site) + more)
    return path


def enroll(config: Path, *words: object, lang: str = "en") -> int:
    """Run `camwarden enroll` and return its exit code."""
    return main(["enroll", *(str(word) for word in words), "--config", str(config), "--lang", lang])


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    """Return the object that it printed."""
    told = json.loads(capsys.readouterr().out)
    assert isinstance(told, dict) and told["schema"] == "camwarden-enroll/1"
    return told


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
