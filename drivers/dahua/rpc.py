"""Requests over RPC2, Dahua's JSON interface, only what CGI does not give, and logs out each time.

Its login is a second door to the same account. It obeys the state of the account's credential, and its refusal counts
for CGI and RTSP too. It also has a state of its own, under the user's name with the door behind it: a secret refused
here is not tried again because CGI takes it. At most one answer to a challenge is sent a run.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from drivers.dahua import cgi
from drivers.errors import DeviceFault, DriverError, Malformed, NoCredential, NotPermitted, NotTried, Unsupported
from drivers.exchange import Request, Transport
from drivers.http.json_answer import flag, json_object, whole
from drivers.http.refusal import refusal, weigh
from drivers.model import Credential, Device, Reply
from drivers.text import decode_text, sanitize

MAX_BYTES = 4 * 1024 * 1024
_END_S = 3.0
"""How long saying goodbye may take."""

_LOCKED, _FULL = "the account is locked", "no more sessions"
_MEANING = {268632081: _LOCKED, 268632073: _LOCKED, 268632074: _FULL, 268632075: _FULL}
"""The codes of a refused login, in words that `credentials.weigh` classifies."""

_NO_METHOD = (268894210, 268632064)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a device gives to be answered."""

    realm: str
    random: str
    session: str | int


def door(device: Device) -> Device:
    """Return the device with a credential whose state is that of this door alone."""
    credential = _credential(device)
    return replace(device, credential=replace(credential, user=f"{credential.user} (RPC2)"))


def _credential(device: Device) -> Credential:
    if device.credential is None:
        raise NoCredential("RPC2_Login: the device asks for a login and none is configured for it")
    return device.credential


def log_in(transport: Transport) -> Session:
    """Log in, once. Raises DriverError: no RPC2, or refused; NotTried where the credential must not be sent."""
    device, credentials = transport.device, transport.credentials
    own = door(device)
    # Before the challenge is asked for: a device may count that question as a try.
    credentials.admit(device, transport.clock())
    credentials.admit(own, transport.clock())
    first = _post(transport, "RPC2_Login", "/RPC2_Login", _login(device, "", None, 1))
    said = refusal_of(first)
    if said is None or weigh(said) != "locked":
        challenge = challenge_of(first)
        body = _login(device, hashed(device, challenge), challenge.session, 2)
        reply = _post(transport, "RPC2_Login", "/RPC2_Login", body, carries_credential=True)
        said = refusal_of(reply)
        if said is None:
            for one in (device, own):
                credentials.accepted(one, transport.clock())
            return Session(transport, session_of(reply, challenge.session))
    for one in (device, own):
        credentials.refused(one, transport.clock(), said)
    raise refusal(said, "RPC2_Login: the device refused the login")


def challenge_of(reply: Reply) -> Challenge:
    """Parse the answer without a password. Raises Malformed; NotTried for a readable or unknown form of password."""
    answer = json_object(reply)
    params = answer.get("params")
    session = answer.get("session")
    if not isinstance(params, dict) or isinstance(session, bool) or not isinstance(session, str | int):
        raise Malformed("RPC2_Login: the answer is no challenge")
    realm, random = params.get("realm"), params.get("random")
    if not isinstance(realm, str) or not isinstance(random, str) or not realm or not random:
        raise Malformed("RPC2_Login: the answer is no challenge")
    if params.get("encryption", "Default") != "Default":
        raise NotTried("RPC2_Login: the device asks for a login of a kind that is not known")
    return Challenge(realm, random, session)


def hashed(device: Device, challenge: Challenge) -> str:
    """Return what answers a challenge: MD5 over user, random and the MD5 of user, realm and password."""
    credential = _credential(device)
    secret = _md5(f"{credential.user}:{challenge.realm}:{credential.password}")
    return _md5(f"{credential.user}:{challenge.random}:{secret}")


def refusal_of(reply: Reply) -> str | None:
    """Return the words of a refusal for `credentials.weigh`; None where the login was taken.

    Any answer but "taken" is a refusal: a secret was sent.

    Raises:
        Malformed: Not an answer to a login.
    """
    text = decode_text(reply.body)
    if reply.status in (401, 403):
        return _LOCKED if cgi.LOCKED_CODE in text else text
    answer = json_object(reply)
    result = answer.get("result")
    if not isinstance(result, bool):
        raise Malformed("RPC2_Login: the answer does not say whether the login was taken")
    if result:
        return None
    code, message = _error_of(answer)
    params = answer.get("params")
    if isinstance(params, dict) and (whole(params.get("remainLockSecond")) or params.get("remainLoginTimes") == 0):
        return f"{_LOCKED}; remainLockSecond={whole(params.get('remainLockSecond')) or 0}"
    return _MEANING.get(code, message)


def session_of(reply: Reply, given: str | int) -> str | int:
    """Return the session that a login that was taken names; else the one of its challenge."""
    session = json_object(reply).get("session")
    return session if isinstance(session, str | int) and not isinstance(session, bool) else given


@dataclass(slots=True, eq=False, repr=False)
class Session:
    """A login that was taken."""

    _transport: Transport
    _session: str | int
    _sent: int = 2

    def camera_states(self) -> dict[str, Any]:
        """Ask how the cameras behind the recorder are connected. Raises DriverError."""
        return self._call("getCameraState", "LogicDeviceManager.getCameraState", {"uniqueChannels": [-1]})

    def config(self, name: str) -> dict[str, Any]:
        """Ask for one table of the configuration. Raises DriverError."""
        return self._call(name, "configManager.getConfig", {"name": name})

    def log_out(self) -> None:
        """End the session; whatever comes of it."""
        body = self._body("global.logout", None)
        with contextlib.suppress(DriverError):
            _post(self._transport, "RPC2 logout", "/RPC2", body, limit_s=_END_S)

    def _call(self, operation: str, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        return params_of(_post(self._transport, operation, "/RPC2", self._body(method, params)))

    def _body(self, method: str, params: Mapping[str, Any] | None) -> dict[str, Any]:
        self._sent += 1
        return {"method": method, "params": params, "id": self._sent, "session": self._session}


def params_of(reply: Reply) -> dict[str, Any]:
    """Return the content of an answer to a call. Raises DriverError; Malformed where it is no such answer."""
    answer = json_object(reply)
    params = answer.get("params")
    if flag(answer.get("result")) is True and isinstance(params, dict):
        return params
    if flag(answer.get("result")) is not False:
        raise Malformed(f"{reply.operation}: the answer says neither yes nor no")
    code, message = _error_of(answer)
    if code in _NO_METHOD or "not found" in message.lower():
        raise Unsupported(f"{reply.operation}: the device has no such operation")
    if "authority" in message.lower() or "permission" in message.lower():
        raise NotPermitted(f"{reply.operation}: the login has not the right to ask this")
    raise DeviceFault(f"{reply.operation}: {sanitize(message, 80) or 'refused without a word'} ({code})")


def _error_of(answer: Mapping[str, Any]) -> tuple[int, str]:
    error = answer.get("error")
    if not isinstance(error, dict):
        return 0, ""
    return whole(error.get("code")), sanitize(error.get("message"))


def _login(device: Device, password: str, session: str | int | None, number: int) -> dict[str, Any]:
    params = {"userName": _credential(device).user, "password": password, "clientType": "Web3.0"}
    if session is None:
        return {"method": "global.login", "params": params, "id": number}
    params |= {"authorityType": "Default", "passwordType": "Default"}
    return {"method": "global.login", "params": params, "id": number, "session": session}


def _post(
    transport: Transport,
    operation: str,
    path: str,
    body: Mapping[str, Any],
    carries_credential: bool = False,
    limit_s: float = 0.0,
) -> Reply:
    request = Request(
        operation,
        "POST",
        path,
        json.dumps(body).encode(),
        (("Content-Type", "application/json"),),
        max_bytes=MAX_BYTES,
        # The login of HTTP that CGI uses has no business here.
        anonymous_first=True,
        carries_credential=carries_credential,
        limit_s=limit_s,
    )
    exchange = transport.exchange(request)
    if carries_credential and exchange.reply.status in (401, 403):
        return exchange.reply
    cgi.check(transport, exchange.reply)
    if not exchange.anonymous and not carries_credential:
        raise Unsupported(f"{operation}: the device wants a login of HTTP before that of RPC2")
    return exchange.reply


def _md5(text: str) -> str:
    # MD5 is what the protocol names; it guards nothing of ours that a better hash could.
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()
