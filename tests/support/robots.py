"""What the robots of WeCom, DingTalk and Feishu, and a receiver of Standard Webhooks, check of a message and answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "TOKEN-1"
SECRET = "SEC-this-is-a-secret"
AN_HOUR_S = 3600


@dataclass(frozen=True)
class Robot:
    """A robot with its token, and its security: a secret that signs, a keyword, or an allow list without us.

    `now_s` is the service's clock.
    """

    now_s: float
    secret: str = ""
    keyword: str = ""
    lists_us: bool = True

    def wecom(self, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        said = _json(headers, body)
        if _query(path).get("key") != TOKEN:
            return _answer(errcode=93000, errmsg=f"invalid webhook url, hint: [1], from ip: 192.0.2.9, {TOKEN}")
        if said.get("msgtype") != "text" or not 0 < len(said["text"]["content"].encode()) <= 2048:
            return _answer(errcode=40058, errmsg="invalid request parameter")
        return _answer(errcode=0, errmsg="ok")

    def dingtalk(self, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        said, query = _json(headers, body), _query(path)
        if query.get("access_token") != TOKEN:
            return _answer(errcode=300001, errmsg="token is not exist")
        if self.secret:
            moment = query.get("timestamp", "")
            if not moment.isdecimal() or abs(int(moment) / 1000 - self.now_s) > AN_HOUR_S:
                return _answer(errcode=310000, errmsg="invalid timestamp, more: [https://ding-doc.dingtalk.com]")
            if query.get("sign") != _signed(self.secret.encode(), f"{moment}\n{self.secret}".encode()):
                return _answer(errcode=310000, errmsg="sign not match, more: [https://ding-doc.dingtalk.com]")
        if not self.lists_us:
            return _answer(errcode=310000, errmsg="ip 192.0.2.9 not in whitelist, more: [https://ding-doc...]")
        if said.get("msgtype") != "text" or not said["text"]["content"]:
            return _answer(errcode=400105, errmsg="unsupported msgtype")
        if self.keyword not in said["text"]["content"]:
            return _answer(errcode=310000, errmsg="keywords not in content, more: [https://ding-doc.dingtalk.com]")
        return _answer(errcode=0, errmsg="ok")

    def feishu(self, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        said = _json(headers, body)
        if not path.endswith(f"/hook/{TOKEN}"):
            return _answer(code=19001, msg="param invalid: incoming webhook access token invalid", data={})
        if len(body) > 20 * 1024 or said.get("msg_type") != "text" or not said["content"]["text"]:
            return _answer(code=9499, msg="Bad Request", data={})
        if self.secret:
            moment = said.get("timestamp", "")
            late = not moment.isdecimal() or abs(int(moment) - self.now_s) > AN_HOUR_S
            if late or said.get("sign") != _signed(f"{moment}\n{self.secret}".encode(), b""):
                return _answer(code=19021, msg="sign match fail or timestamp is not within one hour from current time")
        if not self.lists_us:
            return _answer(code=19022, msg="Ip Not Allowed")
        if self.keyword not in said["content"]["text"]:
            return _answer(code=19024, msg="Key Words Not Found")
        return _answer(code=0, msg="success", data={}, StatusCode=0, StatusMessage="success")


def is_signed(secret: bytes, headers: Mapping[str, str], body: bytes) -> bool:
    """Tell whether a message of Standard Webhooks carries the signature of a key."""
    named = {name.lower(): value for name, value in headers.items()}
    said = f"{named['webhook-id']}.{named['webhook-timestamp']}.".encode() + body
    return f"v1,{_signed(secret, said)}" in named["webhook-signature"].split()


def _signed(key: bytes, said: bytes) -> str:
    return base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()


def _json(headers: Mapping[str, str], body: bytes) -> Any:
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    return json.loads(body.decode("utf-8"))


def _query(path: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}


def _answer(**members: Any) -> bytes:
    return json.dumps(members).encode()
