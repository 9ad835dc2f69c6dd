"""Connects the port of figures to the functions that have its SQL, and to one open database."""

from agent.hub.stores import day_figures
from agent.hub.stores.areas import on
from agent.hub.stores.database import Database
from agent.hub.stores.reading import assessed, day_sums


class Figures:
    """See `agent/hub/ports/sites.py`."""

    def __init__(self, db: Database) -> None:
        self.keep = on(db, day_figures.keep)
        self.of_day = on(db, assessed.figures_of_day)
        self.of_site = on(db, assessed.figures_of_site)
        self.last = on(db, assessed.last_figures)
        self.plans_before = on(db, assessed.plans_before)
        self.sum_of_day = on(db, day_sums.sum_of_day)
        self.days_without_sum = on(db, day_sums.days_without_sum)
        self.keep_sum = on(db, day_sums.keep_sum)
        self.sums_after = on(db, day_sums.sums_after)
        self.differing_sums = on(db, day_sums.differing_sums)
