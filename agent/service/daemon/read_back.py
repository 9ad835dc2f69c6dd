"""Reads the newest reports of this site back from its spool, verifies them, and searches for forbidden content.

Judges nothing; `agent/judge/checks/service/own_reports.py` does. It reads the exact bytes that are sent: a report is
built without pictures and logins (`agent/report/build.py`), and this shows whether that held. What was signed before
the newest rotation is not verified: that key is gone.
"""

import base64
import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from agent.contract.envelope import verify
from agent.contract.repair_counts import CLASSES
from agent.contract.signing_keys import PublicKey
from agent.deliver.spool.read_only import StoredRow, handed_to, view
from agent.judge.checks.table import CHECKS
from agent.judge.wording.not_due import OWN_SOURCE
from agent.model.errors import AgentError, NotVerified, UsageError
from agent.observe.facts.delivery import ForbiddenContent, OwnReports
from agent.site.config.site import Site
from drivers.model import Credential
from drivers.registry import DRIVERS

NEWEST: Final = 128
"""How many reports are looked at: those of the last cycle, and of some before it."""

NAMED_MAX: Final = 8

SECRET_CHARS_MIN: Final = 8
"""From how many characters on a password is looked for anywhere; a shorter one only as a whole value."""

_WORDS: Final = " ".join(
    (*(f"{one.id} {one.source} {one.duty}" for one in CHECKS), *CLASSES, *DRIVERS, str(OWN_SOURCE))
)
"""What stands in reports anyway: a password that is one of these words is looked for together with its user only."""

_LONG_CHARS: Final = 2048
"""Text without an end, as base64 of anything is: the longest text that a device may give has 256 characters."""

_RAW: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"data:image/", b"data:video/", b'"iVBORw0KGgo')
"""How JPEG and PNG begin, as bytes and in base64, and what names a picture in a URL."""

_BASE64: Final = re.compile(rb"\"(?:(?:/|\\/|_)9j(?:/|\\/|_)|R0lGOD|UklGR)[\w+/\\-]{60}")
"""JPEG, GIF and WebP in base64: so short a beginning counts with what follows it only."""

_ENDLESS: Final = re.compile(rb"[A-Za-z0-9+/_\\-]{%d}" % _LONG_CHARS)
_LOGIN: Final = re.compile(rb"://[^/\s\"'<>]*@")
_HEADER: Final = re.compile(rb"authorization[\"']?\s*[:=]\s*[\"']?(?:basic|digest)\b")
_KEY: Final = re.compile(rb"-----begin [a-z ]*private key-----")
_STREAM: Final = re.compile(rb"rt[sm]ps?:(?:/|\\/){2}")


def read_own(path: Path, key: PublicKey, site: Site) -> OwnReports:
    """Verify and search the newest reports in the spool at `path`, as far as it can be read.

    `key` is the key that signs here; no report may hold a login of `site`.
    """
    secrets = secrets_of([device.credential for device in site.devices if device.credential])
    try:
        with view(path) as spool:
            newest = spool.newest(NEWEST)
    except UsageError:
        return OwnReports(key.kid)
    except AgentError as error:
        return OwnReports(key.kid, unread=str(error))
    ours = tuple(_signed_here(newest, key.kid))
    unsigned = tuple((_report_name(one), why) for one in ours if (why := wrong_with(one.payload, one.jws, key)))
    holding = tuple(
        (_report_name(one), what) for one in newest for what in forbidden_content(_bytes(one.payload), secrets)
    )
    return OwnReports(key.kid, len(newest), len(ours), unsigned[:NAMED_MAX], holding[:NAMED_MAX])


def wrong_with(payload: object, jws: object, key: PublicKey) -> str:
    """Return in one word why a report is not signed by `key`, empty where it is. Pure."""
    if not isinstance(payload, bytes) or not isinstance(jws, str):
        return "malformed"  # a column of SQLite takes whatever somebody puts there
    try:
        verify(payload, jws, {key.kid: key})
    except NotVerified as error:
        return error.reason
    return ""


def secrets_of(credentials: Collection[Credential]) -> frozenset[bytes]:
    """Return the forms of passwords in a report: as JSON and HTTP encode them. Pure."""
    return frozenset(form for one in credentials if one.password for form in _forms(one))


def forbidden_content(payload: bytes, secrets: Collection[bytes]) -> Iterator[ForbiddenContent]:
    """Yield what these bytes hold and no report may, each kind once. Pure."""
    small = payload.lower()
    if _has_picture(payload):
        yield "picture"
    if (
        _LOGIN.search(payload)
        or _HEADER.search(small)
        or _KEY.search(small)
        or any(secret in payload for secret in secrets)
    ):
        yield "login"
    if _STREAM.search(small):
        yield "stream-address"


def _has_picture(payload: bytes) -> bool:
    """Detect a picture. Words come before patterns: a large site has some MB of reports to search."""
    if any(word in payload for word in _RAW) or _BASE64.search(payload):
        return True
    parts = payload.split(b'"')
    return max(map(len, parts)) >= _LONG_CHARS and any(_ENDLESS.search(part) for part in parts)


def _forms(one: Credential) -> Iterator[bytes]:
    for ascii_only in (False, True):
        if one.password not in _WORDS:
            quoted = json.dumps(one.password, ensure_ascii=ascii_only).encode(errors="replace")
            yield quoted if len(one.password) < SECRET_CHARS_MIN else quoted[1:-1]
        yield json.dumps(f"{one.user}:{one.password}", ensure_ascii=ascii_only).encode(errors="replace")[1:-1]
    yield base64.b64encode(f"{one.user}:{one.password}".encode(errors="replace"))


def _signed_here(newest: Collection[StoredRow], kid: str) -> Iterator[StoredRow]:
    """Yield the reports, the newest first, until the one by which the key before handed over to this one."""
    for one in newest:
        if one.stream == "event" and handed_to(one.payload) == kid:
            return
        yield one


def _bytes(payload: object) -> bytes:
    return payload if isinstance(payload, bytes) else str(payload).encode(errors="replace")


def _report_name(report: StoredRow) -> str:
    return f"{report.stream} {report.seq}"
