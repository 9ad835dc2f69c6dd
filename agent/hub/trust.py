"""Which key speaks for which site: the file `trust.json`, written by people and read by the hub.

Decides nothing by itself: a key is trusted only because somebody compared its thumbprint with the one that the site
shows (`camwarden keys show`) and said so. There is no trust on first use. A kid is bound to one site; a site may have
several keys, so that a new one can be made known before the old one goes. A revoked kid stays in the file: what it
signed and the hub had verified before stays verified, what comes after is refused.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from agent.chain import utc_text
from agent.errors import ConfigurationError, Forbidden, UsageError
from agent.topics import SITE_ID

NAME: Final = "trust.json"
SCHEMA: Final = "camwarden-trust/1"

_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")

Decision = Literal["trusted", "unknown-key", "key-of-another-site", "revoked-key"]


@dataclass(frozen=True, slots=True)
class Binding:
    """A key and the site that it speaks for. `revoked_at` empty: it still does."""

    kid: str
    site: str
    added_at: str
    revoked_at: str = ""


@dataclass(frozen=True, slots=True)
class Trust:
    """The bindings in force, by kid."""

    bindings: Mapping[str, Binding] = field(default_factory=dict)

    def decide(self, site: str, kid: str) -> Decision:
        """Say whether a key may speak for a site."""
        binding = self.bindings.get(kid)
        if binding is None:
            return "unknown-key"
        if binding.site != site:
            return "key-of-another-site"
        return "revoked-key" if binding.revoked_at else "trusted"


def load(directory: Path) -> Trust:
    """Return what `trust.json` in the hub's data says; nobody is trusted where there is none yet.

    Raises:
        Forbidden: This user may not read it.
        ConfigurationError: It is not a trust file. A hub that is running goes on with what it knew.
    """
    path = directory / NAME
    try:
        data = json.loads(path.read_bytes())
        if data["schema"] != SCHEMA:
            raise ValueError
        bindings = [Binding(**entry) for entry in data["keys"]]
        if not all(_THUMBPRINT.fullmatch(b.kid) and SITE_ID.fullmatch(b.site) for b in bindings):
            raise ValueError
    except FileNotFoundError:
        return Trust()
    except PermissionError:
        raise Forbidden(f"{path}: this user may not read it; run as the hub's user") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ConfigurationError(
            f"{path}: not a trust file; restore it, or remove it and trust each site again"
        ) from None
    return Trust({binding.kid: binding for binding in bindings})


def add(directory: Path, site: str, kid: str, now: datetime) -> Trust:
    """Bind a key to a site, or take its revocation back; write the file.

    Raises:
        UsageError: Not a site id, not a thumbprint, or the key is bound to another site.
        Forbidden, ConfigurationError: The file cannot be read or written.
    """
    if not SITE_ID.fullmatch(site):
        raise UsageError(f"{site!r} is not a site: 1 to 23 of 0-9, A-Z, a-z")
    if not _THUMBPRINT.fullmatch(kid):
        raise UsageError(f"{kid!r} is not a thumbprint: 43 characters, as `camwarden keys show` prints it at the site")
    trust = load(directory)
    known = trust.bindings.get(kid)
    if known is not None and known.site != site:
        raise UsageError(f"{kid} is the key of site {known.site}; each site makes its own")
    return _save(directory, trust, Binding(kid, site, utc_text(now)))


def revoke(directory: Path, kid: str, now: datetime) -> Trust:
    """Take a key's trust away; write the file.

    Raises:
        UsageError: The file does not know the key.
        Forbidden, ConfigurationError: The file cannot be read or written.
    """
    trust = load(directory)
    known = trust.bindings.get(kid)
    if known is None:
        raise UsageError(f"{kid!r} is not in {directory / NAME}; see `camwarden hub trust list`")
    return _save(directory, trust, replace(known, revoked_at=known.revoked_at or utc_text(now)))


def _save(directory: Path, trust: Trust, changed: Binding) -> Trust:
    """Write the file with one changed binding: temp file in the same folder, fsync, rename."""
    after = Trust({**trust.bindings, changed.kid: changed})
    entries = [
        {"kid": b.kid, "site": b.site, "added_at": b.added_at, "revoked_at": b.revoked_at}
        for b in after.bindings.values()
    ]
    text = json.dumps({"schema": SCHEMA, "keys": entries}, indent=1) + "\n"
    path = directory / NAME
    temporary = directory / f".{NAME}.{secrets.token_hex(4)}"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with temporary.open("x") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
    except PermissionError:
        raise Forbidden(f"{path}: this user may not write it; run as the hub's user") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    return after
