"""Decides which HTTP requests carry a login: anonymous first, then the one scheme that a challenge names.

A challenge is not a refusal; a refusal answers a request that carried the credential, and ends all tries (states in
`drivers/credentials.py`). Nonces are reused as long as the device takes them, also from one run to the next
(`drivers/nonces.py`): some count each new one as a failed login. `transport.py` sends requests;
`drivers/authentication.py` computes answers to challenges.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from drivers.authentication import Challenge, authorization, choose
from drivers.credentials import Credentials
from drivers.errors import (
    DeadlineExceeded,
    DriverError,
    HungUp,
    NoCredential,
    NotPermitted,
    NotTried,
    ProtocolBroken,
)
from drivers.exchange import Exchange, Request
from drivers.http.refusal import is_shut, lacks_right, refusal, weigh
from drivers.model import Device, Reply
from drivers.nonces import CachedNonce
from drivers.text import decode_text


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the device, and the challenges in it that can be met."""

    exchange: Exchange
    challenges: tuple[Challenge, ...]


@dataclass(slots=True, eq=False, repr=False)
class Login:
    """The login of one device during one run. `once` sends a request with an Authorization header or without."""

    _device: Device
    _credentials: Credentials
    _now: Callable[[], datetime]
    _once: Callable[[Request, str | None], Answer]
    _uri: Callable[[Request], str]

    def exchange(self, request: Request) -> Exchange:
        """Ask, and log in if challenged. Raises DriverError."""
        port = request.port or self._device.port
        known = self._credentials.nonces.of(self._device, port)
        if known is None or known.challenge is None or request.anonymous_first or request.carries_credential:
            answer = self._anonymous(request)
            if answer.exchange.reply.status != 401 or request.carries_credential or not answer.challenges:
                return answer.exchange
            if self._device.credential is not None and is_shut(_body_text(answer.exchange.reply)):
                # A login that is sent now is refused whatever it is, and makes the lock last longer.
                raise self._refused(answer.exchange.reply)
            known = self._fresh(known, answer.challenges)
        return self._with_login(request, port, known)

    def _anonymous(self, request: Request) -> Answer:
        try:
            return self._once(request, None)
        except HungUp:
            if request.carries_credential:
                raise
        return self._once(request, None)

    def _fresh(self, known: CachedNonce | None, challenges: Iterable[Challenge]) -> CachedNonce:
        """Reuse the nonce where the device still takes it: some count each new one as a failed login."""
        challenge = choose(challenges)
        if challenge is None:
            raise NotTried("the device asks for a login of a kind that is not known")
        used = known.challenge if known is not None else None
        if known is not None and used is not None and (used.realm, used.scheme) == (challenge.realm, challenge.scheme):
            return known
        learned = known.tells_stale if known is not None else None
        return CachedNonce(challenge, tells_stale=(challenge.tells_stale or None) if learned is None else learned)

    def _with_login(self, request: Request, port: int, known: CachedNonce) -> Exchange:
        device, uri = self._device, self._uri(request)
        if device.credential is None:
            raise NoCredential("the device asks for a login and none is configured for it")
        challenge, used, tells_stale = known.challenge, known.used, known.tells_stale
        safe = device.tls or device.allow_basic
        for attempt in range(2):
            if challenge is None:
                break
            used += 1
            header = authorization(challenge, device.credential, request.method, uri, used, tls=safe)
            if attempt == 0:
                # Only now: a login that cannot be sent at all must not use up a retry.
                self._credentials.admit(device, self._now(), self._way(request))
            try:
                answer = self._once(request, header)
            except (ProtocolBroken, DeadlineExceeded) as error:
                if used < 2 and error.sent:
                    # Nobody knows whether this login was weighed, and a second one may be one too many.
                    self._credentials.unanswered(device, self._now())
                if used < 2 or not isinstance(error, HungUp):
                    raise
                used += 1
                header = authorization(challenge, device.credential, request.method, uri, used, tls=safe)
                answer = self._once(request, header)
            reply = answer.exchange.reply
            if reply.status != 401:
                # A login that was refused and now works: then the word was missing where the nonce had run out.
                if self._note(request, reply) and tells_stale:
                    tells_stale = False
                self._credentials.nonces.keep(device, port, CachedNonce(challenge, used, tells_stale))
                return answer.exchange
            if lacks_right(_body_text(reply)):
                self._credentials.nonces.keep(device, port, CachedNonce(challenge, used, tells_stale))
                raise NotPermitted(f"{request.operation}: the login has not the right to ask this")
            self._credentials.nonces.drop(device, port)
            renewed = choose(answer.challenges)
            if renewed is None or renewed.nonce == challenge.nonce:
                break
            if tells_stale is None and (challenge.tells_stale or renewed.tells_stale):
                tells_stale = True
            # A nonce that had worked may have run out on a device that has no word for it. One that has the word and
            # does not say it refuses the password.
            if not renewed.stale and (used < 2 or tells_stale):
                break
            challenge, used = renewed, 0
        raise self._refused(reply, self._way(request))

    def _way(self, request: Request) -> str:
        """Name the way in: SOAP of an ONVIF device, and what else it serves, may know other accounts."""
        return "soap" if self._device.driver == "onvif" and request.method == "POST" else "http"

    def _note(self, request: Request, reply: Reply) -> bool:
        """Record what an answer behind the login proves about it; return whether the login had been in doubt."""
        now = self._now()
        # A fault other than NotAuthorized comes from behind the login.
        if reply.status < 400 or (b"Fault>" in reply.body and b"NotAuthorized" not in reply.body):
            return self._credentials.accepted(self._device, now, self._way(request))
        if reply.status == 403 and weigh(_body_text(reply)) != "refused":
            raise self._refused(reply)
        return False

    def _refused(self, reply: Reply, way: str = "") -> DriverError:
        """Note a refusal, and return it as an error."""
        text = _body_text(reply)
        self._credentials.refused(self._device, self._now(), text, way)
        return refusal(text, f"{reply.operation}: the device refused the login")


def _body_text(reply: Reply) -> str:
    return decode_text(reply.body)
