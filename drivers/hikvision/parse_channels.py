"""Parses the channels of a device and how their streams are encoded. Pure.

Three number spaces meet: inputs count from 1, streams and tracks are input * 100 + stream, and behind an analogue
recorder the IP channels may begin at an offset (33 was seen). `Input.number` is `Camera.channel`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from lxml import etree

from drivers.details import AudioEncoder, Encoder
from drivers.errors import Malformed
from drivers.footage import Channel, ChannelState
from drivers.hikvision.reply import child, count, rows, text_in, truth, whole

_OFFLINE = frozenset(
    {"offline", "networkabnormal", "userorpassworderror", "notactivated", "disconnect", "iperror", "nopermission"}
)
_ONLINE = frozenset({"online", "connect", "connected"})
_ENCODINGS = {"H.264": "H264", "H.265": "H265", "MJPEG": "JPEG"}
_NO_ADDRESS = ("", "0.0.0.0", "::")  # noqa: S104 # an unset address


@dataclass(frozen=True, slots=True)
class Input:
    """A channel; `own`: analogue input or sensor, not an IP camera; `id`: its number among those of its kind."""

    number: int
    id: int
    own: bool
    name: str = ""
    state: ChannelState = "unknown"
    word: str = ""
    host: str = ""
    model: str = ""
    serial: str = ""

    def channel(self) -> Channel:
        """Convert it to the fact about a recorder's channel."""
        return Channel(self.number, self.name, self.state, self.word, self.host, "", self.model, self.serial)


@dataclass(frozen=True, slots=True)
class StreamRow:
    """One stream; `video`, `dynamic`: its own or IP input, None unknown; `audio_told`: sound or none is reported."""

    id: int
    video: int | None
    dynamic: int | None
    encoder: Encoder
    audio: AudioEncoder | None
    audio_told: bool = True


def inputs(root: etree._Element) -> tuple[Input, ...]:
    """Read a VideoInputChannelList: a device's own inputs. Raises Malformed."""
    found = []
    for row in rows(root, "VideoInputChannel"):
        number = _number(row)
        described = text_in(row, "resDesc")
        state: ChannelState = "empty" if "NO VIDEO" in described.upper() else "online" if described else "unknown"
        found.append(Input(number, number, own=True, name=text_in(row, "name"), state=state, word=described))
    return tuple(found)


def proxies(root: etree._Element) -> tuple[Input, ...]:
    """Parse an InputProxyChannelList: IP cameras behind a recorder, some without model or serial. Raises Malformed."""
    found = []
    for row in rows(root, "InputProxyChannel"):
        number = _number(row)
        source = child(row, "sourceInputPortDescriptor")
        host = text_in(source, "ipAddress") or text_in(source, "hostName") or text_in(source, "ipv6Address")
        one = Input(number, number, own=False, name=text_in(row, "name"))
        if host in _NO_ADDRESS:
            found.append(replace(one, state="empty", word="no address"))
        else:
            found.append(
                replace(one, host=host, model=text_in(source, "model"), serial=text_in(source, "serialNumber"))
            )
    return tuple(found)


def states(root: etree._Element) -> dict[int, tuple[ChannelState, str]]:
    """Parse an InputProxyChannelStatusList: state and the device's word for it, by number. Raises Malformed."""
    return dict(state(row) for row in rows(root, "InputProxyChannelStatus"))


def state(row: etree._Element) -> tuple[int, tuple[ChannelState, str]]:
    """Read one InputProxyChannelStatus. Raises Malformed."""
    online, word = truth(text_in(row, "online")), text_in(row, "chanDetectResult")
    key = word.lower()
    if online or (online is None and key in _ONLINE):
        return _number(row), ("online", word)
    if online is False or key in _OFFLINE:
        return _number(row), ("offline", word)
    return _number(row), ("unknown", word)


def streams(root: etree._Element) -> tuple[StreamRow, ...]:
    """Read a StreamingChannelList, without streams that are off, in the order of their numbers. Raises Malformed."""
    found = []
    for row in rows(root, "StreamingChannel"):
        number, video = _number(row), child(row, "Video")
        if video is None:
            raise Malformed(f"stream {number} has no video")
        if truth(text_in(row, "enabled")) is False or truth(text_in(video, "enabled")) is False:
            continue
        own, dynamic = whole(text_in(video, "videoInputChannelID")), whole(text_in(video, "dynVideoInputChannelID"))
        audio = child(row, "Audio")
        told = truth(text_in(audio, "enabled")) is not None
        found.append(StreamRow(number, own, dynamic, _encoder(number, video), _audio(number, audio), told))
    return tuple(sorted(found, key=lambda one: one.id))


def numbered(own: Iterable[Input], behind: Iterable[Input], of_streams: Iterable[StreamRow]) -> tuple[Input, ...]:
    """Number every channel: own inputs keep their numbers, and so do IP channels where no number is double.

    Where IP channels count from 1 beside own inputs, the number of their stream counts.

    Raises:
        Malformed: No stream has that number.
    """
    first, second = tuple(own), tuple(behind)
    taken = {one.number for one in first}
    if taken.isdisjoint(one.number for one in second):
        return first + second
    found = list(first)
    by_input = {row.dynamic: row.id // 100 for row in reversed(tuple(of_streams)) if row.dynamic is not None}
    for one in second:
        number = by_input.get(one.id, one.number)
        if number in taken:
            raise Malformed(f"IP channel {one.id} cannot be told from the device's own input of that number")
        found.append(replace(one, number=number))
    return tuple(found)


def rows_of(one: Input, of_streams: Iterable[StreamRow], mixed: bool) -> tuple[StreamRow, ...]:
    """Select a channel's streams. `mixed`: own and IP inputs; else an own sensor may be named as an IP channel."""
    found = []
    for row in of_streams:
        named = (row.video if one.own else row.dynamic) if mixed else (row.dynamic or row.video)
        other = (row.dynamic if one.own else row.video) if mixed else None
        if named == one.id or (named is None and other is None and row.id // 100 == one.number):
            found.append(row)
    return tuple(found)


def _number(row: etree._Element) -> int:
    number = whole(text_in(row, "id"))
    if number is None or not 0 < number < 100_000:
        raise Malformed("a channel has no number")
    return number


def _encoder(number: int, video: etree._Element) -> Encoder:
    encoding = text_in(video, "videoCodecType")
    constant = text_in(video, "videoQualityControlType").upper() == "CBR"
    rate = text_in(video, "constantBitRate" if constant else "vbrUpperCap") or text_in(video, "constantBitRate")
    return Encoder(
        profile=str(number),
        encoding=_ENCODINGS.get(encoding.upper(), encoding),
        width_px=count(text_in(video, "videoResolutionWidth")),
        height_px=count(text_in(video, "videoResolutionHeight")),
        # Frames in 100 seconds; 0 is "full", which the device does not put into a number.
        frame_rate=count(text_in(video, "maxFrameRate")) / 100,
        bitrate_kbps=count(rate),
        gop_frames=count(text_in(video, "GovLength")),
    )


def _audio(number: int, audio: etree._Element | None) -> AudioEncoder | None:
    if audio is None or truth(text_in(audio, "enabled")) is not True:
        return None
    rate = text_in(audio, "audioSamplingRate")
    return AudioEncoder(
        profile=str(number),
        encoding=text_in(audio, "audioCompressionType"),
        bitrate_kbps=count(text_in(audio, "audioBitRate")),
        sample_rate_khz=count(rate.partition(".")[0]),
    )
