"""Each page that users read has a Chinese twin with its commands, its tables and the words of the field."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = next(path for path in Path(__file__).parents if (path / "pyproject.toml").exists())

PAGES = (
    "README.md",
    "agent/commands/README.md",
    "agent/hub/README.md",
    "agent/judge/judging.md",
    "agent/onsite/filing/README.md",
    "agent/onsite/handover/README.md",
    "agent/onsite/ledger/README.md",
    "agent/onsite/privacy/README.md",
    "agent/service/operate.md",
    "agent/site/rules/README.md",
    "packaging/hub/README.md",
    "packaging/rabbitmq/README.md",
    "packaging/site.toml.sample",
)
"""What operators, contractors and supervisors read. Pages for developers are English alone."""

SHORTER = ("README.md", "agent/judge/judging.md")
"""Pages whose twin leaves something out: what is for developers, or a table that a program writes in English."""

SAMPLE = "packaging/site.toml.sample"
CODE = re.compile(r"(?ms)^```.*?^```|`[^`\n]*`|\]\([^)\s]+\)|<!--.*?-->|https?://\S+")
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:?!](?![\w/])|[,;:?!][\u4e00-\u9fff]|\([^()]*[\u4e00-\u9fff][^()]*\)")

WRONG_WORDS = {
    "隐私遮挡": "隐私遮盖",
    "隐私屏蔽": "隐私遮盖",
    "未知": "无法判定",
    "申报": "登记; 备案 is the police's",
    "验收报告": "交接报告",
    "抓拍": "抓图",
    "登陆": "登录",
}
"""A word of another text for something that has one word here, and the right one."""


def twin_of(page: str) -> str:
    stem, _, suffix = page.rpartition(".")
    return f"{stem}.zh.{suffix}"


@pytest.mark.parametrize("page", sorted({*PAGES} - {*SHORTER, SAMPLE}))
def test_a_twin_has_the_commands_and_the_tables_of_its_page(page: str) -> None:
    """What is typed is the same in every language; a row that one of them lacks was forgotten."""
    english, chinese = ((ROOT / name).read_text("utf-8") for name in (page, twin_of(page)))
    assert len(re.findall(r"(?m)^\|", chinese)) == len(re.findall(r"(?m)^\|", english))
    assert len(re.findall(r"(?m)^#+ ", chinese)) == len(re.findall(r"(?m)^#+ ", english))
    typed = [sorted(set(re.findall(r"`(camwarden [^`\n]+)`", text))) for text in (english, chinese)]
    assert typed[0] == typed[1]


@pytest.mark.parametrize("page", PAGES)
def test_a_twin_uses_the_words_of_the_field_and_full_width_punctuation(page: str) -> None:
    text = CODE.sub(" ", (ROOT / twin_of(page)).read_text("utf-8"))
    prose = "\n".join(line for line in text.splitlines() if not is_heading_row(line))
    assert {word: right for word, right in WRONG_WORDS.items() if word in prose} == {}
    assert HALF_WIDTH.findall(prose) == []


def is_comment(line: str) -> bool:
    """Tell whether a line of the sample is a comment in words, and no option that is commented out."""
    return re.fullmatch(r"\s*#(?! [a-z_0-9]+ = ).*", line) is not None


def test_the_sample_in_chinese_has_each_option_and_a_comment_wherever_the_other_has_one() -> None:
    def shape(name: str) -> list[str]:
        lines = (ROOT / name).read_text("utf-8").splitlines()
        marks = ["#" if is_comment(line) else line for line in lines]
        return [one for one, before in zip(marks, ["", *marks], strict=False) if (one, before) != ("#", "#")]

    assert shape(twin_of(SAMPLE)) == shape(SAMPLE)
    words = [line for line in (ROOT / twin_of(SAMPLE)).read_text("utf-8").splitlines() if is_comment(line)]
    assert [line for line in words if line.strip(" #") and not re.search("[\u4e00-\u9fff]", line)] == []


def is_heading_row(line: str) -> bool:
    """Tell whether a line is of the table of ledgers' headings, which are in the words of those who made them."""
    return line.count("|") == 5


def test_each_twin_is_of_a_page_in_the_table() -> None:
    there = {
        path.relative_to(ROOT).as_posix()
        for top in ("README.zh.md", "agent", "drivers", "masking", "packaging", "systemd")
        for path in ([ROOT / top] if top.endswith(".md") else (ROOT / top).rglob("*.zh.*"))
        if path.suffix in (".md", ".sample")
    }
    assert there == {twin_of(page) for page in PAGES}
