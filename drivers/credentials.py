"""Tracks the state of each credential: never try again blindly what a device has refused (DESIGN section 8).

States per device, user and secret, shared by ONVIF, HTTP, RTSP and the command line through one file:

new        never accepted, never refused: may be tried
worked     accepted before: may be tried
wrong      refused and never accepted, or the device reports a locked account: not tried until the secret
           changes or somebody calls `retry`
doubtful   refused after it had worked: one try after the longest known lock time, then one a day
busy       the device's connection limit was reached: not before a growing pause is over

The file holds secrets only as HMAC-SHA-256 with a random key of that file. Callers recognize refusals on the wire; only
their text is weighed here.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import json
import logging
import os
import re
import secrets
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, get_args

from drivers.errors import Busy, Locked, NoCredential, NoPassword, NotTried, Refused
from drivers.model import Device
from drivers.nonces import Nonces

State = Literal["new", "worked", "wrong", "doubtful", "busy"]

LOCK_TIME = timedelta(minutes=35)
"""Longer than the longest lock-out that is known: 30 minutes (Hikvision, Dahua)."""

DOUBTFUL_PAUSE = timedelta(days=1)
BUSY_PAUSE_MIN = timedelta(minutes=1)
BUSY_PAUSE_MAX = timedelta(hours=1)

_SCHEMA = "camwarden-credentials/1"
_MAX_SECRETS_PER_DEVICE = 16

_BUSY = re.compile(
    r"reached the (?:threshold|limit)|threshold|too many (?:connection|user|session|client|login user)"
    r"|max(?:imum|\.)? (?:number of )?(?:connection|user|session|link)s?"
    r"|(?:connection|user|session|link)s? (?:number )?(?:limit|is full|are full|exceed)|no more (?:connection|session)"
    r"|连接数[^。]{0,8}(?:已满|上限|超)|用户数[^。]{0,8}(?:已满|上限|超)|在线用户[^。]{0,8}(?:已满|上限|超)",
    re.I,
)
_LOCKED = re.compile(
    # Hikvision's userCheck: its state in so many words, or the last of the tries that it grants.
    r"lockstatus\s*[>\"]\s*[:=]?\s*\"?lock\b(?!\w)|retrylogintime\s*[>\"]\s*[:=]?\s*\"?0\b"
    # Dahua's answer: seconds until it unlocks, tries that are left.
    r"|\brmlock\"?\s*[:=]\s*[1-9]|\brmlogin\"?\s*[:=]\s*0\b"
    r"|\b(?:account|user|address|ip|device|login)\b[^.<]{0,40}\b(?:is|has been|was|been)?\s*(?:locked|blocked|banned)\b"
    r"|\billegal ?login ?lock|\buserlocked\b|\bstill have 0 attempt"
    r"|(?:帐号|账号|账户|用户|地址|IP|登录)[^。<]{0,20}(?:锁定|封锁|禁止登录)",
    re.I,
)

_UNLOCKS = re.compile(r"\b(?:unlockTime|RmLock|remainLockSecond)\b[\"']?\s*[>:=]\s*[\"']?(\d{1,7})\b", re.I)
_DAY_S = 86_400
_SHUT = re.compile(r"lockstatus\s*>\s*lock\s*<", re.I)
_NO_RIGHT = re.compile(r">\s*lowPrivilege\s*<", re.I)

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


def weigh(text: str) -> Literal["refused", "locked", "busy"]:
    """Classify the text of a refusal by the words that devices are known to use."""
    if _LOCKED.search(text):
        return "locked"
    return "busy" if _BUSY.search(text) else "refused"


def refusal(text: str, message: str) -> Refused | Busy:
    """Return the error of a refused request: its kind from a lock or limit in the text, its message from `message`."""
    meaning = weigh(text)
    if meaning == "busy":
        return Busy(f"{message}: its connection limit is reached")
    if meaning == "locked":
        return Locked(f"{message}: it has locked the account or our address", unlocks_in_s(text))
    return Refused(message)


def unlocks_in_s(text: str) -> int:
    """Parse in how many seconds a device will accept logins again; 0 where it does not report it.

    Source: ISAPI userCheck, `unlockTime`; Dahua's answers to a locked login, `RmLock` and `remainLockSecond`.
    """
    found = _UNLOCKS.search(text)
    return min(int(found[1]), _DAY_S) if found else 0


def is_shut(text: str) -> bool:
    """Return whether a challenge reports a lock-out: Hikvision does so before any login is sent."""
    return _SHUT.search(text) is not None


def lacks_right(text: str) -> bool:
    """Return whether an HTTP 401 means a missing right and not a wrong password, by Hikvision's word for it."""
    return _NO_RIGHT.search(text) is not None


class Credentials:
    """The states of all credentials, in memory and one file of mode 0600, and `nonces` in memory only. Thread-safe."""

    def __init__(self, path: Path | None) -> None:
        self.nonces = Nonces()
        self._path = path
        self._lock = threading.RLock()
        self._salt = secrets.token_bytes(32)
        self._entries: dict[tuple[str, str, str], Entry] = {}
        self._stamp: tuple[int, int] | None = None
        with self._lock:
            self._load()

    def admit(self, device: Device, now: datetime) -> None:
        """Return if the credential may be sent. Raises NotTried (refused, none, no password) or Busy."""
        if device.credential is None:
            raise NoCredential("the device asks for a login and none is configured for it")
        if not device.credential.password:
            raise NoPassword("the device asks for a login and the configured one has no password yet")
        with self._changing():
            entry = self._entry(device)
            waiting = bool(entry.not_before) and now < datetime.fromisoformat(entry.not_before)
            if entry.state == "wrong":
                raise NotTried(f"refused since {entry.since}: change the secret, or ask for a retry of {device.id}")
            if entry.state == "doubtful" and waiting:
                raise NotTried(f"refused since {entry.since}, though it worked before: next try {entry.not_before}")
            if entry.state == "busy" and waiting:
                raise Busy(f"no room on the device since {entry.since}: next try {entry.not_before}")
            if entry.state == "doubtful":
                # Written before the try, so that a crash or a second process cannot make two of it.
                self._put(replace(entry, not_before=_iso(now + DOUBTFUL_PAUSE)))

    def accepted(self, device: Device, now: datetime) -> bool:
        """Record that the device took the credential; return whether it had been in doubt."""
        with self._changing():
            entry = self._entry(device)
            if entry.state != "worked":
                self._put(Entry(entry.device, entry.user, entry.secret, "worked", worked=True, since=_iso(now)))
            return entry.state == "doubtful"

    def refused(self, device: Device, now: datetime, text: str = "") -> None:
        """Record that the device refused a request that carried the credential; `text` is its answer."""
        meaning = weigh(text)
        with self._changing():
            entry = self._entry(device)
            if meaning == "busy":
                pause = min(BUSY_PAUSE_MIN * 2 ** min(entry.pauses, 10), BUSY_PAUSE_MAX)
                since = entry.since if entry.state == "busy" else _iso(now)
                after = replace(entry, state="busy", since=since, not_before=_iso(now + pause), pauses=entry.pauses + 1)
            elif meaning == "locked" or not entry.worked:
                after = replace(entry, state="wrong", since=_iso(now), not_before="", detail=meaning)
            else:
                first = entry.state != "doubtful"
                after = replace(
                    entry,
                    state="doubtful",
                    since=_iso(now) if first else entry.since,
                    not_before=_iso(now + (LOCK_TIME if first else DOUBTFUL_PAUSE)),
                    detail=meaning,
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

    def _entry(self, device: Device) -> Entry:
        credential = device.credential
        user, password = (credential.user, credential.password) if credential else ("", "")
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
            lock = _open_private(self._path.with_name(self._path.name + ".lock"))
            if lock is None:
                yield
                return
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
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


def _open_private(path: Path) -> int | None:
    try:
        return os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError:
        return None


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
