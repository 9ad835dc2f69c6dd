r"""Sends a message to a chat robot (WeCom, DingTalk, Feishu) or a webhook of the site's own, signed, and once.

The one HTTP client (`drivers/http/transport.py`) sends it: one deadline, no redirect, no proxy, a bounded answer. The
address is a secret: no message holds it. `refusals.py` judges the answer.

Source: WeCom, group robot configuration; DingTalk, custom robot (signature: HMAC-SHA256 over `timestamp\nsecret`,
base64, in the query, at most an hour old, milliseconds); Feishu, custom bot usage guide (signature: HMAC-SHA256 with
the key `timestamp\nsecret` over nothing, base64, in the body, seconds); Standard Webhooks 1.0 for one's own webhook.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal
from urllib.parse import quote_plus

from agent.contract.standard_webhooks import hmac_base64, standard_headers
from agent.model.finding import Json
from agent.model.web_address import Address, address_of
from agent.service.alerts.refusals import NO_ADDRESS, Refusal, of_network, of_reply
from agent.site.config.messages import DailyDigest, Receiver
from drivers.credentials import Credentials
from drivers.errors import DriverError
from drivers.exchange import Request
from drivers.http.transport import open_transport
from drivers.model import Credential, Device

SEND_WITHIN_S: Final = 8.0
ANSWER_MAX_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Hook:
    """Where a message goes by HTTP: its address is the password of `credential`, `sign_credential` has the secret."""

    kind: Literal["json", "webhook", "wecom", "dingtalk", "feishu"]
    credential: Credential | None
    sign_credential: Credential | None = None
    ca: Path | None = None


def hook_of(outlet: DailyDigest | Receiver) -> Hook:
    """Return the hook of a digest, or of a receiver that is none of mail."""
    assert outlet.kind != "mail"  # noqa: S101 - `sending.py` has a line for mail
    return Hook(outlet.kind, outlet.credential, outlet.sign_credential, outlet.ca)


def post(hook: Hook, body: Mapping[str, Json], clock: Callable[[], datetime]) -> Refusal | None:
    """Send a body within 8 s; return None once it is accepted, else why not.

    Resolving a name takes as long as the system's resolver; that cannot be interrupted.
    """
    address = address_of(hook.credential.password) if hook.credential else None
    if address is None:
        return NO_ADDRESS
    device = Device("webhook", address.host, address.port, "webhook", tls=address.tls)
    request = request_of(hook, address, body, clock())
    try:
        with open_transport(device, SEND_WITHIN_S, Credentials(None), clock, hook.ca) as transport:
            return of_reply(hook.kind, transport.exchange(request).reply)
    except DriverError as error:
        return of_network(error)


def robot_body(kind: str, text: str) -> dict[str, Json]:
    """Return a plain text as a robot takes it: without markup, there is nothing in it that could mention or link."""
    if kind == "feishu":
        return {"msg_type": "text", "content": {"text": text}}
    return {"msgtype": "text", "text": {"content": text}}


def request_of(hook: Hook, address: Address, body: Mapping[str, Json], now: datetime) -> Request:
    """Encode and sign a body as a request."""
    target, headers = address.target, [("Content-Type", "application/json; charset=utf-8")]
    secret = hook.sign_credential.password if hook.sign_credential else ""
    if secret and hook.kind == "dingtalk":
        mark = f"timestamp={_ms(now)}&sign={quote_plus(dingtalk_signature(secret, _ms(now)))}"
        target += ("&" if "?" in target else "?") + mark
    if secret and hook.kind == "feishu":
        seconds = int(now.timestamp())
        body = {"timestamp": str(seconds), "sign": feishu_signature(secret, seconds), **body}
    data = json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")
    if secret and hook.kind in ("json", "webhook"):
        headers += standard_headers((secret,), str(body.get("id", "")), int(now.timestamp()), data)
    return Request("webhook", "POST", target, data, tuple(headers), max_bytes=ANSWER_MAX_BYTES)


def dingtalk_signature(secret: str, timestamp_ms: int) -> str:
    """Return DingTalk's signature of a moment, base64."""
    return hmac_base64(secret.encode(), f"{timestamp_ms}\n{secret}".encode())


def feishu_signature(secret: str, timestamp_s: int) -> str:
    """Return Feishu's signature of a moment, base64."""
    return hmac_base64(f"{timestamp_s}\n{secret}".encode(), b"")


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
