"""Builds the rows of a ledger from a site's file and its devices. Pure; never a user or password."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Final

from agent.model.finding import Json
from agent.onsite.ledger import declared, values
from agent.onsite.ledger.changes import option
from agent.onsite.ledger.columns import COLUMNS, SEEN, Column
from agent.onsite.ledger.seen import ObservedEquipment
from agent.onsite.ledger.tables import Tables, tables_of
from agent.site.declarations.table import BY_ID

PLACES: Final = ("name", "placement", "position")
"""Columns that say what a camera is called and where it hangs."""

FLAG_WORDS = {True: ("yes", "是"), False: ("no", "否")}


def rows(site: Tables, seen: ObservedEquipment, today: date) -> tuple[dict[str, Json], ...]:
    """Build one row per camera: values by column key, absent where nothing is known.

    `site` is the site as configured, with its defaults; `seen` its devices' own data. Declarations must count on
    `today`, a local day.
    """
    words = declared.in_force(tables_of(site, "declaration"), tables_of(site, "group"), today)
    devices = {str(device["id"]): device for device in tables_of(site, "device")}
    cameras = tables_of(site, "camera")
    hub = site.get("hub")
    found = []
    for camera in cameras:
        id_ = str(camera["device"])
        device = devices[id_]
        tables = {"site": site.get("site"), "hub": hub, "device": device, "camera": camera}
        row: dict[str, Json] = {}
        for column in COLUMNS:
            table = tables.get(column.table)
            if isinstance(table, Mapping) and (value := option(table, column)) not in ("", None, 0):
                row[column.key] = value
        row |= {
            key: value
            for key, value in (("recorded", camera.get("recorded", False)), ("tls", device.get("tls")))
            if value is not None
        }
        behind = id_ in seen.recorders or sum(other["device"] == id_ for other in cameras) > 1
        if behind:
            row |= {"recorder_address": row.pop("address"), "recorder_port": row.pop("http_port")}
        for column in COLUMNS:
            if column.table == declared.TABLE:
                answer = declared.answer_of(words, str(camera["id"]), column.option)
                row |= {} if answer is None else {column.key: answer}
        equipment = seen.cameras.get(str(camera["id"]))
        if equipment is not None:
            row |= {key: text for key in ("maker", *SEEN) if (text := equipment.text(key))}
            if behind and equipment.address:
                row["address"] = equipment.address
        found.append(row)
    return tuple(found)


def without_places(found: Iterable[Mapping[str, Json]], secret: Collection[str]) -> tuple[dict[str, Json], ...]:
    """Return the rows in which these cameras have neither a name nor a place."""
    return tuple(
        {key: value for key, value in row.items() if row["camera_id"] not in secret or key not in PLACES}
        for row in found
    )


def heading(column: Column, lang: str) -> str:
    """Return a column's heading in an export."""
    return column.names[0].upper() if lang == "zh_CN" else column.key.replace("_", " ")


def choices(column: Column, lang: str) -> tuple[str, ...]:
    """Return the words that a column offers."""
    if column.table == declared.TABLE and (offered := declared.offered_answers(column.option, lang)):
        return offered
    if column.parse is values.flag or is_declared_flag(column):
        return tuple(FLAG_WORDS[value][lang == "zh_CN"] for value in (True, False))
    return column.choices


def is_declared_flag(column: Column) -> bool:
    """Return whether a column declares yes or no."""
    return column.table == declared.TABLE and BY_ID[column.option].kind == "flag"


def cell(value: Json, column: Column, lang: str) -> str | int:
    """Render a value for a cell of its column."""
    if column.table == declared.TABLE:
        value = declared.render_answer(column.option, value, lang)
    if isinstance(value, bool):
        return FLAG_WORDS[value][lang == "zh_CN"]
    return value if isinstance(value, int) else "" if value is None else str(value)
