"""Parses rule packs (`SHIPPED` ones beside this file) and reports every mistake with its line, as for site.toml."""

import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final, get_args

import tomli

from agent.model.finding import Message, Severity, Source, listed
from agent.site.declarations.table import BY_ID, Condition
from agent.site.rules.pack import Confidence, Obligation, Observed, Pack, Status
from agent.site.toml.days import read_date
from agent.site.toml.table import Document, Table, Unique

SHIPPED: Final = ("cn-799", "datong-1-15", "datong-16plus", "cn-mps-2025-11", "cn-standards")

ID: Final = r"[a-z0-9][a-z0-9-]{0,63}"
ID_RULE: Final = "1 to 64 characters of a-z, 0-9 and -"
PARAMETER: Final = r"[a-z][a-z0-9_]{0,63}"
VERSION_MAX: Final = 1_000_000
PARAMETER_MAX: Final = 1e15
WORDING_MAX_CHARS: Final = 4000


@cache
def shipped() -> tuple[Pack, ...]:
    """Return the packs of this version.

    Raises:
        ValueError: One of them is wrong, which is our mistake.
    """
    return tuple(_shipped(name) for name in SHIPPED)


def _shipped(name: str) -> Pack:
    path = Path(__file__).parent / f"{name}.toml"
    raw = path.read_bytes()
    text = raw.decode("utf-8-sig")
    document = Document(path.name, tomli.loads(text), {}, [])
    pack = read_pack(document, raw)
    if document.problems:
        raise ValueError("\n".join(str(problem) for problem in document.problems))
    return pack


def read_pack(document: Document, raw: bytes) -> Pack:
    """Read a pack from a parsed file, noting mistakes; `raw` is digested."""
    top = Table(document, (), "", document.data)
    top.only(
        "id", "version", "title", "title_zh", "status", "document", "document_zh", "effective_from", "effective_until",
        "obligation",
    )  # fmt: skip
    names = Unique("obligation")
    rows = []
    for table in top.tables("obligation", "obligation"):
        one = _obligation(top, table)
        names.check(table, "id", one.id, f'id "{one.id}"')
        rows.append(one)
    title = top.text("title", example='"House rules"')
    return Pack(
        id=top.text("id", like=ID, rule=ID_RULE, example='"house-rules"'),
        version=top.integer("version", None, 1, VERSION_MAX),
        title=title,
        title_zh=top.text("title_zh", title),
        status=top.choice("status", "in-force", get_args(Status)),
        obligations=tuple(rows),
        digest=hashlib.sha256(raw).hexdigest(),
        file=document.file,
    )


def _obligation(top: Table, table: Table) -> Obligation:
    table.only(
        "id", "document", "document_zh", "article", "check", "severity", "observed", "confidence", "duty", "duty_zh",
        "when", "parameters", "article_zh", "wording_zh", "confirmed_by", "confirmed_on", "effective_from",
        "effective_until",
    )  # fmt: skip
    own = "document" in table.data
    home = table if own else top
    document = home.text("document", example='"House rules of 2026"')
    article = table.text("article", example='"article 3"')
    dated = table if own or "effective_from" in table.data or "effective_until" in table.data else top
    confirmed_by, confirmed_on = table.text("confirmed_by", ""), read_date(table, "confirmed_on")
    if bool(confirmed_by) != (confirmed_on is not None):
        given = "confirmed_by" if confirmed_by else "confirmed_on"
        what = Message("confirmed_by and confirmed_on go together: who confirmed the wording, and on which day")
        table.note(given, what, Message("write both, or neither"))
    severities: tuple[Severity, ...] = get_args(Severity)
    kinds: tuple[Observed, ...] = get_args(Observed)
    confidences: tuple[Confidence, ...] = get_args(Confidence)
    return Obligation(
        id=table.text("id", like=ID, rule=ID_RULE, example='"signs"'),
        source=Source(document, article),
        document_zh=home.text("document_zh", document),
        check=table.text("check", like=ID, rule="the id of a check", example='"retention-days"'),
        severity=table.choice("severity", "minor", severities),
        observed=table.choice("observed", "declared", kinds),
        confidence=table.choice("confidence", "unconfirmed", confidences),
        duty=table.text("duty", example='"Footage is kept for 60 days."'),
        duty_zh=table.text("duty_zh", example='"录像保存不少于60日。"'),
        when=tuple(_conditions(table)),
        parameters=dict(_parameters(table)),
        article_zh=table.text("article_zh", ""),
        wording_zh=_wording(table),
        confirmed_by=confirmed_by,
        confirmed_on=confirmed_on,
        effective_from=read_date(dated, "effective_from"),
        effective_until=read_date(dated, "effective_until"),
    )


def _wording(table: Table) -> str:
    """Return the official wording, which may have several paragraphs; empty where there is none."""
    value = table.data.get("wording_zh", "")
    plain = isinstance(value, str) and value.replace("\n", "").isprintable()
    if not isinstance(value, str) or not plain or len(value) > WORDING_MAX_CHARS:
        what = Message("wording_zh must be a text of at most {most} characters", {"most": WORDING_MAX_CHARS})
        table.note("wording_zh", what, Message("write the official wording of this article alone"))
        return ""
    return value.strip()


def _conditions(table: Table) -> Iterator[Condition]:
    when = table.table("when", "optional")
    for duty, values in when.data.items() if when else ():
        row = BY_ID.get(duty)
        if when is None or row is None or row.kind not in ("choice", "flag"):
            known = listed(row.id for row in BY_ID.values() if row.kind in ("choice", "flag"))
            what = Message('when: no rule can hang on "{duty}"', {"duty": duty[:64]})
            fix = Message("use one of: {known}", {"known": known})
            table.document.note((*table.path, "when", duty), table.where, what, fix)
            continue
        allowed: tuple[str | bool, ...] = tuple(c.value for c in row.choices) or (True, False)
        if not isinstance(values, list) or not values or any(value not in allowed for value in values):
            shown = listed(str(value).lower() if isinstance(value, bool) else f'"{value}"' for value in allowed)
            given = {"duty": duty, "shown": table.document.shown(values)}
            what = Message("{duty} must be a list of what it may be declared as, not {shown}", given)
            when.note(duty, what, Message("use some of: {shown}", {"shown": shown}))
            continue
        yield Condition(duty, tuple(values))


def _parameters(table: Table) -> Iterator[tuple[str, float]]:
    held = table.table("parameters", "optional")
    values: Mapping[str, object] = held.data if held else {}
    for name, value in values.items():
        right = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= PARAMETER_MAX
        if held is None or not isinstance(value, int | float) or not right:
            given = {"name": name[:64], "shown": table.document.shown(value)}
            what = Message("parameters: {name} must be a number, not {shown}", given)
            fix = "write for example retention_floor_days = 60"
            table.document.note((*table.path, "parameters", name), table.where, what, fix)
            continue
        yield name, value
