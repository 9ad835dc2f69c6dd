"""A digest reaches its webhook over HTTP(S) as the chats want it; a refusal is told without a word of the address."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from certificates import Authority
from webhook_server import Hook, serving

from agent.model.web_address import address_of
from agent.service.alerts import webhook
from agent.service.alerts.digest_text import chat_text, send
from agent.service.alerts.refusals import of_reply
from agent.site.config.messages import DailyDigest
from drivers.model import Credential, Reply

NOW = datetime(2026, 11, 25, 0, 5, tzinfo=UTC)
TOKEN = "TOKEN-1"
ROW = {
    "check": "camera-online",
    "subject": "camera:gate",
    "name": "大门",
    "status": "fail",
    "before": "pass",
    "severity": "critical",
    "message": "it does not answer: check power and cable",
}
NEWS: dict[str, Any] = {
    "schema": "camwarden-digest/1",
    "id": "dt0001:2026-11-25",
    "site": "dt0001",
    "name": "第一小学",
    "at": "2026-11-25T00:05:00Z",
    "local_time": "2026-11-25 08:05",
    "new": [ROW],
    "more": 0,
    "open": {"fail": 2, "unknown": 1, "warn": 0},
    "cameras": {"online": 3, "all": 4},
}


@pytest.fixture
def hook() -> Iterator[Hook]:
    with serving() as served:
        yield served


def digest(hook: Hook, kind: str = "json", **changes: Any) -> DailyDigest:
    url = changes.pop("url", None) or hook.url()
    return DailyDigest(kind, Credential("digest", "robot", url), **changes)  # type: ignore[arg-type]


def sent(hook: Hook, kind: str = "json", **changes: Any) -> str:
    refusal = send(digest(hook, kind, **changes), NEWS, lambda: NOW)
    return "" if refusal is None else str(refusal.why)


def test_a_program_gets_the_news_as_they_are(hook: Hook) -> None:
    hook.answer = b"thanks"
    assert sent(hook) == ""
    assert hook.bodies() == [NEWS]
    assert hook.requests[0][0] == "/send?key=TOKEN-1"


@pytest.mark.parametrize("kind", ["wecom", "dingtalk", "feishu"])
def test_a_chat_gets_three_lines_of_counts_and_no_name(hook: Hook, kind: str) -> None:
    hook.answer = b'{"errcode":0,"code":0}'
    assert sent(hook, kind) == ""
    (body,) = hook.bodies()
    text = body["text"]["content"] if kind != "feishu" else body["content"]["text"]
    assert text.split("\n") == [
        "camwarden dt0001 2026-11-25 08:05",
        "摄像机在线 3/4；不合格 2，无法判定 1，警告 0",  # noqa: RUF001 - Chinese
        "新增或变差：1 项（严重 1）；详见 camwarden status",  # noqa: RUF001 - Chinese
    ]


def test_a_digest_of_dingtalk_is_signed_where_a_secret_is_configured(hook: Hook) -> None:
    signed = Credential("sign", "robot", "SEC-2")
    assert sent(hook, "dingtalk", sign_credential=signed) == ""
    query = parse_qs(urlsplit(hook.requests[0][0]).query)
    assert query["key"] == [TOKEN]
    moment = query["timestamp"][0]
    assert int(moment) == int(NOW.timestamp() * 1000)
    expected = hmac.new(b"SEC-2", f"{moment}\nSEC-2".encode(), hashlib.sha256).digest()
    assert base64.b64decode(query["sign"][0]) == expected
    assert sent(hook, "dingtalk") == ""
    assert "sign" not in hook.requests[1][0]


REFUSALS = [
    ("wecom", 200, b'{"errcode":45009,"errmsg":"freq limit, ip: 192.0.2.9 TOKEN-1"}', "for now (number 45009)"),
    ("wecom", 200, b'{"errcode":93000,"errmsg":"invalid webhook url"}', "this address (number 93000)"),
    ("dingtalk", 200, b'{"errcode":310000,"errmsg":"keywords not in content"}', "misses its keyword"),
    ("dingtalk", 200, b'{"errcode":424242}', "number 424242"),
    ("wecom", 200, b"<html>login TOKEN-1</html>", "not that of a robot"),
    ("wecom", 200, b'{"errcode":"0"}', "not that of a robot"),
    ("wecom", 200, b"[" * 20_000, "not that of a robot"),
    ("json", 500, b"TOKEN-1", "HTTP 500"),
    ("json", 401, b"", "HTTP 401"),
    ("json", 429, b"", "HTTP 429"),
    ("wecom", 502, b'{"errcode":0}', "HTTP 502"),
    ("json", 200, b"x" * 70_000, "larger than"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "status", "answer", "why"), REFUSALS)
def test_an_answer_that_refuses_is_told_by_its_number_alone(
    hook: Hook, kind: str, status: int, answer: bytes, why: str
) -> None:
    hook.status, hook.answer = status, answer
    said = sent(hook, kind)
    assert why in said
    assert TOKEN not in said
    assert "192.0.2" not in said
    assert "\n" not in said
    assert len(hook.requests) == 1


def test_a_challenge_gets_no_login(hook: Hook) -> None:
    hook.status, hook.headers = 401, {"WWW-Authenticate": 'Basic realm="x"'}
    said = sent(hook)
    assert "login" in said
    assert len(hook.requests) == 1
    assert TOKEN not in said


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(hook: Hook, status: int) -> None:
    with serving() as elsewhere:
        hook.status, hook.headers = status, {"Location": elsewhere.url()}
        said = sent(hook)
        assert f"redirects (HTTP {status}), which is not followed" in said
        assert elsewhere.requests == []
        assert str(elsewhere.port) not in said


def test_a_webhook_that_never_answers_ends_with_its_time(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "SEND_WITHIN_S", 0.5)
    hook.silent = True
    said = sent(hook)
    assert "no complete answer in time" in said
    assert TOKEN not in said


def test_nobody_there_and_a_name_that_is_none(hook: Hook) -> None:
    with serving() as gone:
        url = gone.url()
    for address in (url, "https://no.such.host.invalid/?key=TOKEN-1"):
        said = sent(hook, url=address)
        assert said
        assert TOKEN not in said
    assert hook.requests == []


def test_over_tls_only_the_configured_authority_counts(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "ca")
    with serving(authority.issue("hook", server=True)) as secured:
        assert secured.url().startswith("https://")
        assert sent(secured, ca=authority.ca) == ""
        assert secured.bodies() == [NEWS]
        other = Authority(tmp_path / "other")
        for ca in (None, other.ca):
            said = sent(secured, ca=ca)
            assert said
            assert TOKEN not in said
    with serving(authority.issue("elsewhere.example.org")) as wrong:
        assert sent(wrong, ca=authority.ca) != ""
        assert wrong.requests == []
    assert len(secured.requests) == 1


def test_proxies_of_the_environment_are_not_used(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert sent(hook) == ""
        assert proxy.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "", "ftp://h/x", "http://example.org/x", "https://", "https://user:word@example.org/x", "https://h/x#y", "h/x",
        "https://h:99999/x", "https://h/ x", "https://[::1/x", "https://例/x", "https://h/" + 3000 * "x",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_webhook_is_refused(url: str) -> None:
    assert address_of(url) is None


def test_an_address_never_shows_its_token() -> None:
    address = address_of("https://oapi.dingtalk.com/robot/send?access_token=TOKEN-1")
    assert address is not None
    assert (address.host, address.port, address.tls) == ("oapi.dingtalk.com", 443, True)
    assert address.target == "/robot/send?access_token=TOKEN-1"
    assert TOKEN not in repr(address)


def test_what_found_no_room_counts_too() -> None:
    rows: list[Any] = [{**ROW, "severity": one} for one in ("major", "critical", "major")]
    assert chat_text({**NEWS, "new": rows, "more": 7}, "en").endswith(
        "\nNew or worse: 10 (critical 1, major 2); which ones: camwarden status"
    )


def test_nothing_new_says_so() -> None:
    assert chat_text({**NEWS, "new": []}, "zh_CN").endswith("\n自上次推送以来没有新问题。")


@pytest.mark.parametrize("kind", ["webhook", "json"])
def test_a_page_for_people_received_nothing_whatever_its_status(kind: str) -> None:
    """A proxy that asks for a login does so under HTTP 200."""
    for page in (b"<!DOCTYPE html><title>Log in</title>", b"\r\n <HTML lang='en'>"):
        assert of_reply(kind, Reply("x", "/x", 200, "text/html", page)) is not None
    for accepted in (b"", b"ok", b"{}", b"<ok/>"):
        assert of_reply(kind, Reply("x", "/x", 200, "text/html", accepted)) is None
