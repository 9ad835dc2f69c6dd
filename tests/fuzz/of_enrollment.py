"""Fuzzing target of enrollment: tokens as people paste them, requests as a desk takes them, answers of a desk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from enrolling import EnrollDesk, Gateway

from agent.contract.enrollment import Refusal, read_answer, write_grant, write_refusal
from agent.contract.enrollment_token import PREFIX, read_token, write_token
from agent.contract.envelope import ENROLL_TYP, flatten, sign_payload, unflatten
from agent.contract.signing_keys import b64url
from agent.hub.enroll import desk as enrollment
from agent.model.errors import NotVerified, UsageError
from fuzz.of_files import folder
from fuzz.target import Target

AT = datetime(2026, 11, 27, 9, tzinfo=UTC)


@cache
def _desk() -> tuple[EnrollDesk, Gateway]:
    home = Path(folder().name)
    return EnrollDesk(home / "enroll-hub", now=AT), Gateway(home / "enroll-site")


def _sealed(data: bytes) -> object:
    """Read a token whose digest fits."""
    return read_token(PREFIX + b64url(data + hashlib.sha256(data).digest()[:4]))


def _pasted(data: bytes) -> object:
    return read_token(data.decode("utf-8", "replace"))


def _asked(data: bytes) -> object:
    desk, _ = _desk()
    return enrollment.answer(desk.place, desk.store, data, AT)


def _asked_signed(data: bytes) -> object:
    desk, gateway = _desk()
    try:
        request = flatten(data, sign_payload(data, gateway.signer, ENROLL_TYP))
    except ValueError:
        return None
    return enrollment.answer(desk.place, desk.store, request, AT)


def _with_csr(data: bytes) -> object:
    """Ask with any bytes as the request for a certificate."""
    desk, gateway = _desk()
    request = gateway.renewal(csr=data.decode("ascii", "ignore").encode())
    return enrollment.answer(desk.place, desk.store, request, AT)


_READ: tuple[Callable[[bytes], object], ...] = (_pasted, _sealed, _asked, _asked_signed, _with_csr, read_answer)


def _enroll(data: bytes) -> object:
    return _READ[(data[0] if data else 0) % len(_READ)](data[1:])


def _seeds() -> Iterator[bytes]:
    desk, gateway = _desk()
    token = desk.token("S1", AT)
    yield b"\0" + write_token(token).encode()
    said = {"a": "hub:1", "i": "S1", "e": 1, "p": b64url(b"p" * 32), "s": b64url(b"s" * 32)}
    yield b"\1" + json.dumps(said).encode()
    request = gateway.request(token)
    payload, _ = unflatten(request)
    yield b"\2" + request
    yield b"\3" + payload
    yield b"\3" + unflatten(gateway.renewal())[0]
    yield b"\4" + json.loads(payload)["csr"].encode()
    yield b"\5" + write_grant(desk.granted(request, AT))
    yield b"\5" + write_refusal(Refusal("used", AT))


ENROLLMENT = {"enroll": Target(_enroll, (UsageError, NotVerified), _seeds)}
