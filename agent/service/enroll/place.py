"""Installs what the desk has granted: the hub's keys and authorities, the certificate, and `[hub]`.

Decides what may be overwritten. What a site declares stays: its host, and above all the hub that it relies on. Another
hub's keys or authorities take their place only where a person orders it (`replace`). site.toml comes last: it never
names a missing file.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import tomli

from agent.contract.enrollment import Grant
from agent.contract.enrollment_token import PIN_BYTES, address_text, read_address
from agent.contract.signing_keys import jwk_set, load_jwks
from agent.host.files import as_owner_of, replace_content, write_atomic
from agent.host.users import is_root
from agent.model.errors import ConfigurationError, Forbidden, UsageError, os_words
from agent.model.finding import Json, utc_text
from agent.site.config.load import load_declared
from agent.site.config.report_key import TlsPlace
from agent.site.toml.edit import Change, marked, merged, unmarked
from agent.site.toml.problems import ConfigError

CA_NAME: Final = "hub-ca.pem"
JWKS_NAME: Final = "hub-jwks.json"
NOTE_NAME: Final = "enrollment.json"
NOTE_SCHEMA: Final = "camwarden-enrollment/1"

_OPEN = 0o644
_BROKER_PORT = 8883


@dataclass(frozen=True, slots=True)
class DeskAddress:
    """Where a gateway was enrolled: for its renewals."""

    host: str
    port: int
    pin: bytes


@dataclass(frozen=True, slots=True)
class Installation:
    """What an installation writes: files beside site.toml, and lines in it."""

    files: Mapping[Path, bytes] = field(repr=False)
    changes: tuple[Change, ...]


def plan_installation(config: Path, place: TlsPlace, grant: Grant, replacing: bool) -> Installation:
    """Plan what has to be written, beside the certificate.

    Args:
        config: site.toml.
        place: Where key and certificate are.
        grant: The desk's.
        replacing: Whether another hub may take the place of the one that the site relies on.

    Raises:
        UsageError: The site relies on another hub.
        ConfigError, Forbidden, ConfigurationError: A file cannot be read.
    """
    folder = config.parent
    hub: dict[str, Any] | None = tomli.loads(config.read_text("utf-8-sig")).get("hub")
    before = {} if hub is None or replacing else hub
    ca, jwks = str(before.get("ca", CA_NAME)), str(before.get("jwks", JWKS_NAME))
    files: dict[Path, bytes] = {}
    if "jwks" not in before:
        files[folder / jwks] = json.dumps(jwk_set(grant.hub_keys)).encode() + b"\n"
    elif not grant.hub_keys.keys() <= load_jwks(folder / jwks).keys():
        raise _another_hub(folder / jwks)
    if "ca" not in before:
        files[folder / ca] = grant.authorities.encode()
    elif _read(folder / ca).split() != grant.authorities.encode().split():
        raise _another_hub(folder / ca)
    wanted: dict[str, Json] = {"host": grant.broker_host, "port": grant.broker_port, "ca": ca}
    wanted |= {
        "certificate": _relative_path(place.certificate, folder),
        "key": _relative_path(place.key, folder),
        "jwks": jwks,
    }
    if hub is None:
        if wanted["port"] == _BROKER_PORT:
            del wanted["port"]
        return Installation(files, (Change(("hub",), "site", "hub", None, wanted),))
    if not replacing:  # the site may know its broker under another name
        wanted |= {"host": hub.get("host", grant.broker_host), "port": hub.get("port", _BROKER_PORT)}
    if hub.get("confirm") == "broker":  # so it was as long as the hub's keys were missing
        wanted["confirm"] = "hub"
    if hub.get("tls") is False:  # a certificate is for TLS alone
        wanted["tls"] = True
    given = {"port": _BROKER_PORT, **hub}
    return Installation(
        files,
        tuple(
            Change(("hub", key), "site", key, given.get(key), value)
            for key, value in wanted.items()
            if given.get(key) != value
        ),
    )


def install(config: Path, place: TlsPlace, certificate: bytes, what: Installation) -> tuple[Path, ...]:
    """Write everything, each file whole or not at all; return what was written. A try that was cut off is repeated.

    Raises:
        ConfigError: With the new lines site.toml would be wrong; it is as it was.
        CannotMerge: A line of site.toml cannot be changed by itself; the message names what to write.
        Forbidden, UsageError: A file cannot be written.
    """
    text, ours = unmarked(config.read_text("utf-8-sig"))
    text = merged(text, what.changes) if what.changes else text
    text = marked(text) if ours else text
    status = config.stat()
    owner = (status.st_uid, status.st_gid) if is_root() else None
    written = []
    with writing(config):
        for path, data in what.files.items():
            write_atomic(path, data, _OPEN, owner)
            written.append(path)
        put_certificate(place, certificate)
        written.append(place.certificate)
        if what.changes:
            _validate(config, text)
            replace_content(config, text.encode())
            written.append(config)
    return tuple(written)


def put_certificate(place: TlsPlace, certificate: bytes) -> None:
    """Write the site's certificate, owned by the service where its folder is. Raises Forbidden or UsageError."""
    with writing(place.certificate), as_owner_of(place.certificate.parent):
        write_atomic(place.certificate, certificate, _OPEN)


def store_desk(place: TlsPlace, desk: DeskAddress, now: datetime) -> None:
    """Store where the gateway was enrolled. No secret is in it. Raises Forbidden or UsageError."""
    path = place.directory / NOTE_NAME
    said = {"schema": NOTE_SCHEMA, "host": desk.host, "port": desk.port, "pin": desk.pin.hex(), "at": utc_text(now)}
    with writing(path), as_owner_of(place.directory):
        write_atomic(path, json.dumps(said).encode() + b"\n", 0o600)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Convert the operating system's errors of writing into Forbidden or UsageError with the next step."""
    try:
        yield
    except PermissionError as error:
        raise Forbidden("{path}: this user may not write it; run as root", path=error.filename or path) from None
    except OSError as error:
        raise UsageError("{path}: cannot be written: {why}", path=error.filename or path, why=os_words(error)) from None


def read_desk(place: TlsPlace) -> DeskAddress:
    """Return where the gateway was enrolled.

    Raises:
        UsageError: It never was, or that cannot be parsed: it has to be enrolled with a token.
        Forbidden: This user may not read it.
    """
    path = place.directory / NOTE_NAME
    try:
        said = json.loads(path.read_bytes())
        host, port = read_address(address_text(said["host"], said["port"]))
        desk = DeskAddress(host, port, bytes.fromhex(said["pin"]))
        if said["schema"] != NOTE_SCHEMA or len(desk.pin) != PIN_BYTES:
            raise ValueError
    except PermissionError:
        raise Forbidden("{path}: this user may not read it; run as the service's user", path=path) from None
    except (OSError, ValueError, KeyError, TypeError):
        raise UsageError("{path}: this gateway was never enrolled; ask the hub's team for a token", path=path) from None
    return desk


def _validate(config: Path, text: str) -> None:
    """Validate a new site.toml with the loader, in its place."""
    tried = config.with_name(f".{config.name}.enroll")
    try:
        write_atomic(tried, text.encode(), 0o600)
        load_declared(tried)
    except ConfigError as error:
        problems = [replace(one, file=str(config)) if one.file == str(tried) else one for one in error.problems]
        raise ConfigError(problems) from None
    finally:
        tried.unlink(missing_ok=True)


def _another_hub(path: Path) -> UsageError:
    return UsageError(
        "{path}: this site relies on another hub than the token's; nothing was changed. If it is to change, repeat "
        "with --replace",
        path=path,
    )


def _relative_path(path: Path, folder: Path) -> str:
    """Return a path for site.toml: relative below its own folder, which may move."""
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError("{path}: {why}", path=path, why=os_words(error)) from None
