"""Renders HTML templates that hold texts of devices and people: every one of them is escaped. Pure."""

import base64

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from agent.text.harmless import printable
from drivers.model import Polygon


def environment(*packages: str, sanitizing: bool = False) -> Environment:
    """Load the templates of the packages; `sanitizing` puts each text on one line, without control characters."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package, ".") for package in packages]),
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=sanitizing, finalize=_sanitize if sanitizing else None,
    )  # fmt: skip
    made.filters |= {"points": _points, "data": _data, "plain": printable}
    return made


def _sanitize(value: object) -> object:
    return printable(value) if type(value) is str else value


def _points(polygon: Polygon) -> str:
    """Encode a polygon's points for a drawing of 1000 x 1000."""
    return " ".join(f"{x * 1000:.1f},{y * 1000:.1f}" for x, y in polygon)


def _data(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
