"""Each page that users read has a Chinese twin, which names the digest of the English page that it translates."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

ROOT = next(path for path in Path(__file__).parents if (path / "pyproject.toml").exists())

PAGES = (
    "README.md",
    "agent/commands/README.md",
    "agent/hub/README.md",
    "agent/hub/capacity.md",
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
SOURCE = re.compile(r"(?m)^(?:<!--|#) 译自 (\S+)\uff0csha256 ([0-9a-f]{16})(?: -->)?$")
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


def digest_of(text: str) -> str:
    """Return the digest of a page without the tables that a program writes into it: no twin has them."""
    text = re.sub(r"(?ms)^<!-- \w+: made by .*?^<!-- end of \w+ -->\n", "", text)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def stale(page: str, english: str, chinese: str) -> str:
    """Say in one line what to do about a twin; empty where it translates the page as it is."""
    found = SOURCE.search(chinese)
    if found is None or found[1] != Path(page).name:
        return f"{twin_of(page)}: no line names {Path(page).name} and its digest"
    if found[2] != digest_of(english):
        return f"{page} has changed: look at {twin_of(page)}, then write sha256 {digest_of(english)} into its head"
    return ""


@pytest.mark.parametrize("page", PAGES)
def test_the_twin_of_a_page_translates_it_as_it_is(page: str) -> None:
    english, chinese = ((ROOT / name).read_text("utf-8") for name in (page, twin_of(page)))
    assert stale(page, english, chinese) == ""


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


def test_a_changed_page_is_told_in_one_line_with_the_twin_and_the_new_digest() -> None:
    chinese = f"# 页\n\n<!-- 译自 a.md\uff0csha256 {digest_of('one')} -->\n"
    assert stale("x/a.md", "one", chinese) == ""
    told = stale("x/a.md", "two", chinese)
    assert "x/a.md has changed: look at x/a.zh.md" in told and digest_of("two") in told and "\n" not in told
    assert "no line names" in stale("x/b.md", "one", chinese)
    made = "one\n<!-- table: made by a.py -->\n{}\n<!-- end of table -->\ntwo\n"
    assert digest_of(made.format("| a |")) == digest_of(made.format("| b |")) != digest_of("one")


def test_each_twin_is_of_a_page_in_the_table() -> None:
    there = {
        path.relative_to(ROOT).as_posix()
        for top in ("README.zh.md", "agent", "drivers", "masking", "packaging", "systemd")
        for path in ([ROOT / top] if top.endswith(".md") else (ROOT / top).rglob("*.zh.*"))
        if path.suffix in (".md", ".sample")
    }
    assert there == {twin_of(page) for page in PAGES}
