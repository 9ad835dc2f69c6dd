"""Finds every text of the hub's templates that people read: what `tr` and `m` are called with."""

from __future__ import annotations

import re
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
    """Return what stands between the tags of a template past all translation, with the template that has it."""
    found = {}
    for path in sorted(TEMPLATES.glob("*.j2")):
        parts = Environment(autoescape=True).lex(path.read_text("utf-8"))
        markup = "".join(value if kind == "data" else "\0" for _, kind, value in parts)
        for text in re.split("[\0\n]", re.sub(r"<[^<>]*>", "\n", markup)):
            said = re.sub(r"&\w+;", "", text).strip()
            if any(sign.isalpha() for sign in said):
                found[said] = path.name
    return found
