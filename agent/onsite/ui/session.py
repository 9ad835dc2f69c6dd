"""Decides who may use the page: a code that is good once, then a token in a header; and our own page alone. Pure.

The code comes in the fragment of a link, which no browser sends; it is traded for a token that stays in the memory of
the page and comes back in a header. There is no cookie: a cookie of 127.0.0.1 is sent to every port of it. A new trade
ends the token before it. Time is passed in.

Another page in the same browser can post a form to any address, and a page on another port counts as the same site. So
every POST names our origin and `same-origin`, and brings JSON, which no form can send. The name in `Host` was checked
before (`agent/host/web_bounds.py`).

Source: RFC 6750 section 2.1; RFC 6265 section 8.5 (cookies do not isolate by port); Fetch Standard, Origin header; W3C
Fetch Metadata, Sec-Fetch-Site.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from agent.onsite.ui.refusals import NotAllowed

CODE_WITHIN_S: Final = 60.0
SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Gate:
    """Who may come in: one code until `code_until_mono`, and one token of one address until `token_until_mono`.

    Times are seconds of the monotonic clock; empty texts let nobody in. `stay_s`: how long a token counts.
    """

    stay_s: float = float("inf")
    code: str = field(default="", repr=False)
    code_until_mono: float = 0.0
    token: str = field(default="", repr=False)
    address: str = ""
    token_until_mono: float = 0.0


def new_secret() -> str:
    """Return a new code or token: 32 random bytes, as text for a URL."""
    return secrets.token_urlsafe(SECRET_BYTES)


def with_code(gate: Gate, code: str, now_mono: float) -> Gate:
    """Return the gate with a new code, which counts for a minute and replaces the one before."""
    return replace(gate, code=code, code_until_mono=now_mono + CODE_WITHIN_S)


def trade(gate: Gate, code: str, token: str, address: str, now_mono: float) -> tuple[Gate, bool]:
    """Trade the code for a token of one address; return the gate and whether that was granted.

    A right code is used up, in time or late; a wrong one uses up nothing.
    """
    if not gate.code or not _same(gate.code, code):
        return gate, False
    used = replace(gate, code="")
    if now_mono > gate.code_until_mono:
        return used, False
    return replace(used, token=token, address=address, token_until_mono=now_mono + gate.stay_s), True


def may_enter(gate: Gate, authorization: str, address: str, now_mono: float) -> bool:
    """Tell whether a request carries the token, from the address that traded for it. `authorization`: the header."""
    scheme, _, token = authorization.partition(" ")
    right = _same(gate.token, token) and bool(gate.token)
    in_time = now_mono <= gate.token_until_mono
    return right and in_time and scheme == "Bearer" and address == gate.address


def require_own_page(headers: Mapping[str, str], scheme: str) -> None:
    """Check the headers of a POST. Raises NotAllowed.

    Args:
        headers: By lower-case name; `host` is one of ours.
        scheme: `http` or `https`, by the listener.
    """
    own = f"{scheme}://{headers.get('host', '')}"
    if headers.get("origin", "") != own:
        raise NotAllowed("this request does not come from the page at {own}: open the link of camwarden ui", own=own)
    if headers.get("sec-fetch-site", "") != "same-origin":
        raise NotAllowed("this request comes from another page: open the link of camwarden ui in a current browser")
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise NotAllowed("this request is not JSON: open the link of camwarden ui")


def _same(known: str, given: str) -> bool:
    return hmac.compare_digest(known.encode(), given.encode("utf-8", "surrogateescape"))
