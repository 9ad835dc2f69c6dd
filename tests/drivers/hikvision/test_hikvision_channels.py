"""Channels of Hikvision devices: three spaces of numbers, states, hybrids, cameras, and the streams that are theirs."""

from __future__ import annotations

import pytest
from devices import http
from hikvision_device import CAMERAS, NOT_SUPPORTED, Nvr, fixture, observe, status
from onvif_reading import fact, reason

from drivers.footage import Channels
from drivers.model import Camera, Masks, Observations
from drivers.picture import Streams

PROXIES = "ContentMgmt/InputProxy/channels"
INPUTS = "System/Video/inputs/channels"
STREAMS = "Streaming/channels"
INFO = "System/deviceInfo"


def told_channels(seen: Observations) -> list[tuple[int, str, str]]:
    told = fact(seen, "device:box", Channels)
    assert isinstance(told, Channels), told
    return [(one.number, one.name, one.state) for one in told.channels]


def of_kind(kind: str) -> bytes:
    return http(200, fixture(INFO).replace(b">NVR<", f">{kind}<".encode()))


def stream(number: int, own: int | None = None, behind: int | None = None, enabled: str = "true") -> str:
    named = (f"<videoInputChannelID>{own}</videoInputChannelID>" if own else "") + (
        f"<dynVideoInputChannelID>{behind}</dynVideoInputChannelID>" if behind else ""
    )
    return (
        f"<StreamingChannel><id>{number}</id><enabled>{enabled}</enabled><Video><enabled>true</enabled>{named}"
        "<videoCodecType>H.264</videoCodecType></Video></StreamingChannel>"
    )


def streams(*rows: str) -> bytes:
    return http(200, f"<StreamingChannelList>{''.join(rows)}</StreamingChannelList>".encode())


def channel_state(inner: str) -> bytes:
    return f"<InputProxyChannelStatus>{inner}</InputProxyChannelStatus>".encode()


def urls(seen: Observations, camera: str) -> list[str]:
    told = fact(seen, f"camera:{camera}", Streams)
    assert isinstance(told, Streams)
    return [one.url.rpartition("/")[2] for one in told.streams[1:]]


# States


@pytest.mark.parametrize(
    ("online", "word", "state"),
    [
        ("<online>true</online>", "connect", "online"),
        ("<online>true</online>", "", "online"),
        ("", "connect", "online"),
        ("", "online", "online"),
        ("<online>false</online>", "offline", "offline"),
        ("<online>false</online>", "notSupport", "offline"),
        ("", "notSupport", "unknown"),
        ("", "networkAbnormal", "offline"),
        ("", "userOrPasswordError", "offline"),
        ("", "notActivated", "offline"),
        ("", "somethingNew", "unknown"),
        ("<online>perhaps</online>", "", "unknown"),
    ],
)
def test_the_state_of_a_channel_is_read_with_the_devices_word_for_it(online: str, word: str, state: str) -> None:
    row = channel_state(f"<id>1</id>{online}<chanDetectResult>{word}</chanDetectResult>")
    body = b"<InputProxyChannelStatusList>" + row + b"</InputProxyChannelStatusList>"
    told = fact(observe(Nvr(answers={f"{PROXIES}/status": http(200, body)}), cameras=()), "device:box", Channels)
    assert isinstance(told, Channels)
    assert (told.channels[0].state, told.channels[0].word) == (state, word)
    assert told.channels[1].state == "unknown", "the list does not name it"


def test_states_are_asked_one_by_one_where_there_is_no_list_of_them() -> None:
    rows = {
        f"{PROXIES}/1/status": http(200, channel_state("<id>1</id><online>true</online>")),
        f"{PROXIES}/2/status": status(500, 3, "deviceError"),
        f"{PROXIES}/3/status": http(200, channel_state("<id>3</id><online>false</online>")),
    }  # fmt: skip
    seen = observe(Nvr(answers={f"{PROXIES}/status": NOT_SUPPORTED, **rows}), cameras=())
    assert [state for _, _, state in told_channels(seen)] == ["online", "unknown", "offline", "empty"]


def test_states_that_nobody_tells_cost_only_the_channels() -> None:
    seen = observe(Nvr(answers={f"{PROXIES}/status": NOT_SUPPORTED}))
    assert reason(seen, "device:box", "channels") == "unsupported"
    assert urls(seen, "two") == ["201", "202"]
    wrong = {f"{PROXIES}/status": NOT_SUPPORTED}
    wrong[f"{PROXIES}/1/status"] = http(200, channel_state("<id>2</id>"))
    assert reason(observe(Nvr(answers=dict(wrong)), cameras=()), "device:box", "channels") == "malformed"


# Kinds of devices


def test_a_recorder_for_ip_cameras_is_not_asked_for_inputs_of_its_own() -> None:
    nvr = Nvr()
    observe(nvr)
    assert ("GET", INPUTS) not in nvr.asked


def test_an_analogue_recorder_has_inputs_and_one_without_a_signal_is_empty() -> None:
    answers = {
        INFO: of_kind("DVR"), PROXIES: NOT_SUPPORTED,
        STREAMS: streams(stream(101, own=1), stream(102, own=1), stream(201, own=2)),
    }  # fmt: skip
    seen = observe(Nvr(answers=dict(answers), hidden=()))
    assert told_channels(seen) == [(1, "Camera 01", "online"), (2, "Camera 02", "empty")]
    assert urls(seen, "one") == ["101", "102"]
    assert fact(seen, "camera:two", Streams) == Streams(())
    masks = fact(seen, "camera:one", Masks)
    assert isinstance(masks, Masks) and len(masks.masks) == 1


def test_ip_channels_of_a_hybrid_recorder_that_go_on_counting_keep_their_numbers() -> None:
    behind = fixture(PROXIES).replace(b"<id>1<", b"<id>9<").replace(b"<id>2<", b"<id>10<")
    answers = {
        INFO: of_kind("DVR"), PROXIES: http(200, behind),
        STREAMS: streams(stream(101, own=1), stream(901, behind=9), stream(902, behind=9), stream(1001, behind=10)),
    }  # fmt: skip
    cameras = (Camera("analogue", "box", channel=1), Camera("ip", "box", channel=9))
    seen = observe(Nvr(answers=dict(answers), hidden=()), cameras=cameras)
    assert [number for number, _, _ in told_channels(seen)] == [1, 2, 9, 10, 3, 4]
    assert (urls(seen, "analogue"), urls(seen, "ip")) == (["101"], ["901", "902"])


def test_ip_channels_of_a_hybrid_recorder_that_count_from_one_are_known_by_their_streams() -> None:
    """33 was seen as the first: input 1 and IP channel 1 are two cameras, and must not be taken for one."""
    answers = {
        INFO: of_kind("DVR"),
        STREAMS: streams(
            stream(101, own=1), stream(3301, behind=1), stream(3302, behind=1), stream(3401, behind=2),
            stream(3501, behind=3), stream(3601, behind=4),
        ),
    }  # fmt: skip
    nvr = Nvr(answers=dict(answers), hidden=(f"{INPUTS}/33",))
    seen = observe(nvr, cameras=(Camera("analogue", "box", channel=1), Camera("ip", "box", channel=33)))
    assert [number for number, _, _ in told_channels(seen)] == [1, 2, 33, 34, 35, 36]
    assert (urls(seen, "analogue"), urls(seen, "ip")) == (["101"], ["3301", "3302"])
    own, behind = fact(seen, "camera:analogue", Masks), fact(seen, "camera:ip", Masks)
    assert isinstance(own, Masks) and isinstance(behind, Masks)
    assert (len(own.masks), len(behind.masks)) == (1, 2), "each is asked under its own path"


def test_ip_channels_that_cannot_be_told_from_own_inputs_are_no_guess() -> None:
    answers = {INFO: of_kind("DVR"), STREAMS: streams(stream(101, own=1), stream(201, own=2))}
    seen = observe(Nvr(answers=dict(answers), hidden=()))
    assert reason(seen, "device:box", "channels") == "malformed"
    assert reason(seen, "camera:one", "streams") == reason(seen, "camera:one", "masks") == "malformed"


@pytest.mark.parametrize("kind", ["IPCamera", "IPDome"])
@pytest.mark.parametrize("lists_inputs", [True, False])
def test_a_camera_has_its_own_input_and_no_recorders_part(kind: str, lists_inputs: bool) -> None:
    answers = {
        INFO: of_kind(kind), PROXIES: NOT_SUPPORTED, STREAMS: streams(stream(101, behind=1), stream(102, behind=1)),
        **({} if lists_inputs else {INPUTS: NOT_SUPPORTED}),
    }  # fmt: skip
    seen = observe(Nvr(answers=dict(answers), hidden=()), cameras=CAMERAS[:1])
    assert urls(seen, "one") == ["101", "102"]
    masks = fact(seen, "camera:one", Masks)
    assert isinstance(masks, Masks) and masks.masks[0].enabled
    assert told_channels(seen)[0][0] == 1


def test_old_cameras_count_their_streams_from_one() -> None:
    answers = {
        INFO: of_kind("IPCamera"), PROXIES: NOT_SUPPORTED,
        STREAMS: streams(stream(1, own=1), stream(2, own=1), stream(3, own=1)),
    }  # fmt: skip
    seen = observe(Nvr(answers=dict(answers), hidden=()), cameras=CAMERAS[:1])
    assert urls(seen, "one") == ["1", "2", "3"]


def test_streams_that_are_off_or_unnamed_are_sorted_by_their_numbers() -> None:
    rows = streams(stream(202, enabled="false"), stream(201), stream(102), stream(101))
    seen = observe(Nvr(answers={STREAMS: rows}), cameras=CAMERAS)
    assert (urls(seen, "one"), urls(seen, "two")) == (["101", "102"], ["201"])
    assert reason(seen, "camera:three", "streams") == "unsupported"


def test_a_device_without_either_list_is_unsupported_unless_it_is_a_camera() -> None:
    nothing = {PROXIES: NOT_SUPPORTED, INPUTS: NOT_SUPPORTED, INFO: of_kind("Other")}
    seen = observe(Nvr(answers=dict(nothing)))
    assert reason(seen, "device:box", "channels") == reason(seen, "camera:one", "masks") == "unsupported"


@pytest.mark.parametrize(
    "body", [b"<InputProxyChannel><name>x</name></InputProxyChannel>", b"<Channel><id>1</id></Channel>"]
)
def test_a_list_with_a_row_that_cannot_be_read_is_no_list(body: bytes) -> None:
    answer = http(200, b"<InputProxyChannelList>" + body + b"</InputProxyChannelList>")
    seen = observe(Nvr(answers={PROXIES: answer}))
    assert reason(seen, "device:box", "channels") == reason(seen, "camera:one", "streams") == "malformed"
