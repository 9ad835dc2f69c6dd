"""Which key speaks for which site: the file `trust.json`, written by people and read by the hub.

Decides nothing by itself: a key is trusted only because somebody compared its thumbprint with the one that the site
shows (`camwarden keys show`) and said so, or because it came with a token that the hub's team had made for this site
(`by` `enrollment`). There is no trust on first use. A kid is bound to one site; a site may have
several keys, so that a new one can be made known before the old one goes. A revoked kid stays in the file: what it
signed and the hub had verified before stays verified, what comes after is refused.

The running hub writes the file in one case: a trusted key has named its successor inside the chain (`rotated`). Then
the new kid is bound to the same site (`by` `rotation`), and the old one keeps a limit that outlives the hub's database.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, get_args

from agent.chain import utc_text
from agent.errors import ConfigurationError, Forbidden, UsageError, os_words
from agent.files import write_atomic
from agent.model import Message, StreamName
from agent.topics import SITE_ID

NAME: Final = "trust.json"
SCHEMA: Final = "camwarden-trust/1"

_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")

Decision = Literal["trusted", "unknown-key", "key-of-another-site", "revoked-key", "expired-key"]
By = Literal["person", "rotation", "enrollment"]


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a key may still sign after it has named its successor `to`.

    In `epoch`, reports up to `heads` (stream to number); in `earlier` epochs, which the hub had met before, any.
    """

    to: str
    epoch: str
    heads: Mapping[StreamName, int]
    earlier: tuple[str, ...] = ()

    def allows(self, epoch: str, stream: StreamName, seq: int) -> bool:
        """Say whether a report may be signed by the old key."""
        return epoch in self.earlier or (epoch == self.epoch and seq <= self.heads.get(stream, 0))


@dataclass(frozen=True, slots=True)
class Binding:
    """A key and the site that it speaks for.

    `revoked_at` empty: it still does. `until` (RFC 3339) empty: without an end. `by`: who bound it.
    """

    kid: str
    site: str
    added_at: str
    revoked_at: str = ""
    until: str = ""
    by: By = "person"
    rotated: Rotated | None = None


@dataclass(frozen=True, slots=True)
class Trust:
    """The bindings in force, by kid."""

    bindings: Mapping[str, Binding] = field(default_factory=dict)

    def decide(self, site: str, kid: str, arrived_at: datetime | None = None) -> Decision:
        """Say whether a key may speak for a site in a message that arrived at a time; None: with no regard to time."""
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
        """Return the limit of a key that has named its successor."""
        binding = self.bindings.get(kid)
        return binding.rotated if binding else None


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
        bindings = [_binding(entry) for entry in data["keys"]]
    except FileNotFoundError:
        return Trust()
    except PermissionError:
        raise Forbidden(Message("{path}: this user may not read it; run as the hub's user", {"path": path})) from None
    except OSError as error:
        raise ConfigurationError(Message("{path}: {why}", {"path": path, "why": os_words(error)})) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ConfigurationError(
            Message("{path}: not a trust file; restore it, or remove it and trust each site again", {"path": path})
        ) from None
    return Trust({binding.kid: binding for binding in bindings})


def _binding(entry: Mapping[str, Any]) -> Binding:
    rotated = entry.get("rotated")
    limit = Rotated(**{**rotated, "earlier": tuple(rotated["earlier"])}) if rotated else None
    binding = Binding(**{**entry, "rotated": limit})
    named = _THUMBPRINT.fullmatch(binding.kid) and SITE_ID.fullmatch(binding.site)
    numbers = all(type(number) is int for number in limit.heads.values()) if limit else True
    aware = not binding.until or datetime.fromisoformat(binding.until).tzinfo is not None
    if not (named and numbers and aware) or binding.by not in get_args(By):
        raise ValueError
    return binding


def add(directory: Path, site: str, kid: str, now: datetime, until: date | None = None, by: By = "person") -> Trust:
    """Bind a key to a site, or take its revocation back; write the file.

    A key that has handed over keeps its limit, unless its successor is revoked.

    Args:
        directory: The hub's data.
        site: Its id.
        kid: The thumbprint that was compared.
        now: Stands in the file.
        until: The last day in UTC on which a message of this key may arrive, or the last moment; None: without an end.
        by: Who says so.

    Raises:
        UsageError: Not a site id, not a thumbprint, a day that is over, or the key is bound to another site.
        Forbidden, ConfigurationError: The file cannot be read or written.
    """
    if not SITE_ID.fullmatch(site):
        raise UsageError(Message("{site!r} is not a site: 1 to 23 of 0-9, A-Z, a-z", {"site": site}))
    if not _THUMBPRINT.fullmatch(kid):
        raise UsageError(
            Message(
                "{kid!r} is not a thumbprint: 43 characters, as `camwarden keys show` prints it at the site",
                {"kid": kid},
            )
        )
    end = until if isinstance(until, datetime) or until is None else _end_of(until)
    if end is not None and end <= now:
        raise UsageError(Message("{until} is over; name the last day on which the key may be used", {"until": until}))
    with _writing(directory):
        trust = load(directory)
        known = trust.bindings.get(kid)
        if known is not None and known.site != site:
            raise UsageError(
                Message("{kid} is the key of site {site}; each site makes its own", {"kid": kid, "site": known.site})
            )
        limit = trust.rotated(kid)
        successor = trust.bindings.get(limit.to) if limit else None
        if successor is not None and successor.revoked_at:
            limit = None
        binding = Binding(kid, site, utc_text(now), until=utc_text(end) if end else "", by=by, rotated=limit)
        return _save(directory, trust, binding)


def _end_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def rotate(directory: Path, site: str, kid: str, limit: Rotated, now: datetime) -> Trust | None:
    """Bind the successor that a trusted key has named, and limit the old one, in one write of the file.

    The successor is trusted no longer than the key that named it: a person can say more.

    Returns:
        The trust in force now; None where the file no longer allows it: it is read again first, and a person may just
        have revoked one of them, or the old key has named another successor, or the new one is another site's.

    Raises:
        Forbidden, ConfigurationError: The file cannot be read or written.
    """
    with _writing(directory):
        trust = load(directory)
        old, new = trust.bindings.get(kid), trust.bindings.get(limit.to)
        if trust.decide(site, kid) != "trusted" or old is None or (old.rotated and old.rotated.to != limit.to):
            return None
        if kid == limit.to or (new is not None and (new.site != site or new.revoked_at)):
            return None
        new = new or Binding(limit.to, site, utc_text(now), until=old.until, by="rotation")
        return _save(directory, trust, replace(old, rotated=old.rotated or limit), new)


def revoke(directory: Path, kid: str, now: datetime) -> Trust:
    """Take a key's trust away; write the file.

    Raises:
        UsageError: The file does not know the key.
        Forbidden, ConfigurationError: The file cannot be read or written.
    """
    with _writing(directory):
        trust = load(directory)
        known = trust.bindings.get(kid)
        if known is None:
            raise UsageError(
                Message(
                    "{kid!r} is not in {path}; see `camwarden hub trust list`", {"kid": kid, "path": directory / NAME}
                )
            )
        return _save(directory, trust, replace(known, revoked_at=known.revoked_at or utc_text(now)))


def revoke_site(directory: Path, site: str, now: datetime) -> Trust:
    """Take the trust of every key of a site away, in one write: none of them can name a successor meanwhile.

    Raises:
        Forbidden, ConfigurationError: The file cannot be read or written.
    """
    with _writing(directory):
        trust = load(directory)
        still = [one for one in trust.bindings.values() if one.site == site and not one.revoked_at]
        return _save(directory, trust, *(replace(one, revoked_at=utc_text(now)) for one in still))


@contextmanager
def _writing(directory: Path) -> Iterator[None]:
    """Hold the file for reading, changing and writing: a person and the running hub may come at the same time."""
    path = directory / f".{NAME}.lock"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError:
        raise Forbidden(
            Message("{path}: this user may not write it; run as the hub's user", {"path": directory / NAME})
        ) from None
    except OSError as error:
        raise ConfigurationError(Message("{path}: {why}", {"path": directory / NAME, "why": os_words(error)})) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _save(directory: Path, trust: Trust, *changed: Binding) -> Trust:
    """Write the file with changed bindings, whole or not at all."""
    after = Trust({**trust.bindings, **{binding.kid: binding for binding in changed}})
    path = directory / NAME
    text = json.dumps({"schema": SCHEMA, "keys": [_entry(b) for b in after.bindings.values()]}, indent=1) + "\n"
    try:
        write_atomic(path, text.encode(), 0o644)
    except PermissionError:
        raise Forbidden(Message("{path}: this user may not write it; run as the hub's user", {"path": path})) from None
    except OSError as error:
        raise ConfigurationError(Message("{path}: {why}", {"path": path, "why": os_words(error)})) from None
    return after


def _entry(binding: Binding) -> dict[str, Any]:
    """Return a binding as the file has it; what is optional stands there only where it says something."""
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
    return entry
