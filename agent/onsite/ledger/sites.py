"""Plans sites from the rows of a ledger: their devices, the cameras on them, the logins they need. Pure.

Rows with one address are one device; a recorder's rows are its channels. Ids that the ledger does not give are those of
the site's own file where it knows the camera or device, else they are made. Nothing is decided here about files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from agent.model.finding import Json, Message
from agent.onsite.ledger.columns import BY_KEY, COLUMNS
from agent.onsite.ledger.declared import TABLE
from agent.onsite.ledger.devices import Group, devices, groups, one_value
from agent.onsite.ledger.rows import Entry, Problem
from agent.onsite.ledger.tables import Tables, table_of, tables_of
from agent.site.config.sections import RETENTION_LAW_DAYS


@dataclass(frozen=True, slots=True)
class PlannedCamera:
    """A row as a camera: `table` is its `[[camera]]`; `own_address` is where the camera itself is, as far as known.

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
    """A site as the ledger wants it: tables of site.toml, and the logins that it names with their users."""

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
    """Return the rows with what was said on the command line, wherever they say nothing themselves."""
    return tuple(replace(entry, values={**given, **entry.values}) for entry in entries)


def by_site(entries: Iterable[Entry]) -> tuple[dict[str, tuple[Entry, ...]], list[Problem]]:
    """Return the rows of each site in their order; the empty id stands for a ledger that names none anywhere."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(str(entry.values.get("site_id", "")), []).append(entry)
    nameless = groups.pop("", []) if len(groups) > 1 else []
    said = Message("names no site, and other rows do: fill in its site id")
    problems = [Problem(str(entry.row), entry.row, said) for entry in nameless]
    return {site: tuple(rows) for site, rows in groups.items()}, problems


def plan(entries: Sequence[Entry], existing: Tables) -> SitePlan:
    """Return what one site's rows want.

    Args:
        entries: The rows of one site.
        existing: The site as it is configured, empty for a new one.
    """
    problems: list[Problem] = []
    remarks: list[Message] = []
    site = _site(entries, existing, problems)
    grouped = groups(entries, existing, problems, remarks)
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
                "the ledger names no {key}: add that column, or --set {option}=VALUE",
                {"key": key, "option": key},
            )
            problems.append(Problem("", 0, said))
    return found


def _cameras(groups: Sequence[Group], existing: Tables, problems: list[Problem]) -> list[PlannedCamera]:
    known = tables_of(existing, "camera")
    by_code = {str(camera["code"]): str(camera["id"]) for camera in known if camera.get("code")}
    by_place = {(camera["device"], camera["channel"]): str(camera["id"]) for camera in known}
    floor = int(str(table_of(existing, "policy").get("retention_floor_days", RETENTION_LAW_DAYS)))
    given = {str(e.values["camera_id"]) for g in groups for e in g.entries if "camera_id" in e.values}
    tails = Counter(str(e.values["code"])[-6:] for g in groups for e in g.entries if "code" in e.values)
    numbers = count(1)
    taken = given | {str(camera["id"]) for camera in known}
    cameras: list[PlannedCamera] = []
    firsts: dict[tuple[str, object], Entry] = {}
    for group in groups:
        for entry in group.entries:
            values = entry.values
            channel = values.get("channel", 1 if len(group.entries) == 1 else None)
            if channel is None and "channel" in entry.refused:
                continue  # told already
            if channel is None:
                said = Message("{host} stands in several rows: fill in the channel of each", {"host": group.host})
                problems.append(Problem(entry.where("address"), entry.row, said))
                continue
            marks = [
                ("channel", (group.device, channel)),
                ("code", values.get("code")),
                ("camera_id", values.get("camera_id")),
            ]
            for key, mark in marks:
                first = firsts.setdefault((key, mark), entry)
                if mark is not None and first is not entry:
                    said = Message(
                        "{key} {value} stands in {where} too: each camera has its own",
                        {"key": key, "value": str(values.get(key, channel)), "where": first.where(key)},
                    )
                    problems.append(Problem(entry.where(key), entry.row, said))
            days = values.get("retention_days", 0)
            if isinstance(days, int) and 0 < days < floor:
                said = Message(
                    "{days} days are below the floor of {floor} days (State Council Order 799, article 17): raise it, "
                    "or leave it empty",
                    {"days": days, "floor": floor},
                )
                problems.append(Problem(entry.where("retention_days"), entry.row, said))
            id_ = str(values.get("camera_id", "")) or by_code.get(str(values.get("code", "")), "")
            id_ = id_ or by_place.get((group.device, channel), "") or _new_camera(values, tails, taken, numbers)
            taken.add(id_)
            table: dict[str, Json] = {"id": id_, "device": group.device, "channel": channel}
            table |= {c.option: values[c.key] for c in COLUMNS if c.table == "camera" and c.key in values}
            if days and "recorded" not in values:
                table["recorded"] = True
            own = values.get("address", "") if group.recorder or len(group.entries) == 1 else ""
            cameras.append(PlannedCamera(entry, {**table, "id": id_}, str(own), _declared(values)))
    return cameras


def _declared(values: Mapping[str, Json]) -> dict[str, Json]:
    found = {c.option: values[c.key] for c in COLUMNS if c.table == TABLE and c.key in values}
    if "longitude" in values and "latitude" in values:
        found.setdefault("position", f"{values['longitude']}, {values['latitude']}")
    return found


def _new_camera(values: Mapping[str, Json], tails: Mapping[str, int], taken: set[str], numbers: Iterator[int]) -> str:
    """Return an id for a camera that has none: by the serial digits of its code, so that it stays where rows move."""
    code = str(values.get("code", ""))
    tail = f"cam-{code[-6:]}"
    if code and tails[code[-6:]] == 1 and tail not in taken:
        return tail
    if code and code not in taken:
        return code
    return next(id_ for number in numbers if (id_ := f"cam-{number}") not in taken)
