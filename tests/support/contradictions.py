"""Contradicts what a healthy site showed, piece by piece and by hand: a stream shows a bare zone, a clock jumped.

Where `knockouts.py` takes a whole kind of evidence away, each of these changes the one thing that one kind of
obligation claims. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from agent.observe.facts.facts import Facts
from agent.observe.facts.sightings import Sighting
from agent.observe.footage.days import DatedValue
from agent.observe.inventory.listings import KnownList
from agent.observe.pictures.view_memory import LOOKS, IndicatorMark, SnapshotMark
from agent.site.config.site import Site
from drivers.details import Accounts, Audio, RetentionLimit, RetentionLimits
from drivers.footage import Channels, Disks, PlatformLink, PlatformServer, Protocols
from drivers.model import Clock, Masks, Observation, Overlays, Recordings, Span, Unavailable, Value
from drivers.picture import Access, FootageOpened, PathName, PictureSeen, StreamSound, ZoneVerdict

DAY = timedelta(days=1)
LIVE_AND_PAST: tuple[PathName, ...] = ("snapshot", "sub", "main", "playback")
Changed = tuple[Site, Facts]
Of = Callable[[Site, Facts, datetime], Changed]


def values(facts: Facts, kind: type[Value], change: Callable[[Any], Value | None]) -> Facts:
    """Return the facts with each value of a kind changed, or left out where there is nothing instead."""

    def new(one: Observation) -> tuple[Observation, ...]:
        if not isinstance(one.value, kind):
            return (one,)
        value = change(one.value)
        return () if value is None else (replace(one, value=value),)

    changed = {name: tuple(two for one in seen for two in new(one)) for name, seen in facts.by_subject.items()}
    return replace(facts, by_subject=changed)


def of(kind: type[Value], change: Callable[[Any], Value | None]) -> Of:
    return lambda site, facts, now: (site, values(facts, kind, change))


def with_each(kind: type[Value], **members: object) -> Of:
    return of(kind, lambda one: replace(one, **members))


def without_path(path: PathName) -> Of:
    """Return that nobody looked at one path, on which everything else rests as before."""

    def change(site: Site, facts: Facts, now: datetime) -> Changed:
        late = Unavailable("picture", "deadline", path=path)
        facts = values(facts, ZoneVerdict, lambda one: None if one.path == path else one)
        return site, values(facts, PictureSeen, lambda one: late if one.path == path else one)

    return change


def bare(path: PathName) -> Of:
    return of(ZoneVerdict, lambda one: replace(one, verdict="FAIL", reason="bare") if one.path == path else one)


def unasked(path: PathName) -> Of:
    return of(Access, lambda one: replace(one, asked=tuple(name for name in one.asked if not name.endswith(path))))


def remembered(area: str, **members: object) -> Of:
    """Return another memory of each camera."""

    def change(site: Site, facts: Facts, now: datetime) -> Changed:
        known = {name: replace(one, **members) for name, one in getattr(facts.remembered, area).items()}
        return site, replace(facts, remembered=replace(facts.remembered, **{area: known}))

    return change


def days(**members: object) -> Of:
    """Return other days of footage, but for the newest and the oldest."""

    def change(site: Site, facts: Facts, now: datetime) -> Changed:
        known = {
            name: replace(
                one, days=(*one.days[:2], *(replace(day, **members) for day in one.days[2:-2]), *one.days[-2:])
            )
            for name, one in facts.remembered.footage.items()
        }
        return site, replace(facts, remembered=replace(facts.remembered, footage=known))

    return change


def shown_by_footage(whose: str) -> Of:
    """Return recorded pictures that show the approved view of another camera; empty: of none."""

    def change(site: Site, facts: Facts, now: datetime) -> Changed:
        facts = values(facts, FootageOpened, lambda one: replace(one, shows=whose))
        return site, values(
            facts, PictureSeen, lambda one: replace(one, shows=whose) if one.path == "playback" else one
        )

    return change


def guessed(site: Site, facts: Facts, now: datetime) -> Changed:
    """Return footage that only an order gives to its camera, and whose pictures match no view."""
    return with_each(Recordings, owner_guessed=True)(*shown_by_footage("")(site, facts, now), now)


def frozen_snapshot(site: Site, facts: Facts, now: datetime) -> Changed:
    """Return cameras that have answered with one snapshot for an hour."""
    mark = SnapshotMark("0" * 64, now - timedelta(hours=1), now, LOOKS)
    return remembered("quality", snapshot=mark)(site, facts, now)


def bad_quality(indicator: str) -> Of:
    def change(site: Site, facts: Facts, now: datetime) -> Changed:
        bad = IndicatorMark(indicator, now, LOOKS, 1.0, 2.0, 1.5)
        quality = {
            name: replace(one, marks=(bad, *(mark for mark in one.marks if mark.indicator != indicator)))
            for name, one in facts.remembered.quality.items()
        }
        return site, replace(facts, remembered=replace(facts.remembered, quality=quality))

    return change


def slots(change: Callable[[PlatformServer], PlatformServer]) -> Of:
    """Return other slots for the police platform."""
    return of(PlatformLink, lambda one: replace(one, servers=tuple(map(change, one.servers))))


def isolated(one: Recordings) -> Recordings:
    """Return one clip that is old enough, alone before a hole."""
    oldest, newest = one.spans[0].start_at, one.spans[-1].end_at
    return replace(one, spans=(Span(oldest, oldest + DAY), Span(newest - 9 * DAY, newest)))


def reaching(back: timedelta) -> Callable[[Recordings], Recordings]:
    return lambda one: replace(one, spans=(Span(one.spans[-1].end_at - back, one.spans[-1].end_at),))


def five_days(site: Site, facts: Facts, now: datetime) -> Changed:
    """Return footage that is younger than any floor, and was opened at its oldest moment."""

    def opened(one: PictureSeen) -> PictureSeen:
        return replace(one, taken_at=now - 5 * DAY) if one.path == "playback" else one

    return site, values(values(facts, Recordings, reaching(5 * DAY)), PictureSeen, opened)


def half_a_week(site: Site, facts: Facts, now: datetime) -> Changed:
    footage = {
        name: replace(one, schedule=replace(one.schedule, periods=one.schedule.periods[:3])) if one.schedule else one
        for name, one in facts.remembered.footage.items()
    }
    return site, replace(facts, remembered=replace(facts.remembered, footage=footage))


def jumped(site: Site, facts: Facts, now: datetime) -> Changed:
    return remembered("footage", clock_moved_at=now - DAY)(site, facts, now)


def louder(site: Site, facts: Facts, now: datetime) -> Changed:
    """Return cameras that take eight times the space since yesterday."""
    footage = {
        name: replace(one, bitrates=(*one.bitrates, DatedValue((now - DAY).date(), 8 * one.bitrates[-1].value)))
        for name, one in facts.remembered.footage.items()
        if one.bitrates
    }
    return site, replace(facts, remembered=replace(facts.remembered, footage={**facts.remembered.footage, **footage}))


def listed_before(kind: str) -> Of:
    """Return devices that named one more in the look before."""

    def more(lists: Mapping[str, KnownList]) -> dict[str, KnownList]:
        return {name: replace(one, names=one.names | {"0"}) if name == kind else one for name, one in lists.items()}

    def change(site: Site, facts: Facts, now: datetime) -> Changed:
        known = {subject: more(lists) for subject, lists in facts.remembered.listings.items()}
        return site, replace(facts, remembered=replace(facts.remembered, listings=known))

    return change


def undeclared(duty: str) -> Of:
    def change(site: Site, facts: Facts, now: datetime) -> Changed:
        return replace(site, declarations=tuple(one for one in site.declarations if one.duty != duty)), facts

    return change


def stranger(site: Site, facts: Facts, now: datetime) -> Changed:
    seen = Sighting("192.168.254.77", "e1", "", now - DAY, (now - DAY, now - DAY / 2, now))
    return site, replace(facts, around=replace(facts.around, strangers=(seen,)))


def filed_otherwise(site: Site, facts: Facts, now: datetime) -> Changed:
    if facts.filed is None:
        return site, facts
    devices = tuple(replace(one, serial="another") for one in facts.filed.devices)
    return site, replace(facts, filed=replace(facts.filed, devices=devices))


def untrusted(site: Site, facts: Facts, now: datetime) -> Changed:
    return site, replace(facts, own_clock_trusted=False)


def unapproved(site: Site, facts: Facts, now: datetime) -> Changed:
    cameras = tuple(replace(one, reference=None) if hasattr(one, "reference") else one for one in site.cameras)
    return replace(site, cameras=cameras), replace(facts, approvals={})


CONTRADICTIONS: Mapping[str, Of] = {
    **{f"nobody looked at {path}": without_path(path) for path in LIVE_AND_PAST},
    **{f"zones are bare on {path}": bare(path) for path in LIVE_AND_PAST},
    **{f"{path} was not asked for without a login": unasked(path) for path in LIVE_AND_PAST},
    **{f"its picture is {name}": bad_quality(name) for name in (
        "black", "frozen", "over-bright", "low-contrast", "blurred", "colour-cast", "noise", "stripes", "shaking",
        "overlay-missing", "signal-lost",
    )},
    "a path answers anybody": of(Access, lambda one: replace(one, anonymous=one.asked[:1])),
    "every picture is dark": with_each(PictureSeen, mean_luma=0.0, contrast=0.0),
    "the recorder has lost its cameras": of(Channels, lambda one: replace(
        one, channels=tuple(replace(channel, state="offline") for channel in one.channels))),
    "masks are drawn too small": of(Masks, lambda one: replace(one, masks=tuple(
        replace(mask, polygon=tuple((0.5 + (x - 0.5) / 9, 0.5 + (y - 0.5) / 9) for x, y in mask.polygon))
        for mask in one.masks))),
    "nobody approved": unapproved,
    "the heartbeats of the link are not told": slots(lambda one: replace(one, heartbeat_s=0)),
    "whether the platform answers is not told": slots(lambda one: replace(one, registered=None)),
    "other channels are listed for the platform": slots(
        lambda one: replace(one, codes=tuple((channel + 100, code) for channel, code in one.codes))),
    "streams offer sound": of(
        StreamSound, lambda one: one if one.path == "playback" else replace(one, encodings=("PCMU",))),
    "what is recorded has sound": of(
        StreamSound, lambda one: replace(one, encodings=("PCMU",)) if one.path == "playback" else one),
    "the moment drawn by lot is refused": of(
        FootageOpened, lambda one: replace(one, at=None, reason="fault") if one.name == "drawn" else one),
    "of a profile no sound is told": with_each(Audio, untold=("profile",)),
    "nothing is drawn": with_each(Overlays, time_shown=False),
    "another name is drawn": with_each(Overlays, texts=("Somewhere else",)),
    "telnet is open": of(Protocols, lambda one: replace(one, protocols=(
        *one.protocols, replace(one.protocols[0], name="TELNET", port=23, enabled=True)))),
    "no service is listed": of(Protocols, lambda one: replace(one, protocols=tuple(
        replace(protocol, enabled=False) for protocol in one.protocols))),
    "a stranger has an account": of(Accounts, lambda one: replace(one, accounts=(
        *one.accounts, replace(one.accounts[0], name="eve", level="User")))),
    "no administrator is listed": of(Accounts, lambda one: replace(one, accounts=tuple(
        replace(account, level="User") for account in one.accounts))),
    "a stranger answers": stranger,
    "a channel has a camera that nobody configured": of(Channels, lambda one: replace(
        one, channels=(*one.channels, replace(one.channels[0], number=9, host="192.168.254.99")))),
    "a disk has failed": of(Disks, lambda one: replace(one, disks=tuple(
        replace(disk, state="failed") for disk in one.disks))),
    "the recorder listed more channels before": listed_before("Channels"),
    "another device list was filed": filed_otherwise,
    "no device list is declared": undeclared("paper-device-list"),
    "nobody says whether it is a key target": undeclared("key-target"),
    "footage is five days old": five_days,
    "footage is ninety days old": of(Recordings, reaching(90 * DAY)),
    "what is old enough stands alone": of(Recordings, isolated),
    "whose footage it is was guessed": guessed,
    "recorded pictures show another camera's view": shown_by_footage("elsewhere"),
    "its snapshot stays the same": frozen_snapshot,
    "the recorder deletes after a day": with_each(RetentionLimits, limits=(RetentionLimit("one", DAY),)),
    "the plan is half a week": half_a_week,
    "our clock is not trusted": untrusted,
    "the recorder's clock is not told": of(Clock, lambda one: None),
    "the recorder's clock has another time zone": with_each(Clock, zone_wrong=True),
    "the recorder's clock jumped": jumped,
    "every day has a hole": days(gaps=((3600, 30000),), gap_count=1, recorded_s=60000),
    "no day was listed by segment": days(level="day"),
    "no sealed day was read again": remembered("footage", read_again_at=None),
    "what a day takes has grown": louder,
}  # fmt: skip
"""What each changes; each is noticed by at least one obligation that nothing else of its check covers."""


def contradicted(site: Site, facts: Facts, now: datetime) -> Iterator[tuple[str, Site, Facts]]:
    """Yield the site and its facts under each contradiction."""
    for name, change in CONTRADICTIONS.items():
        yield (name, *change(site, facts, now))
