"""Connects each method of the ports of forwarding to its SQL, as `agent/hub/stores/areas.py` does for the others."""

from agent.hub.stores.areas import on
from agent.hub.stores.database import Database
from agent.hub.stores.forwarding import lower, upper


class LowerHubs:
    """See `agent/hub/ports/forwarding/levels.py`."""

    def __init__(self, db: Database) -> None:
        self.keep = on(db, lower.keep)
        self.listed = on(db, lower.listed)
        self.find = on(db, lower.find)
        self.vouched = on(db, lower.vouched)
        self.keep_vouched = on(db, lower.keep_vouched)
        self.sites_of = on(db, lower.sites_of)


class Forwarding:
    """See `agent/hub/ports/forwarding/levels.py`."""

    def __init__(self, db: Database) -> None:
        self.behind = on(db, upper.behind)
        self.of_lane = on(db, upper.of_lane)
        self.reports = on(db, upper.reports)
        self.confirmed = on(db, upper.confirmed)
        self.keep_confirmed = on(db, upper.keep_confirmed)
        self.confirmed_at = on(db, upper.confirmed_at)
        self.told = on(db, upper.told)
        self.keep_told = on(db, upper.keep_told)
        self.refusals = on(db, upper.refusals)
        self.left_out = on(db, upper.left_out)
        self.mark = on(db, upper.mark)
        self.order = on(db, upper.order)
        self.keep_order = on(db, upper.keep_order)
        self.unanswered = on(db, upper.unanswered)
        self.note_link = on(db, upper.note_link)
        self.lag = on(db, upper.lag)
