"""Parses the picture settings of a Dahua camera: encoders, paths, masks, overlays. Pure.

The vertical origin of `Rect` is taken as the top (four of its clients agree); a picture must prove it.
"""

import re

from drivers.address import authority
from drivers.dahua import cgi
from drivers.dahua.cgi import Fields
from drivers.details import Encoder, Encoders
from drivers.errors import Malformed, Unsupported
from drivers.model import Device, Mask, Masks, Overlays, Polygon
from drivers.picture import STREAMS, Stream, Streams
from drivers.text import sanitize
from masking import geometry

GRID = 8191
"""Coordinates run from 0 to this, over the width and the height of the picture."""

RTSP_PORT = 554

WHOLE_LENS: Polygon = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def row_of(found: Fields, name: str, channel: int) -> dict[str, str]:
    """Return the row of a 1-based channel in a table. Raises Malformed; Unsupported where it has no such row."""
    listed = cgi.rows(found, name, name)
    if not 1 <= channel <= len(listed):
        raise Unsupported(f"{name}: the device has no row for channel {channel}")
    return listed[channel - 1]


def encoders(found: Fields, channel: int) -> Encoders:
    """Parse a channel's main and first sub-stream. Raises Unsupported without the channel, Malformed without main."""
    row = row_of(found, "Encode", channel)
    main = _encoder(row, "MainFormat")
    if main is None:
        raise Malformed("Encode: a channel lacks its main stream")
    sub = None if cgi.flag(row.get("ExtraFormat[0].VideoEnable")) is False else _encoder(row, "ExtraFormat")
    return Encoders((main,) if sub is None else (main, sub))


def further(found: Fields, channel: int) -> tuple[int, ...]:
    """Number the second and later sub-streams of a channel that are not off. Raises Malformed or Unsupported."""
    extra = cgi.rows(row_of(found, "Encode", channel), "ExtraFormat", "Encode")
    return tuple(
        number
        for number, one in enumerate(extra)
        if number and one.get("Video.Compression", "").strip() and cgi.flag(one.get("VideoEnable")) is not False
    )


def _encoder(row: Fields, kind: str) -> Encoder | None:
    def value(key: str) -> str:
        return row.get(f"{kind}[0].{key}", "").strip()

    if not value("Video.Compression"):
        return None
    width, height = cgi.number(value("Video.Width")), cgi.number(value("Video.Height"))
    size = re.fullmatch(r"(\d{1,5})x(\d{1,5})", value("Video.resolution"), re.ASCII)
    if not (width and height) and size is not None:
        width, height = int(size[1]), int(size[2])
    rate = value("Video.FPS")
    return Encoder(
        profile=f"{kind}[0]",
        encoding=_codec(value("Video.Compression")),
        width_px=width,
        height_px=height,
        frame_rate=float(rate) if re.fullmatch(r"\d{1,3}(\.\d{1,6})?", rate, re.ASCII) else 0.0,
        bitrate_kbps=cgi.number(value("Video.BitRate")),
        gop_frames=cgi.number(value("Video.GOP")),
    )


def _codec(word: str) -> str:
    """Return the codec in ONVIF's word: H.264 comes with a letter for its profile (`H.264H`)."""
    known = re.match(r"H\.?26([45])", word, re.IGNORECASE)
    return f"H26{known[1]}" if known else sanitize(word)


def streams(device: Device, channel: int, known: Encoders | None, further: tuple[int, ...] = ()) -> Streams:
    """Return the paths of one channel, whose addresses Dahua fixes.

    `known` None: the encoders could not be read. Without a sub-stream there is no path for one. `further`: numbers of
    the sub-streams behind it.
    """
    web = f"{'https' if device.tls else 'http'}://{authority(device.host, device.port)}"
    found = [Stream("snapshot", f"{web}/cgi-bin/snapshot.cgi?channel={channel}", "JPEG")]
    for number, path in enumerate(STREAMS[:2]):
        url = rtsp_url(device, f"/cam/realmonitor?channel={channel}&subtype={number}")
        if known is None:
            found.append(Stream(path, url, profile=str(number)))
        elif number < len(known.encoders):
            one = known.encoders[number]
            facts = (one.encoding, one.width_px, one.height_px, one.frame_rate, one.bitrate_kbps, one.gop_frames)
            found.append(Stream(path, url, *facts, str(number)))
    beyond: list[str] = []
    for extra in further:
        number = 1 + extra
        if number < len(STREAMS):
            url = rtsp_url(device, f"/cam/realmonitor?channel={channel}&subtype={number}")
            found.append(Stream(STREAMS[number], url, profile=str(number)))
        else:
            beyond.append(f"ExtraFormat[{extra}]")
    return Streams(tuple(found), tuple(beyond))


def rtsp_url(device: Device, target: str) -> str:
    """Return an RTSP address on the configured host and port."""
    return f"rtsp://{authority(device.host, device.rtsp_port or RTSP_PORT)}{target}"


def masks(widget: Fields, ptz: Fields | None, lens: Fields | None, channel: int) -> Masks:
    """Parse all masks of one channel: those of fixed cameras, those of PTZ cameras, and privacy of the whole lens.

    `ptz` and `lens` are None where the firmware has no such table. A slot that is off and has no area is unused.

    Raises:
        Unsupported: No table has masks for this channel.
        Malformed: The row is incomplete, so that the list may lack some.
    """
    row = row_of(widget, "VideoWidget", channel)
    covers = cgi.rows(row, "Covers", "VideoWidget")
    if not any(key.startswith("TimeTitle.") for key in row):
        # The last of a row: what stands behind the masks shows that none of them was cut off.
        raise Malformed("VideoWidget: the row of a channel is not complete")
    found = [mask for number, one in enumerate(covers) if (mask := _cover(number, one)) is not None]
    spoken = bool(covers)
    for number, one in enumerate(_rows_of(ptz, "PrivacyMasking", channel)):
        spoken = True
        # Only its switch is known for certain: without a polygon nothing counts as covered.
        found.append(Mask(f"PrivacyMasking[{number}]", (), "", cgi.flag(one.get("Enable"))))
    for one in _lens_of(lens, channel):
        spoken = True
        on = cgi.flag(one.get("Enable"))
        if on is not False:
            found.append(Mask("LeLensMask", WHOLE_LENS, "lens", on))
    if not spoken:
        raise Unsupported("VideoWidget: the device says nothing of masks")
    return Masks(tuple(found))


def turns(ptz: Fields, channel: int) -> bool:
    """Return whether the table of masks that follow a turning camera has slots for this channel. Raises Malformed."""
    return bool(_rows_of(ptz, "PrivacyMasking", channel))


def _rows_of(table: Fields | None, name: str, channel: int) -> list[dict[str, str]]:
    listed = cgi.rows(table or {}, name, name)
    return cgi.rows(listed[channel - 1], "", name) if channel <= len(listed) else []


def _lens_of(table: Fields | None, channel: int) -> list[dict[str, str]]:
    return cgi.rows(table or {}, "LeLensMask", "LeLensMask")[channel - 1 : channel]


def _cover(number: int, one: Fields) -> Mask | None:
    """Read one of the masks that VideoWidget draws. In the stream is only what the encoder blends in.

    One that the main stream has and the sub-stream has not, by the recorder's word, is neither on nor off.

    Source: Dahua's SDK header, AV_CFG_VideoWidgetCover: EncodeBlend, EncodeBlendExtra1.
    """
    if "EncodeBlend" not in one:
        raise Malformed("VideoWidget: a mask lacks its switch")
    enabled = cgi.flag(one["EncodeBlend"])
    polygon = _rectangle(one)
    if enabled and polygon and cgi.flag(one.get("EncodeBlendExtra1", "true")) is not True:
        enabled = None
    if enabled is False and not polygon:
        return None
    return Mask(f"Covers[{number}]", polygon, "Color", enabled, _color(one))


def _rectangle(one: Fields) -> Polygon:
    """Return the corners of `Rect[0..3]` = left, top, right, bottom; empty where it has no area."""
    values = [one.get(f"Rect[{side}]", "").strip() for side in range(4)]
    if not all(_is_within(value, GRID) for value in values):
        raise Malformed("VideoWidget: the corners of a mask cannot be read")
    left, top, right, bottom = (int(value) / GRID for value in values)
    polygon = ((left, top), (right, top), (right, bottom), (left, bottom))
    try:
        geometry.validate(polygon)
    except geometry.GeometryError:
        return ()
    return polygon


def _color(one: Fields) -> str:
    parts = [one.get(f"BackColor[{part}]", "").strip() for part in range(3)]
    if not all(_is_within(part, 255) for part in parts):
        return ""
    return "#" + "".join(f"{int(part):02x}" for part in parts)


def _is_within(text: str, most: int) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 6 and int(text) <= most


def overlays(widget: Fields, names: tuple[str, ...] | None, channel: int) -> Overlays:
    """Parse a channel's blended texts, and whether the time is. Raises Unsupported; Malformed for half a row."""
    row = row_of(widget, "VideoWidget", channel)
    if "TimeTitle.EncodeBlend" not in row:
        raise Malformed("VideoWidget: the row of a channel is not complete")
    texts = []
    if cgi.flag(row.get("ChannelTitle.EncodeBlend")) and names and channel <= len(names):
        texts.append(names[channel - 1])
    for one in cgi.rows(row, "CustomTitle", "VideoWidget"):
        if cgi.flag(one.get("EncodeBlend")) and one.get("Text", "").strip():
            texts.append(sanitize(one["Text"]))
    return Overlays(tuple(text for text in texts if text), cgi.flag(row["TimeTitle.EncodeBlend"]))
