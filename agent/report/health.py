"""Builds the body of a health report: a whole site in 4 KiB. Pure.

It is sent every period, therefore short. `counts` and the counts of `not_pass` are complete whatever was cut; the
config report, sent with every change, has everything.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce
from typing import Final

from agent.contract.chain import encode
from agent.contract.repair_counts import OTHER, Repairs
from agent.judge.memory.episodes import Episode, by_class
from agent.model.finding import Finding, Json, Status, utc_text
from agent.model.matters import WELL, counts, matters
from agent.observe.facts.assessed_days import DayAssessed, last_whole_day, rates_json
from agent.observe.facts.facts import Facts
from agent.site.config.site import CameraConfig, Site
from agent.site.declarations.standing import local_day
from agent.version import VERSION
from drivers.details import Host
from masking.model import Confinement

HEALTH_MAX_BYTES: Final = 4096
"""What the payload of a health report may take at a site of 64 cameras."""

AROUND_BODY_BYTES: Final = 956
"""What a payload has besides the body, heads included: members of the chain, longest ids and numbers, digests."""

NOT_PASS_LEAST_BYTES: Final = 400
"""What `not_pass` may take however many cameras there are."""

OTHERS: Final = "others"
"""Stands for the checks of the findings whose groups have no room."""

_WORST_FIRST: Final[tuple[Status, ...]] = ("fail", "unknown", "warn")
_OTHERS_BYTES: Final = 3 * 96  # one such group for each status


def health_body(
    site: Site,
    facts: Facts,
    findings: Sequence[Finding],
    now: datetime,
    queue: Mapping[str, Json],
    restless: Iterable[Episode] = (),
) -> dict[str, Json]:
    """Return the body of this cycle's health report, without the heads that the chain adds.

    `restless` are the flapping open episodes. They and repairs are left out where there are none, and are not split by
    class where space is short.
    """
    online = {f.subject: f.status for f in findings if f.check == "camera-online"}
    prefix = code_prefix(site.cameras)
    body: dict[str, Json] = {
        "division": site.division,
        "next_due_at": utc_text(now + timedelta(seconds=site.period_s)),
        **_log_member(facts),
        "counts": {**counts(findings)},
        "code_prefix": prefix,
        "cameras": _cameras(site.cameras, online, prefix),
        "not_pass": [],
        "queue": queue,
        "host": _host(facts.one("site", Host)),
        "agent": agent_json(facts),
    }
    day = last_whole_day(facts.remembered.assessed, local_day(site, now))
    flapping = Counter(map(by_class, restless))
    room = _bytes_left(body := body | _day_members(day, flapping))
    if room < NOT_PASS_LEAST_BYTES:
        if day is not None and day.repairs:
            day = replace(day, repairs={OTHER: reduce(Repairs.plus, day.repairs.values())})
        room = _bytes_left(body := body | _day_members(day, Counter({OTHER: flapping.total()})))
    if room < NOT_PASS_LEAST_BYTES and day is not None and day.before:
        # What stands beside for some weeks makes room for what does not pass today.
        body |= _day_members(replace(day, before={}), Counter({OTHER: flapping.total()}))
        room = _bytes_left(body)
    return {**body, "not_pass": not_pass(findings, max(room, NOT_PASS_LEAST_BYTES))}


def _log_member(facts: Facts) -> dict[str, Json]:
    """Return how large the hub's log was that the site holds: early in the body, where the hub looks for it."""
    status = facts.delivery.status
    return {"log_size": status.log_size} if status is not None and status.log_size is not None else {}


def agent_json(facts: Facts) -> dict[str, Json]:
    """Return the agent's version, and whether it judges pictures unconfined."""
    worker = facts.one("site", Confinement)
    unconfined: dict[str, Json] = {"unconfined": True} if worker is not None and worker.open_ways else {}
    return {"version": VERSION, **unconfined}


def _day_members(day: DayAssessed | None, flapping: Counter[str]) -> dict[str, Json]:
    told: dict[str, Json] = {"rates": rates_json(day)} if day else {}
    return told | ({"flapping": dict(flapping)} if flapping.total() else {})


def _bytes_left(body: Mapping[str, Json]) -> int:
    """Return the bytes left for `not_pass` in a report of 64 cameras."""
    return HEALTH_MAX_BYTES - AROUND_BODY_BYTES - len(encode(body))


def code_prefix(cameras: Iterable[CameraConfig]) -> str:
    """Return the common prefix of all cameras' codes."""
    codes = [c.camera.code for c in cameras if c.camera.code]
    first, last = min(codes, default=""), max(codes, default="")
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return "".join(digit for digit, _ in same)


def _cameras(cameras: Iterable[CameraConfig], online: Mapping[str, Status], prefix: str) -> dict[str, Json]:
    """Return the cameras by online state, each as id and the rest of its code, null where it has none."""
    rows: dict[str, list[Json]] = {}
    for camera in (c.camera for c in cameras):
        state = online.get(f"camera:{camera.id}", "unknown")
        state = "pass" if state == "warn" else state
        rows.setdefault(state, []).append([camera.id, camera.code[len(prefix) :] if camera.code else None])
    return {**rows}


def not_pass(findings: Iterable[Finding], room_bytes: int) -> list[Json]:
    """Return the matters that are not well by check, status and reason, with as many subjects as fit in `room_bytes`.

    The worst comes first, and what only waits last. `count`: its subjects, without what follows from them. Groups that
    do not fit are summed by status as `others`.
    Subjects are named in turn, one of each group, so that one broken recorder leaves room for others; `more` counts
    those not named.
    """
    open_ = [one.found for one in matters(findings) if one.status not in WELL]
    groups = [_group(found[0].check, found[0].status, found[0].reason, len(found)) for found in open_]
    named = [[one.subject for one in found] for found in open_]
    if _size(groups) > room_bytes:
        groups, named = _merge_groups(groups, named, room_bytes - _OTHERS_BYTES)
    left = room_bytes - _size(groups)
    chosen: list[list[str]] = [[] for _ in groups]
    for turn in range(max(map(len, named), default=0)):
        for index, subjects in enumerate(named):
            cost = len(encode({"": subjects[turn]})) - 4 if turn < len(subjects) else left + 1
            if cost <= left:
                chosen[index].append(subjects[turn])
                left -= cost
    return [_with_subjects(group, subjects) for group, subjects in zip(groups, chosen, strict=True)]


def _merge_groups(
    groups: list[dict[str, Json]], named: list[list[str]], room_bytes: int
) -> tuple[list[dict[str, Json]], list[list[str]]]:
    """Return the first groups that fit, and the rest summed by status without subjects."""
    ends_at = itertools.accumulate((len(encode(group)) + 1 for group in groups), initial=_size([]) - 1)  # each a comma
    fits = sum(1 for end in itertools.islice(ends_at, 1, None) if end <= room_bytes)
    rest: Counter[Json] = Counter()
    for group, subjects in zip(groups[fits:], named[fits:], strict=True):
        rest[group["status"]] += len(subjects)
    others = [_group(OTHERS, status, "", rest[status]) for status in _WORST_FIRST if rest[status]]
    return groups[:fits] + others, named[:fits] + [[] for _ in others]


def _group(check: str, status: Status, reason: str, count: int) -> dict[str, Json]:
    return {"check": check, "status": status, "reason": reason, "count": count, "subjects": [], "more": count}


def _with_subjects(group: dict[str, Json], subjects: list[str]) -> dict[str, Json]:
    count = group["count"]
    assert isinstance(count, int)  # noqa: S101 - built above
    more = count - len(subjects)
    told = {key: value for key, value in group.items() if key != "more"} | {"subjects": subjects}
    return {**told, "more": more} if more else told


def _size(groups: list[dict[str, Json]]) -> int:
    return len(encode({"": groups}))


def _host(host: Host | None) -> dict[str, Json] | None:
    if host is None:
        return None
    names = ("cpu_ratio", "memory_ratio", "disk_free_bytes", "disk_capacity_bytes", "uptime_s")
    measured: dict[str, Json] = {name: getattr(host, name) for name in names}
    return measured if host.temperature_c is None else {**measured, "temperature_c": host.temperature_c}
