"""The configuration as people type it: with an editor on Windows, and with an input method for Chinese."""

from datetime import date
from pathlib import Path

import pytest

from agent.site.config.add_declaration import append_declarations
from agent.site.config.load import load
from agent.site.declarations.standing import Declaration
from agent.site.toml.problems import ConfigError


def mistakes(path: Path) -> str:
    with pytest.raises(ConfigError) as refused:
        load(path)
    return str(refused.value)


def test_a_file_of_an_editor_on_windows_is_read_and_gets_a_declaration(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_bytes(b"\xef\xbb\xbf" + b'[site]\r\nid = "s1"\r\ncity = "datong"\r\ndivision = "140200"\r\n')
    assert load(path).id == "s1"
    row = Declaration("place-category", "7-1", "Li Na", date(2026, 11, 1))
    assert append_declarations(path, [row]).declarations == (row,)


@pytest.mark.parametrize(
    ("text", "wide", "plain"),
    [
        ("[site]\nid = \u201cs1\u201d\n", "\u201c \u201d", '"'),
        ('[site]\nid \uff1d "s1"\n', "\uff1d", "="),
        ('[site\u3011\nid = "s1"\n', "\u3011", "]"),
        ("[probe]\nx = [1\uff0c2]\n", "\uff0c", ","),
    ],
)
def test_a_mark_of_a_chinese_input_method_is_named(text: str, wide: str, plain: str, tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(text, "utf-8")
    assert f"write {plain} where {wide} is" in mistakes(tmp_path / "site.toml")


def test_a_wide_mark_inside_a_text_is_no_mistake_of_its_line(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text('[site]\nid = "\u201cs1\u201d" x\n', "utf-8")
    assert "input method" not in mistakes(tmp_path / "site.toml")
