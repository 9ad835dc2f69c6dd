"""What a Dahua recorder's log shows of us: CGI and RPC2 are two doors to one account, and a refusal at one is for both.

The scripted recorder counts logins that were taken and refused at each door.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from dahua_device import CAMERAS, Nvr, fixture, observe, reading, said
from devices import NOW, PASSWORD, Asked, device, http
from onvif_reading import fact, reason

from drivers.credentials import Credentials
from drivers.dahua.read import read
from drivers.footage import Channels, PlatformLink
from drivers.http.transport import open_transport
from drivers.model import Accounts, Identity, Observations, Unavailable

ONE = CAMERAS[:1]
PERIOD = timedelta(minutes=15)


def cycles(
    nvr: Nvr, states: Credentials, count: int, password: str = PASSWORD, begin: datetime = NOW
) -> list[Observations]:
    """Read the recorder once a period for two hours, which is longer than any lock time, and then once an hour."""
    seen = []
    with nvr.device() as served:
        box = replace(device(served.port, password), driver="dahua")
        for number in (*range(min(count, 8)), *range(8, count, 4)):
            now = begin + number * PERIOD
            with open_transport(box, 20.0, states, lambda now=now: now) as transport:  # type: ignore[misc]
                seen.append(read(ONE, transport, {}))
    return seen


def reasons(seen: Observations) -> set[str]:
    return {one.value.reason for one in seen if isinstance(one.value, Unavailable)}


def test_a_healthy_recorder_sees_one_session_of_rpc2_a_cycle_and_none_is_left() -> None:
    nvr = Nvr()
    for seen in cycles(nvr, Credentials(None), 8):
        assert isinstance(fact(seen, "device:box", PlatformLink), PlatformLink)
    assert (nvr.rpc_good, nvr.rpc_open, nvr.rpc_refused, nvr.refused) == (8, 0, 0, 0)


def test_a_wrong_password_is_one_refused_login_at_cgi_and_none_at_rpc2() -> None:
    nvr = Nvr()
    seen = cycles(nvr, Credentials(None), 96, "wrong")
    assert (nvr.refused, nvr.rpc_refused) == (1, 0)
    assert reasons(seen[0]) == {"refused"} and reasons(seen[-1]) == {"not-tried"}
    assert not any(one.startswith("RPC2") for one in nvr.asked), "not even a challenge is asked for"


def test_a_secret_that_only_rpc2_refuses_is_sent_there_once() -> None:
    """CGI takes it again after the lock time; that is no reason to try RPC2 again."""
    nvr, states = Nvr(rpc_password="another"), Credentials(None)
    seen = cycles(nvr, states, 96)
    assert (nvr.rpc_refused, nvr.refused) == (1, 0)
    assert reason(seen[0], "device:box", "platform-link") == "refused"
    assert reason(seen[1], "device:box", "identity") == "not-tried", "a refusal at one door is one for all"
    assert isinstance(fact(seen[3], "device:box", Identity), Identity), "after the longest known lock time"
    assert reason(seen[-1], "device:box", "platform-link") == "not-tried"
    assert [entry.user for entry in states.entries() if entry.state == "wrong"] == ["admin (RPC2)"]


def test_a_retry_that_somebody_asks_for_is_one_more_try_at_both_doors() -> None:
    nvr, states = Nvr(rpc_password="another"), Credentials(None)
    cycles(nvr, states, 1)
    assert states.retry("box")
    cycles(nvr, states, 4, begin=NOW + timedelta(hours=1))
    assert nvr.rpc_refused == 2


def test_rpc2_that_stops_taking_the_secret_is_tried_after_the_lock_time_and_then_once_a_day() -> None:
    nvr, states = Nvr(), Credentials(None)
    cycles(nvr, states, 2)
    nvr.rpc_password = "another"
    cycles(nvr, states, 96, begin=NOW + timedelta(hours=1))
    assert nvr.rpc_refused == 2
    cycles(nvr, states, 96, begin=NOW + timedelta(days=1, hours=2))
    assert nvr.rpc_refused == 3


def test_the_state_of_both_doors_outlives_the_process(tmp_path: Path) -> None:
    nvr, path = Nvr(rpc_password="another"), tmp_path / "states.json"
    for number in range(6):
        cycles(nvr, Credentials(path), 1, begin=NOW + number * timedelta(hours=1))
    assert nvr.rpc_refused == 1
    assert PASSWORD not in path.read_text("utf-8")


# --- lock-outs

LOCKED = http(403, fixture("locked.json"), content_type="application/json")


def test_a_locked_account_at_cgi_stops_everything_until_somebody_says_so() -> None:
    nvr, states = Nvr(answers={"getCurrentTime": LOCKED}), Credentials(None)
    cycles(nvr, states, 8)
    assert nvr.asked == ["getCurrentTime"]
    assert [(entry.state, entry.detail) for entry in states.entries()] == [("wrong", "locked")]


def test_an_address_that_is_locked_before_any_login_stops_everything_too() -> None:
    nvr, states = Nvr(login=False, answers={"getCurrentTime": LOCKED}), Credentials(None)
    seen = cycles(nvr, states, 1)
    assert reasons(seen[0]) == {"refused"} and nvr.asked == ["getCurrentTime"]
    assert [(entry.state, entry.detail) for entry in states.entries()] == [("doubtful", "locked")]


def test_a_lock_that_was_told_before_any_login_ends_when_the_device_says() -> None:
    """Nothing of ours was refused: somebody else locked the account, and the right secret works again by itself."""
    body = b'{"ErrorCode":268632081,"RmLock":1800,"RmLogin":0}'
    nvr, states = Nvr(login=False, answers={"getCurrentTime": http(403, body)}), Credentials(None)
    seen = cycles(nvr, states, 1)
    assert reasons(seen[0]) == {"refused"}
    nvr.login, nvr.good = True, 0
    nvr.answers.clear()
    assert reasons(cycles(nvr, states, 1, begin=NOW + timedelta(minutes=29))[0]) == {"not-tried"}
    assert (nvr.good, nvr.refused) == (0, 0)
    later = cycles(nvr, states, 1, begin=NOW + timedelta(minutes=31))
    assert isinstance(fact(later[0], "device:box", Identity), Identity) and nvr.refused == 0
    assert {entry.state for entry in states.entries()} == {"worked"}


def test_the_code_of_a_lock_out_is_enough() -> None:
    nvr, states = Nvr(answers={"getCurrentTime": http(403, b'{"ErrorCode":268632081}')}), Credentials(None)
    cycles(nvr, states, 1)
    assert [entry.state for entry in states.entries()] == ["wrong"]


def rpc_error(code: int, message: str, params: dict[str, int] | None = None) -> bytes:
    return said({"result": False, "error": {"code": code, "message": message}, "params": params or {}})


LOCKS = {
    "before the challenge": rpc_error(268632081, "User locked!"),
    "blocked address": rpc_error(268632073, "InBlackList"),
    "seconds": rpc_error(268632085, "no", {"remainLockSecond": 300, "remainLoginTimes": 0}),
    "last try": rpc_error(268632085, "no", {"remainLockSecond": 0, "remainLoginTimes": 0}),
    "status 403": LOCKED,
}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_locked_account_at_rpc2_stops_everything(lock: str) -> None:
    nvr, states = Nvr(answers={"RPC2 login": LOCKS[lock]}), Credentials(None)
    seen = cycles(nvr, states, 2)
    assert reason(seen[0], "device:box", "platform-link") == "refused"
    assert nvr.asked.count("RPC2 login") == 1, "nothing was sent to a locked account"
    assert {entry.state for entry in states.entries() if entry.user == "admin"} == {"wrong"}
    assert reasons(seen[1]) == {"not-tried"}


def second(answer: bytes) -> Nvr:
    """A recorder that gives a challenge, and this to its answer."""

    def login(asked: Asked) -> bytes:
        password = json.loads(asked.body)["params"]["password"]
        return answer if password else http(200, fixture("login-challenge.json"))

    return Nvr(answers={"RPC2 login": login})


def test_a_device_that_is_full_is_busy_and_not_wrong() -> None:
    states = Credentials(None)
    seen = cycles(second(rpc_error(268632075, "Busy")), states, 1)
    assert reason(seen[0], "device:box", "platform-link") == "busy"
    assert {entry.state for entry in states.entries()} == {"busy"}


def test_an_unknown_refusal_counts_as_one() -> None:
    nvr = second(rpc_error(1, "?"))
    cycles(nvr, Credentials(None), 8)
    assert nvr.asked.count("RPC2 login") == 2


def test_an_answer_that_says_nothing_of_the_login_is_no_refusal() -> None:
    states = Credentials(None)
    for answer in (http(200, b""), http(200, b"[]"), http(200, b'{"result":"yes"}')):
        seen = cycles(second(answer), states, 1)
        assert reason(seen[0], "device:box", "platform-link") == "malformed"
    assert {entry.state for entry in states.entries()} == {"worked"}


# --- what is never sent


def challenge(**params: object) -> bytes:
    answer = json.loads(fixture("login-challenge.json"))
    answer["params"] |= params
    return http(200, json.dumps(answer).encode())


@pytest.mark.parametrize("kind", ["Basic", "Plain", "OldDigest", "WatchNet", None, 5])
def test_a_login_of_another_kind_is_not_answered(kind: object) -> None:
    nvr, states = Nvr(answers={"RPC2 login": challenge(encryption=kind)}), Credentials(None)
    seen = cycles(nvr, states, 1)
    assert reason(seen[0], "device:box", "platform-link") == "not-tried"
    assert nvr.asked.count("RPC2 login") == 1


@pytest.mark.parametrize("params", [{"realm": ""}, {"random": 5}, {"realm": None}])
def test_a_challenge_that_is_none_is_not_answered(params: dict[str, object]) -> None:
    nvr = Nvr(answers={"RPC2 login": challenge(**params)})
    seen = cycles(nvr, Credentials(None), 1)
    assert reason(seen[0], "device:box", "platform-link") == "malformed"
    assert nvr.asked.count("RPC2 login") == 1


def test_the_password_is_never_on_the_wire_nor_in_an_observation() -> None:
    """At both doors, each of which it opens: neither as it is, nor as Basic would carry it."""
    nvr = Nvr()
    with nvr.device() as served:
        box = replace(device(served.port), driver="dahua")
        with open_transport(box, 20.0, Credentials(None), lambda: NOW) as transport:
            seen = read(ONE, transport, {})
        sent = b"".join(one.body + repr(one.headers).encode() + one.target.encode() for one in served.asked)
        schemes = {one.authorization.partition(" ")[0] for one in served.asked}
    assert PASSWORD.encode() not in sent and PASSWORD not in repr(seen) and PASSWORD not in repr(transport.samples)
    assert schemes == {"", "Digest"}
    assert nvr.good and nvr.rpc_good == 1


def test_http_login_is_kept_out_of_rpc2() -> None:
    nvr = Nvr(answers={"RPC2 login": http(401, b"", ("WWW-Authenticate", 'Digest realm="x", nonce="y", qop="auth"'))})
    with nvr.device() as served:
        box = replace(device(served.port), driver="dahua")
        with open_transport(box, 20.0, Credentials(None), lambda: NOW) as transport:
            read(ONE, transport, {})
        posts = [one for one in served.asked if one.method == "POST"]
    assert posts[0].authorization == "" and len(posts) <= 2


# --- a recorder without RPC2, or without a right


@pytest.mark.parametrize("status", [404, 400, 501])
def test_a_device_without_rpc2_is_read_over_cgi_alone(status: int) -> None:
    nvr = Nvr(answers={"RPC2 login": http(status, b"")})
    seen = observe(nvr, ONE)
    assert reason(seen, "device:box", "platform-link") == "unsupported"
    channels = fact(seen, "device:box", Channels)
    assert isinstance(channels, Channels) and {one.state for one in channels.channels} == {"unknown"}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (rpc_error(268894210, "Component error: Method not found!"), "unsupported"),
        (rpc_error(268632064, "Interface not found"), "unsupported"),
        (rpc_error(0, "Authority:check failure."), "refused"),
        (rpc_error(268959743, "Unknown error! error code was not set in service!"), "fault"),
        (said({"result": True}), "malformed"),
        (said({"params": {}}), "malformed"),
        (http(200, fixture("VSP_GAYS_SERVER.json")[:-40]), "malformed"),
        (http(200, b"<html>"), "malformed"),
        (http(200, b'{"result":true,"result":true,"params":{}}'), "malformed"),
        (http(200, b"[" * 100_000), "malformed"),
    ],
)
def test_a_call_that_fails_costs_its_fact_and_the_session_is_ended(answer: bytes, why: str) -> None:
    nvr = Nvr(answers={"RPC2 VSP_GAYS_SERVER": answer})
    seen = observe(nvr, ONE)
    assert reason(seen, "device:box", "platform-link") == why
    assert isinstance(fact(seen, "device:box", Channels), Channels) and nvr.rpc_open == 0


@pytest.mark.parametrize("password", [None, ""])
def test_no_login_is_sent_where_none_is_configured(password: str | None) -> None:
    nvr = Nvr(login=False)
    with reading(nvr, password=password) as transport:
        seen = read(ONE, transport, {})
    assert reason(seen, "device:box", "platform-link") == "not-tried"
    assert isinstance(fact(seen, "device:box", Accounts), Accounts)
    assert not any(one.startswith("RPC2") for one in nvr.asked)
