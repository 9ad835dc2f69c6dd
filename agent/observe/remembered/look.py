"""Defines the results of one look at a site, or at the cameras of one device: the input of all remembered areas."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from agent.observe.inventory.stocktake import NO_ANSWERS, Stock
from agent.observe.pictures.derived_views import ApprovedViews
from agent.site.config.site import Site
from drivers.model import Observations


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look.

    Args of its areas:
        site: The site, or the part of it that was examined.
        now: When the cycle began, our clock.
        told: Observations of devices and stores; for the whole site all observations.
        seen: Results of pictures, each by itself, before it is pooled with earlier ones.
        known: The approved views that pictures were compared with.
        trusted: Whether our clock may be compared with a device's.
        stock: The answers to discovery.
        begun: Cameras whose footage begins anew, since the box that recorded it is gone.
        acknowledged: Ids of acknowledged changes of footage.
        own_log_from: Time of the oldest entry of our own history; None where there is none.
    """

    site: Site
    now: datetime
    told: Observations = ()
    seen: Observations = ()
    known: ApprovedViews = field(default_factory=ApprovedViews)
    trusted: bool = True
    stock: Stock = NO_ANSWERS
    begun: frozenset[str] = frozenset()
    acknowledged: Collection[str] = ()
    own_log_from: datetime | None = None
