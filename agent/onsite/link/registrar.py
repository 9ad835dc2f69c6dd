"""Decides on one REGISTER: the answer, and what it means for the test. Pure; nothing is remembered of who asks.

Only the device of the plan is challenged. A registration is granted without a Date, which would set the device's clock,
but where a person asked for that in words.

Source: GB/T 28181-2022, 9.1, 9.10.3 and annex I; RFC 3261 section 10.3.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from agent.onsite.link.plan import BEIJING, EXPIRES_MIN_S, Plan
from drivers.gb28181 import sip_digest
from drivers.gb28181.gb35114 import Shown, Signed, challenge, shown_in, signed_in
from drivers.gb28181.sip import Sip, answer_to, user_of
from drivers.gb28181.wire import Flow
from drivers.text import sanitize

OUR_VERSION: Final = ("x-gb-ver", "3.0")
"""On each answer, success or failure. Source: GB/T 28181-2022, annex I."""
OUR_AGENT: Final = ("user-agent", "camwarden")

Verdict = Literal[
    "registered", "left", "challenged", "wrong-password", "wrong-id", "other-realm", "other-algorithm", "certificate",
    "ended",
]  # fmt: skip


Signature = Signed | Literal["old-challenge", "other-platform", "other-device"]
"""A signature over a challenge of this test, or why one is over none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A registration that was proven by the password; `version` empty: the device told none, which means 2.0."""

    flow: Flow
    expires_s: int
    version: str
    agent: str
    quirks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one REGISTER. `said`: the foreign id or domain that it had; `shown`, `signed`: by GB 35114."""

    verdict: Verdict
    answer: Sip
    registration: Registration | None = None
    said: str = ""
    shown: Shown | None = None
    signed: Signature | None = None


def decide(
    request: Sip, flow: Flow, plan: Plan, key: bytes, now_s: float, *, ending: bool = False, sign: bool = False,
    date: str = "",
) -> Decision:  # fmt: skip
    """Decide on a REGISTER; `key` makes nonces, `ending`: the test is over, and only leaving is granted.

    `sign`: a device that begins with its certificate is asked to sign, before it is asked for the password. `date`: the
    time that a granted registration gives it (`date_text`); empty: none.
    """
    tag = sip_digest.nonce_for(key, request.header("call-id"), now_s)[8:24]

    def decision(verdict: Verdict, status: int, phrase: str, said: str = "", *extra: tuple[str, str]) -> Decision:
        answer = answer_to(request, status, phrase, tag, (OUR_VERSION, OUR_AGENT, *extra))
        return Decision(verdict, answer, said=sanitize(said, 64))

    came_as = user_of(request.header("to")) or request.sender
    if came_as != plan.device_id:
        return decision("wrong-id", 403, "Forbidden", came_as)
    source = f"{flow.host} {plan.device_id}"
    answered = sip_digest.judge(
        request.header("authorization"), "REGISTER", password=plan.password, realm=plan.domain,
        algorithm=plan.algorithm, key=key, source=source, now_s=now_s,
    )  # fmt: skip
    if answered == "wrong":
        return decision("wrong-password", 403, "Forbidden")
    if answered == "other-realm":
        return decision("other-realm", 403, "Forbidden")
    if answered == "other-algorithm":
        return decision("other-algorithm", 403, "Forbidden")
    if answered != "right":
        nonce = sip_digest.nonce_for(key, source, now_s)
        value = sip_digest.challenge(plan.domain, nonce, plan.algorithm, stale=answered == "stale")
        shown, signed = shown_in(request.header("authorization")), signed_in(request.header("authorization"))
        if sign and shown is not None and shown.scheme == "Capability":
            value = challenge(bytes.fromhex(sip_digest.nonce_for(key, _signing(source), now_s)))
        verdict: Verdict = "certificate" if answered == "certificate" else "challenged"
        answer = decision(verdict, 401, "Unauthorized", "", ("www-authenticate", value))
        return replace(answer, shown=shown, signed=_over_ours(signed, plan, key, source, now_s) if signed else None)
    expires_s, quirks = expires_in(request)
    contact = tuple(("contact", value) for value in request.every("contact"))
    if expires_s == 0:
        return decision("left", 200, "OK", "", *contact, ("expires", "0"))
    if ending:
        return decision("ended", 403, "Forbidden")
    dated = (("date", date),) if date else ()
    granted = decision("registered", 200, "OK", "", *contact, ("expires", str(expires_s)), *dated)
    registration = Registration(
        flow=flow,
        expires_s=expires_s,
        version=sanitize(request.header("x-gb-ver"), 8),
        agent=sanitize(request.header("user-agent").encode("latin-1").decode("utf-8", "replace"), 64),
        quirks=quirks | login_quirks(request, plan.device_id),
    )
    return Decision("registered", granted.answer, registration)


def date_text(now: datetime) -> str:
    """Return a time as devices take it: that of Beijing, with milliseconds, and no zone. Source: 9.10.3."""
    beijing = (now + BEIJING).replace(tzinfo=None)
    return beijing.isoformat(timespec="milliseconds")


def _over_ours(signed: Signed, plan: Plan, key: bytes, source: str, now_s: float) -> Signature:
    """Return a signature that is over a challenge of this test, for its platform, by its device; else why it is not."""
    if signed.server != plan.platform_id:
        return "other-platform"
    if signed.device not in ("", plan.device_id):
        return "other-device"
    return signed if sip_digest.is_fresh(signed.random1.hex(), key, _signing(source), now_s) else "old-challenge"


def _signing(source: str) -> str:
    """Return the source of a challenge to sign: a nonce for a password is none."""
    return f"{source} GB 35114"


def expires_in(message: Sip) -> tuple[int, frozenset[str]]:
    """Return for how long a device registers; who does not say it means the least that the standard has."""
    told = message.header("expires")
    if told.isascii() and told.isdecimal() and len(told) <= 9:
        return int(told), frozenset()
    found = re.search(r";\s*expires\s*=\s*\"?([0-9]{1,9})", message.header("contact")[:1024], re.IGNORECASE)
    return (int(found[1]) if found else EXPIRES_MIN_S), frozenset({"no-expires"})


def login_quirks(request: Sip, device_id: str) -> frozenset[str]:
    """Return what is odd in a login by digest."""
    written = request.header("authorization").replace(" ", "").lower()
    found = {
        "no-qop": "qop=" not in written,
        "other-user-name": f'username="{device_id}"' not in written,
    }
    return frozenset(word for word, is_so in found.items() if is_so)
