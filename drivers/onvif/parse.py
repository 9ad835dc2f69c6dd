"""Converts decoded answers of the media services into the shared types. Pure: no requests, no clock."""

from dataclasses import dataclass
from typing import Any

from drivers.details import AudioEncoder, Encoder, MaskOptions
from drivers.errors import Malformed
from drivers.http.xml_answer import children, elements
from drivers.model import Mask, Polygon
from drivers.onvif.soap import Answer
from drivers.text import sanitize
from masking.geometry import GeometryError, from_onvif

_TRUE = frozenset({"true", "1"})
_FALSE = frozenset({"false", "0"})


@dataclass(frozen=True, slots=True)
class Profile:
    """A media profile of either media service, as far as its streams are concerned."""

    token: str
    source: str
    configuration: str
    name: str
    window_px: tuple[int, int]
    encoder: str
    video: Encoder
    audio: AudioEncoder | None
    ptz: bool


def listed(answer: Answer, name: str) -> list[Any]:
    """Return the decoded rows of a list answer, as many as it has under `name`.

    Raises Malformed: the decoder lost a row, or found another element: the list would be a wrong statement.
    """
    rows = children(answer.element, name)
    decoded = answer.value if isinstance(answer.value, list) else [answer.value] if answer.value is not None else []
    if len(rows) != len(elements(answer.element)):
        raise Malformed(f"{_operation(answer)}: the answer holds something other than {name}")
    if len(rows) != len(decoded) or any(one is None for one in decoded):
        raise Malformed(f"{_operation(answer)}: {len(rows)} {name} in the answer, {len(decoded)} could be read")
    return decoded


def scalar(answer: Answer) -> None:
    """Check that each element of an answer that is no list occurs once. Raises Malformed."""
    tags = [element.tag for element in elements(answer.element)]
    if len(tags) != len(set(tags)):
        raise Malformed(f"{_operation(answer)}: the answer says something twice")


def _operation(answer: Answer) -> str:
    return answer.exchange.reply.operation


def profiles1(answer: Answer) -> tuple[Profile, ...]:
    """Read a Media1 GetProfiles answer; profiles without a video source are left out. Raises Malformed."""
    return tuple(
        _profile(
            one,
            one.VideoSourceConfiguration,
            one.VideoEncoderConfiguration,
            one.AudioEncoderConfiguration,
            one.PTZConfiguration,
        )
        for one in listed(answer, "Profiles")
        if one.VideoSourceConfiguration is not None
    )


def profiles2(answer: Answer) -> tuple[Profile, ...]:
    """Read a Media2 GetProfiles answer; profiles without a video source are left out. Raises Malformed."""
    return tuple(
        _profile(one, held.VideoSource, held.VideoEncoder, held.AudioEncoder, held.PTZ)
        for one, held in ((one, one.Configurations) for one in listed(answer, "Profiles"))
        if held is not None and held.VideoSource is not None
    )


def masks(answer: Answer) -> tuple[tuple[str, Mask], ...]:
    """Parse a Media2 GetMasks answer: for each mask its video source configuration and itself.

    Unparseable parts of a mask are left open: no polygon, or `enabled` None.

    Raises:
        Malformed: The decoder lost a mask of the answer, or found another element.

    Source: ONVIF Media2 Service Specification, GetMasks.
    """
    found = []
    for element, one in zip(children(answer.element, "Masks"), listed(answer, "Masks"), strict=True):
        words = [(child.text or "").strip().lower() for child in children(element, "Enabled")]
        enabled = None
        if len(words) == 1 and words[0] in _TRUE | _FALSE:
            enabled = words[0] in _TRUE
        mask = Mask(
            token=sanitize(one.token),
            polygon=_polygon(one.Polygon),
            effect=sanitize(one.Type),
            enabled=enabled,
            color=_color(one.Color),
        )
        found.append((sanitize(one.ConfigurationToken), mask))
    return tuple(found)


def mask_options(answer: Answer) -> MaskOptions:
    """Parse a GetMaskOptions answer. Raises Malformed where it holds none, or more than one.

    Source: ONVIF Media2 Service Specification, GetMaskOptions.
    """
    rows = listed(answer, "Options")
    if len(rows) != 1:
        raise Malformed(f"GetMaskOptions: {len(rows)} options in the answer")
    (one,) = rows
    return MaskOptions(
        max_masks=_whole(one.MaxMasks),
        max_points=_whole(one.MaxPoints),
        effects=tuple(sanitize(effect) for effect in one.Types or ()),
        rectangle_only=one.RectangleOnly,
        single_color_only=one.SingleColorOnly,
    )


def configuration_owners(answer: Answer) -> dict[str, str]:
    """Read a GetVideoSourceConfigurations answer: the video source of each configuration. Raises Malformed."""
    return {sanitize(one.token): sanitize(one.SourceToken) for one in listed(answer, "Configurations")}


def says_masks(answer: Answer) -> bool | None:
    """Return whether a Media2 capabilities answer claims privacy masks; None where there is no capability in it.

    Source: ONVIF Media2 Service Specification, Capabilities: Mask is optional, and absent means no.
    """
    scalar(answer)
    return None if answer.value is None else getattr(answer.value, "Mask", None) is True


def overlays(answer: Answer) -> tuple[tuple[str, str], ...]:
    """Parse a GetOSDs answer of either media service: configuration and text of each; pictures are left out.

    Fields that the device fills in are in angle brackets, for instance `<DateAndTime>`. Raises Malformed.
    """
    found = []
    for one in listed(answer, "OSDs"):
        reference = one.VideoSourceConfigurationToken
        configuration = sanitize(getattr(reference, "_value_1", reference))
        text = one.TextString
        if text is None:
            if sanitize(one.Type) == "Text":
                raise Malformed("GetOSDs: a text that holds none")
            continue
        kind = sanitize(text.Type)
        shown = sanitize(text.PlainText) if kind == "Plain" else f"<{kind}>"
        found.append((configuration, shown))
    return tuple(found)


def _profile(profile: Any, source: Any, encoder: Any, sound: Any, ptz: Any) -> Profile:
    resolution = getattr(encoder, "Resolution", None)
    rate = getattr(encoder, "RateControl", None)
    bounds = getattr(source, "Bounds", None)
    # Media1 keeps the length of a group of pictures with the codec it is of.
    codec = getattr(encoder, "H264", None) or getattr(encoder, "MPEG4", None)
    signed = getattr(encoder, "Signed", None)
    video = Encoder(
        profile=sanitize(profile.token),
        encoding=sanitize(getattr(encoder, "Encoding", None)),
        width_px=_whole(getattr(resolution, "Width", None)),
        height_px=_whole(getattr(resolution, "Height", None)),
        frame_rate=_rate(getattr(rate, "FrameRateLimit", None)),
        bitrate_kbps=_whole(getattr(rate, "BitrateLimit", None)),
        gop_frames=_whole(getattr(encoder, "GovLength", None)) or _whole(getattr(codec, "GovLength", None)),
        signed=signed if isinstance(signed, bool) else None,
    )
    return Profile(
        token=video.profile,
        source=sanitize(source.SourceToken),
        configuration=sanitize(source.token),
        name=sanitize(getattr(source, "Name", None)),
        window_px=(_whole(getattr(bounds, "width", None)), _whole(getattr(bounds, "height", None))),
        encoder=sanitize(getattr(encoder, "token", None)),
        video=video,
        audio=None if sound is None else _audio(video.profile, sound),
        ptz=ptz is not None,
    )


def _audio(profile: str, sound: Any) -> AudioEncoder:
    return AudioEncoder(
        profile=profile,
        encoding=sanitize(sound.Encoding),
        bitrate_kbps=_whole(sound.Bitrate),
        sample_rate_khz=_whole(sound.SampleRate),
    )


def _whole(value: Any) -> int:
    """Return a number that is not negative and no nonsense; 0 where there is none."""
    return value if isinstance(value, int) and 0 <= value < 2**31 else 0


def _rate(value: Any) -> float:
    number = float(value) if isinstance(value, int | float) else 0.0
    return number if 0.0 <= number < 1e6 else 0.0


def _polygon(value: Any) -> Polygon:
    try:
        return from_onvif([(float(point.x), float(point.y)) for point in value.Point])
    except (GeometryError, TypeError, ValueError, AttributeError):
        return ()


def _color(value: Any) -> str:
    """Format a colour as `#rrggbb`; empty where it cannot be parsed.

    Source: ONVIF Core schema, Color: the default colour space is YCbCr, components 0..255; ITU-T T.871 for the
        conversion.
    """
    try:
        first, second, third = float(value.X), float(value.Y), float(value.Z)
    except (TypeError, ValueError, AttributeError):
        return ""
    space = sanitize(value.Colorspace).rstrip("/").lower()
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
