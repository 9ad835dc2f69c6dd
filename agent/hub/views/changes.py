"""Compares what a site reports now with what it reported before, which its owner cannot take back. Pure.

Whoever is root at a site can have its agent report anything from now on; what it has signed is stored here. So two
configuration reports of a month are compared. Listed is what makes a site look better without anything having become
better; nothing here calls it wrong, since cameras are taken down and people change. The next step is a question to the
site.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from agent.contract.authors import is_author
from agent.hub.domain.rows.reports import ConfigRow
from agent.hub.domain.view_columns import read_config
from agent.hub.ports.store import Store
from agent.model.finding import Json
from agent.observe.facts.serials import serial_of
from agent.report.plain_findings import plain_findings
from agent.site.duties.figures import RULES

WITHIN: Final = timedelta(days=31)
"""How far back the earlier report may lie, from the newest one on, by the site's own times."""

MARGIN: Final = timedelta(days=1)
"""So much later than it is dated a declaration may come, since the site's day is not the hub's."""

NAMED_MAX: Final = 8


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: `kind` is a word for scripts, `what` its subjects, `before` and `after` values as texts."""

    kind: str
    what: tuple[str, ...]
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class ConfigReport:
    """A configuration report: its epoch, the site's time of it and whether its clock was synchronised."""

    epoch: str
    at: datetime
    clock_synced: bool
    body: Mapping[str, Any]


def changes(earlier: ConfigReport, later: ConfigReport) -> tuple[Change, ...]:
    """Return what a site's later report omits, loosens or contradicts of the earlier; malformed members are skipped."""
    return tuple(change for compare in _COMPARED for change in compare(earlier, later))


def changes_of(store: Store, site: str) -> tuple[ConfigReport, ConfigReport, tuple[Change, ...]] | None:
    """Return the two reports of a site that are compared, and what differs; None where there are no two. Reads only."""
    found = store.reports.config_ends(site, WITHIN)
    if found is None:
        return None
    earlier, later = (_reported(row) for row in found)
    return None if earlier is None or later is None else (earlier, later, changes(earlier, later))


def change_json(change: Change) -> dict[str, Json]:
    """Return a change as `hub status --json` shows it; names are cut at `NAMED_MAX`, `count` is their number."""
    return {
        "kind": change.kind,
        "what": list(change.what[:NAMED_MAX]),
        "count": len(change.what),
        "before": change.before or None,
        "after": change.after or None,
    }


def _reported(row: ConfigRow) -> ConfigReport | None:
    configured = read_config(row.said)
    if configured is None:
        return None
    return ConfigReport(row.epoch, datetime.fromisoformat(row.made_at), configured.clock_synced, configured.body)


def _changed(kind: str, names: Iterable[str], before: str = "", after: str = "") -> Iterator[Change]:
    """Yield a change about some names, nothing where there are none."""
    if what := tuple(sorted(names)):
        yield Change(kind, what, before, after)


def _fewer_cameras(earlier: ConfigReport, later: ConfigReport) -> Iterator[Change]:
    before, after = _cameras(earlier), _cameras(later)
    return _changed("cameras-fewer", before.keys() - after.keys(), str(len(before)), str(len(after)))


def _elsewhere(earlier: ConfigReport, later: ConfigReport) -> Iterator[Change]:
    """Find cameras under another device or channel, which may be other cameras."""
    before, after = _cameras(earlier), _cameras(later)
    place = ("device", "channel")
    moved = (name for name in before.keys() & after.keys() if _of(before[name], place) != _of(after[name], place))
    return _changed("camera-elsewhere", moved)


def _other_boxes(earlier: ConfigReport, later: ConfigReport) -> Iterator[Change]:
    before, after = _serials(earlier), _serials(later)
    other = (name for name in before.keys() & after.keys() if before[name] != after[name])
    return _changed("device-replaced", other)


def _one_box(earlier: ConfigReport, later: ConfigReport) -> Iterator[Change]:
    """Find one box that answers as several devices, in the newest report alone."""
    by_serial: dict[str, list[str]] = {}
    for name, serial in _serials(later).items():
        by_serial.setdefault(serial, []).append(name)
    for names in by_serial.values():
        if len(names) > 1:
            yield Change("one-box-as-several", tuple(sorted(names)))


def _loosened(earlier: ConfigReport, later: ConfigReport) -> Iterator[Change]:
    before, after = _mapping(earlier.body.get("policy")), _mapping(later.body.get("policy"))
    for name, rule in RULES.items():
        was, now_is = before.get(name), after.get(name)
        if not (isinstance(was, int | float) and isinstance(now_is, int | float)):
            continue
        # A ceiling of zero is none at all.
        gone = rule.stricter == "down" and name == "retention_ceiling_days" and was > 0 and now_is == 0
        new = name == "retention_ceiling_days" and was == 0
        if gone or (rule.stricter == "up" and now_is < was) or (rule.stricter == "down" and now_is > was and not new):
            yield Change("threshold-loosened", (name,), f"{was:g}", f"{now_is:g}")


def _fewer_zones(earlier: ConfigReport, later: ConfigReport) -> Iterator[Change]:
    before, after = _zones(earlier), _zones(later)
    fewer = (name for name, zones in before.items() if name in after and not zones <= after[name])
    return _changed("zones-fewer", fewer)


def _new_approvers(earlier: ConfigReport, later: ConfigReport) -> Iterator[Change]:
    """Find who approves for the first time; a site that names people by ids from now on shows nobody new by that."""
    before, after = _approvers(earlier), _approvers(later)
    is_renamed = any(map(is_author, after)) and not any(map(is_author, before))
    return _changed("approver-new", after - before if before and not is_renamed else ())


def _approved_anew(earlier: ConfigReport, later: ConfigReport) -> Iterator[Change]:
    """Find masks that changed and were approved again: right after a repair, wrong after one was taken away."""
    before, after = _cameras(earlier), _cameras(later)
    anew = (
        name
        for name in before.keys() & after.keys()
        if (was := _mapping(before[name].get("approval")).get("masks_digest"))
        and (now_is := _mapping(after[name].get("approval")))
        and now_is.get("masks_digest") != was
    )
    return _changed("masks-approved-anew", anew)


def _index_restarted(earlier: ConfigReport, later: ConfigReport) -> Iterator[Change]:
    """Find counts of sealed days that went back: they only rise, so the history was begun anew."""
    before, after = _sealed(earlier), _sealed(later)
    back = [name for name, days in before.items() if name in after and after[name] < days]
    if back:
        names = tuple(sorted(back))
        yield Change("index-restarted", names, str(before[names[0]]), str(after[names[0]]))


def _rules_edited(earlier: ConfigReport, later: ConfigReport) -> Iterator[Change]:
    before, after = _packs(earlier), _packs(later)
    yield from _changed("rules-fewer", before.keys() - after.keys())
    edited = (n for n in before.keys() & after.keys() if before[n][0] == after[n][0] and before[n][1] != after[n][1])
    yield from _changed("rules-edited", edited)


def _config_edited(earlier: ConfigReport, later: ConfigReport) -> Iterator[Change]:
    was, now_is = (_mapping(one.body.get("digests")).get("config") for one in (earlier, later))
    if isinstance(was, str) and isinstance(now_is, str) and was != now_is:
        yield Change("configuration-edited", (), was[:12], now_is[:12])


def _backdated(earlier: ConfigReport, later: ConfigReport) -> Iterator[Change]:
    """Find declarations that were missing in the earlier report, and are dated before it now."""
    missing = {duty for duty, at in _words(earlier).items() if at is None}
    latest = (earlier.at - MARGIN).date()
    late = (duty for duty, at in _words(later).items() if duty in missing and at is not None and at < latest)
    return _changed("declaration-backdated", late)


def _clock_back(earlier: ConfigReport, later: ConfigReport) -> Iterator[Change]:
    if later.at < earlier.at:
        yield Change("clock-back", (), earlier.at.isoformat(), later.at.isoformat())


_COMPARED: Final = (
    _fewer_cameras, _elsewhere, _other_boxes, _one_box, _fewer_zones, _loosened, _rules_edited, _approved_anew,
    _new_approvers, _index_restarted, _backdated, _clock_back, _config_edited,
)  # fmt: skip


def _cameras(told: ConfigReport) -> dict[str, Mapping[str, Any]]:
    return {str(one.get("id")): one for one in _rows(told.body.get("cameras"))}


def _serials(told: ConfigReport) -> dict[str, str]:
    rows = (
        (str(one.get("id")), _mapping(one.get("identity")).get("serial")) for one in _rows(told.body.get("devices"))
    )
    return {name: serial for name, serial in rows if isinstance(serial, str) and serial_of(serial)}


def _zones(told: ConfigReport) -> dict[str, set[str]]:
    """Return the names of the zones of each camera that the report lists: only a pass lists all of them."""
    found = ((f, _mapping(f.get("evidence")).get("zones")) for f in plain_findings(told.body))
    return {
        str(f.get("subject")).removeprefix("camera:"): {str(zone) for zone in zones}
        for f, zones in found
        if f.get("check") == "privacy-mask-present" and isinstance(zones, list)
    }


def _approvers(told: ConfigReport) -> set[str]:
    names = (_mapping(one.get("approval")).get("by") for one in _cameras(told).values())
    return {name for name in names if isinstance(name, str)}


def _sealed(told: ConfigReport) -> dict[str, int]:
    rows = ((name, _mapping(one.get("retention")).get("sealed_days")) for name, one in _cameras(told).items())
    return {name: days for name, days in rows if isinstance(days, int)}


def _packs(told: ConfigReport) -> dict[str, tuple[Any, Any]]:
    packs = _rows(_mapping(told.body.get("rules")).get("packs"))
    return {str(one.get("id")): (one.get("version"), one.get("digest")) for one in packs}


def _words(told: ConfigReport) -> dict[str, date | None]:
    """Return the day of each declaration that the findings rest on, None where it is reported missing."""
    words: dict[str, date | None] = {}
    for finding in plain_findings(told.body):
        evidence = _mapping(finding.get("evidence"))
        for row in (*_rows(evidence.get("open")), *_rows(evidence.get("declared"))):
            if row.get("state") == "missing":
                words[str(row.get("duty"))] = None
            elif (day := _day(row.get("at"))) is not None:
                words[str(row.get("duty"))] = day
    return words


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None


def _of(row: Mapping[str, Any], names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in names)


def _rows(value: object) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
