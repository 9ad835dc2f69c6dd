"""Renders the status file as text: the verdict first, then each fault with its next step. Pure.

What a status lacks is left out, for it may be of another version; no type in it is trusted, and nothing in it may steer
a terminal.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from agent.contract.repair_counts import CLASSES, read_repairs
from agent.judge.wording.dispute_words import words_of
from agent.model.finding import Json, Listed, Message, listed, values_from
from agent.observe.facts.assessed_days import DAYS_KEPT, FIGURES, Figure
from agent.report.levels import LEVEL_WORDS, counts_text
from agent.service.alerts.status_file import StatusRead
from agent.text.duration import duration_text
from agent.text.redact import redact
from agent.text.translate import render, together, translate

STATUSES = ("fail", "warn", "unknown", "pass", "not_applicable")
MARK = {"fail": "FAIL", "warn": "warn", "unknown": "?"}


TITLES: Mapping[Figure, str] = {
    "online": "online rate",
    "good": "good-condition rate",
    "linked": "linked rate",
    "recorded": "recording completeness",
    "clock": "clocks right",
    "overlay": "overlays right",
    "file": "camera files filled in",
}
"""What each figure is called. Source: the words of municipal assessment; all of them are msgids."""


@dataclass(frozen=True, slots=True)
class OpenFinding:
    """An open finding of the status file. The message ends in the next step. `disputed`: what is said beside it."""

    status: str
    check: str
    where: str
    message: Message
    disputed: Message | None = None


def lines(status: StatusRead, lang: str, everything: bool = False) -> Iterator[str]:
    """Render the status as lines of text; `everything` adds each camera and every figure of the delivery."""
    content = status.content
    yield headline(status, lang)
    if status.stale:
        yield "  " + translate("look why: systemctl status camwarden, and camwarden doctor", lang)
    found = open_findings(content)
    for one in found:
        sentence = clean(redact(render(one.message, lang)))
        yield f"  {translate(MARK.get(one.status, '?'), lang)}  {clean(one.where)}: {sentence}"
        if one.disputed is not None:
            yield f"      {clean(redact(render(one.disputed, lang)))}"
    more = number(content.get("open_more"))
    if more:
        yield "  " + render(Message("and {count} more: camwarden findings", {"count": more}), lang)
    yield from _totals(content, lang)
    yield from _cameras(content, lang, everything)
    yield from _rates(content, lang)
    yield from _repairs(content, lang)
    yield from _delivery(content, lang, everything)


def headline(status: StatusRead, lang: str) -> str:
    """Render the first line: whether everything is all right, and how long ago it was seen."""
    counts, age = mapping(status.content.get("counts")), age_text(status.age, lang)
    values: dict[str, str | int | float] = {name: number(counts.get(name)) for name in ("fail", "warn", "unknown")}
    values |= {"site": clean(status.content.get("site")), "age": age, "unknown": open_unknown(counts)}
    if status.stale:
        message = Message(
            "{site}: STALE, nothing is known about now: seen {age} ago, and the next look is overdue", values
        )
    elif not counts:
        message = Message("{site}: seen {age} ago", values)
    elif values["fail"]:
        message = Message(
            "{site}: NOT all right: {fail} fail, {warn} to watch, {unknown} could not be checked (seen {age} ago)",
            values,
        )
    elif values["warn"] or values["unknown"]:
        message = Message(
            "{site}: nothing fails; {warn} to watch, {unknown} could not be checked (seen {age} ago)", values
        )
    else:
        message = Message("{site}: everything is all right (seen {age} ago)", values)
    return render(message, lang)


def open_unknown(counts: Mapping[str, Json]) -> int:
    """Return how many unknown findings are open: what only waits, or was accepted by a person, changes no state."""
    return max(0, number(counts.get("unknown")) - number(counts.get("quiet")))


def _totals(content: Mapping[str, Json], lang: str) -> Iterator[str]:
    counts = mapping(content.get("counts"))
    if not counts:
        return
    values = {name: number(counts.get(name)) for name in ("pass", "not_applicable", "quiet")}
    message = Message(
        "{pass} pass; {quiet} unknown that are accepted, not told, not asked for or not known yet; "
        "{not_applicable} not due",
        values,
    )
    yield "  " + render(message, lang)
    levels = mapping(content.get("pass_by_level"))
    known = counts_text({level: number(levels[level]) for level in LEVEL_WORDS if level in levels}, lang)
    if known:
        yield "  " + render(Message("of what passes: {levels}", {"levels": known}), lang)


def open_findings(content: Mapping[str, Json]) -> tuple[OpenFinding, ...]:
    """Parse the open findings, worst first, as far as the status file has room for them."""
    rows = content.get("open")
    found = []
    for row in (mapping(row) for row in (rows if isinstance(rows, list) else ())):
        try:
            values = values_from(row.get("values"))
            message = Message(str(row.get("message", "")), values, str(row.get("next_step", "")))
            str(message)
        except (KeyError, IndexError, ValueError, AttributeError):
            continue
        name, subject = row.get("name"), row.get("subject")
        where = f"{name} ({subject})" if name else subject
        disputed = _disputed(mapping(row.get("disputed")))
        found.append(OpenFinding(str(row.get("status")), str(row.get("check")), str(where), message, disputed))
    return tuple(found)


def _disputed(row: Mapping[str, Json]) -> Message | None:
    """Return what is said beside a disputed finding."""
    if not row:
        return None
    word = mapping(row.get("decision"))
    decided = (str(word.get("outcome")), str(word.get("by")), str(word.get("why"))) if word else None
    return words_of(str(row.get("by")), str(row.get("at"))[:10], str(row.get("why")), decided)


def _cameras(content: Mapping[str, Json], lang: str, everything: bool) -> Iterator[str]:
    rows = content.get("cameras")
    cameras = [mapping(row) for row in rows] if isinstance(rows, list) else []
    if cameras:
        online = sum(row.get("online") == "pass" for row in cameras)
        yield render(Message("cameras: {online} of {total} online", {"online": online, "total": len(cameras)}), lang)
    for row in cameras if everything else ():
        checks = row.get("not_pass")
        open_checks = together((clean(check) for check in checks), lang) if isinstance(checks, list) else ""
        state = translate(clean(row.get("online")), lang)
        yield f"  {clean(row.get('id'))}  {clean(row.get('name'))}  {state}  {open_checks}".rstrip()


def _rates(content: Mapping[str, Json], lang: str) -> Iterator[str]:
    """Render the figures of municipal assessment of the last whole day in one line, where there are any."""
    rates = mapping(content.get("rates"))
    shown = []
    for figure in FIGURES:
        row = rates.get("recorded_s", rates.get(figure)) if figure == "recorded" else rates.get(figure)
        numbers = [number(one) for one in row] if isinstance(row, list) else []
        if len(numbers) >= 2 and numbers[1]:
            shown.append(_rate(TITLES[figure], numbers, lang))
    if shown:
        values = {"day": clean(rates.get("day")), "rates": listed(shown)}
        yield render(Message("assessment of {day}: {rates}", values), lang)


def _rate(title: str, numbers: list[int], lang: str) -> str:
    """Render a figure and its rate, with the unknown share where there is one: that is never good."""
    good, due, unknown = (*numbers, 0)[:3]
    rate = math.floor(1000 * good / due + 1e-9) / 10  # what is not whole never shows as 100.0
    values = {"what": translate(title, lang), "rate": f"{rate:.1f}", "unknown": f"{100 * unknown / due:.1f}"}
    if unknown:
        return render(Message("{what} {rate} % ({unknown} % unknown)", values), lang)
    return f"{values['what']} {values['rate']} %"


def _repairs(content: Mapping[str, Json], lang: str) -> Iterator[str]:
    """Render recent repairs and their mean time in one line, where there are any."""
    shown = []
    for name, one in read_repairs(content.get("repairs")).items():
        values = {
            "what": translate(CLASSES[name], lang),
            "count": one.repaired,
            "mean": duration_text(one.mean_s, lang),
        }
        shown.append(render(Message("{what} {count}, {mean} on average", values), lang))
    if shown:
        values = {"days": DAYS_KEPT, "repairs": Listed(tuple(shown), "; ")}
        yield render(Message("repaired within {days} days: {repairs}", values), lang)


def _delivery(content: Mapping[str, Json], lang: str, everything: bool) -> Iterator[str]:
    queue = mapping(content.get("queue"))
    if queue:
        shown = {key: value for key, value in queue.items() if value or everything} or {"pending": 0}
        numbers = together((f"{clean(value)} {translate(key, lang)}" for key, value in shown.items()), lang)
        yield translate("reports", lang) + translate(": ", lang) + numbers
    hub = content.get("hub")
    if isinstance(hub, Mapping):
        yield (
            translate("hub", lang)
            + translate(": ", lang)
            + (_values_text(hub) if everything else _link_text(hub, lang))
        )
        if hub.get("link") == "connected" and number(queue.get("sent")) and not number(queue.get("confirmed")):
            yield render(
                Message(
                    "the hub has confirmed nothing yet: it may not know this site's key; "
                    "its team needs what camwarden keys show prints"
                ),
                lang,
            )
        if hub.get("key_refused"):
            refused = Message(
                "the hub takes nothing that this site's key signs ({reason}): ask its team; what camwarden keys show "
                "prints is to be trusted again, or enroll anew",
                {"reason": clean(hub["key_refused"])},
            )
            yield render(refused, lang)
        if hub.get("report_refused"):
            values = {"words": clean(hub["report_refused"]), "at": clean(hub.get("report_refused_at"))[:16]}
            yield render(
                Message("the hub refused a report at {at} ({words}); a signed gap record names it", values), lang
            )
    else:
        yield translate("hub", lang) + translate(": ", lang) + translate("not configured", lang)
    mirrors = content.get("mirrors")
    for mirror in (mapping(row) for row in (mirrors if isinstance(mirrors, list) else ())):
        told = _values_text(mirror) if everything else f"{clean(mirror.get('name'))}, {_link_text(mirror, lang)}"
        yield translate("mirror", lang) + translate(": ", lang) + told


def _link_text(values: Mapping[str, Json], lang: str) -> str:
    """Render a connection: its state, and the broker's or the system's reason where there is one."""
    word, reason = translate(clean(values.get("link")), lang), clean(values.get("reason"))
    return f"{word}: {redact(reason)}" if reason else word


def _values_text(values: Mapping[str, Json]) -> str:
    """Render names and values on one line, without empty ones."""
    return ", ".join(
        f"{clean(name)} {redact(clean(value))}" for name, value in values.items() if value not in (None, "", 0, {})
    )


def mapping(value: object) -> Mapping[str, Json]:
    """Return a JSON object, an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def number(value: object) -> int:
    """Return a count, 0 for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def clean(value: object) -> str:
    """Sanitize a value for the terminal: a name that a device gave must not steer it."""
    text = "" if value is None else str(value)
    return text if text.isprintable() else ascii(text)[1:-1]


def age_text(age: timedelta, lang: str) -> str:
    """Format an age: 45 s, 12 min, 3 h, 2 d."""
    seconds = age.total_seconds()
    for unit, length, until in (("s", 1, 120), ("min", 60, 120), ("h", 3600, 48)):
        if abs(seconds) < length * until:
            return f"{seconds / length:.0f} {translate(unit, lang)}"
    return f"{seconds / 86_400:.0f} {translate('d', lang)}"
