"""`camwarden demo --liars`: the gallery as a table and as JSON, and its exit code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import cast

import pytest

from agent.cli import main
from agent.commands import demo_liars
from agent.demo.children import ChildFailed
from agent.demo.liars.gallery import Verdict
from agent.demo.liars.lie import Lie
from agent.model import exits
from agent.model.finding import Finding, Message, Source, Status
from gallery.table import LIES

BY_NAME = {lie.name: lie for lie in LIES}


def verdict(name: str, status: Status) -> Verdict:
    """Return what came of a lie after which every finding had this status."""
    lie: Lie = BY_NAME[name]
    said = {
        key: Finding(*key.split(" "), status, "minor", Message("as it is"), cast("Source", None)) for key in lie.right
    }
    return Verdict(lie, said, dict.fromkeys(lie.right, "pass"), told=True)


def told(patch: pytest.MonkeyPatch, *verdicts: Verdict) -> None:
    def gallery(*_: object) -> Iterator[Verdict]:
        yield from verdicts

    patch.setattr(demo_liars, "gallery", gallery)


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "en",
            ("what it fakes", "one locked hour passes for five weeks", "fooled", "held", "2 lies were told, 1 fooled"),
        ),
        ("zh_CN", ("伪装成什么", "被锁定的一小时录像冒充五周录像", "受骗", "识破", "共说了 2 个谎言")),
    ],
)
def test_the_table_says_what_each_lie_fakes_and_what_came_of_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lang: str, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    told(monkeypatch, verdict("one_locked_hour", "pass"), verdict("log_from_1970", "unknown"))
    assert main(["demo", "--liars", "--lang", lang, "--no-color"]) == exits.FAILS
    shown = capsys.readouterr().out
    assert all(word in shown for word in words), shown


def test_it_ends_well_where_no_lie_fools_it_and_json_is_one_object(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told(monkeypatch, verdict("log_from_1970", "unknown"))
    assert main(["demo", "--liars", "--json"]) == exits.OK
    whole = json.loads(capsys.readouterr().out)
    assert (whole["schema"], whole["fooled"]) == ("camwarden-liars/1", 0)
    (row,) = whole["lies"]
    assert (row["lie"], row["world"], row["fooled"]) == ("log_from_1970", "hikvision", False)
    assert row["findings"] == [
        {
            "finding": "audit-log-retention device:nvr",
            "right": ["fail", "warn", "unknown"],
            "status": "unknown",
            "reason": "",
            "wrong": False,
        }
    ]


def test_a_false_failure_is_a_lie_believed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, verdict("found_and_not_listed", "fail"))
    assert main(["demo", "--liars", "--quiet"]) == exits.FAILS


def test_a_world_that_cannot_be_learned_is_no_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def gallery(*_: object) -> Iterator[Verdict]:
        raise ChildFailed("camwarden masks ended with 70")
        yield

    monkeypatch.setattr(demo_liars, "gallery", gallery)
    assert main(["demo", "--liars"]) == exits.UNAVAILABLE
    assert "camwarden masks ended with 70" in capsys.readouterr().err
