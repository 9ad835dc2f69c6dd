"""Tells lies of clocks, accounts, services, serials and logs."""

import re
from dataclasses import replace
from typing import Final

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.demo.liars.worlds_table import DENCAM, PORCHCAM
from agent.model.finding import Message


def stopped_clock() -> Telling:
    """Simulates a device that reports the time of the first question for ever.

    A clock whose battery and NTP are both gone begins at the last saved moment after each restart.

    Source: client code, `getCurrentTime`; one answer proves no running clock.

    Remember the first answer.
    """
    kept: list[bytes] = []

    def say(asked: str, body: bytes) -> bytes:
        if "getCurrentTime" not in asked:
            return body
        kept.append(body)
        return kept[0]

    return says(say)


def ntp_without_server() -> Telling:
    """Simulates a device that reports that it takes its time from NTP, and has no server to take it from.

    `timeMode` is the choice on the page; the list of servers is another page.

    Source: `System/time`, `System/time/ntpServers`.

    Empty the list of servers.
    """
    return says(changed("time/ntpservers", r"<hostName>[^<]*</hostName>", "<hostName></hostName>"))


def ntp_disabled() -> Telling:
    """Simulates a device that names an NTP server and does not ask it.

    Source: `configManager name=NTP`: Enable and Address are two fields.

    Switch NTP off and leave its address.
    """
    return says(changed("name=NTP", r"NTP\.Enable=true", "NTP.Enable=false"))


def placeholder_serial() -> Telling:
    """Simulates a device that reports a serial number that is no box's, after the box was exchanged.

    Boxes of a clone maker all say the same; a mainboard that was exchanged says zeros until somebody writes it.

    Source: reports of OEM firmware, `System/deviceInfo/serialNumber`.

    Tell zeros.
    """
    zeros = changed("system/deviceinfo", r"<serialNumber>[^<]*<", "<serialNumber>000000000<")
    return says(lambda asked, body: _without_mac(asked, zeros(asked, body)))


_without_mac = changed("system/deviceinfo", r"<macAddress>[^<]*<", "<macAddress>00:00:00:00:00:00<")


def twin_serial() -> Telling:
    """Simulates a device that reports the serial number of the box beside it.

    Cloned firmware images carry the serial number of the box they were read from.

    Source: ONVIF Core, GetDeviceInformation: SerialNumber is what the maker wrote.

    Be a box of another serial number: that of dencam.
    """
    return Telling(rows=(replace(PORCHCAM, serial=DENCAM.serial),))


def only_own_account() -> Telling:
    """Lists, for an account that may only view, that account alone.

    Source: field reports, `Security/users`: a viewer sees itself, an administrator sees all; both answers look
    complete.

    Leave the administrator out of the list.
    """
    return says(changed("security/users", r"<User><id>1</id>.*?</User>", ""))


def empty_accounts() -> Telling:
    """Lists no account, with success.

    Source: ONVIF Core, GetUsers: an empty list is valid, and no device that asks for a login has no account.

    Empty the list.
    """
    return says(changed("GetUsers", r"<tds:User>.*</tds:User>", ""))


def lookalike_account() -> Telling:
    """Simulates a device that has one more account, whose name is an approved one with a Cyrillic letter.

    Source: `getUserInfoAll`: names are UTF-8.

    Add an account.
    """

    def say(asked: str, body: bytes) -> bytes:
        if "getUserInfoAll" not in asked:
            return body
        return body + "users[2].Group=admin\r\nusers[2].Id=3\r\nusers[2].Memo=\r\nusers[2].Name=\u0430dmin\r\n".encode()

    return says(say)


def services_off() -> Telling:
    """Simulates a device that reports that every service is off, over one of them.

    Source: ONVIF Core, GetNetworkProtocols: Enabled is a setting, and needs a restart on some firmware.

    Switch every service off in the list.
    """
    return says(changed("GetNetworkProtocols", r"<tt:Enabled>true</tt:Enabled>", "<tt:Enabled>false</tt:Enabled>"))


def empty_ports() -> Telling:
    """Lists no port, with success.

    Source: `Security/adminAccesses`: `AdminAccessProtocolList` is empty where the account may not see it.

    Empty the list.
    """
    return says(changed("security/adminaccesses", r"<AdminAccessProtocol>.*</AdminAccessProtocol>", ""))


def longer_version() -> Telling:
    """Runs a firmware whose number begins with the approved one's.

    V4.30.0851 is another firmware than V4.30.085.

    Source: ONVIF Core, GetDeviceInformation: FirmwareVersion is free text.

    Tell one more digit.
    """
    return says(changed("GetDeviceInformation", "V4.30.085 ", "V4.30.0851 "))


def hidden_channel() -> Telling:
    """Simulates a device that streams a third channel that its list of inputs leaves out.

    A channel that is hidden on the page stays a channel: it streams and is recorded.

    Source: `ContentMgmt/InputProxy/channels` and `Streaming/channels` are two lists.

    Add the streams of a third channel.
    """

    def add(found: re.Match[str]) -> str:
        third = re.sub(r"<id>2(0\d)</id>", r"<id>3\1</id>", found[0]).replace("ChannelID>2<", "ChannelID>3<")
        return found[0] + third

    return says(changed("streaming/channels\n", r"<StreamingChannel [^>]*><id>20\d</id>.*?</StreamingChannel>", add))


def hidden_input() -> Telling:
    """Simulates a device that has a third channel connected that its list of names leaves out.

    Source: `ChannelTitle` and `getCameraState` are two lists, of CGI and of RPC2.

    Add a state for a third channel.
    """

    def say(asked: str, body: bytes) -> bytes:
        if "getCameraState" not in asked:
            return body
        return body.replace(b'"states": [', b'"states": [{"channel": 2, "connectionState": "Connected"}, ')

    return says(say)


def registered_but_off() -> Telling:
    """Simulates a device that reports to be registered at a platform to which its link is switched off.

    The flag is that of the last session; switching off ends none of it on some firmware.

    Source: `System/Network/SIP`: enabled and registerStatus are two fields.

    Switch the link off and leave the flag.
    """
    return says(changed("system/network/sip", r"<GB28181><enabled>true<", "<GB28181><enabled>false<"))


def registered_nowhere() -> Telling:
    """Simulates a device that reports to be online at a platform of which it has neither address nor number.

    Source: RPC2 `VSP_GAYS_SERVER`: IsOnLine beside empty sipSvrIp and sipSvrId.

    Empty address and number of the platform.
    """

    def say(asked: str, body: bytes) -> bytes:
        if "VSP_GAYS_SERVER" not in asked:
            return body
        empty = re.sub(rb'("sipSvrI[dp]": )"[^"]*"', rb'\1""', body)
        return re.sub(rb'("domain": )"[^"]*"', rb'\1""', empty)

    return says(say)


def shorter_version() -> Telling:
    """Simulates a device that names a firmware that is the beginning of the approved one.

    Versions are words of four parts and a letter; the letter is another build for another country.

    Source: `getSoftwareVersion` as published.

    Leave the letter out.
    """
    return says(changed("getSoftwareVersion", r"(version=[\d.]+)\.R", r"\1"))


def unknown_service() -> Telling:
    """Simulates a device that offers a service of a name that no document has.

    Maintenance firmware opens a shell and lists it under a name of its own.

    Source: field reports of `Security/adminAccesses`: protocols differ from line to line.

    Add a service that is on.
    """
    shell = (
        "<AdminAccessProtocol><id>6</id><enabled>true</enabled><protocol>PSH</protocol><portNo>23</portNo>"
        "</AdminAccessProtocol></AdminAccessProtocolList>"
    )
    return says(changed("adminaccesses", r"</AdminAccessProtocolList>", shell))


IDENTITY: Final[tuple[Lie, ...]] = (
    Lie(
        name="stopped_clock",
        world="dahua",
        fakes=Message("a clock that stands still is right at the first look"),
        makes=stopped_clock,
        right={
            "clock-offset device:dhr": NOT_PASS,
        },
        looks=2,
    ),
    Lie(
        name="ntp_without_server",
        world="hikvision",
        fakes=Message("a clock is set by NTP from no server"),
        makes=ntp_without_server,
        right={
            "clock-source device:nvr": NOT_PASS,
        },
    ),
    Lie(
        name="ntp_disabled",
        world="dahua",
        fakes=Message("a clock has a server and does not ask it"),
        makes=ntp_disabled,
        right={
            "clock-source device:dhr": NOT_PASS,
        },
    ),
    Lie(
        name="placeholder_serial",
        world="hikvision",
        fakes=Message("another box has no serial number of its own"),
        makes=placeholder_serial,
        right={
            "inventory-drift device:nvr": NOT_PASS,
        },
    ),
    Lie(
        name="twin_serial",
        world="store",
        fakes=Message("two boxes have one serial number"),
        makes=twin_serial,
        right={
            "inventory-drift device:porchcam": NOT_PASS,
        },
    ),
    Lie(
        name="only_own_account",
        world="hikvision",
        fakes=Message("a reader sees its own account and no other"),
        makes=only_own_account,
        right={
            "account-inventory device:nvr": NOT_PASS,
        },
    ),
    Lie(
        name="empty_accounts",
        world="onvif",
        fakes=Message("a device without accounts has none that is not approved"),
        makes=empty_accounts,
        right={
            "account-inventory device:recorder": NOT_PASS,
        },
    ),
    Lie(
        name="lookalike_account",
        world="dahua",
        fakes=Message("an account is written like an approved one"),
        makes=lookalike_account,
        right={
            "account-inventory device:dhr": NOT_PASS,
        },
    ),
    Lie(
        name="services_off",
        world="onvif",
        fakes=Message("a device says over HTTP that HTTP is off"),
        makes=services_off,
        right={
            "insecure-service device:recorder": NOT_PASS,
            "network-exposure device:recorder": NOT_PASS,
        },
    ),
    Lie(
        name="empty_ports",
        world="hikvision",
        fakes=Message("a device that lists no port offers no service"),
        makes=empty_ports,
        right={
            "insecure-service device:nvr": NOT_PASS,
            "network-exposure device:nvr": NOT_PASS,
        },
    ),
    Lie(
        name="longer_version",
        world="onvif",
        fakes=Message("a firmware that begins like the approved one"),
        makes=longer_version,
        right={
            "firmware-drift device:recorder": NOT_PASS,
        },
    ),
    Lie(
        name="hidden_channel",
        world="hikvision",
        fakes=Message("a third camera is streamed and not listed as an input"),
        makes=hidden_channel,
        right={
            "undeclared-camera site": NOT_PASS,
        },
        looks=3,
    ),
    Lie(
        name="hidden_input",
        world="dahua",
        fakes=Message("a third camera is connected and has no name"),
        makes=hidden_input,
        right={
            "undeclared-camera site": NOT_PASS,
        },
        looks=3,
    ),
    Lie(
        name="registered_but_off",
        world="hikvision",
        fakes=Message("a platform link that is off says that it is registered"),
        makes=registered_but_off,
        right={
            "platform-registered site": NOT_PASS,
            "platform-interface-configured site": NOT_PASS,
            "platform-keepalive site": NOT_PASS,
            "platform-catalog-complete site": NOT_PASS,
        },
    ),
    Lie(
        name="registered_nowhere",
        world="dahua",
        fakes=Message("a recorder is registered at a platform without an address"),
        makes=registered_nowhere,
        right={
            "platform-registered site": NOT_PASS,
            "platform-interface-configured site": NOT_PASS,
            "platform-keepalive site": NOT_PASS,
            "platform-catalog-complete site": NOT_PASS,
        },
    ),
    Lie(
        name="shorter_version",
        world="dahua",
        fakes=Message("a firmware is the beginning of the approved one"),
        makes=shorter_version,
        right={
            "firmware-drift device:dhr": NOT_PASS,
        },
    ),
    Lie(
        name="unknown_service",
        world="hikvision",
        fakes=Message("a service has a name that nobody knows"),
        makes=unknown_service,
        right={
            "insecure-service device:nvr": NOT_PASS,
            "network-exposure device:nvr": NOT_PASS,
        },
    ),
)
