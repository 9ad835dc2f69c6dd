"""Tells lies on streams and snapshots: whose picture, of when, and which are there."""

import re
from dataclasses import replace
from typing import Final

import numpy as np

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling, changed, says
from agent.demo.liars.worlds_table import GYM
from agent.demo.onvif.device_view import DeviceView
from agent.demo.onvif.soap import SoapFault
from agent.demo.rtsp.target import Target
from agent.demo.scene.scene import jpeg
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def frozen_picture() -> Telling:
    """Simulates a device that sends the same snapshot for ever while its recorder reports the camera online.

    A decoder that hangs repeats its last picture; the recorder keeps the connection up.

    Source: field reports of frozen channels on ISAPI recorders.

    Send the first snapshot of library for ever; its streams loop, as the simulated ones always do.
    """
    kept: list[bytes] = []

    def say(asked: str, body: bytes) -> bytes:
        if "/channels/101/picture" not in asked.lower():
            return body
        kept.append(body)
        return kept[0]

    return says(say)


def kept_picture() -> Telling:
    """Simulates a recorder that reports a camera as lost and streams a picture of it all the same.

    Recorders go on sending the last picture that came, or a card that says so.

    Source: ISAPI, InputProxyChannelStatus: `chanDetectResult` is `networkAbnormal` where a camera is not reached.

    Say that the camera of channel 1 is lost, and stream its picture all the same.
    """

    def lose(found: re.Match[str]) -> str:
        lost = re.sub(r"<online>true</online>", "<online>false</online>", found[0])
        return lost.replace("<chanDetectResult>connect<", "<chanDetectResult>networkAbnormal<")

    first = r"<InputProxyChannelStatus(?: [^>]*)?><id>1</id>.*?</InputProxyChannelStatus>"
    return says(changed("status", first, lose))


def neighbours_sub_stream() -> Telling:
    """Simulates a device that streams another channel on the sub-stream alone.

    Sub-streams of an input proxy are joined by a number of their own (102, 202), which a firmware update shifted.

    Source: field reports, `Streaming/channels` numbering.

    Stream gym on library's sub-stream.
    """

    def aim(target: Target, view: DeviceView) -> Target:
        if target.camera.id != "library" or target.path != "sub":
            return target
        return replace(target, camera=replace(target.camera, place=GYM.place))

    return Telling(lying=Lying(aims=aim))


def no_video_placeholder() -> Telling:
    """Simulates a device that sends a grey picture in place of a camera that it has lost, and reports to be connected.

    Recorders draw a "no video" picture of one colour: every private area in it is hidden.

    Source: field reports; `getCameraState` says Connected until the session times out.

    Send grey snapshots of pool, and streams in which nothing is seen.
    """

    def say(asked: str, body: bytes) -> bytes:
        if not asked.startswith("/cgi-bin/snapshot.cgi?channel=1"):
            return body
        return jpeg(np.full((360, 640, 3), 128, np.uint8))

    def aim(target: Target, view: DeviceView) -> Target:
        if target.camera.id != "pool" or target.recording is not None:
            return target
        return replace(target, camera=replace(target.camera, place="dark"))

    return Telling(lying=Lying(says=say, aims=aim))


def same_address_twice() -> Telling:
    """Simulates a device that gives the address of channel 2 for the profiles of channel 1.

    Source: ONVIF Media Service Specification, GetStreamUri, GetSnapshotUri: an address is valid for the profile asked
    for; nothing in it says so.

    Give court's addresses for gate.
    """

    def say(asked: str, body: bytes) -> bytes:
        if "StreamUri" not in asked and "SnapshotUri" not in asked:
            return body
        return body.replace(b"/live/1/", b"/live/2/").replace(b"/snapshot/1.jpg", b"/snapshot/2.jpg")

    return says(say)


_GATE = r"<(tr[t2]):(Profiles|Configurations) token(?:(?!</\1:\2>).)*SourceToken>vs1</.*?</\1:\2>"
"""A profile or a configuration of the first source."""


def only_online_sources() -> Telling:
    """Simulates a recorder that lists only its online sources: the first one goes, and the second takes its number.

    Field reports of recorders of several makers: profiles of an input without a camera are left out, those behind it
    move up; tokens and names stay with their source.

    Source: ONVIF Media Service Specification, GetProfiles: which profiles are listed, and in which order, is the
    device's.

    Leave out every profile and configuration of gate.
    """

    def say(asked: str, body: bytes) -> bytes:
        for what in ("GetProfiles", "GetVideoSourceConfigurations"):
            body = changed(what, _GATE, "")(asked, body)
        return body

    return says(say)


def swapped_tokens() -> Telling:
    """Exchanges the tokens of two video sources, so that each camera is read at the other one's streams.

    A firmware that numbers its sources anew keeps how many there are: by its tokens alone nothing is missing.

    Source: ONVIF Media Service Specification, VideoSourceConfiguration: a token is unique, and nobody says for how
    long.

    Call the source of gate as that of court was called, and the other way round.
    """

    def say(asked: str, body: bytes) -> bytes:
        if "GetProfiles" not in asked and "GetVideoSourceConfigurations" not in asked:
            return body
        first, second = b"SourceToken>vs1<", b"SourceToken>vs2<"
        return second.join(part.replace(second, first) for part in body.split(first))

    return says(say)


def bare_third_stream() -> Telling:
    """Lists a third stream of a camera, and encodes it before the mask is drawn.

    Streams 103 and above are switched on page by page, and some firmware draws the mask into the first two alone.

    Source: field reports of `Streaming/channels`: 101, 102, 103.

    Stream the bare picture on stream 103, and on no other.
    """
    listed = third_stream()
    return replace(listed, lying=replace(listed.lying, aims=_bare))


def _bare(target: Target, view: DeviceView) -> Target | None:
    del view
    return target if target.path != "stream-3" else replace(target, camera=replace(target.camera, place="gate-bare"))


def sound_in_the_stream() -> Telling:
    """Simulates a device that offers sound in the description of a stream of which no profile names an audio encoder.

    Source: RFC 4566, m= lines; ONVIF Media2, GetProfiles: configurations are what a client is told, not what is sent.

    Add a line for sound to every description of a stream.
    """
    return Telling(
        lying=Lying(sdp=lambda text: f"{text}m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:trackID=2\r\n")
    )


def cached_while_unconnected() -> Telling:
    """Simulates a device that shows the last picture of a camera that it calls unconnected.

    The recorder's decoder repeats what it had last, and snapshots are taken from it.

    Source: RPC2, `LogicDeviceManager.getCameraState`: Unconnected.

    Say that channel 0 is not connected.
    """
    return says(changed("getCameraState", r'("channel": 0, "connectionState": ")Connected"', r'\1Unconnected"'))


def picture_of_a_lost_camera() -> Telling:
    """Simulates a device that shows the last picture of a camera that it calls lost.

    `chanDetectResult` is networkAbnormal, and snapshots and streams come from what the recorder had last.

    Source: field reports of `InputProxy/channels/status`.

    Say of library's connection that it is broken.
    """
    state = r"(<id>1</id>(?:(?!</InputProxyChannelStatus>).)*)<online>true<(.*?)>connect<"
    return says(changed("channels/", state, r"\1<online>false<\2>networkAbnormal<"))


def second_sub_stream() -> Telling:
    """Simulates a device that encodes a second small stream of a camera.

    `ExtraFormat` counts up to three; each is a stream of its own with `subtype=2` and `3`.

    Source: Dahua HTTP API, Encode: ExtraFormat[0..2].

    Add ExtraFormat[1] to every channel that has ExtraFormat[0].
    """

    def say(asked: str, body: bytes) -> bytes:
        if "name=Encode" not in asked:
            return body
        lines = [line for line in body.splitlines(keepends=True) if b"ExtraFormat[0]" in line]
        return body + b"".join(line.replace(b"ExtraFormat[0]", b"ExtraFormat[1]") for line in lines)

    return Telling(lying=Lying(says=say, aims=silent))


def sound_beside_the_settings() -> Telling:
    """Simulates a device that streams sound although `Audio` is not enabled.

    The setting is that of the recorder's own page; the sound of a camera behind it is passed on.

    Source: RFC 4566, m= lines; field reports of `Streaming/channels` (Audio).

    Add a line for sound to every description of a stream.
    """
    sound = "m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:trackID=2\r\n"
    return Telling(lying=Lying(sdp=lambda text: text + sound))


def third_stream() -> Telling:
    """Lists a third stream of a camera, of which it answers nothing.

    Streams 103 and above are switched on page by page, and may be encoded before the mask is drawn.

    Source: field reports of `Streaming/channels`: 101, 102, 103.

    Add stream 103 beside 101 and 102.
    """

    def add(found: re.Match[str]) -> str:
        return found[0] + found[0].replace("<id>102</id>", "<id>103</id>")

    listed = says(changed("streaming/channels\n", r"<StreamingChannel [^>]*><id>102</id>.*?</StreamingChannel>", add))
    return replace(listed, lying=replace(listed.lying, aims=silent))


def silent(target: Target, view: DeviceView) -> Target | None:
    """Stream nothing on a third stream."""
    del view
    return None if target.path == "stream-3" else target


def stream_without_address() -> Telling:
    """Lists a main stream and gives a fault in place of its address.

    An encoder that is overloaded keeps its profile and refuses its address.

    Source: ONVIF Media Service Specification, GetStreamUri: ter:IncompleteConfiguration.

    Refuse the address of gate's main stream.
    """

    def say(asked: str, body: bytes) -> bytes:
        if "GetStreamUri" in asked and "ch1-main" in asked:
            raise SoapFault("Receiver", ("Action", "IncompleteConfiguration"), "the configuration is not complete")
        return body

    return says(say)


def no_word_of_sound() -> Telling:
    """Simulates a device that describes its streams without a word of sound.

    The element is left out where the page of sound is hidden, and the microphone is on.

    Source: field reports of `Streaming/channels`: Audio is optional.

    Leave the element out.
    """
    return says(changed("streaming/channels", r"<Audio>.*?</Audio>", ""))


STREAMS: Final[tuple[Lie, ...]] = (
    Lie(
        name="frozen_picture",
        world="hikvision",
        fakes=Message("every path shows the same moment for ever"),
        makes=frozen_picture,
        right={
            "video-quality camera:library": NOT_PASS,
        },
        looks=4,
    ),
    Lie(
        name="kept_picture",
        world="hikvision",
        fakes=Message("a camera that its recorder has lost still has a picture"),
        makes=kept_picture,
        right={
            "camera-online camera:library": NOT_PASS,
            "camera-online camera:gym": NOT_FAIL,
        },
    ),
    Lie(
        name="neighbours_sub_stream",
        world="hikvision",
        fakes=Message("only the small stream is another camera's"),
        makes=neighbours_sub_stream,
        right={
            "privacy-mask-effective camera:library": NOT_PASS,
            "privacy-mask-effective camera:gym": NOT_FAIL,
        },
        looks=2,
    ),
    Lie(
        name="no_video_placeholder",
        world="dahua",
        fakes=Message("a grey placeholder passes for a hidden area"),
        makes=no_video_placeholder,
        right={
            "camera-online camera:pool": NOT_PASS,
            "privacy-mask-effective camera:pool": NOT_PASS,
            "video-quality camera:pool": NOT_PASS,
            "privacy-mask-effective camera:shed": NOT_FAIL,
        },
        looks=3,
    ),
    Lie(
        name="same_address_twice",
        world="onvif",
        fakes=Message("two cameras have one and the same stream address"),
        makes=same_address_twice,
        right={
            "privacy-mask-effective camera:gate": NOT_PASS,
            "privacy-mask-effective camera:court": NOT_FAIL,
        },
        looks=2,
    ),
    Lie(
        name="only_online_sources",
        world="onvif",
        fakes=Message("the next camera moves up to the number of one that is gone"),
        makes=only_online_sources,
        right={
            "camera-online camera:gate": NOT_PASS,
            "privacy-mask-effective camera:gate": NOT_PASS,
            "privacy-mask-present camera:gate": NOT_PASS,
            "camera-online camera:court": NOT_FAIL,
            "privacy-mask-effective camera:court": NOT_FAIL,
        },
        looks=2,
    ),
    Lie(
        name="swapped_tokens",
        world="onvif",
        fakes=Message("the tokens of two video sources have changed places"),
        makes=swapped_tokens,
        right={
            "privacy-mask-effective camera:gate": NOT_PASS,
            "privacy-mask-effective camera:court": NOT_PASS,
            "camera-moved camera:gate": NOT_PASS,
        },
        looks=1,
    ),
    Lie(
        name="bare_third_stream",
        world="hikvision",
        fakes=Message("only a third stream shows what must be hidden"),
        makes=bare_third_stream,
        right={
            "privacy-mask-effective camera:library": NOT_PASS,
            "privacy-mask-effective camera:gym": NOT_FAIL,
        },
    ),
    Lie(
        name="sound_in_the_stream",
        world="onvif",
        fakes=Message("no profile has sound, but the stream has"),
        makes=sound_in_the_stream,
        right={
            "audio-undeclared camera:gate": NOT_PASS,
            "audio-undeclared camera:court": NOT_PASS,
        },
    ),
    Lie(
        name="cached_while_unconnected",
        world="dahua",
        fakes=Message("a camera that is unconnected is still shown"),
        makes=cached_while_unconnected,
        right={
            "camera-online camera:pool": NOT_PASS,
            "camera-online camera:shed": NOT_FAIL,
        },
    ),
    Lie(
        name="picture_of_a_lost_camera",
        world="hikvision",
        fakes=Message("a camera that its recorder has lost is still shown"),
        makes=picture_of_a_lost_camera,
        right={
            "camera-online camera:library": NOT_PASS,
            "camera-online camera:gym": NOT_FAIL,
        },
    ),
    Lie(
        name="second_sub_stream",
        world="dahua",
        fakes=Message("a second small stream is encoded and cannot be looked at"),
        makes=second_sub_stream,
        right={
            "privacy-mask-effective camera:pool": NOT_PASS,
            "privacy-mask-effective camera:shed": NOT_PASS,
        },
    ),
    Lie(
        name="sound_beside_the_settings",
        world="hikvision",
        fakes=Message("the settings have no sound, but the stream has"),
        makes=sound_beside_the_settings,
        right={
            "audio-undeclared camera:library": NOT_PASS,
            "audio-undeclared camera:gym": NOT_PASS,
        },
    ),
    Lie(
        name="third_stream",
        world="hikvision",
        fakes=Message("a third stream is listed and cannot be looked at"),
        makes=third_stream,
        right={
            "privacy-mask-effective camera:library": NOT_PASS,
            "privacy-mask-effective camera:gym": NOT_FAIL,
        },
    ),
    Lie(
        name="stream_without_address",
        world="onvif",
        fakes=Message("a main stream is listed, and its address is a fault"),
        makes=stream_without_address,
        right={
            "privacy-mask-effective camera:gate": NOT_PASS,
            "stream-auth-required camera:gate": NOT_PASS,
            "privacy-mask-effective camera:court": NOT_FAIL,
        },
    ),
    Lie(
        name="no_word_of_sound",
        world="hikvision",
        fakes=Message("a device that says nothing of sound has none"),
        makes=no_word_of_sound,
        right={
            "audio-undeclared camera:library": NOT_PASS,
            "audio-undeclared camera:gym": NOT_PASS,
        },
    ),
)
