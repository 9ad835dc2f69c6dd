"""Write the man pages: one for each command from the parser, one for site.toml from its sample.

Into `packaging/man/`, and in Chinese, from the translated parser and sample, into `packaging/man.zh_CN/`.

Run it (`make generated`) after a change of a command, an option or the sample; the pages are kept, and a test holds
them equal to what they are made from. Usage lines are built here and not by argparse, which words and breaks them
otherwise in each version of Python.

Source: man(7), man-pages(7).
"""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from agent import cli
from agent.model import exits
from agent.text.cli_words import arguments, commands, groups, translate_parser
from agent.text.translate import translate
from agent.version import VERSION

HERE: Final = Path(__file__).resolve().parent
FOLDERS: Final = {"en": HERE / "man", "zh_CN": HERE / "man.zh_CN"}
SAMPLES: Final = {"en": HERE / "site.toml.sample", "zh_CN": HERE / "site.toml.zh.sample"}
ZH: Final[Mapping[str, str]] = {
    "NAME": "名称",
    "SYNOPSIS": "用法",
    "DESCRIPTION": "说明",
    "COMMANDS": "命令",
    "OPTIONS": "选项",
    "ACTIONS": "动作",
    "COMMON FLAGS": "通用选项",
    "EXIT STATUS": "退出码",
    "FILES": "文件",
    "SEE ALSO": "参见",
    "privacy masks and recording retention of a site's cameras, proved and reported": (
        "核实并上报站点摄像机的隐私遮盖和录像保存"
    ),
    "what there is at a site and what is due of it": "站点有什么、应当做到什么",
    "They may stand anywhere on the command line, with every command.": "可写在命令行的任何位置，适用于每条命令。",
    "Those of every command, and the exit codes, stand in": "每条命令通用的选项和退出码见",
    "A value shown is the default; of an option that has none it is an example.": (
        "列出的值是默认值；没有默认值的选项，列出的是例子。"
    ),
    "All pass or warn; what was asked for is done.": "全部合格或警告；要求的已做完。",
    "Something fails.": "有不合格。",
    "The command line is wrong.": "命令行有误。",
    "Something could not be checked, or the status is stale.": "有无法判定的，或状态过时。",
    "A login was refused; it is not tried again blindly.": "登录被拒绝；不会盲目重试。",
    "The hub is unavailable.": "监管平台不可用。",
    "A mistake of camwarden's own.": "程序自身的缺陷。",
    "This user may not read or write a file.": "该用户无权读写某个文件。",
    "The configuration is wrong: each mistake is told with its line.": "配置有误：每处错误都写明所在的行。",
    "Interrupted (Ctrl-C).": "被中断（Ctrl-C）。",
    "What there is at the site: see camwarden-site.toml(5).": "站点有什么：见 camwarden-site.toml(5)。",
    "The passwords, mode 0600.": "密码，权限 0600。",
    "Spool, report key, approvals, states of credentials.": "报告队列、报告密钥、批准记录、登录状态。",
    "What the service last saw.": "服务最近一次看到的情况。",
}
"""The Chinese of what these pages say beside the texts of the program."""

TWIN_OF: Final = "译自 "
"""Begins the line of a sample that says what it translates; it is for those who change it."""

DATE: Final = "2026-11-25"
"""When the pages were last changed in substance; fixed, so that a build gives the same bytes again."""

LINE_CHARS: Final = 78
LINE_MAY_BREAK: Final = r"\1\\:"
COMMON: Final = "common flags"

ENDS: Final = (
    (exits.OK, "All pass or warn; what was asked for is done."),
    (exits.FAILS, "Something fails."),
    (exits.USAGE, "The command line is wrong."),
    (exits.UNCHECKED, "Something could not be checked, or the status is stale."),
    (exits.REFUSED, "A login was refused; it is not tried again blindly."),
    (exits.UNAVAILABLE, "The hub is unavailable."),
    (exits.BUG, "A mistake of camwarden's own."),
    (exits.PERMISSION, "This user may not read or write a file."),
    (exits.CONFIG, "The configuration is wrong: each mistake is told with its line."),
    (exits.INTERRUPTED, "Interrupted (Ctrl-C)."),
)
FILES: Final = (
    ("/etc/camwarden/site.toml", "What there is at the site: see camwarden-site.toml(5)."),
    ("/etc/camwarden/secrets.toml", "The passwords, mode 0600."),
    ("/var/lib/camwarden/", "Spool, report key, approvals, states of credentials."),
    ("/run/camwarden/status.json", "What the service last saw."),
)


def pages(lang: str = "en") -> dict[str, str]:
    """Return the text of each page in a language, by the file's name."""
    parser = cli.full_parser()
    translate_parser(parser, lang)
    commands = dict(_commands(parser))
    made = {"camwarden.1": _main_page(parser, lang)}
    for name, command in commands.items():
        made[f"camwarden-{name}.1"] = _command_page(name, command, lang)
    made["camwarden-site.toml.5"] = site_page(SAMPLES[lang].read_text("utf-8"), lang)
    return made


def said(text: str, lang: str) -> str:
    """Return a text of these pages, or of the program, in a language."""
    return ZH.get(text) or translate(text, lang) if lang == "zh_CN" else text


def _main_page(parser: argparse.ArgumentParser, lang: str) -> str:
    what = "privacy masks and recording retention of a site's cameras, proved and reported"
    lines = _header("camwarden", 1, what, lang)
    lines += [
        _head("SYNOPSIS", lang),
        *_usage(parser, lang),
        _head("DESCRIPTION", lang),
        *_text(parser.description or ""),
    ]
    lines += [_head("COMMANDS", lang)]
    for name, (_, help_line) in cli.COMMANDS.items():
        told = _sentence(said(help_line, lang))
        lines += [".TP", f".BR {_escaped(f'camwarden-{name}')} (1)", *_text(told)]
    anywhere = "They may stand anywhere on the command line, with every command."
    lines += [_head("OPTIONS", lang), *_text(said(anywhere, lang)), *_options(parser, lang, common=True)]
    lines += [_head("EXIT STATUS", lang)]
    for code, meaning in ENDS:
        lines += [".TP", f".B {int(code)}", *_text(said(meaning, lang))]
    lines += [_head("FILES", lang)]
    for path, meaning in FILES:
        lines += [".TP", f".I {_escaped(path)}", *_text(said(meaning, lang))]
    see = [f".BR {_escaped(f'camwarden-{name}')} (1)" for name in cli.COMMANDS]
    return _page([*lines, _head("SEE ALSO", lang), *_listed([*see, ".BR camwarden\\-site.toml (5)"])])


def _command_page(name: str, command: argparse.ArgumentParser, lang: str) -> str:
    lines = _header(f"camwarden-{name}", 1, cli.COMMANDS[name][1], lang)
    lines += [_head("SYNOPSIS", lang)]
    inner = [one for _, one in _leaves(command)]
    for number, one in enumerate(inner):
        lines += [*([".PP"] if number else []), *_usage(one, lang)]
    lines += [_head("DESCRIPTION", lang), *_text(_sentence(command.description or ""))]
    own = _options(command, lang, common=False)
    if own:
        lines += [_head("OPTIONS", lang), *own]
    actions = [(title, one) for title, one in _leaves(command) if one is not command]
    if actions:
        lines += [_head("ACTIONS", lang)]
        for title, one in actions:
            described = _text(_sentence(one.description or ""))
            lines += [f".SS {_escaped(title)}", *described, *_options(one, lang, common=False)]
    common = said("Those of every command, and the exit codes, stand in", lang)
    lines += [_head("COMMON FLAGS", lang), *_text(common), ".BR camwarden (1)."]
    return _page([*lines, _head("SEE ALSO", lang), ".BR camwarden (1),", ".BR camwarden\\-site.toml (5)"])


def site_page(sample: str, lang: str) -> str:
    """Return the page of site.toml, made from the comments of its sample: each table and each option once."""
    paragraphs = [[line.strip() for line in part.splitlines()] for part in sample.strip().split("\n\n")]
    head = [line.removeprefix("# ") for line in paragraphs[0] if line != "#"]
    about = [_sentence(line) for line in head if not line.startswith(TWIN_OF)]
    lines = _header("camwarden-site.toml", 5, "what there is at a site and what is due of it", lang)
    lines += [_head("SYNOPSIS", lang), ".I /etc/camwarden/site.toml", _head("DESCRIPTION", lang)]
    lines += _text(_joined(about))
    lines += _text(said("A value shown is the default; of an option that has none it is an example.", lang))
    seen: set[str] = set()
    for paragraph in paragraphs[1:]:
        lines += _table(paragraph, seen)
    return _page([*lines, _head("SEE ALSO", lang), ".BR camwarden (1),", ".BR camwarden\\-config (1)"])


def _table(paragraph: list[str], seen: set[str]) -> Iterator[str]:
    """Yield one table of the sample; a second one of the same name adds only what the first has not."""
    comment: list[str] = []
    title = ""
    for line in paragraph:
        option = re.fullmatch(r"(# )?([a-z_0-9]+) = (.*)", line)
        if line.startswith("["):
            title = line
            if title not in seen:
                yield from [f".SH {_escaped(title)}", *_text(_joined(comment))]
            seen.add(title)
        elif option and f"{title} {option[2]}" not in seen:
            seen.add(f"{title} {option[2]}")
            yield from [".TP", f".B {_escaped(option[2])}", *_text(_joined(comment)), *([".br"] if comment else [])]
            # A digest is longer than a line may be: it may break after each 32 digits.
            yield f".I {re.sub('([0-9a-f]{32})(?=[0-9a-f])', LINE_MAY_BREAK, _escaped(f'{option[2]} = {option[3]}'))}"
        elif line.startswith("# "):
            comment.append(line.removeprefix("# "))
            continue
        comment = []


def _head(title: str, lang: str) -> str:
    return f".SH {said(title, lang)}"


def _header(name: str, section: int, what: str, lang: str) -> list[str]:
    title = f'.TH {_escaped(name.upper())} {section} {DATE} "camwarden {VERSION}" "camwarden"'
    ragged = [".ds AD l", ".ad l"] if lang == "zh_CN" else []  # lines of Chinese have few blanks to be widened
    return [title, *ragged, _head("NAME", lang), *_text(f"{name} - {said(what, lang)}")]


def _commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for command in commands(parser):
        if command.parser.description is None:
            command.parser.description = command.entry.help or ""
        yield command.name, command.parser


def _leaves(command: argparse.ArgumentParser, title: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield the innermost actions of a command by their words, or the command itself where it has none."""
    inner = list(_commands(command))
    if not inner:
        yield title, command
    for name, one in inner:
        yield from _leaves(one, f"{title} {name}".strip())


def _usage(parser: argparse.ArgumentParser, lang: str = "en") -> list[str]:
    parts = []
    for action in arguments(parser):
        if _is_help(action) or action in _common(parser, lang) or action.help == argparse.SUPPRESS:
            continue
        if not action.option_strings:
            parts.append(_values(action))
        else:
            word = f"{action.option_strings[0]} {_values(action)}".strip()
            parts.append(word if action.required else f"[{word}]")
    if commands(parser):
        parts.append("COMMAND ..." if parser.prog == "camwarden" else "ACTION ...")
    words = ["[FLAGS]", *parts] if parser.prog == "camwarden" else parts
    return [f".B {_escaped(parser.prog)}", *_text(" ".join(words))]


def _options(parser: argparse.ArgumentParser, lang: str, common: bool) -> list[str]:
    lines = []
    shared = _common(parser, lang)
    for action in arguments(parser):
        if _is_help(action) or (action in shared) != common or action.help == argparse.SUPPRESS:
            continue
        value = _values(action)
        named = ", ".join(f"{name} {value}".strip() for name in action.option_strings) or value
        said = (action.help or "") % {**vars(action), "prog": parser.prog}
        lines += [".TP", f".B {_escaped(named)}", *_text(_sentence(said))]
    return lines


def _common(parser: argparse.ArgumentParser, lang: str) -> list[argparse.Action]:
    title = said(COMMON, lang)
    return [action for group in groups(parser) if group.shown.title == title for action in group.arguments]


def _is_help(action: argparse.Action) -> bool:
    return "--help" in action.option_strings


def _values(action: argparse.Action) -> str:
    """Return what follows an option, or stands for an argument, as a usage line shows it."""
    if action.nargs == 0:
        return ""
    choices = "{" + ",".join(map(str, action.choices)) + "}" if action.choices else ""
    word = action.metavar if isinstance(action.metavar, str) else choices or action.dest.upper()
    return {"?": f"[{word}]", "*": f"[{word} ...]", "+": f"{word} [{word} ...]"}.get(str(action.nargs), word)


def _listed(macros: list[str]) -> list[str]:
    return [*(f"{line}," for line in macros[:-1]), macros[-1]]


def _joined(lines: list[str]) -> str:
    """Return lines as one text; between lines of Chinese no blank is written."""
    return ("" if any(not line.isascii() for line in lines) else " ").join(lines)


def _sentence(text: str) -> str:
    if not text:
        return ""
    if not text.isascii():
        return text if text.endswith("\u3002") else f"{text.removesuffix('.')}\u3002"
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def _text(text: str) -> list[str]:
    """Return running text, one line of source after the other; Chinese on one, as each break would show as a blank."""
    if not text.isascii():
        return [rf"\&{line}" if line[:1] in (".", "'") else line for line in [_escaped(text)]]
    wrapped = textwrap.wrap(_escaped(text), LINE_CHARS, break_long_words=False, break_on_hyphens=False)
    return [rf"\&{line}" if line[:1] in (".", "'") else line for line in wrapped]


def _escaped(text: str) -> str:
    return text.replace("\\", r"\e").replace("-", r"\-").replace('"', r"\(dq")


def _page(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write every page, and remove those of commands that are gone."""
    for lang, folder in FOLDERS.items():
        folder.mkdir(exist_ok=True)
        made = pages(lang)
        for old in folder.iterdir():
            if old.name not in made:
                old.unlink()
        for name, text in made.items():
            (folder / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
