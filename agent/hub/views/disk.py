"""Encodes when the hub's disk is full, for `camwarden hub status` and its metrics. Reads only."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

from agent.hub.domain.disk import HORIZON_DAYS, DiskForecast, forecast
from agent.hub.domain.figures import china_day
from agent.hub.ports.store import Store
from agent.model.finding import Json, Message
from agent.text.metrics import Labels, block

_GB: Final = 1e9
_MB: Final = 1e6


def read_forecast(store: Store, now: datetime) -> DiskForecast:
    """Return when the disk is full by the days that the running hub has measured. Raises StoreFailed, OSError."""
    room = store.disk.measure()
    return forecast(store.disk.sizes(), room.free_bytes, room.capacity_bytes, china_day(now))


def disk_json(found: DiskForecast) -> dict[str, Json]:
    """Return the member `disk` of the hub's status."""
    return {
        "state": found.state,
        "free_bytes": found.free_bytes,
        "growth_bytes_per_day": found.growth_bytes,
        "full_on": _text(found.full_on),
        "earliest": _text(found.earliest),
        "latest": _text(found.latest),
    }


def disk_line(found: DiskForecast) -> Message:
    """Return the line that says so."""
    if found.free_bytes is None:
        growth = "?" if found.growth_bytes is None else f"{found.growth_bytes / _MB:.0f}"
        return Message(
            "disk: how much is free at the database server is not known here; {growth} MB more a day",
            {"growth": growth},
        )
    free = {"free": f"{found.free_bytes / _GB:.1f}"}
    if found.state == "full":
        return Message("disk: {free} GB free: it is full; make room, or the hub receives nothing", free)
    if found.growth_bytes is None:
        return Message("disk: {free} GB free; when it is full is known after a week", free)
    values = {**free, "growth": f"{found.growth_bytes / _MB:.0f}"}
    if found.full_on is None:
        values["years"] = str(HORIZON_DAYS // 365)
        return Message("disk: {free} GB free, {growth} MB more a day: not full within {years} years", values)
    values |= {"on": found.full_on.isoformat(), "earliest": str(found.earliest or found.full_on)}
    if found.latest is None:
        return Message("disk: {free} GB free, {growth} MB more a day: full on {on}, {earliest} at the earliest", values)
    values["latest"] = found.latest.isoformat()
    return Message("disk: {free} GB free, {growth} MB more a day: full on {on} ({earliest} to {latest})", values)


def disk_blocks(store: Store, now: datetime) -> Iterator[str]:
    """Yield its metrics; without a sample where it is not known, or not full within the horizon."""
    found, name = read_forecast(store, now), "camwarden_hub_disk"
    free: list[tuple[Labels, float]] = [] if found.free_bytes is None else [({}, found.free_bytes)]
    growth: list[tuple[Labels, float]] = [] if found.growth_bytes is None else [({}, found.growth_bytes)]
    full: list[tuple[Labels, float]] = (
        [] if found.full_on is None else [({}, (found.full_on - china_day(now)).total_seconds())]
    )
    yield block(f"{name}_free_bytes", "gauge", "What can still be written on the disk of the data.", free)
    yield block(f"{name}_growth_bytes_per_day", "gauge", "How much more is stored each day, by the last week.", growth)
    yield block(f"{name}_full_in_seconds", "gauge", "Time until that disk is full, by the last week.", full)


def _text(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None
