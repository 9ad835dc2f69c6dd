"""Tracks a device's configuration and clock over its restarts: remembered between looks. Pure.

A device has restarted where it reports a boot after the last look. Its configuration before is stored part by part, as
digests; the one after counts from the first look that shows it. A part that is missing in one of them is not compared.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from agent.model.finding import Json
from agent.observe.pictures.turns import masks_digest
from agent.site.config.site import Site
from drivers.details import Accounts, Encoders, Uptime
from drivers.footage import Protocols, Schedule
from drivers.model import Clock, Identity, Masks, Observations, Overlays, Value

TOLD_FOR: Final = timedelta(days=30)
"""How long after it a start is judged."""

DIGEST_CHARS: Final = 8
"""Enough to see that a part has changed, and short: 64 cameras have 256 parts."""

Parts = Mapping[str, str]
"""The digest of each part that a device is configured by: `masks camera:gate`, `accounts device:nvr`."""


@dataclass(frozen=True, slots=True)
class Restart:
    """A device came up at `at`: the parts before it, and each as first seen after it.

    `clock_before`, `clock_after`: whether its clock was within the limit at the last look before and the first one
    after, None where unknown. What was corrected since counts as correct.
    """

    at: datetime
    before: Parts
    clock_before: bool | None = None
    after: Parts = field(default_factory=dict)
    clock_after: bool | None = None


@dataclass(frozen=True, slots=True)
class RunningDevice:
    """The state of a device that reports its uptime.

    `seen_at`: the last look with an uptime. `parts` and `clock_right`: as last seen. `restart`: the last one, or None.
    """

    seen_at: datetime
    parts: Parts
    clock_right: bool | None = None
    restart: Restart | None = None

    def compared(self) -> tuple[str, ...]:
        """Return the parts seen before the restart and after it."""
        return tuple(part for part in self.restart.before if part in self.restart.after) if self.restart else ()

    def changed(self) -> tuple[str, ...]:
        """Return the parts that the restart changed and that were not restored since."""
        one = self.restart
        return tuple(part for part in self.compared() if one and one.after[part] != one.before[part])

    def clock_lost(self) -> bool:
        """Tell whether the clock was right before the restart, and wrong ever since."""
        one = self.restart
        return one is not None and bool(one.clock_before) and one.clock_after is False


def update_running(
    site: Site, observations: Observations, before: Mapping[str, RunningDevice], now: datetime, trusted: bool
) -> dict[str, RunningDevice]:
    """Return the state of each device after this look, by its id.

    Unconfigured devices are dropped. `trusted`: our clock may be compared with a device's.
    """
    shown: dict[str, list[Value]] = {}
    for one in observations:
        shown.setdefault(one.subject, []).append(one.value)
    after: dict[str, RunningDevice] = {}
    for device in site.devices:
        own = shown.get(f"device:{device.id}", [])
        uptime = next((value for value in own if isinstance(value, Uptime)), None)
        known = before.get(device.id)
        if uptime is None:
            # It may have started anew meanwhile: what it shows now belongs to nothing that is known.
            after |= {device.id: known} if known else {}
            continue
        subjects = [
            f"device:{device.id}",
            *(f"camera:{c.camera.id}" for c in site.cameras if c.camera.device == device.id),
        ]
        parts = {
            f"{name} {subject}": digest for subject in subjects for name, digest in parts_of(shown.get(subject, []))
        }
        after[device.id] = _after(known, uptime, parts, _clock_right(site, own, trusted), now)
    return after


def parts_of(values: Sequence[Value]) -> Iterator[tuple[str, str]]:
    """Yield the configuration among these facts, each part with its digest; measured values are excluded."""
    for value in values:
        match value:
            case Masks():
                yield "masks", masks_digest(value.masks)[:DIGEST_CHARS]
            case Clock() if value.ntp is not None:
                yield "time-source", _digest(value.ntp)
            case Encoders():
                yield "encoders", _digest(*value.encoders)
            case Schedule():
                yield "schedule", _digest(value.enabled, value.expires_after, *value.periods)
            case Protocols():
                yield "protocols", _digest(*value.protocols)
            case Accounts():
                yield "accounts", _digest(*value.accounts)
            case Overlays():
                yield "overlays", _digest(*value.texts)
            case Identity():
                yield "firmware", _digest(value.firmware)
            case _:
                pass


def _after(
    known: RunningDevice | None, uptime: Uptime, parts: Parts, clock_right: bool | None, now: datetime
) -> RunningDevice:
    if known is None or known.seen_at > now:
        return RunningDevice(now, parts, clock_right)
    restart = known.restart if known.restart and now - known.restart.at < TOLD_FOR else None
    if uptime.booted_at > known.seen_at:
        restart = Restart(uptime.booted_at, known.parts, known.clock_right)
    if restart is not None:
        put_back = {part: digest for part, digest in parts.items() if restart.before.get(part) == digest}
        after = {**parts, **restart.after, **put_back}
        clock_after = clock_right if restart.clock_after is None or clock_right else restart.clock_after
        restart = replace(restart, after=after, clock_after=clock_after)
    return RunningDevice(
        now, {**known.parts, **parts}, known.clock_right if clock_right is None else clock_right, restart
    )


def _clock_right(site: Site, values: Sequence[Value], trusted: bool) -> bool | None:
    clock = next((value for value in values if isinstance(value, Clock)), None)
    if clock is None or not trusted or clock.local_time_as_utc or clock.zone_wrong:
        return None
    return abs(clock.offset_s) - clock.uncertainty_s <= site.policy.clock_fail_s


def _digest(*values: object) -> str:
    """Return the digest of values in any order: a restarted device may list the same ones in another."""
    told = "\n".join(sorted(map(repr, values)))
    return hashlib.sha256(told.encode(errors="replace")).hexdigest()[:DIGEST_CHARS]


def to_data(known: Mapping[str, RunningDevice]) -> dict[str, Json]:
    """Return the devices' states as plain data for the stored memory."""
    return {
        device: [_second(one.seen_at), dict(one.parts), one.clock_right, _restart_data(one.restart)]
        for device, one in known.items()
    }


def from_data(data: Mapping[str, Any]) -> dict[str, RunningDevice]:
    """Return what `to_data` wrote, to the second. Raises ValueError, TypeError or AttributeError for anything else."""
    return {
        str(device): RunningDevice(_moment(seen), _parts(parts), right, _restart_from(restart))
        for device, (seen, parts, right, restart) in data.items()
    }


def _restart_data(one: Restart | None) -> Json:
    if one is None:
        return None
    return [_second(one.at), dict(one.before), one.clock_before, dict(one.after), one.clock_after]


def _restart_from(data: Any) -> Restart | None:
    if data is None:
        return None
    at, before, clock_before, after, clock_after = data
    return Restart(_moment(at), _parts(before), clock_before, _parts(after), clock_after)


def _parts(data: Mapping[str, Any]) -> Parts:
    return {str(part): str(digest) for part, digest in data.items()}


def _second(at: datetime) -> int:
    return int(at.timestamp())


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
