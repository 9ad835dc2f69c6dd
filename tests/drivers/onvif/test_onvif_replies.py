"""Answers that must never be misread: masks in four states, cut-off and wrong replies, faults."""

from __future__ import annotations

import re

import pytest
from devices import clock, device, http
from onvif_device import Script, envelope, fault, mask
from onvif_reading import fact, observe, reason

from drivers.errors import DeviceFault, DriverError, Malformed, NotPermitted, Unsupported
from drivers.http.transport import ReplayTransport
from drivers.model import (
    Masks,
    Reply,
    Unavailable,
)
from drivers.onvif import documents, parse
from drivers.onvif.reply import LoginRequired, answer_element
from drivers.onvif.services import Endpoint
from drivers.onvif.soap import Answer, Session

# --- masks: present, none, unsupported, unknown


@pytest.mark.parametrize(
    ("capability", "masks", "expected"),
    [
        ('Mask="true"', "", Masks(())),
        ('Mask="1"', "", Masks(())),
        ('Mask="false"', "", "unsupported"),
        ("", "", "unsupported"),
        ('Mask="perhaps"', "", "unsupported"),
        ('Mask="true"', mask("x", "vsc-2"), Masks(())),
        ('Mask="false"', mask("x", "vsc-2"), Masks(())),
        ('Mask="true"', mask("x", "vsc-unknown"), "malformed"),
        ('Mask="true"', mask("x", ""), "malformed"),
        ('Mask="true"', '<tr2:Mask token="x"/>', "malformed"),
        ('Mask="true"', "<tr2:Masks/><trt:Profiles/>", "malformed"),
    ],
)
def test_an_empty_list_is_none_only_where_it_proves_that(capability: str, masks: str, expected: Masks | str) -> None:
    seen = fact(observe(Script(mask_capability=capability, masks=masks)), "camera:one", "masks")
    assert (seen.reason if isinstance(seen, Unavailable) else seen) == expected


def test_a_configuration_that_no_profile_uses_still_belongs_to_its_source() -> None:
    seen = fact(observe(Script(masks=mask("x", "vsc-unused"))), "camera:one", "masks")
    assert isinstance(seen, Masks) and [one.token for one in seen.masks] == ["x"]


def test_an_unknown_capability_and_an_empty_list_is_not_none() -> None:
    script = Script(masks="")
    script.answers["media2 GetServiceCapabilities"] = lambda asked: http(500, fault("ter:Weird", "x"))
    assert reason(observe(script), "camera:one", "masks") == "unsupported"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (mask("x", "vsc-1", enabled="1"), True),
        (mask("x", "vsc-1", enabled=" false "), False),
        (mask("x", "vsc-1", enabled="on"), None),
        (mask("x", "vsc-1", enabled=""), None),
        (mask("x", "vsc-1").replace("<tr2:Enabled>true</tr2:Enabled>", ""), None),
        (mask("x", "vsc-1").replace("</tr2:Masks>", "<tr2:Enabled>false</tr2:Enabled></tr2:Masks>"), None),
        (mask("x", "vsc-1").replace("tr2:", "trt:"), True),
        (mask("x", "vsc-1").replace("<tr2:Enabled>true</tr2:Enabled>", "<tt:Enabled>true</tt:Enabled>"), True),
    ],
)
def test_the_word_for_enabled_is_read_or_left_open(written: str, expected: bool | None) -> None:
    seen = fact(observe(Script(masks=written)), "camera:one", "masks")
    assert isinstance(seen, Masks) and [one.enabled for one in seen.masks] == [expected]


@pytest.mark.parametrize(
    "written",
    [
        mask("x", "vsc-1", points=""),
        mask("x", "vsc-1", points="0,0 1,1"),
        mask("x", "vsc-1", points="0,0 9,9 0,9"),
        mask("x", "vsc-1", points="0,0 NaN,1 1,1"),
        mask("x", "vsc-1", points="0,0 a,1 1,1"),
        re.sub("<tr2:Polygon>.*</tr2:Polygon>", "", mask("x", "vsc-1")),
    ],
)
def test_a_mask_without_a_usable_polygon_is_a_mask_of_unknown_place(written: str) -> None:
    seen = fact(observe(Script(masks=written)), "camera:one", "masks")
    assert isinstance(seen, Masks) and [one.polygon for one in seen.masks] == [()]


def test_points_in_the_wrong_namespace_are_read() -> None:
    seen = fact(observe(Script(masks=mask("x", "vsc-1").replace("tt:Point", "tr2:Point"))), "camera:one", "masks")
    assert isinstance(seen, Masks) and len(seen.masks[0].polygon) == 4


def ask(body: bytes, status: int = 200, operation: str = "GetMasks") -> Answer:
    """Put one raw reply through the real decoder."""
    recorded = [Reply(operation, "/onvif/media2", status, "application/soap+xml", body)]
    session = Session(ReplayTransport(recorded, device(80), clock))
    return session.call(Endpoint(documents.MEDIA2, "/onvif/media2", 80), operation)


def test_a_reply_cut_off_anywhere_never_reads_as_no_masks() -> None:
    whole = envelope(f"<tr2:GetMasksResponse>{mask('a', 'vsc-1')}{mask('b', 'vsc-1')}</tr2:GetMasksResponse>")
    assert len(parse.masks(ask(whole))) == 2
    cuts = sorted(
        {match.start() for match in re.finditer(rb"[<>]", whole)} | {match.end() for match in re.finditer(rb">", whole)}
    )
    assert len(cuts) > 60
    for cut in cuts[:-1]:
        with pytest.raises(Malformed):
            parse.masks(ask(whole[:cut]))


HOSTILE_MASKS = {
    "undeclared prefix": envelope("<nope:GetMasksResponse/>"),
    "another operation": envelope("<tr2:GetProfilesResponse/>"),
    "empty body": envelope(""),
    "no body": b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"/>',
    "not an envelope": b"<GetMasksResponse/>",
    "html": b"<html><body>Please log in</body></html>",
    "html that is not xml": b"<!DOCTYPE html><html><br></html>",
    "nothing": b"",
    "zeros": b"\0" * 100,
    "text": b"Segmentation fault",
    "entity": envelope("<tr2:GetMasksResponse>&x;</tr2:GetMasksResponse>"),
    "entities that grow": b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    + envelope("<tr2:GetMasksResponse>&b;</tr2:GetMasksResponse>")[38:],
    "outer file": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + envelope("<tr2:GetMasksResponse/>")[38:],
    "document type in another encoding": (
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY a "b">]>'
        + envelope("<tr2:GetMasksResponse/>")[38:].decode()
    ).encode("utf-16"),
    "nested too deep": envelope("<tr2:GetMasksResponse>" + "<a>" * 5000 + "</a>" * 5000 + "</tr2:GetMasksResponse>"),
    "text after the end": envelope("<tr2:GetMasksResponse/>") + b"<more/>",
}


@pytest.mark.parametrize("name", HOSTILE_MASKS)
@pytest.mark.parametrize("status", [200, 500])
def test_rubbish_is_malformed_and_never_a_list(name: str, status: int) -> None:
    with pytest.raises(Malformed):
        parse.masks(ask(HOSTILE_MASKS[name], status))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (fault(), LoginRequired),
        (fault("wsse:FailedAuthentication", "The security token could not be authenticated"), LoginRequired),
        (fault("", "Unauthorized"), LoginRequired),
        (fault().replace(b"ter:Not", b"undeclared:Not"), LoginRequired),
        (
            fault().replace(b"<s:Reason>", b"<undeclared:Reason>").replace(b"</s:Reason>", b"</undeclared:Reason>"),
            LoginRequired,
        ),
        (fault("ter:ActionNotSupported", "x"), Unsupported),
        (fault("", "Action not supported: GetMasks"), Unsupported),
        (fault("ter:IncompleteConfiguration", "x"), DeviceFault),
        (fault("", ""), DeviceFault),
        (
            b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>e:Server'
            b"</faultcode><faultstring>boom</faultstring></e:Fault></e:Body></e:Envelope>",
            DeviceFault,
        ),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_fault_is_found_under_every_status(body: bytes, expected: type[Exception], status: int) -> None:
    with pytest.raises(expected):
        answer_element(Reply("GetMasks", "/", status, "", body), "GetMasks")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (404, Unsupported),
        (405, Unsupported),
        (302, Malformed),
        (403, NotPermitted),
        (401, LoginRequired),
        (500, Malformed),
    ],
)
def test_a_status_without_soap_is_named(status: int, expected: type[Exception]) -> None:
    with pytest.raises(expected):
        answer_element(Reply("GetMasks", "/", status, "text/html", b"oops"), "GetMasks")


def test_errors_show_no_more_than_a_sample_of_what_the_device_said() -> None:
    with pytest.raises(DriverError) as raised:
        answer_element(Reply("GetMasks", "/", 500, "t" * 9999, fault("ter:Odd", "long " * 9999)), "GetMasks")
    assert len(str(raised.value)) < 400
