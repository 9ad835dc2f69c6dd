"""Finds, in the source, every text that people will read in their language. For `test_text.py`."""

from __future__ import annotations

import argparse
import ast
import gc
from collections.abc import Iterator
from pathlib import Path

from uncollected import uncollected

from agent.text.cli_words import arguments, commands, groups

ROOT = Path(__file__).parents[2]

MADE = frozenset({"Message", "lines", "sentence", "_suggestion", "too_many_rows", "_no_headings", "_by_hand"})
"""What returns a message."""

MARKS = frozenset({"Message", "translate", "Refused", "sentence"})
"""What a text is given to, to be translated."""

NOTES = frozenset({"note", "refuse"})
"""What notes a mistake of the configuration; its last two arguments are what is wrong and what to do."""

EXPECTED = {"texts": 2, "_wrong": 1, "Unique": 0}
"""Which argument of these says in words what a value must be, or what carries it."""

ELSEWHERE = frozenset(
    {
        "self._failure or mqtt.error_string(code)", "events.refused", "events.lost", "events.unsubscribed[0]",
        "link.lost", "tls_words(error)", "header.kid", "kid",
    }
)  # fmt: skip
"""What an error may be made of without a text of its own: the words of the broker or of MQTT, and a thumbprint."""


def configures(path: Path) -> bool:
    """Tell whether a file reads the configuration or a pack of rules."""
    place = path.relative_to(ROOT).as_posix()
    return place.startswith(("agent/site/config/", "agent/site/toml/")) or place == "agent/site/rules/read.py"


@uncollected()
def sources(*packages: str) -> dict[Path, ast.Module]:
    """Return the parsed files of some packages.

    Without the collector, which would look at millions of new nodes again and again and find none to free.
    """
    files = [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]
    was_on = gc.isenabled()
    gc.disable()
    try:
        return {path: ast.parse(path.read_text("utf-8")) for path in files}
    finally:
        if was_on:
            gc.enable()


def name_of(call: ast.Call) -> str:
    return str(getattr(call.func, "id", getattr(call.func, "attr", "")))


def errors_of(trees: dict[Path, ast.Module]) -> frozenset[str]:
    """Return the names of `AgentError` and of everything made of it."""
    bases = {
        node.name: {getattr(base, "id", "") for base in node.bases}
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    known = {"AgentError"}
    while more := {name for name, of in bases.items() if of & known} - known:
        known |= more
    return frozenset(known)


def literals(node: ast.expr | None) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)


def spoken_in(path: Path, tree: ast.Module, errors: frozenset[str]) -> Iterator[str]:
    """Yield every text of a file that must have a translation."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            called = str(getattr(target, "id", ""))
            if called.endswith("_RULE") or (called in ("what", "fix") and configures(path)):
                yield from literals(node.value)
        if not isinstance(node, ast.Call):
            continue
        for keyword in node.keywords:
            if keyword.arg in ("next_step", "rule", "hint"):
                yield from literals(keyword.value)
        for each in told_by(node, path, errors):
            yield from literals(each)


def told_by(call: ast.Call, path: Path, errors: frozenset[str]) -> list[ast.expr]:
    """Return the arguments of a call that hold words for people."""
    name = name_of(call)
    if name in MARKS or name in errors:
        return call.args[1:2] if name == "NotVerified" else call.args[:1]
    if name in NOTES and configures(path):
        return call.args[-2:]
    if name in EXPECTED:
        return call.args[EXPECTED[name] : EXPECTED[name] + 1]
    return []


def untold(path: Path, tree: ast.Module, errors: frozenset[str]) -> Iterator[str]:
    """Yield the place of every error and note whose words are put together, so that nobody could translate them."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            if name_of(call) in errors or (name_of(call) in NOTES and configures(path)):
                if name_of(call) in ("ConfigError", "ConfigForbidden"):
                    continue  # made of problems, each of which is looked at where it is noted
                for each in told_by(call, path, errors):
                    if not is_whole(each, function):
                        yield f"{path.relative_to(ROOT).as_posix()}:{each.lineno}: {ast.unparse(each)}"


def is_whole(node: ast.expr, function: ast.FunctionDef) -> bool:
    """Tell whether an expression is a literal, a `Message`, an error's own message, or a name of such."""
    if ast.unparse(node) in ELSEWHERE or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        return True
    if isinstance(node, ast.Call):
        return name_of(node) in MADE
    if isinstance(node, ast.Attribute):
        return node.attr == "message"
    if isinstance(node, ast.IfExp):
        return is_whole(node.body, function) and is_whole(node.orelse, function)
    if isinstance(node, ast.BoolOp):
        return all(is_whole(value, function) for value in node.values)
    if isinstance(node, ast.Name):
        values = [
            each.value
            for each in ast.walk(function)
            if isinstance(each, ast.Assign) and getattr(each.targets[0], "id", "") == node.id
        ]
        handed = [each.arg for each in ast.walk(function) if isinstance(each, ast.arg)]
        return node.id in handed or (bool(values) and all(is_whole(value, function) for value in values))
    return False


def helped(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield every text of `--help` of a parser and of its commands."""
    texts: list[str | None] = [parser.description, parser.epilog]
    for group in groups(parser):
        texts += [group.shown.title, group.shown.description]
    texts += [action.help for action in arguments(parser)]
    for command in commands(parser):
        texts.append(command.entry.help)
        yield from helped(command.parser)
    yield from (text for text in texts if text and text != argparse.SUPPRESS)
