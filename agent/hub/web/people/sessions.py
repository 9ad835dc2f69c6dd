"""Decides whether a session, a token or a posted form counts. Pure.

A session is a random cookie, made at log-in and never before, of which the page stores the digest. Over TLS its name
begins with `__Host-`, so that no other host and no plain page can plant one. A form counts when it comes from a page of
ours: by Origin, by Sec-Fetch-Site, and by a token that only that session's pages have. Each of the three would do; a
proxy or a browser that loses one leaves the others.

Source: OWASP Session Management, CSRF Prevention; RFC 6265bis section 4.1.3.2 (`__Host-`); W3C Fetch Metadata.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from agent.hub.domain.people.rows import SessionRow, TokenRow

LASTS: Final = timedelta(hours=12)
IDLE: Final = timedelta(hours=1)
NOTED_EACH: Final = timedelta(minutes=1)
SECRET_BYTES: Final = 32
TOKEN_PREFIX: Final = "cwh_"  # noqa: S105  so that scanners of source code know a token that was lost


def new_secret() -> str:
    """Return 32 random bytes, as text for a cookie."""
    return secrets.token_urlsafe(SECRET_BYTES)


def secret_digest(secret: str) -> str:
    """Return what is stored of a secret with 256 random bits: such a one needs no salt."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def is_live(session: SessionRow, now: datetime) -> bool:
    """Return whether a session counts: not older than 12 hours, and used within the last one."""
    made_at, seen_at = (datetime.fromisoformat(at) for at in (session.made_at, session.seen_at))
    return now - made_at < LASTS and now - seen_at < IDLE


def is_good(token: TokenRow, now: datetime) -> bool:
    """Return whether a token counts."""
    return not token.revoked_at and now < datetime.fromisoformat(token.expires_at)


def cookie_name(is_secure: bool) -> str:
    """Return the name of the session's cookie."""
    return "__Host-camwarden" if is_secure else "camwarden-hub"


def set_cookie(name: str, value: str, is_secure: bool, lasts: timedelta | None, same_site: str = "Strict") -> str:
    """Return a Set-Cookie header for the whole page; `lasts` None: until the browser ends, no time: it is deleted."""
    age = "" if lasts is None else f"; Max-Age={round(lasts.total_seconds())}"
    return f"{name}={value}; Path=/; HttpOnly; SameSite={same_site}{age}{'; Secure' if is_secure else ''}"


def form_token(key: bytes, session: str) -> str:
    """Return the token of the forms of a session, given by its digest."""
    return hmac.new(key, f"form\0{session}".encode(), hashlib.sha256).hexdigest()


def is_own_form(headers: Mapping[str, str], url: str) -> bool:
    """Return whether a POST comes from a page of ours; headers by names in small letters."""
    return headers.get("origin", "") == url and headers.get("sec-fetch-site", "") == "same-origin"


def is_right_token(key: bytes, session: str, given: str) -> bool:
    """Return whether a form has the token of its session."""
    return hmac.compare_digest(form_token(key, session).encode(), given.encode("utf-8", "surrogateescape"))
