"""Write the man pages into `packaging/man/`: one for each command from the parser, one for site.toml from its sample.

Run it (`make generated`) after a change of a command, an option or the sample; the pages are kept, and a test holds
them equal to what they are made from. Usage lines are built here and not by argparse, which words and breaks them
otherwise in each version of Python.

Source: man(7), man-pages(7).
"""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from agent import cli
from agent.model import exits
from agent.text.cli_words import arguments, commands, groups
from agent.version import VERSION

FOLDER: Final = Path(__file__).resolve().parent / "man"
SAMPLE: Final = Path(__file__).resolve().parent / "site.toml.sample"

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


def pages() -> dict[str, str]:
    """Return the text of each page, by the file's name."""
    parser = cli.full_parser()
    commands = dict(_commands(parser))
    made = {"camwarden.1": _main_page(parser)}
    for name, command in commands.items():
        made[f"camwarden-{name}.1"] = _command_page(name, command)
    made["camwarden-site.toml.5"] = site_page(SAMPLE.read_text("utf-8"))
    return made


def _main_page(parser: argparse.ArgumentParser) -> str:
    lines = _header("camwarden", 1, "privacy masks and recording retention of a site's cameras, proved and reported")
    lines += [".SH SYNOPSIS", *_usage(parser), ".SH DESCRIPTION", *_text(parser.description or "")]
    lines += [".SH COMMANDS"]
    for name, (_, help_line) in cli.COMMANDS.items():
        lines += [".TP", f".BR {_escaped(f'camwarden-{name}')} (1)", *_text(_sentence(help_line))]
    lines += [".SH OPTIONS", *_text("They may stand anywhere on the command line, with every command.")]
    lines += _options(parser, common=True)
    lines += [".SH EXIT STATUS"]
    for code, meaning in ENDS:
        lines += [".TP", f".B {int(code)}", *_text(meaning)]
    lines += [".SH FILES"]
    for path, meaning in FILES:
        lines += [".TP", f".I {_escaped(path)}", *_text(meaning)]
    see = [f".BR {_escaped(f'camwarden-{name}')} (1)" for name in cli.COMMANDS]
    return _page([*lines, ".SH SEE ALSO", *_listed([*see, ".BR camwarden\\-site.toml (5)"])])


def _command_page(name: str, command: argparse.ArgumentParser) -> str:
    lines = _header(f"camwarden-{name}", 1, cli.COMMANDS[name][1])
    lines += [".SH SYNOPSIS"]
    inner = [one for _, one in _leaves(command)]
    for number, one in enumerate(inner):
        lines += [*([".PP"] if number else []), *_usage(one)]
    lines += [".SH DESCRIPTION", *_text(_sentence(command.description or ""))]
    own = _options(command, common=False)
    if own:
        lines += [".SH OPTIONS", *own]
    actions = [(title, one) for title, one in _leaves(command) if one is not command]
    if actions:
        lines += [".SH ACTIONS"]
        for title, one in actions:
            lines += [f".SS {_escaped(title)}", *_text(_sentence(one.description or "")), *_options(one, common=False)]
    lines += [".SH COMMON FLAGS", *_text("Those of every command, and the exit codes, stand in"), ".BR camwarden (1)."]
    return _page([*lines, ".SH SEE ALSO", ".BR camwarden (1),", ".BR camwarden\\-site.toml (5)"])


def site_page(sample: str) -> str:
    """Return the page of site.toml, made from the comments of its sample: each table and each option once."""
    paragraphs = [[line.strip() for line in part.splitlines()] for part in sample.strip().split("\n\n")]
    about = [_sentence(line.removeprefix("# ")) for line in paragraphs[0] if line != "#"]
    lines = _header("camwarden-site.toml", 5, "what there is at a site and what is due of it")
    lines += [".SH SYNOPSIS", ".I /etc/camwarden/site.toml", ".SH DESCRIPTION", *_text(" ".join(about))]
    lines += _text("A value shown is the default; of an option that has none it is an example.")
    seen: set[str] = set()
    for paragraph in paragraphs[1:]:
        lines += _table(paragraph, seen)
    return _page([*lines, ".SH SEE ALSO", ".BR camwarden (1),", ".BR camwarden\\-config (1)"])


def _table(paragraph: list[str], seen: set[str]) -> Iterator[str]:
    """Yield one table of the sample; a second one of the same name adds only what the first has not."""
    comment: list[str] = []
    title = ""
    for line in paragraph:
        option = re.fullmatch(r"(# )?([a-z_0-9]+) = (.*)", line)
        if line.startswith("["):
            title = line
            if title not in seen:
                yield from [f".SH {_escaped(title)}", *_text(" ".join(comment))]
            seen.add(title)
        elif option and f"{title} {option[2]}" not in seen:
            seen.add(f"{title} {option[2]}")
            yield from [".TP", f".B {_escaped(option[2])}", *_text(" ".join(comment)), *([".br"] if comment else [])]
            # A digest is longer than a line may be: it may break after each 32 digits.
            yield f".I {re.sub('([0-9a-f]{32})(?=[0-9a-f])', LINE_MAY_BREAK, _escaped(f'{option[2]} = {option[3]}'))}"
        elif line.startswith("# "):
            comment.append(line.removeprefix("# "))
            continue
        comment = []


def _header(name: str, section: int, what: str) -> list[str]:
    title = f'.TH {_escaped(name.upper())} {section} {DATE} "camwarden {VERSION}" "camwarden"'
    return [title, ".SH NAME", *_text(f"{name} - {what}")]


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


def _usage(parser: argparse.ArgumentParser) -> list[str]:
    parts = []
    for action in arguments(parser):
        if _is_help(action) or action in _common(parser) or action.help == argparse.SUPPRESS:
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


def _options(parser: argparse.ArgumentParser, common: bool) -> list[str]:
    lines = []
    shared = _common(parser)
    for action in arguments(parser):
        if _is_help(action) or (action in shared) != common or action.help == argparse.SUPPRESS:
            continue
        value = _values(action)
        named = ", ".join(f"{name} {value}".strip() for name in action.option_strings) or value
        said = (action.help or "") % {**vars(action), "prog": parser.prog}
        lines += [".TP", f".B {_escaped(named)}", *_text(_sentence(said))]
    return lines


def _common(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [action for group in groups(parser) if group.shown.title == COMMON for action in group.arguments]


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


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}" if text else ""


def _text(text: str) -> list[str]:
    """Return running text, one line of source after the other."""
    wrapped = textwrap.wrap(_escaped(text), LINE_CHARS, break_long_words=False, break_on_hyphens=False)
    return [rf"\&{line}" if line[:1] in (".", "'") else line for line in wrapped]


def _escaped(text: str) -> str:
    return text.replace("\\", r"\e").replace("-", r"\-").replace('"', r"\(dq")


def _page(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write every page, and remove those of commands that are gone."""
    FOLDER.mkdir(exist_ok=True)
    made = pages()
    for old in FOLDER.iterdir():
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
