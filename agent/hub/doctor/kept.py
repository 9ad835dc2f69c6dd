"""Probes what the hub has stored: databases, the log of accepted reports, the newest backup, endpoints."""

from datetime import timedelta
from typing import Final

from agent.hub.doctor.model import NO_HUB, Situation
from agent.hub.log.sequencer import lag
from agent.hub.stores.engines import files_of, log_beside
from agent.hub.views.standby import read_from_line
from agent.hub.views.webhooks import read_hooks
from agent.model.errors import StoreWaits
from agent.model.finding import Json, Message, listed, utc_text
from agent.model.outcome import Outcome, found, not_due, passed

TOO_LARGE: Final = Message("a backup reads all of it, and verifies its copy: camwarden hub backup FOLDER")
"""The next step where the databases are too large to be read in the time."""

SAMPLED: Final = 100
"""So many stored reports, picked by chance, are held against their digests."""

LOG_WARN: Final = timedelta(minutes=5)
LOG_FAIL: Final = timedelta(minutes=30)
"""The log takes what was accepted every 50 seconds; so old is the oldest report that waits for it."""

BACKUP_WARN: Final = timedelta(hours=36)
BACKUP_FAIL: Final = timedelta(days=8)


def server(situation: Situation) -> Outcome:
    """Judge whether the server that has the reports answers, and its tables are this hub's."""
    files = files_of(situation.directory)
    try:
        told = files.server(situation.directory)
    except StoreWaits as error:
        step = Message("start PostgreSQL, and look at its log; the hub waits for it meanwhile, and sites keep all")
        return found("fail", "no-answer", error.message, step)
    if told is None:
        return not_due("no-server", Message("the reports are in a file of the data folder"))
    values: dict[str, Json] = {"release": told.release, "size": f"{told.used_bytes / 1e9:.1f}"}
    if not told.migration:
        return not_due(
            "empty", Message("PostgreSQL {release} answers; the hub makes its tables when it starts", values)
        )
    values |= {"migration": told.migration}
    if not told.is_current:
        what = Message("PostgreSQL {release} answers; its tables are of another version ({migration})", values)
        return found(
            "fail", "another-version", what, Message("start this version of the hub once, or install that one")
        )
    what = Message("PostgreSQL {release} answers; {size} GB; newest migration: {migration}", values)
    if not told.counts_rows:
        said = Message(
            "autovacuum is off: PostgreSQL reads whole tables for each batch of reports, the more sites the slower"
        )
        step = Message(
            "there: autovacuum = on and track_counts = on in postgresql.conf, reload it, then once VACUUM ANALYZE"
        )
        return found("warn", "autovacuum-off", said, step, **values)
    return passed(what, **values, used_bytes=told.used_bytes)


def standby(situation: Situation) -> Outcome:
    """Judge whether views read from the standby that is named for them."""
    found_at = None
    if situation.has_run:
        with situation.reading() as store:
            found_at = store.read_from()
    if found_at is None:
        return not_due("no-standby-named", Message("no standby is named for views"))
    told: dict[str, Json] = {"is_standby": found_at.is_standby, "lag_s": found_at.lag_s}
    if not found_at.why:
        return passed(read_from_line(found_at), **told)
    step = Message("look at the standby and its log: whether it runs, receives, and which server it follows")
    return found("warn", found_at.why, read_from_line(found_at), step, **told)


def databases(situation: Situation) -> Outcome:
    """Judge whether each database can be read whole, and a sample of reports is what was stored."""
    if not situation.has_run:
        return not_due("no-hub", NO_HUB)
    sound = files_of(situation.directory).sound(situation.directory)
    damaged = [name for name, one in sound.items() if not one]
    if damaged:
        what = Message("{names}: damaged", {"names": listed(damaged)})
        step = Message("stop the hub, move the folder away, and take a backup back: camwarden hub restore")
        return found("fail", "damaged", what, step, damaged=list(damaged))
    with situation.reading() as store:
        sample = store.reports.check(SAMPLED)
    values = {"altered": str(sample["altered"]), "checked": str(sample["checked"]), "names": listed(sound)}
    if sample["altered"]:
        what = Message("{altered} of {checked} reports that chance picked are not what was stored", values)
        return found("fail", "altered", what, Message("see which: camwarden hub check"))
    return passed(Message("{names}: sound; {checked} reports that chance picked are what was stored", values))


def log(situation: Situation) -> Outcome:
    """Judge how long the oldest accepted report waits for the log."""
    if not situation.has_run:
        return not_due("no-hub", NO_HUB)
    with situation.reading() as store, log_beside(situation.directory) as opened:
        behind = lag(opened.state() if opened is not None else None, store)
    if not behind.continues:
        what = Message("hub.db is not the one that the log continues: nothing is appended")
        step = Message("if it was restored from a backup, state that: camwarden hub log restored --by NAME --why TEXT")
        return found("fail", "log-other", what, step)
    since = behind.oldest_at
    if since is None:
        return passed(Message("every accepted report is in it"), waiting=0)
    age = max(timedelta(), situation.now - since)
    what = Message("{count} accepted reports are not in it yet, the oldest for {minutes} min", {
        "count": behind.count, "minutes": int(age.total_seconds() // 60)})  # fmt: skip
    told: dict[str, Json] = {"waiting": behind.count, "oldest_at": utc_text(since)}
    if age <= LOG_WARN:
        return passed(what, **told)
    step = Message("look for log-waits: journalctl -u camwarden-hub; after a restore: camwarden hub log restored")
    return found("fail" if age > LOG_FAIL else "warn", "log-behind", what, step, **told)


def backup(situation: Situation) -> Outcome:
    """Judge how old the newest backup is."""
    if not situation.has_run:
        return not_due("no-hub", NO_HUB)
    newest = files_of(situation.directory).newest_backup(situation.backups)
    step = Message("take one, and look at its timer: systemctl start camwarden-hub-backup; systemctl list-timers")
    if newest is None:
        what = Message("{path} holds no backup", {"path": str(situation.backups)})
        return found("fail", "no-backup", what, step)
    at, path = newest
    age = situation.now - at
    what = Message("{path}: {hours} h old", {"path": str(path), "hours": int(age.total_seconds() // 3600)})
    if age < -timedelta(minutes=1):
        return found("fail", "from-the-future", what, Message("compare this machine's clock"), at=utc_text(at))
    if age > BACKUP_WARN:
        return found("fail" if age > BACKUP_FAIL else "warn", "old-backup", what, step, at=utc_text(at))
    return passed(what, at=utc_text(at))


def upgrade(situation: Situation) -> Outcome:
    """Judge whether the newest upgrade of agents goes on: one that stopped by itself waits for somebody."""
    newest = None
    if situation.has_run:
        with situation.reading() as store:
            newest = store.upgrades.newest()
    if newest is None:
        return not_due("no-upgrade", Message("no upgrade was ordered here"))
    values: dict[str, Json] = {"version": newest.version, "wave": newest.wave}
    if newest.state == "stopped":
        what = Message("the upgrade to {version} has stopped in wave {wave}", values)
        return found(
            "warn", newest.why or "stopped", what, Message("see why, and decide: camwarden hub upgrade"), **values
        )
    if newest.state == "running":
        return passed(Message("the upgrade to {version} is in wave {wave}", values), **values)
    return passed(Message("the upgrade to {version} is done", values), **values)


def webhooks(situation: Situation) -> Outcome:
    """Judge whether the endpoints of other systems take what they are sent."""
    if not situation.has_run:
        return not_due("no-hub", NO_HUB)
    with situation.reading() as store:
        hooks = [one for one in read_hooks(store) if one.state != "disabled"]
    stopped, failing = ([one.name for one in hooks if one.state == state] for state in ("stopped", "fails"))
    waiting = sum(one.waiting for one in hooks)
    step = Message("see why: camwarden hub webhook test NAME; then camwarden hub webhook enable NAME")
    if stopped:
        what = Message("{names}: given up, and sent nothing more", {"names": listed(stopped)})
        return found("fail", "stopped", what, step, stopped=list(stopped))
    if failing:
        what = Message("{names}: do not take what they are sent; messages waiting: {count}", {
            "names": listed(failing), "count": waiting})  # fmt: skip
        return found("warn", "failing", what, step, failing=list(failing))
    if not hooks:
        return passed(Message("no other system is told of anything"))
    return passed(Message("endpoints that take what they are sent: {count}", {"count": len(hooks)}))
