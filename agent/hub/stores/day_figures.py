"""Extracts a site's daily assessment figures from a verified report, and encodes them for the store.

A health report has the figures of the whole site (`rates`), which count for its division. A config report has the
findings of each camera: a camera-day is good where every check of a figure passes or warns; it counts for the camera's
maintainer and for the model of its device. Of each day and epoch the report with the highest number counts;
acknowledgements are merged from all of them. `agent/hub/views/assessment.py` adds up.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from agent.contract.repair_counts import Repairs, read_by_subject, read_repairs, repairs_json, summed
from agent.hub.domain import acknowledged
from agent.hub.domain.acknowledged import read_acknowledged
from agent.hub.domain.figures import (
    ACKNOWLEDGED,
    FAILING,
    FOOTAGE_LEFT,
    JUDGED_BY,
    METRICS,
    PLANNED,
    REPAIRS,
    By,
    Figure,
    Figures,
    added,
    china_day,
)
from agent.hub.domain.planned import read_planned, to_data
from agent.hub.domain.quick_json import DECODE
from agent.hub.domain.rows.footage_left import FootageLeft, footage_left_json, read_footage_left
from agent.hub.stores.database import Connection, Database
from agent.judge.memory.exercises import FREED_BY
from agent.report.plain_findings import plain_findings
from agent.verify.members import day_of, dict_of, dicts_of, name_of, text_of, time_of
from agent.verify.message import Claim

FAILING_MOST: Final = 1024
"""Camera-days of one report that are kept so."""

EXCLUDED: Final[Figure] = (0, 0, 0, 1)

_MEMBER: Final = {"recorded": "recorded_s"}
"""Where a figure stands in `rates` under another name: `recorded` there counts looks, the figure is of seconds."""

_CHECKS: Final = tuple(dict.fromkeys(check for checks in JUDGED_BY.values() for check in checks))

GROUPS_MOST: Final = 256
"""Maintainers, or models, of one site that are told apart; the rest count as unknown."""

FIGURE_MAX: Final = 1e12


class _Judged(NamedTuple):
    """One camera-day of one figure; `figure` None: not reported. `failing`: keys of the findings that fail it."""

    metric: str
    maintainer: str
    model: str
    figure: Figure | None
    failing: tuple[str, ...] = ()


def keep(store: Database, claim: Claim) -> None:
    """Store what the first health or config report under its number has about a day, without malformed values."""
    body = claim.data.get("body")
    if not isinstance(body, dict):
        return
    days = store.within.days
    with store.transaction():
        for by, day, groups in _rows(store, claim, body):
            told = json.dumps(groups, separators=(",", ":"))  # ASCII: a lone surrogate is no text for a database
            key = by, day.isoformat(), claim.address.site, claim.epoch
            if key not in days or claim.seq > days[key][0] or by == ACKNOWLEDGED:
                days[key] = claim.seq, told


def flush(db: Connection, days: Mapping[tuple[str, str, str, str], tuple[int, str]]) -> None:
    """Store what a transaction has kept of days, within it: a report with a higher number stays."""
    db.executemany(
        "INSERT INTO assessed (by_what, day, site, epoch, seq, told) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608  our own
        " ON CONFLICT (by_what, day, site, epoch) DO UPDATE SET seq = excluded.seq, told = excluded.told"
        f" WHERE excluded.seq > assessed.seq OR assessed.by_what = '{ACKNOWLEDGED}'",
        [(*key, *told) for key, told in days.items()],
    )


def read_day(told: str) -> Any:
    """Parse what `keep` has written into a row."""
    try:
        return DECODE(told)
    except ValueError:  # half a pair of surrogates, which it refuses
        return json.loads(told)


def _rows(store: Database, claim: Claim, body: Mapping[str, Any]) -> Iterator[tuple[str, date, object]]:
    if claim.stream == "health":
        yield from read_health(claim.data, body)
        yield from read_health_repairs(body)
    else:
        made_at, plans = time_of(claim.data.get("ts")), read_planned(body)
        day = china_day(made_at) if made_at else None
        yield from read_config_repairs(body)
        if made_at is not None and day is not None:
            judged = list(_judged(body, made_at))
            for by, groups in _camera_days(judged):
                yield by, day, groups
            if (left := read_footage_left(body, plain_findings(body), made_at)) != FootageLeft():
                yield FOOTAGE_LEFT, day, footage_left_json(left)
            if (failing := _failing(judged)) or _has_rows(store, claim.address.site, FAILING):
                yield FAILING, day, failing
        # That nothing is planned, as that nothing fails, is worth a row only where something was.
        if day is not None and (plans or _has_rows(store, claim.address.site, PLANNED)):
            yield PLANNED, day, to_data(plans)
        if day is not None and (known := read_acknowledged(body)):
            yield ACKNOWLEDGED, day, acknowledged.to_data((*_acknowledged_before(store, claim, day), *known))


def _has_rows(store: Database, site: str, name: str) -> bool:
    if any((by, of) == (name, site) for by, _, of, _ in store.within.days):
        return True
    return bool(store.all("SELECT 1 FROM assessed WHERE site = ? AND by_what = ? LIMIT 1", site, name))


def _acknowledged_before(store: Database, claim: Claim, day: date) -> tuple[acknowledged.Acknowledged, ...]:
    """Return acknowledgements in other reports of the same day: one that was ended at noon was given all the same."""
    key = ACKNOWLEDGED, day.isoformat(), claim.address.site, claim.epoch
    if key in store.within.days:
        return acknowledged.from_data(read_day(store.within.days[key][1]))
    rows = store.all("SELECT told FROM assessed WHERE by_what = ? AND day = ? AND site = ? AND epoch = ?", *key)
    return acknowledged.from_data(read_day(rows[0][0])) if rows else ()


def read_health_repairs(body: Mapping[str, Any]) -> Iterator[tuple[str, date, Mapping[str, Any]]]:
    """Yield the repairs of a site's day under its division, where there are any."""
    told = dict_of(body.get("rates"))
    day, repairs = day_of(told.get("day")), read_repairs(told.get("repairs"))
    if day is not None and repairs:
        yield REPAIRS["division"], day, {name_of(body.get("division")): repairs_json(repairs)}


def read_config_repairs(body: Mapping[str, Any]) -> Iterator[tuple[str, date, Mapping[str, Any]]]:
    """Yield the repairs of a site's day by maintainer and by model, where there are any.

    A device, or the site, is a maintainer's where all cameras on it are; a site is of no model.
    """
    told = dict_of(body.get("repaired"))
    day, repairs = day_of(told.get("day")), read_by_subject(told.get("by_subject"))
    if day is None or not repairs:
        return
    cameras, models = dicts_of(body.get("cameras")), _models(body)
    model_of = {f"device:{device}": model for device, model in models.items()}
    model_of |= {f"camera:{text_of(c.get('id'))}": models.get(text_of(c.get("device")), "") for c in cameras}
    of: dict[By, dict[str, str]] = {"maintainer": _maintainers(cameras), "model": model_of}
    for by, names in of.items():
        groups: dict[str, dict[str, Repairs]] = {}
        for subject, one in repairs.items():
            name = names.get(subject, "")
            groups[name] = summed((groups.get(name, {}), one))
        yield REPAIRS[by], day, {name: repairs_json(one) for name, one in groups.items()}


def _maintainers(cameras: list[Mapping[str, Any]]) -> dict[str, str]:
    """Return the maintainer by subject; a device or site of several maintainers has none."""
    found: dict[str, set[str]] = {}
    for one in cameras:
        name = name_of(one.get("maintainer"))
        for subject in (f"camera:{text_of(one.get('id'))}", f"device:{text_of(one.get('device'))}", "site"):
            found.setdefault(subject, set()).add(name)
    return {subject: next(iter(names)) for subject, names in found.items() if len(names) == 1}


def _models(body: Mapping[str, Any]) -> dict[str, str]:
    """Return the model of each device."""
    return {
        text_of(d.get("id")): name_of(dict_of(d.get("identity")).get("model")) for d in dicts_of(body.get("devices"))
    }


def read_health(_: Mapping[str, Any], body: Mapping[str, Any]) -> Iterator[tuple[By, date, Mapping[str, Figures]]]:
    """Yield the figures of a site's day, under its division."""
    told = body.get("rates")
    day = day_of(told.get("day")) if isinstance(told, dict) else None
    if day is None or not isinstance(told, dict):
        return
    read = {name: _figure(told.get(_MEMBER.get(name, name))) for name in METRICS}
    figures = {name: figure for name, figure in read.items() if figure is not None}
    if figures:
        yield "division", day, {name_of(body.get("division")): figures}


def read_config(data: Mapping[str, Any], body: Mapping[str, Any]) -> Iterator[tuple[By, date, Mapping[str, Figures]]]:
    """Yield the camera-days of a site by maintainer and by model: of each, whose check passes.

    A camera that is worked on by plan while the report is made is excluded, whatever its checks report. What a drill
    provoked is not due, with what it explains.
    """
    made_at = time_of(data.get("ts"))
    if made_at is None:
        return
    for by, groups in _camera_days(list(_judged(body, made_at))):
        yield by, china_day(made_at), groups


def _camera_days(judged: list[_Judged]) -> Iterator[tuple[By, Mapping[str, Figures]]]:
    whose: tuple[By, By] = "maintainer", "model"
    for by in whose:
        groups: dict[str, dict[str, Figure]] = {}
        for one in judged:
            name = one.maintainer if by == "maintainer" else one.model
            figures = groups.setdefault(name if name in groups or len(groups) < GROUPS_MOST else "", {})
            if one.figure is not None:
                figures[one.metric] = added(figures.get(one.metric), one.figure)
        yield by, groups


def _failing(judged: list[_Judged]) -> list[list[str]]:
    """Return the camera-days that are not good by a fail, with the findings that say so: what a decision may correct.

    Each row has figure, maintainer, model, and keys of the findings.
    """
    found = [one for one in judged if one.failing]
    return [[one.metric, one.maintainer, one.model, *one.failing] for one in found[:FAILING_MOST]]


def _judged(body: Mapping[str, Any], made_at: datetime) -> Iterator[_Judged]:
    models, findings = _models(body), plain_findings(body)
    drilled = {_key(f) for f in findings if f.get("reason") == FREED_BY and _status(f) == "not_applicable"}
    found = {_key(f): _status(f) for f in findings if text_of(f.get("caused_by")) not in drilled}
    dark = {text_of(f.get("subject")) for f in findings
            if f.get("check") == "camera-online" and f.get("reason") == "dark"}  # fmt: skip
    plans = [one for one in read_planned(body) if one.is_in_force(made_at)]
    for camera in dicts_of(body.get("cameras")):
        names = name_of(camera.get("maintainer")), models.get(text_of(camera.get("device")), "")
        ids = text_of(camera.get("id")), text_of(camera.get("device"))
        subjects = f"camera:{ids[0]}", f"device:{ids[1]}"
        is_out = any(plan.is_about(*ids) for plan in plans)
        of_check = {check: next((key for s in subjects if (key := f"{check} {s}") in found), "") for check in _CHECKS}
        for metric, checks in JUDGED_BY.items():
            keys = [of_check[check] for check in checks]
            told = [found.get(key, "") for key in keys]
            failing = tuple(key for key in keys if found.get(key) == "fail")
            is_drilled = drilled and any(f"{check} {subject}" in drilled for check in checks for subject in subjects)
            if is_drilled and "fail" not in told:
                continue
            if metric == "good" and subjects[0] in dark:
                told = ["fail"]  # it is online, and its picture shows nothing: as the site itself counts it
                failing = tuple(dict.fromkeys((*failing, f"camera-online {subjects[0]}")))
            if any(told):
                figure = EXCLUDED if is_out else _one(told)
                yield _Judged(metric, *names, figure, () if is_out else failing)
        seconds = _figure(dict_of(dict_of(camera.get("retention")).get("recorded")).get("seconds"))
        yield _Judged("recorded", *names, seconds)  # what was planned is left out of them already


def _key(finding: Mapping[str, Any]) -> str:
    return f"{text_of(finding.get('check'))} {text_of(finding.get('subject'))}"


def _status(finding: Mapping[str, Any]) -> str:
    return text_of(finding.get("status")) or "unknown"


def _one(told: Sequence[str]) -> Figure:
    """Return one camera-day. A missing check of a figure counts as unknown where another one was reported."""
    due = [status for status in told if status != "not_applicable"]
    if not due:
        return 0, 0, 0, 0
    if "fail" in due:
        return 0, 1, 0, 0
    known = all(status in ("pass", "warn") for status in due)
    return int(known), 1, int(not known), 0


def _figure(value: object) -> Figure | None:
    """Parse a figure of a report, None where it is malformed."""
    if not isinstance(value, list) or len(value) != 4:
        return None
    if any(isinstance(one, bool) or not isinstance(one, int | float) or not 0 <= one <= FIGURE_MAX for one in value):
        return None
    good, due, unknown, excluded = value
    return (good, due, unknown, excluded) if good + unknown <= due else None
