"""Renders the printable pages of a dossier: one self-contained HTML file in one language. Pure; without pictures.

The style sheet is that of the hand-over report.
"""

from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

from agent.model.finding import Level, Message
from agent.onsite.filing.clocks import Deadline
from agent.onsite.filing.contents import Dossier
from agent.onsite.filing.declared_rows import FIRM_TITLES, FirmRow
from agent.onsite.filing.kept_footage import shortest
from agent.onsite.filing.lists import GIGABYTE, EquipmentList, lists
from agent.onsite.filing.page_words import CLOCKS, STANDS, WORDS
from agent.onsite.filing.papers import DEVICE_LIST, TITLES, Slot
from agent.onsite.filing.sheets import HOLDERS, Sheet, sheets
from agent.onsite.handover.contents_past import past_parts
from agent.onsite.handover.report import KeyPart
from agent.onsite.handover.templates import environment
from agent.onsite.link.last_tests import LastTest, tested_text, told_text
from agent.report.indication import error_rates, indication
from agent.report.levels import LEVEL_WORDS
from agent.site.declarations.table import BY_ID, NATIONAL_CLASS, PLACE_CATEGORY
from agent.site.rules.pack import obligations
from agent.site.rules.read import shipped
from agent.text.translate import render, together, translate

NONE: Final = "\u2013"

LEVELS: Final[Mapping[str, Level]] = {"recorders_count": "told", "capacity_told": "told", "seen": "own"}
"""How basic facts are known that nobody declared: which box is a recorder, it says itself."""

UNLEVELLED: Final = frozenset({"storage_required", "storage_measured"})
"""What the rules ask for, which is no fact of the site, and what says itself how it is known."""


def render_page(dossier: Dossier, key: KeyPart, lang: str) -> str:
    """Render the pages as HTML in `zh_CN` or `en`; `key` is what the ZIP around them is signed with."""
    templates = environment("agent.onsite.filing", "agent.onsite.handover", sanitizing=True)
    words = {name: translate(text, lang) for name, text in WORDS.items()}
    devices, cameras, streams, parameters, footage = (_without_empty(one) for one in lists(dossier, lang))
    return templates.get_template("page.html.j2").render(
        d=dossier,
        key=key,
        words=words,
        indication=indication(lang),
        error_rates=error_rates((clock.finding.check for clock in dossier.clocks), CLOCKS, lang),
        facts=_facts(dossier, words, lang),
        clocks=[_deadline(clock, lang) for clock in dossier.clocks],
        papers=[_paper(slot, words, lang) for slot in dossier.slots],
        tables=(
            ("devices", devices),
            ("cameras", cameras),
            ("footage", footage),
            ("streams", streams),
            ("parameters", parameters),
        ),
        firms=[_firm(one, words, lang) for one in dossier.firms],
        links=[_link(one, dossier, words, lang) for one in dossier.links],
        past=past_parts(dossier.past, lambda one: render(one.message, lang), lambda one: _rules(one.check, lang)),
        sheets=[_sheet(one, words, lang) for one in _sheets(dossier)],
        html_lang=lang.replace("zh_CN", "zh-Hans-CN"),
    )


def _facts(dossier: Dossier, words: dict[str, str], lang: str) -> list[tuple[str, str]]:
    """Return each basic fact with its label, and how it is known; what is missing is not known."""
    kept = dossier.inventory
    at = dossier.at.astimezone(ZoneInfo(dossier.time_zone))
    rows = (
        ("unit", kept.unit),
        ("address", dossier.unit.address),
        ("credit_code", dossier.unit.credit_code),
        ("contact", dossier.unit.contact),
        ("organ", dossier.organ),
        ("division", dossier.division),
        ("national", _meaning(NATIONAL_CLASS, dossier.national_class, lang)),
        ("category", _meaning(PLACE_CATEGORY, dossier.place_category, lang)),
        ("accepted", words["not_accepted"] if dossier.is_not_accepted else str(dossier.accepted or "")),
        ("in_use", str(dossier.in_use_since or "")),
        ("cameras_count", str(len(kept.cameras))),
        ("recorders_count", str(sum(one.kind == "recorder" for one in kept.devices))),
        ("boxes_count", str(len(kept.devices))),
        ("storage_required", str(kept.storage_days)),
        ("storage_measured", _measured(dossier, words, lang)),
        ("capacity_told", _capacity(dossier)),
        ("capacity_declared", dossier.unit.capacity_gb),
        ("seen", f"{at:%Y-%m-%d %H:%M} {dossier.time_zone}"),
    )
    known = {
        name: "" if name in UNLEVELLED else translate(LEVEL_WORDS[LEVELS.get(name, "declared")], lang)
        for name, _ in rows
    }
    return [(words[name], _known(text, known[name], lang) or words["missing"]) for name, text in rows]


def _known(text: str, level: str, lang: str) -> str:
    """Return a fact with how it is known, where both are."""
    return render(Message("{text} ({named})", {"text": text, "named": level}), lang) if text and level else text


def _capacity(dossier: Dossier) -> str:
    """Return the capacity in GB of all disks that devices tell of; empty where none does."""
    told = [one.capacity_bytes for one in dossier.inventory.devices if one.capacity_bytes is not None]
    return str(round(sum(told) / GIGABYTE)) if told else ""


def _firm(one: FirmRow, words: dict[str, str], lang: str) -> tuple[str, ...]:
    title = translate(FIRM_TITLES[one.duty], lang)
    if one.is_none:
        return (title, words["own_people"], NONE, NONE, NONE)
    return (title, *(text or words["missing"] for text in (one.firm, one.certificate, one.grade, one.until)))


def _link(one: LastTest, dossier: Dossier, words: dict[str, str], lang: str) -> tuple[str, str, str, str]:
    """Return a device, what it says of its interface, its last self-test, and the digest of that."""
    zone = ZoneInfo(dossier.time_zone)
    tested = tested_text(one, zone, dossier.at, lang) or words["not_tested"]
    digest = one.test.digest if one.test is not None else ""
    return one.device, told_text(one, zone, lang) or NONE, tested, digest or NONE


def _rules(check: str, lang: str) -> str:
    """Return the rules behind a check, each with its document as a reader would find it."""
    named = dict.fromkeys(one.stands_in(lang) for _, one in obligations(shipped(), check))
    return together(named, lang, "; ")


def _sheets(dossier: Dossier) -> tuple[Sheet, ...]:
    unread = [one.id for one in dossier.inventory.devices if one.unread]
    return sheets(dossier.slots, dossier.firms, unread, dossier.kept)


def _sheet(one: Sheet, words: dict[str, str], lang: str) -> tuple[str, str, tuple[str, ...], str]:
    """Return title, what is declared, what is missing, and who has it."""
    title = translate(TITLES[one.slot.duty], lang)
    number, _, said, dated, _, there = _paper(one.slot, words, lang)
    holder = translate(HOLDERS[one.slot.duty], lang)
    named = f"{holder}{translate(': ', lang)}{one.firm}" if one.firm else holder
    gaps = tuple(render(gap, lang) for gap in one.gaps)
    return f"({number}) {title}", together((t for t in (said, dated, there) if t != NONE), lang), gaps, named


def _measured(dossier: Dossier, words: dict[str, str], lang: str) -> str:
    """Return the shortest storage period that was measured, where, how it is known, and of how many it is not."""
    recorded = [one for one in dossier.kept if one.required_days]
    least = shortest(recorded)
    if least is None or least.measured is None:
        return words["not_measured"]
    days, level = least.measured
    values = {
        "days": days,
        "camera": least.camera,
        "how": translate(LEVEL_WORDS[level], lang),
        "measured": sum(one.measured is not None for one in recorded),
        "count": len(dossier.kept),
    }
    return render(Message("{days} at {camera}, the shortest of {measured} of {count} cameras ({how})", values), lang)


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
