"""Stores the authority and settings of the enrollment desk: one folder in the hub's data, made once.

Private keys are files of mode 0600; what brokers and people need to read is open. Decides nothing.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from agent.host.files import write_atomic
from agent.hub.enroll.authority import (
    Authority,
    client_pair,
    load_authority,
    new_authority,
    pin_of,
    revocation_list,
    server_pair,
)
from agent.hub.ports.enroll import EnrollStore
from agent.model.errors import ConfigurationError, Forbidden, UsageError, os_words
from agent.model.host_name import is_host

FOLDER: Final = "enroll"
SETTINGS_NAME: Final = "desk.json"
CA_NAME: Final = "ca.crt"
CRL_NAME: Final = "ca.crl"
HUB_CLIENT: Final = "camwarden-hub"
"""CN of the hub's own certificate; `packaging/mosquitto/acl` knows it. Its dash keeps it apart from every site."""

SCHEMA: Final = "camwarden-enroll-desk/1"
_OPEN = 0o644
_PRIVATE = 0o600


@dataclass(frozen=True, slots=True)
class Settings:
    """Content of every token and grant: the addresses of the desk and the broker."""

    host: str
    port: int
    broker_host: str
    broker_port: int


@dataclass(frozen=True, slots=True)
class DeskFolder:
    """An enrollment desk on disk. `authorities` is PEM: the issuers that gateways accept for a broker.

    `pin` is SHA-256 over the DER of the certificate that the desk shows.
    """

    directory: Path
    settings: Settings
    authority: Authority
    authorities: str
    pin: bytes

    @property
    def data(self) -> Path:
        """The hub's data, the parent of this folder."""
        return self.directory.parent

    def path(self, name: str) -> Path:
        """Return the path of one of its files."""
        return self.directory / name


def make(data: Path, settings: Settings, names: Sequence[str], broker_ca: bytes, now: datetime) -> DeskFolder:
    """Make authority, certificates and settings in a hub's data.

    `names` are further names and addresses of the broker for its certificate; `broker_ca` is PEM of the issuer of the
    one that it has: empty, it gets one of ours.

    Raises:
        UsageError: There is one already.
        Forbidden, ConfigurationError: The folder cannot be written.
    """
    directory = data / FOLDER
    if (directory / SETTINGS_NAME).exists():
        raise UsageError(
            "{path} is there already: gateways know this authority, and it is not made anew; see camwarden "
            "hub enroll list",
            path=directory,
        )
    authority = new_authority("camwarden enrollment", now)
    files: dict[str, tuple[bytes, int]] = {
        "ca.key": (authority.key_pem, _PRIVATE),
        CA_NAME: (authority.pem, _OPEN),
        CRL_NAME: (revocation_list(authority, (), now), _OPEN),
        "authorities.crt": (authority.pem + broker_ca, _OPEN),
    }
    pairs = {"desk": server_pair(authority, [settings.host], now), "hub": client_pair(authority, HUB_CLIENT, now)}
    if not broker_ca:
        pairs["broker"] = server_pair(authority, [settings.broker_host, *names], now)
    for name, (certificate, key) in pairs.items():
        files |= {f"{name}.crt": (certificate, _OPEN), f"{name}.key": (key, _PRIVATE)}
    # Last, for it says that all the others are there.
    files[SETTINGS_NAME] = (json.dumps({"schema": SCHEMA, **asdict(settings)}, indent=1).encode() + b"\n", _OPEN)
    with _writing(directory):
        directory.mkdir(parents=True, exist_ok=True)
        for name, (content, mode) in files.items():
            write_atomic(directory / name, content, mode)
    return load(data)


def load(data: Path) -> DeskFolder:
    """Return the desk of a hub.

    Raises:
        ConfigurationError: There is none yet, or its files are malformed.
        Forbidden: They cannot be read.
    """
    directory = data / FOLDER
    if not (directory / SETTINGS_NAME).exists():
        raise ConfigurationError(
            "{path}: there is no enrollment desk; make it with `camwarden hub enroll init`", path=directory
        )
    path = directory / SETTINGS_NAME
    try:
        said = json.loads(path.read_bytes())
        settings = Settings(*(said[name] for name in Settings.__slots__))
        if said["schema"] != SCHEMA or not all(is_host(host) for host in (settings.host, settings.broker_host)):
            raise ValueError
        path = directory / "ca.key"
        authority = load_authority((directory / CA_NAME).read_bytes(), path.read_bytes())
        authorities = (directory / "authorities.crt").read_text("ascii")
        path = directory / "desk.crt"
        return DeskFolder(directory, settings, authority, authorities, pin_of(path.read_bytes()))
    except PermissionError:
        raise Forbidden("{path}: this user may not read it; run as the hub's user", path=path) from None
    except OSError as error:
        raise ConfigurationError("{path}: {why}", path=error.filename or path, why=os_words(error)) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ConfigurationError(
            "{path}: not what `camwarden hub enroll init` wrote; restore the folder", path=path
        ) from None


def write_revocations(place: DeskFolder, store: EnrollStore, now: datetime) -> None:
    """Write the list of revoked certificates anew, for brokers to read.

    Raises:
        Forbidden, ConfigurationError: It cannot be written.
    """
    revoked = [
        (int(one.serial, 16), datetime.fromisoformat(one.revoked_at)) for one in store.certificates() if one.revoked_at
    ]
    path = place.path(CRL_NAME)
    with _writing(path):
        write_atomic(path, revocation_list(place.authority, revoked, now), _OPEN)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError:
        raise Forbidden("{path}: this user may not write it; run as the hub's user", path=path) from None
    except OSError as error:
        raise ConfigurationError("{path}: {why}", path=path, why=os_words(error)) from None
