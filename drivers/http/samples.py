"""Stores malformed device replies for diagnosis: few, small, scrubbed.

`Samples` collects them in memory while a device is read; `write` puts them into a folder with a limited number of
files. The pure `scrubbed` decides what is blanked. Of pictures and other binary data only the length is stored.
"""

import json
import os
import re
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from drivers.model import Device, Reply
from drivers.text import sanitize

MAX_BYTES = 64 * 1024
MAX_PER_READ = 8
MAX_FILES = 64

_BLANK = b"[removed]"
_SECRETS = rb"pass(?:word|wd|phrase|code)?|pwd|secret|c?nonce|authorization|cookie|api_?key|private_?key|psk|credential"
_USERS = rb"usr|user|user_?name|login"
_ELEMENT = re.compile(
    rb"(<(?:[\w.-]+:)?(?:[\w.-]*(?:"
    + _SECRETS
    + rb")|"
    + _USERS
    + rb"|created|key|(?:access_?|security_?)?token|session_?id)"
    rb"(?:\s[^<>]*)?>)\s*[^<\s][^<]*",
    re.IGNORECASE,
)
_VALUE = rb"(?:\"[^\"]*(?:\"|$)|'[^']*(?:'|$)|[^\s\"'&;,<>]+)"
_PAIR = re.compile(rb"(\b(?:" + _SECRETS + rb"|" + _USERS + rb"|response)[\"']?\s*[=:]\s*)" + _VALUE, re.IGNORECASE)
_JSON = re.compile(rb"(\"(?:token|key|session(?:_?id)?)\"\s*:\s*)" + _VALUE, re.IGNORECASE)
_QUERY = re.compile(rb"([?&;/](?:token|key|auth|sid|session(?:_?id)?)=)" + _VALUE, re.IGNORECASE)
_HEADER = re.compile(rb"(?im)^((?:proxy-|www-)?auth\w*|(?:set-)?cookie):.*$")
_IN_URL = re.compile(rb"(://)[^/@\s\"'<>]+@")
_PEM = re.compile(rb"-----BEGIN [^-]{1,40}-----.*?(?:-----END [^-]{1,40}-----|$)", re.DOTALL)
_LONG_CODE = re.compile(rb"[A-Za-z0-9+/=_-]{48,}")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Sample:
    """One answer that was not understood: `reply` with its body cut and scrubbed, and `why` it was not.

    `skipped`: so many elements of unknown names in it were skipped, and the rest was read; 0: it was not read.
    """

    device: str
    reply: Reply
    why: str
    size_bytes: int
    skipped: int = 0


@dataclass(slots=True)
class Samples:
    """The first few answers of one device that could not be understood. One per operation."""

    device: Device
    kept: list[Sample] = field(default_factory=list)

    def keep(self, reply: Reply, why: str) -> None:
        """Store an answer unless there are enough, or one of the same operation; those read in part make room."""
        self.kept = [one for one in self.kept if not (one.skipped and one.reply.operation == reply.operation)]
        if len(self.kept) >= MAX_PER_READ:
            spare = next((one for one in self.kept if one.skipped), None)
            self.kept = [one for one in self.kept if one is not spare]
        self._add(reply, why)

    def skip(self, reply: Reply, names: Collection[str]) -> None:
        """Store an answer of which elements of unknown names were skipped, if there are any."""
        if names:
            listed = ", ".join(sorted(set(names)))
            self._add(reply, f"{reply.operation}: {len(names)} elements of unknown names skipped: {listed}", len(names))

    def _add(self, reply: Reply, why: str, skipped: int = 0) -> None:
        if len(self.kept) >= MAX_PER_READ or any(one.reply.operation == reply.operation for one in self.kept):
            return
        credential = self.device.credential
        secrets = (credential.password, credential.user) if credential else ()
        body = scrubbed(reply.body, secrets)
        cut = Reply(reply.operation, reply.path, reply.status, sanitize(reply.content_type), body, reply.elapsed_s)
        self.kept.append(Sample(self.device.id, cut, sanitize(why), len(reply.body), skipped))


def scrubbed(body: bytes, secrets: Iterable[str] = ()) -> bytes:
    """Return the beginning of an answer without possible secrets, and without `secrets` themselves.

    Binary data, such as a picture, is not returned at all. Elements, attributes, pairs, headers and addresses that
    carry a login are blanked, and so is every long run of letters, as in encoded data.
    """
    # Cut behind the blanking: a secret that is cut in half would no longer be recognised.
    data = body[: 2 * MAX_BYTES]
    if len(_CONTROL.findall(data)) > len(data) // 100:
        return f"[{len(body)} bytes of binary data]".encode()
    for secret in secrets:
        if len(secret) > 2:
            for form in {secret, json.dumps(secret)[1:-1]}:
                data = data.replace(form.encode(), _BLANK)
    data = _PEM.sub(_BLANK, data)
    data = _HEADER.sub(rb"\1: " + _BLANK, data)
    data = _IN_URL.sub(rb"\1" + _BLANK + b"@", data)
    data = _ELEMENT.sub(rb"\1" + _BLANK, data)
    for pattern in (_PAIR, _JSON, _QUERY):
        data = pattern.sub(rb"\1" + _BLANK, data)
    data = _LONG_CODE.sub(_BLANK, data)
    return _CONTROL.sub(b"?", data)[:MAX_BYTES]


def write(directory: Path, samples: Iterable[Sample], now: datetime, max_files: int = MAX_FILES) -> tuple[Path, ...]:
    """Write samples, one file per device and operation, into a 0700 folder of at most `max_files`. Raises OSError."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = []
    for sample in samples:
        path = directory / f"{_word(sample.device)}.{_word(sample.reply.operation)}.txt"
        if sample.skipped and path.exists():
            # It is the same in every look, and a disk of flash need not be written to for it.
            continue
        _put(path, _head(sample, now) + sample.reply.body)
        written.append(path)
    there = sorted(directory.glob("*.txt"), key=lambda path: (path.stat().st_mtime_ns, path.name))
    for path in there[: max(0, len(there) - max_files)]:
        path.unlink(missing_ok=True)
    return tuple(path for path in written if path.exists())


def _head(sample: Sample, now: datetime) -> bytes:
    reply = sample.reply
    lines = [
        f"device: {sample.device}",
        f"operation: {reply.operation}",
        f"path: {sanitize(reply.path)}",
        f"taken: {now.astimezone(UTC).isoformat(timespec='seconds')}",
        f"status: {reply.status}",
        f"content type: {reply.content_type}",
        f"bytes: {sample.size_bytes}",
        f"not understood: {sample.why}",
    ]
    return ("\n".join(lines) + "\n\n").encode()


def _put(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".sample.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _word(text: str) -> str:
    """Make a part of a file name: no separators, no dots at its front."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", text)[:64] or "_"
