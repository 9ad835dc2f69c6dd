"""Removes a site's known secrets from texts, in every form in which they could occur.

`agent/text/redact.py` recognises secrets by their shape, this by their value. What is packed passes both and a final
search: a text in which anything is still found is not packed.
"""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import quote

import tomli

from agent.report.secret_names import secret_names
from agent.site.config.load import secrets_path
from agent.site.config.site import Site
from agent.site.declarations.standing import local_day
from agent.site.toml.document import FILE_MAX_BYTES
from agent.site.toml.table import SECRET_KEYS
from agent.text.redact import GONE

LEAST_CHARS: Final = 3
"""A shorter password stands in every text by chance; it cannot be looked for."""

_KEY_FILE_MAX_BYTES = 64 * 1024
_QUOTED = re.compile(r"\"([^\"\n]+)\"|'([^'\n]+)'|=\s*([^\s\"'#]+)")
_RUN = re.compile(r"[^\s\"'<>]+")
_USER = re.compile(r"://[^/:]*:")
_PART = re.compile(r"[A-Za-z0-9_-]{16,}")
"""What a webhook's address is secret for: the token in it, which may be told apart from the rest."""
_KEY_LINE = re.compile(r"^[A-Za-z0-9+/=]{16,}$", re.MULTILINE)
_IN_SITE = SECRET_KEYS | {"pin", "pwd"}
_ASSIGNED = re.compile(rf"(?im)^[^\S\n]*[\"']?(?:{'|'.join(sorted(_IN_SITE))})\w*[\"']?\s*=\s*[\"']?([^\s\"'#]+)")


def known_secrets(config: Path, site: Site | None, state: Path) -> tuple[str, ...]:
    """Return every secret that this user can read, the longest first; files that cannot be read have none to lose.

    secrets.toml is searched for beside `config` as the loader does; `site` has the places of its keys, where it could
    be loaded; `state` is the directory of the report key.
    """
    logins = set(_of_logins(_read(secrets_path(config)[0])))
    misplaced = set(_misplaced(_read(config)))
    brokers = (site.hub, *site.mirrors) if site else ()
    keys = [*state.glob("*.pem"), *(broker.key for broker in brokers if broker is not None and broker.key is not None)]
    of_keys = {line for path in keys for text in [_read(path, _KEY_FILE_MAX_BYTES)] for line in _lines_of_key(text)}
    logins |= {part for secret in logins if "://" in secret for part in _PART.findall(secret)}
    found = {secret for secret in logins | misplaced | of_keys if len(secret) >= LEAST_CHARS}
    return tuple(sorted(found, key=lambda secret: (-len(secret), secret)))


def secret_places(site: Site | None, now: datetime) -> tuple[str, ...]:
    """Return what cameras that are declared secret are called by the configuration, the longest first."""
    known = secret_names(site, None, local_day(site, now)) if site else {}
    found = {name for of_camera in known.values() for name in of_camera if len(name.encode()) >= LEAST_CHARS}
    return tuple(sorted(found, key=lambda name: (-len(name), name)))


def _read(path: Path, most_bytes: int = FILE_MAX_BYTES) -> str:
    with suppress(OSError), path.open("rb") as file:
        return file.read(most_bytes).decode("utf-8-sig", "replace")
    return ""


def _of_logins(text: str) -> Iterator[str]:
    """Yield every password of a secrets file; of one that is not TOML, everything that could be one."""
    try:
        yield from _under(tomli.loads(text), SECRET_KEYS)
    except (tomli.TOMLDecodeError, RecursionError):
        yield from (next(filter(None, match)) for match in _QUOTED.findall(text))


def _misplaced(text: str) -> Iterator[str]:
    """Yield secrets that were written into site.toml although they do not belong there."""
    yield from filter(None, map(_of_address, _RUN.findall(text)))
    yield from _ASSIGNED.findall(text)  # of a file that is not TOML as well
    with suppress(tomli.TOMLDecodeError, RecursionError):
        yield from _under(tomli.loads(text), _IN_SITE)


def _of_address(run: str) -> str:
    """Return the password in a URL, up to the last @; "" where there is none."""
    user = _USER.search(run)
    return run[user.end() :].rpartition("@")[0] if user else ""


def _under(value: object, keys: frozenset[str], wanted: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _under(inner, keys, wanted or key in keys)
    elif isinstance(value, list):
        for inner in value:
            yield from _under(inner, keys, wanted)
    elif wanted and isinstance(value, str | int) and not isinstance(value, bool):
        yield str(value)


def _lines_of_key(text: str) -> list[str]:
    return _KEY_LINE.findall(text) if "PRIVATE KEY" in text else []


def forms(secret: str) -> tuple[str, ...]:
    """Return the forms of a secret in a text: as it is, and as JSON, XML, URLs, base64 and hex encode it."""
    raw = secret.encode("utf-8", "replace")
    in_json = json.dumps(secret)[1:-1]
    encoded = base64.b64encode(raw).decode()
    return tuple(
        dict.fromkeys(
            (
                *(
                    secret,
                    in_json,
                    json.dumps(secret, ensure_ascii=False)[1:-1],
                    escape(secret),
                    quote(secret, safe=""),
                ),
                *(quote(secret), encoded, encoded.rstrip("="), raw.hex(), raw.hex().upper(), ascii(secret)[1:-1]),
            )
        )
    )


def without(text: str, secrets: tuple[str, ...]) -> str:
    """Remove every form of every secret from a text."""
    for secret in secrets:
        for form in forms(secret):
            text = text.replace(form, GONE)
    return text


def holds_any(data: bytes, secrets: tuple[str, ...]) -> bool:
    """Return whether any form of any secret is left, or any private key."""
    known = any(form.encode("utf-8", "replace") in data for secret in secrets for form in forms(secret))
    return known or b"PRIVATE KEY-----" in data
