"""A sentence that came in English is shown in the reader's language where it is one of ours, and else as it came."""

import pytest

from agent.model.finding import Message
from agent.text.recognize import recognize
from agent.text.translate import render


@pytest.mark.parametrize(
    "message",
    [
        Message("nobody is asked on the network", {}, "name networks under [discovery]"),
        Message("{path}: this user may not read it; run as its owner", {"path": "/a/b: c"}),
        Message("{check} turned from {before} to {after}: {what}",
                {"check": "camera-online", "before": Message("pass"), "after": Message("fail"), "what": "x"}),
    ],
)  # fmt: skip
def test_what_we_said_in_english_is_said_in_chinese(message: Message) -> None:
    again = recognize(str(message), "zh_CN")
    assert str(again) == str(message), "in English it is the same sentence"
    assert render(again, "zh_CN") != str(message)


@pytest.mark.parametrize("text", ["", "nothing of ours", "{camera}", "a: b: c", "x" * 5000, "x: " * 300, "%s {0} {"])
def test_what_is_not_ours_stays_as_it_came(text: str) -> None:
    assert render(recognize(text, "zh_CN"), "zh_CN") == text
    assert render(recognize(text, "en"), "en") == text
