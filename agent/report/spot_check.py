"""Adds to a cycle what a hub's spot check requests, and limits its answer to fresh evidence. Pure.

A spot check is answered by a look that began after the request: every path of the cameras it names, whatever the
rotation, without any remembered picture result, so that nobody can answer from memory. State learned over days (usual
picture quality, approvals, recorded days) is no look and stays.

Results of a spot check are not pooled with later looks: the memory of the cameras is restored afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar

from agent.contract.chain import utc_text
from agent.contract.orders import Command
from agent.judge.memory.transitions import Transition
from agent.model.finding import Json
from agent.observe.pictures.view_memory import CameraQuality
from agent.observe.remembered.value import Remembered, without_pictures
from agent.site.config.site import Site

ROUNDS: Final = 3
"""As many rounds as a single check: three pictures settle a view."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class HubRequests:
    """What the next cycle is asked for.

    `commands` are `report-now` and `check-now`, which this cycle answers. `desired` is SHA-256, hex, over the hub's
    policy in force, empty where there is none. `told` are events that do not come from findings. `looked_from` and
    `looked_until` are the times of the finished look; `own_clock_trusted`: the operator vouches for the clock of them.
    """

    commands: tuple[Command, ...] = ()
    desired: str = ""
    told: tuple[Transition, ...] = ()
    looked_from: datetime | None = None
    looked_until: datetime | None = None
    own_clock_trusted: bool = False

    def cameras(self, site: Site) -> frozenset[str]:
        """Return the ids of the cameras to be examined afresh."""
        checks = [command.spot_check for command in self.commands if command.spot_check is not None]
        everything = [camera.camera.id for camera in site.cameras]
        return frozenset(name for check in checks for name in (check.cameras or everything))

    def looked(self, looked_from: datetime, looked_until: datetime, own_clock_trusted: bool = False) -> HubRequests:
        """Return the same with the times of the look that answers it, and whether the site declares its clock right."""
        answered = replace(self, looked_from=looked_from, looked_until=looked_until)
        return replace(answered, own_clock_trusted=own_clock_trusted)

    def answers(self) -> list[Json]:
        """Return `answers` of a config report: each request, bound to its nonce, and the times of the look."""
        if self.looked_from is None or self.looked_until is None:
            return []
        times: dict[str, Json] = {
            "looked_from": utc_text(self.looked_from),
            "looked_until": utc_text(self.looked_until),
            **({"own_clock": "trusted"} if self.own_clock_trusted else {}),
        }
        return [
            {
                "cmd": command.id,
                "nonce": command.spot_check.nonce,
                "cameras": list(command.spot_check.cameras),
                "checks": list(command.spot_check.checks),
                **times,
            }
            for command in self.commands
            if command.spot_check is not None
        ]


NO_REQUESTS: Final = HubRequests()


def forget_pictures(remembered: Remembered, cameras: frozenset[str]) -> Remembered:
    """Return the memory without picture results of these cameras, so that each of their paths is due."""
    return replace(
        without_pictures(remembered, cameras),
        quality={
            name: CameraQuality(one.references, one.memory) if name in cameras else one
            for name, one in remembered.quality.items()
        },
    )


def restore_pictures(before: Remembered, after: Remembered, cameras: frozenset[str]) -> Remembered:
    """Return the memory after a look, with the earlier pooled results of these cameras restored."""
    pooled = [one for one in after.pooled if one.camera_id not in cameras]
    return replace(
        after,
        pooled=(*pooled, *(one for one in before.pooled if one.camera_id in cameras)),
        views=_restored(before.views, after.views, cameras),
        presets=_restored(before.presets, after.presets, cameras),
        quality=_restored(before.quality, after.quality, cameras),
    )


def _restored(before: Mapping[str, _T], after: Mapping[str, _T], cameras: frozenset[str]) -> dict[str, _T]:
    return {**after, **{name: before[name] for name in cameras if name in before}}
