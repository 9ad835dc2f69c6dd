"""Turns decoded ONVIF answers into the shared types. Pure: no requests, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from drivers.errors import Malformed
from drivers.model import Identity, Mask, Polygon, Span
from drivers.onvif.reply import children
from drivers.onvif.soap import Answer
from masking.geometry import GeometryError, from_onvif

_TRUE = frozenset({"true", "1"})
_FALSE = frozenset({"false", "0"})


@dataclass(frozen=True, slots=True)
class Profile:
    """A media profile of either media service, as far as a stream is concerned."""

    token: str
    source: str
    configuration: str
    encoder: str = ""
    encoding: str = ""
    width_px: int = 0
    height_px: int = 0
    frame_rate: float = 0.0
    bitrate_kbps: int = 0


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording: what it was made of, and its recorded time."""

    token: str
    source_id: str
    source_name: str
    spans: tuple[Span, ...]


def identity(value: Any) -> Identity:
    """Read a GetDeviceInformation answer."""
    return Identity(
        manufacturer=_text(value.Manufacturer),
        model=_text(value.Model),
        firmware=_text(value.FirmwareVersion),
        serial=_text(value.SerialNumber),
        hardware=_text(value.HardwareId),
    )


def device_time(value: Any) -> datetime:
    """Read the UTC time of a GetSystemDateAndTime answer; the device counts whole seconds.

    Raises:
        Malformed: It gives no UTC time, or none that exists.
    """
    try:
        date, time = value.UTCDateTime.Date, value.UTCDateTime.Time
        # A leap second has no place in datetime.
        second = min(int(time.Second), 59)
        return datetime(date.Year, date.Month, date.Day, time.Hour, time.Minute, second, tzinfo=UTC)
    except (AttributeError, TypeError, ValueError, OverflowError):
        raise Malformed("GetSystemDateAndTime: no UTC time in the answer") from None


def uses_ntp(value: Any) -> bool | None:
    """Say whether the device claims to follow NTP; None where it does not say."""
    kind = _text(getattr(value, "DateTimeType", None))
    return {"NTP": True, "Manual": False}.get(kind)


def profiles1(value: Any) -> tuple[Profile, ...]:
    """Read a Media1 GetProfiles answer; profiles without a video source are left out."""
    return tuple(
        _profile(one.token, one.VideoSourceConfiguration, one.VideoEncoderConfiguration)
        for one in value or ()
        if one.VideoSourceConfiguration is not None
    )


def profiles2(value: Any) -> tuple[Profile, ...]:
    """Read a Media2 GetProfiles answer; profiles without a video source are left out."""
    return tuple(
        _profile(one.token, one.Configurations.VideoSource, one.Configurations.VideoEncoder)
        for one in value or ()
        if one.Configurations is not None and one.Configurations.VideoSource is not None
    )


def masks(answer: Answer) -> tuple[tuple[str, Mask], ...]:
    """Read a Media2 GetMasks answer: for each mask its video source configuration and itself.

    What cannot be understood of a mask is left open in it: no polygon, or `enabled` None.

    Raises:
        Malformed: The decoder did not find every mask that stands in the answer, or something else stands there.

    Source: ONVIF Media2 Service Specification, GetMasks.
    """
    raw = children(answer.element, "Masks")
    decoded = list(answer.value or ())
    if len(raw) != len(decoded) or len(raw) != len([one for one in answer.element if isinstance(one.tag, str)]):
        raise Malformed("GetMasks: the answer holds something that is not a mask")
    found = []
    for element, one in zip(raw, decoded, strict=True):
        words = [(child.text or "").strip().lower() for child in children(element, "Enabled")]
        enabled = None
        if len(words) == 1 and words[0] in _TRUE | _FALSE:
            enabled = words[0] in _TRUE
        mask = Mask(
            token=_text(one.token),
            polygon=_polygon(one.Polygon),
            effect=_text(one.Type),
            enabled=enabled,
            color=_color(one.Color),
        )
        found.append((_text(one.ConfigurationToken), mask))
    return tuple(found)


def configuration_owners(value: Any) -> dict[str, str]:
    """Read a GetVideoSourceConfigurations answer: the video source of each configuration."""
    return {_text(one.token): _text(one.SourceToken) for one in value or ()}


def says_masks(value: Any) -> bool | None:
    """Say whether a Media2 capabilities answer claims privacy masks; None where there is no capability in it.

    Source: ONVIF Media2 Service Specification, Capabilities: Mask is optional, and absent means no.
    """
    return None if value is None else getattr(value, "Mask", None) is True


def overlays(value: Any) -> tuple[tuple[str, str], ...]:
    """Read a GetOSDs answer of either media service: configuration and text of each; pictures are left out.

    What the device fills in itself stands in angle brackets, for instance `<DateAndTime>`.
    """
    found = []
    for one in value or ():
        reference = one.VideoSourceConfigurationToken
        configuration = _text(getattr(reference, "_value_1", reference))
        text = one.TextString
        if text is None:
            continue
        kind = _text(text.Type)
        shown = _text(text.PlainText) if kind == "Plain" else f"<{kind}>"
        found.append((configuration, shown))
    return tuple(found)


def recording(value: Any) -> Recording:
    """Read one RecordingInformation: its spans are those of its video tracks, or its own first and last moment.

    Source: ONVIF Recording Search Service Specification, RecordingInformation and TrackInformation.
    """
    spans = []
    for track in value.Track or ():
        if _text(track.TrackType) == "Video":
            spans += _span(track.DataFrom, track.DataTo)
    if not spans:
        spans = _span(value.EarliestRecording, value.LatestRecording)
    source = value.Source
    return Recording(
        token=_text(value.RecordingToken),
        source_id=_text(getattr(source, "SourceId", None)),
        source_name=_text(getattr(source, "Name", None)),
        spans=merge(spans),
    )


def merge(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the union of spans, sorted; spans that touch or overlap become one."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start_at, one.end_at)):
        if merged and span.start_at <= merged[-1].end_at:
            merged[-1] = Span(merged[-1].start_at, max(merged[-1].end_at, span.end_at))
        else:
            merged.append(span)
    return tuple(merged)


def _span(start: Any, end: Any) -> list[Span]:
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        return []
    start_at, end_at = _aware(start), _aware(end)
    return [Span(start_at, end_at)] if start_at < end_at else []


def _aware(moment: datetime) -> datetime:
    # ONVIF times are UTC; devices forget the letter that says so.
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _profile(token: Any, source: Any, encoder: Any) -> Profile:
    resolution = getattr(encoder, "Resolution", None)
    rate = getattr(encoder, "RateControl", None)
    return Profile(
        token=_text(token),
        source=_text(source.SourceToken),
        configuration=_text(source.token),
        encoder=_text(getattr(encoder, "token", None)),
        encoding=_text(getattr(encoder, "Encoding", None)),
        width_px=int(getattr(resolution, "Width", None) or 0),
        height_px=int(getattr(resolution, "Height", None) or 0),
        frame_rate=float(getattr(rate, "FrameRateLimit", None) or 0.0),
        bitrate_kbps=int(getattr(rate, "BitrateLimit", None) or 0),
    )


def _polygon(value: Any) -> Polygon:
    try:
        return from_onvif([(float(point.x), float(point.y)) for point in value.Point])
    except (GeometryError, TypeError, ValueError, AttributeError):
        return ()


def _color(value: Any) -> str:
    """Write a colour as `#rrggbb`; empty where it cannot be read.

    Source: ONVIF Core schema, Color: the default colour space is YCbCr, components 0..255; ITU-T T.871 for the
        conversion.
    """
    try:
        first, second, third = float(value.X), float(value.Y), float(value.Z)
    except (TypeError, ValueError, AttributeError):
        return ""
    space = _text(value.Colorspace).rstrip("/").lower()
    if space.endswith("rgb"):
        parts = (first, second, third)
    elif not space or space.endswith("ycbcr"):
        blue, red = second - 128, third - 128
        parts = (first + 1.402 * red, first - 0.344136 * blue - 0.714136 * red, first + 1.772 * blue)
    else:
        return ""
    if not all(-1e3 < part < 1e3 for part in parts):
        return ""
    return "#" + "".join(f"{min(max(round(part), 0), 255):02x}" for part in parts)


def _text(value: Any) -> str:
    return "" if value is None else str(value)[:256]
