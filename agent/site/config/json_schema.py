"""Generates the JSON Schema (2020-12) of site.toml, for editors: allowed keys, with ranges and defaults.

The loader's own readers run on a table that records their requests instead of looking up values. A key whose presence a
reader tests is optional, one that it reads without a default is required. What a schema cannot express (ids that must
exist, thresholds in order, files that must be there) is left to `config validate`: the schema never refuses what the
loader accepts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import tomli

from agent.model.finding import Json, Message
from agent.site.config.load import read_tables
from agent.site.config.notify import RECEIVERS_MAX
from agent.site.config.outlets import MIRRORS_MAX
from agent.site.config.zones import PRESETS_MAX
from agent.site.toml.table import TEXT_MAX_CHARS, Choice, Document, Table
from masking.quality.learning import OVERLAYS_MAX

ID: Final = "https://camwarden.example/site.schema.json"

_SHARE: Final[dict[str, Any]] = {"type": "number", "minimum": 0, "maximum": 1}
_DAY: Final[dict[str, Any]] = {"type": "string", "format": "date"}


def _numbers(count: int) -> dict[str, Any]:
    return {"type": "array", "items": _SHARE, "minItems": count, "maxItems": count}


_SHAPES: Final[Mapping[str, Mapping[str, Json]]] = {
    "polygon": {"type": "array", "items": _numbers(2), "minItems": 3},
    "overlay_boxes": {"type": "array", "items": _numbers(4), "maxItems": OVERLAYS_MAX, "default": []},
    "locked": {"const": True},
    **dict.fromkeys(("at", "until", "from_day", "until_day", "in_use_since"), _DAY),
}
"""Values that readers parse themselves."""

_COUNTS: Final = {"mirror": MIRRORS_MAX, "notify": RECEIVERS_MAX, "preset": PRESETS_MAX}
"""Maximum lengths of lists of tables."""


_ONLY_WITH_A_TOKEN: Final = ("module", "token", "credential")
"""Of `[key]`: required with a token, forbidden without one, which only a condition can express."""


@dataclass(slots=True)
class _Recorded:
    """The recorded requests to one table.

    `required` holds the keys that were read without a default, each with a valid value as TOML; those in `optional` are
    not required after all. `tables` and `lists` are the tables inside it.
    """

    known: tuple[str, ...] = ()
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    tables: dict[str, _Recorded] = field(default_factory=dict)
    lists: dict[str, _Recorded] = field(default_factory=dict)
    required: dict[str, str] = field(default_factory=dict)
    optional: set[str] = field(default_factory=set)

    def schema(self) -> dict[str, Any]:
        keys = self.known or (*self.tables, *self.lists)
        required = [key for key in keys if key in self.required and key not in self.optional]
        found: dict[str, Any] = {"type": "object", "properties": {key: self._of(key) for key in keys}}
        for key in required:  # what must be there has no default, whatever its getter would answer
            found["properties"][key].pop("default", None)
        return found | {"additionalProperties": False} | ({"required": required} if required else {})

    def _of(self, key: str) -> dict[str, Any]:
        if key in self.tables:
            return self.tables[key].schema()
        if key in self.lists:
            rows = {"type": "array", "items": self.lists[key].schema()}
            return rows | ({"maxItems": _COUNTS[key]} if key in _COUNTS else {})
        return self.values.get(key) or dict(_SHAPES.get(key, {}))


class _EveryKey(dict[str, object]):
    """The data of a table with every key: a test for presence is recorded, a read returns the key's example."""

    def __init__(self, noted: _Recorded) -> None:
        super().__init__()
        self._noted = noted

    def __contains__(self, key: object) -> bool:
        self._noted.optional.add(str(key))
        return True

    def __missing__(self, key: str) -> object:
        return tomli.loads(f"value = {self._noted.required.get(key, '0')}")["value"]


@dataclass(frozen=True, slots=True)
class _RecordingTable(Table):
    """A table that records a reader's requests. Each getter returns what makes the reader continue."""

    noted: _Recorded = field(default_factory=_Recorded)

    def note(self, key: str, what: Message | str, fix: Message | str) -> None:
        """Ignored: there is no file that could be wrong."""

    def only(self, *known: str) -> None:
        self.noted.known = known

    def required(self, key: str, example: str) -> bool:
        self.noted.required[key] = example
        return True

    def text(
        self, key: str, default: str | None = None, *, like: str = "", rule: str = "", example: str = '"..."'
    ) -> str:
        if default is None:
            self.required(key, example)
        schema: dict[str, Any] = {"type": "string", "maxLength": TEXT_MAX_CHARS}
        if like:
            schema["pattern"] = f"^(?:{like})$" if default != "" else f"^(?:{like})?$"
        elif default != "":
            schema["minLength"] = 1
        self._has(key, schema, default, rule)
        return default or ""

    def integer(self, key: str, default: int | None, low: int, high: int, *, hint: str = "") -> int:
        if default is None:
            self.required(key, str(low))
        self._has(key, {"type": "integer", "minimum": low, "maximum": high}, default, hint.strip(" ()"))
        return low if default is None else default

    def number(self, key: str, default: float, low: float, high: float) -> float:
        self._has(key, {"type": "number", "minimum": low, "maximum": high}, default)
        return default

    def flag(self, key: str, default: bool) -> bool:
        self._has(key, {"type": "boolean"}, default)
        return default

    def choice(self, key: str, default: Choice, choices: Sequence[Choice]) -> Choice:
        required = key in self.noted.required
        self._has(key, {"enum": list(choices)}, None if required else default)
        return choices[-1]  # of `[key] source` the one that has further options

    def texts(self, key: str, right: Callable[[str], bool], expected: str, example: str) -> tuple[str, ...]:
        self._has(key, {"type": "array", "items": {"type": "string"}}, [], expected)
        return ()

    def path_of(self, key: str, default: Path) -> Path:
        self._has(key, {"type": "string", "minLength": 1}, None)
        return default

    def file(self, key: str, example: str) -> Path | None:
        self._has(key, {"type": "string", "minLength": 1}, None)
        return None

    def tables(self, key: str, noun: str) -> Iterator[Table]:
        row = self._table(key)
        self.noted.lists[key] = row.noted
        yield row

    def table(self, key: str, required: Literal["required", "optional"]) -> Table | None:
        inner = self._table(key)
        self.noted.tables[key] = inner.noted
        if required == "required":
            self.noted.required[key] = ""
        return inner

    def _table(self, key: str) -> _RecordingTable:
        noted = _Recorded()
        return _RecordingTable(self.document, (*self.path, key), key, _EveryKey(noted), noted)

    def _has(self, key: str, schema: dict[str, Any], default: object, said: str = "") -> None:
        if default not in (None, ""):
            schema["default"] = default
        self.noted.values[key] = schema | ({"description": said} if said else {})


def site_schema() -> dict[str, Any]:
    """Return the schema of site.toml."""
    noted = _Recorded()
    read_tables(_RecordingTable(Document("site.toml", {}, {}, []), (), "", _EveryKey(noted), noted), None)
    schema = noted.schema()
    schema["properties"]["key"] = _with_a_token(schema["properties"]["key"])
    schema["properties"]["hub"] = _with_a_host(schema["properties"]["hub"])
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": ID, "title": "site.toml of camwarden"}
    return head | schema


def _with_a_host(hub: Mapping[str, Any]) -> dict[str, Any]:
    """Require a host unless reports are carried by hand, which only a condition can express."""
    carried = {"properties": {"confirm": {"const": "file"}}, "required": ["confirm"]}
    return {**hub, "if": carried, "else": {"required": ["host"]}}


def _with_a_token(key: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in key.items() if name != "required"}
    token = {"properties": {"source": {"const": "token"}}, "required": ["source"]}
    without = {"properties": dict.fromkeys((*_ONLY_WITH_A_TOKEN, "label"), False)}
    return plain | {"if": token, "then": {"required": list(_ONLY_WITH_A_TOKEN)}, "else": without}
