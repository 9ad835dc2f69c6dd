"""Lists the declarations of a site, for people and for scripts.

The open ones, the given ones, and those that have a place of their own in site.toml.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Final

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from agent.model.finding import Json, Message, first_of, listed
from agent.site.config.site import CameraConfig, Site
from agent.site.declarations.details import lacking
from agent.site.declarations.standing import Declaration, Line, State, lines, standings
from agent.site.declarations.table import DECLARABLES
from agent.site.declarations.words import details_listed, duty_named
from agent.text.harmless import printable
from agent.text.translate import render, together, translate

SCHEMA = "camwarden-declare/1"

OPEN: Final[tuple[State, ...]] = ("missing", "expired", "incomplete", "expired-grace", "expiring")
"""What is asked again, worst first."""

CAMERAS_NAMED_MAX = 6


def listing_json(site: Site, today: date) -> dict[str, Json]:
    """Return what `--json` prints."""
    return {
        "schema": SCHEMA,
        "profile": site.rules.profile,
        "open": [_open_json(line) for line in lines(standings(site, today), *OPEN)],
        "declared": [_declared_json(row) for row in site.declarations],
        "elsewhere": [
            {"what": what, "declared": list(there), "missing": list(missing)}
            for what, _, there, missing in declared_elsewhere(site)
        ],
        "known": [row.id for row in DECLARABLES],
    }


def listing(site: Site, today: date, lang: str) -> RenderableType:
    """Return the tables for people; what is not applicable is not shown."""
    shown: list[RenderableType] = []
    open_lines = lines(standings(site, today), *OPEN)
    if open_lines:
        shown.append(_open_table(open_lines, lang))
    else:
        shown.append(Text(translate("nothing that the profile {profile} asks for is open", lang).format(
            profile=site.rules.profile)))  # fmt: skip
    if site.declarations:
        shown.append(_declared_table(site, lang))
    shown.append(_elsewhere_table(site, lang))
    asked = {line.duty.id for line in open_lines} | {row.duty for row in site.declarations}
    rest = [row.id for row in DECLARABLES if row.id not in asked]
    also = Message("can be declared too: {duties}", {"duties": listed(duty_named(one, lang) for one in rest)})
    shown.append(Text(render(also, lang), style="dim"))
    return Group(*shown)


def declared_elsewhere(site: Site) -> tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...]:
    """Return what is declared in a place of its own: its name, that place, and the cameras with it and without it."""
    private = "private-area", "[[camera.private_zone]], [camera.no_private_area]"
    turning = "ptz", "[camera.ptz], [[camera.preset]]"
    held = tuple(sorted({hold.camera or "site" for hold in site.holds}))
    return (
        (*private, *_split_cameras(site, lambda c: bool(c.zones or c.presets or c.no_private_area))),
        ("recorded", "recorded", *_split_cameras(site, lambda c: c.recorded)),
        ("in-use-since", "in_use_since", *_split_cameras(site, lambda c: bool(c.in_use_since or site.in_use_since))),
        (*turning, _split_cameras(site, lambda c: bool(c.ptz_lock or c.presets))[0], ()),
        ("hold", "[[hold]]", held, ()),
    )


def _split_cameras(site: Site, has: Callable[[CameraConfig], bool]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    there = tuple(c.camera.id for c in site.cameras if has(c))
    return there, tuple(c.camera.id for c in site.cameras if c.camera.id not in there)


def _open_table(found: Iterable[Line], lang: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=translate("open", lang), title_justify="left")
    table.add_column(translate("duty", lang), no_wrap=True)
    table.add_column(translate("cameras", lang), overflow="fold")
    table.add_column(translate("what is asked", lang), overflow="fold")
    for line in found:
        question = Text(translate(line.duty.question, lang))
        if line.state != "missing":
            question.append(f" \u2013 {state_text(line, lang)}", style="yellow")
        table.add_row(Text(line.duty.id), Text(camera_names(line.cameras, lang)), question)
    return table


def _declared_table(site: Site, lang: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=translate("declared", lang), title_justify="left")
    table.add_column(translate("duty", lang), no_wrap=True)
    table.add_column(translate("cameras", lang), overflow="fold")
    table.add_column(translate("answer", lang), overflow="fold")
    table.add_column(translate("by", lang), overflow="fold")
    for row in site.declarations:
        about = row.group or camera_names(row.cameras, lang)
        ends = f", {translate('until', lang)} {row.until}" if row.until else ""
        who = f"{printable(row.by)}, {row.at}{ends}"
        table.add_row(Text(row.duty), Text(printable(about)), Text(printable(value_text(row, lang))), Text(who))
    return table


def _elsewhere_table(site: Site, lang: str) -> Table:
    title = translate("declared in a place of its own", lang)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left")
    table.add_column(translate("where", lang), overflow="fold")
    table.add_column(translate("declared", lang), overflow="fold")
    table.add_column(translate("missing", lang), overflow="fold")
    for _, place, there, missing in declared_elsewhere(site):
        table.add_row(Text(place), Text(camera_names(there, lang) or "-"), Text(camera_names(missing, lang) or "-"))
    return table


def state_text(line: Line, lang: str) -> str:
    """Describe the state of a declaration that ends, or lacks details."""
    days = line.days_left or 0
    if line.state == "incomplete":
        return render(Message("lacks {details}", {"details": details_listed(lacks(line))}), lang)
    words = {
        "expiring": translate("ends in {days} days", lang),
        "expired-grace": translate("ended {days} days ago, counts for 30", lang),
        "expired": translate("ended {days} days ago", lang),
    }
    return words.get(line.state, "").format(days=abs(days))


def lacks(line: Line) -> tuple[str, ...]:
    """Return the details that an incomplete declaration lacks."""
    word = line.declaration
    return lacking(line.duty, word.value, word.details) if word is not None and line.state == "incomplete" else ()


def value_text(row: Declaration, lang: str) -> str:
    """Render a declared answer for people."""
    value = together(row.value, lang) if isinstance(row.value, tuple) else str(row.value)
    shown = value.lower() if isinstance(row.value, bool) else value
    return f"{shown} ({row.document_at}, {row.sha256[:12]}...)" if row.sha256 else shown


def camera_names(cameras: tuple[str, ...], lang: str) -> str:
    """Render camera ids for people, cut short."""
    shown = together(first_of(cameras, CAMERAS_NAMED_MAX).items, lang)
    return shown if len(cameras) <= CAMERAS_NAMED_MAX else f"{shown} ({len(cameras)})"


def _open_json(line: Line) -> dict[str, Json]:
    return {
        "duty": line.duty.id,
        "scope": line.duty.scope,
        "kind": line.duty.kind,
        "question": line.duty.question,
        "choices": [choice.value for choice in line.duty.choices],
        "check": line.duty.check,
        "obligation": line.duty.obligation,
        "state": line.state,
        "cameras": list(line.cameras),
        "days_left": line.days_left,
        "lacks": list(lacks(line)),
    }


def _declared_json(row: Declaration) -> dict[str, Json]:
    value: Json = row.value.isoformat() if isinstance(row.value, date) else row.value
    return {
        "duty": row.duty,
        "value": value,
        "by": row.by,
        "at": row.at.isoformat(),
        "until": row.until.isoformat() if row.until else None,
        "cameras": list(row.cameras),
        "group": row.group or None,
        "sha256": row.sha256 or None,
        "document_at": row.document_at.isoformat() if row.document_at else None,
        "details": list(row.details),
    }
