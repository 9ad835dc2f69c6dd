"""Renders HTML templates that hold texts of devices and people: every one of them is escaped. Pure."""

import base64
from collections.abc import Callable
from zoneinfo import ZoneInfo

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from agent.text.harmless import printable
from agent.text.site_time import with_local_times
from drivers.model import Polygon


def environment(*packages: str, sanitizing: bool = False, zone: ZoneInfo | None = None) -> Environment:
    """Load the templates of the packages; `sanitizing` puts each text on one line, without control characters.

    `zone`: every moment in a text is told by the clocks there; None: it stays as it is.
    """
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package, ".") for package in (*packages, "agent.text")]),
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=sanitizing, finalize=_finalize(zone) if sanitizing else None,
    )  # fmt: skip
    made.filters |= {"points": _points, "data": _data, "plain": printable}
    return made


def _finalize(zone: ZoneInfo | None) -> Callable[[object], object]:
    def finalize(value: object) -> object:
        if type(value) is not str:
            return value
        return with_local_times(printable(value), zone) if zone is not None else printable(value)

    return finalize


def _points(polygon: Polygon) -> str:
    """Encode a polygon's points for a drawing of 1000 x 1000."""
    return " ".join(f"{x * 1000:.1f},{y * 1000:.1f}" for x, y in polygon)


def _data(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
