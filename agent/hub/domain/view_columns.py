"""Extracts the columns that views need from a report, once: at intake, or when an older database is migrated. Pure.

No view reads a body: what a site has signed is there for ever, and one report that no reader takes would block all of
them. The columns are the hub's own text: few members, of known types, cut to length. A malformed report leaves empty
columns, and the site is shown as one that cannot be shown.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from agent.contract.chain import utc_text
from agent.contract.payload_bounds import read_json, read_time
from agent.hub.domain import acknowledged
from agent.hub.domain.acknowledged import Acknowledged
from agent.hub.domain.drills import DrillSeen, drills_json, read_drills
from agent.model.errors import NotVerified
from agent.model.finding import StreamName
from agent.report.plain_findings import plain_findings
from agent.site.duties.figures import RULES
from agent.verify.members import dict_of, dicts_of, name_of

ROWS_MOST: Final = 1024
"""Cameras, devices, findings or packs of one report that are kept."""

NAMES_MOST: Final = 64
"""Zones of a camera, or duties of a finding."""


SEAL_BYTES: Final = 16
"""Of a row's digest: it detects a changed row, and is no signature."""


@dataclass(frozen=True, slots=True)
class ViewColumns:
    """The columns of a report for views.

    `made_at`: the site's own time, RFC 3339 in UTC; empty: no valid date. `config`: of a configuration report, JSON as
    `config_of` writes it; empty: of another one, or of one that cannot be read.
    """

    made_at: str = ""
    config: str = ""


@dataclass(frozen=True, slots=True)
class ConfigColumns:
    """The columns of a configuration report: members of its body as `agent/hub/views/changes.py` compares them."""

    clock_synced: bool
    body: Mapping[str, Any]
    known: tuple[Acknowledged, ...]
    drills: tuple[DrillSeen, ...] = ()


def of_data(stream: StreamName, data: Mapping[str, Any]) -> ViewColumns:
    """Return the columns of a payload that is within the bounds of the contract."""
    try:
        made_at = utc_text(read_time(data.get("ts")))
    except (ValueError, NotVerified):
        return ViewColumns()
    return ViewColumns(made_at, config_of(data) if stream == "config" else "")


def data_of(payload: object) -> Mapping[str, Any]:
    """Parse a payload that was stored before there were bounds; {} for one that breaks them."""
    try:
        return dict_of(read_json(payload) if isinstance(payload, bytes) else None)
    except NotVerified:
        return {}


def seal_of(row: tuple[Any, ...]) -> str:
    """Return the digest over the columns of a row."""
    return hashlib.sha256("\x00".join(map(str, row)).encode(errors="replace")).hexdigest()


def row_seal_of(row: tuple[Any, ...], named: Iterable[str]) -> bytes:
    """Return the digest over the columns of a report's row and the digests of its findings."""
    return bytes.fromhex(seal_of((*row, *sorted(named))))[:SEAL_BYTES]


def config_of(data: Mapping[str, Any]) -> str:
    """Return the columns of a configuration report, as JSON."""
    body = dict_of(data.get("body"))
    kept: dict[str, Any] = {
        "clock_synced": data.get("clock_synced") is True,
        "body": {
            "cameras": [_camera(one) for one in dicts_of(body.get("cameras"))[:ROWS_MOST]],
            "devices": [
                {
                    "id": name_of(one.get("id")),
                    "identity": {"serial": name_of(dict_of(one.get("identity")).get("serial"))},
                }
                for one in dicts_of(body.get("devices"))[:ROWS_MOST]
            ],
            "policy": {name: one for name in RULES if _is_number(one := dict_of(body.get("policy")).get(name))},
            "rules": {"packs": [_pack(one) for one in dicts_of(dict_of(body.get("rules")).get("packs"))[:ROWS_MOST]]},
            "digests": {"config": _short(dict_of(body.get("digests")).get("config"))},
            "findings": list(islice(_findings(body), ROWS_MOST)),
        },
        "known": acknowledged.to_data(acknowledged.read_acknowledged(body)),
    }
    if drills := read_drills(body):  # what an older hub stored has none
        kept["drills"] = drills_json(drills)
    return json.dumps(kept, separators=(",", ":"))


def read_config(text: str) -> ConfigColumns | None:
    """Parse what `config_of` wrote, None for an empty text."""
    if not text:
        return None
    kept = json.loads(text)
    known = acknowledged.from_data(kept["known"])
    return ConfigColumns(kept["clock_synced"], kept["body"], known, read_drills(kept))


def _camera(one: Mapping[str, Any]) -> dict[str, Any]:
    approval, retention = dict_of(one.get("approval")), dict_of(one.get("retention"))
    kept: dict[str, Any] = {name: _short(one.get(name)) for name in ("id", "device", "channel")}
    if approval:
        kept["approval"] = {name: _short(approval.get(name)) for name in ("masks_digest", "by")}
    if isinstance(days := retention.get("sealed_days"), int):
        kept["retention"] = {"sealed_days": days}
    return kept


def _pack(one: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _short(one.get(name)) for name in ("id", "version", "digest")}


def _findings(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what is compared of the findings: the zones of a camera, and the days of declarations."""
    for one in plain_findings(body):
        evidence = dict_of(one.get("evidence"))
        kept: dict[str, Any] = {}
        if one.get("check") == "privacy-mask-present" and isinstance(zones := evidence.get("zones"), list):
            kept["zones"] = [name_of(zone) for zone in zones[:NAMES_MOST] if isinstance(zone, str)]
        for name in ("open", "declared"):
            if rows := dicts_of(evidence.get(name))[:NAMES_MOST]:
                kept[name] = [{member: _short(row.get(member)) for member in ("duty", "state", "at")} for row in rows]
        if kept:
            yield {"check": name_of(one.get("check")), "subject": name_of(one.get("subject")), "evidence": kept}


def _short(value: object) -> Any:
    """Return a text cut to length, or a number; None for anything else."""
    return name_of(value) if isinstance(value, str) else value if _is_number(value) else None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
