"""Stores endpoints of other systems, how they answer, and the messages that wait for them. Decides nothing."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Final

from agent.contract.chain import utc_text
from agent.hub.domain.rows.webhooks import Delivery, Happening, Hook, LateRepair, Progress, Waiting
from agent.hub.domain.scope import Scope, SitePlace
from agent.hub.stores.database import ALL, Database
from agent.hub.stores.reading.scoped import DIVISIONS
from agent.hub.stores.telling.happened import row_of
from agent.hub.stores.telling.tables import HAPPENED, IS_THERE, TABLES

_HOOK: Final = tuple(field.name for field in fields(Hook))
_PROGRESS: Final = tuple(field.name for field in fields(Progress))
_DELIVERY: Final = tuple(field.name for field in fields(Delivery))
_STATE: Final = "INSERT INTO webhook_state VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET since = excluded.since"
_LOOKED: Final = ""
"""The name of the state that says that somebody has looked."""


def keep(store: Database, hook: Hook) -> None:
    """Store an endpoint, new or changed; how it answers stays as it was."""
    values = {**asdict(hook), "kinds": json.dumps(hook.kinds), "scope": json.dumps(asdict(hook.scope))}
    changed = ", ".join(f"{name} = excluded.{name}" for name in _HOOK if name != "name")
    with store.transaction():
        for statement in () if store.all(IS_THERE) else TABLES:
            store.run(statement)
        store.run(
            f"INSERT INTO webhook ({', '.join(_HOOK)}) VALUES ({', '.join('?' * len(_HOOK))})"  # noqa: S608  our own
            f" ON CONFLICT (name) DO UPDATE SET {changed}",
            *(values[name] for name in _HOOK),
        )


def remove(store: Database, name: str) -> None:
    """Delete an endpoint, and what waits for it."""
    with store.transaction():
        store.run("DELETE FROM webhook_delivery WHERE hook = ?", name)
        store.run("DELETE FROM webhook WHERE name = ?", name)


def listed(store: Database) -> list[Hook]:
    """Return all endpoints, by name."""
    if not store.all(IS_THERE):
        return []
    return [_hook(dict(zip(_HOOK, row, strict=True))) for row in _rows(store, _HOOK)]


def progress(store: Database, name: str) -> Progress:
    """Return how an endpoint answers; one that has not been tried: as it is made."""
    rows = _rows(store, _PROGRESS, "WHERE name = ?", name)
    return Progress(**dict(zip(_PROGRESS, rows[0], strict=True))) if rows else Progress()


def keep_progress(store: Database, name: str, progress: Progress) -> None:
    """Store how an endpoint answers."""
    marks = ", ".join(f"{column} = ?" for column in _PROGRESS)
    store.run(f"UPDATE webhook SET {marks} WHERE name = ?", *asdict(progress).values(), name)  # noqa: S608


def note(store: Database, happening: Happening) -> None:
    """Store what happened, once by its id as long as it waits."""
    store.run(HAPPENED, *row_of(happening))


def happened(store: Database, most: int) -> list[Happening]:
    """Return what happened and no message was made of yet, oldest first, at most so much."""
    rows = store.all("SELECT no, id, kind, at, place, told FROM webhook_happened ORDER BY no LIMIT ?", most)
    found = []
    for no, id, kind, at, place, told in rows:
        divisions, operator, maintainers = json.loads(place)
        where = SitePlace(tuple(divisions), operator, tuple(maintainers))
        found.append(Happening(id=id, kind=kind, at=at, place=where, told=json.loads(told), no=no))
    return found


def forget(store: Database, up_to: int) -> None:
    """Delete what happened, up to a number."""
    store.run("DELETE FROM webhook_happened WHERE no <= ?", up_to)


def next_number(store: Database, name: str) -> int:
    """Return the number of the next message of an endpoint; each is given once."""
    ((number,),) = store.all("UPDATE webhook SET next_no = next_no + 1 WHERE name = ? RETURNING next_no - 1", name)
    return int(number)


def queue(store: Database, delivery: Delivery) -> None:
    """Store a message that waits, new or tried."""
    store.run(
        "INSERT INTO webhook_delivery VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (hook, no) DO UPDATE SET id ="
        " excluded.id, body = excluded.body, made_at = excluded.made_at, next_at = excluded.next_at,"
        " tries = excluded.tries",
        *asdict(delivery).values(),
    )


def drop(store: Database, name: str, no: int) -> None:
    """Delete a message."""
    store.run("DELETE FROM webhook_delivery WHERE hook = ? AND no = ?", name, no)


def due(store: Database, name: str, now: datetime) -> Delivery | None:
    """Return the first message of an endpoint that may be tried now."""
    rows = store.all(
        f"SELECT {', '.join(_DELIVERY)} FROM webhook_delivery WHERE hook = ? AND next_at <= ? ORDER BY no LIMIT 1",  # noqa: S608
        *(name, utc_text(now)),
    )
    return Delivery(**dict(zip(_DELIVERY, rows[0], strict=True))) if rows else None


def waiting(store: Database, name: str) -> Waiting:
    """Return how much waits for an endpoint."""
    rows = store.all("SELECT count(*), coalesce(min(made_at), '') FROM webhook_delivery WHERE hook = ?", name)
    return Waiting(*rows[0])


def oldest(store: Database, name: str, spare: int) -> list[int]:
    """Return the numbers of the oldest waiting messages of an endpoint but for the `spare` newest."""
    rows = store.all(
        "SELECT no FROM webhook_delivery WHERE hook = ? ORDER BY no DESC LIMIT ? OFFSET ?", *(name, ALL, spare)
    )
    return [no for (no,) in rows]


def states(store: Database) -> Mapping[str, str] | None:
    """Return what was so when it was last looked, and since when; None: nobody has looked yet."""
    found = dict(store.all("SELECT name, since FROM webhook_state"))
    return {name: since for name, since in found.items() if name != _LOOKED} if _LOOKED in found else None


def keep_states(store: Database, begun: Mapping[str, str], over: Collection[str]) -> None:
    """Store what has begun to be so, and that other things are over; from now on somebody has looked."""
    for name, since in {_LOOKED: "", **begun}.items():
        store.run(_STATE, name, since)
    for name in over:
        store.run("DELETE FROM webhook_state WHERE name = ?", name)


def forget_states(store: Database) -> None:
    """Delete what was so: nobody looks any more."""
    store.run("DELETE FROM webhook_state")


def late_repairs(store: Database, today: str) -> list[LateRepair]:
    """Return the open findings whose repair was due before a day."""
    rows = store.all(
        "SELECT w.site, w.check_id, w.subject, w.assignee, w.until, coalesce(o.name, ''), f.maintainer"
        " FROM word w JOIN finding_now f ON (f.site, f.check_id, f.subject) = (w.site, w.check_id, w.subject)"
        " LEFT JOIN operator o ON o.site = w.site"
        " WHERE w.ended_at = '' AND w.kind = 'assigned' AND w.assignee <> '' AND w.until < ?"
        " ORDER BY w.site, w.check_id, w.subject",
        today,
    )
    found = []
    for site, check, subject, assignee, until, operator, maintainer in rows:
        divisions = tuple(division for (division,) in store.all(DIVISIONS, site))
        whose = tuple(name for name in (maintainer, assignee) if name)
        found.append(LateRepair(site, check, subject, assignee, until, SitePlace(divisions, operator, whose)))
    return found


def _rows(store: Database, columns: tuple[str, ...], where: str = "ORDER BY name", *values: str) -> list[Any]:
    return store.all(f"SELECT {', '.join(columns)} FROM webhook {where}", *values)  # noqa: S608  our own columns


def _hook(row: dict[str, Any]) -> Hook:
    scope = json.loads(row["scope"])
    bound = {name: tuple(scope[name]) for name in ("divisions", "operators", "maintainers")}
    known = {
        "kinds": tuple(json.loads(row["kinds"])),
        "scope": Scope(**bound, everything=bool(scope["everything"])),
        "is_private": bool(row["is_private"]),
    }
    return Hook(**{**row, **known})
