"""The reports of the simulated sites: bodies by the agent's own checks and reports, a real key and chain for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from agent.contract.chain import GENESIS, STREAMS, link
from agent.contract.envelope import sign
from agent.contract.signing_keys import Signer, b64url, signer_from_jwk
from agent.deliver.publish.messages import Message, report_message
from agent.deliver.spool.queue import PendingRow
from agent.judge.checks.table import run_checks
from agent.judge.memory.memory import Memory
from agent.judge.memory.transitions import Transition
from agent.model.finding import Draft, Head, Json, Moment, StreamName
from agent.observe.facts.facts import gather
from agent.report.build import build_reports
from agent.site.config.site import CameraConfig, Site
from drivers.details import Host
from drivers.model import Camera, Clock, Device, Identity, Observation, Unavailable
from drivers.picture import Access, PictureSeen, Stream, Streams

CAMERAS: Final = 4
CITY: Final = "datong"
PERIOD: Final = timedelta(minutes=15)

_NOW: Final = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
_QUEUE: Final[dict[str, Json]] = {"pending": 48, "sent": 0, "parked": 0, "confirmed": 96, "dropped": 0}


@dataclass(slots=True)
class Life:
    """What a site has made: key, epoch, heads of its chains."""

    site: Site
    signer: Signer
    epoch: str
    heads: dict[StreamName, Head] = field(default_factory=lambda: dict.fromkeys(STREAMS, GENESIS))


def new_signer() -> Signer:
    """Return a new ES256 key, in memory only."""
    numbers = ec.generate_private_key(ec.SECP256R1()).private_numbers()
    x, y = numbers.public_numbers.x, numbers.public_numbers.y
    parts = {"x": x, "y": y, "d": numbers.private_value}
    return signer_from_jwk(
        {"kty": "EC", "crv": "P-256"} | {name: b64url(value.to_bytes(32)) for name, value in parts.items()}
    )


def bodies() -> tuple[Draft, Draft]:
    """Return a health report and an event of a site with four cameras, one of which does not answer."""
    by_stream = drafts(CAMERAS)
    return by_stream["health"], by_stream["event"]


def drafts(count: int) -> dict[StreamName, Draft]:
    """Return the reports of a site with so many cameras, the last of which does not answer, by stream."""
    devices = tuple(Device(f"box-{n}", f"192.0.2.{n + 1}", 80, "onvif") for n in range(count))
    cameras = tuple(CameraConfig(Camera(f"camera-{n}", f"box-{n}", f"Gate {n}")) for n in range(count))
    site = Site("S1", CITY, "140200", devices=devices, cameras=cameras, digest="c" * 64)
    seen = [_of("site", Host(0.11, 0.23, 912_345_678_901, 2_000_000_000_000, 86_400))]
    for n in range(count - 1):
        seen += [
            _of(f"device:box-{n}", Identity("ACME Security", "N8-2026", "V5.7.3", f"DS-0042{n:06}")),
            _of(f"device:box-{n}", Clock(0.21, 0.05)),
            _of(f"camera:camera-{n}", Streams((Stream("main", f"rtsp://192.0.2.{n + 1}/main"),))),
            _of(f"camera:camera-{n}", Access(("rtsp main",), ())),
            _of(f"camera:camera-{n}", PictureSeen("main", _NOW, "00" * 32, 640, 360, 110.0 + n, 40.25)),
        ]
    detail = f"192.0.2.{count}:80: timed out"
    seen.append(_of(f"device:box-{count - 1}", Unavailable("identity", "unreachable", detail)))
    seen.append(_of(f"camera:camera-{count - 1}", Unavailable("picture", "unreachable", detail, "main")))
    facts = gather(seen)
    findings = run_checks(site, facts, _NOW)
    silent = next(one for one in findings if one.check == "camera-online" and one.status != "pass")
    made, _ = build_reports(site, facts, findings, (Transition(silent, "pass"),), Memory(), _NOW, _QUEUE)
    return {draft.stream: draft for draft in made}


def make(life: Life, drafts: Sequence[Draft], at: datetime) -> list[tuple[StreamName, int, str, Message]]:
    """Link and sign drafts as a cycle does; return stream, number, digest and MQTT message of each report."""
    moment = Moment(at, 123_456_789, "6f9619ff-8b86-4d01-b42d-00cf4fc964ff", True)
    reports, life.heads = link(drafts, life.heads, life.epoch, life.site.origin, moment)
    made = []
    for report in reports:
        jws = sign(report, life.signer).jws
        row = PendingRow(
            0, report.epoch, report.stream, report.seq, report.digest, at, 0, False, False, jws, report.payload
        )
        made.append((report.stream, report.seq, report.digest, report_message(life.site, row)))
    return made


def _of(subject: str, value: object) -> Observation:
    return Observation(subject, value, _NOW, "bench")  # type: ignore[arg-type]
