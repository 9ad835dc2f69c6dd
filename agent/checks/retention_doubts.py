"""What keeps footage that is old enough from passing: what can let a recorder's word for its age be wrong. Pure.

The gravest comes first: it is the one that is told. `held.py` makes one item of what several cameras share.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from agent.checks.held import Doubt
from agent.checks.words import FOLDED
from agent.config import CameraConfig, Site
from agent.declarations import holds, local_day
from agent.footage import floor_of
from agent.model import Message
from agent.policy_bounds import FLOOR
from agent.rules.pack import in_effect, obligations

RETENTION_ID = "retention-days"

DAY = timedelta(days=1)


def doubts(site: Site, camera: CameraConfig, kept: timedelta, now: datetime) -> Iterator[Doubt]:
    """Yield what holds back that a camera's footage is kept long enough.

    Args:
        site: The site.
        camera: Whose footage it is.
        kept: How old the footage is that was opened.
        now: When it is judged.
    """
    yield from _floor_open(site, camera, kept, now)


def _floor_open(site: Site, camera: CameraConfig, kept: timedelta, now: datetime) -> Iterator[Doubt]:
    """Doubt a floor below one that a rule sets where something is so that nobody has declared or denied."""
    today = local_day(site, now)
    due = floor_of(site, camera)
    for _, one in obligations(site.packs, RETENTION_ID):
        higher = timedelta(days=one.parameters.get(FLOOR, 0))
        binding = one.confidence == "primary" and in_effect(one, today) and max(due, kept) < higher
        if binding and holds(site, one.when, today) is None:
            message = Message(
                "footage goes back {kept} days; whether {floor} or {higher} are due hangs on {duty}: nobody declared it",
                {
                    "kept": round(kept / DAY, 1),
                    "floor": due.days,
                    "higher": higher.days,
                    "duty": ", ".join(condition.duty for condition in one.when),
                },
                next_step="camwarden declare",
            )
            yield Doubt("floor-not-declared", message, FOLDED)
