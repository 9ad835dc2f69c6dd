"""Classifies why a message was not taken: by a chat robot, a webhook, a mail server, or nobody at all. Pure.

Nothing of an answer but its number reaches a text: it may hold the address, the token or a page of a stranger.

Source: WeCom, global error codes; DingTalk, custom robot, error codes; Feishu, custom bot usage guide; RFC 5321 section
4.2.3 and RFC 4954 section 6 for mail.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from agent.model.finding import Message
from agent.service.alerts.notices import REFUSED_WAIT, THROTTLED_WAIT
from agent.site.config.messages import ROBOTS
from drivers.errors import (
    DeadlineExceeded,
    DriverError,
    Malformed,
    NameUnknown,
    NoRoute,
    NotTried,
    PortClosed,
    ProtocolBroken,
    TlsTooOld,
    Untrusted,
)
from drivers.model import Reply


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message was not taken, with the next step, and how long to wait at least before it is tried again."""

    why: Message
    wait: timedelta = timedelta()


NO_ADDRESS: Final = Refusal(Message("no address is configured", next_step="write it into secrets.toml"), REFUSED_WAIT)

_THROTTLED: Final = Refusal(
    Message("the robot takes no more messages for now (number {number})", next_step="it is tried again later"),
    THROTTLED_WAIT,
)
_UNKNOWN_ADDRESS: Final = Refusal(
    Message(
        "the robot does not know this address (number {number})",
        next_step="copy it again, whole, from the robot's page into secrets.toml",
    ),
    REFUSED_WAIT,
)
_GONE: Final = Refusal(
    Message(
        "the robot is switched off, or its group is gone (number {number})",
        next_step="add a robot to the group and copy its address into secrets.toml",
    ),
    REFUSED_WAIT,
)
_SIGNATURE: Final = Refusal(
    Message(
        "the robot does not accept the signature (number {number})",
        next_step="compare the secret of sign_credential with the robot's page, and the clock of this gateway",
    ),
    REFUSED_WAIT,
)
_KEYWORD: Final = Refusal(
    Message(
        "the robot misses its keyword in the message (number {number})",
        next_step="add the keyword camwarden to the robot, or let it check a signature instead",
    ),
    REFUSED_WAIT,
)
_NOT_LISTED: Final = Refusal(
    Message(
        "the robot does not allow this gateway's address (number {number})",
        next_step="add the address under which the gateway reaches the internet to the robot's allow list, or let it "
        "check a signature instead",
    ),
    REFUSED_WAIT,
)
_SECURITY: Final = Refusal(
    Message(
        "the robot's security settings refuse the message (number {number})",
        next_step="add the keyword camwarden, set sign_credential, or add this gateway to its allow list",
    ),
    REFUSED_WAIT,
)

_NUMBERS: Final[Mapping[str, Mapping[int, Refusal]]] = {
    "wecom": {45009: _THROTTLED, 45033: _THROTTLED, 93000: _UNKNOWN_ADDRESS},
    "dingtalk": {
        130101: _THROTTLED, 410100: _THROTTLED, 300001: _UNKNOWN_ADDRESS, 400101: _UNKNOWN_ADDRESS,
        400106: _UNKNOWN_ADDRESS, 400013: _GONE, 400102: _GONE, 310000: _SECURITY,
    },
    "feishu": {
        11232: _THROTTLED, 99991400: _THROTTLED, 19001: _UNKNOWN_ADDRESS, 19021: _SIGNATURE, 19022: _NOT_LISTED,
        19024: _KEYWORD,
    },
}  # fmt: skip
"""What is known of the services' error numbers."""

_DINGTALK_SECURITY: Final = 310000
_DINGTALK_SAYS: Final = (
    (("sign", "签名", "timestamp", "时间戳"), _SIGNATURE),
    (("keyword", "关键词"), _KEYWORD),
    (("whitelist", "白名单", "ip "), _NOT_LISTED),
)
"""DingTalk has one number for three settings, and says in words which one it is."""

_ANSWER_NAMES: Final = {"wecom": "errcode", "dingtalk": "errcode", "feishu": "code"}


def of_reply(kind: str, reply: Reply) -> Refusal | None:
    """Return why an answer refuses a message, None where it accepts it. `kind`: of a receiver, or `json`."""
    number, said = _number(kind, reply.body) if kind in ROBOTS else (None, "")
    status = {"status": reply.status}
    if 300 <= reply.status < 400:
        return Refusal(
            Message(
                "the webhook redirects (HTTP {status}), which is not followed",
                status,
                next_step="write its final address into secrets.toml",
            ),
            REFUSED_WAIT,
        )
    if number:
        return _of_number(kind, number, said)
    if not 200 <= reply.status < 300:
        return Refusal(
            Message(
                "the webhook answers HTTP {status}", status, next_step="look at its own log, and compare its address"
            ),
            REFUSED_WAIT if reply.status in (400, 401, 403, 404, 410) else timedelta(),
        )
    step = "compare its address in secrets.toml; a proxy or a login page may answer instead"
    if kind in ROBOTS and number is None:
        return Refusal(Message("the answer is not that of a robot", next_step=step))
    if _is_page(reply.body):
        return Refusal(Message("a page for people answers, which receives no messages", next_step=step))
    return None


def _is_page(body: bytes) -> bool:
    """Tell whether a page for people answers: a proxy shows its login under HTTP 200, and nothing was received."""
    return body.lstrip()[:9].lower().startswith((b"<!doctype", b"<html"))


def _number(kind: str, body: bytes) -> tuple[int | None, str]:
    """Return the number and the words of a robot's answer; None where it has none."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    number = answer.get(_ANSWER_NAMES[kind]) if isinstance(answer, dict) else None
    if not isinstance(answer, dict) or not isinstance(number, int) or isinstance(number, bool):
        return None, ""
    return number, str(answer.get("errmsg", "")).lower()


def _of_number(kind: str, number: int, said: str) -> Refusal:
    found = _NUMBERS[kind].get(number)
    if kind == "dingtalk" and number == _DINGTALK_SECURITY:
        found = next((known for words, known in _DINGTALK_SAYS if any(word in said for word in words)), found)
    values = {"number": number}
    if found is None:
        return Refusal(
            Message("the robot refuses the message (number {number})", values, next_step="look the number up")
        )
    return Refusal(Message(found.why.template, values, found.why.next_step), found.wait)


_NETWORK: Final[tuple[tuple[type[DriverError], Refusal], ...]] = (
    (NameUnknown, Refusal(Message("the name of the server has no address", next_step="check the name and the DNS"))),
    (PortClosed, Refusal(Message("nobody listens at the server's port", next_step="check address and port"))),
    (NoRoute, Refusal(Message("no route leads to the server", next_step="check network and firewall of the gateway"))),
    (
        TlsTooOld,
        Refusal(Message("the server's TLS is too old", next_step="have the server brought up to date"), REFUSED_WAIT),
    ),
    (
        Untrusted,
        Refusal(
            Message(
                "the server's certificate is not trusted",
                next_step="name its authority with ca, check the clock, or find out who stands between (a proxy?)",
            )
        ),
    ),
    (
        ProtocolBroken,
        Refusal(Message("the server broke the connection off", next_step="check port and tls, and the server's log")),
    ),
    (
        DeadlineExceeded,
        Refusal(Message("no complete answer in time", next_step="check network and firewall of the gateway")),
    ),
    (
        Malformed,
        Refusal(
            Message(
                "the answer is no HTTP, or larger than allowed", next_step="check the address and what stands between"
            )
        ),
    ),
    (
        NotTried,
        Refusal(
            Message(
                "the webhook asks for a login, which is not sent",
                next_step="use an address that carries its own token",
            ),
            REFUSED_WAIT,
        ),
    ),
)
"""What each kind of failure means; the first that fits counts."""

_NO_CONNECTION: Final = Refusal(Message("no connection", next_step="check network and firewall of the gateway"))


def of_network(error: DriverError) -> Refusal:
    """Return what a failed connection means."""
    return next((known for kind, known in _NETWORK if isinstance(error, kind)), _NO_CONNECTION)


_MAIL_LOGIN: Final = frozenset({432, 530, 534, 535, 538})


def of_mail(code: int) -> Refusal:
    """Return what a mail server's reply means. Its text is not told: it may name a mailbox."""
    values = {"number": code}
    if not 400 <= code < 600:
        return of_network(ProtocolBroken("mail"))
    if code in _MAIL_LOGIN:
        return Refusal(
            Message(
                "the mail server refuses the login (reply {number})",
                values,
                next_step="correct it in secrets.toml; many providers want an authorization code, not the password",
            ),
            REFUSED_WAIT,
        )
    if code < 500:
        return Refusal(
            Message(
                "the mail server takes no mail for now (reply {number})", values, next_step="it is tried again later"
            )
        )
    return Refusal(
        Message(
            "the mail server refuses the mail (reply {number})",
            values,
            next_step="compare sender and to with what this login may send, and look at the server's log",
        ),
        REFUSED_WAIT,
    )


NO_STARTTLS: Final = Refusal(
    Message(
        "the mail server offers no STARTTLS, so nothing was sent",
        next_step='use tls = "tls" and its port, mostly 465; somebody between may also have taken the offer out',
    ),
    REFUSED_WAIT,
)
NO_LOGIN: Final = Refusal(
    Message("the mail server offers no login that is known here", next_step="leave credential away if it needs none"),
    REFUSED_WAIT,
)
