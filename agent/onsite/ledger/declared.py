"""Parses the columns of a ledger that declare what no device can show, and finds what is in force. Pure.

`agent/site/declarations/table.py` lists what may be declared. A ledger names no author: the import's options do.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Final

from agent.model.finding import Json
from agent.onsite.ledger import values
from agent.onsite.ledger.files.grid import Value, half_width
from agent.onsite.ledger.values import Refused
from agent.site.config.declared import expected_answer
from agent.site.declarations.table import BY_ID
from agent.text.translate import LANGUAGES, translate

TABLE: Final = "declaration"


def declares(duty: str) -> Callable[[Value], Json]:
    """Return the parser of a duty's cells: a choice by its word or its meaning, in either language."""
    row = BY_ID[duty]

    def read(value: Value) -> Json:
        if row.kind == "flag":
            return values.flag(value)
        text = values.text(value)
        found: Json = text
        if row.kind == "number" and re.fullmatch(
            r"[0-9]{1,7}(\.[0-9]{1,6})?", number := half_width(text).rstrip("mM米°度")
        ):
            found = float(number) if "." in number else int(number)
        elif row.kind == "choice":
            meant = {render_answer(duty, one.value, lang): one.value for one in row.choices for lang in LANGUAGES}
            found = meant.get(text, text)
        if expected := expected_answer(row, found):
            raise Refused("{value} is no answer here: {expected} is due", value=values.shown(text), expected=expected)
        return found

    return read


def is_flag(duty: str) -> bool:
    """Return whether a duty is answered by yes or no."""
    return BY_ID[duty].kind == "flag"


def render_answer(duty: str, value: Json, lang: str) -> Json:
    """Render an answer for a cell: of a choice its meaning."""
    meant = next((choice.meaning for choice in BY_ID[duty].choices if choice.value == value), None)
    return value if meant is None else translate(meant, lang)


def offered_answers(duty: str, lang: str) -> tuple[str, ...]:
    """Return the answers that a column offers."""
    return tuple(str(render_answer(duty, choice.value, lang)) for choice in BY_ID[duty].choices)


def in_force(
    declarations: Iterable[Mapping[str, Json]], groups: Iterable[Mapping[str, Json]], today: date
) -> Mapping[tuple[str, str], Json]:
    """Return the declared answer that counts by camera and duty; that of the whole site under the empty camera.

    Both are tables of site.toml. Of two declarations the newer counts, an expired one no more; `today` is a local day.
    """
    members = {str(group["name"]): group["cameras"] for group in groups}
    found: dict[tuple[str, str], tuple[int, str, Json]] = {}
    for row in declarations:
        if row.get("until") and str(row["until"]) < today.isoformat():
            continue
        named, group = row.get("cameras") or (), str(row.get("group") or "")
        about = members.get(group, ()) if group else named
        rank = 1 if group else 2 if named else 0
        for camera in about if isinstance(about, list | tuple) and rank else ("",):
            key = (str(camera), str(row["duty"]))
            if key not in found or (rank, str(row["at"])) >= found[key][:2]:
                found[key] = (rank, str(row["at"]), row["value"])
    return {key: value for key, (_, _, value) in found.items()}


def answer_of(words_in_force: Mapping[tuple[str, str], Json], camera: str, duty: str) -> Json:
    """Return the answer that counts for a camera, None where there is none."""
    return words_in_force.get((camera, duty), words_in_force.get(("", duty)))
