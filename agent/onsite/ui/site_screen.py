"""Renders the whole site as JSON for the page: findings by harm, footage, devices, declarations as forms. Pure.

Each finding has the words, the order and the next step of the report; which declarations are asked is decided where
`camwarden declare` decides it.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from agent.model.finding import Finding, Json, utc_text
from agent.model.matters import counts
from agent.onsite.handover.contents_findings import subjects_of, title
from agent.onsite.handover.timeline_svg import timeline_svg
from agent.onsite.one_look.result import CheckResult
from agent.onsite.start.harm import by_harm
from agent.onsite.ui.refusals import NotGranted
from agent.onsite.ui.values import State
from agent.report.timeline_days import timeline_of
from agent.site.config.add_declaration import read_value
from agent.site.config.site import Site
from agent.site.declarations.standing import Declaration, Line, lines, standings
from agent.site.declarations.standing import State as Standing
from agent.site.declarations.table import BY_ID, Declarable
from agent.text.harmless import printable
from agent.text.translate import render, render_apart, translate
from drivers.model import Identity

OPEN: Final[tuple[Standing, ...]] = ("missing", "expired", "incomplete", "expired-grace", "expiring")
"""What is asked again, worst first."""
DECLARED: Final[tuple[Standing, ...]] = ("declared",)
STATE_WORDS: Final[Mapping[str, str]] = {
    "missing": "not declared", "expired": "has run out", "incomplete": "details are missing",
    "expired-grace": "has just run out", "expiring": "runs out soon", "declared": "declared",
}  # fmt: skip
"""A state in words; these are msgids."""
VALUE_MAX_CHARS: Final = 500


def site_json(state: State, checked: CheckResult | None, now: datetime, today: date, lang: str) -> dict[str, Json]:
    """Return the site's screen; without a look at it yet, what needs none."""
    site = state.site
    waiting = frozenset(row.duty for row in state.declared)
    return {
        "counts": None if checked is None else {**counts(checked.seen.findings)},
        "findings": [] if checked is None else _findings(site, checked, lang),
        "timeline": None if checked is None else _timeline(checked, lang) or None,
        "devices": [_device(site, checked, one.id, lang) for one in site.devices],
        "declarations": [
            _declaration(line, waiting, lang)
            for states in (OPEN, DECLARED)
            for line in lines(standings(site, today), *states)
        ],
        "age_s": None if checked is None else round((now - checked.at).total_seconds(), 1),
        "at": None if checked is None else utc_text(checked.at),
    }


def _findings(site: Site, checked: CheckResult, lang: str) -> list[Json]:
    names = _names(site)
    return [
        _finding(one, render(harm.title, lang), names, checked, lang)
        for harm in by_harm(checked.seen.findings)
        for one in harm.findings
    ]


def _finding(one: Finding, harm: str, names: Mapping[str, str], checked: CheckResult, lang: str) -> Json:
    words, step = render_apart(one.message, lang)
    about = subjects_of(one)
    return {
        "check": one.check, "harm": harm, "title": title(one, lang), "subject": one.subject,
        "name": translate(", ", lang).join(names.get(subject, subject) for subject in about[:6]),
        "status": one.status, "words": words, "next": step,
        "disputed": checked.disputed(one.key) is not None,
    }  # fmt: skip


def _names(site: Site) -> dict[str, str]:
    cameras = {f"camera:{one.camera.id}": one.camera.name or one.camera.id for one in site.cameras}
    return {**{f"device:{one.id}": one.id for one in site.devices}, **cameras, "site": site.name or site.id}


def _timeline(checked: CheckResult, lang: str) -> str:
    return timeline_svg(timeline_of(checked.site, checked.seen.facts, checked.seen.findings, checked.at), lang)


def _device(site: Site, checked: CheckResult | None, name: str, lang: str) -> Json:
    device = next(one for one in site.devices if one.id == name)
    told = checked.seen.facts.one(f"device:{name}", Identity) if checked is not None else None
    own = [one for one in checked.seen.findings if one.subject == f"device:{name}"] if checked is not None else []
    order = ("fail", "unknown", "warn", "pass", "not_applicable")
    return {
        "id": name, "host": device.host, "port": device.port, "driver": device.driver,
        "make": told.manufacturer if told else "", "model": told.model if told else "",
        "firmware": told.firmware if told else "",
        "cameras": sum(one.camera.device == name for one in site.cameras),
        "status": min((one.status for one in own), key=order.index, default="unknown"),
        "words": f"{told.manufacturer} {told.model}" if told else translate("the device did not say what it is", lang),
    }  # fmt: skip


def _declaration(line: Line, waiting: frozenset[str], lang: str) -> Json:
    row = line.duty
    return {
        "key": row.id,
        "title": translate(row.question, lang),
        "state": "waiting" if row.id in waiting else line.state,
        "words": translate("will be saved after the review" if row.id in waiting else STATE_WORDS[line.state], lang),
        "cameras": list(line.cameras),
        "days_left": line.days_left,
        "by": line.declaration.by if line.declaration else "",
        "fields": _fields(row, lang),
    }


def _fields(row: Declarable, lang: str) -> list[Json]:
    """Return the form of a declaration; a paper needs its file, which only the command line can read."""
    if row.kind == "paper":
        return []
    value: dict[str, Json] = {
        "name": "value", "kind": row.kind, "label": translate("answer", lang), "example": row.example,
        "choices": [{"value": one.value, "words": translate(one.meaning, lang)} for one in row.choices],
        "none": translate(row.none_means, lang) if row.none_means else "",
    }  # fmt: skip
    fields: list[Json] = [value, {"name": "until", "kind": "date", "label": translate("until", lang)}]
    if row.scope == "camera":
        fields.append({"name": "cameras", "kind": "cameras", "label": translate("cameras", lang)})
    return fields


def declaration_of(site: Site, body: Mapping[str, Any], by: str, today: date) -> Declaration:
    """Parse a form. Raises NotGranted: there is no such duty, the answer is none, or it needs a paper."""
    key, value, until = body.get("key"), body.get("value"), body.get("until") or None
    cameras = body.get("cameras") or []
    row = BY_ID.get(key) if isinstance(key, str) else None
    if row is None or row.kind == "paper":
        raise NotGranted("this is not declared here: camwarden declare --list shows everything")
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if isinstance(value, int | float):
        value = str(value)
    if not isinstance(value, str) or len(value) > VALUE_MAX_CHARS:
        raise NotGranted("the answer must be a text of at most {most} characters", most=VALUE_MAX_CHARS)
    known = {one.camera.id for one in site.cameras}
    if not isinstance(cameras, list) or not all(isinstance(one, str) and one in known for one in cameras):
        raise NotGranted("cameras must be a list of cameras of site.toml")
    if cameras and row.scope != "camera":
        raise NotGranted("this is declared for the whole site: name no cameras")
    try:
        answer = read_value(row, printable(value))
        last = date.fromisoformat(until) if isinstance(until, str) else None
    except ValueError as error:
        raise NotGranted("the answer must be {error}", error=str(error)) from None
    return Declaration(row.id, answer, by, today, last, tuple(dict.fromkeys(cameras)))
