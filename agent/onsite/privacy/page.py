"""Renders the privacy file: rows of words for text and page, JSON for programs, one self-contained HTML page. Pure.

The style sheet is that of the hand-over report; the page prints on A4.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from agent.host.access_register import WHAT, Opening
from agent.model.finding import Json, first_of, utc_text
from agent.onsite.handover.templates import environment
from agent.onsite.privacy.contents import GROUNDS, PURPOSES, PrivacyFile, StoreNow, kept_text
from agent.onsite.privacy.page_words import DUE, RISKS, WORDS
from agent.onsite.privacy.stores import FOLDERS
from agent.text.translate import render, together, translate

SCHEMA: Final = "camwarden-privacy/1"
OPENINGS_SHOWN: Final = 200
LOOKED_AT: Final = ("state", "runtime", "hub")
NONE: Final = "\u2013"


def render_page(file: PrivacyFile, lang: str) -> str:
    """Render the page as HTML in `zh_CN` or `en`."""
    words = {name: translate(text, lang) for name, text in WORDS.items()}
    where = [words["site"], file.site] if file.site else [words["page"], words["hub"]]
    facts = ((where[0], where[1]), (words["unit"], file.unit or words["missing"]), (words["at"], _at(file, file.at)))
    templates = environment("agent.onsite.privacy", "agent.onsite.handover", sanitizing=True)
    return templates.get_template("page.html.j2").render(
        words=words,
        place=file.name or file.site or words["hub"],
        facts=facts,
        purposes=_all(PURPOSES, lang),
        grounds=_all(GROUNDS, lang),
        recipients=recipient_rows(file, lang),
        stores=[store_cells(file, one, lang) for one in file.stores if one.store.has_people],
        without_people=together(
            (translate(one.store.title, lang) for one in file.stores if not one.store.has_people), lang
        ),
        unnamed=file.unnamed,
        openings=opening_rows(file, lang),
        openings_left=max(0, len(file.openings) - OPENINGS_SHOWN),
        due=[(*_all(row, lang), "") for row in DUE],
        risks=[(*_all(row, lang), "") for row in RISKS],
        html_lang=lang.replace("zh_CN", "zh-Hans-CN"),
    )


def recipient_rows(file: PrivacyFile, lang: str) -> list[tuple[str, str, str]]:
    """Return who receives what, in words."""
    operator = file.unit or translate(WORDS["operator"], lang)
    return [
        (one.who or operator, translate(one.what, lang), translate(WORDS["yes" if one.leaves else "no"], lang))
        for one in file.recipients
    ]


def store_cells(file: PrivacyFile, one: StoreNow, lang: str) -> tuple[str, ...]:
    """Return a store in words: title, what of people is in it, where, how long, what deletes it, what is there now."""
    row = one.store
    title, holds, where, ends = _all((row.title, row.holds, FOLDERS[row.folder], row.ends), lang)
    names = together(first_of(row.files, 3).items, lang)
    place = f"{where}{translate(': ', lang)}{names}" if row.files else where
    return title, holds, place, render(kept_text(row), lang), ends, _now(file, one, lang)


def opening_rows(file: PrivacyFile, lang: str) -> list[tuple[str, str, str, str, str]]:
    """Return the newest openings in words, the newest first."""
    shown: Iterable[Opening] = reversed(file.openings[-OPENINGS_SHOWN:])
    return [
        (_at(file, one.at), one.user, one.command, translate(WHAT.get(one.what, one.what), lang), one.file or NONE)
        for one in shown
    ]


def file_json(file: PrivacyFile) -> dict[str, Json]:
    """Return what `--json` prints; an opening with all lines of the register."""
    return {
        "schema": SCHEMA,
        "site": file.site or None,
        "unit": file.unit or None,
        "at": utc_text(file.at),
        "purposes": list(PURPOSES),
        "grounds": list(GROUNDS),
        "recipients": [{"who": one.who or None, "what": one.what, "leaves": one.leaves} for one in file.recipients],
        "stores": [_store_json(one) for one in file.stores],
        "unnamed": list(file.unnamed),
        "openings": [
            {"at": utc_text(one.at), "user": one.user, "command": one.command, "what": one.what, "file": one.file}
            for one in file.openings
        ],
    }


def _store_json(one: StoreNow) -> Json:
    row = one.store
    return {
        "name": row.name,
        "folder": row.folder,
        "files": list(row.files),
        "holds": row.holds,
        "has_people": row.has_people,
        "kept_s": round(row.kept.total_seconds()) if row.kept is not None else None,
        "since": row.since,
        "ends": row.ends,
        "by": row.by,
        "now": None
        if one.files is None
        else {"files": one.files, "bytes": one.size_bytes, "oldest": utc_text(one.oldest) if one.oldest else None},
    }


def _now(file: PrivacyFile, one: StoreNow, lang: str) -> str:
    if one.files is None:
        return translate(WORDS["unknown"], lang) if one.store.folder in LOOKED_AT else NONE
    if not one.files or one.oldest is None:
        return translate(WORDS["empty"], lang)
    return f"{one.files} · {_size(one.size_bytes)} · {one.oldest.astimezone(ZoneInfo(file.time_zone)):%Y-%m-%d}"


def _size(count: int) -> str:
    return f"{count / 1024 / 1024:.1f} MiB" if count >= 1024 * 1024 else f"{-(-count // 1024)} KiB"


def _at(file: PrivacyFile, at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(file.time_zone)):%Y-%m-%d %H:%M}"


def _all(texts: Iterable[str], lang: str) -> tuple[str, ...]:
    return tuple(translate(text, lang) for text in texts)
