"""Finds the origin of each value of the configuration: a line of site.toml, a default, the hub's policy. Pure.

A login's name is in site.toml, the login itself in secrets.toml: both lines are shown, never the login. No value comes
from the environment; only the path of secrets.toml may (`CREDENTIALS_DIRECTORY`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from agent.model.finding import Json
from agent.site.config.tables import is_table
from agent.site.toml.lines import KeyPath

DEFAULT: Final = "default"
CREDENTIAL: Final = "credential"


@dataclass(frozen=True, slots=True)
class KnownLines:
    """The known lines of values.

    `secrets_name` is the shown name of secrets.toml; its lines are empty where this user may not read it.
    `policy` holds the hub's values in force, `policy_version` the version of their document.
    """

    site_name: str
    site_lines: Mapping[KeyPath, int] = field(repr=False)
    secrets_name: str = "secrets.toml"
    secrets_lines: Mapping[KeyPath, int] = field(default_factory=dict, repr=False)
    policy: Mapping[str, Json] = field(default_factory=dict)
    policy_version: int = 0


def origin(places: KnownLines, path: KeyPath, value: Json) -> str:
    """Return the origin of a value (a credential's name) at a path such as `("camera", 2, "name")`, in a few words."""
    if path in (("site", "period_s"), ("policy", path[-1])) and path[-1] in places.policy:
        return f"policy of the hub, version {places.policy_version}"
    line = places.site_lines.get(path)
    if line is None:
        return DEFAULT
    place = f"{places.site_name}:{line}"
    if str(path[-1]).endswith(CREDENTIAL) and isinstance(value, str):
        login = places.secrets_lines.get((CREDENTIAL, value))
        place += f", its login in {places.secrets_name}" + (f":{login}" if login else "")
    return place


def with_policy(tables: Mapping[str, Json], policy: Mapping[str, Json]) -> dict[str, Json]:
    """Return the tables with the hub's values in force; a floor also raises cameras with a lower own retention."""
    changed: dict[str, Json] = dict(tables)
    for table in ("site", "policy"):
        own = tables[table]
        assert isinstance(own, Mapping)  # noqa: S101 - site_tables makes both
        changed[table] = {key: policy.get(key, value) for key, value in own.items()}
    floor, cameras = policy.get("retention_floor_days"), tables["camera"]
    if isinstance(floor, int) and isinstance(cameras, list):
        changed["camera"] = [{**row, "retention_days": _raised(row["retention_days"], floor)} for row in cameras]
    return changed


def _raised(days: int, floor: int) -> int:
    return max(days, floor) if days else days


def leaves(value: Json, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Json]]:
    """Yield every value that is not a table, with its path."""
    if isinstance(value, Mapping):
        for key, element in value.items():
            yield from leaves(element, (*path, key))
    elif isinstance(value, list) and is_table(value):
        for index, element in enumerate(value):
            yield from leaves(element, (*path, index))
    else:
        yield path, value


def path_text(path: KeyPath) -> str:
    """Return a path as text: `camera[2].name`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
