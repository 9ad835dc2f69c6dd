"""Codes in sentences: said in words in other languages than English, and nothing that a device wrote is changed."""

from __future__ import annotations

from typing import get_args

import pytest

from agent.model.finding import Message
from agent.text.codes import CODE_WORDS
from agent.text.translate import render, translate
from drivers.model import Cause, Reason


def test_each_reason_and_cause_has_its_words_in_chinese() -> None:
    assert set(CODE_WORDS) == {*get_args(Reason), *get_args(Cause)} - {""}
    assert [word for word in CODE_WORDS.values() if translate(word, "zh_CN") == word] == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"reason": "deadline"}, "\u672a\u5728\u65f6\u9650\u5185\u5e94\u7b54"),
        ({"reason": "a word, of the device"}, "a word, of the device"),
        ({"reason": "deadline, of the device"}, "deadline, of the device"),
        ({"reason": ""}, ""),
    ],
)
def test_a_code_is_said_in_words_and_what_a_device_wrote_stays(values: dict[str, str], said: str) -> None:
    message = Message("its time could not be read ({reason})", values)
    assert render(message, "zh_CN").endswith(f"\uff08{said}\uff09")
    assert render(message, "en") == f"its time could not be read ({values['reason']})"
