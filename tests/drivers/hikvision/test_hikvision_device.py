"""What a Hikvision device says of itself: its clock by its digits, disks, accounts, protocols, upper platforms."""

from __future__ import annotations

import pytest
from devices import http
from hikvision_device import NOT_SUPPORTED, XML, Nvr, fixture, observe, status, transport_to
from lxml import etree
from onvif_reading import fact, reason

from drivers.details import Accounts
from drivers.errors import Malformed
from drivers.footage import Disks, PlatformLink, Protocols
from drivers.hikvision import parse_device
from drivers.hikvision.read import read
from drivers.hikvision.times import stamp
from drivers.http.samples import Samples
from drivers.model import Clock, Identity, Observations, Unavailable

TIME = "System/time"
SMART = "ContentMgmt/Storage/hdd/{}/SMARTTest/status"


def clock_of(text: bytes, zone: str = "Asia/Shanghai", **answers: bytes) -> Clock:
    seen = observe(Nvr(answers={TIME: http(200, text), **answers}), cameras=(), time_zone=zone)
    told = fact(seen, "device:box", Clock)
    assert isinstance(told, Clock), told
    return told


def time_of(local: str, mode: str = "NTP") -> bytes:
    body = fixture(TIME).replace(b"2026-11-24T16:00:03+08:00", local.encode())
    return body.replace(b"<timeMode>NTP", b"<timeMode>" + mode.encode())


# The clock. Ours stands at 2026-11-24T08:00:00Z.


def test_the_digits_of_the_wall_clock_are_compared_with_ours() -> None:
    told = clock_of(time_of("2026-11-24T16:00:03+08:00"))
    assert abs(told.offset_s - 3.5) <= told.uncertainty_s < 0.6
    assert told.ntp is True and told.zone_wrong is False


@pytest.mark.parametrize(
    ("local", "zone", "offset_s", "zone_wrong"),
    [
        # DS-7716NI-I4: the digits follow daylight saving time, the offset behind them does not.
        ("2026-11-24T03:00:00-06:00", "America/New_York", 0, True),
        ("2026-11-24T03:00:00-05:00", "America/New_York", 0, False),
        ("2026-11-24T16:00:00+09:00", "Asia/Shanghai", 0, True),
        ("2026-11-24T16:00:00Z", "Asia/Shanghai", 0, True),
        ("2026-11-24T16:00:00", "Asia/Shanghai", 0, False),
        ("2026-11-24T08:00:00Z", "Etc/UTC", 0, False),
        # Digits of UTC on a site in China are a clock that is wrong, whatever stands behind them.
        ("2026-11-24T08:00:00+08:00", "Asia/Shanghai", -8 * 3600, False),
        ("2026-11-25T16:00:00.25+08:00", "Asia/Shanghai", 86400, False),
    ],
)
def test_an_offset_that_the_device_writes_is_noted_and_never_used(
    local: str, zone: str, offset_s: float, zone_wrong: bool
) -> None:
    told = clock_of(time_of(local), zone)
    assert abs(told.offset_s - offset_s - 0.5) <= told.uncertainty_s
    assert told.zone_wrong is zone_wrong


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01T00:00:00Z", "2026-11-24T16:61:00Z", "16:00:03", "9" * 99]
)
def test_a_time_that_cannot_be_read_is_malformed(text: str) -> None:
    seen = observe(Nvr(answers={TIME: http(200, time_of(text))}), cameras=())
    assert reason(seen, "device:box", "clock") == "malformed"
    with pytest.raises(Malformed):
        stamp(text)


def test_the_short_form_of_the_time_stands_in_where_the_long_one_is_missing() -> None:
    short = {f"{TIME}/localTime": http(200, b"2026-11-24T16:00:03+08:00\r\n", content_type="text/plain")}
    seen = observe(Nvr(answers={TIME: NOT_SUPPORTED, **short}), cameras=())
    told = fact(seen, "device:box", Clock)
    assert isinstance(told, Clock) and told.ntp is None and abs(told.offset_s - 3.5) <= told.uncertainty_s
    broken = {TIME: NOT_SUPPORTED, f"{TIME}/localTime": http(200, b"<html>no</html>", content_type="text/html")}
    assert reason(observe(Nvr(answers=dict(broken)), cameras=()), "device:box", "clock") == "unsupported"


@pytest.mark.parametrize(
    ("mode", "servers", "ntp"),
    [
        ("NTP", fixture("System/time/ntpServers"), True),
        ("NTP", fixture("System/time/ntpServers").replace(b"ntp.example", b""), False),
        ("NTP", fixture("System/time/ntpServers").replace(b"ntp.example", b"0.0.0.0"), False),
        ("NTP", b"<html>busy", True),
        ("manual", fixture("System/time/ntpServers"), False),
        ("platform", fixture("System/time/ntpServers"), False),
        ("", fixture("System/time/ntpServers"), None),
    ],
)
def test_ntp_is_claimed_only_with_a_server_for_it(mode: str, servers: bytes, ntp: bool | None) -> None:
    told = clock_of(time_of("2026-11-24T16:00:03+08:00", mode), **{"System/time/ntpServers": http(200, servers)})
    assert told.ntp is ntp


# Disks


def disks_of(*changes: tuple[bytes, bytes], **answers: bytes) -> Disks:
    body = fixture("ContentMgmt/Storage")
    for old, new in changes:
        assert old in body
        body = body.replace(old, new, 1)
    told = fact(
        observe(Nvr(answers={"ContentMgmt/Storage": http(200, body), **answers}), cameras=()), "device:box", Disks
    )
    assert isinstance(told, Disks), told
    return told


def test_ghosts_of_removed_disks_are_left_out_and_full_and_sleeping_ones_are_healthy() -> None:
    told = disks_of()
    assert [(one.name, one.state, one.word) for one in told.disks] == [
        ("1", "ok", "ok"),
        ("2", "ok", "sleeping"),
        ("3", "failed", "error"),
        ("5", "unformatted", "unformatted"),
        ("6", "failing", "ok"),
        ("192.168.1.9/volume1/footage", "ok", "ok"),
    ]
    assert told.quota is True
    first, third = told.disks[0], told.disks[2]
    assert (first.free_bytes, first.writable, first.kind, third.writable) == (0, True, "SATA", False)
    assert told.disks[-1].kind == "NFS"


def test_an_8_tb_disk_has_eight_terabytes() -> None:
    """By its makers' rule an 8 TB disk holds 8 001 563 222 016 bytes; the device counts whole units of 2^20."""
    capacity = disks_of().disks[0].capacity_bytes
    assert capacity is not None and 0 <= 8_001_563_222_016 - capacity < 2**20


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("idle", "ok"), ("unformated", "unformatted"), ("mismatch", "mismatched"), ("formatting", "formatting"),
        ("OK", "ok"), ("repairing", "unknown"),
    ],
)  # fmt: skip
def test_every_word_for_the_state_of_a_disk_is_kept_beside_ours(word: str, state: str) -> None:
    told = disks_of((b"<status>sleeping", b"<status>" + word.encode())).disks[1]
    assert (told.state, told.word) == (state, word)


@pytest.mark.parametrize("answer", [NOT_SUPPORTED, http(200, b"<SMARTTest/>"), http(200, b"<SMART"), status(500, 3)])
def test_a_disk_whose_test_cannot_be_read_stays_what_it_says_it_is(answer: bytes) -> None:
    assert disks_of(**{SMART.format(6): answer}).disks[4].state == "ok"


def test_no_disk_is_told_only_by_a_list_without_one() -> None:
    empty = b'<storage><hddList size="8"></hddList><nasList/></storage>'
    seen = observe(Nvr(answers={"ContentMgmt/Storage": http(200, empty)}), cameras=())
    assert fact(seen, "device:box", Disks) == Disks((), None)
    for body in (
        b"<storage/>",
        b"<storage><hddList><disk/></hddList></storage>",
        b"<storage><hddList><hdd/></hddList></storage>",
    ):
        seen = observe(Nvr(answers={"ContentMgmt/Storage": http(200, body)}), cameras=())
        assert reason(seen, "device:box", "disks") == "malformed", body


_NAS = (
    b"<nas><id>9</id><addressingFormatType>ipaddress</addressingFormatType><ipAddress>192.168.1.9</ipAddress>"
    b"<nasType>NFS</nasType><path>/footage</path><status>offline</status><capacity>0</capacity></nas>"
)
_FREE = (
    b"<nas><id>10</id><addressingFormatType>ipaddress</addressingFormatType><ipAddress>0.0.0.0</ipAddress>"
    b"<path></path><status>offline</status></nas><nas><id>11</id></nas>"
)
_HDD = b"<hddList><hdd><id>1</id><hddType>SD</hddType><status>ok</status><capacity>30436</capacity></hdd></hddList>"


def _storage_of(*parts: bytes) -> tuple[Observations, Samples]:
    body = b"<storage>" + b"".join(parts) + b"</storage>"
    with Nvr(answers={"ContentMgmt/Storage": http(200, body)}).device() as served, transport_to(served) as transport:
        return read((), transport), transport.samples


def test_a_store_beside_elements_of_other_names_is_read_and_offline_it_has_failed() -> None:
    """Cameras list more than `nas` in `nasList`, and slots that nobody set up as offline."""
    odd = b"<nasMode>NFS,SMB</nasMode><nasExtension><encrypted>false</encrypted></nasExtension>"
    seen, samples = _storage_of(_HDD, b"<nasList size='8'>", odd, _NAS, _FREE, b"</nasList>")
    told = fact(seen, "device:box", Disks)
    assert isinstance(told, Disks)
    assert [(one.name, one.state, one.word) for one in told.disks] == [
        ("1", "ok", "ok"), ("192.168.1.9/footage", "failed", "offline"),
    ]  # fmt: skip
    assert [one.skipped for one in samples.kept] == [2]
    assert "2 elements of unknown names skipped: nasExtension, nasMode" in samples.kept[0].why


def test_a_disk_under_a_name_that_is_not_known_is_a_disk() -> None:
    """A failed one must not hide behind a name."""
    seen, samples = _storage_of(
        _HDD.replace(b"</hddList>", b"<ssd><id>2</id><status>error</status></ssd></hddList>"),
        b"<nasList><ipSan><id>9</id><ipAddress>10.0.0.9</ipAddress><status>offline</status></ipSan></nasList>",
    )
    told = fact(seen, "device:box", Disks)
    assert isinstance(told, Disks)
    assert [one.state for one in told.disks] == ["ok", "failed", "failed"] and samples.kept == []


@pytest.mark.parametrize(
    ("odd", "reads"),
    [
        (b"<UserExtension><version>2</version></UserExtension>", True),
        (b"<Guest><id>7</id><userName>guest</userName><userLevel>Operator</userLevel></Guest>", False),
    ],
)
def test_only_what_cannot_be_a_row_under_another_name_is_skipped(odd: bytes, reads: bool) -> None:
    """An account that is listed as something else would be left out of the list that is approved."""
    body = fixture("Security/users").replace(b"</UserList>", odd + b"</UserList>")
    told = fact(alone("Security/users", http(200, body)), "device:box", Accounts)
    assert isinstance(told, Accounts) is reads
    assert reads or (isinstance(told, Unavailable) and told.reason == "malformed")


# Accounts, protocols, platforms, identity


def alone(path: str, answer: bytes) -> Observations:
    return observe(Nvr(answers={path: answer}), cameras=())


@pytest.mark.parametrize("answer", [status(403, 4, "lowPrivilege"), status(403, 4), http(403, b"")])
def test_a_viewer_who_may_not_list_accounts_has_no_wrong_password(answer: bytes) -> None:
    seen = alone("Security/users", answer)
    assert reason(seen, "device:box", "accounts") == "refused"
    assert isinstance(fact(seen, "device:box", Identity), Identity)
    assert reason(alone("Security/users", NOT_SUPPORTED), "device:box", "accounts") == "unsupported"


@pytest.mark.parametrize(
    ("word", "registered"),
    [
        ("true", True), ("registered", True), ("Online", True), ("false", False), ("unregistered", False),
        ("offline", False), ("", None), ("2", None),
    ],
)  # fmt: skip
def test_whether_a_platform_is_registered_is_a_state_of_three(word: str, registered: bool | None) -> None:
    for name in (b"registerStatus", b"status"):
        body = fixture("System/Network/SIP").replace(
            b"<registerStatus>true</registerStatus>", b"<" + name + b">" + word.encode() + b"</" + name + b">"
        )
        link = fact(alone("System/Network/SIP", http(200, body)), "device:box", PlatformLink)
        assert isinstance(link, PlatformLink) and link.servers[0].registered is registered


def test_telephony_of_an_intercom_is_no_platform_and_missing_codes_cost_no_server() -> None:
    phone = (
        b"<SIPServerList><SIPServer><id>1</id><Standard><enabled>true</enabled></Standard></SIPServer></SIPServerList>"
    )
    seen = alone("System/Network/SIP", http(200, phone, content_type=XML))
    told = fact(seen, "device:box", PlatformLink)
    assert isinstance(told, PlatformLink) and told.servers == ()
    link = fact(alone("System/Network/SIP/1/SIPInfo", NOT_SUPPORTED), "device:box", PlatformLink)
    assert isinstance(link, PlatformLink) and link.servers[0].codes == () and link.servers[0].enabled


def test_a_device_that_names_neither_model_nor_serial_is_malformed() -> None:
    assert reason(alone("System/deviceInfo", http(200, b"<DeviceInfo/>")), "device:box", "identity") == "malformed"


def test_texts_of_the_device_are_made_harmless() -> None:
    body = fixture("System/deviceInfo").replace(b"DS-7616NI-M2/16P<", b"\xe2\x80\xaeDS[bold]\n7616<", 1)
    told = fact(alone("System/deviceInfo", http(200, body)), "device:box", Identity)
    assert isinstance(told, Identity) and told.model == "\ufffdDS[bold]\ufffd7616"


def test_ports_out_of_range_are_no_ports() -> None:
    body = fixture("Security/adminAccesses").replace(b"<portNo>8554<", b"<portNo>99999<")
    told = fact(alone("Security/adminAccesses", http(200, body)), "device:box", Protocols)
    assert isinstance(told, Protocols) and told.protocols[1].port == 0


def test_chinese_text_is_read_in_either_encoding() -> None:
    utf = fixture("Security/users")
    old = utf.decode().replace("UTF-8", "GB2312").encode("gb18030")
    mislabelled = utf.decode().encode("gb18030")
    for body in (utf, old, mislabelled):
        told = fact(alone("Security/users", http(200, body)), "device:box", "accounts")
        assert not isinstance(told, Unavailable) and told.accounts[2].name == "值班"  # type: ignore[union-attr]


def test_a_disk_that_warns_is_told_by_either_of_its_judgements() -> None:
    def smart(**said: str) -> bool:
        return parse_device.smart_warns(
            etree.fromstring("<S>" + "".join(f"<{name}>{word}</{name}>" for name, word in said.items()) + "</S>")
        )

    assert smart(selfEvaluaingStatus="error", allEvaluaingStatus="functional")
    assert smart(selfEvaluatingStatus="ok", allEvaluatingStatus="fault")
    assert not smart(selfEvaluaingStatus="ok", allEvaluaingStatus="functional")
    with pytest.raises(Malformed):
        smart(temprature="40")
