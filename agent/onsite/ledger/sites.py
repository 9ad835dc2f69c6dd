"""Plans sites from the rows of a ledger: their devices, the cameras on them, the logins they need. Pure.

Rows with one address are one device; a recorder's rows are its channels. Ids that the ledger does not give are those of
the site's own file where it knows the camera or device, else they are made. Files are decided elsewhere.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final

from agent.model.finding import Json, Message, first_of
from agent.onsite.ledger.columns import BY_KEY, COLUMNS
from agent.onsite.ledger.declared import TABLE
from agent.onsite.ledger.devices import Group, devices, groups, known_cameras, one_value
from agent.onsite.ledger.recorders import grouped_by_name, no_address
from agent.onsite.ledger.rows import Entry, Problem
from agent.onsite.ledger.tables import Tables, table_of, tables_of
from agent.site.config.limits import RETENTION_LAW_DAYS

SHOWN_MAX: Final = 6
SEVERAL_MIN: Final = 2
"""So many rows that differ in what their site has are rows of another site; one alone is a slip."""
CLAIMED_MIN: Final = 10
"""So many rows in places that others have are several sites with one plan of addresses, rather than slips."""


@dataclass(frozen=True, slots=True)
class PlannedCamera:
    """A row as a camera: `table` is its `[[camera]]`; `own_address` is the camera's own, as far as known.

    `declared` are answers by duty.
    """

    entry: Entry = field(repr=False)
    table: Mapping[str, Json]
    own_address: str
    declared: Mapping[str, Json] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The camera's id."""
        return str(self.table["id"])


@dataclass(frozen=True, slots=True)
class SitePlan:
    """A site by its ledger: tables of site.toml, and the logins that it names with their users."""

    site: Mapping[str, Json]
    hub_host: str
    devices: tuple[Mapping[str, Json], ...]
    cameras: tuple[PlannedCamera, ...]
    logins: Mapping[str, str]
    problems: tuple[Problem, ...] = ()
    remarks: tuple[Message, ...] = ()

    @property
    def id(self) -> str:
        """The site's id; empty where nothing names one."""
        return str(self.site.get("id", ""))


def with_given(entries: Iterable[Entry], given: Mapping[str, Json]) -> tuple[Entry, ...]:
    """Fill empty cells with the values of the command line."""
    return tuple(replace(entry, values={**given, **entry.values}) for entry in entries)


def by_site(entries: Iterable[Entry]) -> tuple[dict[str, tuple[Entry, ...]], list[Problem]]:
    """Group the rows by site, in their order; the empty id is that of a ledger that names none anywhere."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(str(entry.values.get("site_id", "")), []).append(entry)
    nameless = groups.pop("", []) if len(groups) > 1 else []
    said = Message("names no site, and other rows do: fill in its site id")
    problems = [Problem(str(entry.row), entry.row, said) for entry in nameless]
    return {site: tuple(rows) for site, rows in groups.items()}, problems


def plan(entries: Sequence[Entry], existing: Tables) -> SitePlan:
    """Plan one site from its rows; `existing` is the site as configured, empty for a new one."""
    if several := _several_sites(entries):
        return SitePlan({}, "", (), (), {}, (several,))
    problems: list[Problem] = []
    remarks: list[Message] = []
    site = _site(entries, existing, problems)
    named = grouped_by_name(entries, existing)
    remarks += named.remarks
    problems += [no_address(recorder) for recorder in named.unknown]
    grouped = groups(named.entries, existing, problems, remarks)
    boxes, logins = devices(grouped, existing, problems)
    cameras = _cameras(grouped, existing, problems)
    hub = one_value(entries, "hub_host", problems)
    order = {entry.row: number for number, entry in enumerate(entries)}
    cameras.sort(key=lambda camera: order[camera.entry.row])
    problems.sort(key=lambda problem: problem.row)
    return SitePlan(
        site,
        str(hub or ""),
        tuple(boxes),
        tuple(cameras),
        logins,
        tuple(problems),
        tuple({str(one): one for one in remarks}.values()),
    )


def _site(entries: Sequence[Entry], existing: Tables, problems: list[Problem]) -> dict[str, Json]:
    known = table_of(existing, "site")
    found: dict[str, Json] = {}
    for column in COLUMNS:
        if column.table == "site":
            value = one_value(entries, column.key, problems)
            value = known.get(column.option) if value is None else value
            if value not in (None, ""):
                found[column.option] = value
    if "division" not in found:
        # The first six digits of a code are the division. Source: GB/T 28181-2016 annex D.
        prefixes = {str(entry.values["code"])[:6] for entry in entries if "code" in entry.values}
        if len(prefixes) == 1:
            found["division"] = prefixes.pop()
    for key in ("site_id", "city", "division"):
        if BY_KEY[key].option not in found:
            said = Message(
                "the ledger names no {key}: add that column, or --set {option}=VALUE", {"key": key, "option": key}
            )
            problems.append(Problem("", 0, said))
    return found


def _several_sites(entries: Sequence[Entry]) -> Problem | None:
    """Return the one mistake of a ledger in whose rows a value of the site differs again and again."""
    for column in COLUMNS:
        if column.table != "site":
            continue
        rows = Counter(str(entry.values[column.key]) for entry in entries if column.key in entry.values)
        if len(rows) < 2 or rows.total() - rows[next(iter(rows))] < SEVERAL_MIN:
            continue
        named = first_of([f"{value} ({count})" for value, count in rows.items()], SHOWN_MAX)
        said = Message(
            "the rows are of {count} sites by {key}: {values}; give each row its 站点编号 and take all with camwarden "
            'ledger render, or take one with ledger import --where "{option}=VALUE"',
            {
                "key": column.key,
                "count": len(rows),
                "values": named,
                "option": column.key,
            },
        )
        return Problem("", 0, said)
    return None


def _without_a_site_column(entries: Sequence[Entry], problems: list[Problem]) -> list[Problem]:
    """Return one mistake in place of many rows that claim the same places, where no row names its site."""
    if len(problems) < CLAIMED_MIN or any("site_id" in entry.cells for entry in entries):
        return problems
    said = Message(
        "{count} rows have an address and channel that an earlier row has, the first in {where}: if these are several "
        "sites, add a column 站点编号 and take all with camwarden ledger render; else correct addresses and channels",
        {"count": len(problems), "where": problems[0].where},
    )
    return [Problem("", 0, said)]


def _cameras(groups: Sequence[Group], existing: Tables, problems: list[Problem]) -> list[PlannedCamera]:
    """Return a camera for each row that has a channel; contradictions between rows become problems."""
    floor = int(str(table_of(existing, "policy").get("retention_floor_days", RETENTION_LAW_DAYS)))
    ids = _Ids(groups, existing)
    cameras: list[PlannedCamera] = []
    firsts: dict[tuple[str, object], Entry] = {}
    claimed: list[Problem] = []
    for group in groups:
        for entry in group.entries:
            channel = entry.values.get("channel", 1 if len(group.entries) == 1 else None)
            if channel is None:
                claimed += _no_channel(group, entry)
                continue
            claimed += _stands_twice(group, entry, channel, firsts)
            problems += _too_short(entry, floor)
            cameras.append(_camera(group, entry, ids.of(group.device, channel, entry), channel))
    problems += _without_a_site_column([entry for group in groups for entry in group.entries], claimed)
    return cameras


def _camera(group: Group, entry: Entry, id_: str, channel: Json) -> PlannedCamera:
    values = entry.values
    table: dict[str, Json] = {"id": id_, "device": group.device, "channel": channel}
    table |= {c.option: values[c.key] for c in COLUMNS if c.table == "camera" and c.key in values}
    if values.get("retention_days") and "recorded" not in values:
        table["recorded"] = True
    own = values.get("address", "") if group.recorder or len(group.entries) == 1 else ""
    return PlannedCamera(entry, {**table, "id": id_}, str(own), _declared(values))


def _no_channel(group: Group, entry: Entry) -> list[Problem]:
    if "channel" in entry.refused:
        return []  # told already
    said = Message("{host} stands in several rows: fill in the channel of each", {"host": group.host})
    return [Problem(entry.where("address"), entry.row, said)]


def _stands_twice(
    group: Group, entry: Entry, channel: Json, firsts: dict[tuple[str, object], Entry]
) -> Iterator[Problem]:
    """Yield what a row claims that an earlier row has claimed; `firsts` holds the claims."""
    marks = {
        "channel": (group.device, channel),
        "code": entry.values.get("code"),
        "camera_id": entry.values.get("camera_id"),
    }
    for key, mark in marks.items():
        first = firsts.setdefault((key, mark), entry)
        if mark is not None and first is not entry:
            said = Message(
                "{key} {value} stands in {where} too: each camera has its own",
                {"key": key, "value": str(entry.values.get(key, channel)), "where": first.where(key)},
            )
            yield Problem(entry.where(key), entry.row, said)


def _too_short(entry: Entry, floor: int) -> Iterator[Problem]:
    days = entry.values.get("retention_days", 0)
    if isinstance(days, int) and 0 < days < floor:
        said = Message(
            "{days} days are below the floor of {floor} days (State Council Order 799, article 17): raise it, "
            "or leave it empty",
            {"days": days, "floor": floor},
        )
        yield Problem(entry.where("retention_days"), entry.row, said)


def _declared(values: Mapping[str, Json]) -> dict[str, Json]:
    found = {c.option: values[c.key] for c in COLUMNS if c.table == TABLE and c.key in values}
    if "longitude" in values and "latitude" in values:
        found.setdefault("position", f"{values['longitude']}, {values['latitude']}")
    return found


class _Ids:
    """Assigns ids to cameras row by row: the ledger's, that of the site's own file, or a new one.

    The file knows a camera by its id or code, then by its device and channel, then by its name; none twice.
    """

    def __init__(self, groups: Sequence[Group], site: Tables) -> None:
        rows = [entry for group in groups for entry in group.entries]
        known = tables_of(site, "camera")
        self._found = {entry.row: camera for entry, camera in known_cameras(rows, site)}
        self._by_place = {(camera["device"], camera["channel"]): str(camera["id"]) for camera in known}
        self._tails = Counter(str(entry.values["code"])[-6:] for entry in rows if "code" in entry.values)
        self._taken = {str(entry.values["camera_id"]) for entry in rows if "camera_id" in entry.values}
        self._taken |= {str(camera["id"]) for camera in known}
        self._given = {str(entry.values["camera_id"]) for entry in rows if "camera_id" in entry.values}
        self._given |= {
            str(camera["id"]) for row in rows if (camera := self._found.get(row.row)) and _is_sure(row, camera)
        }
        placed = {(group.device, entry.values.get("channel", 1)) for group in groups for entry in group.entries}
        self._places = {id_ for place, id_ in self._by_place.items() if place in placed}
        self._numbers = count(1)

    def of(self, device: str, channel: Json, entry: Entry) -> str:
        """Return the id of a row's camera; it is taken from then on."""
        camera = self._found.get(entry.row)
        id_ = str(entry.values.get("camera_id", ""))
        if not id_ and camera is not None and _is_sure(entry, camera):
            id_ = str(camera["id"])
        if not id_:
            there = [self._by_place.get((device, channel), "")]
            there += [str(camera["id"])] if camera is not None and camera["id"] not in self._places else []
            id_ = next((one for one in there if one and one not in self._given), "") or self._new(entry.values)
            self._given.add(id_)
        self._taken.add(id_)
        return id_

    def _new(self, values: Mapping[str, Json]) -> str:
        """Return an id for a camera without one: by the digits at the end of its code, so that it stays."""
        code = str(values.get("code", ""))
        tail = f"cam-{code[-6:]}"
        if code and self._tails[code[-6:]] == 1 and tail not in self._taken:
            return tail
        if code and code not in self._taken:
            return code
        return next(id_ for number in self._numbers if (id_ := f"cam-{number}") not in self._taken)


def _is_sure(entry: Entry, camera: Mapping[str, Json]) -> bool:
    """Return whether a row names a camera of the file by its id or code, not only by its name."""
    return any(
        entry.values.get(key) == camera.get(option, "") for key, option in (("camera_id", "id"), ("code", "code"))
    )
