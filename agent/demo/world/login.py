"""Checks logins of a simulated device: WS-UsernameToken digest and HTTP/RTSP Digest, properly verified.

Decides from the request's own values and the device's clock; sends nothing. Every refused login counts as failed, as on
a real device, except one with an outdated Digest nonce.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

WINDOW = timedelta(seconds=300)
"""How far `Created` may lie from the device's own clock; ONVIF Core recommends a few minutes."""
NONCES_MAX = 1000
Outcome = Literal["granted", "anonymous", "stale", "refused"]
_FIELD = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')


@dataclass(frozen=True, slots=True)
class UsernameToken:
    """The WS-Security header of a SOAP call. `digest` and `nonce` are as sent, in base64."""

    user: str
    digest: str = field(repr=False)
    nonce: str
    created: str


class Gate:
    """The logins of a device, shared by its SOAP, HTTP and RTSP servers, with the count of failed ones."""

    def __init__(
        self,
        user: str,
        password: str,
        clock: Callable[[], datetime],
        realm: str,
        limited: Callable[[Outcome], Outcome] = lambda outcome: outcome,
    ) -> None:
        """Open the gate for one account; `limited` may turn the outcome of an HTTP or RTSP login into another."""
        self._limited = limited
        self._accounts, self._clock, self._realm = {user: password}, clock, realm
        self._lock = threading.Lock()
        self._tokens_seen: dict[str, datetime] = {}
        self._nonces: dict[str, int] = {}
        self._failed = 0

    def also(self, user: str, password: str | None) -> None:
        """Add an account, or remove it (None)."""
        with self._lock:
            self._accounts.pop(user, None)
            if password is not None:
                self._accounts[user] = password

    @property
    def failed_logins(self) -> int:
        """Number of requests with a login that was refused."""
        with self._lock:
            return self._failed

    def token(self, token: UsernameToken | None) -> Outcome:
        """Check a WS-UsernameToken: right digest, fresh by the device's clock, nonce not used before.

        Source: OASIS Web Services Security UsernameToken Profile 1.1, section 3.1; ONVIF Core, 5.9.
        """
        if token is None:
            return "anonymous"
        now = self._clock()
        with self._lock:
            granted = self._token_is_good(token, now)
            self._failed += not granted
        return "granted" if granted else "refused"

    def _token_is_good(self, token: UsernameToken, now: datetime) -> bool:
        try:
            nonce = base64.b64decode(token.nonce, validate=True)
            created = datetime.fromisoformat(token.created)
        except (binascii.Error, ValueError):
            return False
        if created.tzinfo is None or abs(created - now) > WINDOW:
            return False
        password = self._accounts.get(token.user, "")
        secret = nonce + token.created.encode() + password.encode()
        expected = base64.b64encode(hashlib.sha1(secret, usedforsecurity=False).digest()).decode()
        if token.user not in self._accounts or not hmac.compare_digest(expected.encode(), token.digest.encode()):
            return False
        self._tokens_seen = {old: at for old, at in self._tokens_seen.items() if abs(at - now) <= WINDOW}
        if token.nonce in self._tokens_seen:
            return False
        self._tokens_seen[token.nonce] = created
        return True

    def challenge(self, *, qop: bool, stale: bool = False) -> str:
        """Return a `WWW-Authenticate` value with a fresh nonce; RTSP servers of cameras usually leave `qop` out."""
        nonce = secrets.token_hex(16)
        with self._lock:
            while len(self._nonces) >= NONCES_MAX:
                del self._nonces[next(iter(self._nonces))]
            self._nonces[nonce] = 0
        parts = [f'realm="{self._realm}"', f'nonce="{nonce}"', 'algorithm="MD5"']
        parts += ['qop="auth"'] if qop else []
        parts += ['stale="true"'] if stale else []
        return "Digest " + ", ".join(parts)

    def digest(self, authorization: str | None, method: str, target: str | None) -> Outcome:
        """Check an `Authorization` header of HTTP or RTSP.

        Args:
            authorization: The header's value, or None where there is none.
            method: The request's method.
            target: What `uri` must equal; None where clients are known to sign another address of the same session.

        Source: RFC 7616 and RFC 2617 (HTTP), RFC 2326 section 14 (RTSP).
        """
        if authorization is None:
            return "anonymous"
        with self._lock:
            outcome = self._digest_outcome(authorization, method, target)
            self._failed += outcome == "refused"
        return self._limited(outcome)

    def _digest_outcome(self, authorization: str, method: str, target: str | None) -> Outcome:
        scheme, _, rest = authorization.partition(" ")
        values = {name.lower(): quoted or bare for name, quoted, bare in _FIELD.findall(rest)}
        user, nonce, uri = (values.get(name, "") for name in ("username", "nonce", "uri"))
        if scheme.lower() != "digest" or user not in self._accounts or values.get("realm") != self._realm:
            return "refused"
        if target is not None and uri != target:
            return "refused"
        secret = _md5(f"{user}:{self._realm}:{self._accounts[user]}")
        request = _md5(f"{method}:{uri}")
        middle = nonce
        if values.get("qop") == "auth":
            middle = f"{nonce}:{values.get('nc', '')}:{values.get('cnonce', '')}:auth"
        expected = _md5(f"{secret}:{middle}:{request}")
        if not hmac.compare_digest(expected.encode(), values.get("response", "").encode()):
            return "refused"
        return self._nonce_outcome(nonce, values.get("nc"))

    def _nonce_outcome(self, nonce: str, count_hex: str | None) -> Outcome:
        """Check the nonce of a right password: an unknown one, or a count that does not rise, must be renewed."""
        last = self._nonces.get(nonce)
        if last is None:
            return "stale"
        if count_hex is None:
            return "granted"
        count = int(count_hex, 16) if re.fullmatch(r"[0-9a-fA-F]{1,8}", count_hex) else 0
        if count <= last:
            return "stale"
        self._nonces[nonce] = count
        return "granted"


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
