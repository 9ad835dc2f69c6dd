"""Parses stores, holds and `[quality]` from site.toml. Defaults of quality: `masking/quality/indicators.py`."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Final

from agent.model.finding import Message, sentence
from agent.site.config.site import Hold
from agent.site.toml.days import read_day, read_time_zone
from agent.site.toml.table import Table
from drivers.footage import Store
from drivers.registry import NAMED_BY_PATTERN, STORES
from drivers.stores import pattern
from masking.quality.compared import Thresholds

_NO_PATH = Path()


def read_stores(top: Table, site_time_zone: str, name_like: str, name_rule: str) -> tuple[Store, ...]:
    """Read every `[[store]]`; whether its path exists is the probe's to find, for a disk may come late."""
    stores: list[Store] = []
    listed = top.data.get("device")
    tables = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    devices = {one["id"] for one in tables if isinstance(one.get("id"), str)}
    lines: dict[str, int] = {}
    for table in top.tables("store", "store"):
        table.only("id", "kind", "path", "pattern", "time_zone")
        kind = table.choice("kind", "segments", tuple(STORES))
        store = Store(
            id=table.text("id", like=name_like, rule=name_rule, example='"disk"'),
            kind=kind,
            path=table.path_of("path", _NO_PATH) if table.required("path", '"/srv/recordings"') else _NO_PATH,
            pattern=table.text("pattern", ""),
            time_zone=read_time_zone(table, site_time_zone),
        )
        if kind in NAMED_BY_PATTERN and (trouble := pattern.trouble(store.pattern)):
            fix = Message('write for example pattern = "{example}"', {"example": pattern.EXAMPLE})
            table.note("pattern" if "pattern" in table.data else "", sentence(trouble), fix)
        elif kind not in NAMED_BY_PATTERN and store.pattern:
            table.note(
                "pattern", Message("the names in a store of kind {kind} are its own", {"kind": kind}), "remove pattern"
            )
        if store.id in devices or store.id in lines:
            what = (
                Message("a device")
                if store.id in devices
                else Message("the store on line {line}", {"line": lines[store.id]})
            )
            table.note(
                "id",
                Message('id "{id}" is already that of {what}', {"id": store.id, "what": what}),
                "give each store an id of its own",
            )
        lines.setdefault(store.id, table.line("id") or table.line(""))
        stores.append(store)
    return tuple(stores)


def read_holds(top: Table, cameras: frozenset[str]) -> tuple[Hold, ...]:
    """Read every `[[hold]]`."""
    holds: list[Hold] = []
    for table in top.tables("hold", "hold"):
        table.only("camera", "from_day", "until_day", "reason", "by", "at")
        camera = table.text("camera", "")
        if camera and camera not in cameras:
            table.note(
                "camera",
                Message('no camera has the id "{camera}"', {"camera": camera}),
                "name one, or leave it away to hold all",
            )
        from_day, until_day = read_day(table, "from_day"), read_day(table, "until_day")
        if from_day and until_day and from_day > until_day:
            what = Message(
                "until_day = {until_day} is before from_day = {from_day}",
                {"until_day": until_day, "from_day": from_day},
            )
            table.note("until_day", what, "swap them or correct one of them")
        hold = Hold(
            from_day=date.fromisoformat(from_day or "0001-01-01"),
            until_day=date.fromisoformat(until_day or "0001-01-01"),
            reason=table.text("reason", example='"case 2026-117"'),
            by=table.text("by", example='"Li Na"'),
            at=read_day(table, "at"),
            camera=camera,
        )
        holds.append(hold)
    return tuple(holds)


RANGES: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "deviations": (1, 50),
        "frozen_change": (0.01, 20),
        "frozen_ratio": (0.01, 1),
        "frozen_usual_least": (0.01, 20),
        "black_luma": (1, 64),
        "black_contrast": (1, 64),
        "bright_luma": (128, 255),
        "bright_ratio": (0.01, 1),
        "bright_rise": (0.01, 1),
        "contrast_least_ratio": (0.05, 0.95),
        "sharpness_fall": (0.05, 3),
        "cast_rise": (1, 100),
        "noise_rise": (0.1, 50),
        "noise_ratio": (1, 10),
        "stripes_rise": (0.1, 50),
        "shift_percent": (0.1, 20),
        "covered_ratio": (0.05, 1),
        "covered_rise": (0.05, 1),
        "drawn_ratio": (0.5, 1),
        "standing_change": (0.01, 20),
        "ink_least_ratio": (0.05, 0.95),
        "ink_least": (0.1, 50),
    }
)
"""Minimum and maximum of each field of `Thresholds`, in its unit."""


def read_quality(table: Table | None) -> Thresholds:
    """Read `[quality]`."""
    default = Thresholds()
    if table is None:
        return default
    table.only(*RANGES)
    return Thresholds(**{key: table.number(key, getattr(default, key), *RANGES[key]) for key in RANGES})
