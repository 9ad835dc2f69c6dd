"""Completions and man pages are what the parser and the sample say, and the programs that read them take them."""

from __future__ import annotations

import argparse
import os
import pty
import re
import runpy
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from patience import PATIENCE_S

from agent.cli import COMMANDS, full_parser
from agent.text.cli_words import commands, every_argument

ROOT = Path(__file__).parents[2]
COMPLETIONS = runpy.run_path(str(ROOT / "packaging/write_completions.py"))
MAN = runpy.run_path(str(ROOT / "packaging/write_man_pages.py"))
AGAIN = "run: make generated"


def kept(folder: str) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in (ROOT / "packaging" / folder).iterdir()}


def test_the_kept_completions_are_those_of_the_parser() -> None:
    assert kept("completions") == COMPLETIONS["completions"](), AGAIN


@pytest.mark.parametrize(("folder", "lang"), [("man", "en"), ("man.zh_CN", "zh_CN")])
def test_the_kept_man_pages_are_those_of_parser_and_sample(folder: str, lang: str) -> None:
    assert kept(folder) == MAN["pages"](lang), AGAIN


def test_the_pages_in_chinese_have_each_option_of_the_others_and_no_sentence_in_english() -> None:
    english, chinese = kept("man"), kept("man.zh_CN")
    assert english.keys() == chinese.keys()
    options = re.compile(r"(?m)^\.TP\n\.B(?:R)? (.+)$")
    assert {name: options.findall(text) for name, text in chinese.items()} == {
        name: options.findall(text) for name, text in english.items()
    }
    said = {
        line
        for text in chinese.values()
        for line in text.splitlines()
        if re.search(r"[a-z]{2,} [a-z]{2,} [a-z]{2,} [a-z]{2,}", line) and not line.startswith((".", "["))
    }
    assert [line for line in said if line.isascii()] == []


def options(parser: argparse.ArgumentParser) -> Iterator[str]:
    names = (name for action in every_argument(parser) for name in action.option_strings)
    return (name for name in names if name not in ("-h", "--help"))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_a_command_stands_in_its_page(command: str) -> None:
    choices = {one.name: one.parser for one in commands(full_parser())}
    pages = kept("man")
    text = (pages[f"camwarden-{command}.1"] + pages["camwarden.1"]).replace(r"\-", "-")
    said = set(re.findall(r"(?m)^\.B .*$", text))
    words = {word.strip(",") for line in said for word in line.split()}
    assert set(options(choices[command])) - words == set()


def test_every_option_of_the_sample_stands_in_the_page_of_site_toml() -> None:
    sample = (ROOT / "packaging/site.toml.sample").read_text("utf-8")
    names = {m[1] for m in re.finditer(r"(?m)^\s*(?:# )?([a-z_]+) = ", sample)}
    page = kept("man")["camwarden-site.toml.5"]
    assert names - set(re.findall(r"(?m)^\.(?:B|I) ([a-z_]+)", page)) == set()


IN_CHINESE = ("man.zh_CN/camwarden-hub.1", "man.zh_CN/camwarden-site.toml.5")
"""The longest of the pages in Chinese: all of them are made by the same functions."""


@pytest.mark.parametrize("name", [*(f"man/{name}" for name in sorted(kept("man"))), *IN_CHINESE])
def test_mandoc_and_groff_find_no_fault_in_a_page(name: str, tmp_path: Path) -> None:
    path = ROOT / "packaging" / name
    level = "-Wall" if name.startswith("man/") else "-Wwarning"  # lines of Chinese are not broken: a break is a blank
    lint = subprocess.run(["mandoc", "-Tlint", level, path], capture_output=True, text=True, timeout=60, check=False)
    assert lint.stdout + lint.stderr == ""
    if not name.startswith("man/"):  # man reads the language in the folder, and breaks lines of Chinese by it
        placed = tmp_path / "man/zh_CN" / f"man{path.suffix[1:]}" / path.name
        placed.parent.mkdir(parents=True)
        path = Path(shutil.copyfile(path, placed))
    command = ["man", "--warnings", "-E", "UTF-8", "-l", path]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env={**os.environ})
    # groff says so where a word of ASCII stands between Chinese; what is shown is right.
    unbroken = re.compile(r"(?m)^troff:.*: (cannot break line|line has non-positive width 0m)\n")
    told = shown.stderr if name.startswith("man/") else unbroken.sub("", shown.stderr)
    assert (shown.returncode, told) == (0, "")


def test_a_fault_in_a_page_would_be_noticed(tmp_path: Path) -> None:
    page = tmp_path / "bad.1"
    page.write_text('.TH BAD 1 2026-11-25 "x" "y"\n.SH NAME\nbad\n.PP\n.XX\n')
    lint = subprocess.run(["mandoc", "-Tlint", page], capture_output=True, text=True, timeout=60, check=False)
    assert "unknown macro" in lint.stdout + lint.stderr


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The kept completions, with a site's file that is here instead of in /etc; one id in it is hostile."""
    site = tmp_path / "site.toml"
    site.write_text(
        '[[device]]\nid = "nvr"\n[[camera]]\nid = "gate-1"\n[[camera]]\n  id = "gate-2"\n'
        f'[[camera]]\nid = "gate-$(touch {tmp_path}/run)"\n[[store]]\nid = "gate-store"\n'
    )
    for name, text in kept("completions").items():
        (tmp_path / name).write_text(text.replace("/etc/camwarden/site.toml' 2>", f"{site}' 2>").replace(
            "/etc/camwarden/site.toml 2>", f"{site} 2>"))  # fmt: skip
    (tmp_path / "here.txt").touch()
    return tmp_path


def bash(files: Path, line: str) -> set[str]:
    words = [*line.split(" ")]
    name = words[0]
    program = (
        f"source {files}/{name}.bash; COMP_WORDS=({' '.join(repr(w) for w in words)}); COMP_CWORD={len(words) - 1}; "
        f'COMP_LINE={line!r}; COMP_POINT={len(line)}; $(complete -p {name} | sed "s/.*-F \\([^ ]*\\).*/\\1/") '
        f'{name} {words[-1]!r}; printf "%s\\n" "${{COMPREPLY[@]}}"'
    )
    # The function runs in this shell, not in the substitution that only names it.
    return answers([shutil.which("bash") or "bash", "--norc", "-c", program], files)


def fish(files: Path, line: str) -> set[str]:
    return answers(["fish", "--no-config", "-c", f"source {line.split()[0]}.fish; complete -C {line!r}"], files)


def answers(command: list[str], files: Path) -> set[str]:
    environ = {"PATH": os.environ["PATH"], "HOME": str(files)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=files, env=environ)
    assert done.stderr == ""
    return {line.split("\t")[0].strip() for line in done.stdout.splitlines() if line.strip()}


@pytest.mark.parametrize("shell", [bash, fish])
def test_bash_and_fish_complete_names_options_choices_ids_and_files(shell, files: Path) -> None:  # type: ignore[no-untyped-def]
    assert shell(files, "camwarden ma") == {"masks"}
    assert shell(files, "camwarden ") >= set(COMMANDS)
    assert shell(files, "camwarden masks ap") == {"approve"}
    assert shell(files, "camwarden hub trust re") == {"revoke"}
    assert shell(files, "camwarden check --time") == {"--timeline"}
    assert shell(files, "camwarden check --lang z") == {"zh_CN"}
    assert shell(files, "camwarden hub trust list --js") == {"--json"}
    assert shell(files, "camwarden masks show --camera ga") == {"gate-1", "gate-2"}
    assert shell(files, "camwarden credentials retry n") == {"nvr"}
    assert "here.txt" in shell(files, "camwarden check --config he")
    assert shell(files, "camwarden-hub trust re") == {"revoke"}
    assert shell(files, "camwarden-hub find") == {"findings"}
    assert not (files / "run").exists()


class Zsh:
    """An interactive zsh in a terminal of its own: zsh completes nowhere else."""

    def __init__(self, files: Path) -> None:
        self.terminal, inside = pty.openpty()
        environ = {"PATH": os.environ["PATH"], "HOME": str(files), "TERM": "dumb"}
        self.shell = subprocess.Popen(
            ["setsid", "--ctty", "zsh", "-f", "-i"], stdin=inside, stdout=inside, stderr=inside, cwd=files, env=environ
        )
        os.close(inside)
        self.type(f"PS1=; fpath=({files} $fpath); autoload -Uz compinit; compinit -u; echo re''ady\n", "ready")

    def type(self, keys: str, awaited: str) -> str:
        """Type keys and return what is shown until it holds what is awaited."""
        os.write(self.terminal, keys.encode())
        shown, until = "", time.monotonic() + PATIENCE_S
        while awaited not in shown and time.monotonic() < until:
            if select.select([self.terminal], [], [], 0.2)[0]:
                shown += os.read(self.terminal, 65536).decode(errors="replace")
        assert awaited in shown, shown
        return shown

    def close(self) -> None:
        os.close(self.terminal)
        self.shell.wait(PATIENCE_S)


def test_zsh_completes_names_options_and_ids(files: Path) -> None:
    shell = Zsh(files)
    try:
        shell.type("camwarden cred\t", "camwarden credentials ")
        shell.type("re\t", "retry ")
        shell.type("n\t", "nvr")
        shell.type("\x15camwarden masks show --cam\t", "--camera")
        shell.type(" gate-\t\t", "gate-2")
        shell.type("\x15camwarden check --timel\t", "--timeline")
    finally:
        shell.close()
    assert not (files / "run").exists()
