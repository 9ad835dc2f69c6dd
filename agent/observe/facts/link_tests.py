"""Reads the results of self-tests of the interface for the police platform, which a command leaves on the disk.

A self-test lets one device register at a platform of our own for some minutes, and asks it for a picture: what came is
seen by us, and no device's word. Its result is one row in a file of the state folder. Who may write there may run the
test, so a file of another owner, one that others may write, or a link is none; a row counts for its own box only, and
for `COUNTS_FOR` after its day, which is a house rule: no text says how often an interface has to be shown to work.

What its pictures showed of private zones is stored with it, as words and numbers. It counts for `MASKS_COUNT_FOR`, and
is carried on from test to test until a newer picture of that camera replaces it.

Source: Datong Measures (Order 61), article 11(2); GB/T 28181-2022, 9.1 and 9.2 (registration, live media).
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, get_args

from agent.host.files import write_atomic
from agent.model.finding import Json
from agent.observe.facts.owned_rows import believed_rows, is_same, may_be_same, read_rows
from agent.observe.pictures import kept_turns
from agent.observe.pictures.turns import PathResult
from agent.observe.pictures.zone_verdicts import VERDICTS
from drivers.picture import PLATFORM

NAME: Final = "link-tests.json"
SCHEMA: Final = "camwarden-link-tests/1"
MAX_BYTES: Final = 1024 * 1024
COUNTS_FOR: Final = timedelta(days=366)
MASKS_COUNT_FOR: Final = timedelta(days=31)
"""How long a picture on the platform's path counts for the masks in it. House rule: masks are changed more often."""
KEPT_PER_DEVICE: Final = 8
CAMERAS_MAX: Final = 256

TestOutcome = Literal["played", "no-picture", "not-registered"]
"""`played`: registered, and a picture of it was decoded. `no-picture`: registered, and none came. `not-registered`: it
did not come, which a wrong setting or a network shows as well."""

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class LinkTest:
    """One self-test: of which site and device, when it ended, and with which outcome. `box`: as of a `LoginTry`.

    `digest`: the SHA-256 (hex) of its result without addresses, as it stands on its paper; empty where none was kept.
    `pictures`: what the last picture of each camera showed of its private zones, on the path `platform`.
    """

    site: str
    device: str
    at: datetime
    outcome: TestOutcome
    box: tuple[str, ...] = ()
    digest: str = ""
    pictures: tuple[PathResult, ...] = ()

    def counts(self, box: Collection[str], now: datetime) -> bool:
        """Tell whether it counts at `now` for the box that answers: not for another one, nor when it is too old.

        A picture that came proves something of its own box alone; that none came stays where one of both is unknown.
        """
        is_its = self.is_same(box) if self.outcome == "played" else self.is_of(box)
        return is_its and timedelta(0) <= now - self.at <= COUNTS_FOR

    def is_over(self, box: Collection[str], now: datetime) -> bool:
        """Tell whether it would count for the box that answers, and is only too old at `now`."""
        return self.is_of(box) and now - self.at > COUNTS_FOR

    def is_of(self, box: Collection[str]) -> bool:
        """Tell whether it can have been this box, which is so where one of both is unknown."""
        return may_be_same(self.box, box)

    def is_same(self, box: Collection[str]) -> bool:
        """Tell whether it was this box: not where one of both alone is known, as it may have been exchanged."""
        return is_same(self.box, box)


def last_tests(tests: Iterable[LinkTest], site_id: str) -> Mapping[str, LinkTest]:
    """Return the last self-test of each device of a site, by its id. Pure."""
    return {one.device: one for one in sorted(tests, key=lambda one: one.at) if one.site == site_id}


def known_tests(directory: Path, site_id: str) -> Mapping[str, LinkTest]:
    """Return the last self-test of each device of a site; none of a file that cannot be believed, which is logged."""
    return last_tests(believed_rows(directory / NAME, lambda: read_tests(directory)), site_id)


def read_tests(directory: Path) -> tuple[LinkTest, ...]:
    """Return every self-test.

    Raises OSError where the file cannot be read, ValueError where it is damaged or not of the folder's owner alone.
    """
    return read_rows(directory / NAME, SCHEMA, "tests", _row, MAX_BYTES)


def add_test(directory: Path, new: LinkTest) -> None:
    """Store the result of a self-test, the last few of each device. Raises OSError, or ValueError as `read_tests`."""
    try:
        known = read_tests(directory)
    except FileNotFoundError:
        known = ()
    own = [one for one in known if (one.site, one.device) == (new.site, new.device)]
    rest = [one for one in known if one not in own]
    if own and own[-1].is_of(new.box):
        new = replace(new, pictures=_with_earlier(new.pictures, own[-1].pictures))
    kept = (*rest, *(replace(one, pictures=()) for one in own[-KEPT_PER_DEVICE + 1 :]), new)
    rows = [_data(one) for one in kept]
    write_atomic(directory / NAME, json.dumps({"schema": SCHEMA, "tests": rows}, indent=1).encode(), 0o600)


def _with_earlier(new: Iterable[PathResult], before: Iterable[PathResult]) -> tuple[PathResult, ...]:
    """Return the newest picture of each camera."""
    newest = {one.camera_id: one for one in (*before, *new)}
    return tuple(newest.values())[-CAMERAS_MAX:]


def _data(one: LinkTest) -> dict[str, Json]:
    pictures: list[Json] = [kept_turns.to_data(picture) for picture in one.pictures]
    box: list[Json] = list(one.box)
    row: dict[str, Json] = {
        "site": one.site, "device": one.device, "at": one.at.isoformat(), "outcome": one.outcome, "box": box,
        "digest": one.digest,
    }  # fmt: skip
    return {**row, "pictures": pictures} if pictures else row


def _row(data: Mapping[str, Any]) -> LinkTest:
    at, outcomes = datetime.fromisoformat(data["at"]), get_args(TestOutcome)
    if at.tzinfo is None or data["outcome"] not in outcomes or not isinstance(data["box"], list):
        raise ValueError("not a self-test")
    digest = str(data.get("digest", ""))
    if digest and not _SHA256.fullmatch(digest):
        raise ValueError("no digest of a self-test")
    box = tuple(str(one) for one in data["box"])
    pictures = tuple(_picture(one) for one in data.get("pictures", ()))
    return LinkTest(str(data["site"]), str(data["device"]), at, data["outcome"], box, digest, pictures)


def _picture(data: Mapping[str, Any]) -> PathResult:
    found = kept_turns.from_data(data)
    seen, verdicts = found.seen, found.verdicts
    if found.at.tzinfo is None or seen is None or seen.taken_at.tzinfo is None:
        raise ValueError("not a picture of a self-test")
    if {PLATFORM} != {found.path, seen.path, *(one.path for one in verdicts)} or not all(
        one.verdict in VERDICTS for one in verdicts
    ):
        raise ValueError("not a picture of a self-test")
    return found
