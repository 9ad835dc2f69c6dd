"""Defines which key signs for which site: the type, its rules, and its file form. Pure but for `read_file`.

A key is trusted only because a person compared its thumbprint with the one that the site shows (`camwarden keys show`),
or because it came with a token that the hub's team had made for this site (`by` `enrollment`). There is no trust on
first use. A kid is bound to one site; a site may have several keys, so that a new one can be announced before the old
one goes. A revoked kid stays: what it signed and the hub had verified before stays verified, what comes after is
refused. Verifying without a hub reads the output of `camwarden hub trust export`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, get_args

from agent.contract.jwk import public_key
from agent.contract.topics import SITE_ID
from agent.model.errors import ConfigurationError, Forbidden, os_words
from agent.model.finding import StreamName

SCHEMA: Final = "camwarden-trust/1"
THUMBPRINT: Final = re.compile(r"[A-Za-z0-9_-]{43}")

Decision = Literal["trusted", "unknown-key", "key-of-another-site", "revoked-key", "expired-key"]
By = Literal["person", "rotation", "enrollment"]


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a key may sign after naming its successor `to`: in `epoch` up to `heads`, in `earlier` epochs any."""

    to: str
    epoch: str
    heads: Mapping[StreamName, int]
    earlier: tuple[str, ...] = ()

    def allows(self, epoch: str, stream: StreamName, seq: int) -> bool:
        """Return whether the old key may sign a report."""
        return epoch in self.earlier or (epoch == self.epoch and seq <= self.heads.get(stream, 0))


@dataclass(frozen=True, slots=True)
class Binding:
    """A key and its site. Empty `revoked_at`: valid; empty `until` (RFC 3339): without an end; `by`: who bound it.

    `jwk`: the public key, where whoever bound it had it; else the hub has it from the site's birth alone.
    """

    kid: str
    site: str
    added_at: str
    revoked_at: str = ""
    until: str = ""
    by: By = "person"
    rotated: Rotated | None = None
    jwk: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trust:
    """The bindings in force, by kid. `change_no` is the change counter of the database that they were read from."""

    bindings: Mapping[str, Binding] = field(default_factory=dict)
    change_no: int = field(default=0, compare=False)

    def joined(self, other: Trust) -> Trust:
        """Return these bindings, replaced or completed by others."""
        return Trust({**self.bindings, **other.bindings}, max(self.change_no, other.change_no))

    def decide(self, site: str, kid: str, arrived_at: datetime | None = None) -> Decision:
        """Return whether a key may sign for a site in a message that arrived at a time; None: at any time."""
        binding = self.bindings.get(kid)
        if binding is None:
            return "unknown-key"
        if binding.site != site:
            return "key-of-another-site"
        if binding.revoked_at:
            return "revoked-key"
        late = binding.until and arrived_at is not None and arrived_at > datetime.fromisoformat(binding.until)
        return "expired-key" if late else "trusted"

    def rotated(self, kid: str) -> Rotated | None:
        """Return the limit of a key with a successor."""
        binding = self.bindings.get(kid)
        return binding.rotated if binding else None


def read_file(path: Path) -> Trust:
    """Parse a file of `camwarden hub trust export`, or of a hub of release 0.1.

    Raises:
        FileNotFoundError: There is none.
        Forbidden: This user may not read it.
        ConfigurationError: It is not a trust file.
    """
    try:
        data = json.loads(path.read_bytes())
        if data["schema"] != SCHEMA:
            raise ValueError
        shown = {key.kid: key.jwk for key in map(public_key, data.get("jwks", {"keys": []})["keys"])}
        bindings = [replace(one, jwk=shown.get(one.kid, one.jwk)) for one in map(binding_of, data["keys"])]
    except FileNotFoundError:
        raise
    except PermissionError:
        raise Forbidden("{path}: this user may not read it; run as the hub's user", path=path) from None
    except OSError as error:
        raise ConfigurationError("{path}: {why}", path=path, why=os_words(error)) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ConfigurationError(
            "{path}: not a trust file; restore it, or remove it and trust each site again", path=path
        ) from None
    return Trust({binding.kid: binding for binding in bindings})


def file_text(bindings: Iterable[Binding]) -> str:
    """Return the file that `read_file` reads. Keys stand beside the bindings: releases before this one know none."""
    listed = list(bindings)
    entries = [{name: value for name, value in entry_of(one).items() if name != "jwk"} for one in listed]
    jwks = {"keys": [dict(one.jwk) for one in listed if one.jwk]}
    return json.dumps({"schema": SCHEMA, "keys": entries, "jwks": jwks}, indent=1) + "\n"


def binding_of(entry: Mapping[str, Any]) -> Binding:
    """Parse an entry of the file.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: It is no binding.
    """
    rotated = entry.get("rotated")
    limit = Rotated(**{**rotated, "earlier": tuple(rotated["earlier"])}) if rotated else None
    binding = Binding(**{**entry, "rotated": limit})
    named = THUMBPRINT.fullmatch(binding.kid) and SITE_ID.fullmatch(binding.site)
    numbers = all(type(number) is int for number in limit.heads.values()) if limit else True
    jwk = public_key(binding.jwk) if binding.jwk else None
    aware = not binding.until or datetime.fromisoformat(binding.until).tzinfo is not None
    if not (named and numbers and aware) or binding.by not in get_args(By) or (jwk and jwk.kid != binding.kid):
        raise ValueError
    return binding


def entry_of(binding: Binding) -> dict[str, Any]:
    """Return a binding as an entry of the file; optional members only where they are set."""
    entry: dict[str, Any] = {
        "kid": binding.kid,
        "site": binding.site,
        "added_at": binding.added_at,
        "revoked_at": binding.revoked_at,
    }
    if binding.until:
        entry["until"] = binding.until
    if binding.by != "person":
        entry["by"] = binding.by
    if binding.rotated:
        limit = binding.rotated
        entry["rotated"] = {
            "to": limit.to, "epoch": limit.epoch, "heads": dict(limit.heads), "earlier": list(limit.earlier)
        }  # fmt: skip
    if binding.jwk:
        entry["jwk"] = dict(binding.jwk)
    return entry
