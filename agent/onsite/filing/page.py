"""Renders the printable pages of a dossier: one self-contained HTML file in one language. Pure; without pictures.

The style sheet is that of the hand-over report.
"""

from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

from agent.model.finding import Level
from agent.onsite.filing.clocks import Deadline
from agent.onsite.filing.contents import Dossier
from agent.onsite.filing.lists import EquipmentList, lists
from agent.onsite.filing.page_words import CLOCKS, STANDS, WORDS
from agent.onsite.filing.papers import DEVICE_LIST, TITLES, Slot
from agent.onsite.handover.report import KeyPart
from agent.onsite.handover.templates import environment
from agent.report.levels import LEVEL_WORDS
from agent.site.declarations.table import BY_ID, NATIONAL_CLASS, PLACE_CATEGORY
from agent.text.translate import render, translate

NONE: Final = "\u2013"

LEVELS: Final[Mapping[str, Level]] = {"recorders_count": "told", "seen": "own"}
"""How basic facts are known that nobody declared: which box is a recorder, it says itself."""


def render_page(dossier: Dossier, key: KeyPart, lang: str) -> str:
    """Render the pages as HTML in `zh_CN` or `en`; `key` is what the ZIP around them is signed with."""
    templates = environment("agent.onsite.filing", "agent.onsite.handover", sanitizing=True)
    words = {name: translate(text, lang) for name, text in WORDS.items()}
    devices, cameras, streams = (_without_empty(one) for one in lists(dossier.inventory, lang))
    return templates.get_template("page.html.j2").render(
        d=dossier,
        key=key,
        words=words,
        facts=_facts(dossier, words, lang),
        clocks=[_deadline(clock, lang) for clock in dossier.clocks],
        papers=[_paper(slot, words, lang) for slot in dossier.slots],
        tables=(("devices", devices), ("cameras", cameras), ("streams", streams)),
        html_lang=lang.replace("zh_CN", "zh-Hans-CN"),
    )


def _facts(dossier: Dossier, words: dict[str, str], lang: str) -> list[tuple[str, str, str]]:
    """Return each basic fact with its label and how it is known; what is missing is not known."""
    kept = dossier.inventory
    at = dossier.at.astimezone(ZoneInfo(dossier.time_zone))
    rows = (
        ("unit", kept.unit),
        ("organ", dossier.organ),
        ("division", dossier.division),
        ("national", _meaning(NATIONAL_CLASS, dossier.national_class, lang)),
        ("category", _meaning(PLACE_CATEGORY, dossier.place_category, lang)),
        ("accepted", str(dossier.accepted or "")),
        ("in_use", str(dossier.in_use_since or "")),
        ("cameras_count", str(len(kept.cameras))),
        ("recorders_count", str(sum(one.kind == "recorder" for one in kept.devices))),
        ("boxes_count", str(len(kept.devices))),
        ("storage", str(kept.storage_days)),
        ("seen", f"{at:%Y-%m-%d %H:%M} {dossier.time_zone}"),
    )
    known = {name: translate(LEVEL_WORDS[LEVELS.get(name, "declared")], lang) for name, _ in rows}
    return [(words[name], text or words["missing"], known[name] if text else "") for name, text in rows]


def _meaning(duty: str, value: str, lang: str) -> str:
    known = {choice.value: translate(choice.meaning, lang) for choice in BY_ID[duty].choices}
    return known.get(value, value)


def _deadline(clock: Deadline, lang: str) -> tuple[str, tuple[str, ...], str]:
    """Return the status, the cells, and the state of the deadline."""
    days = NONE if clock.days_left is None else str(clock.days_left)
    title = translate(CLOCKS[clock.finding.check], lang)
    title += f" — {render(clock.disputed, lang)}" if clock.disputed else ""
    cells = (title, *(str(day or NONE) for day in (clock.begins, clock.due, clock.filed)), days)
    if clock.filed is not None:
        stands = "filed"
    elif clock.finding.status == "unknown":
        stands = "unknown"
    else:
        stands = "overdue" if clock.finding.status == "fail" else "due"
    return clock.finding.status, cells, translate(STANDS[stands], lang)


def _paper(slot: Slot, words: dict[str, str], lang: str) -> tuple[str, ...]:
    title = translate(TITLES[slot.duty], lang)
    if not slot.is_there or slot.is_none:
        stands = words["none"] if slot.is_none else words["expired" if slot.state == "expired" else "missing"]
        made_here = words["made_here"] if slot.duty == DEVICE_LIST else NONE
        return (str(slot.number), title, stands, NONE, NONE, made_here)
    there = slot.member or words["not_enclosed"]
    return (str(slot.number), title, slot.paper, str(slot.dated or NONE), slot.sha256, there)


def _without_empty(listed: EquipmentList) -> EquipmentList:
    """Drop the empty columns: paper is narrow."""
    used = [n for n in range(len(listed.headings)) if any(row[n] != "" for row in listed.rows)]
    rows = tuple(tuple(row[n] for n in used) for row in listed.rows)
    return EquipmentList(listed.name, tuple(listed.headings[n] for n in used), rows)
