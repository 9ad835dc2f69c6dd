"""Stores which version of the agent is on its way to which sites, and by whose order. Decides nothing.

The tables are made when the first upgrade is ordered, so that a hub that never orders one has none of them. All writes
are within the caller's transaction.

upgrade: `state` is `running`, `stopped`, `done` or `replaced`; `why` and the numbers say why it stopped, or what it
waits for. `wave` is 0 before the first one. upgrade_site: `step` is `outside`, `to-name`, `named`, `runs`, `refused`
or `to-take-back`; `silent` and `bad` (findings that fail or cannot be judged) are as the last
wave began.
"""

from datetime import datetime, timedelta
from typing import Final

from agent.contract.chain import utc_text
from agent.hub.domain.rows.upgrades import Scope, State, Step, Upgrade, UpgradeSite
from agent.hub.domain.scope import below
from agent.hub.stores.database import Database

_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS upgrade ("
    "id INTEGER PRIMARY KEY, version TEXT NOT NULL, scope TEXT NOT NULL, name TEXT NOT NULL, soak_s INTEGER NOT NULL,"
    " state TEXT NOT NULL, wave INTEGER NOT NULL DEFAULT 0, wave_at TEXT NOT NULL DEFAULT '',"
    " why TEXT NOT NULL DEFAULT '', number INTEGER NOT NULL DEFAULT 0, among INTEGER NOT NULL DEFAULT 0,"
    " others_number INTEGER NOT NULL DEFAULT 0, others INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE IF NOT EXISTS upgrade_site ("
    "upgrade INTEGER NOT NULL, site TEXT NOT NULL, wave INTEGER NOT NULL DEFAULT 0, step TEXT NOT NULL,"
    " policy INTEGER NOT NULL DEFAULT 0, named_at TEXT NOT NULL DEFAULT '', runs_at TEXT NOT NULL DEFAULT '',"
    " refused TEXT NOT NULL DEFAULT '', tried INTEGER NOT NULL DEFAULT 0, excused INTEGER NOT NULL DEFAULT 0,"
    " silent INTEGER NOT NULL, bad INTEGER NOT NULL, PRIMARY KEY (upgrade, site)) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS upgrade_site_step ON upgrade_site (upgrade, step)",
    "CREATE TABLE IF NOT EXISTS upgrade_word ("
    "id INTEGER PRIMARY KEY, upgrade INTEGER NOT NULL, at TEXT NOT NULL, act TEXT NOT NULL,"
    " said_by TEXT NOT NULL, why TEXT NOT NULL)",
)
_IS_THERE: Final = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'upgrade_word'"


def begin(store: Database, version: str, scope: Scope, name: str, soak: timedelta) -> int:
    """Store a new upgrade that runs; one that was stopped is replaced. Return its number."""
    for statement in () if store.all(_IS_THERE) else _TABLES:
        store.run(statement)
    store.run("UPDATE upgrade SET state = 'replaced' WHERE state = 'stopped'")
    store.run(
        "INSERT INTO upgrade (version, scope, name, soak_s, state) VALUES (?, ?, ?, ?, 'running')",
        *(version, scope, name, int(soak.total_seconds())),
    )
    ((number,),) = store.all("SELECT max(id) FROM upgrade")
    return int(number)


def newest(store: Database) -> Upgrade | None:
    """Return the newest upgrade; None where there was none."""
    if not store.all(_IS_THERE):
        return None
    rows = store.all(
        "SELECT id, version, scope, name, soak_s, state, wave, wave_at, why, number, among, others_number, others"
        " FROM upgrade ORDER BY id DESC LIMIT 1"
    )
    if not rows:
        return None
    names = (
        *("id", "version", "scope", "name", "soak", "state", "wave", "wave_at"),
        *("why", "number", "among", "others_number", "others"),
    )
    values = dict(zip(names, rows[0], strict=True))
    return Upgrade(**{**values, "soak": timedelta(seconds=values["soak"])})


def keep_state(store: Database, upgrade: int, state: State) -> None:
    """Store whether an upgrade runs."""
    store.run("UPDATE upgrade SET state = ? WHERE id = ?", state, upgrade)


def keep_verdict(store: Database, upgrade: int, why: str, numbers: tuple[int, int, int, int]) -> None:
    """Store why an upgrade stopped, or what it waits for: how many of the named sites, and of the others."""
    store.run(
        "UPDATE upgrade SET why = ?, number = ?, among = ?, others_number = ?, others = ? WHERE id = ?",
        *(why, *numbers, upgrade),
    )


def keep_word(store: Database, upgrade: int, act: str, by: str, why: str, now: datetime) -> None:
    """Store what a person, or the hub itself (`by` empty), did."""
    store.run(
        "INSERT INTO upgrade_word (upgrade, at, act, said_by, why) VALUES (?, ?, ?, ?, ?)",
        upgrade,
        utc_text(now),
        act,
        by,
        why,
    )


def words(store: Database, upgrade: int) -> list[tuple[str, str, str, str]]:
    """Return time, act, author and reason of what was done, oldest first."""
    return store.all("SELECT at, act, said_by, why FROM upgrade_word WHERE upgrade = ? ORDER BY id", upgrade)


def members(store: Database, scope: Scope, name: str) -> list[str]:
    """Return the sites of a group as they are now: all, of a division and below it, or of an operator; by name.

    Not those whose reports are carried here as files: no order reaches them.
    """
    if scope == "division":
        low, high = below(name)
        rows = store.all(
            "SELECT site FROM site JOIN site_division USING (site)"
            " WHERE confirm <> 'file' AND standing = 'main' AND division >= ? AND division < ? ORDER BY site",
            *(low, high),
        )
    elif scope == "operator":
        rows = store.all(
            "SELECT site FROM site JOIN operator USING (site) WHERE confirm <> 'file' AND name = ? ORDER BY site", name
        )
    else:
        rows = store.all("SELECT site FROM site WHERE confirm <> 'file' ORDER BY site")
    return [site for (site,) in rows]


def bad_counts(store: Database, before: datetime, now: datetime) -> dict[str, int]:
    """Return how many findings of each site have failed, or could not be judged, since before a time; none: left out.

    A version that judges nothing any more fails at nothing either. What a site with a wrong clock has found in the
    future counts as well.
    """
    rows = store.all(
        "SELECT site, count(*) FROM finding_now WHERE status IN ('fail', 'unknown') AND (since <= ? OR since > ?)"
        " GROUP BY site",
        *(utc_text(before), utc_text(now)),
    )
    return dict(rows)


def sites(store: Database, upgrade: int) -> list[UpgradeSite]:
    """Return how far an upgrade is at each site that was known when its last wave began, by name."""
    rows = store.all(
        "SELECT site, wave, step, policy, named_at, runs_at, refused, tried, excused, silent, bad FROM upgrade_site"
        " WHERE upgrade = ? ORDER BY site",
        upgrade,
    )
    names = (
        *("site", "wave", "step", "policy", "named_at", "runs_at"),
        *("refused", "tried", "excused", "silent", "bad"),
    )
    found = (dict(zip(names, row, strict=True)) for row in rows)
    return [UpgradeSite(**{**one, **{key: bool(one[key]) for key in ("tried", "excused", "silent")}}) for one in found]


def step_counts(store: Database, upgrade: int) -> dict[Step, int]:
    """Return how many sites of an upgrade are at each step; none: left out."""
    return dict(store.all("SELECT step, count(*) FROM upgrade_site WHERE upgrade = ? GROUP BY step", upgrade))


def at_step(store: Database, upgrade: int, step: Step, most: int, after: str = "") -> list[str]:
    """Return some of the sites at a step, by name, those behind `after`."""
    rows = store.all(
        "SELECT site FROM upgrade_site WHERE upgrade = ? AND step = ? AND site > ? ORDER BY site LIMIT ?",
        *(upgrade, step, after, most),
    )
    return [site for (site,) in rows]


def begin_wave(
    store: Database, upgrade: int, wave: int, named: list[str], before: dict[str, tuple[bool, int]], now: datetime
) -> None:
    """Store what each site of the hub was as a wave begins (silent, bad), and to which it is to be named."""
    for site, (silent, bad) in before.items():
        store.run(
            "INSERT INTO upgrade_site (upgrade, site, step, silent, bad) VALUES (?, ?, 'outside', ?, ?)"
            " ON CONFLICT (upgrade, site) DO UPDATE SET silent = excluded.silent, bad = excluded.bad",
            *(upgrade, site, silent, bad),
        )
    for site in named:
        store.run(
            "UPDATE upgrade_site SET step = 'to-name', wave = ? WHERE upgrade = ? AND site = ?", wave, upgrade, site
        )
    store.run("UPDATE upgrade SET wave = ?, wave_at = ? WHERE id = ?", wave, utc_text(now), upgrade)


def begin_again(
    store: Database, upgrade: int, before: dict[str, tuple[bool, int]], excuse: bool, now: datetime
) -> None:
    """Store the same anew for a wave that goes on; who lacks it is named again, and with `excuse` not awaited."""
    begin_wave(store, upgrade, _wave_of(store, upgrade), [], before, now)
    store.run(
        "UPDATE upgrade_site SET step = 'to-name', tried = 0, excused = CASE WHEN excused < ? THEN 1 ELSE excused END"
        " WHERE upgrade = ? AND wave > 0 AND step IN ('outside', 'to-take-back', 'named')",
        *(int(excuse), upgrade),
    )


def mark_named(store: Database, upgrade: int, site: str, policy: int, now: datetime) -> None:
    """Store that the version was named to a site, by which version of its policy."""
    store.run(
        "UPDATE upgrade_site SET step = 'named', policy = ?, named_at = ? WHERE upgrade = ? AND site = ?",
        *(policy, utc_text(now), upgrade, site),
    )


def mark_runs(store: Database, upgrade: int, site: str, now: datetime) -> None:
    """Store that a site was seen with the version."""
    store.run(
        "UPDATE upgrade_site SET step = 'runs', tried = 0, runs_at = ? WHERE upgrade = ? AND site = ?",
        *(utc_text(now), upgrade, site),
    )


def mark_refused(store: Database, upgrade: int, site: str, reason: str) -> None:
    """Store that a site does not take the version."""
    store.run(
        "UPDATE upgrade_site SET step = 'refused', refused = ? WHERE upgrade = ? AND site = ?", reason, upgrade, site
    )


def mark_tried(store: Database, upgrade: int, site: str, tried: bool) -> None:
    """Store whether a site's root could not install the version."""
    store.run("UPDATE upgrade_site SET tried = ? WHERE upgrade = ? AND site = ?", tried, upgrade, site)


def mark_taken_back(store: Database, upgrade: int, site: str) -> None:
    """Store that a version that a site does not run yet is no longer named to it."""
    store.run("UPDATE upgrade_site SET step = 'outside' WHERE upgrade = ? AND site = ?", upgrade, site)


def withdraw(store: Database, upgrade: int) -> None:
    """Have the version taken back where it was named and does not run yet."""
    store.run("UPDATE upgrade_site SET step = 'outside' WHERE upgrade = ? AND step = 'to-name'", upgrade)
    store.run("UPDATE upgrade_site SET step = 'to-take-back' WHERE upgrade = ? AND step = 'named'", upgrade)


def newest_health(store: Database, site: str) -> tuple[str, int] | None:
    """Return epoch and number of a site's newest health report; None: there is none."""
    rows = store.all(
        "SELECT r.epoch, r.seq FROM report r JOIN site s ON s.site = r.site AND s.epoch = r.epoch"
        " WHERE r.site = ? AND r.stream = 'health' AND r.fork = 0 ORDER BY r.seq DESC LIMIT 1",
        site,
    )
    return rows[0] if rows else None


def refusals(store: Database, upgrade: int) -> list[tuple[str, int, str, bool]]:
    """Return by which policy it was named, what is refused as JSON, or empty, and what is stored as tried, by site.

    Of the sites that do not run the version yet and refuse something, or are stored as tried.
    """
    rows = store.all(
        "SELECT u.site, u.policy, coalesce(r.refused, ''), u.tried FROM upgrade_site u"
        " LEFT JOIN reported r ON r.site = u.site WHERE u.upgrade = ? AND u.step = 'named'"
        " AND (coalesce(r.refused, '') <> '' OR u.tried <> 0) ORDER BY u.site",
        upgrade,
    )
    return [(site, policy, refused, bool(tried)) for site, policy, refused, tried in rows]


def _wave_of(store: Database, upgrade: int) -> int:
    ((wave,),) = store.all("SELECT wave FROM upgrade WHERE id = ?", upgrade)
    return int(wave)
