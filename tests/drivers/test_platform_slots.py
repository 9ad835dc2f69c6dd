"""What devices tell of their slots for a platform: every slot, state of three, no address, no password; and lies."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from dahua_device import Nvr as DahuaNvr
from dahua_device import fixture as dahua_fixture
from dahua_device import observe as observe_dahua
from hikvision_device import NOT_SUPPORTED, XML, http
from hikvision_device import Nvr as HikvisionNvr
from hikvision_device import fixture as hikvision_fixture
from hikvision_device import observe as observe_hikvision
from onvif_reading import fact, reason

from drivers.footage import PlatformLink
from drivers.gb28181.codes import is_within, parse_code
from drivers.gb28181.platform_address import address_mark, is_filled

SIP, SLOT_CODES = "System/Network/SIP", "System/Network/SIP/1/SIPInfo"
ADDRESSES = (b"10.1.1.1", b"10.1.2.3", b"10.1.1.9", b"10.1.2.4")
SECRETS = (*ADDRESSES, b"******", b"KEPTCODE", b"kept-slot-password")


def hikvision(body: bytes, **answers: bytes) -> PlatformLink | str:
    nvr = HikvisionNvr(answers={SIP: http(200, body, content_type=XML), **answers})
    seen = observe_hikvision(nvr, cameras=())
    told = fact(seen, "device:box", PlatformLink)
    return told if isinstance(told, PlatformLink) else reason(seen, "device:box", "platform-link")


def dahua(**slot: object) -> PlatformLink:
    whole = json.loads(dahua_fixture("VSP_GAYS_SERVER.json"))
    whole["params"]["table"]["sipServer"][0] |= slot
    body = http(200, json.dumps(whole).encode(), content_type="application/json")
    told = fact(observe_dahua(DahuaNvr(answers={"RPC2 VSP_GAYS_SERVER": body})), "device:box", PlatformLink)
    assert isinstance(told, PlatformLink)
    return told


def test_a_slot_that_is_off_and_says_that_it_is_online_is_off_and_not_free() -> None:
    link = hikvision(hikvision_fixture(SIP).replace(b"<enabled>true<", b"<enabled>false<"))
    assert isinstance(link, PlatformLink)
    off = link.servers[0]
    assert (off.enabled, off.registered, off.is_free) == (False, True, False)
    assert dahua(serverOption="Disable").servers[0].is_free is False, "somebody's platform stands there"


def test_the_examples_of_a_factory_are_no_platform() -> None:
    example = b"<serverId>34020000002000000001</serverId>"
    body = hikvision_fixture(SIP).replace(
        b"<enabled>false</enabled>\n<registrar></registrar>",
        b"<enabled>false</enabled>\n<registrar>0.0.0.0</registrar>" + example,
    )
    link = hikvision(body)
    assert isinstance(link, PlatformLink) and link.servers[1].server_id.startswith("3402") and link.servers[1].is_free
    other = dahua(serverOption="Disable", sipSvrIp="0.0.0.0", sipSvrId="34020000002000000001")  # noqa: S104
    assert other.servers[0].is_free


def test_two_slots_of_one_number_and_half_a_list_are_malformed() -> None:
    whole = hikvision_fixture(SIP)
    assert hikvision(whole.replace(b"<id>2</id>", b"<id>1</id>")) == "malformed"
    assert hikvision(whole[: len(whole) // 2]) == "malformed"


def test_two_states_that_contradict_each_other_are_none() -> None:
    body = hikvision_fixture(SIP).replace(
        b"<registerStatus>true</registerStatus>", b"<registerStatus>true</registerStatus><status>offline</status>"
    )
    link = hikvision(body)
    assert isinstance(link, PlatformLink) and link.servers[0].registered is None


def test_codes_that_cannot_be_read_are_not_those_of_another_slot() -> None:
    link = hikvision(hikvision_fixture(SIP), **{SLOT_CODES: NOT_SUPPORTED})
    assert isinstance(link, PlatformLink) and link.servers[0].codes == ()


def test_neighbours_that_do_not_answer_are_left_out_and_cost_no_slot() -> None:
    nvr = HikvisionNvr(answers=dict.fromkeys(("System/Network/Ehome", "System/Network/EZVIZ"), NOT_SUPPORTED))
    link = fact(observe_hikvision(nvr, cameras=()), "device:box", PlatformLink)
    assert isinstance(link, PlatformLink) and link.neighbours == () and len(link.servers) == 2


def test_no_password_and_no_address_leaves_the_parser() -> None:
    body = hikvision_fixture(SIP).replace(b"</authID>", b"</authID><password>kept-slot-password</password>")
    link = hikvision(body)
    for told in (link, dahua(password="kept-slot-password")):
        assert isinstance(told, PlatformLink)
        values = repr(told) + "".join(one.address_mark for one in told.servers)
        assert [secret for secret in SECRETS if secret.decode() in values] == []


def test_marks_of_addresses_compare_and_are_none_where_nothing_is_filled_in() -> None:
    assert address_mark("10.1.1.1", 5060) == address_mark(" 10.1.1.1", 5060) != address_mark("10.1.1.1", 5061)
    assert address_mark("0.0.0.0", 5060) == address_mark("", 0) == ""  # noqa: S104
    assert not is_filled("", "") and not is_filled("", "34020000002000000001") and not is_filled("", "0" * 20)
    assert is_filled("", "14020000002000000001") and is_filled("mark", "")


def test_another_address_is_another_slot() -> None:
    (before, *_), (after, *_) = dahua().servers, dahua(sipSvrIp="10.9.9.9").servers
    assert before != after and replace(before, address_mark="") == replace(after, address_mark="")


@pytest.mark.parametrize(
    "text", ["", "1402000000118000000", "140200000011800000011", "1402000000118000000\u0661", "x" * 20]
)
def test_what_has_not_twenty_digits_is_no_code(text: str) -> None:
    assert parse_code(text) is None


@pytest.mark.parametrize(
    ("centre", "division", "within"),
    [
        ("14021300", "140213", True), ("14020000", "140213", True), ("14021399", "140200", True),
        ("14000000", "140213", True), ("14021200", "140213", False), ("11010500", "140213", False),
        ("00000000", "140213", False), ("14021000", "140210", True),
    ],
)  # fmt: skip
def test_a_centre_is_within_its_division(centre: str, division: str, within: bool) -> None:
    assert is_within(centre, division) is within
