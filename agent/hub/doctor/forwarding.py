"""Probes how far forwarding to an upper hub is behind, by its broker or as carried files."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from agent.hub.doctor.model import NO_HUB, Situation
from agent.hub.views.forwarding import FILES, lag_line, waits_s
from agent.model.finding import Json, Listed, Message, Status, listed
from agent.model.outcome import Outcome, found, not_due, passed

WARN: Final = timedelta(minutes=10)
FAIL: Final = timedelta(hours=1)
"""So long the oldest report waits that the upper hub has not confirmed."""

CARRIED_WARN: Final = timedelta(hours=36)
CARRIED_FAIL: Final = timedelta(days=8)
"""The same, where people carry files: once a day."""

NAMED_MOST: Final = 5
"""Sites that are named, of those of which something is refused, and of those that are left out."""


def forwarding(situation: Situation) -> Outcome:
    """Judge for how long the oldest report waits for the upper hub's confirmation, and what that hub refuses."""
    if not situation.has_run:
        return not_due("no-hub", NO_HUB)
    with situation.reading() as store:
        lag, refused = store.forwarding.lag(), store.forwarding.refusals(NAMED_MOST)
        left_out = store.forwarding.left_out(NAMED_MOST)
    if lag is None:
        return not_due("not-forwarded", Message("nothing is forwarded from here"))
    what, age = lag_line(lag, situation.now), timedelta(seconds=waits_s(lag, situation.now))
    told: dict[str, Json] = {"waiting": lag.waiting, "refused": lag.refused, "held": lag.held}
    warn, fail = (CARRIED_WARN, CARRIED_FAIL) if lag.upper == FILES else (WARN, FAIL)
    status: Status = "fail" if lag.waiting and age > fail else "warn"
    if lag.refused and not lag.why:
        values = {"count": lag.refused, "named": _named(refused)}
        said = Message("the upper hub refuses what comes of {count} sites, such as {named}", values)
        step = Message(
            "up there: `camwarden hub lower list` shows what is granted to this hub, `camwarden hub status SITE` what"
            " is refused of a site"
        )
        return found(status, "refused-above", said, step, **told)
    if lag.waiting and age > warn:
        step = Message(
            "see whether `camwarden hub forward` runs; up there, `camwarden hub lower list` and `camwarden hub status`"
        )
        return found(status, "forwarding-behind", what, step, **told)
    if left_out:
        said = Message(
            "sites that lack what forwarding needs are not forwarded, such as {named}", {"named": _named(left_out)}
        )
        step = Message(
            "no-division: name the division in that site's file; no-key: the key comes with its next connection"
        )
        return found("warn", "not-forwarded", said, step, **told)
    return passed(what, **told)


def _named(sites: Sequence[tuple[str, str]]) -> Listed:
    return listed(f"{site} ({why})" for site, why in sites)
