"""Tracks the state of each credential: never try again blindly what a device has refused (DESIGN section 8).

States per device, user and secret, shared by ONVIF, HTTP, RTSP and the command line through one file:

new        never accepted, never refused: may be tried
worked     accepted before: may be tried
wrong      refused and never accepted, or the device reports a locked account: not tried until the secret
           changes or somebody calls `retry`
doubtful   refused after it had worked: one try after the longest known lock time, then one a day; sent and
           never answered: one try after that time; locked before it was sent: after the told time
busy       the device's connection limit was reached: not before a growing pause is over

Some devices keep accounts of their own for a way in (`soap`, `http`, `rtsp`). A secret that one way refused and another
took since is doubtful for the first way alone, in an entry of its own. Before that, a refusal is one for all ways.

The file holds secrets only as HMAC-SHA-256 with a random key of that file. Callers recognize refusals on the wire;
`http/refusal.py` weighs their text.
"""

import contextlib
import hashlib
import hmac
import json
import logging
import os
import secrets
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, get_args

from drivers.errors import Busy, NoCredential, NoPassword, NotTried
from drivers.file_lock import open_private, wait_for_lock
from drivers.http.refusal import unlocks_in_s, weigh
from drivers.model import Device
from drivers.nonces import Nonces

State = Literal["new", "worked", "wrong", "doubtful", "busy"]

LOCK_TIME = timedelta(minutes=35)
"""Longer than the longest lock-out that is known: 30 minutes (Hikvision, Dahua)."""

_LOCK_SLACK = timedelta(minutes=1)
DOUBTFUL_PAUSE = timedelta(days=1)
BUSY_PAUSE_MIN = timedelta(minutes=1)
BUSY_PAUSE_MAX = timedelta(hours=1)

_AT = " at "
_WAITS = {"unanswered": "sent and never answered since {}", "locked": "the device reports a lock since {}"}
_SCHEMA = "camwarden-credentials/1"
_MAX_SECRETS_PER_DEVICE = 16

_LOG = logging.getLogger("camwarden.credentials")


@dataclass(frozen=True, slots=True)
class Entry:
    """One credential on one device. `secret` is its HMAC; `pauses` counts busy answers in a row."""

    device: str
    user: str
    secret: str
    state: State = "new"
    worked: bool = False
    since: str = ""
    not_before: str = ""
    pauses: int = 0
    detail: str = ""


_SAMPLE = Entry(device="", user="", secret="")


class Credentials:
    """The states of all credentials, in memory and one file of mode 0600, and `nonces` in memory only. Thread-safe."""

    def __init__(self, path: Path | None) -> None:
        self.nonces = Nonces()
        self._path = path
        self._lock = threading.RLock()
        self._salt = secrets.token_bytes(32)
        self._entries: dict[tuple[str, str, str], Entry] = {}
        self._stamp: tuple[int, int] | None = None
        self._silent: dict[tuple[str, str], int] = {}
        with self._lock:
            self._load()

    @property
    def directory(self) -> Path | None:
        """The folder that processes share through these states; None: this process shares nothing."""
        return self._path.parent if self._path is not None else None

    def admit(self, device: Device, now: datetime, way: str = "") -> None:
        """Return if the credential may be sent over `way`. Raises NotTried (refused, none, no password) or Busy."""
        if device.credential is None:
            raise NoCredential("the device asks for a login and none is configured for it")
        if not device.credential.password:
            raise NoPassword("the device asks for a login and the configured one has no password yet")
        with self._changing():
            tried = [self._entry(device), *self._own(device, way)]
            for entry in tried:
                waiting = bool(entry.not_before) and now < datetime.fromisoformat(entry.not_before)
                if entry.state == "wrong":
                    raise NotTried(f"refused since {entry.since}: change the secret, or ask for a retry of {device.id}")
                if entry.state == "doubtful" and waiting:
                    why = _WAITS.get(entry.detail, "refused since {}, though it worked before").format(entry.since)
                    raise NotTried(f"{why}: next try {entry.not_before}")
                if entry.state == "busy" and waiting:
                    raise Busy(f"no room on the device since {entry.since}: next try {entry.not_before}")
            for entry in tried:
                if entry.state == "doubtful":
                    # Written before the try, so that a crash or a second process cannot make two of it.
                    self._put(replace(entry, not_before=_iso(now + DOUBTFUL_PAUSE)))

    def accepted(self, device: Device, now: datetime, way: str = "") -> bool:
        """Record that the device took the credential over `way`; return whether it had been in doubt."""
        with self._changing():
            entry = self._entry(device)
            self._silent.pop((entry.user, entry.secret), None)
            other = entry.detail.partition(_AT)[2]
            if way and other and other != way:
                own = self._entry(device, other)
                self._put(replace(own, state="doubtful", since=entry.since, not_before=_iso(now + DOUBTFUL_PAUSE)))
            for one in (entry, *self._own(device, way)):
                if one.state != "worked":
                    self._put(Entry(one.device, one.user, one.secret, "worked", worked=True, since=_iso(now)))
            return entry.state == "doubtful"

    def unanswered(self, device: Device, now: datetime) -> None:
        """Record that a fresh login was sent and never answered: nobody knows whether the device counted it.

        One that worked before may go unanswered once in a row: devices restart.
        """
        with self._changing():
            entry = self._entry(device)
            key = (entry.user, entry.secret)
            self._silent[key] = self._silent.get(key, 0) + 1
            again = entry.detail == "unanswered" and entry.state == "doubtful"
            if entry.state == "new" or again or (entry.state == "worked" and self._silent[key] > 1):
                self._hold(entry, now, _iso(now + LOCK_TIME), "unanswered")

    def shut(self, device: Device, now: datetime, text: str) -> None:
        """Record that the device reports a lock before any login was sent; `text` is its answer."""
        with self._changing():
            entry, told_s = self._entry(device), unlocks_in_s(text)
            until = _iso(now + (timedelta(seconds=told_s) + _LOCK_SLACK if told_s else LOCK_TIME))
            if entry.state != "doubtful" or entry.not_before < until:
                self._hold(entry, now, until, "locked")

    def _hold(self, entry: Entry, now: datetime, until: str, detail: str) -> None:
        if entry.state != "wrong":
            since = entry.since if entry.state == "doubtful" else _iso(now)
            self._put(replace(entry, state="doubtful", since=since, not_before=until, detail=detail))

    def refused(self, device: Device, now: datetime, text: str = "", way: str = "") -> None:
        """Record that the device refused a request that carried the credential; `text` is its answer."""
        meaning = weigh(text)
        with self._changing():
            own = self._own(device, way)
            entry = own[0] if own and own[0].state == "doubtful" and meaning == "refused" else self._entry(device)
            if meaning == "busy":
                pause = min(BUSY_PAUSE_MIN * 2 ** min(entry.pauses, 10), BUSY_PAUSE_MAX)
                since = entry.since if entry.state == "busy" else _iso(now)
                after = replace(entry, state="busy", since=since, not_before=_iso(now + pause), pauses=entry.pauses + 1)
            elif meaning == "locked" or not (entry.worked or own):
                after = replace(entry, state="wrong", since=_iso(now), not_before="", detail=meaning)
            else:
                first = entry.state != "doubtful"
                after = replace(
                    entry,
                    state="doubtful",
                    since=_iso(now) if first else entry.since,
                    not_before=_iso(now + (LOCK_TIME if first else DOUBTFUL_PAUSE)),
                    detail=f"{meaning}{_AT}{way}" if way else meaning,
                )
            self._put(after)

    def state(self, device: Device) -> Entry:
        """Return what is known of the device's credential."""
        with self._changing():
            return self._entry(device)

    def retry(self, device_id: str) -> bool:
        """Allow one more try of every credential of a device; return whether any was blocked."""
        with self._changing():
            blocked = [one for one in self._entries.values() if one.device == device_id and one.state != "worked"]
            for entry in blocked:
                self._put(replace(entry, state="worked" if entry.worked else "new", not_before="", pauses=0, detail=""))
            return bool(blocked)

    def entries(self) -> tuple[Entry, ...]:
        """Return everything that is known, by device."""
        with self._changing():
            return tuple(sorted(self._entries.values(), key=lambda one: (one.device, one.user, one.since)))

    def _own(self, device: Device, way: str) -> tuple[Entry, ...]:
        """Return the entry of a way alone, where it has one."""
        own = self._entry(device, way) if way else None
        return (own,) if own is not None and own.state != "new" else ()

    def _entry(self, device: Device, way: str = "") -> Entry:
        credential = device.credential
        user, password = (credential.user, credential.password) if credential else ("", "")
        user = f"{user} ({way.upper()})" if way else user
        named = f"{device.id}\0{user}\0{password}".encode()
        secret = hmac.new(self._salt, named, hashlib.sha256).hexdigest()
        return self._entries.get((device.id, user, secret), Entry(device.id, user, secret))

    def _put(self, entry: Entry) -> None:
        self._entries[(entry.device, entry.user, entry.secret)] = entry
        of_device = [key for key in self._entries if key[0] == entry.device]
        for key in of_device[:-_MAX_SECRETS_PER_DEVICE]:
            del self._entries[key]
        self._save()

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """Hold the lock of this process and of the file, and merge what another process wrote."""
        with self._lock:
            if self._path is None:
                yield
                return
            lock = open_private(self._path.with_name(self._path.name + ".lock"))
            if lock is None:
                yield
                return
            try:
                wait_for_lock(lock)
                self._load()
                yield
            finally:
                os.close(lock)

    def _load(self) -> None:
        if self._path is None:
            return
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return
        stamp = (status.st_mtime_ns, status.st_ino)
        if stamp == self._stamp:
            return
        try:
            salt, entries = _parse(self._path.read_bytes())
        except (ValueError, TypeError, KeyError, RecursionError):
            aside = self._path.with_name(self._path.name + ".damaged")
            self._path.replace(aside)
            _LOG.error("credential states could not be read; set aside as %s, each credential is new again", aside)
            return
        self._salt, self._stamp = salt, stamp
        self._entries = {(entry.device, entry.user, entry.secret): entry for entry in entries}

    def _save(self) -> None:
        if self._path is None:
            return
        entries = [asdict(entry) for entry in self._entries.values()]
        data = json.dumps({"schema": _SCHEMA, "salt": self._salt.hex(), "entries": entries}, indent=1).encode()
        try:
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self._path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
            status = self._path.stat()
            self._stamp = (status.st_mtime_ns, status.st_ino)
        except OSError as error:
            # In memory the state still holds, so that this process tries nothing twice.
            _LOG.error("credential states could not be written: %s", error.strerror)


def read_entries(path: Path) -> tuple[Entry, ...]:
    """Return a file's entries, read-only, without a lock. Raises ValueError for damage; OSError, not for no file."""
    try:
        _, entries = _parse(path.read_bytes())
    except FileNotFoundError:
        return ()
    except (TypeError, KeyError, RecursionError):
        raise ValueError("not a file of credential states") from None
    return tuple(sorted(entries, key=lambda one: (one.device, one.user, one.since)))


def _parse(data: bytes) -> tuple[bytes, list[Entry]]:
    stored = json.loads(data)
    if stored["schema"] != _SCHEMA:
        raise ValueError("another schema")
    return bytes.fromhex(stored["salt"]), [_entry_from(one) for one in stored["entries"]]


def _entry_from(stored: dict[str, object]) -> Entry:
    entry = Entry(**stored)  # type: ignore[arg-type]  # the types are checked on the next line
    right = all(type(value) is type(asdict(_SAMPLE)[name]) for name, value in asdict(entry).items())
    if not right or entry.state not in get_args(State):
        raise ValueError("not an entry")
    if entry.not_before and datetime.fromisoformat(entry.not_before).tzinfo is None:
        raise ValueError("a time without a zone")
    return entry


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
