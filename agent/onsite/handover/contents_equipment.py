"""Builds clocks, forecasts and the equipment list of a hand-over report: configured beside measured. Pure."""

from collections.abc import Mapping

from agent.model.finding import Finding, Message
from agent.observe.facts.facts import Facts
from agent.onsite.handover.report import RowPart
from agent.site.config.site import Site
from agent.text.translate import render, translate
from drivers.model import Clock, Identity, Stream, Streams
from drivers.picture import StreamSample

NONE = "\u2013"


def clock_rows(site: Site, facts: Facts, findings: tuple[Finding, ...], lang: str) -> tuple[RowPart, ...]:
    """Return one row for each device: its offset from our clock, whether it uses NTP, the finding."""
    found = {f.subject: f for f in findings if f.check == "clock-offset"}
    rows = []
    for device in site.devices:
        finding = found.get(f"device:{device.id}")
        if finding is None:
            continue
        clock = facts.one(finding.subject, Clock)
        offset = f"{clock.offset_s:+.1f} s \u00b1 {clock.uncertainty_s:.1f} s" if clock is not None else NONE
        ntp = {True: "yes", False: "no", None: ""}[clock.ntp if clock is not None else None]
        cells = (device.id, offset, translate(ntp, lang) or NONE)
        rows.append(RowPart(finding.status, (*cells, render(finding.message, lang))))
    return tuple(rows)


def forecast_rows(findings: tuple[Finding, ...], lang: str) -> tuple[RowPart, ...]:
    """Return one row for each recorder or store: how long its disks will last."""
    return tuple(
        RowPart(f.status, (f.subject.partition(":")[2], render(f.message, lang)))
        for f in findings
        if f.check == "retention-forecast"
    )


def device_rows(site: Site, facts: Facts) -> tuple[RowPart, ...]:
    """Return one row for each device: model, firmware, serial number, address."""
    rows = []
    for device in site.devices:
        one = facts.one(f"device:{device.id}", Identity)
        told = (
            (f"{one.manufacturer} {one.model}".strip(), one.firmware, one.serial) if one is not None else ("", "", "")
        )
        model, firmware, serial = told
        address = f"{device.host}:{device.port}"
        rows.append(RowPart(None, (device.id, model or NONE, firmware or NONE, serial or NONE, address)))
    return tuple(rows)


def stream_rows(site: Site, facts: Facts, lang: str) -> tuple[RowPart, ...]:
    """Return one row for each stream of a camera: its settings, and a sample's measurements."""
    rows = []
    for camera in site.cameras:
        name = camera.camera.id
        streams = facts.one(f"camera:{name}", Streams)
        samples = {one.path: one for one in facts.all(f"camera:{name}", StreamSample)}
        for stream in streams.streams if streams is not None else ():
            if stream.path == "snapshot":
                continue
            sample = samples.get(stream.path)
            taken = _measured(sample, lang) if sample is not None else translate("not measured", lang)
            rows.append(RowPart(None, (name, stream.path, _configured(stream) or NONE, taken)))
    return tuple(rows)


def _configured(stream: Stream) -> str:
    parts = [
        stream.encoding,
        f"{stream.width_px} \u00d7 {stream.height_px}" if stream.width_px and stream.height_px else "",
        f"{stream.frame_rate:g} fps" if stream.frame_rate else "",
        f"{stream.bitrate_kbps} kbit/s" if stream.bitrate_kbps else "",
    ]
    return ", ".join(part for part in parts if part)


def _measured(sample: StreamSample, lang: str) -> str:
    size = f"{sample.width_px} \u00d7 {sample.height_px}, " if sample.width_px and sample.height_px else ""
    numbers = f"{sample.codec}, {size}{sample.fps:.1f} fps, {sample.bitrate_bps / 1000:.0f} kbit/s"
    values: Mapping[str, str | int | float] = {"numbers": numbers, "seconds": round(sample.seconds)}
    return render(Message("{numbers} (over {seconds} s)", values), lang)
