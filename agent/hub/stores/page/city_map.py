"""Stores the map of a city in a file beside the databases; it is replaced whole, and read once for each change.

A file of its own: no report has a position, and whoever loses it loads it again. For the hub's user alone, because
where cameras are is nobody else's business.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from agent.host.files import write_atomic
from agent.hub.domain.rows.city_map import NO_MAP, CityMap, MapWord, Outline
from agent.model.errors import ConfigurationError, Forbidden, os_words

NAME: Final = "map.json"
SCHEMA: Final = "camwarden-hub-map-file/1"


def read(directory: Path) -> CityMap:
    """Return the map in force; an empty one where none was loaded.

    Raises:
        Forbidden: This user may not read it.
        ConfigurationError: It is not what `keep` wrote.
    """
    path = directory / NAME
    try:
        found = path.stat()
        return _read(path, (found.st_mtime_ns, found.st_ino, found.st_size))
    except FileNotFoundError:
        return NO_MAP
    except PermissionError:
        raise Forbidden("{path}: this user may not use it; run as the hub's user", path=path) from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ConfigurationError("{path}: not a map that this hub wrote; load it again", path=path) from None


def keep(directory: Path, city: CityMap) -> None:
    """Store the map in the place of the one before; an empty one is none. Raises Forbidden, ConfigurationError."""
    path = directory / NAME
    told = {"schema": SCHEMA, **asdict(city)}
    try:
        if city == NO_MAP:
            path.unlink(missing_ok=True)
        else:
            write_atomic(path, json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(), 0o600)
    except PermissionError:
        raise Forbidden("{path}: this user may not use it; run as the hub's user", path=path) from None
    except OSError as error:
        raise ConfigurationError("{path}: cannot be written: {why}", path=path, why=os_words(error)) from None


@lru_cache(maxsize=2)
def _read(path: Path, changed: tuple[int, int, int]) -> CityMap:
    """Return what a file has since it was changed last: each page asks, and parsing ten thousand sites takes time."""
    told = json.loads(path.read_bytes())
    if told["schema"] != SCHEMA:
        raise ValueError
    return CityMap(
        sites={site: (lon, lat) for site, (lon, lat) in told["sites"].items()},
        sites_word=_word(told["sites_word"]),
        outlines=tuple(_outline(one) for one in told["outlines"]),
        outlines_word=_word(told["outlines_word"]),
    )


def _word(told: Mapping[str, Any] | None) -> MapWord | None:
    return MapWord(**told) if told is not None else None


def _outline(told: Mapping[str, Any]) -> Outline:
    return Outline(told["name"], tuple(tuple((lon, lat) for lon, lat in ring) for ring in told["rings"]))
