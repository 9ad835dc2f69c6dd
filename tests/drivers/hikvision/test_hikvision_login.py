"""Logins to Hikvision devices: one refused login and no more, lock-outs that are read, rights that are missing."""

from __future__ import annotations

from base64 import b64encode

import pytest
from devices import PASSWORD, USER, Asked, http
from hikvision_device import CAMERAS, NOT_SUPPORTED, XML, Nvr, locked, observe, status, transport_to
from onvif_reading import fact, reason

from drivers.credentials import Credentials
from drivers.hikvision.read import read
from drivers.http.refusal import is_shut, lacks_right, weigh
from drivers.model import Identity, Masks, Observations, Recordings, Unavailable

TRIES_LEFT = (
    b"<userCheck><statusValue>401</statusValue><lockStatus>unlock</lockStatus><unlockTime>0</unlockTime>"
    b"<retryLoginTime>4</retryLoginTime></userCheck>"
)
MASK = "ContentMgmt/InputProxy/channels/1/video/privacyMask"


def reasons(seen: Observations) -> set[str]:
    """Why facts are missing, but for what nobody asked for."""
    return {one.value.reason for one in seen if isinstance(one.value, Unavailable)} - {"not-looked-at"}


def test_a_wrong_password_is_one_refused_login_in_all_runs() -> None:
    nvr, credentials = Nvr(password="another", refusal_body=TRIES_LEFT), Credentials(None)
    with nvr.device() as served:
        for run in range(3):
            with transport_to(served, credentials) as transport:
                seen = read(CAMERAS, transport)
                assert reasons(seen) == ({"refused"} if run == 0 else {"not-tried"})
        assert nvr.refused == 1
        assert len(served.asked) == 4, "and after it each run asks once, without a login"


@pytest.mark.parametrize("body", [locked(), locked(0), TRIES_LEFT.replace(b">4<", b">0<")])
def test_a_lock_out_that_is_read_stops_all_further_logins_even_where_the_login_had_worked(body: bytes) -> None:
    nvr, credentials = Nvr(), Credentials(None)
    with nvr.device() as served:
        for password, refusal in ((PASSWORD, b""), ("another", body), (PASSWORD, b"")):
            nvr.password, nvr.refusal_body = password, refusal
            with transport_to(served, credentials) as transport:
                seen = read(CAMERAS, transport)
        box = transport.device
    assert nvr.refused == 1, "the password is right again, and is not sent"
    assert reasons(seen) == {"not-tried"} and credentials.state(box).state == "wrong"


def test_a_device_that_says_it_is_locked_gets_no_login_at_all() -> None:
    nvr, credentials = Nvr(challenge_body=locked()), Credentials(None)
    with nvr.device() as served, transport_to(served, credentials) as transport:
        seen = read(CAMERAS, transport)
        assert [asked.authorization for asked in served.asked] == [""]
        assert reasons(seen) == {"refused"} and credentials.state(transport.device).state == "wrong"
        assert any("locked" in one.value.detail for one in seen if isinstance(one.value, Unavailable))


def test_a_challenge_that_counts_the_tries_left_is_no_lock() -> None:
    nvr = Nvr(challenge_body=TRIES_LEFT.replace(b">4<", b">0<"))
    assert isinstance(fact(observe(nvr), "device:box", Identity), Identity)
    assert nvr.refused == 0


@pytest.mark.parametrize("text", ["<lockStatus>lock</lockStatus>", "<LockStatus> lock </LockStatus>"])
def test_the_words_for_a_lock_are_known(text: str) -> None:
    assert is_shut(text) and weigh(text) == "locked"
    assert not is_shut(text.replace("lock<", "unlock<").replace("lock <", "unlock <"))
    assert not is_shut("<lockStatus>unlock</lockStatus>") and not is_shut("lockStatus") and not is_shut("")


# Rights


def test_a_right_that_is_missing_under_401_is_no_wrong_password() -> None:
    nvr, credentials = Nvr(), Credentials(None)
    challenge = ("WWW-Authenticate", 'Digest qop="auth", realm="DS-7616", nonce="def", stale="FALSE"')
    body = status(403, 4, "lowPrivilege").partition(b"\r\n\r\n")[2]
    nvr.answers["Security/users"] = http(401, body, challenge, content_type=XML)
    with nvr.device() as served:
        for _ in range(2):
            with transport_to(served, credentials) as transport:
                seen = read(CAMERAS, transport)
                assert reason(seen, "device:box", "accounts") == "refused"
                assert isinstance(fact(seen, "camera:one", Masks), Masks)
        assert credentials.state(transport.device).state == "worked"
    assert nvr.refused == 0 and nvr.anonymous == 1
    assert lacks_right(body.decode()) and not lacks_right("<subStatusCode>badAuthorization</subStatusCode>")


def test_a_right_that_is_missing_costs_only_what_it_is_for() -> None:
    low = status(403, 4, "lowPrivilege")
    seen = observe(Nvr(answers={"ContentMgmt/search": low, "ContentMgmt/Storage": low, "Security/adminAccesses": low}))
    for subject, name in (("camera:one", "recordings"), ("device:box", "disks"), ("device:box", "protocols")):
        assert reason(seen, subject, name) == "refused"
    assert isinstance(fact(seen, "camera:one", Masks), Masks)


def test_no_login_is_configured() -> None:
    with Nvr().device() as served, transport_to(served, credential=None) as transport:
        assert reasons(read(CAMERAS, transport)) == {"not-tried"}
        assert len(served.asked) == 1


# Old units know Basic only


class OldUnit(Nvr):
    """Takes the password readable, or not at all."""

    def answer(self, asked: Asked) -> bytes | None:
        if not asked.authorization:
            return http(401, b"", ("WWW-Authenticate", 'Basic realm="DVR"'))
        assert asked.authorization == "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        self.asked.append((asked.method, asked.target))
        path = asked.target.removeprefix("/ISAPI/")
        return http(200, self.document(path)) if self.document(path) else NOT_SUPPORTED

    @staticmethod
    def document(path: str) -> bytes:
        return b"<DeviceInfo><model>DS-7204</model></DeviceInfo>" if path == "System/deviceInfo" else b""


def test_basic_is_answered_only_where_the_configuration_allows_it() -> None:
    unit = OldUnit()
    assert reasons(observe(unit)) == {"not-tried"} and unit.asked == []
    seen = observe(unit, allow_basic=True)
    assert isinstance(fact(seen, "device:box", Identity), Identity) and reasons(seen) == {"unsupported"}


# Devices that hang, and a device in the middle of whose run something breaks


def test_a_read_that_hangs_costs_the_others_nothing_but_time() -> None:
    nvr = Nvr(answers={"ContentMgmt/InputProxy/channels/1/video/overlays": lambda asked: None})
    seen = observe(nvr, deadline_s=8.0)
    assert reason(seen, "camera:one", "overlays") == "deadline"
    for name, kind in (("masks", Masks), ("recordings", Recordings)):
        assert isinstance(fact(seen, "camera:three", name), kind)


def test_a_connection_that_breaks_costs_one_fact() -> None:
    nvr = Nvr(answers={MASK: http(200, b"<PrivacyMask>", length=4000)})
    with nvr.device() as served:
        broken = nvr.answers[MASK]
        assert isinstance(broken, bytes)
        nvr.answers[MASK] = lambda asked: iter((broken,))  # type: ignore[assignment, return-value]
        with transport_to(served) as transport:
            seen = read(CAMERAS, transport)
    assert reason(seen, "camera:one", "masks") == "unreachable"
    assert isinstance(fact(seen, "camera:two", Masks), Masks)


def test_an_answer_without_end_is_cut() -> None:
    huge = http(200, b"<PrivacyMask>" + b" " * (5 * 1024 * 1024) + b"</PrivacyMask>")
    seen = observe(Nvr(answers={MASK: huge}))
    assert reason(seen, "camera:one", "masks") == "malformed"


def test_a_busy_device_is_not_asked_again_by_the_login_but_answers_other_questions() -> None:
    seen = observe(Nvr(answers={"System/time": status(503, 2, "deviceBusy", "Device Busy")}))
    assert reason(seen, "device:box", "clock") == "busy"
    assert isinstance(fact(seen, "device:box", Identity), Identity)
