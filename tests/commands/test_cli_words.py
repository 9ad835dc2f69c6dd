# ruff: noqa: RUF001  Chinese punctuation is what is looked at here
"""What the command line itself says, in the reader's language: help, usage errors, mistakes of the configuration."""

from __future__ import annotations

from pathlib import Path
from unicodedata import east_asian_width

import pytest

from agent import cli
from agent.model import exits
from agent.model.errors import NotVerified, UsageError, os_words
from agent.model.finding import Message, lines, sentence
from agent.text.cli_words import commands, translate_parser, wrapped
from agent.text.translate import render


def said(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str]:
    """Return the exit code, and what was written to standard output and error."""
    code = cli.main([str(word) for word in words])
    written = capsys.readouterr()
    return code, written.out + written.err


def columns(line: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in line)


def test_help_is_chinese_to_its_headings_and_fits_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    code, text = said(capsys, "--lang", "zh_CN", "check", "--help")
    assert code == 0
    for words in (
        "用法：",
        "选项:",
        "通用选项:",
        "显示本帮助并退出",
        "对站点检测一次并显示结果",
        "任何命令都不会更改摄像机",
    ):
        assert words in "".join(text.split())
    assert [line for line in text.splitlines() if columns(line) > 80] == []


def test_an_action_of_the_hub_has_all_its_own_options_where_only_it_is_described(
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole = cli.full_parser()
    translate_parser(whole, "en")
    hub = next(one.parser for one in commands(whole) if one.name == "hub")
    names = [one.name for one in commands(hub)]
    assert len(names) > 40
    for action in commands(hub):
        code, told = said(capsys, "hub", action.name, "--help", "--lang", "en")
        assert (code, told) == (0, action.parser.format_help()), action.name
    # What argparse takes for the action is the word behind the command, whatever stands further on.
    for words in (("statsu",), ("-", "status"), ("-5", "status")):
        code, told = said(capsys, "hub", *words, "--lang", "en")
        listed = [line.split()[2] for line in told.splitlines() if line.startswith("  camwarden hub ")]
        assert (code, listed) == (exits.USAGE, names), words


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--lang", "zh_CN", "status", "--jsno"), "camwarden：错误：无法识别的参数：--jsno"),
        (("--lang=zh_CN", "config"), "camwarden config：错误：缺少以下参数：ACTION"),
        (("--lang", "zh_CN", "statsu"), "无效的选择：'statsu'"),
        (("config", "--lang", "zh_CN", "validate", "--config"), "参数 --config：需要一个参数值"),
        (("--lang", "zh_CN"), "camwarden：错误：缺少以下参数：COMMAND"),
    ],
)
def test_a_wrong_command_line_is_told_in_chinese(
    words: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = said(capsys, *words)
    assert code == exits.USAGE
    assert says in text


def test_english_comes_back_after_chinese_in_one_process(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "--lang", "zh_CN", "status", "--jsno")
    assert "error: unrecognized arguments: --jsno" in said(capsys, "--lang", "en", "status", "--jsno")[1]
    said(capsys, "--lang", "zh_CN", "status", "--jsno")
    assert "options:" in cli.full_parser().format_help()


def test_mistakes_of_the_configuration_are_chinese_and_keep_their_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "site.toml"
    file.write_text('[site]\nid = "a b"\ncity = "datong"\ndivision = "140200"\nperiod = 5\n')
    code, text = said(capsys, "--lang", "zh_CN", "config", "validate", "--config", file)
    assert code == exits.CONFIG
    first, second = text.splitlines()
    right = "1 至 23 个字符，只能用 0-9、A-Z、a-z"
    assert first == f'camwarden: {file}:2: site：id 应为：{right}；现在是 "a b"；例如写成 id = "datong017"'
    assert second == f'camwarden: {file}:5: site：未知的键 "period"；是否想写 "period_s"？'


def test_what_the_operating_system_says_is_chinese_inside_a_chinese_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    none = tmp_path / "none.json"
    code, text = said(capsys, "--lang", "zh_CN", "hub", "desired", "017", none, "--data", tmp_path)
    assert (code, text) == (exits.CONFIG, f"camwarden: {none}：没有这个文件或目录；请指定策略文件\n")


def test_an_error_says_english_as_text_and_chinese_where_it_is_rendered() -> None:
    inner = NotVerified("signature", "the signature does not fit the payload")
    outer = UsageError(
        Message("{path}: {error}: it was changed; open the job anew", {"path": "a.json", "error": inner})
    )
    assert str(outer) == "a.json: the signature does not fit the payload: it was changed; open the job anew"
    assert render(outer.message, "en") == str(outer)
    assert render(outer.message, "zh_CN") == "a.json：签名与内容不符：文件已被改动；请重新登记工单"


def test_braces_of_others_are_never_places() -> None:
    assert str(UsageError("a {brace}")) == "a {brace}"
    assert str(os_words(OSError(5, "odd {0} {x!r}"))) == "odd {0} {x!r}"
    assert str(lines([sentence("{a}"), Message("{b}", {"b": "{c}"})])) == "{a}\n{c}"


def test_json_keeps_numbers_and_what_can_be_translated_and_all_else_as_plain_words() -> None:
    message = Message("{path}: {why}", {"path": Path("/x"), "why": Message("Permission denied"), "n": 3})
    why = {"said": "Permission denied", "values": {}, "next_step": ""}
    assert message.plain_values() == {"path": "/x", "why": why, "n": 3}


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("", 10, []),
        ("一二三四五六", 8, ["一二三四", "五六"]),
        ("一二三，四五", 6, ["一二三，", "四五"]),
        ("看 site.toml 的内容", 10, ["看", "site.toml", "的内容"]),
        ("averylongword 一", 4, ["averylongword", "一"]),
    ],
)
def test_lines_break_by_columns_and_never_inside_a_word(text: str, width: int, shown: list[str]) -> None:
    assert wrapped(text, width) == shown
