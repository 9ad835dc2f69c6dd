"""The login of the factory: when it may be tried, what real devices make of it, and how that is judged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from devices import PASSWORD, Asked, HttpDevice, clock, device, digest_accepts, http
from hikvision_device import XML, locked
from patience import PATIENCE_S

from agent.demo.onvif.device import OnvifDevice
from agent.demo.world.cameras import DemoDevice
from agent.demo.world.changes import Changes
from agent.host.clock import utc_now
from agent.judge.checks.devices import factory
from agent.model.finding import Finding
from agent.observe.facts.factory_logins import (
    KEPT_PER_DEVICE,
    NAME,
    LoginTry,
    known_tries,
    last_tries,
    read_tried,
    why_no_try,
    with_try,
    write_tried,
)
from agent.observe.facts.facts import NetworkFacts, gather
from agent.observe.facts.sightings import BoxMark, KnownBox
from agent.site.config.site import Site
from drivers.allowed_requests import is_planned
from drivers.credentials import State
from drivers.errors import DriverError, Locked, NotTried, Unreachable
from drivers.http.factory_logins import FACTORY, Outcome, maker_of
from drivers.http.factory_try import ASKS, try_factory
from drivers.model import Device

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NVR = replace(device(80), id="nvr", driver="hikvision")
SITE = Site(id="S1", city="datong", division="140200", devices=(NVR, replace(NVR, id="gate")), digest="c1")


class Box:
    """A device behind Digest: which password it takes, and what it says with a challenge and with a refusal."""

    def __init__(self, password: str = PASSWORD, said: bytes = b"", refusal: bytes = b"", answer: int = 200) -> None:
        self.password, self.said, self.refusal, self.status = password, said, refusal, answer
        self.logins: list[str] = []
        self.asked: list[tuple[str, str]] = []

    def __call__(self, asked: Asked) -> bytes | None:
        self.asked.append((asked.method, asked.target))
        if not asked.authorization:
            return self._challenge(self.said)
        self.logins.append(asked.authorization)
        if not digest_accepts(asked.authorization, asked.method, self.password):
            return self._challenge(self.refusal)
        return http(self.status, b"ok") if self.status else None

    def _challenge(self, body: bytes) -> bytes:
        header = ("WWW-Authenticate", f'Digest qop="auth", realm="DS", nonce="n{len(self.asked)}"')
        return http(401, body, header, content_type=XML)


def tried(box: Box, driver: str = "hikvision", deadline_s: float = PATIENCE_S) -> Outcome:
    with HttpDevice(box) as served:
        return try_factory(replace(device(served.port), driver=driver), driver, clock, deadline_s)


def test_one_login_is_known_for_each_maker_and_found_by_driver_or_by_word() -> None:
    assert maker_of("dahua", "") == maker_of("onvif", "Dahua DH-IPC") == "dahua"
    assert maker_of("onvif", "HIKVISION DS-2CD") == "hikvision"
    assert maker_of("onvif", "Tapo C200") == maker_of("onvif", "") == ""
    assert all(len(repr(one)) and one.password not in repr(one) for one in FACTORY.values() if one.password != one.user)


@pytest.mark.parametrize("driver", ["hikvision", "dahua", "uniview"])
def test_a_device_that_takes_it_is_told_from_one_that_does_not(driver: str) -> None:
    open_, shut = Box(FACTORY[driver].password), Box()
    assert (tried(open_, driver), tried(shut, driver)) == ("accepted", "refused")
    assert (len(open_.logins), len(shut.logins)) == (1, 1)
    assert all(is_planned(ASKS, *one) for one in (*open_.asked, *shut.asked))


def test_a_device_that_asks_for_no_login_is_sent_none() -> None:
    asked: list[str] = []

    def answer(request: Asked) -> bytes:
        asked.append(request.authorization)
        return http(200, b"<DeviceInfo/>")

    with HttpDevice(answer) as served:
        assert try_factory(replace(device(served.port), driver="hikvision"), "hikvision", clock, 5.0) == "open"
    assert asked == [""]


@pytest.mark.parametrize(
    "said",
    [
        locked(),
        b"<userCheck><lockStatus>unlock</lockStatus><retryLoginTime>2</retryLoginTime></userCheck>",
        b"the account is locked",
    ],
)
def test_a_device_that_is_locked_or_nearly_so_is_sent_no_login(said: bytes) -> None:
    box = Box(said=said)
    with pytest.raises(Locked):
        tried(box)
    assert box.logins == []


def test_a_device_that_locks_at_the_try_is_unclear() -> None:
    assert tried(Box(refusal=locked())) == "unclear"


@pytest.mark.parametrize("status", [500, 404])
def test_an_answer_to_the_login_that_says_neither_is_unclear(status: int) -> None:
    box = Box(FACTORY["hikvision"].password, answer=status)
    assert tried(box) == "unclear"
    assert len(box.logins) == 1


def test_a_login_that_is_not_answered_is_unclear() -> None:
    """The deadline is for the challenge too, which a loaded machine may hold up."""
    box = Box(FACTORY["hikvision"].password, answer=0)
    assert tried(box, deadline_s=5.0) == "unclear"
    assert len(box.logins) == 1


def test_a_device_that_cannot_be_reached_is_sent_nothing() -> None:
    with HttpDevice(lambda asked: None) as served:
        port = served.port
    with pytest.raises(Unreachable):
        try_factory(replace(device(port), driver="hikvision"), "hikvision", clock, 5.0)


def test_a_challenge_of_no_known_kind_is_sent_nothing() -> None:
    with HttpDevice(lambda asked: http(401, b"", ("WWW-Authenticate", "Bearer"))) as served, pytest.raises(NotTried):
        try_factory(replace(device(served.port), driver="hikvision"), "hikvision", clock, 5.0)


@contextmanager
def onvif_camera(refusal: str) -> Iterator[tuple[OnvifDevice, Device]]:
    spec = DemoDevice("cam", "viewer", "DS-2CD", "S-1", refusal=refusal)  # type: ignore[arg-type]
    camera = OnvifDevice(spec, (), "Ma-uer7", utc_now, Changes(utc_now))
    camera.start()
    try:
        yield camera, replace(device(camera.http.port), driver="onvif")
    finally:
        camera.stop()


@pytest.mark.parametrize("refusal", ["fault", "challenge"])
def test_an_onvif_device_is_asked_for_what_no_device_tells_without_a_login(refusal: str) -> None:
    login = FACTORY["hikvision"]
    with onvif_camera(refusal) as (camera, box):
        assert try_factory(box, "hikvision", utc_now, 5.0) == "refused"
        assert camera.gate.failed_logins == 1
        camera.gate.also(login.user, login.password)
        assert try_factory(box, "hikvision", utc_now, 5.0) == "accepted"
        assert camera.gate.failed_logins == 1


def row(
    result: Outcome = "refused", config: str = "c1", name: str = "nvr", at: datetime = NOW, box: tuple[str, ...] = ()
) -> LoginTry:
    return LoginTry(name, config, "hikvision", at, result, box)


@pytest.mark.parametrize(
    ("rows", "state", "maker", "may"),
    [
        ((), "worked", "hikvision", True),
        ((), "worked", "", False),
        ((), "new", "hikvision", False),
        ((), "wrong", "hikvision", False),
        ((), "doubtful", "hikvision", False),
        ((), "busy", "hikvision", False),
        ((row("refused"),), "worked", "hikvision", False),
        ((row("unclear"),), "worked", "hikvision", False),
        ((row("accepted"),), "worked", "hikvision", True),  # perhaps it was mended
        ((row("refused", "c0"),), "worked", "hikvision", True),
        ((row("accepted"), row("refused")), "worked", "hikvision", False),
        ((row("refused", name="gate"),), "worked", "hikvision", True),
        ((row("refused", box=("b0",)),), "worked", "hikvision", True),  # another box answers there now
        ((row("refused", box=("b1", "m1")),), "worked", "hikvision", False),
    ],
)
def test_a_try_is_made_once_for_each_configuration_and_only_where_nothing_else_fails(
    rows: tuple[LoginTry, ...], state: State, maker: str, may: bool
) -> None:
    assert (why_no_try(NVR, maker, "c1", ("b1",), rows, state) is None) is may


def test_a_device_without_a_login_of_the_site_is_not_tried() -> None:
    assert why_no_try(replace(NVR, credential=None), "hikvision", "c1", (), (), "new") is not None


def test_tries_are_kept_privately_without_a_password_and_a_few_for_each_device(tmp_path: Path) -> None:
    rows: tuple[LoginTry, ...] = ()
    for n in range(2 * KEPT_PER_DEVICE):
        rows = with_try(rows, row(config=f"c{n}", at=NOW + n * DAY))
    rows = with_try(with_try(rows, row("unclear", "c9", at=NOW + 40 * DAY)), row("accepted", name="gate"))
    write_tried(tmp_path, rows)
    kept = read_tried(tmp_path, SITE.id)
    assert [one.config for one in kept if one.device == "nvr"][-1] == "c9" and len(kept) == KEPT_PER_DEVICE + 1
    assert last_tries(kept)["nvr"].result == "unclear"
    path = tmp_path / NAME
    assert path.stat().st_mode & 0o777 == 0o600
    assert FACTORY["hikvision"].password not in path.read_text()


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'{"schema": "x", "tried": []}', b'{"schema": "camwarden-factory-logins/1"}',
                b'{"schema": "camwarden-factory-logins/1", "tried": [{"device": "nvr"}]}', b"[" * 100_000]
)  # fmt: skip
def test_a_damaged_list_is_no_list_of_nothing(content: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(ValueError):
        read_tried(tmp_path, SITE.id)
    assert known_tries(tmp_path, SITE.id) is None
    assert "cannot be read" in caplog.text
    facts = replace(gather(()), factory=None)
    (found,) = factory.CHECK.run(factory.CHECK, SITE, facts, NOW)
    assert (found.subject, found.status, found.reason) == ("site", "unknown", "unreadable")
    assert NAME in str(found.message)


def test_a_try_that_says_anything_else_is_refused(tmp_path: Path) -> None:
    write_tried(tmp_path, [row()])
    text = (tmp_path / NAME).read_text()
    for before, after in (('"refused"', '"fine"'), ("+00:00", "")):
        (tmp_path / NAME).write_text(text.replace(before, after))
        with pytest.raises(ValueError):
            read_tried(tmp_path, SITE.id)


def judged(*rows: LoginTry) -> dict[str, Finding]:
    facts = replace(gather(()), factory=last_tries(rows))
    return {one.subject: one for one in factory.CHECK.run(factory.CHECK, SITE, facts, NOW)}


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ("accepted", ("fail", "accepted")),
        ("refused", ("pass", "")),
        ("unclear", ("unknown", "unclear")),
    ],
)
def test_each_result_has_its_verdict(result: Outcome, expected: tuple[str, str]) -> None:
    found = judged(row(result))
    assert list(found) == ["device:nvr"]
    finding = found["device:nvr"]
    assert (finding.status, finding.reason) == expected
    assert finding.severity == "critical"
    shown = json.dumps(dict(finding.evidence)) + str(finding.message)
    assert FACTORY["hikvision"].password not in shown
    assert finding.evidence["configuration"] == "as it is"


def test_where_nothing_was_tried_it_is_off_and_quiet() -> None:
    found = judged()
    assert [(one.subject, one.status, one.reason) for one in found.values()] == [("site", "unknown", "off")]
    assert judged(row(name="removed"))["site"].reason == "off"


def test_a_try_under_an_earlier_configuration_still_counts_and_says_so() -> None:
    finding = judged(row("accepted", "c0"))["device:nvr"]
    assert (finding.status, finding.evidence["configuration"]) == ("fail", "an earlier one")


@pytest.mark.parametrize(
    ("result", "box", "now", "expected"),
    [
        ("refused", ("s1",), BoxMark("", "s1"), ("pass", "")),
        ("refused", ("s1",), BoxMark("", "s2"), ("unknown", "another-box")),
        ("accepted", ("s1",), BoxMark("", "s2"), ("unknown", "another-box")),
        ("refused", ("m1",), BoxMark("", "", ("m1",)), ("pass", "")),
        ("refused", ("m1",), BoxMark("", "s1", ("m1",)), ("pass", "")),  # its serial number became known later
        ("refused", ("m1",), BoxMark("", "", ("m2",)), ("unknown", "another-box")),
        (
            "refused",
            ("s2",),
            KnownBox(BoxMark("", "s1"), other=BoxMark("", "s2")),
            ("pass", ""),
        ),  # not yet the one that belongs
        ("refused", ("s1",), KnownBox(BoxMark("", "s1"), other=BoxMark("", "s2")), ("unknown", "another-box")),
        ("refused", (), BoxMark("", "s2"), ("pass", "")),  # which box it was is not known
        ("refused", ("s1",), BoxMark("", ""), ("pass", "")),  # which box it is is not known
    ],
)
def test_what_the_box_before_said_speaks_for_no_other_one(
    result: Outcome, box: tuple[str, ...], now: BoxMark | KnownBox, expected: tuple[str, str]
) -> None:
    around = NetworkFacts(remembered={"nvr": now if isinstance(now, KnownBox) else KnownBox(now)})
    facts = replace(gather(()), factory=last_tries((row(result, box=box),)), around=around)
    (found,) = factory.CHECK.run(factory.CHECK, SITE, facts, NOW)
    assert (found.status, found.reason) == expected


def test_the_errors_of_a_try_name_no_password() -> None:
    with HttpDevice(Box(refusal=locked())) as served:
        port = served.port
    with pytest.raises(DriverError) as raised:
        try_factory(replace(device(port), driver="hikvision"), "hikvision", clock, 5.0)
    assert FACTORY["hikvision"].password not in str(raised.value)
