"""Encodes people's notes for a config report: planned work, and acknowledged findings. Pure.

Both are left out where there are none. A hub needs them to distinguish a planned outage.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from agent.judge.memory.episodes import Episode
from agent.judge.memory.notes import Acknowledgement, Plan, covered
from agent.model.finding import Json, utc_text
from agent.site.config.site import Site

PLANS_MOST: Final = 64
KNOWN_MOST: Final = 256


def noted_json(site: Site, plans: Iterable[Plan], episodes: Iterable[Episode], now: datetime) -> dict[str, Json]:
    """Return `planned` and `acknowledged` of a config report, each where there is any.

    Plans that are over are left out, the next ones come first. `episodes` are the open ones, worst first.
    """
    ahead = sorted((one for one in plans if now < one.until), key=lambda one: (one.start_at, one.subject))
    planned: list[Json] = [_plan(site, one) for one in ahead[:PLANS_MOST]]
    known: list[Json] = [_known(one, one.acknowledged) for one in episodes if one.acknowledged is not None]
    told: dict[str, Json] = {"planned": planned} if planned else {}
    return told | ({"acknowledged": known[:KNOWN_MOST]} if known else {})


def _known(episode: Episode, word: Acknowledgement) -> dict[str, Json]:
    return {
        "check": episode.check,
        "subject": episode.subject,
        "by": word.by,
        "at": utc_text(word.at),
        "until": utc_text(word.until),
        "why": word.why,
    }


def _plan(site: Site, plan: Plan) -> dict[str, Json]:
    told: dict[str, Json] = {
        "subject": plan.subject,
        "from": utc_text(plan.start_at),
        "until": utc_text(plan.until),
        "by": plan.by,
        "said_at": utc_text(plan.at),
        "why": plan.why,
    }
    behind = [name.removeprefix("camera:") for name in covered(site, plan) if name.startswith("camera:")]
    return {**told, "cameras": list(behind)} if plan.subject.startswith("device:") else told
