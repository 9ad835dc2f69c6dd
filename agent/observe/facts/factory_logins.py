"""Stores results of factory login tries, and decides on which devices one may be made. One small file.

A try costs the device a failed login. It is therefore made only by a deliberate command, once for each device (its box,
where known) and version of the configuration, and only where the site's own login worked last. A row is written before
the login is sent: a crash in between leaves it `unclear`, and nothing is sent again.
"""

import json
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final, cast, get_args

from agent.host.files import write_atomic
from agent.model.finding import Message
from agent.observe.facts.owned_rows import may_be_same
from agent.observe.facts.sightings import BoxMark
from agent.observe.inventory.owners import site_of_folder
from drivers.credentials import State
from drivers.http.factory_logins import FACTORY, Outcome
from drivers.model import Device

NAME: Final = "factory-logins.json"
SCHEMA: Final = "camwarden-factory-logins/1"
KEPT_PER_DEVICE: Final = 8
MAX_BYTES: Final = 4 * 1024 * 1024

log = logging.getLogger("camwarden.factory_logins")


@dataclass(frozen=True, slots=True)
class LoginTry:
    """One try: device, digest of the configuration, maker of the login, time, and result.

    `box`: identity of the box (`box_of`), empty where unknown. `site`: its site, empty in data of release 0.1.
    """

    device: str
    config: str
    maker: str
    at: datetime
    result: Outcome
    box: tuple[str, ...] = ()
    site: str = ""

    def is_of(self, box: Collection[str]) -> bool:
        """Tell whether it can have been this box, which is so where one of both is unknown."""
        return may_be_same(self.box, box)


def box_of(mark: BoxMark | None) -> tuple[str, ...]:
    """Return the identity of a box: digests of its serial number and MAC addresses, empty where none is known."""
    return tuple(one for one in (mark.serial, *mark.macs) if one) if mark else ()


def why_no_try(
    device: Device, maker: str, config: str, box: Collection[str], tried: Iterable[LoginTry], state: State
) -> Message | None:
    """Return why no try may be made on a device, None where one may. Pure.

    A login that was accepted may be tried again, to show that the device was repaired. `maker`: whose login would be
    tried, or empty. `config`: digest of the configuration. `box`: identity of the present box. `tried`: oldest first.
    `state`: result of the site's own login.
    """
    if not maker:
        return Message("no factory login is known for its maker")
    same = [one for one in tried if one.device == device.id and one.config == config and one.is_of(box)]
    if same and same[-1].result != "accepted":
        return Message("already tried with this configuration, and never a second time")
    if device.credential is None:
        return Message("no login is configured for it")
    if state != "worked":
        return Message("its own login has not worked yet, or was refused: a further failed one could lock it")
    return None


def is_own(device: Device, maker: str) -> bool:
    """Tell whether the configured login is the factory's, so that none has to be sent. Pure."""
    own, factory = device.credential, FACTORY[maker]
    return own is not None and (own.user, own.password) == (factory.user, factory.password)


def with_try(tried: Sequence[LoginTry], new: LoginTry) -> tuple[LoginTry, ...]:
    """Return the rows with a new one, replacing that of the same device and configuration. Pure."""
    here = (new.site, new.device)
    rest = [one for one in tried if (one.site, one.device, one.config) != (*here, new.config)]
    others = [one for one in rest if (one.site, one.device) != here]
    own = [one for one in rest if (one.site, one.device) == here]
    return (*others, *own[-KEPT_PER_DEVICE + 1 :], new)


def last_tries(tried: Iterable[LoginTry]) -> Mapping[str, LoginTry]:
    """Return the last try on each device, by its id. Pure."""
    return {one.device: one for one in sorted(tried, key=lambda one: one.at)}


def tries_of_site(tried: Iterable[LoginTry], site_id: str) -> tuple[LoginTry, ...]:
    """Return the tries on devices of a site. Pure."""
    return tuple(one for one in tried if one.site == site_id)


def read_tried(directory: Path, site_id: str) -> tuple[LoginTry, ...]:
    """Return every try, oldest first; none where there was none.

    Rows of release 0.1 belong to the site that the folder is marked for; to `site_id`, where it has no mark. Raises
    OSError where the file cannot be read, ValueError where it is damaged.
    """
    try:
        with (directory / NAME).open("rb") as file:
            data = json.loads(file.read(MAX_BYTES))
    except FileNotFoundError:
        return ()
    except RecursionError:
        raise ValueError("nested without end") from None
    try:
        if data["schema"] != SCHEMA:
            raise ValueError("another schema")
        rows = tuple(_row(**one) for one in data["tried"])
    except (KeyError, TypeError, AttributeError):
        raise ValueError("not a list of tries") from None
    adopted = site_of_folder(directory) or site_id
    rows = tuple(replace(one, site=one.site or adopted) for one in rows)
    return tuple(sorted(rows, key=lambda one: one.at))


def known_tries(directory: Path, site_id: str) -> Mapping[str, LoginTry] | None:
    """Return the last try on each device of a site; None where they cannot be read, which is logged."""
    try:
        return last_tries(tries_of_site(read_tried(directory, site_id), site_id))
    except (OSError, ValueError) as error:
        log.warning("%s: what was tried cannot be read: %s", directory / NAME, error)
        return None


def write_tried(directory: Path, tried: Iterable[LoginTry]) -> None:
    """Write the tries. Raises OSError."""
    rows = [{**asdict(one), "at": one.at.isoformat()} for one in tried]
    text = json.dumps({"schema": SCHEMA, "tried": rows}, indent=1)
    write_atomic(directory / NAME, text.encode(), 0o600)


def _row(
    device: str, config: str, maker: str, at: str, result: str, box: Iterable[str] = (), site: str = ""
) -> LoginTry:
    when = datetime.fromisoformat(at)
    if when.tzinfo is None or result not in get_args(Outcome):
        raise ValueError("not a try")
    return LoginTry(str(device), str(config), str(maker), when, cast(Outcome, result), tuple(map(str, box)), str(site))
