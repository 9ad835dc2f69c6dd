"""Robots and webhooks get what their services really check: form, size, signature; a refusal names the remedy."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from robots import SECRET, TOKEN, Robot, is_signed
from sites import camera, site
from webhook_server import Hook, serving

from agent.contract.standard_webhooks import standard_headers
from agent.service.alerts import webhook
from agent.service.alerts.notice_text import object_of
from agent.service.alerts.notices import REFUSED_WAIT, THROTTLED_WAIT, Notice
from agent.service.alerts.refusals import Refusal
from agent.service.alerts.sending import send
from agent.service.alerts.webhook import dingtalk_signature, feishu_signature
from agent.site.config.messages import Receiver
from agent.text.translate import render
from drivers.model import Credential

NOW = datetime(2026, 11, 25, 0, 5, tzinfo=UTC)
SITE = site(camera("gate"), camera("roof", "box2"))
PATHS = {
    "wecom": f"/cgi-bin/webhook/send?key={TOKEN}",
    "dingtalk": f"/robot/send?access_token={TOKEN}",
    "feishu": f"/open-apis/bot/v2/hook/{TOKEN}",
    "webhook": f"/in?token={TOKEN}",
}
NEW = Notice(
    key="camera-online camera:gate",
    change="new",
    severity="critical",
    since=NOW,
    name="大门",
    words="it does not answer",
)
ROBOTS = ("wecom", "dingtalk", "feishu")


@pytest.fixture
def hook() -> Iterator[Hook]:
    with serving() as served:
        yield served


def receiver(hook: Hook, kind: Any, *, path: str = "", secret: str = "", **changes: Any) -> Receiver:
    address = Credential("robot", "robot", hook.url(path or PATHS[kind]))
    signs = Credential("sign", "robot", secret) if secret else None
    return Receiver(name="duty", kind=kind, credential=address, sign_credential=signs, **changes)


def sent(to: Receiver, now: datetime = NOW) -> Refusal | None:
    return send(to, SITE, (NEW,), lambda: now)


def robot(**changes: Any) -> Robot:
    return Robot(NOW.timestamp(), **changes)


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
@pytest.mark.parametrize("kind", ROBOTS)
def test_a_robot_that_checks_all_it_can_takes_the_message(hook: Hook, kind: str, lang: str) -> None:
    secret = "" if kind == "wecom" else SECRET
    hook.judge = getattr(robot(secret=secret, keyword="camwarden"), kind)
    assert sent(receiver(hook, kind, secret=secret, lang=lang)) is None
    (body,) = hook.bodies()
    text = (body.get("text") or body["content"]).get("content") or body["content"]["text"]
    assert text.startswith("camwarden ")
    assert "dt0001" in text
    assert "2026-11-25 08:05" in text, "the time of the site"
    assert ("critical 1" if lang == "en" else "严重 1") in text
    assert "大门" not in text
    assert "gate" not in text
    assert "camera-online" not in text


def test_signatures_are_those_of_the_documented_forms() -> None:
    r"""Made with openssl dgst -sha256 -hmac KEY -binary | base64.

    DingTalk: printf '1700000000000\nthis is secret', key 'this is secret'. Feishu: nothing, key $'1700000000\nsecret'.
    """
    assert dingtalk_signature("this is secret", 1_700_000_000_000) == "sSFWELbV2YwjdDQhWZwTcWlX5BWUx5J6TPpsZmuPii0="
    assert feishu_signature("secret", 1_700_000_000) == FEISHU_SIGNED


FEISHU_SIGNED = "fiWS2+gh28DOydAv7hzONH/mDn9+b1Y4Y5ivXWXy8vA="


def test_the_signature_of_a_webhook_is_that_of_the_specification() -> None:
    """The example of the Standard Webhooks libraries."""
    headers = dict(
        standard_headers(
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",),
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1614265330,
            b'{"test": 2432232314}',
        )
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", ["whsec_" + base64.b64encode(b"k" * 24).decode(), "any words", "whsec_?"])
def test_a_webhook_of_ones_own_gets_all_of_it_signed(hook: Hook, secret: str) -> None:
    hook.answer = b"thanks"
    assert sent(receiver(hook, "webhook", secret=secret)) is None
    key = b"k" * 24 if secret.endswith("=") or len(secret) > 20 else secret.encode()
    assert is_signed(key, hook.heard[0], hook.requests[0][1])
    assert not is_signed(b"another", hook.heard[0], hook.requests[0][1])
    assert not is_signed(key, hook.heard[0], hook.requests[0][1] + b" ")
    (body,) = hook.bodies()
    assert body == json.loads(json.dumps(object_of(SITE, (NEW,), NOW)))
    assert body["notices"][0]["name"] == "大门"
    assert hook.heard[0]["webhook-id"] == body["id"]
    assert sent(receiver(hook, "webhook", secret=secret), NOW + timedelta(hours=1)) is None
    assert hook.heard[1]["webhook-id"] == body["id"], "the same notices, should they come twice"


REFUSED = [
    ("wecom", {}, {"path": "/cgi-bin/webhook/send?key=other"}, "93000", "does not know this address"),
    ("dingtalk", {}, {"path": "/robot/send?access_token=other"}, "300001", "does not know this address"),
    ("feishu", {}, {"path": "/open-apis/bot/v2/hook/other"}, "19001", "does not know this address"),
    ("dingtalk", {"secret": SECRET}, {"secret": "another"}, "310000", "does not accept the signature"),
    ("dingtalk", {"secret": SECRET}, {}, "310000", "does not accept the signature"),
    ("feishu", {"secret": SECRET}, {"secret": "another"}, "19021", "does not accept the signature"),
    ("feishu", {"secret": SECRET}, {}, "19021", "does not accept the signature"),
    ("dingtalk", {"keyword": "alarm"}, {}, "310000", "misses its keyword"),
    ("feishu", {"keyword": "alarm"}, {}, "19024", "misses its keyword"),
    ("dingtalk", {"lists_us": False}, {}, "310000", "does not allow this gateway's address"),
    ("feishu", {"lists_us": False}, {}, "19022", "does not allow this gateway's address"),
]


@pytest.mark.parametrize(("kind", "asks", "given", "number", "words"), REFUSED)
def test_a_refusal_in_a_good_answer_is_named_with_its_remedy(
    hook: Hook, kind: str, asks: dict[str, Any], given: dict[str, Any], number: str, words: str
) -> None:
    hook.judge = getattr(robot(**asks), kind)
    refusal = sent(receiver(hook, kind, **given))
    assert refusal is not None
    assert words in str(refusal.why)
    assert f"number {number}" in str(refusal.why)
    assert refusal.why.next_step
    assert refusal.wait == REFUSED_WAIT, "only a person can mend it"
    said = render(refusal.why, "zh_CN")
    assert number in said
    assert not any(secret in f"{refusal}{said}" for secret in (TOKEN, SECRET, "192.0.2.9", "https://", "ding-doc"))


def test_a_clock_that_is_off_breaks_the_signature_and_is_named(hook: Hook) -> None:
    for kind in ("dingtalk", "feishu"):
        hook.judge = getattr(robot(secret=SECRET), kind)
        refusal = sent(receiver(hook, kind, secret=SECRET), NOW + timedelta(hours=2))
        assert refusal is not None
        assert "the clock of this gateway" in str(refusal.why)


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("wecom", b'{"errcode":45009,"errmsg":"api freq out of limit"}'),
        ("dingtalk", b'{"errcode":130101,"errmsg":"send too fast, exceed 20 times per minute"}'),
        ("dingtalk", b'{"errcode":410100}'),
        ("feishu", b'{"code":11232,"msg":"frequency limited"}'),
        ("feishu", b'{"code":99991400,"msg":"request trigger frequency limit"}'),
    ],
)
def test_a_robot_that_was_too_busy_is_left_alone_for_ten_minutes(hook: Hook, kind: str, answer: bytes) -> None:
    hook.answer = answer
    for hook.status in (200, 429):
        refusal = sent(receiver(hook, kind))
        assert refusal is not None
        assert refusal.wait == THROTTLED_WAIT


HOSTILE = [
    (200, b"<html>TOKEN-1 login</html>", "not that of a robot"),
    (200, b"", "not that of a robot"),
    (200, b'{"errcode":"0","code":"0"}', "not that of a robot"),
    (200, b'{"errcode":true,"code":true}', "not that of a robot"),
    (200, b"[" * 20_000, "not that of a robot"),
    (200, b'{"errcode":-1,"code":-1,"errmsg":"TOKEN-1"}', "number -1"),
    (200, b'{"errcode":99999999999999999999,"code":99999999999999999999}', "refuses the message"),
    (502, b'{"errcode":0,"code":0}', "HTTP 502"),
    (200, b"x" * 70_000, "larger than allowed"),
]


@pytest.mark.parametrize(("status", "answer", "words"), HOSTILE)
@pytest.mark.parametrize("kind", ROBOTS)
def test_no_answer_of_a_stranger_counts_as_delivered_or_is_shown(
    hook: Hook, kind: str, status: int, answer: bytes, words: str
) -> None:
    hook.status, hook.answer = status, answer
    refusal = sent(receiver(hook, kind))
    assert refusal is not None
    assert words in str(refusal.why)
    assert TOKEN not in repr(refusal)
    assert len(hook.requests) == 1


@pytest.mark.parametrize("kind", [*ROBOTS, "webhook"])
def test_no_redirect_is_followed_and_nothing_hangs(hook: Hook, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as elsewhere:
        hook.status, hook.headers = 307, {"Location": elsewhere.url()}
        refusal = sent(receiver(hook, kind, secret="s" if kind == "webhook" else ""))
        assert refusal is not None
        assert "not followed" in str(refusal.why)
        assert elsewhere.requests == []
    monkeypatch.setattr(webhook, "SEND_WITHIN_S", 0.3)
    hook.silent = True
    refusal = sent(receiver(hook, kind))
    assert refusal is not None
    assert "in time" in str(refusal.why)
    assert refusal.wait < THROTTLED_WAIT


def test_nobody_there_a_name_that_is_none_and_no_secrets_file(hook: Hook) -> None:
    with serving() as gone:
        nobody = receiver(gone, "wecom")
    closed, nameless = (
        sent(nobody),
        sent(replace(nobody, credential=Credential("robot", "robot", f"https://no.such.host.invalid/?key={TOKEN}"))),
    )
    unread = sent(replace(nobody, credential=Credential("robot", "", "")))
    words = ("nobody listens", "the name of the server", "no address is configured")
    for refusal, said in zip((closed, nameless, unread), words, strict=True):
        assert refusal is not None
        assert said in str(refusal.why)
        assert TOKEN not in repr(refusal)
