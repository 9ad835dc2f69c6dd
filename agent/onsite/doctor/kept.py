"""Reports the backlog: unconfirmed reports, messages that nobody took, and refused logins. Only reads."""

from datetime import datetime, timedelta
from typing import Final

from agent.deliver.keys.rotate import SPOOL_NAME
from agent.deliver.spool.capacity import META, last_refused
from agent.deliver.spool.read_only import view
from agent.host.paths import credentials_file
from agent.judge.checks.service.delivery import TOLD_FOR
from agent.model.errors import UsageError
from agent.model.finding import Message, listed
from agent.model.outcome import Outcome, found, not_due, passed
from agent.onsite.doctor.model import Situation, site_of
from agent.service.alerts.outbox_file import path_of, read
from drivers.credentials import read_entries

OLD_WARN: Final = timedelta(hours=2)
OLD_FAIL: Final = timedelta(days=1)
"""Age of the oldest report that is not confirmed. Some are always on their way: a period is 15 minutes by default."""
CARRIED_WARN: Final = timedelta(days=7)
CARRIED_FAIL: Final = timedelta(days=14)
"""The same where batches are carried by hand."""
FULL_WARN_RATIO: Final = 0.8


def queue(situation: Situation) -> Outcome:
    """Judge how long reports wait and how full the spool is."""
    try:
        with view(situation.storage.directory / SPOOL_NAME) as look:
            totals, refused = look.totals(), last_refused(look.meta(META))
    except UsageError:
        return not_due("no-spool", Message("nothing was reported yet: there is no spool"))
    site = situation.site
    waiting = sum(count for states in totals.counts.values() for name, count in states.items() if name != "confirmed")
    age = situation.now - totals.oldest_at if totals.oldest_at else timedelta(0)
    ratio = totals.file_bytes / situation.storage.spool_max_bytes
    hours, percent = round(age.total_seconds() / 3600, 1), round(ratio * 100)
    what = Message(
        "{waiting} reports wait, the oldest for {hours} h; the spool is {percent} % full",
        {"waiting": waiting, "hours": hours, "percent": percent},
    )
    evidence = {"waiting": waiting, "oldest_age_s": round(age.total_seconds()), "dropped": totals.dropped}
    if site is None or site.hub is None:
        return passed(what, **evidence)
    if refused and situation.now - datetime.fromisoformat(str(refused["at"])) < TOLD_FOR:
        told = Message("the hub refuses a report: {report} ({reason})", refused)
        ask = Message("ask the hub's team which bound it breaks, and look whether both ends have the same version")
        return found("warn", "hub-refuses", told, ask, **evidence, **refused)
    by_hand = site.hub.confirm == "file"
    warn, fail = (
        (CARRIED_WARN, CARRIED_FAIL) if by_hand else (OLD_WARN + 2 * timedelta(seconds=site.period_s), OLD_FAIL)
    )
    carry = Message("carry them: camwarden queue export DIR")
    step = carry if by_hand else Message("look at the broker's rows, then ask the hub's team whether it confirms")
    if age > max(warn, fail):
        return found("fail", "old", what, step, **evidence)
    if age > warn or ratio > FULL_WARN_RATIO:
        return found("warn", "old" if age > warn else "nearly-full", what, step, **evidence)
    return passed(what, **evidence)


def notices(situation: Situation) -> Outcome:
    """Judge whether what is told at once reaches its receivers."""
    site = site_of(situation)
    if not site.notify:
        return not_due("no-receivers", Message("nobody is told at once: site.toml has no [[notify]]"))
    boxes = {one.name: read(path_of(situation.storage.directory, one.name)) for one in site.notify}
    late = {name: box for name, box in boxes.items() if box.why is not None}
    if not late:
        return passed(Message("nothing failed to reach the {count} receivers", {"count": len(boxes)}))
    name, box = next(iter(late.items()))
    values = {"name": name, "why": box.why, "others": len(late) - 1}
    what = Message("{name} was not told: {why}", values)
    if len(late) > 1:
        what = Message("{name} and {others} more were not told: {why}", values)
    step = Message("try it: camwarden notify test {name}", {"name": name})
    return found("warn", "undelivered", what, step, receivers=list(late))


def credentials(situation: Situation) -> Outcome:
    """Judge whether a login was refused and waits for a person."""
    entries = read_entries(credentials_file(situation.storage.directory, situation.environ))
    shut = sorted({entry.device for entry in entries if entry.state in ("wrong", "doubtful")})
    busy = sorted({entry.device for entry in entries if entry.state == "busy"})
    if shut:
        what = Message("refused, and not tried again before a person looks: {devices}", {"devices": listed(shut)})
        step = Message(
            "correct the login in secrets.toml and restart, or: camwarden credentials retry {device}",
            {"device": shut[0]},
        )
        return Outcome("fail", what, step, "refused", {"devices": shut}, refused=True)
    if busy:
        what = Message("had no room for another connection: {devices}", {"devices": listed(busy)})
        return found("warn", "busy", what, Message("close other programs that look at them"), devices=busy)
    if not entries:
        return not_due("none-tried", Message("no login was tried yet"))
    return passed(Message("no login is refused ({count} known)", {"count": len(entries)}))
