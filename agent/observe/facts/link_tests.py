"""Reads the results of self-tests of the interface for the police platform, which a command leaves on the disk.

A self-test lets one device register at a platform of our own for some minutes, and asks it for a picture: what came is
seen by us, and no device's word. Its result is one row in a file of the state folder. Who may write there may run the
test, so a file of another owner, one that others may write, or a link is none; a row counts for its own box only, and
for `COUNTS_FOR` after its day, which is a house rule: no text says how often an interface has to be shown to work.

Source: Datong Measures (Order 61), article 11(2); GB/T 28181-2022, 9.1 and 9.2 (registration, live media).
"""

import json
import logging
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, get_args

from agent.host.files import read_of_owner, write_atomic

NAME: Final = "link-tests.json"
SCHEMA: Final = "camwarden-link-tests/1"
MAX_BYTES: Final = 1024 * 1024
COUNTS_FOR: Final = timedelta(days=366)
KEPT_PER_DEVICE: Final = 8

TestOutcome = Literal["played", "no-picture", "not-registered"]
"""`played`: registered, and a picture of it was decoded. `no-picture`: registered, and none came. `not-registered`: it
did not come, which a wrong setting or a network shows as well."""

_SHA256: Final = re.compile(r"[0-9a-f]{64}")

log = logging.getLogger("camwarden.link_tests")


@dataclass(frozen=True, slots=True)
class LinkTest:
    """One self-test: of which site and device, when it ended, and with which outcome. `box`: as of a `LoginTry`.

    `digest`: the SHA-256 (hex) of its result without addresses, as it stands on its paper; empty where none was kept.
    """

    site: str
    device: str
    at: datetime
    outcome: TestOutcome
    box: tuple[str, ...] = ()
    digest: str = ""

    def counts(self, box: Collection[str], now: datetime) -> bool:
        """Tell whether it counts at `now` for the box that answers: not for another one, nor when it is too old."""
        return self._is_of(box) and timedelta(0) <= now - self.at <= COUNTS_FOR

    def is_over(self, box: Collection[str], now: datetime) -> bool:
        """Tell whether it would count for the box that answers, and is only too old at `now`."""
        return self._is_of(box) and now - self.at > COUNTS_FOR

    def _is_of(self, box: Collection[str]) -> bool:
        return not self.box or not box or not set(self.box).isdisjoint(box)


def last_tests(tests: Iterable[LinkTest], site_id: str) -> Mapping[str, LinkTest]:
    """Return the last self-test of each device of a site, by its id. Pure."""
    return {one.device: one for one in sorted(tests, key=lambda one: one.at) if one.site == site_id}


def known_tests(directory: Path, site_id: str) -> Mapping[str, LinkTest]:
    """Return the last self-test of each device of a site; none of a file that cannot be believed, which is logged."""
    try:
        return last_tests(read_tests(directory), site_id)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        log.warning("%s: self-tests of the link cannot be read, and do not count: %s", directory / NAME, error)
        return {}


def read_tests(directory: Path) -> tuple[LinkTest, ...]:
    """Return every self-test.

    Raises OSError where the file cannot be read, ValueError where it is damaged or not of the folder's owner alone.
    """
    text = read_of_owner(directory / NAME, MAX_BYTES)
    try:
        data = json.loads(text)
        if data["schema"] != SCHEMA:
            raise ValueError("another schema")
        return tuple(_row(one) for one in data["tests"])
    except (KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("not a list of self-tests") from None


def add_test(directory: Path, new: LinkTest) -> None:
    """Store the result of a self-test, the last few of each device. Raises OSError, or ValueError as `read_tests`."""
    try:
        known = read_tests(directory)
    except FileNotFoundError:
        known = ()
    own = [one for one in known if (one.site, one.device) == (new.site, new.device)]
    rest = [one for one in known if one not in own]
    rows = [{**asdict(one), "at": one.at.isoformat()} for one in (*rest, *own[-KEPT_PER_DEVICE + 1 :], new)]
    write_atomic(directory / NAME, json.dumps({"schema": SCHEMA, "tests": rows}, indent=1).encode(), 0o600)


def _row(data: Mapping[str, Any]) -> LinkTest:
    at, outcomes = datetime.fromisoformat(data["at"]), get_args(TestOutcome)
    if at.tzinfo is None or data["outcome"] not in outcomes or not isinstance(data["box"], list):
        raise ValueError("not a self-test")
    digest = str(data.get("digest", ""))
    if digest and not _SHA256.fullmatch(digest):
        raise ValueError("no digest of a self-test")
    box = tuple(str(one) for one in data["box"])
    return LinkTest(str(data["site"]), str(data["device"]), at, data["outcome"], box, digest)
