"""Clocks, forecasts and the equipment list of a hand-over report: configured beside measured. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agent.config import Site
from agent.facts import Facts
from agent.handover.redaction import Redaction
from agent.handover.report import RowPart
from agent.model import Finding, Message
from agent.text import render, translate
from drivers.model import Clock, Identity, Stream, Streams

NONE = "\u2013"


@dataclass(frozen=True, slots=True)
class Measured:
    """What a sample of one path showed, taken over `seconds`: frames and bits per second, size and codec."""

    fps: float
    bitrate_bps: float
    width_px: int
    height_px: int
    codec: str
    seconds: float


def clock_rows(
    site: Site, facts: Facts, findings: tuple[Finding, ...], redaction: Redaction, lang: str
) -> tuple[RowPart, ...]:
    """Return one row for each device: its offset from our clock, whether it takes its time from NTP, what follows."""
    found = {f.subject: f for f in findings if f.check == "clock-offset"}
    rows = []
    for device in site.devices:
        finding = found.get(f"device:{device.id}")
        if finding is None:
            continue
        clock = facts.one(finding.subject, Clock)
        offset = f"{clock.offset_s:+.1f} s \u00b1 {clock.uncertainty_s:.1f} s" if clock is not None else NONE
        ntp = {True: "yes", False: "no", None: ""}[clock.ntp if clock is not None else None]
        cells = (redaction.text(device.id), offset, translate(ntp, lang) or NONE)
        rows.append(RowPart(finding.status, (*cells, redaction.text(render(finding.message, lang)))))
    return tuple(rows)


def forecast_rows(findings: tuple[Finding, ...], redaction: Redaction, lang: str) -> tuple[RowPart, ...]:
    """Return one row for each recorder or store: how long its disks will hold."""
    return tuple(
        RowPart(f.status, (redaction.text(f.subject.partition(":")[2]), redaction.text(render(f.message, lang))))
        for f in findings
        if f.check == "retention-forecast"
    )


def device_rows(site: Site, facts: Facts, redaction: Redaction) -> tuple[RowPart, ...]:
    """Return one row for each device: model, firmware, serial number, address."""
    rows = []
    for device in site.devices:
        one = facts.one(f"device:{device.id}", Identity)
        told = (
            (f"{one.manufacturer} {one.model}".strip(), one.firmware, one.serial) if one is not None else ("", "", "")
        )
        model, firmware, serial = told
        address = redaction.cell(f"{device.host}:{device.port}")
        rows.append(
            RowPart(
                None,
                (redaction.text(device.id), model or NONE, firmware or NONE, redaction.cell(serial) or NONE, address),
            )
        )
    return tuple(rows)


def stream_rows(
    site: Site, facts: Facts, measured: Mapping[tuple[str, str], Measured], redaction: Redaction, lang: str
) -> tuple[RowPart, ...]:
    """Return one row for each camera and path that is a stream: how it is set, and what a sample of it measured."""
    rows = []
    for camera in site.cameras:
        name = camera.camera.id
        streams = facts.one(f"camera:{name}", Streams)
        for stream in streams.streams if streams is not None else ():
            if stream.path == "snapshot":
                continue
            sample = measured.get((name, stream.path))
            taken = _measured(sample, lang) if sample is not None else translate("not measured", lang)
            rows.append(RowPart(None, (redaction.text(name), stream.path, _configured(stream) or NONE, taken)))
    return tuple(rows)


def _configured(stream: Stream) -> str:
    parts = [
        stream.encoding,
        f"{stream.width_px} \u00d7 {stream.height_px}" if stream.width_px and stream.height_px else "",
        f"{stream.frame_rate:g} fps" if stream.frame_rate else "",
        f"{stream.bitrate_kbps} kbit/s" if stream.bitrate_kbps else "",
    ]
    return ", ".join(part for part in parts if part)


def _measured(sample: Measured, lang: str) -> str:
    numbers = (
        f"{sample.codec}, {sample.width_px} \u00d7 {sample.height_px}, {sample.fps:.1f} fps, "
        f"{sample.bitrate_bps / 1000:.0f} kbit/s"
    )
    values: Mapping[str, str | int | float] = {"numbers": numbers, "seconds": round(sample.seconds)}
    return render(Message("{numbers} (over {seconds} s)", values), lang)
