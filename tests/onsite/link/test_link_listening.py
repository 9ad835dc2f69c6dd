"""What is heard of a device and its platform: what was shown, and nothing that was not; no address and no secret."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from line import DEVICE, PLATFORM, packet

from agent.model import exits
from agent.onsite.link.listening.talks import TALKS_MAX, Listener
from agent.onsite.link.listening.verdict import Listened, judge

ID, SERVER = "14021300001180000001", "14020000002000000001"
SECRETS = ("c0ffee", "0123456789abcdef", "fedcba9876543210", DEVICE[0], PLATFORM[0], "secret-part")
LOGIN = (
    f'Digest username="{ID}", realm="1402000000", nonce="0123456789abcdef", uri="sip:{SERVER}@1402000000", '
    'response="fedcba9876543210", algorithm=MD5, qop=auth, nc=00000001, cnonce="c0ffee"'
)
BODY = f"<Notify><CmdType>Keepalive</CmdType><SN>1</SN><DeviceID>{ID}</DeviceID><Status>OK</Status></Notify>"


class Line:
    """A line between a device and its platform, by the clock of whoever listens."""

    def __init__(self) -> None:
        self.listener = Listener()
        self.now_s = 0.0
        self.number = 0
        self.copies = 1

    def ask(self, method: str, *headers: str, body: str = "", device: str = ID, server: str = SERVER) -> str:
        self.number += 1
        to = device if method == "REGISTER" else server
        lines = [
            f"{method} sip:{server}@1402000000 SIP/2.0", f"Via: SIP/2.0/UDP x:5060;branch=z9hG4bK{self.number}",
            f"From: <sip:{device}@1402000000>;tag=1", f"To: <sip:{to}@1402000000>",
            f"Call-ID: {self.number}@{DEVICE[0]}", f"CSeq: {self.number} {method}", *headers,
            f"Content-Length: {len(body)}", "", body,
        ]  # fmt: skip
        self.pass_by("\r\n".join(lines).encode())
        return f"Call-ID: {self.number}@{DEVICE[0]}\r\nCSeq: {self.number} {method}"

    def answer(self, asked: str, status: int, *headers: str) -> None:
        lines = [f"SIP/2.0 {status} x", "Via: SIP/2.0/UDP x;branch=z", asked, *headers, "Content-Length: 0", "", ""]
        self.pass_by("\r\n".join(lines).encode(), back=True)

    def pass_by(self, data: bytes, *, back: bool = False) -> None:
        ends = (PLATFORM, DEVICE) if back else (DEVICE, PLATFORM)
        for _ in range(self.copies):
            self.listener.take(packet(data, *ends), self.now_s)

    def register(
        self, status: int = 200, expires: str = "3600", *answered: str, version: str = "X-GB-Ver: 3.0"
    ) -> None:
        asked = self.ask("REGISTER", f"Expires: {expires}", version)
        self.answer(asked, 401, 'WWW-Authenticate: Digest realm="x", nonce="0123456789abcdef"', "X-GB-Ver: 3.0")
        asked = self.ask("REGISTER", f"Expires: {expires}", version, f"Authorization: {LOGIN}")
        self.answer(asked, status, *(answered or (f"Expires: {expires}", "X-GB-Ver: 3.0")))

    def beat(self, times: int, interval_s: float, status: int | None = 200) -> None:
        for _ in range(times):
            asked = self.ask("MESSAGE", "Content-Type: Application/MANSCDP+xml", body=BODY)
            if status is not None:
                self.answer(asked, status)
            self.now_s += interval_s

    def judged(self) -> Listened:
        return judge(self.listener, self.now_s, 0)


def rows(heard: Listened) -> dict[str, tuple[str, str]]:
    (one,) = heard.verdicts
    return {step.name: (step.status, step.reason) for step in one.steps}


def flaws(heard: Listened) -> list[tuple[str, str]]:
    (one,) = heard.verdicts
    return [(flaw.reason, flaw.clause) for flaw in one.flaws]


@pytest.mark.parametrize("copies", [1, 2])
def test_a_device_that_registers_and_beats_is_told_by_its_traffic(copies: int) -> None:
    line = Line()
    line.copies = copies
    line.register()
    line.beat(4, 60.0)
    heard = line.judged()
    assert rows(heard) == {"register": ("told", ""), "heartbeat": ("told", "")}
    assert (flaws(heard), heard.exit_code) == ([], exits.OK)
    (talk,) = heard.to_data()["talks"]  # type: ignore[misc]
    assert (talk["device_id"], talk["platform_id"], talk["login"], talk["version"]) == (ID, SERVER, "Digest", "3.0")
    assert talk["steps"][1]["evidence"] == {"count": 4, "interval_s": 60.0, "answered": 4, "refused": 0}
    assert talk["quirks"] == []


def test_no_password_nonce_response_address_or_body_is_in_what_is_told_or_kept() -> None:
    line = Line()
    line.register(200, "3600", "Expires: 3600", 'Authentication-Info: nextnonce="secret-part"')
    line.beat(3, 60.0)
    heard = line.judged()
    text = json.dumps(heard.to_data()) + repr(heard) + repr(line.listener.talks)
    assert [one for one in SECRETS if one in text] == []


@pytest.mark.parametrize("written", [DEVICE[0], "1" * 21, "admin", "\u0661" * 20])
def test_what_is_no_code_is_shown_as_none(written: str) -> None:
    line = Line()
    line.answer(line.ask("REGISTER", "Expires: 3600", device=written.encode().decode("latin-1"), server=DEVICE[0]), 200)
    (one,) = line.judged().verdicts
    assert (one.device_id, one.platform_id, one.steps[0].status) == ("", "", "told")


@pytest.mark.parametrize(
    ("expires", "reasons"),
    [
        ("3600", []), ("86400", []), ("3599", [("short-registration", "9.1.1 d")]),
        ("60", [("short-registration", "9.1.1 d")]),
    ],
)  # fmt: skip
def test_a_short_registration_names_its_clause(expires: str, reasons: list[tuple[str, str]]) -> None:
    line = Line()
    line.register(200, expires)
    line.beat(3, 60.0)
    assert flaws(line.judged()) == reasons
    assert line.judged().exit_code == (exits.FAILS if reasons else exits.OK)


@pytest.mark.parametrize(
    ("interval_s", "reasons"),
    [
        (60.0, []), (20.0, []), (62.9, []), (64.0, [("rare-heartbeat", "9.6.1 d")]),
        (180.0, [("rare-heartbeat", "9.6.1 d")]),
    ],
)  # fmt: skip
def test_a_rare_heartbeat_names_its_clause(interval_s: float, reasons: list[tuple[str, str]]) -> None:
    line = Line()
    line.register()
    line.beat(5, interval_s)
    assert flaws(line.judged()) == reasons


@pytest.mark.parametrize(("wait_s", "hasty"), [(60.0, False), (58.0, False), (120.0, False), (50.0, True), (0.2, True)])
@pytest.mark.parametrize("status", [403, 401, 500])
def test_a_refused_device_that_comes_again_too_soon_names_its_clause(wait_s: float, hasty: bool, status: int) -> None:
    line = Line()
    for _ in range(4):
        line.register(status)
        line.now_s += wait_s
    heard = line.judged()
    assert rows(heard)["register"] == ("failed", "refused")
    assert flaws(heard) == ([("hasty-retry", "9.1.1 c")] if hasty else [])
    assert heard.exit_code == exits.FAILS


def test_a_login_over_an_old_number_is_no_refusal_and_what_follows_at_once_no_hasty_retry() -> None:
    line = Line()
    asked = line.ask("REGISTER", "Expires: 3600", f"Authorization: {LOGIN}")
    line.answer(asked, 401)
    line.now_s += 0.1
    asked = line.ask("REGISTER", "Expires: 3600", f"Authorization: {LOGIN}")
    line.answer(asked, 200, "Expires: 3600")
    assert (rows(line.judged())["register"], flaws(line.judged())) == (("told", ""), [])


def test_a_device_that_registered_before_is_known_by_answered_heartbeats_alone() -> None:
    line = Line()
    line.beat(3, 60.0)
    assert rows(line.judged()) == {"register": ("told", "before"), "heartbeat": ("told", "")}
    alone = Line()
    alone.beat(3, 60.0, None)
    assert rows(alone.judged()) == {"register": ("unknown", "not-heard"), "heartbeat": ("unknown", "no-answer")}
    assert alone.judged().exit_code == exits.UNCHECKED


def test_where_one_direction_is_mirrored_nothing_is_said_of_answers() -> None:
    line = Line()
    line.ask("REGISTER", "Expires: 3600")
    line.ask("REGISTER", "Expires: 3600", f"Authorization: {LOGIN}")
    line.beat(3, 60.0, None)
    assert rows(line.judged()) == {"register": ("unknown", "no-answer"), "heartbeat": ("unknown", "no-answer")}
    assert line.judged().exit_code == exits.UNCHECKED


def test_refused_heartbeats_fail_and_unanswered_ones_are_named() -> None:
    line = Line()
    line.beat(3, 60.0, 403)
    assert rows(line.judged())["heartbeat"] == ("failed", "refused")
    other = Line()
    other.beat(3, 60.0)
    other.beat(2, 60.0, None)
    assert flaws(other.judged()) == [("unanswered-heartbeats", "9.6.1 d")]


def test_a_device_that_left_is_not_registered() -> None:
    line = Line()
    line.register()
    line.beat(3, 60.0)
    line.register(200, "0")
    assert rows(line.judged())["register"] == ("unknown", "left")


def test_a_login_that_was_asked_for_and_never_came_is_unknown() -> None:
    line = Line()
    line.answer(line.ask("REGISTER", "Expires: 3600"), 401)
    assert rows(line.judged())["register"] == ("unknown", "not-finished")


def test_versions_name_their_clause() -> None:
    """Source: GB/T 28181-2022, annex I."""
    line = Line()
    line.register(200, "3600", "Expires: 3600")
    assert flaws(line.judged()) == [("platform-without-version", "annex I")]
    old = Line()
    old.register(200, "3600", "Expires: 3600", version="X-Other: 1")
    assert flaws(old.judged()) == [], "a device of 2016 needs none"
    odd = Line()
    odd.register(version="X-GB-Ver: 4.0")
    assert flaws(odd.judged()) == [("unknown-version", "annex I")]


def test_few_heartbeats_are_not_measured_and_silence_is_not_known() -> None:
    line = Line()
    line.register()
    assert rows(line.judged())["heartbeat"] == ("unknown", "none")
    line.beat(2, 60.0)
    assert rows(line.judged())["heartbeat"] == ("unknown", "too-few")
    nobody = judge(Listener(), 600.0, 0)
    assert (nobody.verdicts, nobody.exit_code) == ((), exits.UNCHECKED)


def test_lost_packets_leave_it_open() -> None:
    line = Line()
    line.register()
    line.beat(3, 60.0)
    assert judge(line.listener, 180.0, 5).exit_code == exits.UNCHECKED


def test_two_platforms_of_one_device_are_two_conversations() -> None:
    line = Line()
    line.register()
    line.answer(line.ask("REGISTER", "Expires: 3600", server="34020000002000000001"), 403)
    heard = line.judged()
    assert [(one.platform_id, one.steps[0].status) for one in heard.verdicts] == [
        (SERVER, "told"), ("34020000002000000001", "failed"),
    ]  # fmt: skip


def test_the_habits_of_a_maker_have_the_names_of_the_self_test() -> None:
    line = Line()
    asked = line.ask("REGISTER", f"Authorization: {LOGIN.replace('qop=auth, ', '').replace(ID, 'admin', 1)}")
    line.pass_by(f"SIP/2.0 200 OK\r\n{asked}\r\nContent-Length: 0\r\n\r\n".encode(), back=True)
    (one,) = line.judged().verdicts
    assert one.quirks == ("answer-without-via", "no-expires", "no-qop", "other-user-name")


MESSAGE = b"MESSAGE sip:x@y SIP/2.0\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\n\r\n"
HOSTILE = [
    b"REGISTER sip:x@y SIP/2.0\r\n\r\n", b"REGISTER sip:x@y SIP/2.0\r\nCall-ID: 1\r\n\r\n",
    b"SIP/2.0 200 OK\r\n\r\n",
    b"\x00" * 900, b"INVITE",
    b"REGISTER sip:\x1b[2J@y SIP/2.0\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n\r\n",
    MESSAGE + b"Keepalive<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
    MESSAGE + b"<Notify>Keepalive" + b"<a>" * 1000,
]  # fmt: skip


@pytest.mark.parametrize("data", HOSTILE)
def test_hostile_messages_are_counted_and_make_nobody_registered(data: bytes) -> None:
    line = Line()
    line.pass_by(data)
    line.pass_by(data, back=True)
    heard = line.judged()
    assert not [step for one in heard.verdicts for step in one.steps if step.status in ("told", "seen")]
    assert heard.exit_code == exits.UNCHECKED


def test_a_flood_of_conversations_is_bounded_and_leaves_it_open() -> None:
    line = Line()
    line.register()
    line.beat(3, 60.0)
    tracemalloc.start()
    for number in range(3_000):
        line.ask("REGISTER", "Expires: 3600", device=f"{number:020d}")
    assert tracemalloc.get_traced_memory()[0] < 2_000_000
    tracemalloc.stop()
    heard = line.judged()
    assert len(heard.verdicts) == TALKS_MAX
    assert heard.no_room > 2_900 and heard.exit_code == exits.UNCHECKED
    assert heard.verdicts[0].steps[0].status == "told", "who was there before is still followed"
