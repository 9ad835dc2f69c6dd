"""Fuzzing targets of what a broker brings: MQTT packets, and messages as a site and as a hub take them.

Behind a signature stands only what somebody signed; but that may be anybody who was once trusted. So payloads are
fuzzed both as they come and signed with a key that is believed.
"""

from __future__ import annotations

import json
import socket
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

import delivery
from delivery import NOW, Maker
from hubdesk import Desk, chain_of, trusted
from orders_by_hub import command, policy

from agent.contract.envelope import (
    ACK_TYP,
    COMMAND_TYP,
    DESIRED_TYP,
    REPORT_TYP,
    REPORTED_TYP,
    RESULT_TYP,
    STATE_TYP,
    read_header,
    sign_payload,
    unflatten,
    verify,
)
from agent.contract.jwk import b64url
from agent.contract.orders import Order, Range, Refused, Reported, Result
from agent.contract.orders_json import (
    read_command,
    read_desired,
    read_reported,
    read_result,
    write_command,
    write_reported,
    write_result,
)
from agent.contract.signing_keys import Signer, signer_from_jwk
from agent.contract.topics import topic
from agent.contract.watermark import Watermark, read_watermark, write_watermark
from agent.deliver.publish.connection import Link
from agent.deliver.publish.messages import plain
from agent.deliver.spool.inbox import read_ack
from agent.judge.memory import memory
from agent.model.errors import NotVerified
from agent.service.alerts import status_file
from agent.service.orders import decide
from agent.service.orders.desired_policy import PolicyRefused, accept_document
from agent.site.config.site import Hub, Site
from agent.site.rules.read import shipped
from agent.verify.judge import Trusted, judge_flattened, keys_in
from fuzz.target import ROOT, Target

VECTORS = ROOT / "agent/contract/vectors"
SIGNER: Signer = signer_from_jwk(json.loads((VECTORS / "keys.json").read_text())["keys"]["hub"])
DEEP = b'{"schema":' + b"[" * 2500
"""Deeper than any reader goes: json.loads ends in a RecursionError, which is no ValueError."""

KEYS = {SIGNER.kid: SIGNER.public}
SITE = Site(id="dt0001", city="datong", division="140200", packs=shipped())
HUB = Hub("127.0.0.1", 1883, tls=False)


# --- MQTT: the bytes that a broker sends on one connection


@cache
def _listener() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def _mqtt(data: bytes) -> object:
    first = data[0] if data else 0
    if first % 4 == 2:
        return plain(data[1:], "deflate")
    link = Link("site", HUB, 30, 5.0)
    if first % 4 == 0:
        link._prepare("3.1.1")
    with socket.create_connection(_listener().getsockname()) as near, closing(_listener().accept()[0]) as far:
        far.sendall(data[1:])
        far.shutdown(socket.SHUT_WR)
        near.setblocking(False)
        link._client._sock = near
        awake, other = socket.socketpair()
        with awake, other:
            for _ in range(64):
                link._exchange(100, awake)
                if link.events.lost or link._client.socket() is None:
                    break
    return link.events


def _packet(kind: int, body: bytes) -> bytes:
    assert len(body) < 16384
    length = bytes((len(body),)) if len(body) < 128 else bytes((len(body) & 127 | 128, len(body) >> 7))
    return bytes((kind,)) + length + body


def _mqtt_seeds() -> Iterator[bytes]:
    connack5 = _packet(0x20, b"\0\0" + b"\x08\x21\0\x10\x27\0\0\x10\0")
    suback5 = _packet(0x90, b"\0\1\0\1\1\x87")
    name = b"vss/v1/datong/dt0001/ack"
    user = b"\x26\0\x03jws\0\x05a..bc"
    publish5 = _packet(0x32, len(name).to_bytes(2, "big") + name + b"\0\7" + bytes((len(user),)) + user + b"payload")
    odd = b"\1\1\2\0\0\0\x09\x03\0\1x\x08\0\1y\x09\0\1z\x0b\x81\1\x23\0\1"
    publish5b = _packet(0x32, b"\0\1a\0\x08" + bytes((len(odd),)) + odd + b"payload")
    yield b"\1" + connack5 + suback5 + publish5 + publish5b + _packet(0x40, b"\0\5\x10\0") + _packet(0xD0, b"")
    yield b"\1" + connack5 + _packet(0x40, b"\0\5\x87\x0a\x1f\0\7no way") + _packet(0xE0, b"\x8e\0")
    yield b"\1" + _packet(0x20, b"\0\x84\0")
    flat = b'{"payload":"{}","protected":"a","signature":"b"}'
    publish3 = _packet(0x32, len(name).to_bytes(2, "big") + name + b"\0\7" + flat)
    yield b"\0" + _packet(0x20, b"\0\0") + _packet(0x90, b"\0\1\1\x80") + publish3 + _packet(0x40, b"\0\5")
    yield b"\2" + zlib.compress(b"x" * 1000)


# --- what a site takes from its hub, and from people


def _signed_for(typ: str, data: bytes) -> str:
    return sign_payload(data, SIGNER, typ)


def _raw(data: bytes) -> object:
    """Take the bytes as payload and JWS, none of them signed by anybody."""
    payload, _, jws = data.partition(b"\n\n")
    text = jws.decode("utf-8", "replace")
    with suppress(NotVerified):
        verify(payload, text, KEYS)
    with suppress(NotVerified):
        read_ack(data, KEYS, SITE.id)
    return unflatten(data)


def _header(data: bytes) -> object:
    return read_header(b64url(data) + "..c2ln")


def _watermark(data: bytes) -> object:
    return read_watermark(data, _signed_for(ACK_TYP, data), KEYS, SITE.id)


def _command(data: bytes) -> object:
    asked = read_command(Order("cmd", "c1", data, _signed_for(COMMAND_TYP, data)), KEYS, SITE.id)
    here = decide.CommandContext(("one",), ("camera-online",), "e1", NOW, True)
    return decide.refusal(asked, decide.CommandLog(), (), here)


def _desired(data: bytes) -> object:
    jws = _signed_for(DESIRED_TYP, data)
    with suppress(PolicyRefused):
        return accept_document(Order("desired", "", data, jws), None, SITE, KEYS, NOW)
    return read_desired(data, jws, KEYS, SITE.id)


def _result(data: bytes) -> object:
    return read_result(data, _signed_for(RESULT_TYP, data), KEYS)


def _reported(data: bytes) -> object:
    return read_reported(data, _signed_for(REPORTED_TYP, data), KEYS)


def _notes(data: bytes) -> object:
    """What the agent itself has kept: a disk may give anything back."""
    text = data.decode("utf-8", "replace")
    with suppress(ValueError):
        decide.from_json(text)
    with suppress(status_file.NoStatus):
        status_file._parse(Path("status.json"), data, NOW)
    return memory.from_json(text)


_SIGNED: tuple[Callable[[bytes], object], ...] = (
    _raw,
    _watermark,
    _command,
    _desired,
    _result,
    _reported,
    _notes,
    _header,
)


def _signed(data: bytes) -> object:
    return _SIGNED[(data[0] if data else 0) % len(_SIGNED)](data[1:])


def _signed_seeds() -> Iterator[bytes]:
    digest = "ab" * 32
    for path in sorted(VECTORS.glob("*/*.jws.json")):
        yield b"\0" + path.read_bytes()
        payload, jws = unflatten(path.read_bytes())
        yield b"\0" + payload + b"\n\n" + jws.encode()
    mark = Watermark(SITE.id, "e1", 3, {"event": delivery.Head(2, digest), "health": delivery.Head(5, digest)})
    yield b"\1" + write_watermark(mark, NOW)
    looks = (
        command("report-now", NOW),
        command("check-now", NOW, cameras=("one",), checks=("camera-online",)),
        command("resend", NOW, resend=Range("e1", "event", 1, 4)),
    )
    for asked in looks:
        yield b"\2" + write_command(asked)
    yield b"\3" + policy(3, NOW, SIGNER, {"retention_floor_days": 90, "period_s": 300}).payload
    pack = (ROOT / "agent/contract/scenarios/city-rules.toml").read_text()
    document = json.loads(policy(4, NOW, SIGNER, {}, expires_at=NOW + delivery.DAY).payload) | {"packs": [pack]}
    yield b"\3" + json.dumps(document).encode()
    done = Result("c1", SITE.id, SITE.city, "e1", "resend", "done", "", None, 3, ((1, 2),))
    yield b"\4" + write_result(done, NOW)
    told = Reported(SITE.id, SITE.city, "e1", 3, {"period_s": 300}, digest, Refused(4, "loosens", "why"))
    yield b"\5" + write_reported(told, NOW)
    yield b"\6" + memory.to_json(memory.Memory()).encode()
    book = decide.CommandLog((decide.Answered("c1", "resend", True, NOW, "{}"),))
    yield b"\6" + decide.to_json(book, (Order("cmd", "c1", b"{}", "a..b"),)).encode()
    yield b'\6{"schema": "%s", "at": "%s", "next_due_at": "%s"}' % (
        status_file.SCHEMA.encode(), NOW.isoformat().encode(), (NOW + delivery.DAY).isoformat().encode(),
    )  # fmt: skip

    yield b'\7{"alg":"ES256","b64":false,"crit":["b64"],"kid":"x","typ":"vss-report+json"}'
    for number in range(len(_SIGNED)):
        yield bytes((number,)) + DEEP


# --- what a hub takes from sites


@cache
def _desk() -> tuple[Desk, Maker, TemporaryDirectory[str]]:
    """A hub that trusts one site, and has some of its reports."""
    folder = TemporaryDirectory()
    root = Path(folder.name)
    (root / "hub").mkdir()
    maker, desk = Maker(root, key="site.pem"), Desk(root / "hub")
    trusted(desk, maker)
    for envelope in chain_of(maker, 3):
        desk.send(envelope)
    return desk, maker, folder


class _Back(Exception):
    """Ends a transaction, so that nothing of it stays."""


_KINDS = ("event", "health", "config", "gap", "state", "cmd-result", "reported")
_TYPS = MappingProxyType({"state": STATE_TYP, "cmd-result": RESULT_TYP, "reported": REPORTED_TYP})


def _hub(data: bytes) -> object:
    desk, maker, _ = _desk()
    first = data[0] if data else 0
    if first >= 224:
        believed = Trusted({maker.signer.kid: maker.signer.public})
        return keys_in(data[1:]), judge_flattened("x.json", data[1:], believed)
    kind = _KINDS[first % len(_KINDS)]
    name = topic("datong", "S1", kind, "c1" if kind == "cmd-result" else "")  # type: ignore[arg-type]
    believed_trust = desk.intake.trust
    told: list[object] = []
    with suppress(_Back), desk.store.transaction():
        payload = data[1:]
        jws = "" if first >= 192 else sign_payload(payload, maker.signer, _TYPS.get(kind, REPORT_TYP))
        told.append(desk.intake.take(name, payload, jws, NOW))
        told += desk.intake.retry() if desk.intake.news else []
        told += desk.intake.settle()
        raise _Back
    desk.intake.trust, desk.intake.news = believed_trust, False
    desk.intake.dirty.clear()
    desk.intake.told.clear()
    desk.intake._touched.clear()
    return told


def _hub_seeds() -> Iterator[bytes]:
    _, maker, _ = _desk()
    made = chain_of(maker, 5)
    drafts = [delivery.health(), delivery.config_report()]
    for envelope in (*made[3:], *maker.envelopes(drafts, {}, "e1")[0], *maker.envelopes(drafts, {}, "e2")[0]):
        number = _KINDS.index(envelope.report.stream)
        yield bytes((number,)) + envelope.report.payload
    for path in sorted((ROOT / "agent/contract/vectors").glob("*/*.jws.json")):
        payload, _ = unflatten(path.read_bytes())
        with suppress(RecursionError, ValueError):
            said = json.loads(payload)
        if said.get("site") and "schema" in said:
            kind = said.get("stream", "state")
            moved = json.dumps(said | {"site": "S1", "city": "datong"}).encode()
            yield bytes((_KINDS.index(kind),)) + moved
        yield bytes((192 + _KINDS.index("event"),)) + path.read_bytes()
        yield b"\xff" + path.read_bytes()
    yield b"\xff" + (VECTORS / "jwks.json").read_bytes()
    for number in (*range(len(_KINDS)), 192, 255):
        yield bytes((number,)) + DEEP
    digest = "ab" * 32
    yield bytes((5,)) + write_result(Result("c1", "S1", "datong", "e1", "resend", "done", "", None, 3, ((1, 2),)), NOW)
    yield bytes((6,)) + write_reported(Reported("S1", "datong", "e1", 3, {"a": 1}, digest, None), NOW)


MESSAGES = {
    "mqtt": Target(_mqtt, (OSError,), _mqtt_seeds),
    "signed": Target(_signed, (NotVerified,), _signed_seeds),
    "hub": Target(_hub, (NotVerified,), _hub_seeds),
}
