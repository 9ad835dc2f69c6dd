"""Tells lies of settings that look right."""

from dataclasses import replace
from typing import Final

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.demo.liars.worlds_table import GATE
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def disk_left_out() -> Telling:
    """Simulates a device that lists one disk of two: the other one went, and left no row behind.

    A disk whose controller died is not "failed": it is not there.

    Source: field reports of `ContentMgmt/Storage`: a slot that detects nothing has no `hdd` element on some units.

    Leave the second disk out of every list.
    """
    return says(changed("ContentMgmt/Storage", r"<hdd><id>2</id>.*?</hdd>", ""))


BLOCK_PX = 3


def fine_mosaic() -> Telling:
    """Simulates a device that hides a zone behind a mosaic whose blocks are so small that everything is still seen.

    Source: ONVIF Media2, Privacy Masks: `Pixelated` has no size of a block.

    Draw gate's snapshot with the smallest blocks.
    """
    assert GATE.mask is not None
    fine = replace(GATE, mask=replace(GATE.mask, effect="Pixelated", block_px=BLOCK_PX))
    return Telling(lying=Lying(shows=lambda camera: fine if camera.id == "gate" else camera))


def ntp_of_nobody() -> Telling:
    """Simulates a device that takes its time by NTP from an address that is nobody's.

    The factory's setting: NTP is on, and its server is 0.0.0.0.

    Source: ISAPI, `System/time/ntpServers`; RFC 1122 section 3.2.1.3: 0.0.0.0 is no address of another host.

    Name 0.0.0.0 as the server.
    """
    return says(changed("ntpServers", r"<hostName>[^<]*</hostName>", "<hostName>0.0.0.0</hostName>"))


def open_sub_stream() -> Telling:
    """Simulates a device that asks for a login on its main streams and streams the small ones to anybody.

    Source: field reports of RTSP servers in which the login is a setting of each stream; RFC 2326 section 14.

    Open every sub-stream.
    """
    return Telling(lying=Lying(opens=lambda url: "/sub" in url))


def rebuilt_version() -> Telling:
    """Simulates a device that runs another build of the approved version.

    A maker's special build, or one that somebody changed, keeps the version and has another date.

    Source: ISAPI, `System/deviceInfo`: firmwareReleasedDate stands beside firmwareVersion.

    Name another day of the build.
    """
    return says(changed("System/deviceInfo", r"build \d+", "build 260614"))


def sound_in_playback() -> Telling:
    """Simulates a device whose live streams are silent, and whose recordings have sound.

    Recording jobs name their own encoders: sound is switched off for the live view and goes on into the archive.

    Source: ONVIF Recording Control Service Specification, tracks of kind Audio; RFC 4566, m= lines.

    Add a line for sound to every description of a recording.
    """

    def describe(text: str) -> str:
        if "x-onvif-track" not in text:
            return text
        return f"{text}m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=x-onvif-track:audio-1\r\n"

    return Telling(lying=Lying(sdp=describe))


def zone_of_elsewhere() -> Telling:
    """Simulates a device whose clock is right, and whose time zone is another one: pictures carry the wrong hour.

    A box leaves the factory in UTC. NTP sets its clock right, and nobody sets its zone.

    Source: ONVIF Core Specification, GetSystemDateAndTime: UTCDateTime beside TimeZone and LocalDateTime.

    Name UTC as the zone.
    """
    return says(changed("GetSystemDateAndTime", r"<tt:TZ>[^<]*</tt:TZ>", "<tt:TZ>UTC0</tt:TZ>"))


def promoted_account() -> Telling:
    """Lists the approved accounts by their names, and one of them has become an administrator's.

    Source: `Security/users`: `userLevel` of each account.

    Give the account of the guard every right, under its own name.
    """
    return says(changed("security/users", r"<userLevel>(?!Administrator)[^<]*<", "<userLevel>Administrator<"))


_GUARD: Final = (
    "<User><id>9</id><userName>guard</userName><bondIpAddressList></bondIpAddressList>"
    "<userLevel>Administrator</userLevel></User></UserList>"
)


def promoted_guard() -> Telling:
    """Simulates a device on which an account that was approved by its name alone is an administrator's.

    Source: `Security/users`: `userLevel` of each account.

    Add the account of the guard, with every right.
    """
    return says(changed("security/users", r"</UserList>", _GUARD))


SETTINGS: Final[tuple[Lie, ...]] = (
    Lie(
        name="disk_left_out",
        world="hikvision",
        fakes=Message("one disk of two is gone, and the list of the others is all well"),
        makes=disk_left_out,
        right={
            "storage-health device:nvr": NOT_PASS,
        },
    ),
    Lie(
        name="fine_mosaic",
        world="onvif",
        fakes=Message("a mosaic is so fine that everything is still seen"),
        makes=fine_mosaic,
        right={
            "privacy-mask-effective camera:gate": NOT_PASS,
        },
    ),
    Lie(
        name="ntp_of_nobody",
        world="hikvision",
        fakes=Message("NTP is on, and its server is 0.0.0.0"),
        makes=ntp_of_nobody,
        right={
            "clock-source device:nvr": NOT_PASS,
        },
    ),
    Lie(
        name="open_sub_stream",
        world="onvif",
        fakes=Message("main streams ask for a login, and sub-streams do not"),
        makes=open_sub_stream,
        right={
            "stream-auth-required camera:gate": NOT_PASS,
            "stream-auth-required camera:court": NOT_PASS,
        },
        looks=3,
    ),
    Lie(
        name="rebuilt_version",
        world="hikvision",
        fakes=Message("another build of a firmware has the approved version"),
        makes=rebuilt_version,
        right={
            "firmware-drift device:nvr": NOT_PASS,
        },
    ),
    Lie(
        name="sound_in_playback",
        world="onvif",
        fakes=Message("live streams are silent, and what is recorded has sound"),
        makes=sound_in_playback,
        right={
            "audio-undeclared camera:gate": NOT_PASS,
            "audio-undeclared camera:court": NOT_PASS,
        },
        looks=3,
    ),
    Lie(
        name="zone_of_elsewhere",
        world="onvif",
        fakes=Message("a clock that is right as UTC writes another hour into every picture"),
        makes=zone_of_elsewhere,
        right={
            "clock-offset device:recorder": NOT_PASS,
        },
    ),
    Lie(
        name="promoted_account",
        world="hikvision",
        fakes=Message("an approved account has become an administrator's"),
        makes=promoted_account,
        right={
            "account-inventory device:nvr": NOT_PASS,
        },
    ),
    Lie(
        name="promoted_guard",
        world="hikvision",
        fakes=Message("an account that was approved by its name alone is an administrator's"),
        makes=promoted_guard,
        right={
            "account-inventory device:nvr": NOT_PASS,
        },
    ),
)
