"""What Dahua devices are known to answer instead of an answer: a test for each, named after it."""

from __future__ import annotations

import pytest
from dahua_device import (
    BAD_REQUEST,
    CAMERAS,
    NO_AUTHORITY,
    NOT_IMPLEMENTED,
    Nvr,
    fixture,
    observe,
    said,
)
from devices import http
from onvif_reading import fact, reason

from drivers.credentials import Credentials
from drivers.details import Accounts, Encoders
from drivers.footage import Channels, Disk, Disks, PlatformLink, Schedule
from drivers.model import Clock, Identity, Mask, Masks, Observations, Overlays, Recordings, Unavailable
from drivers.picture import Streams

ONE = CAMERAS[:1]


def seen_with(name: str, old: bytes, new: bytes) -> Observations:
    """Read the first camera of a recorder one of whose answers is changed."""
    body = fixture(f"{name}.txt")
    assert old in body
    return observe(Nvr(answers={name: http(200, body.replace(old, new))}), ONE)


def disks(name: str, old: bytes, new: bytes) -> tuple[Disk, ...]:
    found = fact(seen_with(name, old, new), "device:box", Disks)
    assert isinstance(found, Disks), found
    return found.disks


# --- errors


@pytest.mark.parametrize("answer", [BAD_REQUEST, NOT_IMPLEMENTED, http(200, b"Error\r\nBad Request!\r\n")])
def test_bad_request_and_not_implemented_are_no_such_operation(answer: bytes) -> None:
    seen = observe(Nvr(answers={"VideoWidget": answer, "getDeviceAllInfo": answer}), ONE)
    assert reason(seen, "camera:one", "masks") == reason(seen, "device:box", "disks") == "unsupported"


def test_authority_check_failure_is_unknown_and_never_off_nor_a_wrong_password() -> None:
    states = Credentials(None)
    names = ("VideoWidget", "RecordMode", "Record", "getUserInfoAll")
    seen = observe(Nvr(answers=dict.fromkeys(names, NO_AUTHORITY)), ONE, states=states)
    for name in ("masks", "overlays", "schedule"):
        assert reason(seen, "camera:one", name) == "refused"
    assert reason(seen, "device:box", "accounts") == "refused"
    assert {entry.state for entry in states.entries()} == {"worked"}
    assert isinstance(fact(seen, "camera:one", Recordings), Recordings)


def test_invalid_authority_is_a_wrong_password() -> None:
    states, nvr = Credentials(None), Nvr(password="another")
    seen = observe(nvr, ONE, states=states)
    assert {one.value.reason for one in seen if isinstance(one.value, Unavailable)} == {"refused"}
    assert [entry.state for entry in states.entries()] == ["wrong"] and nvr.refused == 1


def test_a_401_without_a_challenge_is_no_refusal() -> None:
    states = Credentials(None)
    seen = observe(Nvr(login=False, answers={"getCurrentTime": http(401, b"Invalid Authority!")}), ONE, states=states)
    assert reason(seen, "device:box", "clock") == "not-tried" and states.entries() == ()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_to_https_is_not_followed_and_is_named(status: int) -> None:
    answer = http(status, b"", ("Location", "https://192.0.2.9/cgi-bin/global.cgi"))
    seen = observe(Nvr(answers={"getCurrentTime": answer, "VideoWidget": answer}), ONE)
    masks = fact(seen, "camera:one", "masks")
    assert isinstance(masks, Unavailable) and masks.reason == "fault" and "tls = true" in masks.detail


def test_error_no_events_is_a_fault() -> None:
    seen = observe(Nvr(answers={"getDeviceAllInfo": http(200, b"Error: No Events\r\n")}), ONE)
    assert reason(seen, "device:box", "disks") == "fault"


# --- identity, clock


def test_ip_camera_is_no_model() -> None:
    seen = seen_with("getDeviceType", b"DHI-NVR608H-128-4KS3/I", b"IP Camera")
    identity = fact(seen, "device:box", Identity)
    assert isinstance(identity, Identity) and identity.model == "DHI-NVR608H-128-4KS3/I", "from updateSerial"


def test_identity_is_put_together_from_what_answers() -> None:
    nvr = Nvr(answers={"getSystemInfo": NO_AUTHORITY, "getVendor": NOT_IMPLEMENTED})
    identity = fact(observe(nvr, ONE), "device:box", Identity)
    assert identity == Identity("", "DHI-NVR608H-128-4KS3/I", "4.001.0000000.6.R", "4C0048DPAJ00000")


def test_identity_without_model_and_serial_is_none() -> None:
    answers = dict.fromkeys(("getSystemInfo", "getDeviceType", "getSerialNo"), NO_AUTHORITY)
    assert reason(observe(Nvr(answers=dict(answers)), ONE), "device:box", "identity") == "refused"


@pytest.mark.parametrize(
    "text", [b"result=2026-11-24 16:00", b"result=2026-11-24 16:00:0", b"result=2026-13-24 16:00:04"]
)
def test_a_time_that_was_cut_off_is_none(text: bytes) -> None:
    assert reason(observe(Nvr(answers={"getCurrentTime": http(200, text)}), ONE), "device:box", "clock") == "malformed"


def test_ntp_that_cannot_be_read_is_not_off() -> None:
    clock = fact(observe(Nvr(answers={"NTP": NO_AUTHORITY}), ONE), "device:box", Clock)
    assert isinstance(clock, Clock) and clock.ntp is None


# --- disks


def test_the_older_shape_of_disks_is_read_too() -> None:
    assert [one.state for one in disks("getDeviceAllInfo", b"list.info[", b"list[")] == ["ok", "ok", "failed"]


def test_one_partition_with_an_error_is_a_failed_disk() -> None:
    found = disks("getDeviceAllInfo", b"list.info[1].Detail[1].IsError=false", b"list.info[1].Detail[1].IsError=true")
    assert [one.state for one in found] == ["ok", "failed", "failed"]


def test_a_health_data_flag_of_0_is_no_fault() -> None:
    assert b"list.info[0].HealthDataFlag=0" in fixture("getDeviceAllInfo.txt")
    assert disks("getDeviceAllInfo", b"HealthDataFlag=0", b"HealthDataFlag=1")[0].state == "ok"


@pytest.mark.parametrize(
    ("word", "state"),
    [("Degraded", "failing"), ("Initializing", "formatting"), ("Running", "unknown"), ("", "unknown")],
)
def test_words_of_disks(word: str, state: str) -> None:
    found = disks("getDeviceAllInfo", b"list.info[0].State=Success", b"list.info[0].State=" + word.encode())
    assert (found[0].state, found[0].word) == (state, word)


def test_no_disk_at_all_is_not_a_recorder_without_disks() -> None:
    seen = observe(Nvr(answers={"getDeviceAllInfo": http(200, b"list.info=0\r\n")}), ONE)
    assert reason(seen, "device:box", "disks") == "malformed"


# --- channels, platforms


def test_a_state_that_is_not_known_stays_unknown() -> None:
    states = said(
        {"result": True, "params": {"states": [{"channel": 0, "connectionState": "Upgrading"}, {"channel": 1}]}}
    )
    channels = fact(observe(Nvr(answers={"RPC2 getCameraState": states}), ONE), "device:box", Channels)
    assert isinstance(channels, Channels)
    assert [(c.state, c.word) for c in channels.channels] == [("unknown", "Upgrading"), *[("unknown", "")] * 3]


def test_an_empty_channel_has_no_streams_and_no_masks_are_claimed_of_it() -> None:
    seen = observe(Nvr(), CAMERAS[3:])
    assert fact(seen, "camera:four", Streams) == Streams(())
    assert reason(seen, "camera:four", "masks") == "unsupported"


def test_a_camera_by_itself_has_no_channels_behind_it() -> None:
    answers = {
        "RemoteDevice": NO_AUTHORITY,
        "RPC2 getCameraState": said({"result": False, "error": {"code": 268894210}}),
    }
    assert reason(observe(Nvr(answers=dict(answers)), ONE), "device:box", "channels") == "unsupported"


@pytest.mark.parametrize(("told", "registered"), [(b"true", True), (b"false", False), (b'"maybe"', None), (b"7", None)])
def test_is_on_line_has_three_states(told: bytes, registered: bool | None) -> None:
    body = fixture("VSP_GAYS_SERVER.json").replace(b'"IsOnLine":true', b'"IsOnLine":' + told)
    link = fact(observe(Nvr(answers={"RPC2 VSP_GAYS_SERVER": http(200, body)}), ONE), "device:box", PlatformLink)
    assert isinstance(link, PlatformLink)
    assert [one.registered for one in link.servers] == [registered, None]


def test_a_platform_that_is_switched_off_as_a_whole_is_off_in_every_slot() -> None:
    body = fixture("VSP_GAYS_SERVER.json").replace(b'"enable":true', b'"enable":false')
    link = fact(observe(Nvr(answers={"RPC2 VSP_GAYS_SERVER": http(200, body)}), ONE), "device:box", PlatformLink)
    assert isinstance(link, PlatformLink) and {one.enabled for one in link.servers} == {False}


# --- masks


def masks_of(**answers: bytes) -> Masks:
    found = fact(observe(Nvr(answers=dict(answers)), ONE), "camera:one", Masks)
    assert isinstance(found, Masks), found
    return found


def test_preview_blend_alone_is_not_in_the_stream() -> None:
    found = fact(observe(Nvr(), CAMERAS[1:2]), "camera:two", Masks)
    assert isinstance(found, Masks)
    (mask,) = found.masks
    assert (mask.token, mask.enabled, len(mask.polygon)) == ("Covers[1]", False, 4)


def test_a_mask_that_the_sub_stream_has_not_is_neither_on_nor_off() -> None:
    on = b"[0].Covers[0].EncodeBlendExtra1=true"
    assert masks_of(VideoWidget=http(200, fixture("VideoWidget.txt"))).masks[0].enabled is True
    for word in (b"false", b"perhaps"):
        body = fixture("VideoWidget.txt").replace(on, on.replace(b"true", word))
        assert masks_of(VideoWidget=http(200, body)).masks[0].enabled is None


def test_a_mask_that_is_on_without_an_area_covers_nothing() -> None:
    body = fixture("VideoWidget.txt").replace(b"[0].Covers[1].EncodeBlend=false", b"[0].Covers[1].EncodeBlend=true")
    assert [(m.enabled, m.polygon) for m in masks_of(VideoWidget=http(200, body)).masks][1] == (True, ())


def test_a_switch_that_cannot_be_read_is_neither_on_nor_off() -> None:
    body = fixture("VideoWidget.txt").replace(b"[0].Covers[0].EncodeBlend=true", b"[0].Covers[0].EncodeBlend=perhaps")
    assert masks_of(VideoWidget=http(200, body)).masks[0].enabled is None


def test_masks_of_ptz_cameras_count_without_an_area() -> None:
    table = b"table.PrivacyMasking[0][0].Enable=true\r\ntable.PrivacyMasking[0][1].Enable=false\r\n"
    found = masks_of(PrivacyMasking=http(200, table)).masks[1:]
    assert found == (Mask("PrivacyMasking[0]", (), "", True), Mask("PrivacyMasking[1]", (), "", False))


@pytest.mark.parametrize(("word", "shown"), [(b"true", [True]), (b"false", []), (b"?", [None])])
def test_the_whole_lens_is_one_mask_over_everything(word: bytes, shown: list[bool | None]) -> None:
    found = masks_of(LeLensMask=http(200, b"table.LeLensMask[0].Enable=" + word + b"\r\n")).masks
    assert [mask.enabled for mask in found if mask.effect == "lens"] == shown
    assert all(mask.polygon == ((0, 0), (1, 0), (1, 1), (0, 1)) for mask in found if mask.effect == "lens")


def test_a_table_of_masks_that_breaks_takes_the_others_along() -> None:
    """The list would lack what it holds."""
    for answer, why in ((http(500, b""), "fault"), (http(200, b"table.PrivacyMasking[0]"), "malformed")):
        assert reason(observe(Nvr(answers={"PrivacyMasking": answer}), ONE), "camera:one", "masks") == why


def test_a_device_that_says_nothing_of_masks_does_not_say_none() -> None:
    lines = [line for line in fixture("VideoWidget.txt").splitlines(keepends=True) if b".Covers[" not in line]
    seen = observe(Nvr(answers={"VideoWidget": http(200, b"".join(lines))}), ONE)
    assert reason(seen, "camera:one", "masks") == "unsupported"
    assert isinstance(fact(seen, "camera:one", Overlays), Overlays)


# --- encoders, schedule


def test_a_sub_stream_that_is_off_has_no_path() -> None:
    seen = seen_with(
        "Encode", b"Encode[0].ExtraFormat[0].VideoEnable=true", b"Encode[0].ExtraFormat[0].VideoEnable=false"
    )
    streams = fact(seen, "camera:one", Streams)
    assert isinstance(streams, Streams) and [one.path for one in streams.streams] == ["snapshot", "main"]


def test_further_sub_streams_have_paths_unless_they_are_off() -> None:
    first = b"table.Encode[0].ExtraFormat[0].Video.Compression=H.264\r\n"
    more = first.replace(b"ExtraFormat[0]", b"ExtraFormat[1]")
    off = b"table.Encode[0].ExtraFormat[1].VideoEnable=false\r\n"
    last = more.replace(b"ExtraFormat[1]", b"ExtraFormat[2]")
    third, fourth = ("stream-3", "subtype=2"), ("stream-4", "subtype=3")
    cases = (
        (b"", ()),
        (more, (third,)),
        (more + off, ()),
        (off, ()),
        (more + last, (third, fourth)),
    )
    for added, there in cases:
        streams = fact(seen_with("Encode", first, first + added), "camera:one", Streams)
        assert isinstance(streams, Streams) and streams.further == ()
        assert tuple((one.path, one.url.rpartition("&")[2]) for one in streams.streams[3:]) == there, added


def test_a_stream_beyond_all_paths_is_named() -> None:
    first = b"table.Encode[0].ExtraFormat[0].Video.Compression=H.264\r\n"
    more = b"".join(first.replace(b"ExtraFormat[0]", b"ExtraFormat[%d]" % number) for number in range(1, 6))
    streams = fact(seen_with("Encode", first, first + more), "camera:one", Streams)
    assert isinstance(streams, Streams)
    assert [one.path for one in streams.streams[1:]] == ["main", "sub", "stream-3", "stream-4", "stream-5"]
    assert streams.further == ("ExtraFormat[4]", "ExtraFormat[5]")


def test_paths_are_known_without_the_encoders() -> None:
    seen = observe(Nvr(answers={"Encode": NO_AUTHORITY}), ONE)
    streams = fact(seen, "camera:one", Streams)
    assert isinstance(streams, Streams) and [one.path for one in streams.streams] == ["snapshot", "main", "sub"]
    assert reason(seen, "camera:one", "encoders") == "refused"


def test_a_resolution_in_one_word_is_read() -> None:
    seen = seen_with("Encode", b"table.Encode[0].MainFormat[0].Video.Width=2560\r\n", b"")
    encoders = fact(seen, "camera:one", Encoders)
    assert isinstance(encoders, Encoders) and encoders.encoders[0].width_px == 2560


def test_record_mode_2_is_stop_and_1_is_always() -> None:
    for mode, enabled in ((b"2", False), (b"1", True), (b"9", None)):
        seen = seen_with("RecordMode", b"RecordMode[0].Mode=0", b"RecordMode[0].Mode=" + mode)
        schedule = fact(seen, "camera:one", Schedule)
        assert isinstance(schedule, Schedule) and schedule.enabled is enabled and len(schedule.periods) == 7


def test_stop_is_known_without_the_week_and_automatic_is_not() -> None:
    seen = observe(Nvr(answers={"Record": NO_AUTHORITY}), CAMERAS)
    assert reason(seen, "camera:one", "schedule") == "refused"
    assert fact(seen, "camera:four", Schedule) == Schedule((), enabled=False)
    unswitched = observe(Nvr(answers={"RecordMode": NO_AUTHORITY}), ONE)
    schedule = fact(unswitched, "camera:one", Schedule)
    assert isinstance(schedule, Schedule) and schedule.enabled is None


@pytest.mark.parametrize("text", [b"1 00:00:00-25:00:00", b"00:00:00-23:59:59", b"1 00:00-23:59", b"x"])
def test_a_week_that_cannot_be_read_is_none(text: bytes) -> None:
    seen = seen_with("Record", b"TimeSection[2][0]=39 00:00:00-23:59:59", b"TimeSection[2][0]=" + text)
    assert reason(seen, "camera:one", "schedule") == "malformed"


def test_audio_cgi_is_never_touched() -> None:
    nvr = Nvr()
    observe(nvr)
    assert nvr.targets and not any("audio.cgi" in target for target in nvr.targets)


def test_accounts_without_a_name_are_no_list() -> None:
    seen = seen_with("getUserInfoAll", b"users[1].Name=camwarden\r\n", b"")
    assert reason(seen, "device:box", "accounts") == "malformed"
    assert isinstance(fact(observe(Nvr(), ONE), "device:box", Accounts), Accounts)
