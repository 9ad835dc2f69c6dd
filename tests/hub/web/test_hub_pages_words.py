"""Every text of the hub's templates is translated, and none stands in them past the translation."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import polib
import pytest
from template_texts import bare_words, texts

from agent.hub.domain.rows.upgrades import State, Step
from agent.hub.views.silent import KINDS
from agent.hub.web.pages.assessment import BYS
from agent.hub.web.pages.orders import STATES
from agent.hub.web.speaking import ago, day, lasted, moment, percent, subject, title

CATALOGUE = {
    one.msgid: one.msgstr
    for one in polib.pofile(
        str(Path(__file__).parents[3] / "agent/text/locale/zh_CN/LC_MESSAGES/camwarden.po")
    ).translated_entries()
}
BY_VALUE = (
    *KINDS, *STATES, *BYS, *({*get_args(Step)} - {"outside"}), *get_args(State),
    "person", "case", "dispute", "used", "unused", "expired",
    "revoked", "recorded", "ordered", "resumed", "wave", "failing", "not-taken",
)  # fmt: skip
NOW = datetime(2026, 11, 27, 6, 30, tzinfo=UTC)


def test_every_text_of_a_template_is_translated() -> None:
    found = texts()
    assert len(found) > 120
    assert {text: where for text, where in found.items() if text not in CATALOGUE} == {}
    assert set(BY_VALUE) - set(CATALOGUE) == set()


def test_a_translation_has_the_places_of_its_text() -> None:
    def places(text: str) -> set[str]:
        return set(re.findall(r"{(\w+)}", text))

    assert [text for text in texts() if places(text) != places(CATALOGUE.get(text, text))] == []


def test_no_word_stands_in_a_template_past_the_translation() -> None:
    """Names of an algorithm and of the product are the same in each language; commands are as this one is called."""
    assert set(bare_words()) == {"SHA-256", "camwarden"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-11-27T06:20:00Z", '<time datetime="2026-11-27T06:20:00Z">2026-11-27 14:20</time>'),
        ("", "\u2013"),
        (None, "\u2013"),
        ("2026-11-27T06:20:00", "2026-11-27T06:20:00"),  # without a zone it is no moment
        ("<b>\x1b[2J", "<b>\ufffd[2J"),
    ],
)
def test_a_moment_is_told_by_the_clocks_of_china(text: str | None, shown: str) -> None:
    assert str(moment(text)) == shown


def test_values_are_told_as_people_read_them() -> None:
    assert [percent(one) for one in (None, 0.0, 0.5, 0.99999, 1.0)] == [
        "\u2013",
        "0.0 %",
        "50.0 %",
        "99.9 %",
        "100.0 %",
    ]
    assert day("2026-11-26T16:30:00Z") == "2026-11-27" and day("2026-11-26") == "2026-11-26"
    assert "10 分钟前" in str(ago("2026-11-27T06:20:00Z", NOW, "zh_CN"))
    assert lasted("2026-11-27T03:30:00Z", "", NOW, "en") == "3.0 h"
    assert lasted("2026-11-27T03:30:00Z", "2026-11-26T00:00:00Z", NOW, "en") == "\u2013"  # its clock went back
    assert [subject(one, "zh_CN") for one in ("site", "device:nvr", "camera:gate", "camera:", "odd")] == [
        "本站点", "设备 nvr", "gate", "camera:", "odd",
    ]  # fmt: skip
    assert title("camera-online", "en") == "Camera online"
    assert title("of-a-later-version", "zh_CN") == "of-a-later-version"
