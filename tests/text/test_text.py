"""Texts in the reader's language: the catalogue is complete, fits its places, and the compiled file agrees with it."""

from __future__ import annotations

import ast
import errno
import gettext
import os
import re
import string
from pathlib import Path

import polib
import pytest
from compile_locale import compile_locale
from spoken import configures, errors_of, helped, sources, spoken_in, untold
from template_texts import texts

from agent import cli
from agent.model.finding import Message
from agent.onsite.ledger.columns import COLUMNS
from agent.site.declarations.table import DECLARABLES
from agent.text import translate as text
from agent.text.translate import choose_lang, render, translate
from drivers.stores import pattern
from tests.house.test_twins import WRONG_WORDS

ROOT = Path(__file__).parents[2]
PO = ROOT / "agent/text/locale/zh_CN/LC_MESSAGES/camwarden.po"
CATALOGUE: dict[str, str] = {one.msgid: one.msgstr for one in polib.pofile(str(PO)).translated_entries()}

WORDS = {
    *("pass", "warn", "fail", "unknown", "not_applicable"),
    *("new", "worked", "wrong", "doubtful", "busy"),
    *("pending", "sent", "confirmed"),
    *("day", "night", "infrared"),
    *("being read", "pictures are judged", "looked at once more soon", "done"),
    *("set up NTP on the device", ": "),
    *("critical", "major", "minor", "info"),
    *("verified", "failed", "unchecked", "unusable"),
    *("gap", "fork", "tamper", "filled"),
    *("ready", "disconnected", "lost"),
    *("unused", "used", "revoked"),
    *("waiting", "answer-expected", "answered", "refused", "answer-refused", "expired"),
    *("received", "untrusted", "duplicates", "forks", "tampered", "rejected"),
    *("mask-removed", "dark", "recordings-lost"),
    *("private zones", "zones", "presets", "secrets", "pack"),
    *("the polygon's sides cross or touch each other", "the polygon has no area"),
    *(pattern.trouble(wrong) for wrong in ("", "/a", "a", "%path")),
}
"""What is translated by a value of a type, not by a literal in the code."""

OTHERS = {
    # argparse
    "usage: ",
    "%(prog)s: error: %(message)s\n",
    "argument %(argument_name)s: %(message)s",
    "unrecognized arguments: %s",
    "ambiguous option: %(option)s could match %(matches)s",
    "invalid choice: %(value)r (choose from %(choices)s)",
    "expected one argument",
    "expected at most one argument",
    "expected at least one argument",
    "invalid %(type)s value: %(value)r",
    "the following arguments are required: %s",
    "one of the arguments %s is required",
    "not allowed with argument %s",
    "ignored explicit argument %r",
    "positional arguments",
    "options",
    "show this help message and exit",
    # the operating system
    *(os.strerror(number) for number in (
        errno.EPERM, errno.ENOENT, errno.EIO, errno.EACCES, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.EMFILE,
        errno.EFBIG, errno.ENOSPC, errno.EROFS, errno.ENAMETOOLONG, errno.ELOOP, errno.EDQUOT, errno.EADDRINUSE,
        errno.EADDRNOTAVAIL, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ECONNREFUSED, errno.ECONNRESET,
        errno.ETIMEDOUT,
    )),
    "Name or service not known",
    "Temporary failure in name resolution",
    # MQTT 5.0, reason codes, as paho says them
    *("Not authorized", "Bad user name or password", "Server unavailable", "Client identifier not valid"),
    *("Unsupported protocol version", "Banned", "Keep alive timeout", "Session taken over", "Server shutting down"),
    "Unspecified error",
}  # fmt: skip
"""Words of others that stand in our lines."""


PLACES_ALONE = "{text}"

Trees = dict[Path, ast.Module]


@pytest.fixture(scope="module")
def everywhere() -> Trees:
    """The parsed files of agent and drivers."""
    return sources("agent", "drivers")


@pytest.fixture(scope="module")
def trees(everywhere: Trees) -> Trees:
    """Those of agent."""
    return {path: tree for path, tree in everywhere.items() if path.is_relative_to(ROOT / "agent")}


@pytest.fixture(scope="module")
def errors(trees: Trees) -> frozenset[str]:
    return errors_of(trees)


def test_what_reads_the_configuration_is_looked_at_as_such(trees: Trees) -> None:
    """Its mistakes are texts by another call than elsewhere; whoever moves it says so in `configures`."""
    found = {path.name for path in trees if configures(path)}
    assert {"load.py", "sections.py", "devices.py", "table.py", "document.py", "read.py"} <= found and len(found) > 20


def test_every_text_that_people_read_is_translated(trees: Trees, errors: frozenset[str]) -> None:
    found = {text: path for path, tree in trees.items() for text in spoken_in(path, tree, errors)}
    assert len(found) > 1000
    assert {text: path.name for text, path in found.items() if text not in CATALOGUE} == {}.fromkeys(
        [PLACES_ALONE], "build.py"
    )
    assert (WORDS | OTHERS) - set(CATALOGUE) == set()


def test_every_text_of_help_is_translated() -> None:
    found = set(helped(cli.full_parser()))
    assert len(found) > 200
    assert found - set(CATALOGUE) == set()


def test_no_error_and_no_mistake_of_the_configuration_is_put_together_past_the_translation(
    trees: Trees, errors: frozenset[str]
) -> None:
    assert {"UsageError", "NotVerified", "ConfigError"} <= errors
    assert [place for path, tree in trees.items() for place in untold(path, tree, errors)] == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('raise UsageError(f"{path}: gone")', True),
        ('raise NotVerified("payload", f"of {site}")', True),
        ("raise UsageError(str(error))", True),
        ('raise UsageError("gone: look for it")', False),
        ('raise UsageError(Message("{path}: gone", {"path": path}))', False),
        ('words = f"{path}: gone"\n    raise UsageError(words)', True),
        ('words = Message("gone")\n    raise UsageError(words)', False),
    ],
)
def test_the_search_finds_what_is_put_together(source: str, found: bool, errors: frozenset[str]) -> None:
    tree = ast.parse(f"def one():\n    {source}\n")
    assert bool(list(untold(ROOT / "agent/one.py", tree, errors))) is found


STAY = {
    *(
        ": ",
        "{told}",
        "{why}",
        "{question}: {why}",
        "{path}: {why}",
        "{path}: {what}",
        "{path}: {error}",
        "{path}: {sound}",
        "{damaged} ({kind})",
        "{path} ({framing})",
        "{verdict} ({reason})",
        "{verdict}: {mask}",
        "{zone}: {mask} ({path})",
        "{name}: {why}",
        "{folder}: {why}",
    ),
    *("{file}: {key}: {error}", "{place}: {what}; {fix}", "{where}: {kind}; {unlock}", "{camera}: {fault}"),
    *("--set {key}: {message}", "{name}: {verdict}: {why}", "{host}:{port}: {why}"),
    *("; ", ", ", "camwarden {site}, {time}: {what}", "{text} ({named})"),
    *("JPEG, H.264, H.265, MP4, TS, Matroska", "2026-11-25T22:00", "site.toml"),
}
"""What holds no word that could be said in Chinese."""


def test_a_translation_is_in_chinese() -> None:
    assert {msgid for msgid, text in CATALOGUE.items() if msgid and not re.search("[\u4e00-\u9fff]", text)} == STAY


def test_each_term_has_one_word_in_chinese() -> None:
    status = CATALOGUE["unknown"]
    assert WRONG_WORDS["未知"] == status
    wrong = {word: right for word, right in WRONG_WORDS.items() if word != "未知"}  # a key may be unknown, as a word
    vendors = {"its page: Setting > Camera > Video > Overlay > Privacy Masking"}  # Dahua's page writes 隐私遮挡
    told = (text for msgid, text in CATALOGUE.items() if msgid not in vendors)
    assert [text for text in told if any(word in text for word in wrong)] == []


def test_everything_that_can_be_declared_is_asked_for_in_chinese_too() -> None:
    asked = [one for row in DECLARABLES for one in (row, *row.details)]
    texts = [(one.question, *(choice.meaning for choice in one.choices)) for one in asked]
    texts += [(row.none_means,) for row in DECLARABLES]
    assert [text for many in texts for text in many if text and text not in CATALOGUE] == []


def test_every_column_of_a_ledger_is_explained_in_both_languages() -> None:
    assert [column.told for column in COLUMNS if column.told not in CATALOGUE] == []


def test_no_translation_is_left_over(everywhere: Trees) -> None:
    constants = {
        node.value
        for tree in everywhere.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    known = constants | WORDS | OTHERS | set(texts())
    assert [msgid for msgid in CATALOGUE if msgid and msgid not in known] == []


def places(template: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(template) if name)


def test_a_translation_has_exactly_the_places_of_its_original() -> None:
    wrong = {msgid: CATALOGUE[msgid] for msgid in CATALOGUE if msgid and places(CATALOGUE[msgid]) != places(msgid)}
    assert len(CATALOGUE) > 2700
    assert wrong == {}


def test_the_compiled_file_agrees_with_its_source(tmp_path: Path) -> None:
    """It is not committed: whoever changed the `.po` runs `make setup`."""
    with PO.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert {msgid: compiled.gettext(msgid) for msgid in CATALOGUE} == CATALOGUE
    assert compiled.info()["language"] == "zh_CN"


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ('msgid "a"\nmsgstr "b"\nmsgid "a"\nmsgstr "c"\n', "camwarden.po:3: duplicate message definition"),
        ('msgid "a\n', "camwarden.po:2: end-of-line within string"),
        (
            'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
            '#, python-brace-format\nmsgid "{zone}"\nmsgstr "{zones}"\n',
            "camwarden.po:7: a format specification for argument 'zone' doesn't exist in 'msgstr'",
        ),
    ],
)
def test_a_wrong_source_ends_the_build_with_its_line(tmp_path: Path, source: str, what: str) -> None:
    folder = tmp_path / "agent/text/locale/zh_CN/LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "camwarden.po").write_text(source)
    with pytest.raises(RuntimeError, match="msgfmt refuses") as caught:
        compile_locale(tmp_path)
    assert what in str(caught.value)
    assert not (folder / "camwarden.mo").exists()


def test_without_msgfmt_the_build_names_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="install the package gettext"):
        compile_locale(tmp_path)


@pytest.mark.parametrize(
    ("flag", "environ", "lang"),
    [
        (None, {}, "en"),
        ("zh_CN", {"LANG": "en_US.UTF-8"}, "zh_CN"),
        ("en", {"LANG": "zh_CN.UTF-8"}, "en"),
        ("xx", {"LANG": "zh_CN.UTF-8"}, "en"),
        (None, {"LANG": "zh_CN.UTF-8"}, "zh_CN"),
        (None, {"LANG": "zh_TW.Big5"}, "zh_CN"),
        (None, {"LANG": "zh-Hans"}, "zh_CN"),
        (None, {"LANG": "de_DE.UTF-8"}, "en"),
        (None, {"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        (None, {"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh_CN"),
        (None, {"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN"}, "zh_CN"),
        (None, {"LANG": "de_DE.UTF-8", "LANGUAGE": "de:zh_CN:en"}, "zh_CN"),
        (None, {"LANG": "zh_CN.UTF-8", "LANGUAGE": "en"}, "en"),
        (None, {"LANG": "C.UTF-8", "LANGUAGE": "zh_CN"}, "en"),
        (None, {"LANGUAGE": "zh_CN"}, "en"),
    ],
)
def test_the_language_is_the_flag_then_the_locale_then_english(flag: str, environ: dict[str, str], lang: str) -> None:
    assert choose_lang(flag, environ) == lang


def test_a_message_is_translated_before_its_values_are_filled_in() -> None:
    message = Message("zone {zone}: the device has no mask there: draw one", {"zone": "pass"})
    assert render(message, "en") == "zone pass: the device has no mask there: draw one"
    chinese = CATALOGUE[message.template].replace("{zone}", "pass")
    assert "区域 pass" in chinese
    assert render(message, "zh_CN") == chinese


def test_what_has_no_translation_stays_english() -> None:
    assert translate("never written", "zh_CN") == "never written"
    assert translate("", "zh_CN") == ""
    assert translate("pass", "fr") == "pass"
    assert render(Message("{a} of {b}", {"a": 1, "b": "{c}"}), "zh_CN") == "1 of {c}"


def test_a_translation_with_a_wrong_place_is_answered_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "translate", lambda template, lang: "区域 {zone} {nowhere}")
    assert render(Message("zone {zone}", {"zone": "a"}), "zh_CN") == "zone a"
