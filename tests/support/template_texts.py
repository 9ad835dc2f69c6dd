"""Finds every text of the hub's templates that people read: what `tr` and `m` are called with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, nodes

TEMPLATES = Path(__file__).parents[2] / "agent/hub/web/templates"
SPEAK = frozenset({"tr", "m"})


def texts() -> dict[str, str]:
    """Return each text with the template that has it."""
    return {text: path.name for path in sorted(TEMPLATES.glob("*.j2")) for text in _texts(path)}


def _texts(path: Path) -> Iterator[str]:
    for call in Environment(autoescape=True).parse(path.read_text("utf-8")).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in SPEAK:
            assert isinstance(call.args[0], nodes.Const), f"{path.name}:{call.lineno}: a text that is none"
            yield call.args[0].value


def bare_words() -> dict[str, str]:
    """Return what stands in a template past all translation: letters of the markup itself."""
    found = {}
    for path in sorted(TEMPLATES.glob("*.j2")):
        for data in Environment(autoescape=True).parse(path.read_text("utf-8")).find_all(nodes.TemplateData):
            found.update(dict.fromkeys(_visible(data.data), path.name))
    return found


def _visible(markup: str) -> Iterator[str]:
    """Yield the texts between tags; a piece may begin or end within one."""
    outside = markup.rpartition("<")[0] if markup.rfind("<") > markup.rfind(">") else markup
    first, close, rest = outside.partition(">")
    if close and "<" not in first:
        outside = rest
    for part in outside.split("<"):
        text = part.rpartition(">")[2].strip()
        if any(sign.isalpha() for sign in text.replace("&middot;", "").replace("&hellip;", "")):
            yield text
