"""Groups rows of a ledger by device, with its id and the login it needs. Pure.

Rows with one address are one device; a recorder's rows are its channels.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

from agent.model.finding import Json, Message
from agent.onsite.ledger.columns import COLUMNS
from agent.onsite.ledger.files.grid import half_width
from agent.onsite.ledger.rows import Entry, Problem
from agent.onsite.ledger.tables import Tables, tables_of
from agent.onsite.ledger.values import driver_of
from agent.site.config.devices import DEFAULT_PORT, DEFAULT_TLS_PORT, NAME

MAKERS_PORTS: Final = {8000: "Hikvision SDK", 37777: "Dahua SDK", 37778: "Dahua SDK", 34567: "XMEye", 554: "RTSP"}
"""Ports that ledgers name, and that no web service answers on."""
CREDENTIAL: Final = "cameras"
USER: Final = "camwarden"


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one device: its id, `host` and `port` of its service; `recorder`: it has that column."""

    device: str
    host: str
    port: int
    recorder: bool
    entries: tuple[Entry, ...]


def groups(entries: Sequence[Entry], existing: Tables, problems: list[Problem], remarks: list[Message]) -> list[Group]:
    """Group rows that are read through one device; rows without an address become problems."""
    known = {(str(d["host"]).lower(), int(str(d["port"]))): str(d["id"]) for d in tables_of(existing, "device")}
    at = {str(d["id"]): (str(d["host"]), int(str(d["port"]))) for d in tables_of(existing, "device")}
    places = {entry.row: _place(entry, list(known), remarks) for entry in entries}
    named = {places[e.row]: str(e.values["device_id"]) for e in entries if "device_id" in e.values and places[e.row][0]}
    at_new_port = _at_new_port(places.values(), known)
    found: dict[str, list[Entry]] = {}
    where: dict[str, tuple[str, int]] = {}
    for entry in entries:
        host, port = places[entry.row]
        id_ = str(entry.values.get("device_id", ""))
        id_ = id_ or named.get((host, port)) or known.get((host.lower(), port)) or at_new_port.get(host.lower(), "")
        if not host and id_ not in at and id_ not in named.values():
            if entry.refused & {"address", "recorder_address", "device_id"}:
                continue  # told already
            said = Message("has no address: fill in its IP地址, or 录像机IP and 通道号 of its recorder")
            problems.append(Problem(entry.where("name"), entry.row, said))
            continue
        key = id_ or f"{host}:{port}"
        if host and where.setdefault(key, (host, port)) != (host, port):
            said = Message(
                "device {device} is at {host} port {port} in another row: one device has one address",
                {"device": key, "host": where[key][0], "port": where[key][1]},
            )
            problems.append(Problem(entry.where("device_id"), entry.row, said))
            continue
        found.setdefault(key, []).append(entry)
    taken = {*at, *named.values()}
    numbers = {stem: count(1) for stem in ("nvr", "device")}
    reads = {entry.row: str(camera["device"]) for entry, camera in known_cameras(entries, existing)}
    together = []
    for key, rows in found.items():
        host, port = where.get(key) or at[key]
        recorder = any("recorder_address" in row.values for row in rows)
        id_ = key if key in taken else _moved(rows, reads, {*found, *named.values()})
        id_ = (
            id_
            or (_by_its_name(rows, taken) if recorder else "")
            or _new_device(recorder or len(rows) > 1, taken, numbers)
        )
        taken.add(id_)
        together.append(Group(id_, host, port, recorder, tuple(rows)))
    return together


def _place(entry: Entry, known: Sequence[tuple[str, int]], remarks: list[Message]) -> tuple[str, int]:
    """Return the address and port that a row is read at; an empty address where it names none.

    Without a port it is the one that the site's file has for the address, else the usual one.
    """
    values = entry.values
    recorder = "recorder_address" in values
    host = str(values.get("recorder_address" if recorder else "address", ""))
    there = [port for name, port in known if name == host.lower()]
    usual = DEFAULT_TLS_PORT if values.get("tls") else DEFAULT_PORT
    default = there[0] if len(there) == 1 else usual
    port = values.get("recorder_port" if recorder else "http_port")
    if port is None and not recorder and (port := values.get("any_port")) in MAKERS_PORTS:
        said = Message(
            "port {port} ({what}) is not that of a web service and was not taken: {default} is used; a column "
            "HTTP端口 is taken as it is",
            {"port": int(str(port)), "what": MAKERS_PORTS[int(str(port))], "default": default},
        )
        remarks.append(said)
        port = None
    return host, int(str(default if port is None else port))


def _at_new_port(places: Iterable[tuple[str, int]], known: Mapping[tuple[str, int], str]) -> dict[str, str]:
    """Return, by address, the device of the file whose port alone has changed: one there, and one in the rows."""
    ports: dict[str, set[int]] = {}
    for host, port in places:
        ports.setdefault(host.lower(), set()).add(port)
    there: dict[str, list[str]] = {}
    for (host, _), id_ in known.items():
        there.setdefault(host, []).append(id_)
    return {host: ids[0] for host, ids in there.items() if len(ids) == 1 and len(ports.get(host, ())) == 1}


def known_cameras(entries: Sequence[Entry], site: Tables) -> list[tuple[Entry, Mapping[str, Json]]]:
    """Return the rows whose cameras the site's file knows, each with its table there.

    A row is known by its id, else by its code, else by a name that is there once in the rows and once in the file, and
    not where the two have different codes.
    """
    cameras = tables_of(site, "camera")
    by_id, by_code = ({str(one[key]): one for one in cameras if one.get(key)} for key in ("id", "code"))
    times = Counter(str(one.get("name", "")) for one in cameras)
    rows = Counter(str(entry.values.get("name", "")) for entry in entries)
    by_name = {str(one["name"]): one for one in cameras if one.get("name") and times[str(one["name"])] == 1}
    found = []
    for entry in entries:
        id_, code, name = (str(entry.values.get(key, "")) for key in ("camera_id", "code", "name"))
        camera = by_id.get(id_) or by_code.get(code)
        if camera is None and not id_ and rows[name] == 1:
            named = by_name.get(name)
            camera = None if named and code and named.get("code", code) != code else named
        if camera is not None:
            found.append((entry, camera))
    return found


def _moved(rows: Sequence[Entry], reads: Mapping[int, str], elsewhere: Collection[str]) -> str:
    """Return the device that has moved to a new address, empty where that cannot be decided.

    All known cameras of these rows are read through it, and no other row names it. `reads` has the device of a known
    camera by its row.
    """
    devices_known = {reads[row.row] for row in rows if row.row in reads} - set(elsewhere)
    return devices_known.pop() if len(devices_known) == 1 else ""


def _by_its_name(rows: Sequence[Entry], taken: Collection[str]) -> str:
    """Return what people call the recorder of these rows where that can be an id, empty otherwise."""
    names = [half_width(str(row.values.get("recorder", ""))) for row in rows]
    name = names[0] if len({same_name(one) for one in names}) == 1 else ""
    return name if re.fullmatch(NAME, name) and name not in taken else ""


def same_name(name: str) -> str:
    """Return a recorder's name as it is compared: nvr 1 and NVR1 are one."""
    return re.sub(r"\s+", "", half_width(name)).casefold()


def _new_device(is_recorder: bool, taken: set[str], numbers: Mapping[str, Iterator[int]]) -> str:
    stem = "nvr" if is_recorder else "device"
    return next(id_ for number in numbers[stem] if (id_ := f"{stem}-{number}") not in taken)


def devices(
    found: Sequence[Group], existing: Tables, problems: list[Problem]
) -> tuple[list[Mapping[str, Json]], dict[str, str]]:
    """Build the `[[device]]` tables, and the user of each login that they name; contradictions become problems."""
    known = {str(device["id"]): device for device in tables_of(existing, "device")}
    users = list(dict.fromkeys(str(e.values["user"]) for g in found for e in g.entries if "user" in e.values))
    logins: dict[str, str] = {}
    boxes: list[Mapping[str, Json]] = []
    for group in found:
        table: dict[str, Json] = {"id": group.device, "host": group.host, "port": group.port}
        for column in COLUMNS:
            if column.table == "device" and column.option not in table:
                value = one_value(group.entries, column.key, problems)
                if value is not None:
                    table[column.option] = value
        maker = "recorder_maker" if group.recorder else "maker"
        makers = {driver_of(str(entry.values[maker])) for entry in group.entries if maker in entry.values}
        if "driver" not in table and len(makers) == 1 and makers != {""}:
            table["driver"] = makers.pop()
        user = str(one_value(group.entries, "user", problems) or "")
        named = str(table.get("credential") or known.get(group.device, {}).get("credential") or "")
        table["credential"] = named or _credential(user, users)
        logins.setdefault(str(table["credential"]), user or USER)
        boxes.append(table)
    return boxes, logins


def _credential(user: str, users: list[str]) -> str:
    """Return the name of a login: one for each user that the ledger names."""
    if len(users) < 2 or not user:
        return CREDENTIAL
    words = [re.sub(r"[^0-9A-Za-z]+", "-", one).strip("-")[:32] for one in users]
    number = users.index(user)
    is_plain = words[number] and words.count(words[number]) == 1
    return f"{CREDENTIAL}-{words[number] if is_plain else number + 1}"


def one_value(entries: Iterable[Entry], key: str, problems: list[Problem]) -> Json:
    """Return the value that rows of one site or device agree on, None where none of them has it."""
    first: Entry | None = None
    for entry in entries:
        if key not in entry.values:
            continue
        if first is None:
            first = entry
        elif entry.values[key] != first.values[key]:
            said = Message(
                "{key} differs from {where}, and both belong to one site or device: correct one of them",
                {"key": key, "where": first.where(key)},
            )
            problems.append(Problem(entry.where(key), entry.row, said))
    return first.values[key] if first else None
