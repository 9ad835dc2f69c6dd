"""Which channels of a recorder have a camera: an empty one is told as that, and one that could not be read never is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from devices import http
from onvif_answers import envelope, fault, mask
from onvif_device import Script
from onvif_reading import at, fact, observe, reason, spans

from drivers.details import Encoders, VideoSources
from drivers.model import DEVICE_FACTS, Camera, Fact, Masks, Observations, Recordings, Streams, Unavailable

CAMERAS = tuple(Camera(f"c{number}", "box", channel=number) for number in (1, 2, 3))
MEDIA2 = ("device", "media2", "search", "recording")
MEDIA1 = ("device", "media", "search", "recording")
EMPTY = "the channel has no video source"
OF_A_SOURCE: tuple[Fact, ...] = (
    "encoders", "audio", "masks", "mask-options", "overlays", "recordings", "retention-limits",
)  # fmt: skip


def streams(seen: Observations, number: int) -> str:
    """Return the profile that the main stream of a channel is of; `empty`, or why it is not known."""
    told = fact(seen, f"camera:c{number}", Streams)
    if isinstance(told, Unavailable):
        return told.reason
    assert isinstance(told, Streams)
    return next((one.url.rpartition("/")[2] for one in told.streams if one.path == "main"), "empty")


@pytest.mark.parametrize("services", [MEDIA2, MEDIA1])
@pytest.mark.parametrize("unplugged", [1, 2, 3])
def test_an_unplugged_channel_is_empty_and_the_others_keep_their_numbers(
    services: tuple[str, ...], unplugged: int
) -> None:
    seen = observe(Script(channels=3, unplugged=(unplugged,), services=services), cameras=CAMERAS)
    for number in (1, 2, 3):
        assert streams(seen, number) == ("empty" if number == unplugged else f"p-{number}-main")
        assert isinstance(fact(seen, f"camera:c{number}", Encoders), Unavailable) == (number == unplugged)
    told = fact(seen, "device:box", VideoSources)
    assert isinstance(told, VideoSources)
    assert [one.channel for one in told.sources] == [number for number in (1, 2, 3) if number != unplugged]


def test_every_fact_of_an_empty_channel_is_there_once_and_says_why() -> None:
    script = Script(channels=2, recordings=[("r", "source-1", [(at(0), at(1))])])
    seen = observe(script, cameras=CAMERAS)
    of_it = [one.value for one in seen if one.subject == "camera:c3"]
    assert of_it[0] == Streams(())
    for name in OF_A_SOURCE:
        assert of_it.count(Unavailable(name, "unsupported", EMPTY)) == 1
    assert {one.method for one in seen if one.subject == "camera:c3"} == {"onvif"}
    assert not any(isinstance(value, Unavailable) and value.fact in DEVICE_FACTS for value in of_it)
    of_first = fact(seen, "camera:c1", Recordings)
    assert isinstance(of_first, Recordings) and of_first.spans == spans((0, 1))


def test_a_device_with_fewer_sources_than_cameras_has_empty_channels() -> None:
    seen = observe(Script(channels=1), cameras=CAMERAS)
    assert [streams(seen, number) for number in (1, 2, 3)] == ["p-1-main", "empty", "empty"]


@pytest.mark.parametrize("body", [b"Traceback (most recent call last)", fault("ter:Odd", "odd"), envelope("")])
def test_a_device_whose_profiles_cannot_be_read_has_no_empty_channel(body: bytes) -> None:
    script = Script(channels=1)
    for service in ("media", "media2"):
        script.answers[f"{service} GetProfiles"] = lambda asked: http(500, body)
    seen = observe(script, cameras=CAMERAS)
    assert {streams(seen, number) for number in (1, 2, 3)} <= {"malformed", "fault"}


def test_a_device_that_lists_no_profile_at_all_has_no_empty_channel() -> None:
    """All of its cameras vanish at once: as likely a fault of the recorder as of its cables."""
    seen = observe(Script(channels=2, unplugged=(1, 2)), cameras=CAMERAS)
    assert {streams(seen, number) for number in (1, 2, 3)} == {"malformed"}


@pytest.mark.parametrize(
    "listed",
    [
        http(500, fault("ter:ActionNotSupported", "no", "s:Receiver")),
        http(500, b"Traceback (most recent call last)"),
        http(200, envelope("<tr2:GetVideoSourceConfigurationsResponse/>")),
    ],
)
def test_where_the_sources_are_not_listed_channels_go_by_profiles_and_none_is_empty(listed: bytes) -> None:
    script = Script(channels=3, unplugged=(2,), services=MEDIA2)
    script.answers["media2 GetVideoSourceConfigurations"] = lambda asked: listed
    seen = observe(script, cameras=CAMERAS)
    assert [streams(seen, number) for number in (1, 2, 3)] == ["p-1-main", "p-3-main", "unsupported"]
    told = fact(seen, "camera:c3", Streams)
    assert isinstance(told, Unavailable) and told.detail != EMPTY


@pytest.mark.parametrize("sources", [("source-1",), ("source-1", "source-3", "")])
def test_a_list_that_lacks_a_source_in_use_or_its_name_proves_nothing_empty(sources: tuple[str, ...]) -> None:
    script = Script(channels=3, unplugged=(2,), services=MEDIA2)
    rows = "".join(
        script._source("tr2:Configurations", n).replace(f"source-{n}", token) for n, token in enumerate(sources, 1)
    )
    body = envelope(f"<tr2:GetVideoSourceConfigurationsResponse>{rows}</tr2:GetVideoSourceConfigurationsResponse>")
    script.answers["media2 GetVideoSourceConfigurations"] = lambda asked: http(200, body)
    seen = observe(script, cameras=CAMERAS)
    assert [streams(seen, number) for number in (1, 2, 3)] == ["p-1-main", "p-3-main", "unsupported"]


def only_online(gone: int) -> Script:
    """Return a recorder of three sources that lists only those that are connected."""
    script = Script(channels=3, unplugged=(gone,), services=MEDIA2)
    refused = http(500, fault("ter:ActionNotSupported", "no", "s:Receiver"))
    script.answers["media2 GetVideoSourceConfigurations"] = lambda asked: refused
    return script


KNOWN = tuple(replace(one, source=f"source-{one.channel}") for one in CAMERAS)


@pytest.mark.parametrize("gone", [1, 2, 3])
def test_a_camera_is_read_by_the_source_that_it_had_and_never_at_that_of_another(gone: int) -> None:
    seen = observe(only_online(gone), cameras=KNOWN)
    assert [streams(seen, n) for n in (1, 2, 3)] == ["empty" if n == gone else f"p-{n}-main" for n in (1, 2, 3)]
    assert fact(seen, f"camera:c{gone}", Streams) == Streams((), lost=True)
    assert reason(seen, f"camera:c{gone}", "masks") == "unsupported"
    assert [one.lost for n in (1, 2, 3) if isinstance(one := fact(seen, f"camera:c{n}", Streams), Streams)] == [
        n == gone for n in (1, 2, 3)
    ]


def test_where_all_sources_are_listed_known_ones_change_nothing() -> None:
    for script in (Script(channels=3), Script(channels=3, unplugged=(2,))):
        known, unknown = observe(script, cameras=KNOWN), observe(script, cameras=CAMERAS)
        assert [streams(known, n) for n in (1, 2, 3)] == [streams(unknown, n) for n in (1, 2, 3)]
        assert not any(one.value.lost for one in known if isinstance(one.value, Streams))


def test_a_camera_without_a_known_source_waits_while_the_numbers_are_shifted() -> None:
    seen = observe(only_online(2), cameras=(KNOWN[0], KNOWN[1], CAMERAS[2]))
    assert [streams(seen, n) for n in (1, 2, 3)] == ["p-1-main", "empty", "unsupported"]
    taken = observe(only_online(2), cameras=(KNOWN[0], CAMERAS[1], KNOWN[2]))
    assert [streams(taken, n) for n in (1, 2, 3)] == ["p-1-main", "unsupported", "p-3-main"]


def test_masks_stay_with_their_camera_when_another_channel_is_unplugged() -> None:
    script = Script(channels=3, unplugged=(2,), masks=mask("m-2", "vsc-2") + mask("m-3", "vsc-3"))
    seen = observe(script, cameras=CAMERAS)
    third, first = fact(seen, "camera:c3", Masks), fact(seen, "camera:c1", Masks)
    assert isinstance(third, Masks) and [one.token for one in third.masks] == ["m-3"]
    assert first == Masks(())
    assert reason(seen, "camera:c2", "masks") == "unsupported"


@pytest.mark.parametrize("recorded", [("a", "b", "c"), ("a", "c")])
def test_recordings_without_tokens_go_by_the_order_of_all_sources_or_of_those_in_use(recorded: tuple[str, ...]) -> None:
    held = [(f"r-{name}", f"nvr/{name}", [(at(ord(name)), at(ord(name) + 1))]) for name in recorded]
    seen = observe(Script(channels=3, unplugged=(2,), recordings=held), cameras=CAMERAS)
    first, third = (fact(seen, f"camera:c{number}", Recordings) for number in (1, 3))
    assert isinstance(first, Recordings) and first.spans == spans((97, 98))
    assert isinstance(third, Recordings) and third.spans == spans((99, 100))


def test_a_single_camera_is_not_asked_which_other_sources_it_has() -> None:
    script = Script(channels=1)
    observe(script, cameras=CAMERAS[:1])
    assert "GetVideoSourceConfigurations" not in script.operations
