"""A stranger's chat learns the site's code, severities, counts and a time, whatever people and devices call things."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from notice_room import DUTY, finding, here
from robots import TOKEN
from sites import camera
from webhook_server import serving

from agent.judge.memory.memory import EMPTY_MEMORY
from agent.judge.memory.transitions import transitions
from agent.model.finding import Message
from agent.service.alerts import digest_text
from agent.service.alerts.digest import DigestState, decide
from agent.service.alerts.notice_text import CHANGES, Tally, chat_text, tally
from agent.service.alerts.notices import SEVERITIES, Change, Notice, Outbox, updated
from agent.service.alerts.sending import SENDERS, send
from agent.site.config.messages import ROBOTS, DailyDigest, ReceiverKind
from drivers.model import Camera, Credential

NOW = datetime(2026, 11, 25, 0, 5, tzinfo=UTC)
HOSTILE = (
    "更衣室 2 号", "<@all>", "**bold** [x](http://evil.example)", "a\nb\r\nc", "\u202egnp.exe", "{site} {count}",
    '"}],"code":0', "x" * 500, "李娜 13800138000", "camwarden dt9999 critical 99",
)  # fmt: skip
"""Names of cameras, places and persons, and what would like to be markup, another message or another count."""
LETTERS = frozenset("0123456789-:,;. ()；，：（） ")  # noqa: RUF001 - Chinese


def notices(name: str) -> tuple[Notice, ...]:
    """Return one notice of each kind about a camera of that name, made as the desk makes them."""
    site = replace(here(DUTY), cameras=(replace(camera("gate"), camera=Camera("gate", "box", name=name)),))
    found = finding("camera:gate", message=Message("{name}: it does not answer", {"name": name}))
    _, memory = transitions((found,), EMPTY_MEMORY, NOW)
    (new,) = updated(Outbox(), DUTY, site, (found,), memory.known, NOW).waiting.values()
    assert new.name
    return tuple(
        replace(new, key=f"{new.key}-{change}{severity}", change=change, severity=severity, until=NOW)
        for change in CHANGES
        for severity in SEVERITIES
    )


def chats_words(lang: str) -> set[str]:
    """Return every word that a chat may be told in a language: those of a message about nothing with a name."""
    plain = chat_text(Tally("dt0001", "2026-11-25 08:05", {one: dict.fromkeys(SEVERITIES, 1) for one in CHANGES}), lang)
    return set(_words(plain))


def _words(text: str) -> list[str]:
    return "".join(" " if char in LETTERS else char for char in text).split()


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
@pytest.mark.parametrize("kind", sorted(set(get_args(ReceiverKind)) - {"mail"}))
def test_every_formatter_of_a_stranger_tells_code_severity_count_and_time_alone(kind: Any, lang: Any) -> None:
    with serving() as hook:
        hook.answer = b'{"errcode":0,"code":0}'
        to = replace(DUTY, kind=kind, credential=Credential("robot", "robot", hook.url(f"/{TOKEN}")), lang=lang)
        for name in HOSTILE:
            assert send(to, here(), notices(name), lambda: NOW) is None
    assert len(hook.requests) == len(HOSTILE)
    for name, (_, body) in zip(HOSTILE, hook.requests, strict=True):
        said = json.loads(body)
        if kind not in ROBOTS:
            assert said["notices"][0]["name"], "a webhook of one's own gets names"
            continue
        text = said["text"]["content"] if kind != "feishu" else said["content"]["text"]
        assert set(_words(text)) == chats_words(lang)
        assert "\n" not in text
        assert len(body) < 1024, "within what each service takes"
        assert not any(part in body.decode() for part in (name, "gate", "camera", "School", "192.0.2"))


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", sorted(ROBOTS))
def test_so_does_the_daily_digest(kind: Any, name: str) -> None:
    site = replace(here(), name=name, cameras=(replace(camera("gate"), camera=Camera("gate", "box", name=name)),))
    digest = DailyDigest(kind, Credential("digest", "robot", ""), lang="en")
    found = finding("camera:gate", message=Message("{name}: it does not answer", {"name": name}))
    _, memory = transitions((found,), EMPTY_MEMORY, NOW)
    waiting = decide(DigestState(), digest, site, (found,), memory.known, NOW).waiting
    assert waiting is not None
    text = digest_text.chat_text(waiting.news, "en")
    assert text.split("\n") == [
        "camwarden dt0001 2026-11-25 08:05",
        "cameras online 0 of 1; fail 1, unknown 0, warn 0",
        "New or worse: 1 (critical 1); which ones: camwarden status",
    ]


def test_every_kind_of_receiver_is_looked_at() -> None:
    assert set(SENDERS) == set(get_args(ReceiverKind))
    assert set(SENDERS) - ROBOTS == {"mail", "webhook"}, "what is one's own gets names"


def test_what_a_chat_is_told_is_made_of_has_no_place_for_a_name() -> None:
    """A new member of it is looked at by whoever adds it."""
    assert [one.name for one in fields(Tally)] == ["site", "local_time", "counts", "test"]
    counted = tally(here(), notices(HOSTILE[0]), NOW + timedelta(0))
    assert set(counted.counts) == set(get_args(Change))
    assert all(set(one) <= set(SEVERITIES) for one in counted.counts.values())
