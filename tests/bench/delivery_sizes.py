"""The payloads of a site with 64 cameras or more, built by the agent's own checks and reports. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from agent.contract.chain import STREAMS, link
from agent.judge.checks.table import run_checks
from agent.judge.memory.memory import Memory
from agent.judge.memory.transitions import transitions
from agent.model.finding import Finding, Head, Json, Message, Moment, Status, StreamName
from agent.observe.approvals.approvals import Approval
from agent.observe.facts.facts import Facts, gather
from agent.report.build import build_reports
from agent.site.config.site import CameraConfig, PrivateZone, Site
from agent.site.rules.read import shipped
from drivers.details import Host
from drivers.model import Camera, Clock, Device, Fact, Identity, Mask, Masks, Observation, Recordings, Span, Unavailable
from drivers.picture import Access, PathName, PictureSeen, Stream, Streams, ZoneVerdict

NOW: Final = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CAMERAS: Final = 64

_SQUARE = ((0.2, 0.2), (0.5, 0.2), (0.5, 0.5), (0.2, 0.5))
_PATHS: tuple[PathName, ...] = ("snapshot", "main", "sub")
WORST: Final = ("healthy", "unreachable", "failing")
"""All passes; no device answers; every check fails at every camera, each in words and numbers of its own."""
_BROKEN: tuple[Status, ...] = ("fail", "unknown", "warn")


@dataclass(frozen=True)
class Sizes:
    """Bytes of the payloads of one cycle; `config_deflated` after zlib at level 6."""

    health: int
    config: int
    config_deflated: int


def cases() -> dict[str, Sizes]:
    """Return the sizes of a site that passes everything, after its first look, silent in part or whole, and broken.

    Broken: every finding is a cause of its own, in all three states and for several reasons each.
    """
    return {
        "all_pass": sizes(lambda _: False, passing=True),
        "first_look": sizes(lambda _: False),
        "8_silent": sizes(lambda n: n < 8),
        "all_silent": sizes(lambda _: True),
        "all_broken": sizes(lambda _: False, broken=True),
    }


def sizes(down: Callable[[int], bool], passing: bool = False, broken: bool = False) -> Sizes:
    """Return the sizes for a site of 64 cameras with one private zone each, of which some do not answer.

    `passing`: every finding is made a pass, which some become only after days of looks. `broken`: none of them is one.
    """
    site, facts = large_site(), facts_of(down)
    findings = run_checks(site, facts, NOW)
    if passing:
        findings = tuple(replace(finding, status="pass", reason="", caused_by="") for finding in findings)
    if broken:
        findings = tuple(
            replace(finding, status=_BROKEN[n % 3], reason=f"one-reason-of-{n % 8}", caused_by="")
            for n, finding in enumerate(findings)
        )
    told, memory = transitions(findings, Memory(), NOW)
    queue: dict[str, Json] = {"pending": 812, "sent": 20, "parked": 0, "confirmed": 5210, "dropped": 0}
    drafts, _ = build_reports(site, facts, findings, told, memory, NOW, queue)
    heads: dict[StreamName, Head] = {stream: Head(10**6, "a" * 64) for stream in STREAMS}
    moment = Moment(NOW, 123_456_789, "6f9619ff-8b86-4d01-b42d-00cf4fc964ff", True)
    reports, _ = link(drafts, heads, "0" * 16, site.origin, moment)
    payloads = {report.stream: report.payload for report in reports}
    config = payloads["config"]
    return Sizes(len(payloads["health"]), len(config), len(zlib.compress(config, 6)))


def config_of(state: str, cameras: int) -> tuple[Mapping[str, Json], tuple[Finding, ...]]:
    """Return the body of a config report and the findings that it tells, in one of the states `WORST`."""
    site, facts = large_site(cameras), facts_of(lambda _: state == "unreachable", cameras)
    findings = run_checks(site, facts, NOW)
    if state == "healthy":
        findings = tuple(replace(finding, status="pass", reason="", caused_by="") for finding in findings)
    if state == "failing":
        findings = tuple(_failing(finding, n) for n, finding in enumerate(findings))
    masks = (Mask("m1", _SQUARE, "Color", True),)
    approvals = {
        camera.camera.id: Approval(camera.camera.id, "Li Na", NOW, "seen with the head", masks, "a" * 64, "b" * 64)
        for camera in site.cameras
    }
    drafts, _ = build_reports(site, replace(facts, approvals=approvals), findings, (), Memory(), NOW, {})
    return next(draft.body for draft in drafts if draft.stream == "config"), findings


def _failing(finding: Finding, n: int) -> Finding:
    """Return it as a failure with a sentence and a number of its own: nothing of it is like that of another."""
    said = Message("{text} ({n})", {"text": finding.message, "n": n})
    told = {**finding.evidence, "measured": n}
    reason = finding.reason or "one-reason"
    return replace(finding, status="fail", reason=reason, caused_by="", message=said, evidence=told)


def large_site(cameras: int = CAMERAS) -> Site:
    """Return a site with one private zone for each camera, on as many devices; the shipped rules count there."""
    devices = tuple(Device(f"box-{n:02}", _host(n), 80, "onvif") for n in range(cameras))
    zone = PrivateZone("house opposite", _SQUARE, "color")
    of_cameras = tuple(
        CameraConfig(
            Camera(f"camera-{n:02}", f"box-{n:02}", f"Gate {n}, north side", f"14020000001320000{n:03}"),
            zones=(zone,),
            recorded=True,
        )
        for n in range(cameras)
    )
    whole = Site("S1", "datong", "140200", "School", devices=devices, cameras=of_cameras, digest="c" * 64)
    return replace(whole, packs=shipped())


def _host(n: int) -> str:
    return f"198.18.{n // 250}.{n % 250 + 1}"


def facts_of(down: Callable[[int], bool], cameras: int = CAMERAS) -> Facts:
    """Return what a look at that site showed; `down` tells which of its cameras do not answer."""
    seen = [_of("site", Host(0.11, 0.23, 912_345_678_901, 2_000_000_000_000, 86_400))]
    for n in range(cameras):
        seen += _silent(n) if down(n) else _healthy(n)
    return gather(seen)


def _of(subject: str, value: object) -> Observation:
    return Observation(subject, value, NOW, "bench")  # type: ignore[arg-type]


def _healthy(n: int) -> list[Observation]:
    device, camera, oldest = f"device:box-{n:02}", f"camera:camera-{n:02}", NOW - timedelta(days=35)
    of_device = (Identity("ACME Security", "N8-2026", "V5.7.3 build 260101", f"DS-0042{n:06}"), Clock(0.21, 0.05))
    seen = (
        Streams(tuple(Stream(path, f"rtsp://{_host(n)}/{path}") for path in _PATHS)),
        Masks((Mask("m1", _SQUARE, "Color", True),)),
        Recordings((Span(oldest, NOW),), f"rtsp://{_host(n)}/replay"),
        Access(("http snapshot", "rtsp main", "rtsp sub"), ()),
        *(PictureSeen(path, NOW, "00" * 32, 640, 360, 110.0 + n, 40.25) for path in _PATHS),
        PictureSeen("playback", oldest + timedelta(seconds=1), "00" * 32, 640, 360, 110.0, 40.0),
        *(ZoneVerdict(path, "house opposite", "PASS", "solid") for path in (*_PATHS, "playback")),
    )
    return [_of(device, value) for value in of_device] + [_of(camera, value) for value in seen]


def _silent(n: int) -> list[Observation]:
    subject = f"camera:camera-{n:02}"
    detail = f"{_host(n)}:80: timed out"
    asked: tuple[Fact, ...] = ("identity", "clock")
    of_device = [_of(f"device:box-{n:02}", Unavailable(fact, "unreachable", detail)) for fact in asked]
    pictures = [_of(subject, Unavailable("picture", "unreachable", detail, path)) for path in _PATHS]
    facts: tuple[Fact, ...] = ("streams", "masks", "recordings", "access")
    return of_device + pictures + [_of(subject, Unavailable(fact, "unreachable", detail)) for fact in facts]
