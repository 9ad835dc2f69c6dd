"""Lists what is known of each device's interface for the police platform, for the papers of a site. Pure.

A device's own word and our last self-test stand beside each other, each with its time; neither takes the other's place.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from agent.model.finding import Json, Message, utc_text
from agent.observe.facts.factory_logins import box_of
from agent.observe.facts.facts import Facts
from agent.observe.facts.link_tests import LinkTest, TestOutcome
from agent.site.config.site import Site
from agent.text.duration import duration_text
from agent.text.site_time import local
from agent.text.translate import render, together
from drivers.footage import PlatformLink

OUTCOMES: Final[Mapping[TestOutcome, Message]] = {
    "played": Message("it registered, and its picture came"),
    "no-picture": Message("it registered, and no picture came"),
    "not-registered": Message("it did not register"),
}
TOLD: Final[Mapping[bool | None, Message]] = {
    True: Message("by its own word registered at a platform"),
    False: Message("by its own word not registered"),
    None: Message("set up for a platform; it does not say whether it is registered"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LastTest:
    """The interface of one device: `told` True where it says that it is registered, `told_at` None: it tells nothing.

    `test` None: there was none. `counts`: it is of the box that stands there, and not too old.
    """

    device: str
    told: bool | None = None
    told_at: datetime | None = None
    test: LinkTest | None = None
    counts: bool = False


def last_tests(site: Site, facts: Facts, now: datetime) -> tuple[LastTest, ...]:
    """Return one row for each device of which anything is known."""
    return tuple(_rows(site, facts, now))


def _rows(site: Site, facts: Facts, now: datetime) -> Iterator[LastTest]:
    for device in site.devices:
        subject = f"device:{device.id}"
        said, seen = facts.one(subject, PlatformLink), facts.observed(subject, PlatformLink)
        used = [one for one in said.servers if one.enabled and one.kind == "GB28181"] if said is not None else []
        states = {one.registered for one in used}
        test, known = facts.link_tests.get(device.id), facts.around.remembered.get(device.id)
        if not used and test is None:
            continue
        box = box_of(known.answering if known else None)
        yield LastTest(
            device=device.id,
            told=True if True in states else False if states == {False} else None,
            told_at=seen[0].taken_at if used else None,
            test=test,
            counts=test is not None and facts.own_clock_trusted and test.counts(box, now),
        )


def told_text(one: LastTest, zone: ZoneInfo, lang: str) -> str:
    """Render what the device says of itself, with the time at which it said so; empty where it says nothing."""
    if one.told_at is None:
        return ""
    values = {"text": TOLD[one.told], "named": local(one.told_at, zone)}
    return render(Message("{text} ({named})", values), lang)


def tested_text(one: LastTest, zone: ZoneInfo, now: datetime, lang: str) -> str:
    """Render the last self-test with its day, its age, and whether it still counts; empty where there was none."""
    if one.test is None:
        return ""
    values = {
        "day": local(one.test.at, zone),
        "age": duration_text((now - one.test.at).total_seconds(), lang),
        "outcome": OUTCOMES[one.test.outcome],
    }
    over = "" if one.counts else Message("it counts no more: repeat it with camwarden link test")
    return together((t for t in (Message("self-test {day} ({age} ago): {outcome}", values), over) if t), lang, "; ")


def line(one: LastTest, zone: ZoneInfo, now: datetime, lang: str) -> str:
    """Render all of it in one line, with the digest of the test as it stands on its own paper."""
    digest = f"SHA-256 {one.test.digest}" if one.test is not None and one.test.digest else ""
    parts = (told_text(one, zone, lang), tested_text(one, zone, now, lang), digest)
    return together((part for part in parts if part), lang, "; ")


def row_json(one: LastTest) -> dict[str, Json]:
    """Convert it for programs."""
    test = one.test
    return {
        "device": one.device,
        "told_registered": one.told if one.told_at is not None else None,
        "told_at": utc_text(one.told_at) if one.told_at is not None else None,
        "tested_at": utc_text(test.at) if test is not None else None,
        "outcome": test.outcome if test is not None else None,
        "test_sha256": (test.digest or None) if test is not None else None,
        "counts": one.counts,
    }
