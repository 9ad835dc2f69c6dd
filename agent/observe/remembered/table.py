"""Lists the remembered areas, folds a look into all of them, and encodes them as plain data. Pure.

An area is one row here and one member of `Remembered`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from agent.model.finding import Json
from agent.observe.facts import assessed_days, log_reach, restarts, sightings
from agent.observe.facts.sightings import KnownBox, Sighting
from agent.observe.footage import compact, outages
from agent.observe.footage.days import Footage
from agent.observe.footage.join import merge_footage, without_acknowledged
from agent.observe.inventory.owners import boxes_data, boxes_from, owner_data, owner_from, proven_marks
from agent.observe.inventory.stocktake import configured_boxes
from agent.observe.pictures import preset_verdicts, turns, zone_verdicts
from agent.observe.pictures.compact import quality_data, quality_from, view_data, view_from
from agent.observe.pictures.view_memory import Quality, quality_after, views_after
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

Update = Callable[[Remembered, Look], Any]
"""Return an area after a look, from the memory with what areas above it learned from that look."""


@dataclass(frozen=True, slots=True)
class Area:
    """One area: its value before the first look, its update, and its encoding as plain data.

    `from_data` raises ValueError, KeyError, TypeError or AttributeError for what `to_data` did not write.
    """

    empty: Any
    update: Update
    to_data: Callable[[Any], Json]
    from_data: Callable[[Any], Any]


def _rows(update: Update, to_data: Callable[[Any], Json], from_data: Callable[[Any], Any]) -> Area:
    return Area((), update, lambda value: [to_data(one) for one in value], lambda data: tuple(map(from_data, data)))


def _by_id(update: Update, to_data: Callable[[Any], Json], from_data: Callable[[Any], Any]) -> Area:
    """Return an area of values by camera id, each of which has its id in its data."""
    return Area(
        {}, update, lambda value: [to_data(one) for one in value.values()],
        lambda data: {one["id"]: from_data(one) for one in data},
    )  # fmt: skip


def _by_name(update: Update, to_data: Callable[[Any], Json], from_data: Callable[[Any], Any]) -> Area:
    """Return an area of values by camera or device id, which is the key of their data."""
    return Area(
        {}, update, lambda value: {name: to_data(one) for name, one in value.items()},
        lambda data: {str(name): from_data(one) for name, one in data.items()},
    )  # fmt: skip


def _sightings(before: Remembered, look: Look) -> tuple[Sighting, ...]:
    within = sightings.window(look.site.period_s)
    return sightings.add_sightings(before.sightings, look.stock.strangers, look.stock.settled, look.now, within)


def _identities(before: Remembered, look: Look) -> dict[str, KnownBox]:
    known = configured_boxes(look.site, before.identities)
    return sightings.update_boxes(known, proven_marks(look.site, look.told), look.now)


def _presets(before: Remembered, look: Look) -> preset_verdicts.Presets:
    return preset_verdicts.presets_after(look.site, look.told, look.seen, before.presets, look.known.presets, look.now)


def _quality(before: Remembered, look: Look) -> Quality:
    """Return the quality by the views after this look."""
    return quality_after(look.site, look.seen, before.quality, before.views, look.known.references, look.now)


def _footage(before: Remembered, look: Look) -> Footage:
    """Merge the listings of footage; of a camera whose box is gone those of that box are dropped."""
    told = tuple(one for one in look.told if one.subject.removeprefix("camera:") not in look.begun)
    return merge_footage(
        look.site, told, without_acknowledged(before.footage, look.acknowledged), look.now, look.trusted
    )[0]


PICTURED: Final[Mapping[str, Area]] = {
    "pooled": _rows(
        lambda before, look: zone_verdicts.pool_verdicts(look.site, look.told, look.seen, before.pooled, look.now)[1],
        zone_verdicts.to_data,
        zone_verdicts.from_data,
    ),
    "presets": _by_id(_presets, preset_verdicts.to_data, preset_verdicts.from_data),
    "views": _by_name(
        lambda before, look: views_after(look.site, look.seen, before.views, look.known.references, look.now),
        view_data,
        view_from,
    ),
    "quality": _by_name(_quality, quality_data, quality_from),
}
"""Learned from pictures: once for each device and round."""

IN_TURN: Final[Mapping[str, Area]] = {
    "looked": _rows(
        lambda before, look: turns.path_results(look.site, look.told, before.looked, look.now),
        turns.to_data,
        turns.from_data,
    )
}
"""Learned once per cycle, from its own observations, before cached ones replace those of paths without a turn."""

OBSERVED: Final[Mapping[str, Area]] = {
    "sightings": Area((), _sightings, sightings.to_data, sightings.from_data),
    "identities": Area({}, _identities, boxes_data, boxes_from),
    "footage": _by_id(_footage, compact.to_data, compact.from_data),
    "outages": _rows(
        lambda before, look: outages.update_outages(look.site, look.told, before.outages, look.now),
        outages.to_data,
        outages.from_data,
    ),
    "running": Area(
        {},
        lambda before, look: restarts.update_running(look.site, look.told, before.running, look.now, look.trusted),
        restarts.to_data,
        restarts.from_data,
    ),
    "logs": Area(
        {},
        lambda before, look: log_reach.update_logs(look.site, look.told, look.own_log_from, before.logs, look.now),
        log_reach.to_data,
        log_reach.from_data,
    ),
}
"""Learned once per cycle from all its observations."""

BESIDE: Final[Mapping[str, Area]] = {
    # Counted once the look is judged (agent/report/assessment.py).
    "assessed": _rows(lambda before, look: before.assessed, assessed_days.to_data, assessed_days.from_data),
    # Decided before pictures are judged (agent/service/cycle/kept_for.py).
    "owners": _by_name(lambda before, look: before.owners, owner_data, owner_from),
    "voided": _by_name(lambda before, look: before.voided, str, str),
}
"""A look alone changes nothing of these."""

REMEMBERED: Final[Mapping[str, Area]] = {**PICTURED, **IN_TURN, **OBSERVED, **BESIDE}


def fold(areas: Mapping[str, Area], before: Remembered, look: Look) -> Remembered:
    """Return the memory once these areas have learned from a look, in the order of the table."""
    after = before
    for name, area in areas.items():
        after = replace(after, **{name: area.update(after, look)})
    return after


def to_data(memory: Remembered) -> dict[str, Json]:
    """Return everything as plain data."""
    return {name: area.to_data(getattr(memory, name)) for name, area in REMEMBERED.items()}


def from_data(data: Mapping[str, Any]) -> Remembered:
    """Return what `to_data` wrote; an area that is not in it, as in the text of an older release, is empty.

    Raises ValueError, KeyError, TypeError or AttributeError for anything else.
    """
    return Remembered(
        **{name: area.from_data(data[name]) if name in data else area.empty for name, area in REMEMBERED.items()}
    )
