"""Builds devices and streams of a hand-over report: clock, disks and equipment, configured beside measured. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from agent.judge.wording.picture_words import PATHS
from agent.model.finding import Finding, Message, Status, listed
from agent.model.matters import shown
from agent.observe.facts.facts import Facts
from agent.onsite.handover.places import Places
from agent.onsite.handover.report import ORDER, DevicePart, OwnFinding, PlacePart, StreamPart
from agent.onsite.link.last_tests import last_tests, line
from agent.site.config.site import Site
from agent.text.translate import render, together, translate
from drivers.model import Clock, Identity
from drivers.picture import Stream, Streams, StreamSample

NONE = "\u2013"

Own = Callable[[Iterable[Finding]], tuple[OwnFinding, ...]]
"""Makes the lines of findings at their camera or device: `own_findings`."""


def device_parts(
    site: Site, facts: Facts, findings: tuple[Finding, ...], places: Places, own: Own, at: datetime, lang: str
) -> tuple[DevicePart, ...]:
    """Return one part for each device and store of the site."""
    by_subject: dict[str, list[Finding]] = {}
    for one in findings:
        by_subject.setdefault(one.subject, []).append(one)
    addresses = {f"device:{one.id}": f"{one.host}:{one.port}" for one in site.devices}
    zone = ZoneInfo(site.time_zone)
    links = {f"device:{one.device}": line(one, zone, at, lang) for one in last_tests(site, facts, at)}
    return tuple(
        replace(
            _device(subject, place, addresses.get(subject, NONE), facts, by_subject.get(subject, []), own, lang),
            link=links.get(subject, ""),
        )
        for subject, place in places.items()
        if subject.startswith("device:")
    )


def _device(
    subject: str, place: PlacePart, address: str, facts: Facts, found: list[Finding], own: Own, lang: str
) -> DevicePart:
    told, clock = facts.one(subject, Identity), facts.one(subject, Clock)
    due: list[Status] = [one.status for one in found if one.status != "not_applicable"]
    forecast = next((one for one in found if one.check == "retention-forecast"), None)
    return DevicePart(
        anchor=place.anchor,
        id=subject.partition(":")[2],
        model=(f"{told.manufacturer} {told.model}".strip() if told is not None else "") or NONE,
        firmware=(told.firmware if told is not None else "") or NONE,
        serial=(told.serial if told is not None else "") or NONE,
        address=address,
        clock=_clock(clock, lang) if clock is not None else NONE,
        link="",
        outlook=render(forecast.message, lang) if forecast is not None and forecast.status == "pass" else NONE,
        status=min(due, key=ORDER.index, default="unknown"),
        findings=own(f for one in shown(f for f in found if not f.caused_by) for f in one.found),
    )


def _clock(clock: Clock, lang: str) -> str:
    """Return how far a clock is from ours, and whether it follows a time server."""
    offset = f"{clock.offset_s:+.1f} s \u00b1 {clock.uncertainty_s:.1f} s"
    if clock.ntp is None:
        return offset
    source = f"NTP{translate(': ', lang)}{translate('yes' if clock.ntp else 'no', lang)}"
    return together((offset, source), lang)


def stream_parts(site: Site, facts: Facts, places: Places, lang: str) -> tuple[StreamPart, ...]:
    """Return each stream's settings and a sample's measurements; cameras whose streams are alike share one."""
    alike: dict[tuple[str, str, str], list[PlacePart]] = {}
    for camera in site.cameras:
        subject = f"camera:{camera.camera.id}"
        streams = facts.one(subject, Streams)
        samples = {one.path: one for one in facts.all(subject, StreamSample)}
        for stream in streams.streams if streams is not None else ():
            if stream.path == "snapshot":
                continue
            sample = samples.get(stream.path)
            taken = _measured(sample, lang) if sample is not None else translate("not measured", lang)
            path = render(PATHS[stream.path], lang)
            alike.setdefault((path, _configured(stream, lang) or NONE, taken), []).append(places[subject])
    return tuple(StreamPart(tuple(named), *row) for row, named in alike.items())


def _configured(stream: Stream, lang: str) -> str:
    parts = [
        stream.encoding,
        f"{stream.width_px} \u00d7 {stream.height_px}" if stream.width_px and stream.height_px else "",
        f"{stream.frame_rate:g} fps" if stream.frame_rate else "",
        f"{stream.bitrate_kbps} kbit/s" if stream.bitrate_kbps else "",
    ]
    return together((part for part in parts if part), lang)


def _measured(sample: StreamSample, lang: str) -> str:
    size = [f"{sample.width_px} \u00d7 {sample.height_px}"] if sample.width_px and sample.height_px else []
    numbers = listed((sample.codec, *size, f"{sample.fps:.1f} fps", f"{sample.bitrate_bps / 1000:.0f} kbit/s"))
    values = {"numbers": numbers, "seconds": round(sample.seconds)}
    return render(Message("{numbers} (over {seconds} s)", values), lang)
