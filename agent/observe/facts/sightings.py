"""Counts sightings over time: undeclared devices, and the identity behind each device's address.

One look proves nothing: a visitor's laptop answers discovery too. What is seen often enough counts; what is not seen
again is dropped. Pure and bounded: at most `SIGHTINGS_MAX` addresses are remembered.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from agent.model.finding import Json
from agent.observe.facts.serials import serial_of
from agent.text.harmless import printable
from drivers.details import Interfaces
from drivers.footage import Channels
from drivers.model import Identity

TIMES_TO_COUNT = 3
WINDOW = timedelta(days=1)
SIGHTINGS_MAX = 256
ADOPTED_AFTER = timedelta(days=1)
"""How long another box must answer at an address until it is taken for the one that belongs there."""
DIGEST_CHARS = 16
MODEL_CHARS_MAX = 64
MACS_MAX = 8


@dataclass(frozen=True, slots=True)
class Sighting:
    """An undeclared device that answered discovery: its address, and the latest times it was seen.

    `endpoint` and `mac` are digests, empty where the device names none. `times` are the newest `TIMES_TO_COUNT`, oldest
    first.
    """

    address: str
    endpoint: str
    mac: str
    first_at: datetime
    times: tuple[datetime, ...]

    @property
    def counts(self) -> bool:
        """Whether it was seen often enough to be reported."""
        return len(self.times) >= TIMES_TO_COUNT

    @property
    def last_at(self) -> datetime:
        """When it was seen last."""
        return self.times[-1]

    @property
    def marks(self) -> tuple[str, ...]:
        """Its identifiers, each of which is sufficient."""
        return tuple(mark for mark in (self.address, self.endpoint, self.mac) if mark)


@dataclass(frozen=True, slots=True)
class BoxMark:
    """The identity of a box: its model, digests of its serial number and its MAC addresses."""

    model: str
    serial: str
    macs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownBox:
    """The box that belongs to a device id, and another one that has been answering in its place `since` then.

    `seen_at`: when the box was seen last, None in the data of an older version.
    """

    mark: BoxMark
    other: BoxMark | None = None
    since: datetime | None = None
    seen_at: datetime | None = None

    @property
    def answering(self) -> BoxMark:
        """The box that answered there last."""
        return self.other or self.mark


def window(period_s: int) -> timedelta:
    """Return the time within which sightings add up: a day, or three periods where these are longer."""
    return max(WINDOW, TIMES_TO_COUNT * timedelta(seconds=period_s))


def digest(text: str) -> str:
    """Return the start of SHA-256, hex, enough to recognize a value without storing it; empty for nothing."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:DIGEST_CHARS] if text else ""


def add_sightings(
    before: Iterable[Sighting], seen: Iterable[Sighting], settled: frozenset[str], now: datetime, within: timedelta
) -> tuple[Sighting, ...]:
    """Add the sightings of this look, each with the one time `now`, to earlier ones.

    Those with `settled` marks (declared or ignored by now) are dropped, and those older than `within` or in the future,
    after a clock was set back. Returns at most `SIGHTINGS_MAX`, newest first; of equally new ones those seen more
    often.
    """
    known: list[Sighting] = []
    for one in before:
        times = tuple(at for at in one.times if now - within < at <= now)
        if times and settled.isdisjoint(one.marks):
            known.append(replace(one, times=times))
    places = {mark: index for index, one in enumerate(known) for mark in one.marks}
    for one in seen:
        index = next((places[mark] for mark in one.marks if mark in places), None)
        if index is None:
            index = len(known)
            known.append(one)
        elif known[index].last_at < now:
            old = known[index]
            known[index] = replace(one, first_at=old.first_at, times=(*old.times, now)[-TIMES_TO_COUNT:])
        for mark in one.marks:
            places[mark] = index
    known.sort(key=lambda one: (one.last_at, len(one.times), one.address), reverse=True)
    return tuple(known[:SIGHTINGS_MAX])


def mark_of(identity: Identity, interfaces: Interfaces | None = None) -> BoxMark:
    """Return the identity of a box."""
    model = f"{identity.manufacturer} {identity.model}".strip()[:MODEL_CHARS_MAX]
    told = interfaces.interfaces if interfaces else ()
    macs = {digest(one.mac.lower().replace("-", ":")) for one in told if one.mac.strip("0:-")}
    return BoxMark(printable(model), digest(serial_of(identity.serial)), tuple(sorted(macs))[:MACS_MAX])


def box_digest(identity: Identity) -> str:
    """Return what names a box in the provenance of all that it delivers."""
    mark = mark_of(identity)
    return digest(f"{mark.model} {mark.serial}")


def mark_behind(channels: Channels, number: int) -> BoxMark | None:
    """Return the identity of the camera on a channel, None where its recorder names neither serial nor MAC."""
    channel = next((one for one in channels.channels if one.number == number), None)
    if channel is None or not (serial_of(channel.serial) or channel.mac.strip("0:- ")):
        return None
    digits = re.sub(r"[^0-9a-f]", "", channel.mac.lower())
    mac = ":".join(digits[n : n + 2] for n in range(0, 12, 2)) if len(digits) == 12 else ""
    model = printable(channel.model.strip()[:MODEL_CHARS_MAX])
    return BoxMark(model, digest(serial_of(channel.serial)), (digest(mac),) if mac else ())


def is_same(one: BoxMark, other: BoxMark) -> bool:
    """Tell whether two marks at one address can be of one box: by serial number, else MAC, else model."""
    if one.serial and other.serial:
        return one.serial == other.serial
    if one.macs and other.macs:
        return not set(one.macs).isdisjoint(other.macs)
    return one.model == other.model


def is_one_box(one: BoxMark, other: BoxMark) -> bool:
    """Tell whether two marks at two addresses are of one box; two boxes may be of one model.

    A serial number shared by two boxes with other MAC addresses is a maker's mistake, and no proof.
    """
    by_mac = not set(one.macs).isdisjoint(other.macs)
    if one.serial and other.serial:
        return one.serial == other.serial and (by_mac or not one.macs or not other.macs)
    return by_mac


def update_boxes(before: Mapping[str, KnownBox], seen: Mapping[str, BoxMark], now: datetime) -> dict[str, KnownBox]:
    """Return which box belongs to which device id (or `camera:ID`, behind a recorder) after this look.

    The first one seen belongs there. Another one replaces it once it alone has answered for `ADOPTED_AFTER`: by then it
    was reported, and nobody objected.
    """
    after = dict(before)
    for device, mark in seen.items():
        known = before.get(device)
        if known is None:
            after[device] = KnownBox(mark, seen_at=now)
        elif is_same(known.mark, mark):
            told = BoxMark(mark.model, mark.serial or known.mark.serial, mark.macs or known.mark.macs)
            after[device] = KnownBox(told, seen_at=now)
        elif known.other is None or known.since is None or known.since > now or not is_same(known.other, mark):
            after[device] = replace(known, other=mark, since=now)
        elif now - known.since >= ADOPTED_AFTER:
            after[device] = KnownBox(mark, seen_at=now)
    return after


def to_data(sightings: Sequence[Sighting]) -> list[Json]:
    """Return sightings as plain data for the stored memory."""
    return [
        [one.address, one.endpoint, one.mac, one.first_at.isoformat(), [at.isoformat() for at in one.times]]
        for one in sightings
    ]


def from_data(data: Sequence[Any]) -> tuple[Sighting, ...]:
    """Return what `to_data` wrote. Raises ValueError or TypeError."""
    time = datetime.fromisoformat
    return tuple(
        Sighting(str(address), str(endpoint), str(mac), time(first), tuple(map(time, times)))
        for address, endpoint, mac, first, times in data
        if times
    )
