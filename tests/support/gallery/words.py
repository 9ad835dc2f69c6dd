"""Tells lies in the form of an answer."""

import itertools
import json
import re
from dataclasses import replace
from typing import Final

from agent.demo.isapi.xml import IsapiError
from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, UNKNOWN, Lie, Telling, changed, says
from agent.demo.liars.worlds_table import NVR
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def own_service_missing() -> Telling:
    """Lists its services without the one over which it was asked.

    Only what was changed on the page of services is in the list.

    Source: ONVIF Core, GetNetworkProtocols.

    Leave HTTP out of the list.
    """
    http = r"<tds:NetworkProtocols><tt:Name>HTTP</tt:Name>.*?</tds:NetworkProtocols>"
    return says(changed("GetNetworkProtocols", http, ""))


def fault_as_success() -> Telling:
    """Answers the question for masks with an error under 200.

    Source: field reports: `ResponseStatus` can carry an error under HTTP 200 (statusCode 1 is OK).

    Put an error in place of every mask.
    """
    error = IsapiError(200, 4, "notSupport").body("/ISAPI/System")
    return says(lambda asked, body: error if "privacymask" in asked.lower() else body)


def another_answer() -> Telling:
    """Answers the question for masks with the profiles.

    A device with one buffer for all connections answers one client with the words of another.

    Source: SOAP 1.2: nothing ties an answer to its request but the connection.

    Remember the answer to GetProfiles and give it for GetMasks.
    """
    kept: list[bytes] = []

    def say(asked: str, body: bytes) -> bytes:
        if "GetProfiles" in asked:
            kept.append(body)
        return kept[-1] if "GetMasks" in asked and kept else body

    return says(say)


def success_with_nothing() -> Telling:
    """Simulates a device that completes a search for recordings at once and finds nothing.

    While its index is built a recorder answers `Completed` with an empty list; the footage is there.

    Source: ONVIF Recording Search Service Specification, SearchState.

    Find no recording.
    """
    found = r"<tt:RecordingInformation>.*</tt:RecordingInformation>"
    return says(changed("GetRecordingSearchResults", found, ""))


def never_completed() -> Telling:
    """Lists one recording and searches on for ever.

    Source: ONVIF Recording Search Service Specification: results may come in any number of answers until `Completed`.

    Never complete a search, and list the first page again and again.
    """
    first: list[bytes] = []

    def say(asked: str, body: bytes) -> bytes:
        if "GetRecordingSearchResults" not in asked:
            return body
        first.append(body.replace(b">Completed<", b">Searching<"))
        return first[0]

    return says(say)


def login_page() -> Telling:
    """Answers a question for settings with the page of its login.

    Source: reports of firmware that sends a session that ran out to its start page, with 200.

    Put a page in place of what is drawn into the pictures.
    """
    page = b"<!DOCTYPE html>\r\n<html><head><title>WEB SERVICE</title></head><body></body></html>\r\n"
    return says(lambda asked, body: page if "name=VideoWidget" in asked else body)


def cut_settings() -> Telling:
    """Simulates a device that ends its answer in the middle, at the end of a line.

    A buffer of 4 KB ends an answer whose length was counted after it was cut.

    Source: reports; nothing in CGI says where an answer ends but its length.

    Leave everything of the second channel out of what is drawn.
    """
    return says(changed("name=VideoWidget", r"table\.VideoWidget\[1\].*", ""))


def yesterdays_answer() -> Telling:
    """Answers with what was true at the first question: the page of disks comes from a cache.

    Source: `ContentMgmt/Storage` on units whose SMART test ran yesterday; the test itself is another question.

    Let the test of the second disk fail while the list says ok.
    """

    def say(asked: str, body: bytes) -> bytes:
        if "/hdd/2/smarttest/status" not in asked.lower():
            return body
        return body.replace(b">ok<", b">error<")

    return says(say)


def cut_accounts() -> Telling:
    """Sends the first half of its list of accounts, closed as if it were whole.

    A buffer of fixed size ends the list; what is in it is well formed.

    Source: field reports of `Security/users` on units with many accounts.

    Leave an account that nobody approved out, and keep its place in the size.
    """
    return says(changed("security/users", r"<User><id>2</id>.*?</User>", ""))


def log_of_another_year() -> Telling:
    """Simulates a device that dates its whole log two years early, a day inside of the window that is asked for.

    Entries written while the clock was wrong carry its year, and nothing dates them anew when it is set.

    Source: `ContentMgmt/logSearch`, StartDateTime.

    Hold one day of log, and date each entry two years earlier.
    """

    def earlier(found: re.Match[str]) -> str:
        return f"<StartDateTime>{int(found[1]) - 2}-"

    dates = changed("logsearch", r"<StartDateTime>(\d{4})-", earlier)
    return Telling(lying=Lying(says=dates), rows=(replace(NVR, log_days=1),))


def ntp_of_itself() -> Telling:
    """Simulates a device that takes its time by NTP from itself.

    A recorder that serves its cameras' clocks is set up with its own address.

    Source: field reports of `System/time/ntpServers`.

    Name the loopback as the server.
    """
    return says(changed("ntpservers", r"ntp\.site\.invalid", "127.0.0.1"))


def ok_and_nothing() -> Telling:
    """Answers the question for its disks with OK.

    Firmware without the action takes it for a command.

    Source: field reports of CGI: `OK` is the answer to what was carried out.

    Say OK and nothing else.
    """
    return says(lambda asked, body: b"OK\r\n" if "getDeviceAllInfo" in asked else body)


def platform_of_null() -> Telling:
    """Answers the question for its platforms with success and null.

    RPC2 answers a table that was never saved with null.

    Source: field reports of RPC2 `configManager.getConfig`.

    Take the table away and leave the result.
    """

    def say(asked: str, body: bytes) -> bytes:
        if "VSP_GAYS_SERVER" not in asked:
            return body
        return json.dumps({**json.loads(body), "params": {"options": None, "table": None}}).encode()

    return says(say)


def serial_by_turns() -> Telling:
    """Answers as two boxes by turns.

    Two boxes were given one address, and whichever is asked first answers.

    Source: RFC 5227, section 1.1: two hosts with one address; ONVIF Core, GetDeviceInformation.

    Name another serial number in every second answer.
    """
    turns = itertools.count()

    def say(asked: str, body: bytes) -> bytes:
        if "GetDeviceInformation" not in asked or next(turns) % 2:
            return body
        return body.replace(b"R6-000117", b"R6-000342")

    return says(say)


def wrong_zone() -> Telling:
    """Simulates a device that writes the site's wall clock as UTC.

    After a change of zone the offset of `localTime` is that of the factory.

    Source: field reports of `System/time` (localTime, timeZone).

    Change the offset and nothing else.
    """
    return says(changed("system/", r"(T\d\d:\d\d:\d\d)\+08:00", r"\1+00:00"))


def one_old_entry() -> Telling:
    """Simulates a device that holds one entry of a year ago in a log that was cleared yesterday.

    The entry that says who created the site is kept when the log is cleared.

    Source: `ContentMgmt/logSearch`: entries are listed oldest first, and nothing says that none is missing.

    Hold one day of log, and date its first entry a year earlier.
    """
    kept: list[bytes] = []

    def say(asked: str, body: bytes) -> bytes:
        found = re.search(rb"<StartDateTime>(\d{4})-([^<]*)", body)
        if "logsearch" not in asked.lower() or found is None:
            return body
        kept[:] = kept[:1] or [b"<StartDateTime>%d-%b" % (int(found[1]) - 1, found[2])]
        return body.replace(found[0], kept[0], 1)

    return Telling(lying=Lying(says=say), rows=(replace(NVR, log_days=1),))


WORDS: Final[tuple[Lie, ...]] = (
    Lie(
        name="own_service_missing",
        world="onvif",
        fakes=Message("the service that answers is not in the list of services"),
        makes=own_service_missing,
        right={
            "insecure-service device:recorder": NOT_PASS,
            "network-exposure device:recorder": NOT_PASS,
        },
    ),
    Lie(
        name="fault_as_success",
        world="hikvision",
        fakes=Message("an error comes under HTTP 200"),
        makes=fault_as_success,
        right={
            "privacy-mask-present camera:library": NOT_PASS,
            "privacy-mask-geometry camera:library": NOT_PASS,
        },
    ),
    Lie(
        name="another_answer",
        world="onvif",
        fakes=Message("the answer to another question"),
        makes=another_answer,
        right={
            "privacy-mask-present camera:gate": UNKNOWN,
            "privacy-mask-geometry camera:gate": UNKNOWN,
        },
    ),
    Lie(
        name="success_with_nothing",
        world="onvif",
        fakes=Message("a search that failed is complete and has found nothing"),
        makes=success_with_nothing,
        right={
            "retention-days camera:gate": NOT_PASS,
            "recording-completeness camera:gate": NOT_PASS,
        },
    ),
    Lie(
        name="never_completed",
        world="onvif",
        fakes=Message("a search never says that it is complete"),
        makes=never_completed,
        right={
            "retention-days camera:gate": NOT_PASS,
        },
    ),
    Lie(
        name="login_page",
        world="dahua",
        fakes=Message("a login page comes under 200 where settings were asked for"),
        makes=login_page,
        right={
            "privacy-mask-present camera:pool": UNKNOWN,
            "privacy-mask-geometry camera:pool": UNKNOWN,
        },
    ),
    Lie(
        name="cut_settings",
        world="dahua",
        fakes=Message("half of the settings, cut at a line"),
        makes=cut_settings,
        right={
            "privacy-mask-present camera:shed": NOT_PASS,
            "privacy-mask-present camera:pool": NOT_FAIL,
        },
    ),
    Lie(
        name="yesterdays_answer",
        world="hikvision",
        fakes=Message("a cache answers for a disk that has failed since"),
        makes=yesterdays_answer,
        right={
            "storage-health device:nvr": NOT_PASS,
        },
    ),
    Lie(
        name="cut_accounts",
        world="hikvision",
        fakes=Message("half of the accounts stand in a list that looks whole"),
        makes=cut_accounts,
        right={
            "account-inventory device:nvr": NOT_PASS,
        },
    ),
    Lie(
        name="log_of_another_year",
        world="hikvision",
        fakes=Message("all entries of a log are dated two years early"),
        makes=log_of_another_year,
        right={
            "audit-log-retention device:nvr": NOT_PASS,
        },
    ),
    Lie(
        name="ntp_of_itself",
        world="hikvision",
        fakes=Message("a clock is set by NTP from itself"),
        makes=ntp_of_itself,
        right={
            "clock-source device:nvr": NOT_PASS,
        },
    ),
    Lie(
        name="ok_and_nothing",
        world="dahua",
        fakes=Message("OK is the answer to a question for disks"),
        makes=ok_and_nothing,
        right={
            "storage-health device:dhr": UNKNOWN,
        },
    ),
    Lie(
        name="platform_of_null",
        world="dahua",
        fakes=Message("success stands beside no platform at all"),
        makes=platform_of_null,
        right={
            "platform-registered site": NOT_PASS,
            "platform-interface-configured site": NOT_PASS,
            "platform-keepalive site": NOT_PASS,
            "platform-catalog-complete site": NOT_PASS,
        },
    ),
    Lie(
        name="serial_by_turns",
        world="onvif",
        fakes=Message("two boxes answer by turns at one address"),
        makes=serial_by_turns,
        right={
            "inventory-drift device:recorder": NOT_PASS,
        },
        looks=2,
    ),
    Lie(
        name="wrong_zone",
        world="hikvision",
        fakes=Message("the wall clock is called UTC"),
        makes=wrong_zone,
        right={
            "clock-offset device:nvr": NOT_PASS,
        },
    ),
    Lie(
        name="one_old_entry",
        world="hikvision",
        fakes=Message("one entry of a year ago passes for a whole log"),
        makes=one_old_entry,
        right={
            "audit-log-retention device:nvr": NOT_PASS,
        },
    ),
)
