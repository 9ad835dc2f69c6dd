"""Defines what one look at a site, or at the cameras of one device, has shown: all that remembered areas learn from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from agent.observe.inventory.stocktake import NOTHING_HEARD, Stock
from agent.observe.pictures.approved_views import ApprovedViews
from agent.site.config.site import Site
from drivers.model import Observations


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look.

    Args of its areas:
        site: The site, or the part of it that was looked at.
        now: When the cycle began, our clock.
        told: What devices and stores told. Of the whole site: everything that was observed.
        seen: What pictures showed, each by itself, before it is pooled with earlier ones.
        known: The approved views that pictures were compared with.
        trusted: Whether our clock may be held against a device's.
        stock: Who answered on the network.
        begun: Cameras whose footage begins anew, since the box that recorded it is gone.
        acknowledged: Ids of changes of footage that somebody took note of.
        own_log_from: When the oldest entry of our own history was written; None where there is none.
    """

    site: Site
    now: datetime
    told: Observations = ()
    seen: Observations = ()
    known: ApprovedViews = field(default_factory=ApprovedViews)
    trusted: bool = True
    stock: Stock = NOTHING_HEARD
    begun: frozenset[str] = frozenset()
    acknowledged: Collection[str] = ()
    own_log_from: datetime | None = None
