r"""Sends a digest to its webhook: plain JSON, WeCom's group robot or DingTalk's custom robot, and judges the answer.

The one HTTP client (`drivers/http/transport.py`) sends it: one deadline, no redirect, no proxy, a bounded answer. The
address is a secret: no message of this module holds it, nor any of the answer but its number.

Source: WeCom, group robot configuration (errcode, 4096 bytes of Markdown); DingTalk, custom robot (signature:
HMAC-SHA256 over `timestamp\nsecret`, base64, in the query, at most an hour old).
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final
from urllib.parse import quote_plus

from agent.model.finding import Json
from agent.service.alerts.digest_text import markdown
from agent.site.config.site import DailyDigest
from agent.site.config.webhook_url import Address, address_of
from drivers.credentials import Credentials
from drivers.errors import DriverError
from drivers.exchange import Request
from drivers.http.transport import open_transport
from drivers.model import Device, Reply

SEND_WITHIN_S: Final = 8.0
ANSWER_MAX_BYTES: Final = 64 * 1024

_WORDS: Final = {
    45009: "the robot takes no more messages for now",
    130101: "the robot takes no more messages for now",
    93000: "the robot does not know this address: copy it again",
    300001: "the robot does not know this address: copy it again",
    310000: "the robot's security settings refuse it: keyword camwarden, signature, or address range",
}
"""What is known of the chats' error numbers."""


def send(digest: DailyDigest, news: Mapping[str, Json], clock: Callable[[], datetime]) -> str:
    """Send a digest within 8 s; return an empty text once it is accepted, else why not.

    Resolving a name takes as long as the system's resolver; that cannot be interrupted.
    """
    address = address_of(digest.credential.password) if digest.credential else None
    if address is None:
        return "no address is configured"
    device = Device("daily-digest", address.host, address.port, "webhook", tls=address.tls)
    request = request_of(digest, address, news, clock())
    try:
        with open_transport(device, SEND_WITHIN_S, Credentials(None), clock, digest.ca) as transport:
            return refusal(digest.kind, transport.exchange(request).reply)
    except DriverError as error:
        return str(error)


def request_of(digest: DailyDigest, address: Address, news: Mapping[str, Json], now: datetime) -> Request:
    """Encode a digest as a request."""
    target = address.target
    body: Mapping[str, Json] = news
    if digest.kind == "wecom":
        body = {"msgtype": "markdown", "markdown": {"content": markdown(news, digest.lang, "\n")}}
    elif digest.kind == "dingtalk":
        content = {"title": f"camwarden {news['site']}", "text": markdown(news, digest.lang, "\n\n")}
        body = {"msgtype": "markdown", "markdown": content}
        if digest.sign_credential is not None:
            mark = f"timestamp={_ms(now)}&sign={quote_plus(signature(digest.sign_credential.password, _ms(now)))}"
            target += ("&" if "?" in target else "?") + mark
    return Request(
        "daily digest",
        "POST",
        target,
        json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace"),
        (("Content-Type", "application/json; charset=utf-8"),),
        max_bytes=ANSWER_MAX_BYTES,
    )


def signature(secret: str, timestamp_ms: int) -> str:
    """Return DingTalk's signature of a moment, base64."""
    said = f"{timestamp_ms}\n{secret}".encode()
    return base64.b64encode(hmac.new(secret.encode(), said, hashlib.sha256).digest()).decode()


def refusal(kind: str, reply: Reply) -> str:
    """Return why an answer refuses the digest, empty where it accepts it."""
    if 300 <= reply.status < 400:
        return f"the webhook redirects (HTTP {reply.status}), which is not followed: its address must be the final one"
    if not 200 <= reply.status < 300:
        return f"the webhook answers HTTP {reply.status}"
    if kind == "json":
        return ""
    try:
        answer = json.loads(reply.body)
    except (ValueError, RecursionError):
        answer = None
    number = answer.get("errcode") if isinstance(answer, dict) else None
    if not isinstance(number, int):
        return "the answer is not that of a robot"
    if number == 0:
        return ""
    words = _WORDS.get(number)
    return f"the robot answers errcode {number}" + (f": {words}" if words else "")


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
