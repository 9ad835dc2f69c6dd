"""Parses the session description of an RTSP server: the video track, its address and parameter sets; sound. Pure.

Source: RFC 8866 (SDP), RFC 2326 appendix C (control), RFC 6184 section 8.2.1, RFC 7798 section 7.2.1.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from drivers.errors import Malformed, Unsupported

VideoKind = Literal["h264", "h265", "jpeg"]

_KINDS: dict[str, VideoKind] = {"H264": "h264", "H265": "h265", "JPEG": "jpeg"}
_STATIC = {"26": "JPEG"}
"""Payload types that need no rtpmap line. Source: RFC 3551 section 6."""

_STATIC_SOUND = {"0": "PCMU", "3": "GSM", "4": "G723", "8": "PCMA", "9": "G722", "14": "MPA", "18": "G729"}
_UNNAMED = "unnamed"
_NOT_SENT = frozenset({"sendonly", "inactive"})
"""Directions of a track on which the device sends nothing: ONVIF's back channel, towards its speaker, is `sendonly`.

Source: RFC 8866 section 6.7; ONVIF Streaming Specification, Back Channel Connection.
"""

METADATA = "VND.ONVIF.METADATA"
"""The encoding of ONVIF's metadata; `.GZIP` and `.EXI.*` behind it are compressions.

Source: ONVIF Streaming Specification, RTP for metadata stream.
"""

_ENCODING_NAME = re.compile(r"[A-Z0-9][A-Z0-9.+_-]{0,31}")
_SPROP = ("sprop-vps", "sprop-sps", "sprop-pps", "sprop-parameter-sets")
_MAX_SET_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Video:
    """One video track. `session_control` is the address for PLAY, empty where only the request's own is known.

    `sound`: the encodings of the sound that the same description offers, empty where it offers none. `has_metadata`:
    it offers ONVIF's metadata.
    """

    kind: VideoKind
    payload_type: int
    control: str
    session_control: str
    parameter_sets: tuple[bytes, ...]
    sound: tuple[str, ...] = ()
    has_metadata: bool = False


@dataclass(frozen=True, slots=True)
class Metadata:
    """The metadata track of a stream; `encoding` is METADATA, or that with a compression behind it."""

    encoding: str
    payload_type: int
    control: str
    session_control: str


def parse_metadata(data: bytes) -> Metadata:
    """Return the metadata track. Raises Unsupported without one; Malformed: no description."""
    session, *tracks = _sections(data.decode("utf-8", "replace"))
    for track in tracks:
        for payload_type, encoding in _encodings(track) if _is_told(track) else ():
            if encoding.startswith(METADATA):
                control = _attribute(track, "control")
                return Metadata(encoding, payload_type, control, _attribute(session, "control"))
    raise Unsupported("the stream has no metadata")


def _is_told(track: list[str]) -> bool:
    return track[0].split()[0] == "application"


def parse_sdp(data: bytes) -> Video:
    """Return the first H.264, H.265 or JPEG track. Raises Unsupported without one; Malformed: no description."""
    session, *tracks = _sections(data.decode("utf-8", "replace"))
    encodings = []
    for track in tracks:
        media = track[0].split()
        if media[0] != "video":
            continue
        for payload_type, encoding in _encodings(track):
            encodings.append(encoding)
            if encoding in _KINDS:
                return Video(
                    _KINDS[encoding],
                    payload_type,
                    control=_attribute(track, "control"),
                    session_control=_attribute(session, "control"),
                    parameter_sets=_parameter_sets(_attribute(track, "fmtp").partition(" ")[2]),
                    sound=_sound(tracks),
                    has_metadata=_has_metadata(tracks),
                )
    raise Unsupported(f"no H.264, H.265 or JPEG video, but {', '.join(encodings)[:60] or 'no video that is described'}")


def _sections(text: str) -> list[list[str]]:
    """Split into the session part and one part per medium; each medium's part begins with the value of its m line."""
    sections: list[list[str]] = [[]]
    lines = text.replace("\r", "\n").split("\n")
    if not any(line.startswith("v=") for line in lines):
        raise Malformed("DESCRIBE: the answer is no session description")
    for line in lines:
        name, _, value = line.strip().partition("=")
        if name == "m" and value.split():
            sections.append([value])
        elif name == "a":
            sections[-1].append(value)
    return sections


def _has_metadata(tracks: list[list[str]]) -> bool:
    names = (name for track in tracks if _is_told(track) for _, name in _encodings(track))
    return any(name.startswith(METADATA) for name in names)


def _sound(tracks: list[list[str]]) -> tuple[str, ...]:
    """Return the encodings of every track on which the device sends sound."""
    found: set[str] = set()
    for track in tracks:
        if track[0].split()[0] == "audio" and not _NOT_SENT.intersection(track):
            names = {name for _, name in _encodings(track, _STATIC_SOUND) if _ENCODING_NAME.fullmatch(name)}
            found |= names or {_UNNAMED}
    return tuple(sorted(found))


def _encodings(track: list[str], static: Mapping[str, str] = _STATIC) -> list[tuple[int, str]]:
    found = [(int(number), static[number]) for number in track[0].split()[3:] if number in static]
    for value in track:
        name, _, rest = value.partition(":")
        words = rest.split()
        if name == "rtpmap" and len(words) == 2 and words[0].isdecimal():
            found.append((int(words[0]), words[1].partition("/")[0].upper()))
    return found


def _attribute(section: list[str], name: str) -> str:
    return next((value.partition(":")[2].strip() for value in section if value.startswith(f"{name}:")), "")


def _parameter_sets(parameters: str) -> tuple[bytes, ...]:
    values = {}
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        values[name.lower()] = value
    sets = []
    for name in _SPROP:
        for text in filter(None, values.get(name, "").split(",")):
            try:
                decoded = b64decode(text + "=" * (-len(text) % 4))
            except (binascii.Error, ValueError):
                continue
            if 2 < len(decoded) <= _MAX_SET_BYTES:
                sets.append(decoded)
    return tuple(sets)
