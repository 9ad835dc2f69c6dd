"""Parses declarations from site.toml: `[[declaration]]`, `[[group]]` and `[rules]`."""

import re
from collections.abc import Collection
from datetime import date
from difflib import get_close_matches
from pathlib import Path

from agent.model.finding import Message, listed
from agent.site.config.site import Rules
from agent.site.declarations.accepted import ACCEPTABLE, LASTS_MAX_DAYS, Accepted
from agent.site.declarations.details import wrong_detail
from agent.site.declarations.standing import Declaration, Group, Value
from agent.site.declarations.table import BY_ID, NONE, PROFILES, Declarable
from agent.site.toml.days import read_date, read_day
from agent.site.toml.table import TEXT_MAX_CHARS, Table, Unique

GROUP_NAME = r"[^\s\"'\[\],=#][^\"'\[\],=#]{0,63}"
GROUP_NAME_RULE = "a name of 1 to 64 characters without quotes, brackets, commas, = and #"
NUMBER_MAX = 1_000_000
LIST_MAX = 256

_ITEM = '"disks-not-told"'

EXAMPLES = {
    "flag": "true",
    "date": "2026-01-31",
    "number": "30",
    "text": '"..."',
    "list": '["P1", "P2"]',
    "paper": '"receipt 2026-117"',
}


def read_rules(table: Table | None) -> Rules:
    """Read `[rules]`; its packs must exist here and are read by the caller."""
    default = Rules()
    if table is None:
        return default
    table.only("profile", "packs")
    profile = table.choice("profile", default.profile, PROFILES)
    names = table.texts("packs", _is_path, "files", '["house-rules.toml"]')
    home = Path(table.document.file).absolute().parent
    for index, name in enumerate(names):
        if _is_path(name) and not (home / name).is_file():
            what = Message("packs: {path} is not there or is no file", {"path": home / name})
            table.document.note((*table.path, "packs", index), table.where, what, "put it there or correct the path")
    return Rules(profile, tuple(home / name for name in names if _is_path(name) and (home / name).is_file()))


def read_accepted(top: Table, devices: Collection[str]) -> tuple[Accepted, ...]:
    """Read every `[[accepted]]`: what a person knows to stay unknown, for a year at most."""
    found: list[Accepted] = []
    for table in top.tables("accepted", "accepted"):
        table.only("item", "device", "box", "by", "why", "at", "until")
        item = table.choice("item", "disks-not-told", tuple(ACCEPTABLE)) if table.required("item", _ITEM) else ""
        item = item if table.data.get("item") == item else ""  # a wrong one is told once
        device, box = table.text("device", ""), table.text("box", "")
        if item and ACCEPTABLE[item] == "device" and not (device and box):
            what = Message("{item} is accepted of one box of one device", {"item": item})
            table.note("item", what, "name the device, and in box its serial number or MAC address")
        elif item and ACCEPTABLE[item] == "site" and (device or box):
            what = Message("{item} is accepted for the whole site", {"item": item})
            table.note("item", what, "leave device and box away")
        if device and device not in devices:
            table.note("device", Message('no device has the id "{device}"', {"device": device}), "name one")
        at, until = read_day(table, "at"), read_day(table, "until")
        first, last = date.fromisoformat(at or "0001-01-01"), date.fromisoformat(until or "0001-01-01")
        if at and until and not 0 <= (last - first).days <= LASTS_MAX_DAYS:
            what = Message("until = {until} is not within a year after at = {at}", {"until": until, "at": at})
            table.note("until", what, "accept it for a year at most, and look again then")
        by, why = table.text("by", example='"Li Na"'), table.text("why", example='"its firmware lists no disks"')
        found.append(Accepted(item=item, by=by, why=why, at=first, until=last, device=device, box=box))
    return tuple(found)


def read_groups(top: Table, cameras: Collection[str]) -> tuple[Group, ...]:
    """Read every `[[group]]`."""
    groups: list[Group] = []
    names = Unique("group")
    for table in top.tables("group", "group"):
        table.only("name", "cameras")
        name = table.text("name", like=GROUP_NAME, rule=GROUP_NAME_RULE, example='"entrances"')
        names.check(table, "name", name, f'name "{name}"')
        members = _cameras(table, cameras)
        if table.required("cameras", '["gate"]') and table.data["cameras"] == []:
            table.note("cameras", "the group is empty", "name its cameras, or remove it")
        groups.append(Group(name, members))
    return tuple(groups)


def read_declarations(top: Table, cameras: Collection[str], groups: tuple[Group, ...]) -> tuple[Declaration, ...]:
    """Read every `[[declaration]]`."""
    return tuple(
        row
        for table in top.tables("declaration", "declaration")
        if (row := _declaration(table, cameras, groups)) is not None
    )


def expected_answer(row: Declarable, value: object) -> Message | None:
    """Return what an answer must be where it is invalid, None where it is valid."""
    if row.none_means and value == NONE:
        return None
    expected, right = _expected(row, value)
    if right or not row.none_means:
        return None if right else expected
    values = {"expected": expected, "none": NONE, "meaning": Message(row.none_means)}
    return Message('{expected}, or "{none}": {meaning}', values)


def _expected(row: Declarable, value: object) -> tuple[Message, bool]:
    if row.kind == "flag":
        return Message("true or false"), isinstance(value, bool)
    if row.kind == "choice":
        words = [choice.value for choice in row.choices]
        return Message("one of {words}", {"words": listed(f'"{word}"' for word in words)}), value in words
    if row.kind == "date":
        return Message("a day"), isinstance(value, date)
    if row.kind == "number":
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return Message("a number from {low:.7g} to {high:.7g}", {"low": 0, "high": NUMBER_MAX}), number and 0 <= float(
            str(value)
        ) <= NUMBER_MAX
    if row.kind == "list":
        many = isinstance(value, tuple) and 0 < len(value) <= LIST_MAX and all(_is_text(row, one) for one in value)
        return Message("a list of 1 to {most} texts", {"most": LIST_MAX}), many
    line = Message("a text on one line of 1 to {most} characters", {"most": TEXT_MAX_CHARS})
    if row.like:
        line = Message("{text} such as {example}", {"text": line, "example": row.example})
    return line, _is_text(row, value)


def _is_text(row: Declarable, value: object) -> bool:
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > TEXT_MAX_CHARS:
        return False
    return not row.like or re.fullmatch(row.like, value) is not None


def _declaration(table: Table, cameras: Collection[str], groups: tuple[Group, ...]) -> Declaration | None:
    table.only("duty", "value", "by", "at", "until", "cameras", "group", "sha256", "document_at", "details")
    duty = table.text("duty", example='"key-target"')
    row = BY_ID.get(duty)
    if duty and row is None:
        close = get_close_matches(duty, BY_ID, n=1)
        fix = (
            Message('did you mean "{close}"?', {"close": close[0]})
            if close
            else "camwarden declare --list shows all that can be declared"
        )
        table.note("duty", Message("nothing is known by the name {shown}", {"shown": table.document.shown(duty)}), fix)
    value = _value(table, row)
    at, until = read_date(table, "at"), read_date(table, "until")
    if "at" not in table.data:
        read_day(table, "at")  # tells that it is missing
    if at and until and until < at:
        table.note(
            "until",
            Message("until = {until} is before at = {at}", {"until": until, "at": at}),
            "swap them or correct one of them",
        )
    by = table.text("by", example='"Li Na, site manager"')
    members, group = _about(table, row, cameras, groups)
    sha256 = table.text("sha256", "", like="[0-9a-f]{64}", rule="the SHA-256 of the paper, 64 of 0-9 and a-f",
                        example='"' + "0" * 64 + '"')  # fmt: skip
    document_at = read_date(table, "document_at")
    _paper(table, row, value)
    details = _details(table, row)
    if row is None or value is None or at is None:
        return None
    return Declaration(duty, value, by, at, until, members, group, sha256, document_at, details)


def _value(table: Table, row: Declarable | None) -> Value | None:
    if not table.required("value", _example(row)) or row is None:
        return None
    value: object = table.data["value"]
    if row.kind == "date" and value != NONE:
        return read_date(table, "value")
    if isinstance(value, list):
        value = tuple(value)
    expected = expected_answer(row, value)
    if expected:
        shown = table.document.shown(table.data["value"])
        what = Message(
            "value of {duty} must be {expected}; it is {shown}", {"duty": row.id, "expected": expected, "shown": shown}
        )
        table.note("value", what, Message("write for example value = {example}", {"example": _example(row)}))
        return None
    return value  # type: ignore[return-value]


def _example(row: Declarable | None) -> str:
    if row is None:
        return "true"
    if row.kind == "text" and row.example:
        return f'"{row.example}"'
    return EXAMPLES[row.kind] if row.kind in EXAMPLES else f'"{row.choices[0].value}"'


def _about(
    table: Table, row: Declarable | None, cameras: Collection[str], groups: tuple[Group, ...]
) -> tuple[tuple[str, ...], str]:
    """Return the cameras and the group of a row, which may have only one of them."""
    members, group = _cameras(table, cameras), table.text("group", "")
    if group and group not in {one.name for one in groups}:
        known = listed(dict.fromkeys(one.name for one in groups) or ["none"])
        table.note(
            "group",
            Message("no group has the name {shown}", {"shown": table.document.shown(group)}),
            Message("use one of: {known}", {"known": known}),
        )
    if "cameras" in table.data and group:
        table.note("group", "it names both cameras and a group", "remove one of them, or write two declarations")
    if table.data.get("cameras") == []:
        table.note("cameras", "its list of cameras is empty", "name some, or leave it away for the whole site")
    if row is not None and row.scope == "site" and (members or group):
        key = "cameras" if members else "group"
        table.note(
            key,
            Message("{duty} is about the whole site, not about single cameras", {"duty": row.id}),
            Message("remove {key}", {"key": key}),
        )
    return members, group


def _cameras(table: Table, known: Collection[str]) -> tuple[str, ...]:
    names = table.texts("cameras", lambda name: bool(name), "camera ids", '["gate"]')
    for index, name in enumerate(names):
        if name and name not in known:
            shown = table.document.shown(name)
            close = get_close_matches(name, known, n=1)
            fix = (
                Message('did you mean "{close}"?', {"close": close[0]})
                if close
                else "camwarden config show lists the cameras"
            )
            table.document.note(
                (*table.path, "cameras", index),
                table.where,
                Message("no camera has the id {shown}", {"shown": shown}),
                fix,
            )
    return names


def _paper(table: Table, row: Declarable | None, value: Value | None) -> None:
    digest, dated = table.data.get("sha256", "") != "", "document_at" in table.data
    if digest != dated:
        there, missing = ("sha256", "document_at") if digest else ("document_at", "sha256")
        table.note(
            there,
            Message("{there} stands without {missing}", {"there": there, "missing": missing}),
            Message("add {missing}: a paper has a date and a digest", {"missing": missing}),
        )
    elif row is not None and row.kind == "paper" and value not in (None, NONE) and not digest:
        fix = "add sha256 and document_at; sha256sum FILE prints the first"
        table.note("", Message("{duty} is a paper, and its date and digest are missing", {"duty": row.id}), fix)


def _details(table: Table, row: Declarable | None) -> tuple[str, ...]:
    """Return the details of a row, each `NAME: TEXT`, in whatever order they were written."""
    details = table.texts("details", _is_line, "texts NAME: TEXT", '["institution: City testing centre"]')
    for index, text in enumerate(details if row is not None else ()):
        wrong = wrong_detail(row, text) if row is not None and _is_line(text) else None
        if wrong is not None:
            what = Message("details: {wrong}", {"wrong": wrong})
            fix = "camwarden declare --set DUTY.DETAIL=TEXT writes it as it must be"
            table.document.note((*table.path, "details", index), table.where, what, fix)
    return tuple(one for one in details if _is_line(one))


def _is_line(text: str) -> bool:
    return bool(text.strip()) and text.isprintable() and len(text) <= TEXT_MAX_CHARS


def _is_path(text: str) -> bool:
    return bool(text) and text.isprintable()
