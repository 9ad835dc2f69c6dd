"""Sends log records to the journal with fields, over its own datagram protocol: no library, no text to parse.

Fields are `MESSAGE`, `PRIORITY`, `SYSLOG_IDENTIFIER`, `LOGGER`, `CODE_*`, and those of `about` (`log_kinds.py`):
`MESSAGE_ID`, `DEVICE`, `CAMERA`, `STORE`, `CHECK`, the latter repeated where a record is about several. So
`journalctl -u camwarden CHECK=clock-offset DEVICE=nvr` finds what concerns both. Wording and sanitizing are the
formatter's; where logging is set up, `agent/cli.py`'s.

Source: systemd, JOURNAL_NATIVE_PROTOCOL; systemd.journal-fields(7).
"""

import logging
import socket
import struct
from collections.abc import Iterable
from typing import Final

from agent.host.log_kinds import KINDS, About

SOCKET: Final = "/run/systemd/journal/socket"
SEND_TIMEOUT_S: Final = 1.0
MESSAGE_MAX_BYTES: Final = 32 * 1024
"""A datagram takes some 200 KiB. Larger ones would need a file of their own, which no record is worth."""
CUT: Final = " ... (cut)"

_PRIORITY: Final = ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6), (logging.DEBUG, 7))


def priority(level: int) -> int:
    """Return the syslog priority of a level. Source: sd-daemon(3)."""
    return next((number for known, number in _PRIORITY if level >= known), 7)


class JournalHandler(logging.Handler):
    """Sends records to the journal; those that it refuses go to `fallback`, so that none is lost."""

    def __init__(self, path: str, fallback: logging.Handler) -> None:
        super().__init__()
        self._path = path
        self._fallback = fallback

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record, or pass it to the fallback."""
        try:
            # One for each record: the journal may be restarted, and a process may have closed what it had open.
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as journal:
                journal.settimeout(SEND_TIMEOUT_S)
                journal.sendto(encode(fields(record, self.format(record))), self._path)
        except OSError:
            self._fallback.handle(record)
        except Exception:  # noqa: BLE001 - as every handler: logging must not end what it tells of
            self.handleError(record)


def fields(record: logging.LogRecord, message: str) -> list[tuple[str, str]]:
    """Return the fields of a record; `message` is its formatted text."""
    raw = message.encode("utf-8", "backslashreplace")
    if len(raw) > MESSAGE_MAX_BYTES:
        message = raw[: MESSAGE_MAX_BYTES - len(CUT)].decode("utf-8", "ignore") + CUT
    found = [
        ("MESSAGE", message),
        ("PRIORITY", str(priority(record.levelno))),
        ("SYSLOG_IDENTIFIER", "camwarden"),
        ("LOGGER", record.name),
        ("CODE_FILE", record.pathname),
        ("CODE_LINE", str(record.lineno)),
        ("CODE_FUNC", record.funcName or ""),
    ]
    told = getattr(record, "about", None)
    if isinstance(told, About):
        kind = KINDS.get(told.kind)
        found += [("MESSAGE_ID", kind.message_id)] if kind else []
        named = {"DEVICE": told.device, "CAMERA": told.camera, "STORE": told.store, "CHECK": told.check}
        found += [(name, value) for name, values in named.items() for value in values]
    return found


def encode(found: Iterable[tuple[str, str]]) -> bytes:
    """Encode fields for the journal; a value with a line break is preceded by its length."""
    parts: list[bytes] = []
    for name, value in found:
        raw = value.encode("utf-8", "backslashreplace")
        if b"\n" in raw:
            parts.append(name.encode() + b"\n" + struct.pack("<Q", len(raw)) + raw + b"\n")
        else:
            parts.append(name.encode() + b"=" + raw + b"\n")
    return b"".join(parts)
