"""Looks at footage, one after another, as cycles make them: for tests of what is remembered and judged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from sights import in_order
from sites import NOW

from agent.observe.facts.facts import NO_NETWORK_FACTS, Facts, NetworkFacts, gather
from agent.observe.footage.days import Footage
from agent.observe.footage.join import merge_footage
from agent.observe.remembered.value import Remembered
from agent.site.config.site import Site
from drivers.model import Observations, Recordings, Span

CYCLE = timedelta(minutes=15)


def listed(observations: Observations) -> Observations:
    """Return observations of recorders that tell every hole of what they hold."""
    return tuple(
        replace(o, value=replace(o.value, listed=(Span(o.value.spans[0].start_at, o.value.spans[-1].end_at),)))
        if isinstance(o.value, Recordings) and o.value.spans
        else o
        for o in observations
    )


def remembered(a_site: Site, looks: Iterable[tuple[Observations, datetime]], footage: Footage | None = None) -> Footage:
    """Return what is remembered after these looks."""
    footage = footage or {}
    for observations, now in looks:
        footage, _ = merge_footage(a_site, observations, footage, now)
    return footage


def facts_of(
    a_site: Site, observations: Observations, around: NetworkFacts = NO_NETWORK_FACTS, now: datetime = NOW
) -> Facts:
    """Return the facts of a cycle of which the one before saw the same, at a site that was approved and is learned."""
    footage = remembered(a_site, [(observations, now - timedelta(minutes=1)), (observations, now)])
    approvals, views, quality = in_order(a_site, now)
    return gather(
        observations, around, remembered=Remembered(footage=footage, views=views, quality=quality), approvals=approvals
    )
