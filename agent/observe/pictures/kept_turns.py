"""Writes the last results of stream paths as plain data for the stored memory, and reads them back. Pure."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from agent.model.finding import Json
from agent.observe.pictures.turns import PathResult
from drivers.picture import FootageOpened, ObjectsTold, PictureSeen, PictureTold, ZoneVerdict


def to_data(look: PathResult) -> dict[str, Json]:
    """Return a result as plain data for the stored memory, without imprints: those compare pictures of one look."""
    data: dict[str, Any] = asdict(look)
    data["at"] = look.at.isoformat()
    if look.seen is not None:
        data["seen"]["taken_at"] = look.seen.taken_at.isoformat()
        del data["seen"]["imprint"]
    data["opened"] = [_opened_data(one) for one in look.opened]
    if look.told is not None:
        del data["told"]["places"]
    return data


def _opened_data(one: FootageOpened) -> dict[str, Json]:
    """Return an opened moment as plain data; `_opened_from` reads it back."""
    data: dict[str, Any] = asdict(one)
    del data["imprint"]
    same_as_at = one.same_as_at.isoformat() if one.same_as_at else None
    at = one.at.isoformat() if one.at else None
    return {**data, "asked_at": one.asked_at.isoformat(), "at": at, "same_as_at": same_as_at}


def _opened_from(data: Mapping[str, Any]) -> FootageOpened:
    """Return the opened moment that `_opened_data` wrote. Raises ValueError, KeyError or TypeError."""
    at, same_as_at = data["at"], data.get("same_as_at")
    return FootageOpened(
        **{
            **data,
            "asked_at": datetime.fromisoformat(data["asked_at"]),
            "at": datetime.fromisoformat(at) if at else None,
            "same_as_at": datetime.fromisoformat(same_as_at) if same_as_at else None,
            "verdicts": tuple(_verdict_from(v) for v in data["verdicts"]),
        }
    )


def _told_from(data: Mapping[str, Any] | None) -> ObjectsTold | None:
    """Return what metadata told; places of objects were never written."""
    if data is None:
        return None
    inside = tuple((str(zone), int(count)) for zone, count in data["inside"])
    return ObjectsTold(**{**data, "inside": inside})


def _shown_from(data: Mapping[str, Any]) -> PictureTold:
    return PictureTold(**{**data, "verdicts": tuple(_verdict_from(v) for v in data["verdicts"])})


def _verdict_from(data: Mapping[str, Any]) -> ZoneVerdict:
    pairs = {name: tuple((str(n), float(x)) for n, x in data.get(name, ())) for name in ("numbers", "signature")}
    return ZoneVerdict(**{**data, **pairs})


def from_data(data: Mapping[str, Any]) -> PathResult:
    """Return the result that `to_data` wrote. Raises ValueError, KeyError or TypeError for anything else."""
    seen = data["seen"]
    return PathResult(
        **{
            **data,
            "at": datetime.fromisoformat(data["at"]),
            "sound": None if (sound := data.get("sound")) is None else tuple(str(one) for one in sound),
            "told": _told_from(data.get("told")),
            "seen": PictureSeen(**{**seen, "taken_at": datetime.fromisoformat(seen["taken_at"])}) if seen else None,
            "verdicts": tuple(_verdict_from(v) for v in data["verdicts"]),
            "opened": tuple(_opened_from(one) for one in data.get("opened", ())),
            "shown": tuple(_shown_from(one) for one in data.get("shown", ())),
        }
    )
