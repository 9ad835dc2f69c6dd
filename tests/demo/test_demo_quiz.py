"""`camwarden demo --quiz`: a trainee judges first, through a pipe too; then the right verdict, and a score."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from typing import cast

import pytest

from agent.cli import main
from agent.commands import demo_quiz
from agent.demo.children import ChildFailed
from agent.demo.liars.falsehoods import Falsehood, excerpt, noted
from agent.demo.liars.gallery import Verdict
from agent.demo.liars.table import LIES
from agent.demo.world.lying import Lying
from agent.model import exits
from agent.model.finding import Finding, Message, Source

BY_NAME = {lie.name: lie for lie in LIES}
STORAGE = Falsehood(
    "/ISAPI/ContentMgmt/Storage", b"<a><capacity>7630885</capacity></a>", b"<a><capacity>0</capacity></a>"
)


def told(patch: pytest.MonkeyPatch, answers: str, *, lies: bool) -> None:
    """Let one lie be told, with or without its falsehood shown, and answer from a pipe."""
    lie = BY_NAME["disk_of_nothing"]
    (key,) = lie.right
    finding = Finding(*key.split(" "), "fail", "minor", Message("the disk has no room"), cast("Source", None))
    verdict = Verdict(lie, {key: finding}, {key: "pass"}, told=True, falsehoods=(STORAGE,))

    def gallery(*_: object) -> Iterator[Verdict]:
        yield verdict

    class Draw(random.Random):
        def randrange(self, *_: object) -> int:  # type: ignore[override]
            return int(lies)

    patch.setattr(demo_quiz, "gallery", gallery)
    patch.setattr(demo_quiz.random, "SystemRandom", Draw)
    patch.setattr("sys.stdin", io.StringIO(answers))


@pytest.mark.parametrize(("answer", "word"), [("u\n", "Right."), ("fail\n", "Right."), ("p\n", "Wrong.")])
def test_a_lie_is_shown_and_every_true_answer_counts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str, word: str
) -> None:
    told(monkeypatch, answer, lies=True)
    assert main(["demo", "--quiz", "--lang", "en", "--quiet"]) == exits.OK
    shown = capsys.readouterr().out
    assert "storage-health of device:nvr" in shown and "<capacity>0</capacity>" in shown and "7630885" not in shown
    assert word in shown and "a disk of no size is well" in shown and "the disk has no room" in shown
    assert ("1 of 1 right" in shown) == (word == "Right.")


def test_a_device_that_tells_the_truth_passes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told(monkeypatch, "合格\n", lies=False)
    assert main(["demo", "--quiz", "--lang", "zh_CN", "--quiet"]) == exits.OK
    shown = capsys.readouterr().out
    assert "<capacity>7630885</capacity>" in shown and "正确。" in shown and "这台设备说的是实话。" in shown
    assert "答对 1 题" in shown


def test_the_end_of_the_answers_is_the_end_and_json_is_one_object(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told(monkeypatch, "", lies=True)
    assert main(["demo", "--quiz", "--json", "--quiet"]) == exits.OK
    last = capsys.readouterr().out.splitlines()[-1]
    assert json.loads(last) == {"schema": "camwarden-quiz/1", "questions": [], "right": 0, "count": 0}


def test_a_world_that_cannot_be_learned_ends_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def gallery(*_: object) -> Iterator[Verdict]:
        raise ChildFailed("camwarden masks ended with 70")
        yield

    monkeypatch.setattr(demo_quiz, "gallery", gallery)
    assert main(["demo", "--quiz", "--quiet"]) == exits.UNAVAILABLE
    assert "camwarden masks ended with 70" in capsys.readouterr().err


def test_what_is_not_true_is_noted_with_what_is() -> None:
    heard: list[Falsehood] = []
    lying = noted(Lying(says=lambda asked, body: body.replace(b"ok", b"error")), heard)
    assert lying.says("/a\n<GetDisks/>", b"<x>fine</x>") == b"<x>fine</x>" and not heard
    assert lying.says("/a\n<GetDisks/>", b"<x>ok</x>") == b"<x>error</x>"
    assert heard == [Falsehood("/a GetDisks", b"<x>ok</x>", b"<x>error</x>")]
    assert excerpt(heard[0], true=True) == ("<x>ok</x>",) and excerpt(heard[0], true=False) == ("<x>error</x>",)
